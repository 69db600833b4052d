"""R22: local times as instants, and rules as dates, equal to libraries that we did not write."""

import collections
import os
import random
import re
import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo

import pytest
from dateutil import rrule as dateutil_rrule
from dateutil import tz as dateutil_tz
from support import booking
from support.rpc import RpcError

# Zone and a local time near one of its edges: gaps, folds, half hours, skipped days, no rules at all.
ROWS = [(zone, local) for zone, times in {
    "America/New_York": ["2026-03-08T01:59", "2026-03-08T02:30", "2026-03-08T03:00", "2026-11-01T01:30", "2026-11-01T02:00", "2007-11-04T01:30", "2007-03-11T02:30"],
    "Europe/London": ["2026-03-29T00:59", "2026-03-29T01:30", "2026-10-25T01:30", "2026-12-01T05:00", "2026-07-01T06:00"],
    "Europe/Brussels": ["2026-03-29T02:30", "2026-03-29T03:00", "2026-10-25T02:30", "2026-10-25T03:00"],
    "Australia/Lord_Howe": ["2026-10-04T02:15", "2026-10-04T02:45", "2026-04-05T01:45", "2026-04-05T02:15"],
    "Australia/Sydney": ["2026-10-04T02:30", "2026-04-05T02:30", "2026-07-01T09:00"],
    "Pacific/Apia": ["2011-12-29T23:30", "2011-12-30T12:00", "2011-12-31T00:30", "2026-06-01T09:00"],
    "Pacific/Kiritimati": ["2026-06-01T09:00", "2026-12-31T23:59"],
    "Africa/Casablanca": ["2026-02-15T02:30", "2026-03-22T02:30", "2026-06-01T09:00", "2027-02-07T02:30"],
    "Antarctica/Troll": ["2026-03-29T01:30", "2026-10-25T01:30", "2026-06-01T09:00"],
    "America/Sao_Paulo": ["2026-11-01T00:30", "2018-11-04T00:30"],
    "America/St_Johns": ["2026-03-08T02:30", "2026-11-01T01:30"],
    "America/Santiago": ["2026-09-06T00:30", "2026-04-04T23:30"],
    "Asia/Kathmandu": ["2026-06-01T09:00"],
    "Asia/Kolkata": ["2026-06-01T09:00"],
    "Asia/Jakarta": ["2026-06-01T12:00", "2026-12-01T12:00"],
    "Asia/Tokyo": ["2026-06-01T14:00"],
    "Asia/Singapore": ["2026-12-01T13:00"],
    "Asia/Tehran": ["2022-03-22T00:30", "2026-06-01T09:00"],
    "Asia/Gaza": ["2025-04-12T02:30"],
    "Asia/Beirut": ["2026-03-29T00:30", "2026-10-25T00:30"],
    "Africa/Cairo": ["2026-04-24T00:30", "2026-10-30T00:30"],
    "Europe/Dublin": ["2026-03-29T01:30", "2026-10-25T01:30"],
    "Europe/Moscow": ["2026-06-01T09:00"],
    "Europe/Istanbul": ["2026-03-29T03:30"],
    "America/Phoenix": ["2026-03-08T02:30"],
    "America/Havana": ["2026-03-08T00:30"],
    "Pacific/Chatham": ["2026-09-27T02:50", "2026-04-05T03:00"],
    "Australia/Eucla": ["2026-06-01T09:00"],
    "Pacific/Marquesas": ["2026-06-01T09:00"],
    "America/Nuuk": ["2026-03-28T22:30", "2026-10-24T23:30"],
    "UTC": ["2026-06-01T09:00"],
}.items() for local in times]


def by_zoneinfo(zone: str, local: datetime) -> datetime:
    """RFC 5545 section 3.3.5: the first of two; in a gap, the offset before it. PEP 495's fold=0 is exactly that."""
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(timezone.utc)


def by_dateutil(zone: str, local: datetime) -> datetime:
    aware = local.replace(tzinfo=dateutil_tz.gettz(zone))
    return dateutil_tz.resolve_imaginary(aware).astimezone(timezone.utc)


