"""Calendar objects, read again by three libraries that we did not write; links, feeds and answers."""

import json
import os
import subprocess
from datetime import datetime
from pathlib import Path

import icalendar
import ics
import pytest
from support.rpc import refusal

JUDGE = Path(__file__).parent / "judges" / "calendar.mjs"
HOSTILE = [
    "Weekly",
    "Ünï, 会議; \\ \"quoted\" ^n ^' : end",
    "line one\nline two",
    "x" * 200,
    "会議" * 60,
    "BEGIN:VEVENT",
    ":) smile",
    "https://x.example.org/?a=b;c,d",
]


def ical_js(text: str, folder: Path) -> list:
    judge = folder / "calendar.mjs"
    judge.write_text(JUDGE.read_text())
    (folder / "node_modules").is_symlink() or (folder / "node_modules").symlink_to(Path(os.environ["OMEET_NODE_PACKAGES"]) / "node_modules")
    done = subprocess.run(["node", str(judge)], input=text, capture_output=True, text=True, timeout=60, cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def stamp(text: str) -> int:
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


def check_lines(text: str):
    assert text.endswith("END:VCALENDAR\r\n") and "\n\n" not in text
    for line in text.encode().split(b"\r\n"):
        assert len(line) <= 75 and b"\n" not in line and b"\r" not in line, line


@pytest.mark.goal("R22")
@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_three_libraries_read_the_same(client, words, tmp_path):
    title = " ".join(words.split())[:255]
    people = [{"name": "Émile; \"E\", ^x", "email": "emile@example.org"}, {"name": "Budi", "email": "budi@example.org"}]
    meeting = client.call("meeting.create", name=title, description=words, start="2031-03-01T09:00:00Z", duration_min=45, participants=people)
    made = client.call("calendar.export_ics", id=meeting["id"])
    check_lines(made["ics"])
    expected = {
        "uid": f"{meeting['id']}@omeet",
        "summary": title,
        "description": f"{words.rstrip()}\n\n{meeting['join_url']}" if words.strip() else meeting["join_url"],
        "location": meeting["join_url"],
        "start": stamp(meeting["start"]),
        "end": stamp(meeting["end"]),
    }
    read = icalendar.Calendar.from_ical(made["ics"])
    event = read.walk("VEVENT")[0]
    ours = {name: str(event[name]) for name in ("uid", "summary", "description", "location")}
    assert ours | {"start": int(event.decoded("dtstart").timestamp()), "end": int(event.decoded("dtend").timestamp())} == expected
    assert str(read["method"]) == "REQUEST" and int(event["sequence"]) == 0
    assert {str(attendee.params["CN"]) for attendee in event["attendee"]} >= {"Budi"}
    by_ics = next(iter(ics.Calendar(made["ics"]).events))
    assert {"uid": by_ics.uid, "summary": by_ics.name, "location": by_ics.location, "start": by_ics.begin.int_timestamp, "end": by_ics.end.int_timestamp} == {
        name: expected[name] for name in ("uid", "summary", "location", "start", "end")
    }
    assert by_ics.description == expected["description"]
    by_js = ical_js(made["ics"], tmp_path)[0]
    assert {name: by_js[name] for name in expected} == expected
    assert by_js["attendees"] == ["mailto:budi@example.org", "mailto:emile@example.org"]


SERIES = [
    ("Europe/Brussels", "2031-01-07T09:00:00+01:00", "FREQ=WEEKLY;COUNT=60;BYDAY=TU"),
    ("America/New_York", "2031-01-31T18:00:00-05:00", "FREQ=MONTHLY;COUNT=10;BYDAY=-1FR"),
    ("Australia/Lord_Howe", "2031-01-06T09:00:00+11:00", "FREQ=WEEKLY;INTERVAL=2;COUNT=20;BYDAY=MO"),
    ("Asia/Jakarta", "2031-01-06T09:00:00+07:00", "FREQ=DAILY;COUNT=20"),
    ("Africa/Casablanca", "2031-01-06T09:00:00+01:00", "FREQ=WEEKLY;COUNT=20;BYDAY=MO"),
]


@pytest.mark.goal("R22")
@pytest.mark.parametrize("tz, start, rule", SERIES, ids=[one[0] for one in SERIES])
def test_a_series_recurs_at_the_same_instants_elsewhere(client, tz, start, rule, tmp_path):
    series = client.call("series.create", name="Weekly", start=start, tz=tz, rrule=rule, duration_min=30)
    made = client.call("calendar.export_ics", series_id=series["id"])
    check_lines(made["ics"])
    by_js = ical_js(made["ics"], tmp_path)[0]
    instants = [stamp(one["occurrence_at"]) for one in series["occurrences"]]
    assert by_js["recurs"][: len(instants)] == instants
    zone = icalendar.Calendar.from_ical(made["ics"]).walk("VTIMEZONE")[0]
    assert str(zone["TZID"]) == tz and zone.walk("STANDARD")


@pytest.mark.goal("S4.8")
def test_one_link_through_a_series_and_three_scopes(client):
    series = client.call("series.create", name="Daily", start="2031-01-06T09:00:00Z", tz="UTC", rrule="FREQ=DAILY;COUNT=8", participants=[{"email": "a@example.org"}])
    ids = [one["meeting_id"] for one in series["occurrences"]]
    shown = [client.call("meeting.get", id=one) for one in ids]
    assert len(ids) == 8 and {one["join_url"] for one in shown} == {series["join_url"]}
    assert len({one["participants"][0]["join_url"] for one in shown}) == 1, "personal links as well"
    assert client.call("meeting.get", room_code=series["room_code_display"])["id"] == ids[0]
    client.call("series.update", id=ids[1], scope="this", start="2031-01-07T15:00:00Z")
    cut = client.call("series.update", id=ids[4], scope="following", name="Later", start="2031-01-10T10:00:00Z")
    assert cut["series"]["id"] != series["id"] and cut["series"]["join_url"] == series["join_url"]
    starts = [client.call("meeting.get", id=one)["start"][5:16] for one in ids]
    assert starts == ["01-06T09:00", "01-07T15:00", "01-08T09:00", "01-09T09:00", "01-10T10:00", "01-11T10:00", "01-12T10:00", "01-13T10:00"]
    client.call("series.cancel", id=ids[0], scope="this")
    assert client.call("meeting.get", room_code=series["room_code_display"])["id"] == ids[1], "the link leads to the next one"
    client.call("series.update", id=ids[1], scope="all", name="All")
    names = [client.call("meeting.get", id=one)["name"] for one in ids]
    assert names == ["Daily", "All", "All", "All", "Later", "Later", "Later", "Later"]
    client.call("series.cancel", id=ids[6], scope="following")
    assert [client.call("meeting.get", id=one)["state"] for one in ids] == ["cancelled"] + ["ready"] * 5 + ["cancelled"] * 2


def test_what_the_erp_makes_itself_shares_its_link_too(client):
    made = [client.call("meeting.create", name="W", start=f"2031-02-0{day}T09:00:00Z", series_key="odoo-9", external_key=f"odoo-9/{day}") for day in (1, 2, 3)]
    assert len({one["join_url"] for one in made}) == 1 and len({one["id"] for one in made}) == 3
    alone = client.call("meeting.create", name="W", start="2031-02-04T09:00:00Z", series_key="odoo-9", own_link=True)
    assert alone["join_url"] != made[0]["join_url"]


@pytest.mark.goal("S2.25")
def test_events_of_the_erp_follow_by_their_keys(client):
    event = {"key": "uid-1@20310101", "name": "Sync", "start": "2031-01-01T09:00:00Z", "duration_min": 30, "participants": [{"email": "a@example.org"}]}
    bad = {"key": "uid-2", "name": "No start"}
    first, failed = client.call("calendar.sync", events=[event, bad])["items"]
    assert first["became"] == "created" and failed["failure"]["field"] == "start"
    again = client.call("calendar.sync", events=[{**event, "start": "2031-01-02T09:00:00Z", "participants": [{"email": "b@example.org"}]}])["items"][0]
    assert again["meeting_id"] == first["meeting_id"] and again["join_url"] == first["join_url"] and again["became"] == "updated"
    linked = client.call("calendar.get", key=event["key"])["meeting"]
    assert linked["start"] == "2031-01-02T09:00:00Z" and [one["email"] for one in linked["participants"]] == ["b@example.org"]
    rule = {"key": "uid-3", "name": "Rule", "start": "2031-01-01T09:00:00Z", "duration_min": 30, "tz": "UTC", "rrule": "FREQ=WEEKLY;COUNT=3"}
    series = client.call("calendar.sync", events=[rule])["items"][0]
    assert series["series_id"] and client.call("calendar.sync", events=[rule])["items"][0]["series_id"] == series["series_id"]
    client.call("calendar.sync", events=[{"key": event["key"], "cancelled": True}])
    assert client.call("meeting.get", id=first["meeting_id"])["state"] == "cancelled"
    client.call("calendar.unlink", key=event["key"])
    assert refusal(client, "calendar.get", key=event["key"]).kind == "calendar.link_not_found"


INVITATION = """BEGIN:VCALENDAR\r
VERSION:2.0\r
METHOD:{method}\r
BEGIN:VEVENT\r
UID:{uid}\r
DTSTAMP:20261121T0900{sequence:02}Z\r
SEQUENCE:{sequence}\r
DTSTART;TZID=W. Europe Standard Time:20310107T100000\r
DTEND;TZID=W. Europe Standard Time:20310107T110000\r
SUMMARY:From elsewhere\r
ORGANIZER;CN=Ana:mailto:ana@example.com\r
ATTENDEE;PARTSTAT={partstat};CN=Budi:mailto:budi@example.org\r
END:VEVENT\r
END:VCALENDAR\r
"""


def invitation(uid, method="REQUEST", sequence=0, partstat="NEEDS-ACTION"):
    return INVITATION.format(uid=uid, method=method, sequence=sequence, partstat=partstat)


@pytest.mark.goal("S4.12")
def test_invitations_of_others_and_answers_to_ours(client, engine):
    uid = f"{engine}-1@example.com"
    made = client.call("calendar.import_ics", ics=invitation(uid, sequence=1))["items"][0]
    assert made["became"] == "created" and client.call("meeting.get", id=made["meeting_id"])["start"] == "2031-01-07T09:00:00Z"
    assert client.call("calendar.import_ics", ics=invitation(uid, sequence=1))["items"][0]["became"] == "ignored"
    assert refusal(client, "calendar.import_ics", ics=invitation(uid, sequence=0)).kind == "calendar.outdated"
    assert client.call("calendar.import_ics", ics=invitation(uid, sequence=2))["items"][0]["became"] == "updated"
    assert client.call("calendar.import_ics", ics=invitation(uid, "CANCEL", 3))["items"][0]["became"] == "cancelled"
    assert client.call("meeting.get", id=made["meeting_id"])["state"] == "cancelled"
    ours = client.call("meeting.create", name="Ours", start="2031-01-07T09:00:00Z", participants=[{"email": "budi@example.org"}])
    reply = invitation(f"{ours['id']}@omeet", "REPLY", partstat="DECLINED")
    assert client.call("calendar.import_ics", ics=reply)["items"][0]["became"] == "answered"
    assert client.call("meeting.get", id=ours["id"])["participants"][0]["response"] == "declined"
    assert refusal(client, "calendar.import_ics", ics=invitation("nobody@omeet", "REPLY", partstat="ACCEPTED")).kind == "calendar.not_ours"
    for wrong in ("", "hello", invitation("x").replace("END:VEVENT", "END:VTODO"), "x" * 300_000):
        assert refusal(client, "calendar.import_ics", ics=wrong).field == "ics"


def test_a_personal_feed_shows_what_its_user_takes_part_in(client, server):
    actor = {"id": "feed-7", "name": "Feed user", "role": "user"}
    mine = client.call("meeting.create", name="Mine", actor=actor)
    client.call("meeting.create", name="Not mine")
    url = client.call("calendar.feed.create", actor=actor)["url"]
    path = url.removeprefix(server.url)
    answer = client.get(path)
    assert answer.status == 200 and answer.headers["content-type"] == "text/calendar; charset=utf-8"
    read = icalendar.Calendar.from_ical(answer.body)
    assert [str(event["uid"]) for event in read.walk("VEVENT")] == [f"{mine['id']}@omeet"]
    assert str(read["x-wr-calname"]) == "omeet: Feed user"
    client.call("calendar.feed.create", actor=actor)
    assert client.get(path).status == 404, "the earlier address ends to work"
    assert client.get("/calendar/nothing.ics").status == 404
    assert refusal(client, "calendar.feed.create").kind == "calendar.no_user"
