"""R3: on SQLite an answer leaves only after its commit is on the disk. A kill cannot show this; the order of system calls can."""

import re
import threading
import time
import uuid

import pytest

CALLS = 1000
SYSTEM_CALLS = "trace=pwrite64,fdatasync,fsync,write,writev,sendto,sendmsg"
LINE = re.compile(r"^(?:\[pid +)?(\d+)\]? +(.*)$")


def events_of(trace: str):
    """(kind, text) for writes to the log, finished syncs of it, and answers, in the order they happened."""
    syncing = {}
    for line in trace.splitlines():
        found = LINE.match(line)
        if not found:
            continue
        thread, text = found.groups()
        if re.match(r"f(data)?sync\(", text) and "-wal>" in text:
            if "unfinished" in text:
                syncing[thread] = text
            else:
                yield "sync", text
        elif re.match(r"<\.\.\. f(data)?sync resumed", text) and syncing.pop(thread, None):
            yield "sync", text
        elif text.startswith("pwrite64(") and "-wal>" in text:
            yield "log", text
        elif "HTTP/1.1 200" in text:
            yield "answer", text


def unsynced_answers(trace: str, unseen: set) -> list:
    """Takes the answered markers out of `unseen`; returns those whose answer went out before a sync that came after the last log write that carries it."""
    waiting, done, wrong = {}, set(), []
    for kind, text in events_of(trace):
        if kind == "sync":
            done |= set(waiting)
            waiting.clear()
            continue
        for marker in re.findall(r"mark-[0-9a-f]{32}", text):
            if kind == "log" and marker not in done:
                waiting[marker] = True
            elif kind == "answer" and marker not in done:
                wrong.append(marker)
            elif kind == "answer":
                done.discard(marker)
                unseen.discard(marker)
    return wrong


def whole(trace) -> str:
    """The trace, once strace has written the end of the process."""
    deadline = time.monotonic() + 20
    while "+++ exited with" not in trace.read_text(errors="replace")[-2000:] and time.monotonic() < deadline:
        time.sleep(0.1)
    return trace.read_text(errors="replace")


@pytest.mark.goal("R3")
@pytest.mark.alone("sqlite")
def test_every_acknowledgement_follows_its_fsync(launch):
    server = launch(started=False)
    trace = server.folder / "trace.txt"
    server.wrapper = ["strace", "-D", "-f", "-y", "-s", "4300", "-e", SYSTEM_CALLS, "-o", str(trace)]
    client, markers, lock = server.start().client(), [], threading.Lock()

    def create_many(count):
        for _ in range(count):
            marker = "mark-" + uuid.uuid4().hex
            client.call("meeting.create", name=marker, start="2031-01-01T09:00:00Z")
            with lock:
                markers.append(marker)

    threads = [threading.Thread(target=create_many, args=(CALLS // 4,)) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    server.stop()
    unseen = set(markers)
    wrong = unsynced_answers(whole(trace), unseen)
    assert len(markers) == CALLS and not unseen, f"{len(unseen)} answers were not seen in the trace"
    assert not wrong, f"{len(wrong)} of {CALLS} answers left before their fsync"
