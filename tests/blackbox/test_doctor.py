"""`omeet doctor` says what does not work, and what to do."""

import http.server
import json
import threading
import time

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from support import database
from support.server import free_port

CONFIG = "var config = {};\nconfig.hosts = { domain: 'meet.jitsi', muc: 'muc.meet.jitsi' };\n"


class Jitsi(http.server.BaseHTTPRequestHandler):
    """A stand-in: the two scripts that every Jitsi web server has. It stands in for an ERP as well, which only has to answer."""

    def do_GET(self):
        body = {"/external_api.js": "var JitsiMeetExternalAPI;", "/config.js": CONFIG}.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "application/javascript")
        self.send_header("Content-Length", str(len(body or "")))
        self.end_headers()
        self.wfile.write((body or "").encode())

    do_HEAD = do_GET

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(410 if self.path == "/gone" else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def jitsi():
    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Jitsi)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()


@pytest.fixture
def mail_server():
    controller = Controller(Sink(), hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller.port
    controller.stop()


def examine(server, *more):
    """Exit status, and the findings by name."""
    done = server.run("doctor", *more, "--json")
    found = {}
    for check in json.loads(done.stdout)["checks"]:
        found.setdefault(check["name"], []).append(check)
    return done.returncode, found


def verdicts(found, name):
    return {check["verdict"] for check in found[name]}


@pytest.mark.goal("operations")
def test_a_sound_installation_has_nothing_to_fail(launch, jitsi, mail_server):
    mail = {"mail__host": "127.0.0.1", "mail__port": mail_server, "mail__security": "none", "mail__from_address": "meet@example.org"}
    server = launch(jitsi__server_url=jitsi, **mail)
    assert server.client().call("webhook.endpoint.create", url=f"{jitsi}/hook")
    server.client().call("meeting.instant", name="Sealed", options={"password": "hush"})
    status, found = examine(server)
    assert status == 0, [check for checks in found.values() for check in checks if check["verdict"] == "fail"]
    for name in ["configuration", "master key", "database", "schema", "mail", "sealed values", "jobs", "deliveries", "erp of main"]:
        assert verdicts(found, name) == {"ok"}, found[name]
    assert verdicts(found, "addresses") == {"warn"} and "server.public_url" in found["addresses"][0]["fix"]
    assert "installation's Jitsi" in found and "disk of recordings" in found
    words = server.run("doctor")
    assert words.returncode == 0 and "WARN  addresses: " in words.stdout and "      -> Set server.public_url" in words.stdout


@pytest.mark.goal("operations")
def test_an_endpoint_that_was_disabled_is_named_and_one_that_an_admin_switched_off_is_not(launch, jitsi):
    server = launch(jitsi__server_url=jitsi, webhooks__allow_private_addresses="true")
    client = server.client()
    gone, off = (client.call("webhook.endpoint.create", url=jitsi + path) for path in ("/gone", "/off"))
    client.call("webhook.endpoint.update", id=off["id"], active=False)
    client.call("meeting.instant", name="Told")
    deadline = time.monotonic() + 20
    while client.call("webhook.endpoint.get", id=gone["id"])["active"]:
        assert time.monotonic() < deadline, "410 disables an endpoint"
        time.sleep(0.2)
    _, found = examine(server)
    (erp,) = found["erp of main"]
    assert erp["verdict"] == "warn" and "410 Gone" in erp["says"] and "webhook.endpoint.update" in erp["fix"], erp


@pytest.mark.goal("operations")
def test_what_does_not_work_is_named_with_what_to_do(launch):
    gone = free_port()
    server = launch(jitsi__server_url=f"http://127.0.0.1:{gone}", mail__host="127.0.0.1", mail__port=gone, mail__security="none", mail__from_address="meet@example.org")
    server.client().call("webhook.endpoint.create", url=f"http://127.0.0.1:{gone}/hook")
    server.client().call("meeting.instant", name="Sealed", options={"password": "hush"})
    (server.folder / "omeet.key").chmod(0o644)
    status, found = examine(server)
    assert status == 1
    for name in ["mail", "erp of main", "installation's Jitsi", "master key"]:
        assert "fail" in verdicts(found, name) and all(check["fix"] for check in found[name] if check["verdict"] == "fail"), found[name]
    assert "chmod 600" in found["master key"][0]["fix"] and verdicts(found, "sealed values") == {"ok"}
    server.stop()
    (server.folder / "omeet.key").write_text("C" * 42 + "A=\n")
    status, found = examine(server)
    assert status == 1 and verdicts(found, "sealed values") == {"fail"} and "of 2 do not open" in found["sealed values"][0]["says"]


def test_an_empty_and_an_absent_database(launch, engine):
    server = launch(started=False)
    status, found = examine(server)
    assert verdicts(found, "database") == {"warn"} and "omeet migrate" in found["database"][0]["fix"]
    assert not (server.folder / "omeet.db").exists() and not (server.folder / "omeet.key").exists(), "nothing is made"
    if engine == "postgres":
        server.database_url = f"postgres://nobody:hush-9c@127.0.0.1:{free_port()}/none"
        done = server.run("doctor")
        assert done.returncode == 1 and "FAIL  database" in done.stdout and "hush-9c" not in done.stdout + done.stderr


@pytest.mark.alone("sqlite")
def test_a_wrong_configuration_is_a_finding_too(launch):
    server = launch(started=False, limits__json_depth=1)
    status, found = examine(server)
    assert status == 1 and "limits.json_depth" in found["configuration"][0]["says"]


@pytest.mark.alone("sqlite")
@pytest.mark.goal("S6")
def test_one_jitsi_is_looked_at_and_the_setting_to_change_is_named(launch, jitsi, tmp_path):
    server, secret = launch(started=False), tmp_path / "secret"
    secret.write_text("s" * 40)
    wrong = ["jitsi", jitsi, "--app-id", "omeet", "--app-secret-file", str(secret)]
    status, found = examine_jitsi(server, *wrong)
    assert status == 0 and any(check["verdict"] == "warn" and check["fix"] == "Set settings.domain to meet.jitsi" for check in found), found
    status, found = examine_jitsi(server, *wrong, "--xmpp-domain", "meet.jitsi")
    assert not any("settings.domain" in check["fix"] for check in found), found
    status, found = examine_jitsi(server, "jitsi", f"http://127.0.0.1:{free_port()}")
    assert status == 1 and any(check["verdict"] == "fail" for check in found)


def examine_jitsi(server, *arguments):
    done = server.run("doctor", *arguments, "--json")
    return done.returncode, json.loads(done.stdout)["checks"]


@pytest.mark.goal("S6")
def test_one_jitsi_is_looked_at_with_every_account_that_leads_there(launch, jitsi):
    server = launch()
    client = server.client()
    settings = {"server_url": jitsi, "app_id": "omeet", "app_secret": "hush-4b" + "s" * 40}
    for name, more in [("Right", {"domain": "meet.jitsi"}), ("Wrong", {"domain": "elsewhere"}), ("Other", {"server_url": "https://other.example.org"})]:
        client.call("provider.create", kind="jitsi", name=name, settings=settings | more)
    status, found = examine_jitsi(server, "jitsi", jitsi)
    assert status == 0 and {check["name"] for check in found} == {"provider Right of main", "provider Wrong of main"}, found
    wrong = {check["name"] for check in found if check["fix"] == "Set settings.domain to meet.jitsi"}
    assert wrong == {"provider Wrong of main"}, found
    words = server.run("doctor", "jitsi", jitsi)
    assert words.returncode == 0 and "provider Right of main needs, in " in words.stdout and "hush-4b" not in words.stdout + words.stderr, words.stdout
    status, found = examine_jitsi(server, "jitsi", f"{jitsi}/elsewhere")
    assert {check["name"] for check in found} == {"provider Right of main", "provider Wrong of main"}, "an account is of a server, whatever path is named"


@pytest.mark.alone("postgres")
@pytest.mark.goal("operations")
def test_a_postgres_that_may_lose_what_it_took_is_named(launch, jitsi):
    server = launch(jitsi__server_url=jitsi)
    _, found = examine(server)
    assert verdicts(found, "database") == {"ok"} and found["database"][0]["says"].startswith("PostgreSQL "), found["database"]
    assert ("ok", "agrees with the database's") in {(check["verdict"], check["says"]) for check in found["clock"]}
    most = int(database.psql(server.database_url, "show max_connections"))
    server.extra["OMEET_DATABASE__MAX_CONNECTIONS"] = str(most)
    name = server.database_url.rsplit("/", 1)[1]
    database.psql(server.database_url, f"alter database {name} set synchronous_commit = off")
    status, found = examine(server)
    assert status == 1 and verdicts(found, "database") == {"ok", "warn", "fail"}, found["database"]
    says = {check["verdict"]: check["says"] + " " + check["fix"] for check in found["database"]}
    assert "synchronous_commit to on" in says["fail"] and f"allows {most} connections" in says["warn"]
    server.stop()
    database.psql(server.database_url, "update _sqlx_migrations set version = version + 1000000000000 where version = (select max(version) from _sqlx_migrations)")
    status, found = examine(server)
    assert status == 1 and verdicts(found, "schema") == {"fail"} and "newer program" in found["schema"][0]["says"]
