"""R14: every change reaches an ERP that fails, from senders that are killed: none lost, none twice, each meeting's in their order.

The ordinary run is small. OMEET_CHANGES=10000 OMEET_SENDER_KILLS=50 is the figure that R14 asks for.
"""

import collections
import os
import random
import threading
import time
import uuid

import pytest
from support import crash, database
from support.erp import Erp
from support.replicas import Caller, Replicas

pytestmark = [pytest.mark.alone("postgres"), pytest.mark.goal("R14")]
CHANGES = int(os.environ.get("OMEET_CHANGES", "500"))
KILLS = int(os.environ.get("OMEET_SENDER_KILLS", "5"))
SEED = int(os.environ.get("OMEET_SEED", "20261121"))
WRITERS, PER_MEETING, FAULTY = 5, 5, 0.3
TIMEOUT_S = 1 if CHANGES < 5000 else 3
LEASE_S = TIMEOUT_S + 40  # a little more than that of a delivery


class Changer(threading.Thread):
    """Makes meetings and changes each until it has had `PER_MEETING` changes; every change leaves a name of its own."""

    def __init__(self, caller: Caller, meetings: int):
        super().__init__(daemon=True)
        self.caller, self.meetings, self.names, self.failure = caller, meetings, [], None

    def named(self) -> dict:
        self.names.append(uuid.uuid4().hex)
        return {"name": self.names[-1], "idempotency_key": self.names[-1]}

    def run(self):
        try:
            for _ in range(self.meetings):
                made = self.caller.call("meeting.create", start="2031-01-01T09:00:00Z", **self.named())
                for _ in range(PER_MEETING - 1):
                    self.caller.call("meeting.update", id=made["id"], **self.named())
        except BaseException as failure:
            self.failure = failure


@pytest.fixture
def replicas(launch):
    return Replicas(launch, webhooks__timeout_s=TIMEOUT_S, log__filter="warn,omeet=info").start()


@pytest.fixture
def erp():
    one = Erp(hang_s=TIMEOUT_S + 1, seed=SEED)
    yield one
    one.close()


def hasten(replicas, erp):
    """Time passes faster between attempts, but for what is refused on purpose; leases last as long as they last. Attempts do not run out."""
    now = int(time.time() * 1000)
    waits = f"state = 'pending' and lease_until is null and next_attempt_at > {now} and subject <> '{erp.spared}'"
    database.psql(replicas.database_url, f"update webhook_delivery set next_attempt_at = {now}, attempts = least(attempts, 5) where {waits}")


def kill_and_hasten(replicas, erp, chance, changers):
    for _ in range(KILLS):
        replicas.kill_one(chance)
        time.sleep(chance.uniform(0.1, 1.5))
        hasten(replicas, erp)
    for changer in changers:
        changer.join(timeout=300)
        assert not changer.is_alive() and changer.failure is None, changer.failure


def wait_for_all(replicas, erp, count: int):
    deadline = time.monotonic() + 90 + CHANGES / 20
    while len(erp.effects) < count and time.monotonic() < deadline:
        hasten(replicas, erp)
        time.sleep(0.5)
    waiting = database.psql(replicas.database_url, "select state, attempts, next_attempt_at, lease_until, last_error from webhook_delivery where state <> 'delivered' limit 30")
    assert len(erp.effects) >= count, f"{len(erp.effects)} of {count}; faults {dict(erp.faults)}; now {time.time() * 1000:.0f}; these wait:\n{waiting}"


@pytest.mark.timeout(240 + CHANGES // 5)
def test_nothing_is_lost_doubled_or_overtaken(replicas, erp):
    chance, client = random.Random(SEED), replicas.client()
    erp.secret = client.call("webhook.endpoint.create", url=erp.url)["secret"]
    erp.poison = "poisoned"
    erp.spared = client.call("meeting.create", name="poisoned", start="2031-01-01T09:00:00Z")["id"]
    client.call("meeting.update", id=erp.spared, name="poisoned still")
    erp.share, began = FAULTY, time.monotonic()
    changers = [Changer(Caller(replicas, number), CHANGES // PER_MEETING // WRITERS) for number in range(WRITERS)]
    for changer in changers:
        changer.start()
    kill_and_hasten(replicas, erp, chance, changers)
    names = [name for changer in changers for name in changer.names]
    wait_for_all(replicas, erp, len(names))
    took_s = [at - began for _, at in erp.effects]
    assert len(erp.effects) == len(names), "what the poisoned meeting has to tell waits, and nothing waits for it"
    erp.poison, erp.spared, erp.share = None, "", 0.0
    wait_for_all(replicas, erp, len(names) + 2)
    time.sleep(1)
    lines = f"seed {SEED}: {len(names)} changes, {KILLS} kills, {erp.attempts} attempts, faults {dict(erp.faults)}, {erp.again} came again"
    print(f"{lines}; 95 % there after {took_s[len(names) * 95 // 100]:.0f} s, all after {took_s[-1]:.0f} s")
    check(replicas.client(), erp, [*names, "poisoned", "poisoned still"])


def check(client, erp, names: list):
    assert not erp.wrong, erp.wrong[:3]
    applied = collections.Counter(event["data"]["name"] for event, _ in erp.effects)
    assert set(names) - set(applied) == set(), "lost"
    assert [name for name, times in applied.items() if times > 1] == [], "applied twice"
    told = [event["id"] for event in crash.every_event(client) if event["type"].startswith("meeting.")]
    assert sorted(told) == sorted(erp.seen), "what was delivered is what happened"
    assert erp.inversions() == [], "overtaken"
    assert erp.again > 0, "the faults must have made deliveries come again"
    assert undelivered(client) == [], "and all of it is known to be delivered"


def undelivered(client) -> list:
    """What is not known to be delivered. What a killed process has sent is sent again when its lease is over, so that is waited for."""
    deadline = time.monotonic() + LEASE_S
    while True:
        left = [one for one in client.every("webhook.delivery.list") if one["state"] != "delivered"]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.5)


def test_what_waited_for_an_erp_drains(replicas, erp):
    client, calls = replicas.client(), CHANGES * 2
    endpoint = client.call("webhook.endpoint.create", url=erp.url)
    erp.secret = endpoint["secret"]
    client.call("webhook.endpoint.update", id=endpoint["id"], active=False)
    for _ in range(0, calls, 50):
        answers = client.batch([("meeting.create", {"name": "waits", "start": "2031-01-01T09:00:00Z"})] * 50)
        assert all("result" in answer for answer in answers), answers[0]
    assert erp.effects == []
    began = time.monotonic()
    client.call("webhook.endpoint.update", id=endpoint["id"], active=True)
    erp.wait(calls, 60 + calls / 20)
    rate = calls / (time.monotonic() - began)
    print(f"{calls} deliveries drained at {rate:.0f}/s")
    assert not erp.wrong and erp.inversions() == [] and erp.again == 0
    assert rate > 200
