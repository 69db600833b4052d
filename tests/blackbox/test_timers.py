"""R16: what time does happens once, whoever of three replicas does it, while they are killed, paused, and their clocks are wrong.

The ordinary run is small. OMEET_TIMERS=10000 OMEET_PAUSE_S=30 is the figure that R16 asks for.
"""

import collections
import os
import random
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from support import booking, clocks, crash
from support.mailbox import Mailbox
from support.replicas import Caller, Replicas

pytestmark = [pytest.mark.alone("postgres"), pytest.mark.goal("R16")]
TIMERS = int(os.environ.get("OMEET_TIMERS", "160"))
PAUSE_S = float(os.environ.get("OMEET_PAUSE_S", "5"))
SEED = int(os.environ.get("OMEET_SEED", "20261121"))
WRONG_BY_S = 300
AT_A_TIME = 16  # jobs of one process
REMIND_MIN = 1  # who is reminded after the meeting has begun is not reminded: whatever a killed process has claimed must be free again well before
# What one timer of each sort does.
DONE = {"reminder": "meeting.reminder", "auto-end": "meeting.ended", "reservation": "meeting.deleted", "hold": "booking.expired"}
SETTINGS = booking.UNLIMITED | {"booking__hold_min": 1, "booking__holds_per_address": 1_000_000, "log__filter": "warn,omeet=info"}


@pytest.fixture
def mailbox():
    one = Mailbox()
    yield one
    one.close()


@pytest.fixture
def replicas(launch, mailbox):
    """Three: one five minutes behind, one right, one five minutes ahead."""
    wrong = [clocks.moved(-WRONG_BY_S), {}, clocks.moved(WRONG_BY_S)]
    with clocks.tidied():
        yield Replicas(launch, environments=wrong, **SETTINGS, **mailbox.settings()).start()


