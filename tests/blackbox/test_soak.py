"""R21: under a steady load nothing grows without end. For seconds in the ordinary run, for longer by OMEET_SOAK_MIN=30."""

import os
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

SOAK_S = float(os.environ.get("OMEET_SOAK_MIN", "0.15")) * 60
CLIENTS = 4
#: Of memory nothing can be said in seconds: caches and allocators fill up first.
LONG_S = 600
WAL_LIMIT = 64 << 20
WINDOW_CALLS = 100_000


class Load(threading.Thread):
    """Makes, reads, joins, changes and cancels meetings, with mistakes in between."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.client, self.enough, self.calls, self.failure = client, threading.Event(), 0, None

    def run(self):
        try:
            while not self.enough.is_set():
                self.round()
        except Exception as failure:
            self.failure = failure

    def round(self):
        made = self.client.call("meeting.create", name="Soak", start="2031-01-01T09:00:00Z", participants=[{"name": "Ana", "email": "ana@example.com"}])
        self.client.call("meeting.update", id=made["id"], description="changed")
        self.client.call("meeting.list", limit=20)
        self.client.get("/j/" + made["room_code"])
        self.client.post(b'{"jsonrpc": "2.0", "id": 1, "method": [[[')
        assert "error" in self.client.respond("meeting.get", id="nothing")
        self.client.call("meeting.cancel", id=made["id"])
        self.calls += 7


def sample(server) -> dict:
    folder = Path(f"/proc/{server.process.pid}")
    wal = Path(server.database_url.removeprefix("sqlite://").split("?")[0] + "-wal")
    return {
        "rss_kb": server.resident_kb(),
        "files": len(list((folder / "fd").iterdir())),
        "threads": len(list((folder / "task").iterdir())),
        "wal": wal.stat().st_size if wal.exists() else 0,
    }


@pytest.mark.goal("R21")
@pytest.mark.timeout(300 + SOAK_S * 2)
def test_nothing_grows_without_end(launch):
    # Retention on: what is kept for ever grows for ever.
    server = launch(retention__event_days=1)
    loads = [Load(server.client()) for _ in range(CLIENTS)]
    for load in loads:
        load.start()
    samples, until = [], time.monotonic() + SOAK_S
    while time.monotonic() < until:
        time.sleep(min(1, SOAK_S / 30))
        samples.append(sample(server))
    for load in loads:
        load.enough.set()
    for load in loads:
        load.join(timeout=30)
        assert load.failure is None, load.failure
    # The first third warms up.
    third = len(samples) // 3
    middle, last = samples[third : 2 * third], samples[2 * third :]
    before, after = ({name: max(one[name] for one in part) for name in part[0]} for part in (middle, last))
    print(f"{sum(load.calls for load in loads)} calls in {SOAK_S:.0f} s: {before} -> {after}")
    assert after["files"] <= before["files"] + 4 and after["threads"] <= before["threads"] + 2, (before, after)
    assert after["wal"] < WAL_LIMIT, after
    if SOAK_S >= LONG_S:
        assert after["rss_kb"] <= before["rss_kb"] * 1.05, (before, after)
    assert "panicked" not in server.log_text()


@pytest.mark.goal("R21")
@pytest.mark.alone("sqlite")
def test_what_is_measured_does_not_pile_up_where_nobody_scrapes(launch):
    server = launch()
    client = server.client()
    batch = [{"jsonrpc": "2.0", "id": 1, "method": "meeting.get", "params": {"id": "nothing"}}] * 50

    def settled_kb() -> int:
        for _ in range(WINDOW_CALLS // len(batch)):
            assert len(client.post(batch).json()) == len(batch)
        time.sleep(2)  # what was measured is counted once a second
        return server.resident_kb()

    sizes = [settled_kb() for _ in range(6)]
    grown = [after - before for before, after in pairwise(sizes)]
    # An allocator's caches grow for a while and stop. Durations kept one by one are 20 octets a call in every window: 2 MB.
    assert min(grown) < 1_000, sizes


@pytest.mark.goal("R21", "S14")
@pytest.mark.alone("sqlite")
def test_actors_that_are_written_at_length_are_not_kept(launch):
    server = launch()
    client = server.client()

    def resident_kb(lengths: range) -> int:
        for length in lengths:
            body = b'{"jsonrpc": "2.0", "id": 1, "method": "meeting.count", "params": {"actor": {' + b" " * length + b'"id": "7", "name": "Ana"}}}'
            assert client.post(body).json()["result"] == {"count": 0}
        return server.resident_kb()

    before = resident_kb(range(900_000, 900_020))
    after = resident_kb(range(900_020, 900_120))
    # A hundred of them are 90 MB.
    assert after < before + 20_000, (before, after)
