"""R1, R2: kill -9 at random moments under concurrent writes loses, doubles and halves nothing."""

import os
import random
import sqlite3
import time

import pytest
from support import crash, database

KILLS = int(os.environ.get("OMEET_KILLS", "200"))
WRITERS = 4
SEED = int(os.environ.get("OMEET_SEED", "20261121"))


def check_file(server):
    """PRAGMA integrity_check on a copy of what the killed server left, its write-ahead log included."""
    if not server.database_url.startswith("sqlite"):
        return
    with sqlite3.connect(database.sqlite_copy(server.database_url, server.folder / "copy")) as copy:
        assert copy.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert copy.execute("pragma foreign_key_check").fetchall() == []


def write_until_killed(server, ledger, pause_s):
    writers = [crash.Writer(server.client(), ledger, number) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    time.sleep(pause_s)
    server.kill()
    for writer in writers:
        writer.join(timeout=30)
        assert not writer.is_alive()


@pytest.mark.goal("R1")
@pytest.mark.goal("R2")
@pytest.mark.timeout(60 + KILLS * 3)
def test_kill_the_server_and_lose_nothing(launch):
    chance, ledger, slowest, unknown = random.Random(SEED), crash.Ledger(), 0.0, 0
    server = launch()
    for _ in range(KILLS):
        write_until_killed(server, ledger, chance.uniform(0.005, 0.12))
        check_file(server)
        unknown += len(ledger.open)
        server.start()
        slowest = max(slowest, server.started_in_s)
        crash.retry_open(server.client(), ledger)
        crash.repeat_acked(server.client(), ledger)
    crash.check_all(server.client(), ledger)
    print(f"seed {SEED}: {KILLS} kills, {len(ledger.meetings)} meetings, {unknown} unknown outcomes, slowest restart {slowest:.2f} s")
    assert slowest < 2
    assert len(ledger.meetings) > KILLS and unknown > 0, "the kills must hit a server at work"


@pytest.mark.goal("R20")
def test_a_stop_answers_what_it_took(launch):
    """SIGTERM under load: what was acknowledged is there, what was not has one effect when it is sent again."""
    server, ledger = launch(), crash.Ledger()
    for _ in range(5):
        writers = [crash.Writer(server.client(), ledger, number) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        time.sleep(0.1)
        server.stop()
        for writer in writers:
            writer.join(timeout=30)
        server.start()
        crash.retry_open(server.client(), ledger)
    crash.check_all(server.client(), ledger)
