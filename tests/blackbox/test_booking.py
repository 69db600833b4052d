"""R6, R7, S20: no two bookings of one host overlap, whoever comes at once, whichever way, and whenever the server dies."""

import concurrent.futures
import datetime
import os
import random
import threading
import time
import urllib.parse

import pytest
from support import booking, database
from support.rpc import Client, RpcError

SLOTS = int(os.environ.get("OMEET_SLOTS", "12"))
OPERATIONS = int(os.environ.get("OMEET_BOOKING_OPERATIONS", "2500"))
SEED = int(os.environ.get("OMEET_SEED", "20261121"))
EXPECTED = {"booking.slot_taken", "booking.not_offered", "booking.over", "booking.not_pending", "booking.not_found", "meeting.cancelled", "meeting.not_found", "booking.conflict", "meeting.changed"}
CLEAN = 64


def instant(day: int, minute: int) -> str:
    base = datetime.datetime.now(datetime.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return (base + datetime.timedelta(days=day, minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")


def attempt(client: Client, link: dict, start: str, minutes: int) -> tuple[str, float]:
    began = time.monotonic()
    answer = client.respond("booking.create", link_id=link["id"], start=start, duration_min=minutes, guest=booking.guest())
    took = time.monotonic() - began
    return ("booked" if "result" in answer else answer["error"]["data"]["kind"]), took


@pytest.mark.goal("R6")
@pytest.mark.timeout(60 + SLOTS * 10)
def test_overlapping_requests_at_once_have_one_winner(launch, engine):
    first = launch(**booking.UNLIMITED)
    servers = [first]
    for number in range(2 if engine == "postgres" else 0):
        twin = launch(database_url=first.database_url, folder=first.folder, started=False, **booking.UNLIMITED)
        twin.log, twin.first_key = first.folder / f"twin{number}.log", first.first_key
        servers.append(twin.start())
    clients, took = [server.client() for server in servers], []
    link = booking.link(first.client(), durations_min=[15, 30, 60], increment_min=15)
    with concurrent.futures.ThreadPoolExecutor(CLEAN) as pool:
        for slot in range(SLOTS):
            wants = [(9 * 60 + shift, minutes) for shift, minutes in ((0, 60), (15, 30), (30, 15), (-15, 60))]
            tries = [pool.submit(attempt, clients[n % len(clients)], link, instant(slot + 1, wants[n % 4][0]), 60 if n % 4 in (0, 3) else 30) for n in range(CLEAN)]
            outcomes = [one.result() for one in tries]
            took += [seconds for _, seconds in outcomes]
            kinds = [kind for kind, _ in outcomes]
            assert (kinds.count("booked"), kinds.count("booking.slot_taken")) == (1, CLEAN - 1), kinds
    for server in servers:
        server.stop()
        assert "deadlock" not in server.log_text()
    _, pairs = booking.overlaps(first.database_url, first.folder / "copy")
    took.sort()
    print(f"{engine}: {SLOTS} slots x {CLEAN} at once, {len(servers)} processes, p50 {took[len(took) // 2] * 1000:.0f} ms, p99 {took[int(len(took) * 0.99)] * 1000:.0f} ms")
    assert pairs == []


class Wanderer(threading.Thread):
    """Books, confirms, moves, calls off, by calls and by pages, until it is told to stop or the server is gone."""

    def __init__(self, client: Client, links: list, chance: random.Random, ledger: dict, budget: list):
        super().__init__(daemon=True)
        self.client, self.links, self.chance, self.ledger, self.budget = client, links, chance, ledger, budget
        self.wrong, self.done = [], 0

    def run(self):
        while self.budget and not self.wrong:
            try:
                self.budget.pop()
                self.step()
                self.done += 1
            except RpcError as error:
                if error.kind not in EXPECTED:
                    self.wrong.append(error)
            except (OSError, ValueError, IndexError, AssertionError) as error:
                if isinstance(error, AssertionError):
                    self.wrong.append(error)
                return
            except Exception as error:  # the connection broke in the middle of an answer
                if "http.client" not in type(error).__module__:
                    self.wrong.append(error)
                return

    def when(self) -> str:
        return instant(1 + self.chance.randrange(3), 15 * self.chance.randrange(96))

    def some(self) -> dict | None:
        return self.chance.choice(list(self.ledger.values())) if self.ledger else None

    def step(self):
        self.chance.choices([self.book, self.page, self.move, self.move_meeting, self.cancel, self.decide, self.busy, self.force], [8, 4, 6, 3, 3, 4, 1, 1])[0]()

    def note(self, made: dict):
        self.ledger[made["id"]] = made

    def book(self):
        self.note(self.client.call("booking.create", link_id=self.chance.choice(self.links)["id"], start=self.when(), guest=booking.guest()))

    def force(self):
        link = self.chance.choice(self.links)
        self.note(self.client.call("booking.create", link_id=link["id"], start=self.when(), force=True, duration_min=45, guest=booking.guest()))

    def page(self):
        form = booking.hold(self.client, self.chance.choice(self.links), self.when())
        if form and self.chance.random() < 0.8:
            answer = booking.submit(self.client, form, f"p{next(booking.numbers)}@example.org")
            assert answer.status in (303, 409), (answer.status, answer.body[:300])

    def move(self):
        if one := self.some():
            if self.chance.random() < 0.5:
                answer = booking.post(self.client, booking.path(one["reschedule_url"]), start=self.when())
                assert answer.status in (303, 409), (answer.status, answer.body[:300])
            else:
                self.client.call("booking.reschedule", id=one["id"], start=self.when(), force=self.chance.random() < 0.2)

    def move_meeting(self):
        if (one := self.some()) and one["meeting_id"]:
            self.client.call("meeting.update", id=one["meeting_id"], start=self.when())

    def cancel(self):
        if one := self.some():
            ways = [lambda: self.client.call("booking.cancel", id=one["id"]), lambda: booking.post(self.client, booking.path(one["cancel_url"]), reason="x"), lambda: one["meeting_id"] and self.client.call("meeting.cancel", id=one["meeting_id"])]
            self.chance.choice(ways)()

    def decide(self):
        if one := self.some():
            self.client.call(self.chance.choice(["booking.confirm", "booking.decline"]), id=one["id"])

    def busy(self):
        user = self.chance.choice(self.links)["hosts"][0]["external_id"]
        start = 1 + self.chance.randrange(3)
        self.client.call("availability.put", user=user, intervals=[{"key": f"k{self.chance.randrange(20)}", "start": instant(start, 60), "end": instant(start, 90)}])


@pytest.mark.goal("R7")
@pytest.mark.timeout(180 + OPERATIONS // 10)
def test_random_operations_and_kills_never_overlap(launch, engine):
    server = launch(**booking.UNLIMITED)
    client, chance, ledger = server.client(), random.Random(SEED), {}
    team = [{"id": f"t{n}", "name": f"Host {n}"} for n in range(3)]
    links = [
        booking.link(client, hosts=team[:1], durations_min=[30], increment_min=15),
        booking.link(client, hosts=team[:1], durations_min=[60], confirmation="host"),
        booking.link(client, hosts=team, durations_min=[45], increment_min=15),
        booking.link(client, hosts=team, team="collective", durations_min=[30]),
    ]
    budget, kills, began = list(range(OPERATIONS)), 0, time.monotonic()
    while budget:
        walkers = [Wanderer(server.client(), links, random.Random(chance.random()), ledger, budget) for _ in range(4)]
        [walker.start() for walker in walkers]
        time.sleep(chance.uniform(1, 3))
        server.kill()
        [walker.join(timeout=60) for walker in walkers]
        wrong = [error for walker in walkers for error in walker.wrong]
        assert not wrong, f"seed {SEED}: {wrong[:3]}"
        held, pairs = booking.overlaps(server.database_url, server.folder / "copy")
        assert pairs == [], f"seed {SEED}: {pairs[:3]}"
        assert booking.strays(server.database_url, server.folder / "copy") == (0, 0)
        kills += 1
        server.start()
    assert "panicked" not in server.log_text() and "deadlock" not in server.log_text()
    print(f"{engine}: seed {SEED}, {OPERATIONS} operations, {kills} kills, {held} bookings hold time at the end, {time.monotonic() - began:.0f} s")
    assert held > 10 and kills > 1


@pytest.mark.goal("S11")
def test_calendars_inside_are_not_read(launch):
    server = launch()
    for url in ("http://127.0.0.1/x.ics", "http://[::1]/x.ics", "http://169.254.169.254/latest", "http://0x7f000001/", "file:///etc/passwd"):
        with pytest.raises(RpcError) as refused:
            server.client().call("availability.source.create", user="1", url=url, actor={"id": "1", "role": "manager"})
        assert refused.value.field == "url"
    # A name that leads inside is found out when the connection is made.
    made = server.client().call("availability.source.create", url="http://localhost:1/x.ics", actor={"id": "1", "role": "user"})
    for _ in range(100):
        source = server.client().call("availability.source.list", user="1")["items"][0]
        if source["last_error"]:
            break
        time.sleep(0.2)
    assert "not public" in source["last_error"], source
    assert made["host"] == "localhost"


def test_a_public_calendar_takes_time(launch):
    """A stand-in for a calendar server, on this machine: the setting lets omeet read it."""
    import http.server

    day = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=2)).strftime("%Y%m%d")
    body = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:{day}T090000Z\r\nDTEND:{day}T100000Z\r\nRRULE:FREQ=DAILY;COUNT=3\r\nSUMMARY:Private\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

    class Calendar(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_):
            pass

    stand_in = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Calendar)
    threading.Thread(target=stand_in.serve_forever, daemon=True).start()
    server = launch(booking__allow_private_calendars="true")
    client = server.client()
    link = booking.link(client, hosts=[{"id": "cal", "name": "Cal"}], durations_min=[60], increment_min=60)
    before = len(client.call("booking.slots", link_id=link["id"])["items"])
    made = client.call("availability.source.create", user="cal", url=f"http://127.0.0.1:{stand_in.server_port}/secret-path.ics")
    for _ in range(100):
        source = client.call("availability.source.list", user="cal")["items"][0]
        if source["read_at"]:
            break
        time.sleep(0.2)
    assert source["intervals"] == 3 and source["last_error"] is None, source
    assert before - len(client.call("booking.slots", link_id=link["id"])["items"]) in (3, 2)
    client.call("availability.source.delete", id=made["id"])
    assert client.call("availability.list", user="cal")["items"] == []
    stand_in.shutdown()
    server.stop()
    assert b"secret-path" not in database.raw_bytes(server.database_url), "the address is a secret"


@pytest.mark.goal("S10")
def test_guests_send_anything_and_break_nothing(launch):
    server = launch(**booking.UNLIMITED)
    client = server.client()
    link = booking.link(client, questions=[{"key": "why", "label": "Why", "kind": "long_text"}])
    hostile = ["a\r\nBcc: e@example.org", "<svg onload=alert(1)>", "{{7*7}}", "x" * 65536, "\u202etxt", "=1+1", "'; drop table booking; --", "\0", "%0d%0aSet-Cookie: x"]
    for number, text in enumerate(hostile):
        form = booking.hold(client, link, client.call("booking.slots", link_id=link["id"])["items"][number * 3]["start"])
        answer = booking.post(client, form, name=text, email=f"h{number}@example.org", subject=text, guests=text, **{"q-why": text})
        assert answer.status in (303, 422), (text[:20], answer.status)
        assert b"onload=alert" not in answer.body.replace(b"&lt;", b"").replace(b"&#60;", b"") or b"<svg" not in answer.body
        for path in ("/book/" + text[:30], form + text[:30]):
            got = client.request("GET", urllib.parse.quote(path))
            assert got.status in (404, 400), (path, got.status)
    for wrong in (b"", b"start=", b"start=2029-01-01T03:00:00Z", b"start=" + b"9" * 65536, b"\xff\xfe", b"start=1969-12-31T00:00:00Z"):
        answer = client.request("POST", booking.path(link["url"]) + "/hold", wrong, {"Content-Type": "application/x-www-form-urlencoded"})
        assert answer.status == 409, (wrong[:30], answer.status)
    assert client.request("POST", booking.path(link["url"]) + "/hold", b"{}", {"Content-Type": "application/json"}).status == 409
    server.stop()
    assert "panicked" not in server.log_text() and "a booking page failed" not in server.log_text()
