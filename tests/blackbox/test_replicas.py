"""Two processes on one PostgreSQL are one service; a key that is taken away is gone everywhere within five seconds."""

import threading
import time
import uuid

import pytest
from support.rpc import Client
from support.websocket import Socket

pytestmark = pytest.mark.alone("postgres")
OBEY_WITHIN_S = 5


@pytest.fixture
def pair(launch):
    """Two replicas that share database and master key."""
    first = launch()
    second = launch(database_url=first.database_url, folder=first.folder, started=False)
    second.log, second.first_key = first.folder / "second.log", first.first_key
    return first, second.start()


def accepted(client: Client) -> bool:
    return "result" in client.respond("meeting.count")


def refused_after(client: Client) -> float:
    began = time.monotonic()
    while accepted(client):
        assert time.monotonic() - began < OBEY_WITHIN_S, "still accepted"
        time.sleep(0.05)
    return time.monotonic() - began


@pytest.mark.goal("S4")
@pytest.mark.parametrize("how", ["rpc", "cli"])
def test_a_revocation_reaches_the_other_replica(pair, how):
    first, second = pair
    made = first.client().call("key.create", kind="service", role="user", name="short lived")
    there = second.client(made["key"])
    assert accepted(there) and accepted(first.client(made["key"]))
    if how == "rpc":
        first.client().call("key.revoke", id=made["id"])
        assert not accepted(first.client(made["key"])), "the replica that revoked obeys at once"
    else:
        first.cli("key", "revoke", made["id"])
    print(f"obeyed after {refused_after(there):.2f} s")
    refused_after(first.client(made["key"]))


@pytest.mark.goal("S4")
def test_a_deactivated_user_is_out_everywhere(pair):
    first, second = pair
    user = first.client().call("user.upsert", id="gone", name="Gone", role="user")
    there = second.client(first.new_key(kind="user", role="user", user="gone"))
    assert accepted(there)
    first.client().call("user.deactivate", id=user["id"])
    refused_after(there)


@pytest.mark.goal("S4")
def test_rotation_lets_both_keys_in_until_the_overlap_ends(pair):
    first, second = pair
    made = first.client().call("key.create", kind="service", role="user", name="rotated")
    assert accepted(second.client(made["key"]))
    rotated = first.cli("key", "rotate", made["id"], "--overlap-min", "10")
    assert rotated["key"] != made["key"]
    assert accepted(second.client(rotated["key"])) and accepted(second.client(made["key"]))
    last = first.cli("key", "rotate", rotated["id"], "--overlap-min", "0")
    refused_after(second.client(rotated["key"]))
    assert accepted(second.client(last["key"]))


@pytest.mark.goal("replicas")
def test_a_change_is_seen_by_the_other_replica_within_a_second(pair):
    first, second = pair
    made = first.client().call("meeting.instant", name="Joined")
    host = {"actor": {"id": "1", "name": "Host", "email": "host@example.com", "role": "manager"}}
    assert second.client().call("meeting.join", id=made["id"], **host)["decision"] == "admit"
    first.client().call("meeting.cancel", id=made["id"])
    time.sleep(1)
    assert second.client().respond("meeting.join", id=made["id"], **host)["error"]["data"]["kind"] == "join.cancelled"


@pytest.mark.goal("R9")
def test_one_key_at_two_replicas_has_one_effect(pair):
    answers = []
    for _ in range(20):
        params = {"name": "Twice", "start": "2031-01-01T09:00:00Z", "idempotency_key": uuid.uuid4().hex}
        calls = [threading.Thread(target=lambda one=one, params=params: answers.append(one.client().respond("meeting.create", **params))) for one in pair for _ in range(3)]
        [call.start() for call in calls]
        [call.join() for call in calls]
    assert pair[0].client().call("meeting.count") == {"count": 20}
    assert len({answer["result"]["id"] for answer in answers if "result" in answer}) == 20


@pytest.mark.goal("events")
def test_a_subscriber_of_one_replica_gets_the_events_of_both_without_a_gap(pair):
    first, second = pair
    with Socket(second.url, second.first_key) as one:
        one.call("event.subscribe")
        threads = [threading.Thread(target=lambda server=server: [server.client().call("meeting.create", name="e", start="2031-01-01T09:00:00Z") for _ in range(25)]) for server in pair]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        events = one.notifications(50, timeout=15)
    assert [event["seq"] for event in events] == list(range(events[0]["seq"], events[0]["seq"] + 50))
