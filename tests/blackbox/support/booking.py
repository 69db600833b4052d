"""Booking from outside: links, guests at pages, and a checker that looks into the database."""

import itertools
import re
import urllib.parse

from . import database
from .rpc import Client

HOURS = {"weekly": {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}}
UNLIMITED = {
    "booking__per_address_per_h": 1_000_000,
    "booking__per_link_per_h": 1_000_000,
    "booking__per_email_per_h": 1_000_000,
    "booking__pause_s": 0,
    "booking__holds_per_address": 3,
}
numbers = itertools.count(1)


def link(client: Client, **more) -> dict:
    params = {"title": "Demo", "tz": "UTC", "hours": HOURS, "notice_min": 0, "confirmation": "automatic", "horizon_days": 365, "hosts": [{"id": f"h{next(numbers)}", "name": "Host"}]}
    return client.call("booking.link.create", **(params | more))


def guest(number=None) -> dict:
    return {"name": "Gita Guest", "email": f"g{number or next(numbers)}@example.org"}


def post(client: Client, path: str, **form):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return client.request("POST", path, urllib.parse.urlencode(form).encode(), headers)


def path(url: str) -> str:
    return urllib.parse.urlsplit(url).path


def hold(client: Client, link: dict, start: str) -> str | None:
    """The address of the form, or None when the time cannot be had."""
    answer = post(client, path(link["url"]) + "/hold", start=start)
    assert answer.status in (303, 409), (answer.status, answer.body[:400])
    return answer.headers["location"] if answer.status == 303 else None


def submit(client: Client, form: str, email: str):
    return post(client, form, name="Gita Guest", email=email, website="")


# Of every host and room: what bookings take, with their buffers, in the order in which they begin.
TAKEN = """
    select {host}, coalesce(m.start_at, b.start_at) - {before} * 60000, coalesce(m.end_at, b.end_at) + {after} * 60000, {id}
    from booking b left join meeting m on m.id = b.meeting_id
    where b.state in ('pending', 'confirmed') and m.state in ('draft', 'ready', 'started') and b.host_id is not null
    order by 1, 2"""


def overlaps(url: str, scratch, before=0, after=0) -> tuple[int, list]:
    """How many bookings hold time, and the pairs of one host that overlap; read past the service."""
    host, key = ("hex(b.host_id)", "hex(b.id)") if url.startswith("sqlite") else ("b.host_id", "b.id")
    rows = database.query(url, TAKEN.format(host=host, id=key, before=before, after=after), scratch)
    pairs = [(one, two) for one, two in itertools.pairwise(rows) if one[0] == two[0] and int(one[2]) > int(two[1])]
    return len(rows), pairs


# A booking that holds time has exactly one span of its host, and nothing else has one but holds.
LOOSE = """
    select count(*) from occupancy o left join meeting m on m.id = o.meeting_id
    where o.hold_id is null and o.booking_id is null and (m.id is null or m.state = 'cancelled' or o.busy_from <> m.start_at - o.before_min * 60000
        or o.busy_to <> m.end_at + o.after_min * 60000)"""
MISSING = """
    select count(*) from booking b join meeting m on m.id = b.meeting_id
    where b.state in ('pending', 'confirmed') and m.state in ('draft', 'ready', 'started')
        and (select count(*) from occupancy o where o.meeting_id = m.id and o.kind = 'user') = 0"""


def strays(url: str, scratch) -> tuple[int, int]:
    return tuple(int(database.query(url, statement, scratch)[0][0]) for statement in (LOOSE, MISSING))


def secret(location: str) -> str:
    return re.search(r"/booking/(\w+)", location).group(1)