def instant(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


class Setter(threading.Thread):
    """Sets timers through all replicas; `due` says of each subject what is to happen to it, and when."""

    def __init__(self, replicas: Replicas, number: int, count: int, spread_s: float):
        super().__init__(daemon=True)
        self.caller, self.chance, self.spread_s, self.count = Caller(replicas, number), random.Random(SEED + number), spread_s, count
        self.number, self.replicas, self.due, self.failure, self.has_guests = number, replicas, {}, None, threading.Event()

    def run(self):
        try:
            self.guests()
            self.has_guests.set()
            for number in range(self.count):
                [self.reminder, self.auto_end, self.reservation][number % 3]()
        except BaseException as failure:
            self.failure = failure
            self.has_guests.set()

    def after(self) -> float:
        return 15 + self.chance.uniform(0, self.spread_s)

    def reminder(self):
        after, now = self.after(), time.time()
        people = [{"name": "Ana", "email": f"ana{self.number}@example.org"}]
        made = self.caller.call("meeting.create", name="reminded", start=instant(60 * REMIND_MIN + after), participants=people, idempotency_key=os.urandom(8).hex())
        self.due[made["id"]] = ("reminder", now + after)

    def auto_end(self):
        after, now, key = self.after(), time.time(), os.urandom(8).hex()
        options = {"grace_min": 0, "early_open_min": 5}
        made = self.caller.call("meeting.create", name="ended", start=instant(after - 60), duration_min=1, options=options, idempotency_key=key)
        self.caller.call("meeting.start", id=made["id"], idempotency_key=key + "s")
        self.due[made["id"]] = ("auto-end", now + after)

    def reservation(self):
        now = time.time()
        made = self.caller.call("meeting.reserve", name="reserved", ttl_min=1, idempotency_key=os.urandom(8).hex())
        self.due[made["id"]] = ("reservation", now + 60)

    def guests(self):
        """Bookings whose guests never open the mail."""
        client, now = self.replicas.client(1), time.time()
        link = booking.link(client, verify_email=True)
        for number in range(self.count // 8):
            start = datetime(2026, 12, 1, tzinfo=UTC) + timedelta(hours=number)
            form = booking.hold(client, link, start.strftime("%Y-%m-%dT%H:%M:%SZ"))
            assert form and booking.submit(client, form, f"guest{self.number}-{number}@example.org").status < 400
        for item in client.every("booking.list", link_id=link["id"]):
            self.due[item["id"]] = ("hold", now + 60)


class Watcher(threading.Thread):
    """Notes when each event was there to be seen."""

    def __init__(self, replicas: Replicas):
        super().__init__(daemon=True)
        self.caller, self.events, self.seen_at, self.is_over = Caller(replicas, 1), [], {}, False

    def run(self):
        after = 0
        while not self.is_over:
            page = self.caller.call("event.list", after=after, limit=200)["items"]
            for event in page:
                self.events.append(event)
                self.seen_at[event["id"]] = time.time()
                after = event["seq"]
            if len(page) < 200:
                time.sleep(0.2)


def fired(watcher: Watcher, due: dict) -> dict:
    """Subject -> when what was due happened to it."""
    found = collections.defaultdict(list)
    for event in list(watcher.events):
        if event["subject"] in due and event["type"] == DONE[due[event["subject"]][0]]:
            found[event["subject"]].append(watcher.seen_at[event["id"]])
    return found


@pytest.mark.timeout(400 + TIMERS // 5)
def test_a_timer_fires_once_and_in_its_time(replicas, mailbox):
    chance, client = random.Random(SEED), replicas.client(1)
    client.call("notification.settings.put", mail="auto", reminder_min=[REMIND_MIN], reminder_mail=True)
    watcher, spread_s = Watcher(replicas), 20 + TIMERS / 50
    setters = [Setter(replicas, number, TIMERS // 4, spread_s) for number in range(4)]
    for thread in [watcher, *setters]:
        thread.start()
    for setter in setters:
        setter.has_guests.wait(timeout=300)
    kills = 0
    while any(setter.is_alive() for setter in setters) or time.time() < max(at for setter in setters for _, at in setter.due.values()) + 5:
        replicas.kill_one(chance)
        replicas.pause_one(chance, PAUSE_S)
        time.sleep(chance.uniform(0, 3))
        kills += 1
    assert [setter.failure for setter in setters if setter.failure] == []
    due = {subject: what for setter in setters for subject, what in setter.due.items()}
    print(f"{len(due)} timers, {kills} kills, {kills} pauses of {PAUSE_S:.0f} s")
    deadline = time.time() + 150
    while len(fired(watcher, due)) < len(due) and time.time() < deadline:
        time.sleep(0.5)
    time.sleep(20)  # whoever would do it again has had the time to
    watcher.is_over = True
    repeated = again(mailbox)
    print(f"{len(mailbox.letters)} letters, {repeated} of them again")
    assert repeated <= kills * AT_A_TIME, "only what was under way at a kill is sent again"
    report(watcher, due)


def again(mailbox) -> int:
    """Letters that came more than once: SMTP cannot tell a sender that was killed whether its letter was taken."""
    times = collections.Counter(str(letter["message"]["Message-ID"]) for letter in list(mailbox.letters))
    assert "None" not in times
    return sum(count - 1 for count in times.values())


def report(watcher, due: dict):
    found = fired(watcher, due)
    late = {subject: at[0] - due[subject][1] for subject, at in found.items()}
    lines = []
    for sort in DONE:
        of = sorted(late[subject] for subject in found if due[subject][0] == sort)
        count = sum(1 for what, _ in due.values() if what == sort)
        lines.append(f"{sort}: {len(of)} of {count} fired, {of[0]:+.1f} to {of[-1]:+.1f} s" if of else f"{sort}: 0 of {count}")
    print(f"seed {SEED}: " + "; ".join(lines))
    missed = collections.Counter(what for subject, (what, _) in due.items() if subject not in found)
    assert not missed, f"never fired: {missed}"
    assert [subject for subject, at in found.items() if len(at) > 1] == [], "fired twice"
    early = {subject: (due[subject][0], seconds) for subject, seconds in late.items() if seconds < -1}
    assert not early, f"fired before its time: {list(early.values())[:5]}"
