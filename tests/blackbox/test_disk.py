"""R4: a disk that is full, fails or may only be read loses nothing that was acknowledged, and it is over when the disk is well again."""

import collections
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from support import crash, database

WRITERS = 3
FAULTS = ["full", "error", "sync", "readonly"]
RECOVERS_WITHIN_S = 10


class Patient(crash.Writer):
    """Goes on where it is refused, and keeps in mind by what."""

    def __init__(self, client, ledger, number):
        super().__init__(client, ledger, number)
        self.refusals = collections.Counter()

    def run(self):
        while not self.enough.is_set():
            method, params = self.next_call()
            response = self.client.respond(method, **params)
            if "error" in response:
                self.refusals[(response["error"]["code"], response["error"]["data"]["kind"])] += 1
                self.ledger.open.append((method, params))
                time.sleep(0.02)
                continue
            self.ledger.note(method, params, response["result"])
            if method == "meeting.create":
                self.mine.append(response["result"]["id"])


class Disk:
    """A folder whose disk fails as it is told."""

    def __init__(self, folder: Path):
        compiler, self.shim, self.switch = shutil.which("cc") or shutil.which("gcc"), folder / "faulty_disk.so", folder / "fault"
        assert compiler, "a C compiler is needed (apt-get install build-essential), as for the service itself"
        source = Path(__file__).parent / "support/faulty_disk.c"
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", self.shim, source, "-ldl"], check=True)

    def under(self, path: Path) -> list:
        return ["env", f"LD_PRELOAD={self.shim}", f"FAULTY_DISK={path}", f"FAULT={self.switch}"]

    def fails(self, how: str):
        self.switch.write_text(how)

    def is_well(self):
        self.switch.unlink()


def written(server, ledger, breaks, mends) -> collections.Counter:
    """Three writers before, during and after a fault; answers how they were refused."""
    writers = [Patient(server.client(), ledger, number) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    time.sleep(0.4)
    breaks()
    time.sleep(0.8)
    status, body = ready(server)
    assert status == 503 and "database" in body, f"/readyz answers {status} {body}"
    assert client_reads(server), "what only reads goes on"
    acknowledged = len(ledger.meetings)
    time.sleep(0.4)
    assert len(ledger.meetings) == acknowledged, "nothing is acknowledged that is not written"
    mends()
    began = time.monotonic()
    while ready(server)[0] != 200 or len(ledger.meetings) == acknowledged:
        assert time.monotonic() - began < RECOVERS_WITHIN_S, "it does not recover"
        time.sleep(0.05)
    for writer in writers:
        writer.enough.set()
    for writer in writers:
        writer.join(timeout=30)
        assert not writer.is_alive()
    return sum((writer.refusals for writer in writers), collections.Counter())


def ready(server) -> tuple:
    answer = server.client().get("/readyz")
    return answer.status, answer.body.decode()


def client_reads(server) -> bool:
    return server.client().call("meeting.list", limit=1)["items"] != []


def check(server, ledger, refusals):
    assert set(refusals) == {(-32050, "database.unavailable")}, f"a disk is nobody's mistake: {refusals}"
    crash.retry_open(server.client(), ledger)
    crash.repeat_acked(server.client(), ledger)
    crash.check_all(server.client(), ledger)
    assert "panicked" not in server.log_text()


@pytest.mark.alone("sqlite")
@pytest.mark.goal("R4")
def test_a_disk_that_fails_loses_nothing(launch, tmp_path):
    disk, ledger = Disk(tmp_path), crash.Ledger()
    server = launch(folder=tmp_path / "server", wrapper=disk.under(tmp_path / "server/omeet.db"))
    pid, refusals = server.process.pid, collections.Counter()
    for fault in FAULTS * 2:
        one = written(server, ledger, lambda: disk.fails(fault), disk.is_well)
        assert one, f"nobody was refused while the disk was {fault}"
        refusals += one
    assert server.process.pid == pid and server.process.poll() is None, "without a restart"
    check(server, ledger, refusals)
    server.kill()
    with sqlite3.connect(database.sqlite_copy(server.database_url, tmp_path / "copy")) as copy:
        assert copy.execute("pragma integrity_check").fetchall() == [("ok",)]
    server.start()
    crash.check_all(server.client(), ledger)
    print(f"{len(ledger.meetings)} meetings acknowledged, {sum(refusals.values())} calls refused by {len(FAULTS) * 2} faults")


@pytest.mark.alone("postgres")
@pytest.mark.goal("R4")
def test_a_postgres_that_may_only_be_read_loses_nothing(launch):
    server, ledger = launch(), crash.Ledger()
    name = server.database_url.rsplit("/", 1)[1]

    def read_only(value: str):
        cut = f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"
        database.psql(database.postgres_url(), f"alter database {name} set default_transaction_read_only = {value}", cut)

    refusals = written(server, ledger, lambda: read_only("on"), lambda: read_only("off"))
    assert refusals
    check(server, ledger, refusals)
