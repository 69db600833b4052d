"""Letters about meetings, as a real SMTP server takes them: S4.8, S4.12, S4.14."""

import base64
import time

import dkim
import icalendar
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from support import booking
from support.mailbox import Mailbox, calendar_part
from support.receiver import Receiver, verified

MEETING = {"name": "Review", "start": "2031-01-07T05:00:00Z", "tz": "Asia/Singapore", "duration_min": 60}


@pytest.fixture
def mailbox():
    one = Mailbox()
    yield one
    one.close()


def person(name, tz="Asia/Tokyo", lang="en"):
    return {"name": name, "email": f"{name.lower()}@example.org", "tz": tz, "lang": lang}


@pytest.mark.goal("S4.12")
def test_invitation_change_and_cancellation_arrive(launch, mailbox):
    client = launch(**mailbox.settings()).client()
    people = [person("Aiko"), person("Budi", "Asia/Jakarta", "id_ID"), person("Chloe", "Europe/Paris", "fr"), person("Dan", "America/New_York"), person("Eve", "Asia/Kathmandu")]
    meeting = client.call("meeting.create", **MEETING, participants=people)
    invited = {letter["to"]: letter for letter in mailbox.wait(5)}
    subjects = {to.split("@")[0]: letter["message"]["subject"] for to, letter in invited.items()}
    assert subjects == {
        "aiko": "Review @ 14:00 (JST)",
        "budi": "Review @ 12.00 (WIB)",
        "chloe": "Review @ 06:00 (CET)",
        "dan": "Review @ 00:00 (EST)",
        "eve": "Review @ 10:45 (UTC+0545)",
    }
    letter = invited["aiko@example.org"]["message"]
    assert [part.get_content_type() for part in letter.walk()] == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar", "application/ics"]
    part = list(letter.walk())[4]
    assert part.get_param("method") == "REQUEST" and part["content-transfer-encoding"] == "base64"
    assert list(letter.walk())[5].get_content() == calendar_part(invited["aiko@example.org"]).encode()
    text = letter.get_body(("plain",)).get_content()
    for name in ("Aiko", "Budi", "Chloe", "Dan", "Eve", "Timezone details", meeting["room_code_display"]):
        assert name in text, text
    assert "Timezone details" in letter.get_body(("html",)).get_content()
    assert letter["from"] == "omeet <meet@example.org>" and letter["auto-submitted"] == "auto-generated"
    client.call("meeting.update", id=meeting["id"], start="2031-01-08T05:00:00Z")
    changed = mailbox.wait(10)[5:]
    assert all("SEQUENCE:1\r\n" in calendar_part(letter) for letter in changed)
    client.call("meeting.cancel", id=meeting["id"], reason="Ana is ill")
    off = mailbox.wait(15)[10:]
    assert all("METHOD:CANCEL\r\n" in calendar_part(letter) and "SEQUENCE:2\r\n" in calendar_part(letter) for letter in off)
    listed = client.every("notification.list", related_id=meeting["id"])
    assert len(listed) == 15 and {letter["state"] for letter in listed} <= {"sent", "queued"}


def entry(letter: dict) -> tuple:
    """What a calendar program learns from a letter."""
    part = next(part for part in letter["message"].walk() if part.get_content_type() == "text/calendar")
    calendar = icalendar.Calendar.from_ical(calendar_part(letter))
    (event,) = calendar.walk("VEVENT")
    assert part.get_param("method") == str(calendar["METHOD"])
    attendees = event["ATTENDEE"] if isinstance(event["ATTENDEE"], list) else [event["ATTENDEE"]]
    assert f"mailto:{letter['to']}" in attendees and str(event["ORGANIZER"]) != f"mailto:{letter['to']}"
    return str(event["UID"]), str(calendar["METHOD"]), str(event["STATUS"]), int(event["SEQUENCE"]), event["DTSTART"].dt.hour


