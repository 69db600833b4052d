"""S4.1, R17, R18, S17: backups that can be restored, upgrades that can be interrupted, keys that can be replaced."""

import json
import os
import random
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support import database
from support.server import binary

KILLS = int(os.environ.get("OMEET_KILLS", "200"))
SEED = int(os.environ.get("OMEET_SEED", "20261121"))
PASSWORD = "hush-7f3a"


def create(client, name, **more):
    """A meeting that is open now."""
    return client.call("meeting.create", name=name, **({"start": soon(), "duration_min": 30} | more))


def soon():
    return (datetime.now(UTC) + timedelta(minutes=5)).isoformat(timespec="seconds")


def enter(client, meeting):
    """Joins with the password that is sealed in the database."""
    return client.call("meeting.join", id=meeting["id"], display_name="Budi", password=PASSWORD)["url"]


class Writing(threading.Thread):
    """Creates meetings until it is told to stop, and knows which were acknowledged."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.client, self.acked, self.enough = client, [], threading.Event()

    def run(self):
        while not self.enough.is_set():
            self.acked.append(create(self.client, f"while copying {len(self.acked)}")["id"])

    def stop(self):
        self.enough.set()
        self.join(timeout=30)
        assert not self.is_alive()


@pytest.mark.goal("R18")
@pytest.mark.goal("S4.1")
def test_a_backup_under_load_brings_back_what_was_acknowledged(launch):
    server = launch()
    first = create(server.client(), "before", options={"password": PASSWORD})
    writing = Writing(server.client())
    writing.start()
    while len(writing.acked) < 5:
        time.sleep(0.01)
    known = list(writing.acked)
    file = server.folder / "copy.backup"
    made = server.cli("backup", str(file))["backup"]
    writing.stop()
    assert made["tables"]["organization"] == 1 and made["tables"]["meeting"] > len(known)
    assert file.stat().st_mode & 0o077 == 0, "a backup is for its owner only"

    other = launch(started=False, secrets__master_key_file=server.folder / "omeet.key")
    restored = other.cli("restore", str(file))
    assert restored["contents"]["tables"] == made["tables"]
    other.first_key = server.first_key
    other.start()
    client = other.client()
    assert [client.call("meeting.get", id=id)["id"] for id in known] == known
    assert client.call("meeting.get", room_code=first["room_code"])["id"] == first["id"] and enter(client, first)


def test_a_backup_overwrites_nothing_and_rubbish_is_refused(launch):
    server = launch()
    file = server.folder / "copy.backup"
    server.cli("backup", str(file))
    again = server.run("backup", str(file))
    assert again.returncode == 1 and "never overwritten" in again.stderr
    file.write_bytes(file.read_bytes()[:2000])
    broken = server.run("restore", str(file), "--force")
    assert broken.returncode == 1 and "omeet:" in broken.stderr and "panicked" not in broken.stderr
    file.write_text("rubbish")
    rubbish = server.run("restore", str(file))
    assert rubbish.returncode == 1 and "no backup" in rubbish.stderr
    assert server.ready() and not list(server.folder.glob("*.partial")) and server.client().call("meeting.list")["items"] == []


def test_a_restore_replaces_only_when_told_and_not_under_a_server(launch):
    server = launch()
    create(server.client(), "kept")
    file = server.folder / "copy.backup"
    server.cli("backup", str(file))
    create(server.client(), "made later")
    running = server.run("restore", str(file), "--force")
    assert running.returncode == 1 and "stop" in running.stderr, running
    assert len(server.client().call("meeting.list")["items"]) == 2
    server.stop()
    refused = server.run("restore", str(file))
    assert refused.returncode == 1 and "--force" in refused.stderr
    restored = server.cli("restore", str(file), "--force")
    if restored["before"]:
        assert Path(restored["before"]).stat().st_size > 0
    server.start()
    assert [meeting["name"] for meeting in server.client().call("meeting.list")["items"]] == ["kept"]


@pytest.mark.goal("S4.1")
def test_the_drill_is_one_command(launch):
    server = launch()
    create(server.client(), "sealed", options={"password": PASSWORD})
    report = server.cli("backup", "--drill")
    assert report["ok"] and report["differences"] == [] and report["sealed"]["seen"] >= 1
    assert report["backup_ms"] + report["restore_ms"] < 60_000
    words = server.run("backup", "--drill")
    assert words.returncode == 0 and "The drill succeeded." in words.stdout
    (server.folder / "omeet.key").write_text("A" * 43 + "=\n")
    lost = server.run("backup", "--drill")
    assert lost.returncode == 1 and "do not open" in lost.stdout and "drill failed" in lost.stderr
    leftovers = database.psql(database.postgres_url(), "select datname from pg_database where datname like 'omeet_drill_%'")
    assert leftovers == ""


@pytest.mark.goal("R17")
def test_a_newer_schema_is_refused(launch):
    server = launch()
    server.stop()
    database.change(server.database_url, "update _sqlx_migrations set version = 99990101000000 where version = (select max(version) from _sqlx_migrations)")
    file = server.folder / "newer.backup"
    for command in (["migrate"], ["serve"], ["key", "list"]):
        refused = server.run(*command)
        assert refused.returncode == 1 and "newer" in refused.stderr, (command, refused)
    assert server.run("backup", str(file)).returncode == 0, "a copy can be made all the same"
    other = launch(started=False)
    refused = other.run("restore", str(file))
    assert refused.returncode == 1 and "newer program" in refused.stderr


def schema(server):
    """What the migrations made, as the engine describes it."""
    if server.database_url.startswith("sqlite"):
        rows = database.query(server.database_url, "select type, name, coalesce(sql, '') from sqlite_schema order by 1, 2", server.folder / "look")
        return json.dumps(rows)
    dump = subprocess.run(["pg_dump", "--schema-only", server.database_url], capture_output=True, text=True, check=True, timeout=60).stdout
    return "\n".join(line for line in dump.splitlines() if not line.startswith(("\\restrict", "\\unrestrict")))


def wipe(server):
    if server.database_url.startswith("sqlite"):
        for file in server.folder.glob("omeet.db*"):
            file.unlink()
    else:
        database.psql(server.database_url, "drop schema public cascade", "create schema public")


def migrate_until_killed(server, pause_s):
    """Whether it was killed before it was done."""
    process = subprocess.Popen([binary(), "migrate"], cwd=server.folder, env=server.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(pause_s)
    process.kill()
    return process.wait() != 0


@pytest.mark.goal("R17")
@pytest.mark.timeout(60 + KILLS * 3)
def test_a_migration_that_is_killed_is_finished_by_the_next_start(launch):
    chance, server, hit = random.Random(SEED), launch(started=False), 0
    wipe(server)
    began = time.monotonic()
    server.cli("migrate")
    whole, took_s = schema(server), time.monotonic() - began
    for _ in range(max(KILLS // 8, 5)):
        wipe(server)
        hit += migrate_until_killed(server, chance.uniform(0.0, took_s))
        server.cli("migrate")
        if chance.random() < 0.2:
            assert schema(server) == whole
    assert schema(server) == whole
    assert hit > 0, "some must be killed before they are done"


@pytest.mark.goal("S17")
def test_a_master_key_is_replaced_under_a_running_server(launch):
    server = launch()
    client, key_file = server.client(), server.folder / "omeet.key"
    old = key_file.read_text().strip()
    start = soon()
    kept = [create(client, f"sealed {number}", start=start, options={"password": PASSWORD}, idempotency_key=f"key-{number}") for number in range(120)]
    endpoint = client.call("webhook.endpoint.create", url="https://erp.example.org/hook")
    rotated = server.cli("rotate-keys")
    assert rotated["keys"] == 2 and rotated["sealings"]["resealed"] >= 120 + 1
    new, still = key_file.read_text().split()
    assert still == old and new != old and key_file.stat().st_mode & 0o077 == 0

    # The running server reads what was sealed anew, and repeats an answer that it kept sealed.
    again = create(client, "sealed 7", start=start, options={"password": PASSWORD}, idempotency_key="key-7")
    assert again["id"] == kept[7]["id"]
    assert enter(client, kept[3])
    assert client.call("webhook.endpoint.rotate_secret", id=endpoint["id"])
    create(client, "later", options={"password": PASSWORD})

    finished = server.cli("rotate-keys", "--forget-old")
    assert finished["keys"] == 1 and finished["sealings"]["resealed"] == 0 and finished["sealings"]["unreadable"] == []
    assert key_file.read_text().strip() == new and (server.folder / finished["retired"]).read_text().strip() == old
    assert enter(client, kept[5])
    server.stop()
    server.start()
    assert enter(server.client(), kept[9])
    assert server.cli("backup", "--drill")["ok"]
    nothing = server.run("rotate-keys", "--forget-old")
    assert nothing.returncode == 1 and "no old key" in nothing.stderr


@pytest.mark.goal("S17")
def test_a_rotation_that_is_killed_goes_on_where_it_was(launch):
    server, chance = launch(), random.Random(SEED)
    for number in range(60):
        create(server.client(), f"sealed {number}", options={"password": PASSWORD})
    for _ in range(6):
        process = subprocess.Popen([binary(), "rotate-keys"], cwd=server.folder, env=server.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.01, 0.3))
        process.kill()
        process.wait()
    server.cli("rotate-keys")
    finished = server.cli("rotate-keys", "--forget-old")
    assert finished["keys"] == 1 and finished["sealings"]["unreadable"] == []
    assert server.cli("backup", "--drill")["ok"]


@pytest.mark.alone("sqlite")
def test_a_key_in_the_configuration_is_rotated_in_steps(launch):
    old, new = "A" * 43 + "=", "B" * 42 + "A="
    server = launch(secrets__master_key=old)
    meeting = create(server.client(), "sealed", options={"password": PASSWORD})
    alone = server.run("rotate-keys")
    assert alone.returncode == 1 and "in steps" in alone.stderr
    for keys in (f"{old} {new}", f"{new} {old}"):
        server.stop()
        server.extra["OMEET_SECRETS__MASTER_KEY"] = keys
        server.start()
    assert server.cli("rotate-keys")["sealings"]["resealed"] >= 1
    server.stop()
    server.extra["OMEET_SECRETS__MASTER_KEY"] = new
    server.start()
    assert enter(server.client(), meeting)


@pytest.mark.alone("postgres")
def test_pg_dump_is_found_or_asked_for(launch, tmp_path):
    server = launch()
    server.extra["PATH"] = "/nowhere"
    done = server.run("backup", str(tmp_path / "copy"))
    if any(Path("/usr/lib/postgresql").glob("*/bin/pg_dump")):
        assert done.returncode == 0, "Debian's folder is looked at as well"
    else:
        assert done.returncode == 1 and "postgresql-client" in done.stderr
