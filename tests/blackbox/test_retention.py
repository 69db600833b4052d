"""Events go when they are old, and whoever comes too late is told, never served with a gap."""

import time

import pytest
from support import booking, database
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


@pytest.mark.goal("S4.6")
@pytest.mark.goal("S4.15")
def test_each_kind_goes_after_its_own_time_with_a_line_that_counts(launch):
    """Fifty of 1970, and what is recent stays."""
    server = launch(**booking.UNLIMITED)
    client = server.client()
    for day in range(50):
        client.call("meeting.create", **MEETING)
    link = booking.link(client)
    starts = [slot["start"] for slot in client.call("booking.slots", link_id=link["id"])["items"][:4]]
    for start in starts:
        client.call("booking.create", link_id=link["id"], start=start, guest=booking.guest())
    client.call("availability.put", user=link["hosts"][0]["external_id"], intervals=[{"key": str(n), "start": f"2031-01-0{n}T09:00:00Z", "end": f"2031-01-0{n}T10:00:00Z"} for n in (1, 2, 3)])
    server.stop()
    given = "insert into reminder (org_id, meeting_id, offset_min, start_at, sent_at) select org_id, id, {}, {}, {} from meeting where name = 'Long ago'"
    for statement in [
        given.format(15, 0, 0),
        given.format(16, "start_at", "start_at"),
        "update booking set start_at = 0, end_at = 1 where start_at < (select max(start_at) from booking)",
        "update busy set start_at = 0, end_at = 1 where external_key <> '3'",
    ]:
        database.change(server.database_url, statement)
    before = len(server.log_text())
    server.start()
    lines = ["Deleted 50 Stale Reminders", "Deleted 0 old ICS entries", "Deleted 3 old bookings, 2 busy times"]
    until = time.monotonic() + 10
    while (missing := [line for line in lines if line not in server.log_text()[before:]]) and time.monotonic() < until:
        time.sleep(0.1)
    assert missing == [], server.log_text()[before:]
    client = server.client()
    assert len(client.call("booking.list")["items"]) == 1
    server.stop()
    assert database.query(server.database_url, "select count(*) from reminder", server.folder / "copy") == [("50",)]
