"""S4.1, R18: Litestream beside a server on SQLite: seconds are lost, not a day, and an instant of before can be had back."""

import re
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from support import crash
from support.litestream import CONFIGURATION, PROGRAM, Litestream
from support.store import Store

pytestmark = [pytest.mark.goal("S4.1"), pytest.mark.goal("R18"), pytest.mark.alone("sqlite")]
# What was acknowledged longer ago is restored: Litestream looks at the log every second and uploads every second, and this machine may be busy.
RECOVERY_POINT_S = 5
WRITTEN_FOR_S = RECOVERY_POINT_S + 2
WRITERS = 3
# Where SQLite begins to copy the log into the database (WAL_PAGES of src/db/connect.rs).
LOG_IS_COPIED_FROM = 4000 * 4096
STOPS_WITHIN_S = 2
# The day of 3.51.3, from which on SQLite may open the file while omeet runs (R5).
SQLITE_FLOOR = b"2026-03-13"
SQLITE_SOURCE = re.compile(rb"(20\d\d-\d\d-\d\d) \d\d:\d\d:\d\d [0-9a-f]{64}")


class Ledger(crash.Ledger):
    """Knows when, too."""

    def __init__(self):
        super().__init__()
        self.at, self.lock = {}, threading.Lock()

    def note(self, method: str, params: dict, result: dict):
        with self.lock:
            super().note(method, params, result)
            self.at[method, result["id"]] = time.monotonic()


class Writer(crash.Writer):
    """Writes much."""

    def next_call(self) -> tuple:
        method, params = super().next_call()
        return method, {"description": "what a meeting is about " * 200} | params


@pytest.fixture
def beside(launch):
    """A server with Litestream beside it."""
    running = []

    def begin(replica: dict | None = None, key: tuple = ("", "")) -> tuple:
        server = launch()
        running.append(Litestream(server, replica or {"path": str(server.folder / "replica")}, key))
        return server, running[-1].start()

    yield begin
    for litestream in running:
        litestream.kill()


@pytest.mark.goal("R5")
def test_the_sqlite_that_it_brings_has_the_repaired_log():
    days = set(SQLITE_SOURCE.findall(PROGRAM.read_bytes()))
    assert len(days) == 1 and days.pop() >= SQLITE_FLOOR


def test_the_configuration_is_the_one_that_the_documentation_prints():
    printed = re.findall(r"```yaml\n(.*?)```", (CONFIGURATION.parents[2] / "docs/operations.md").read_text(), re.S)
    assert yaml.safe_load(CONFIGURATION.read_text()) in [yaml.safe_load(block) for block in printed]


def write(server, ledger) -> list:
    writers = [Writer(server.client(), ledger, number) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    return writers


def finish(writers):
    for writer in writers:
        writer.enough.set()
    for writer in writers:
        writer.join(timeout=30)
        assert not writer.is_alive()


def burst(server, litestream, ledger):
    """Writes until SQLite has begun to copy the log."""
    log, deadline = litestream.database.with_name("omeet.db-wal"), time.monotonic() + 30
    writers = write(server, ledger)
    while log.stat().st_size <= LOG_IS_COPIED_FROM:
        assert time.monotonic() < deadline and all(writer.is_alive() for writer in writers), "the log does not fill"
        time.sleep(0.01)
    finish(writers)


def write_until_the_machine_is_lost(server, litestream, ledger, for_s: float) -> float:
    writers = write(server, ledger)
    time.sleep(for_s)
    lost_at = time.monotonic()
    litestream.kill()
    server.kill()
    finish(writers)
    return lost_at


def restored(launch, server, litestream, *options):
    """Another server on what Litestream brings back: `omeet restore` looks at its integrity, the doctor at the rest."""
    other = launch(started=False, secrets__master_key_file=server.folder / "omeet.key")
    done = litestream.restore(other.folder / "restored.db", *options)
    assert done.returncode == 0, done.stderr
    other.cli("restore", str(other.folder / "restored.db"))
    other.first_key = server.first_key
    other.start()
    said = other.run("doctor").stdout
    for name in ("database", "schema", "sealed values", "jobs", "deliveries"):
        assert f"ok    {name}: " in said, said
    return other


def check(server, ledger, lost_at: float) -> float:
    """How many seconds are lost: nothing older, nothing that was never sent, nothing by halves."""
    client = server.client()
    stored = {item["id"]: item for item in client.every("meeting.list", sort="created_at")}
    sent = set(ledger.meetings.values()) | {params["name"] for method, params in ledger.open if method == "meeting.create"}
    names = {item["name"] for item in stored.values()}
    assert len(names) == len(stored) and names <= sent, "doubled, or never sent"
    assert all(len(item["participants"]) == len(crash.PEOPLE) for item in stored.values()), "half a meeting"
    events = crash.every_event(client)
    assert [event["seq"] for event in events] == list(range(events[0]["seq"], events[0]["seq"] + len(events))), "the sequence has a gap"
    assert {event["subject"] for event in events if event["type"] == "meeting.created"} == set(stored), "meetings and their events differ"
    made = [lost_at - ledger.at["meeting.create", id] for id in ledger.meetings if id not in stored]
    changed = [lost_at - ledger.at["meeting.update", id] for id, text in ledger.latest.items() if stored.get(id, {}).get("description") != text]
    lost_s = max([0.0, *made, *changed])
    print(f"{len(ledger.meetings)} meetings acknowledged, {len(made)} of them and {len(changed)} changes lost: those of the last {lost_s:.2f} s")
    assert lost_s < RECOVERY_POINT_S, f"lost what was acknowledged {lost_s:.1f} s before"
    return lost_s


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("store"))
    yield store
    store.close()