@pytest.mark.goal("S4.10", "S4.12")
def test_a_booking_in_the_calendars_of_guest_and_host(launch, mailbox):
    client = launch(**mailbox.settings(), **booking.UNLIMITED).client()
    host = {"id": "7", "name": "Ana", "email": "ana@example.org", "tz": "Europe/Paris", "lang": "fr"}
    link = booking.link(client, hosts=[host], confirmation="host", durations_min=[60], increment_min=60)
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 3 * 86400))
    booked = client.call("booking.create", link_id=link["id"], start=f"{day}T09:00:00Z", guest={"name": "Gita", "email": "gita@example.org", "tz": "Asia/Tokyo"})
    client.call("booking.confirm", id=booked["id"])
    client.call("booking.reschedule", id=booked["id"], start=f"{day}T10:00:00Z")
    client.call("booking.cancel", id=booked["id"])
    letters = mailbox.wait(8)
    expected = [("REQUEST", "TENTATIVE", 0, 9), ("REQUEST", "CONFIRMED", 1, 9), ("REQUEST", "CONFIRMED", 2, 10), ("CANCEL", "CANCELLED", 3, 10)]
    for to in ("gita@example.org", "ana@example.org"):
        told = sorted((entry(letter) for letter in letters if letter["to"] == to), key=lambda of: of[3])
        assert told == [(f"{booked['meeting_id']}@omeet", *line) for line in expected], told
    subjects = [letter["message"]["subject"] for letter in letters if letter["to"] == "ana@example.org"]
    assert any(subject.startswith("À confirmer : Demo @") for subject in subjects), subjects
    text = letters[0]["message"].get_body(("plain",)).get_content()
    assert "Gita" in text and "Ana" in text and "Asia/Tokyo" in text or "Tokyo" in text, text
    time.sleep(1)
    assert len(mailbox.letters) == 8, "the meeting writes no second letters"


def invite_a_hundred(client, mailbox) -> tuple[float, float]:
    """Milliseconds until they are queued, and seconds until all are delivered."""
    known, people = len(mailbox.letters), [person(f"P{number}") for number in range(100)]
    began = time.monotonic()
    meeting = client.call("meeting.create", **MEETING, participants=people)
    queued_ms = (time.monotonic() - began) * 1000
    letters = mailbox.wait(known + 100)[known:]
    took = max(letter["at"] for letter in letters) - began
    assert len({letter["to"] for letter in letters}) == 100
    deadline = time.monotonic() + 10
    while client.call("notification.list", related_id=meeting["id"], state="queued")["items"] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert {letter["state"] for letter in client.every("notification.list", related_id=meeting["id"])} == {"sent"}
    return queued_ms, took


@pytest.mark.goal("S4.14")
def test_a_hundred_letters_within_three_seconds(launch, mailbox):
    """Somebody else may need the machine meanwhile, so the best of three counts; about one second of it is the mail server's, in Python."""
    client = launch(**mailbox.settings()).client()
    client.call("meeting.create", **MEETING, participants=[person("Warm")])
    mailbox.wait(1)
    for _ in range(3):
        queued_ms, took = invite_a_hundred(client, mailbox)
        print(f"100 letters: queued in {queued_ms:.0f} ms, all delivered {took:.2f} s after the call")
        if queued_ms < 100 and took < 3:
            return
    pytest.fail(f"{queued_ms:.0f} ms and {took:.2f} s")


@pytest.mark.goal("S4.18")
def test_refusals_are_seen_and_tried_again(launch, mailbox):
    client = launch(**mailbox.settings()).client()
    mailbox.refusals = {"gone@example.org": ["550 5.1.1 no such mailbox"], "later@example.org": ["451 4.3.0 later"]}
    client.call("meeting.create", **MEETING, participants=[person("Gone"), person("Later")])
    first = mailbox.wait(1, timeout=40)[0]
    assert first["to"] == "later@example.org", "tried again after 451"
    bounced = client.call("notification.list", state="bounced")["items"]
    assert [letter["to_email"] for letter in bounced] == ["gone@example.org"] and "550" in bounced[0]["last_error"]
    client.call("notification.retry", id=bounced[0]["id"])
    second = mailbox.wait(2)[1]
    assert second["to"] == "gone@example.org" and second["message"]["message-id"].startswith(f"<{bounced[0]['id']}@")


