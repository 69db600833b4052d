"""The WebSocket is a door like the others, and events come through it without a gap."""

import pytest
from support.crash import every_event
from support.websocket import Socket
from websockets.exceptions import ConnectionClosed, InvalidStatus

MEETING = {"name": "Pushed", "start": "2031-01-01T09:00:00Z"}


@pytest.mark.goal("websocket")
def test_calls_and_batches(server):
    with Socket(server.url, server.first_key) as one:
        made = one.call("meeting.create", **MEETING)
        assert one.call("meeting.get", id=made["id"]) == made
        one.send([{"jsonrpc": "2.0", "id": name, "method": "meeting.get", "params": {"id": made["id"]}} for name in "ab"])
        assert {answer["id"]: answer["result"] for answer in one.receive()} == {"a": made, "b": made}


@pytest.mark.goal("websocket")
@pytest.mark.parametrize("key", ["", "omk_nonsense_nonsense"])
def test_without_a_key_nothing_is_answered_but_a_refusal(server, key):
    try:
        with Socket(server.url, key) as one:
            assert one.respond("meeting.count")["error"]["code"] == -32001
            assert one.respond("event.subscribe")["error"]["code"] == -32001
    except InvalidStatus as refused:
        assert refused.response.status_code == 401


@pytest.mark.goal("websocket")
def test_a_subscriber_gets_every_event_in_order(launch):
    server = launch()
    client = server.client()
    with Socket(server.url, server.first_key) as one:
        subscription = one.call("event.subscribe")
        assert subscription
        made = [client.call("meeting.create", **MEETING)["id"] for _ in range(20)]
        events = one.notifications(20)
        assert [event["subject"] for event in events] == made
        assert [event["seq"] for event in events] == list(range(events[0]["seq"], events[0]["seq"] + 20))
        assert events == every_event(client)[-20:], "what is pushed is what is listed"


@pytest.mark.goal("websocket")
def test_a_subscriber_that_comes_back_with_its_cursor_misses_and_repeats_nothing(launch):
    server, seen = launch(), []
    client = server.client()
    after = every_event(client)[-1]["seq"] if every_event(client) else 0
    for round_ in range(4):
        with Socket(server.url, server.first_key) as one:
            one.call("event.subscribe", after=after)
            for _ in range(5):
                client.call("meeting.create", **MEETING)
            seen += one.notifications(10 if round_ else 5)
            after = seen[-1]["seq"]
        for _ in range(5):
            client.call("meeting.create", **MEETING)
    assert [event["seq"] for event in seen] == list(range(seen[0]["seq"], seen[0]["seq"] + len(seen)))


@pytest.mark.goal("websocket")
def test_after_unsubscribe_nothing_comes(server, client):
    with Socket(server.url, server.first_key) as one:
        subscription = one.call("event.subscribe")
        number = subscription["subscription"] if isinstance(subscription, dict) else subscription
        one.call("event.unsubscribe", subscription=number)
        client.call("meeting.create", **MEETING)
        with pytest.raises(TimeoutError):
            one.notifications(1, timeout=1)


@pytest.mark.goal("websocket")
def test_events_of_other_organizations_are_never_pushed(server, client, other):
    with Socket(server.url, server.first_key) as one:
        one.call("event.subscribe")
        other.call("meeting.create", **MEETING)
        mine = client.call("meeting.create", **MEETING)
        assert one.notifications(1)[0]["subject"] == mine["id"]


@pytest.mark.goal("websocket")
def test_a_revoked_key_ends_its_open_connection_or_its_calls(launch):
    server = launch()
    made = server.cli("key", "create", "--organization", "main", "--kind", "service", "--role", "user")
    with Socket(server.url, made["key"]) as one:
        one.call("event.subscribe")
        server.client().call("key.revoke", id=made["id"])
        try:
            assert one.respond("meeting.count")["error"]["code"] == -32001
            server.client().call("meeting.create", **MEETING)
            with pytest.raises((TimeoutError, ConnectionClosed)):
                one.notifications(1, timeout=6)
        except ConnectionClosed:
            pass


@pytest.mark.goal("R20")
def test_a_stop_closes_with_a_code_and_the_cursor_goes_on(launch):
    server = launch()
    one = Socket(server.url, server.first_key)
    one.call("event.subscribe")
    made = [server.client().call("meeting.create", **MEETING)["id"] for _ in range(5)]
    seen = one.notifications(5)
    server.stop()
    with pytest.raises(ConnectionClosed) as closed:
        one.receive(timeout=10)
    assert closed.value.rcvd is not None and closed.value.rcvd.code in (1001, 1012)
    server.start()
    made += [server.client().call("meeting.create", **MEETING)["id"] for _ in range(5)]
    with Socket(server.url, server.first_key) as again:
        again.call("event.subscribe", after=seen[-1]["seq"])
        seen += again.notifications(5)
    assert [event["subject"] for event in seen] == made