def test_a_machine_that_is_lost_costs_seconds(beside, launch, store):
    """The replica is in a bucket, whose key may do what docs/operations.md says and nothing else."""
    server, litestream = beside({"endpoint": f"http://127.0.0.1:{store.port}"}, store.backup_key)
    ledger = Ledger()
    lost_at = write_until_the_machine_is_lost(server, litestream, ledger, WRITTEN_FOR_S)
    assert litestream.errors() == []
    check(restored(launch, server, litestream), ledger, lost_at)


def test_it_goes_on_over_stops_and_a_log_that_is_copied(beside, launch):
    server, litestream = beside()
    ledger = Ledger()
    burst(server, litestream, ledger)
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < STOPS_WITHIN_S, "a stop waits for Litestream's reader"
    server.start()
    burst(server, litestream, ledger)
    # While nobody looks, the log is copied into the database and begins anew; the stop empties it.
    litestream.kill()
    burst(server, litestream, ledger)
    server.stop()
    server.start()
    litestream.start()
    lost_at = write_until_the_machine_is_lost(server, litestream, ledger, WRITTEN_FOR_S)
    assert litestream.errors() == []
    check(restored(launch, server, litestream), ledger, lost_at)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_an_instant_before_a_mistake_can_be_had_back(beside, launch):
    before_all = now()
    server, litestream = beside()
    client = server.client()
    meetings = [client.call("meeting.create", name=f"Board {number}", start="2031-01-01T09:00:00Z", options={"password": "hush-7f3a"}) for number in range(3)]
    time.sleep(RECOVERY_POINT_S)
    instant = now()
    client.call("meeting.cancel", id=meetings[0]["id"], reason="by mistake")
    client.call("meeting.update", id=meetings[1]["id"], name="overwritten")
    later = client.call("meeting.create", name="Later", start="2031-01-01T09:00:00Z")
    time.sleep(RECOVERY_POINT_S)

    def seen(at) -> dict:
        return {item["name"]: item["state"] for item in at.client().call("meeting.list")["items"]}

    assert datetime.fromisoformat(instant) - timedelta(seconds=1) < datetime.fromisoformat(litestream.newest()) <= datetime.now(UTC)
    nothing = litestream.restore(server.folder / "nothing.db", "-timestamp", before_all)
    assert nothing.returncode != 0 and "no matching backup files" in nothing.stderr, nothing
    latest, mistaken, as_it_was = restored(launch, server, litestream), now(), seen(server)
    assert seen(latest) == as_it_was and latest.client().call("meeting.get", id=later["id"])
    latest.stop()

    # In its place, by the commands of docs/operations.md; then Litestream goes on to the same replica.
    litestream.stop()
    server.stop()
    file = server.folder / "instant.db"
    assert litestream.restore(file, "-timestamp", instant).returncode == 0
    assert server.cli("restore", "--force", str(file))["before"]
    server.start()
    litestream.start()
    assert seen(server) == {f"Board {number}": "ready" for number in range(3)}
    again = client.call("meeting.create", name="After the mistake", start="2031-01-01T09:00:00Z")
    time.sleep(RECOVERY_POINT_S)
    litestream.kill()
    server.kill()
    other = restored(launch, server, litestream)
    assert seen(other) == {f"Board {number}": "ready" for number in range(3)} | {"After the mistake": again["state"]}
    assert seen(restored(launch, server, litestream, "-timestamp", mistaken)) == as_it_was, "what was there before stays there"
