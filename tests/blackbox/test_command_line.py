"""Commands that are typed in the wrong place, or on half an installation, change nothing and say what would be right."""

import subprocess
import time

import pytest
from support.server import binary, free_port

HUSH = {"name": "Sealed", "options": {"password": "hush"}}


def files(server) -> set[str]:
    return {file.name for file in server.folder.iterdir()} - {"server.log"}


@pytest.mark.goal("S4.1")
def test_no_key_is_made_for_what_another_key_has_sealed(launch):
    server = launch()
    meeting = server.client().call("meeting.instant", **HUSH)
    server.stop()
    key = server.folder / "omeet.key"
    key.rename(server.folder / "elsewhere.key")
    for command in (["serve"], ["report", "weekly"], ["rotate-keys"]):
        refused = server.run(*command)
        assert refused.returncode == 1 and "secrets.master_key_file: omeet.key" in refused.stderr, (command, refused)
        assert not key.exists(), command
    assert "meeting.password is sealed with it" in server.run("serve").stderr
    (server.folder / "elsewhere.key").rename(key)
    assert server.start().client().call("meeting.get", id=meeting["id"])["options"]["has_password"]


@pytest.mark.alone("sqlite")
@pytest.mark.goal("operations")
@pytest.mark.parametrize(
    "command",
    [["report", "weekly"], ["key", "list"], ["organization", "list"], ["organization", "create", "Stray"], ["import", "csv", "x.csv"], ["backup", "x.backup"]],
)
def test_a_command_in_the_wrong_folder_makes_no_database(launch, command):
    server = launch(started=False)
    refused = server.run(*command)
    assert refused.returncode != 0 and "is not there" in refused.stderr and not files(server), refused


@pytest.mark.alone("sqlite")
@pytest.mark.goal("operations")
def test_a_new_database_is_for_its_owner_only(launch):
    server = launch()
    server.client().call("meeting.instant", name="Private")
    ours = [file for file in server.folder.iterdir() if file.name.startswith("omeet.")]
    assert len(ours) >= 4 and all(file.stat().st_mode & 0o077 == 0 for file in ours), ours
    server.stop()
    server.database_url = f"sqlite://{server.folder}/other.db"
    refused = server.run("serve")
    assert refused.returncode == 1 and "other.db is not there; with ?mode=rwc it is made" in refused.stderr, refused


@pytest.mark.alone("sqlite")
@pytest.mark.goal("operations")
def test_a_database_server_that_does_not_answer_is_told_apart_from_a_slow_one(launch):
    server = launch(started=False)
    server.database_url = f"postgres://nobody@127.0.0.1:{free_port()}/none"
    refused = server.run("serve")
    assert refused.returncode == 1 and "database.url: PostgreSQL does not answer" in refused.stderr and "refused" in refused.stderr, refused


@pytest.mark.alone("sqlite")
@pytest.mark.goal("R20", "operations")
def test_a_service_whose_log_nobody_reads_any_more_answers_and_stops(launch):
    server = launch()
    server.stop()
    process = subprocess.Popen([binary(), "serve"], cwd=server.folder, env=server.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close(), process.stderr.close()
    deadline = time.monotonic() + 20
    while not server.ready():
        assert time.monotonic() < deadline, "it starts"
        time.sleep(0.05)
    assert server.client().call("meeting.count") == {"count": 0}
    process.terminate()
    assert process.wait(timeout=20) == 0


@pytest.mark.goal("operations")
def test_keys_say_until_when_they_are_valid_and_whom_they_made(launch):
    server = launch()
    made = server.run("key", "create", "--kind", "user", "--user", "anna", "--role", "user", "--expires-in-days", "1")
    assert "There was no user anna" in made.stdout, made
    again = server.run("key", "create", "--kind", "user", "--user", "anna", "--role", "user", "--name", "second")
    assert "There was no user" not in again.stdout, again
    second = next(key for key in server.cli("key", "list")["items"] if key["name"] == "second")
    server.cli("key", "rotate", second["id"], "--overlap-min", "10")
    server.cli("key", "revoke", next(key["id"] for key in server.cli("key", "list")["items"] if key["name"] == "first key"))
    listed = server.run("key", "list").stdout
    assert listed.count("valid until") == 2 and listed.count("revoked 2") == 1, listed
