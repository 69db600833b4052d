"""Calls and work in processes of their own: `omeet serve --calls-only` and `omeet worker`."""

import json
import time

import pytest
from support.receiver import Receiver, verified

BASE = "https://meet.example.org"
NOBODY = "http://127.0.0.1:1"
MEETING = {"name": "Divided", "start": "2031-01-01T09:00:00Z"}


@pytest.fixture
def receiver():
    one = Receiver()
    yield one
    one.close()


def beside(launch, server, *command):
    """Another process on the database of `server`."""
    other = launch(database_url=server.database_url, folder=server.folder, started=False, server__public_url=BASE)
    other.command, other.first_key, other.log = list(command), "none", server.folder / f"{command[-1]}.log"
    return other


@pytest.mark.alone("postgres")
@pytest.mark.goal("scale")
def test_calls_are_answered_here_and_work_is_done_there(launch, receiver):
    server = launch(started=False, server__public_url=BASE)
    server.command = ["serve", "--calls-only"]
    client = server.start().client()
    endpoint = client.call("webhook.endpoint.create", url=receiver.url)
    made = client.call("meeting.create", **MEETING)
    time.sleep(2)
    assert not receiver.received, "whoever answers calls only delivers nothing"
    workers = [beside(launch, server, "worker").start() for _ in range(2)]
    event = verified(receiver.wait(1)[0], endpoint["secret"])
    assert event["subject"] == made["id"] and event["data"]["join_url"].startswith(BASE)
    worker = workers[0].client()
    assert [worker.get(path).status for path in ("/healthz", "/readyz", "/metrics")] == [200, 200, 200]
    assert [worker.get(path).status for path in ("/", "/rpc", "/docs", "/admin")] == [404] * 4, "a worker answers no calls"
    client.call("meeting.cancel", id=made["id"])
    receiver.wait(2)
    time.sleep(1)
    assert len(receiver.received) == 2, "two workers deliver each event once"
    for one in workers:
        one.stop()


@pytest.mark.alone("postgres")
@pytest.mark.goal("scale", "S17", "S4.7")
def test_whoever_answers_calls_only_takes_up_new_keys_and_counts_its_own_calls(launch):
    server = launch(started=False, server__public_url=BASE, providers__allow_private_addresses="true")
    server.command = ["serve", "--calls-only"]
    client = server.start().client()
    settings = {"account_id": "a", "client_id": "b", "client_secret": "c", "host_user": "me@example.org", "api_url": NOBODY, "login_url": NOBODY}
    account = client.call("provider.create", kind="zoom", name="Nobody answers", settings=settings)
    assert server.cli("rotate-keys")["sealings"]["resealed"] >= 1
    assert server.cli("rotate-keys", "--forget-old")["keys"] == 1
    client.call("webhook.endpoint.create", url=NOBODY + "/hook")
    checks = json.loads(server.run("doctor", "--json").stdout)["checks"]
    (sealed,) = [check for check in checks if check["name"] == "sealed values"]
    assert sealed["verdict"] == "ok", sealed
    tested = client.call("provider.test", id=account["id"])
    assert not tested["ok"], tested
    deadline = time.monotonic() + 30
    while not client.call("provider.usage", id=account["id"])["today"]["calls"]:
        assert time.monotonic() < deadline, "what it called is written down within 15 seconds"
        time.sleep(0.5)
    server.stop()


@pytest.mark.goal("scale")
def test_half_a_service_needs_its_other_half(launch, engine):
    server = launch(started=False)
    for command in (["worker"], ["serve", "--calls-only"]):
        refused = server.run(*command)
        assert refused.returncode != 0
        assert ("database.url" if engine == "sqlite" else "server.public_url") in refused.stderr, refused.stderr