def test_there_are_sixty_rows():
    assert len(ROWS) >= 60, len(ROWS)


@pytest.mark.goal("R22")
@pytest.mark.parametrize("zone, local", ROWS, ids=[f"{zone} {local}" for zone, local in ROWS])
def test_a_local_time_is_the_same_instant(client, zone, local):
    """A rule that begins some days before meets the edge as a local time of its own."""
    edge = datetime.fromisoformat(local)
    begin = by_zoneinfo(zone, edge - timedelta(days=3))
    items = client.call("series.expand", rrule="FREQ=DAILY;COUNT=7", start=begin.isoformat(), tz=zone)["items"]
    got = {datetime.fromisoformat(item.replace("Z", "+00:00")) for item in items}
    assert by_zoneinfo(zone, edge) in got and by_dateutil(zone, edge) in got, f"{sorted(got)}"


def zones_where_jakarta_is(rules_of: str, folder: Path) -> Path:
    """A database of zones in which Asia/Jakarta follows the rules of another zone."""
    for name, source in {"Asia/Jakarta": rules_of, "UTC": "UTC", "Europe/Paris": "Europe/Paris"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(next(Path(path) / source for path in TZPATH if (Path(path) / source).exists()), folder / name)
    return folder


def first_at_nine(folder: Path, day: str) -> datetime:
    """Nine o'clock in Asia/Jakarta of that database; both libraries read its file."""
    path, local = folder / "Asia/Jakarta", datetime.fromisoformat(f"{day}T09:00")
    with path.open("rb") as file:
        by_file = local.replace(tzinfo=ZoneInfo.from_file(file)).astimezone(timezone.utc)
    assert by_file == local.replace(tzinfo=dateutil_tz.tzfile(str(path))).astimezone(timezone.utc)
    return by_file


@pytest.mark.goal("R22")
def test_a_booking_stays_where_it_is_when_its_zone_changes_its_rules(launch, tmp_path):
    """What everybody has in their calendars is an instant. What is offered afterwards follows the new rules."""
    before, after = zones_where_jakarta_is("Asia/Jakarta", tmp_path / "before"), zones_where_jakarta_is("Asia/Tokyo", tmp_path / "after")
    server = launch(started=False)
    server.extra["TZDIR"] = str(before)
    client, day = server.start().client(), (datetime.now(timezone.utc) + timedelta(days=3)).strftime("%Y-%m-%d")
    link = booking.link(client, tz="Asia/Jakarta", durations_min=[30], increment_min=30, hours={"weekly": dict.fromkeys(booking.HOURS["weekly"], ["09:00-12:00"])})
    made = client.call("booking.create", link_id=link["id"], start=first_at_nine(before, day).isoformat(), guest=booking.guest())
    assert datetime.fromisoformat(made["start"]) == first_at_nine(before, day)

    server.stop()
    server.extra["TZDIR"] = str(after)
    client = server.start().client()
    assert client.call("booking.get", id=made["id"])["start"] == made["start"]
    page = client.request("GET", f"{booking.path(made['manage_url'])}?tz=Asia/Jakarta").body.decode()
    assert "11:00 – 11:30" in page and "(UTC+09:00)" in page
    offered = [datetime.fromisoformat(slot["start"]) for slot in client.call("booking.slots", link_id=link["id"])["items"]]
    assert first_at_nine(after, day) in offered and first_at_nine(before, day) not in offered


def random_rule(random):
    frequency = random.choice(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
    parts = {"FREQ": frequency, "INTERVAL": str(random.randint(1, 4)), "COUNT": str(random.randint(1, 30))}
    days = random.sample(["MO", "TU", "WE", "TH", "FR", "SA", "SU"], random.randint(1, 3))
    if frequency == "WEEKLY" and random.random() < 0.7:
        parts["BYDAY"] = ",".join(days)
        parts["WKST"] = random.choice(["MO", "SU"])
    if frequency == "MONTHLY":
        parts |= random.choice([{"BYDAY": f"{random.choice([1, 2, 3, 4, -1, -2])}{days[0]}"}, {"BYMONTHDAY": str(random.choice([1, 15, 28, 30, 31, -1, -3]))},
                                {"BYDAY": "MO,TU,WE,TH,FR", "BYSETPOS": str(random.choice([1, 3, -1, -2]))}, {}])
    if frequency == "YEARLY":
        parts |= random.choice([{"BYMONTH": "1,6", "BYDAY": f"1{days[0]}"}, {"BYYEARDAY": "1,100,-1"}, {"BYWEEKNO": "20", "BYDAY": days[0]}, {"BYMONTH": "2", "BYMONTHDAY": "29"}])
    return ";".join(f"{name}={value}" for name, value in parts.items())


@pytest.mark.goal("R22")
@pytest.mark.parametrize("seed", range(3))
def test_rules_recur_on_the_same_days_as_in_dateutil(client, seed):
    """200 rules each, drawn by a seed."""
    draw = random.Random(seed)
    for _ in range(200):
        rule, start = random_rule(draw), datetime(2026, draw.randint(1, 12), draw.randint(1, 28), 9, 0)
        expected = [date.replace(tzinfo=timezone.utc) for date in dateutil_rrule.rrulestr(rule, dtstart=start)]
        items = client.call("series.expand", rrule=rule, start=start.isoformat() + "Z", tz="UTC", limit=100)["items"]
        assert [datetime.fromisoformat(item.replace("Z", "+00:00")) for item in items] == expected, f"{start} {rule}"


def vectors():
    """libical's own table: a rule, where it begins, from where on it is asked, and when it recurs."""
    folder = Path(os.environ["OMEET_LIBICAL_VECTORS"])
    text = "\n\n".join(path.read_text() for path in sorted(folder.glob("icalrecur_test*.txt")))
    for block in re.split(r"\n\s*\n", text):
        fields = dict(line.split(":", 1) for line in block.splitlines() if ":" in line and not line.startswith("#"))
        if "RRULE" in fields:
            yield fields["RRULE"], fields["DTSTART"], fields.get("START-AT", ""), fields["INSTANCES"].strip().split(",")


def read(text: str) -> datetime:
    """A date is taken for its midnight, a time without a zone for UTC: nothing here depends on zones."""
    return datetime.strptime(text.rstrip("Z") if "T" in text else f"{text}T000000", "%Y%m%dT%H%M%S").replace(tzinfo=timezone.utc)


# What libical knows and we refuse, each by its words.
REFUSED = {
    "without RSCALE and SKIP": lambda rule: "RSCALE=" in rule and rule != "RSCALE=GREGORIAN;FREQ=YEARLY;COUNT=4",
    "must have FREQ=DAILY, WEEKLY, MONTHLY or YEARLY": lambda rule: re.search("FREQ=(HOUR|MINUTE|SECOND)LY", rule),
}
# Of version 3.0.20. A date without a time is nothing that a meeting has.
COUNTS = {"equal": 71, "must have FREQ=DAILY, WEEKLY, MONTHLY or YEARLY": 7, "without RSCALE and SKIP": 33, "dates without a time": 1}


@pytest.mark.goal("R22")
def test_rules_recur_as_libical_says_or_are_refused_by_name(client):
    counted = collections.Counter()
    for rule, start, asked_from, instances in vectors():
        if "T" not in start and "BYMINUTE" in rule:
            counted["dates without a time"] += 1
            continue
        words = next((words for words, fits in REFUSED.items() if fits(rule)), None)
        try:
            got = client.call("series.expand", rrule=rule, start=read(start).isoformat(), tz="UTC", limit=1000)["items"]
            got = [at for item in got if (at := datetime.fromisoformat(item)) >= read(asked_from or start)]
            assert (words, got[: len(instances)]) == (None, [read(at) for at in instances]), f"{start} {rule}"
            assert len(got) == len(instances), f"{start} {rule}"
            counted["equal"] += 1
        except RpcError as error:
            assert words and words in str(error), f"{start} {rule}: {error}"
            counted[words] += 1
    print(dict(counted))
    assert counted == COUNTS
