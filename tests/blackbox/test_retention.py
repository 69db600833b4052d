"""Events go when they are old, and whoever comes too late is told, never served with a gap."""

import time

import pytest
from support import database
from support.websocket import Socket

MEETING = {"name": "Long ago", "start": "2031-01-01T09:00:00Z"}


def aged(server, after: int):
    """Everything up to `after` happened in 1970, and was seen by whoever writes letters; retention looks at the start."""
    time.sleep(1)
    server.stop()
    database.change(server.database_url, f"update event set created_at = 0 where seq <= {after}")
    server.start()


def first_kept(client, expected: int) -> int:
    """The first that is kept, once it is `expected` or ten seconds have passed."""
    until = time.monotonic() + 10
    while (page := client.call("event.list", limit=1))["first"] != expected and time.monotonic() < until:
        time.sleep(0.1)
    return page["first"]


@pytest.mark.goal("S4.15")
@pytest.mark.goal("R20")
def test_who_comes_too_late_is_told_through_both_doors(launch):
    server = launch()
    client = server.client()
    for _ in range(6):
        client.call("meeting.create", **MEETING)
    last = client.call("event.list")["last"]
    aged(server, last - 2)
    client = server.client()
    assert first_kept(client, last - 1) == last - 1
    told = client.respond("event.list", after=1)["error"]
    assert (told["data"]["kind"], told["data"]["first"]) == ("event.gone", last - 1)
    assert f"go on from `first` (after: {last - 2})" in told["message"]
    with Socket(server.url, server.first_key) as one:
        told = one.respond("event.subscribe", after=1)["error"]
        assert (told["data"]["kind"], told["data"]["first"]) == ("event.gone", last - 1)
        assert one.call("event.subscribe", after=last - 2)
        assert [event["seq"] for event in one.notifications(2)] == [last - 1, last]
    assert [event["seq"] for event in client.call("event.list", after=0)["items"]] == [last - 1, last], "0 has nothing, and begins there"
    assert len(client.call("audit.list", action="meeting.create")["items"]) == 6, "records are evidence: they stay"
    assert f'omeet_deleted_total{{table="event"}} {last - 2}' in client.get("/metrics").body.decode()


@pytest.mark.goal("S4.15")
def test_zero_keeps_events_for_ever(launch):
    server = launch(retention__event_days=0)
    server.client().call("meeting.create", **MEETING)
    aged(server, 1)
    time.sleep(2)
    assert server.client().call("event.list")["first"] == 1
