"""The minute from an empty folder to a link that opens, and the command line beside a running server."""

import re
import subprocess
import time
import urllib.request

import pytest
from support.rpc import refusal
from support.server import KEY


def printed_curl(text: str) -> str:
    """The curl command that the first start prints, with its continuation lines."""
    return re.search(r"^\s*(curl (?:[^\n]*\\\n)*[^\n]*)$", text, re.M).group(1)


@pytest.mark.goal("newcomer")
@pytest.mark.alone("sqlite")
def test_first_start_prints_a_key_and_a_curl_line_that_makes_a_joinable_meeting(launch):
    server = launch()
    assert KEY.search(server.log_text()), "the first start prints a service key"
    assert server.url in server.log_text(), "and the address"
    done = subprocess.run(["bash", "-c", printed_curl(server.log_text())], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    link = re.search(r'"join_url":\s*"([^"]+)"', done.stdout)
    assert link, f"the line answers a link: {done.stdout}"
    page = urllib.request.urlopen(link.group(1), timeout=10)
    assert page.status == 200
    text = page.read().decode()
    assert "<form" in text and "name" in text, "the page asks a guest for a name"


@pytest.mark.goal("newcomer")
def test_the_key_is_printed_once_only(launch):
    server = launch()
    shown = set(KEY.findall(server.log_text()))
    server.stop()
    before = len(server.log_text())
    server.start()
    assert len(shown) == 1
    assert not KEY.search(server.log_text()[before:]), "the second start prints no key"
    assert server.client().call("server.info"), "and the first one still works"


@pytest.mark.goal("newcomer")
def test_start_to_ready_on_an_existing_database_is_quick(launch):
    server = launch()
    server.stop()
    server.start()
    assert server.started_in_s < 2


@pytest.mark.goal("newcomer")
def test_the_command_line_works_beside_the_running_server(launch):
    server = launch()
    made = server.cli("organization", "create", "Acme Corporation", "--slug", "acme")
    assert made["slug"] == "acme" and made["name"] == "Acme Corporation" and made["id"].startswith("org_")
    key = server.cli("key", "create", "--organization", "Acme Corporation", "--kind", "service", "--role", "manager")
    assert KEY.fullmatch(key["key"]) and key["kind"] == "service" and key["role"] == "manager"
    meeting = server.client(key["key"]).call("meeting.create", name="From the key", start="2031-05-01T09:00:00Z")
    assert server.client(key["key"]).call("meeting.get", id=meeting["id"]) == meeting
    listed = server.cli("key", "list", "--organization", "acme")["items"]
    assert [item["id"] for item in listed] == [key["id"]] and "key" not in listed[0], "a listing never shows the secret"
    server.cli("key", "revoke", key["id"])
    time.sleep(1.1)
    assert server.client(key["key"]).post({"jsonrpc": "2.0", "id": 1, "method": "meeting.count"}).status == 401, "within a second"


@pytest.mark.goal("newcomer")
def test_a_user_key_is_its_user(launch):
    server = launch()
    server.client().call("user.upsert", id="7", name="Ana", email="ana@example.com", role="user")
    user = server.client(server.new_key(kind="user", role="user", user="7"))
    meeting = user.call("meeting.create", name="Mine", start="2031-05-01T09:00:00Z")
    assert meeting["organizer"]["external_id"] == "7"


@pytest.mark.goal("newcomer")
def test_migrate_prepares_a_database_and_may_be_run_again(launch):
    server = launch(started=False)
    server.cli("migrate")
    server.cli("migrate")
    assert server.start().client().call("meeting.count") == {"count": 0}


@pytest.mark.goal("newcomer")
@pytest.mark.alone("sqlite")
@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("server__listen", "nonsense", "server.listen"),
        ("database__url", "mysql://x", "database.url"),
        ("limits__json_depth", "100000", "limits.json_depth"),
        ("server__public_url", "ftp://x", "server.public_url"),
    ],
)
def test_a_wrong_setting_is_named(launch, name, value, named):
    server = launch(started=False, **{name: value})
    done = server.run("serve")
    assert done.returncode != 0 and named in done.stderr + done.stdout, done


@pytest.mark.goal("newcomer")
def test_no_key_and_a_wrong_key_are_told_apart_from_everything_else(server):
    anonymous = server.client("")
    assert anonymous.post(anonymous.message("meeting.count")).status == 401
    assert refusal(anonymous, "meeting.count").code == -32001
    forged = server.first_key[:-4] + "zzzz"
    assert refusal(server.client(forged), "meeting.count").code == -32001