@pytest.mark.goal("S10")
def test_hostile_words_make_no_headers_lines_or_markup(launch, mailbox):
    client = launch(**mailbox.settings()).client()
    client.call("mail.style.put", footer="<script>alert(1)</script>", color="#00aa00")
    client.call("mail.template.put", kind="meeting.invitation", subject="{name}: {meeting}", intro="<b>{organizer}</b>")
    name = "<img src=x onerror=y> \"q\" ;,:^n Ünï"
    client.call("meeting.create", **{**MEETING, "name": name}, participants=[{"name": "=cmd|' /C'!A0", "email": "a@example.org"}])
    letter = mailbox.wait(1)[0]["message"]
    html = letter.get_body(("html",)).get_content()
    assert "<script>" not in html and "<img src=x" not in html and "#00aa00" in html and "<b>" not in html
    assert letter["subject"] == f"=cmd|' /C'!A0: {name}" and letter.get_all("bcc") is None


@pytest.mark.goal("R16")
def test_reminders_come_once_from_several_servers_and_after_kills(launch, mailbox, engine):
    receiver = Receiver()
    first = launch(**mailbox.settings())
    client = first.client()
    endpoint = client.call("webhook.endpoint.create", url=receiver.url, event_types=["meeting.reminder"])
    client.call("notification.settings.put", reminder_min=[1], mail="always")
    others = [launch(first.database_url, first.folder, started=False, **mailbox.settings()) for _ in range(2 if engine == "postgres" else 0)]
    for other in others:
        other.first_key = first.first_key
        other.start()
    due = time.time() + 30
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(due + 60))
    made = [client.call("meeting.create", name=f"M{number}", start=soon, participants=[person(f"R{number}")])["id"] for number in range(60)]
    client.call("meeting.cancel", id=made[0])
    client.call("meeting.update", id=made[1], start="2031-01-01T00:00:00Z")
    assert time.time() < due - 3, "too slow to make the meetings before they are due"
    time.sleep(due - 2 - time.time())
    for server in [first, *others]:
        server.kill()
        server.start()
    reminded = receiver.wait(58, timeout=90)
    time.sleep(4)
    subjects = [verified(delivery, endpoint["secret"])["subject"] for delivery in receiver.received]
    events = first.client().call("event.list", types=["meeting.reminder"], limit=200)["items"]
    assert sorted(event["subject"] for event in events) == sorted(made[2:]), "one event each, none for what was moved or cancelled"
    assert set(subjects) == set(made[2:]) and len(reminded) >= 58
    ids = [letter["message"]["message-id"] for letter in mailbox.letters if letter["message"]["subject"].startswith("Reminder")]
    assert len(set(ids)) == 58
    receiver.close()


@pytest.mark.goal("S4.12")
def test_an_outside_library_takes_our_signatures(launch, mailbox, tmp_path):
    key = rsa.generate_private_key(65537, 2048)
    file = tmp_path / "dkim.pem"
    file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    public = base64.b64encode(key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))
    client = launch(**mailbox.settings(), mail__dkim_selector="s1", mail__dkim_key_file=file).client()
    words = ["Weekly", "Ünï 会議  two  spaces ", "x" * 200]
    for name in words:
        client.call("meeting.create", **{**MEETING, "name": name}, description=f" {name}\n\n\ttabbed \n.\n..dots\n\n", participants=[person("Aiko"), person("Budi", "Asia/Jakarta", "id")])
    asked = []

    def dns(name, timeout=5):
        asked.append(name)
        return b"v=DKIM1; k=rsa; p=" + public

    for letter in mailbox.wait(2 * len(words)):
        assert dkim.verify(letter["raw"], dnsfunc=dns), letter["raw"][:800]
        assert not dkim.verify(letter["raw"].replace(b"Subject: ", b"Subject: Re: ", 1), dnsfunc=dns)
        assert not dkim.verify(letter["raw"].replace(b"multipart/alternative", b"multipart/alternativE", 1), dnsfunc=dns)
    assert set(asked) == {b"s1._domainkey.example.org."}
