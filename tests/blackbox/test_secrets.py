"""S17: what must stay secret is in no log at its loudest, no answer, no metric, and in clear nowhere in the database."""

import json
import re
import secrets
import subprocess

import pytest
from support import database, doors
from support.rpc import Client
from support.websocket import Socket


def canary(name: str) -> str:
    return f"canary-{name}-{secrets.token_hex(12)}"


def private_key() -> str:
    """A PEM whose body is a canary."""
    done = subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], capture_output=True, text=True, check=True)
    return done.stdout


def with_password(url: str, password: str) -> str:
    """The same database by a role that has a password of its own."""
    if url.startswith("sqlite"):
        return url
    role = "role_" + secrets.token_hex(6)
    database.psql(url, f"create role {role} login superuser password '{password}'")
    return url.replace("postgres://omeet@", f"postgres://{role}:{password}@")


def make_everything(server, found: dict) -> list:
    """Puts every secret in, through every door, and returns what later answers must not show."""
    client = server.client()
    hidden = {name: canary(name) for name in ["app_secret", "password", "typed_password"]}
    pem = private_key()
    hidden["private_key"] = pem.splitlines()[5]
    provider = {"kind": "jitsi", "settings": {"server_url": "https://meet.example.org", "app_id": "omeet", "app_secret": hidden["app_secret"]}}
    found["provider"] = client.call("provider.create", name="One", is_default=True, **provider)["id"]
    jaas = {"app_id": "vpaas-magic-cookie-0123456789abcdef", "key_id": "vpaas-magic-cookie-0123456789abcdef/k1", "private_key": pem}
    client.respond("provider.create", name="Two", kind="jaas", settings=jaas)
    for door in doors.DOORS:
        doors.respond(door, client, "provider.create", provider | {"name": f"Door {door}"})
        doors.respond(door, client, "meeting.create", {"name": 7, "options": {"password": hidden["password"]}})
    made = client.call("meeting.instant", name="Secret", options={"password": hidden["password"]}, participants=[{"name": "Ana", "email": "ana@example.com"}])
    found["meeting"] = made["id"]
    found["ticket"] = made["participants"][0]["join_url"].rsplit("/", 1)[1]
    return [(name, text) for name, text in hidden.items()] + use_everything(server, client, made, hidden)


def use_everything(server, client, made, hidden) -> list:
    key = client.call("key.create", kind="service", role="user", name="canary", idempotency_key="canary-key")
    server.client(key["key"]).call("meeting.count")
    endpoint = client.call("webhook.endpoint.create", url="http://127.0.0.1:9/none", idempotency_key="canary-endpoint")
    rotated = client.call("webhook.endpoint.rotate_secret", id=endpoint["id"], idempotency_key="canary-rotated")
    joined = client.call("meeting.join", id=made["id"], password=hidden["password"], actor={"id": "1", "name": "Host", "email": "host@example.com", "role": "manager"})
    Client(server.url).get("/j/" + made["room_code"])
    form = f"name=Guest&display_name=Guest&password={hidden['typed_password']}".encode()
    Client(server.url).request("POST", "/j/" + made["room_code"], form, {"Content-Type": "application/x-www-form-urlencoded", "Origin": server.url})
    Client(server.url).get(made["participants"][0]["join_url"].removeprefix(server.url))
    with Socket(server.url, key["key"]) as socket:
        socket.call("event.subscribe")
        socket.respond("meeting.join", id=made["id"], password=hidden["typed_password"])
    client.respond("token.explain", token=joined["token"] or "eyJhbGciOiJub25lIn0.e30.")
    parts = [("service_key", key["key"].split("_", 2)[2]), ("first_key", server.first_key.split("_", 2)[2])]
    parts += [("webhook_secret", endpoint["secret"].removeprefix("whsec_")), ("rotated", rotated["secret"].removeprefix("whsec_"))]
    return parts + ([("token", joined["token"].split(".")[2])] if joined["token"] else [])


READS = ["provider.list", "key.list", "webhook.endpoint.list", "webhook.delivery.list", "meeting.list", "audit.list", "event.list", "organization.get", "user.list", "server.info"]


@pytest.mark.goal("S17")
def test_secrets_stay_secret(launch):
    server, dsn, found = launch(started=False, log__filter="trace"), canary("dsn"), {}
    server.database_url = with_password(server.database_url, dsn)
    server.start()
    hidden = [*make_everything(server, found), ("dsn", dsn)]
    client = server.client()
    answers = "".join(json.dumps(client.respond(method)) for method in READS)
    answers += json.dumps([client.call("meeting.get", id=found["meeting"]), client.call("provider.get", id=found["provider"])])
    metrics = Client(server.url).get("/metrics").body.decode()
    server.stop()
    log = server.log_text()
    logged = re.sub(r"(?m)^.*Authorization: Bearer " + re.escape(server.first_key) + r".*$", "", log, count=1).replace(server.first_key, "", 1)
    assert len(log) > 20_000, "the log is at its loudest"
    for name, text in [*hidden, ("ticket", found["ticket"])]:
        assert text not in logged, f"{name} is in the log: {line_with(logged, text)}"
        assert text not in metrics, f"{name} is in the metrics"
        assert name == "ticket" or text not in answers, f"{name} is in an answer"
    stored = database.raw_bytes(server.database_url)
    assert b"canary" in stored or b"Secret" in stored, "the dump is a dump"
    for name, text in hidden:
        assert text.encode() not in stored, f"{name} is in clear in the database"
        assert text.encode().hex().encode() not in stored, f"{name} is in clear in the dump"


def line_with(log: str, text: str) -> str:
    at = log.index(text)
    return log[max(0, log.rfind("\n", 0, at)) : at + 20][-400:]


@pytest.mark.goal("S17")
def test_settings_of_a_provider_come_back_without_their_secrets(client):
    settings = {"server_url": "https://meet.example.org", "app_id": "omeet", "app_secret": canary("one")}
    made = client.call("provider.create", kind="jitsi", name=canary("name"), settings=settings)
    text = json.dumps([made, client.call("provider.get", id=made["id"])])
    assert settings["app_secret"] not in text
    client.call("provider.update", id=made["id"], name=canary("renamed"))
    assert settings["app_secret"] not in json.dumps(client.every("audit.list"))


@pytest.mark.goal("S17")
def test_a_database_that_cannot_be_reached_is_named_without_its_password(launch):
    server = launch(started=False, database_url="postgres://omeet:canary-dsn-password@127.0.0.1:1/none")
    done = server.run("migrate")
    assert done.returncode != 0 and "canary-dsn-password" not in done.stdout + done.stderr
