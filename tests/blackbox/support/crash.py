"""Writers that keep a ledger of what was acknowledged, for tests that kill the server under them."""

import collections
import threading
import uuid
from dataclasses import dataclass, field

PEOPLE = [{"name": "Ana", "email": "ana@example.com"}, {"name": "Budi", "email": "budi@example.com"}]


@dataclass
class Ledger:
    """What the service said that it did, and what it was asked without an answer."""

    meetings: dict = field(default_factory=dict)  # id -> name, acknowledged
    changes: collections.Counter = field(default_factory=collections.Counter)  # id -> acknowledged updates
    latest: dict = field(default_factory=dict)  # id -> description of the last acknowledged update
    open: list = field(default_factory=list)  # calls without an answer
    acked: list = field(default_factory=list)  # (method, params, result) of the last round

    def note(self, method: str, params: dict, result: dict):
        self.acked.append((method, params, result))
        if method == "meeting.create":
            self.meetings[result["id"]] = params["name"]
        else:
            self.changes[result["id"]] += 1
            self.latest[result["id"]] = params["description"]


class Writer(threading.Thread):
    """Creates meetings and updates its own, until it is told to stop or the server stops answering."""

    def __init__(self, client, ledger: Ledger, number: int):
        super().__init__(daemon=True)
        self.client, self.ledger, self.number, self.mine = client, ledger, number, []
        self.enough = threading.Event()

    def next_call(self) -> tuple:
        key = uuid.uuid4().hex
        if self.mine and len(self.mine) % 3 == 0 and self.number % 2:
            meeting = self.mine.pop()
            return "meeting.update", {"id": meeting, "description": f"changed {key}", "idempotency_key": key}
        start = f"2031-01-{1 + len(self.mine) % 28:02}T09:00:00Z"
        return "meeting.create", {"name": f"crash {key}", "start": start, "participants": PEOPLE, "idempotency_key": key}

    def run(self):
        while not self.enough.is_set():
            method, params = self.next_call()
            try:
                response = self.client.respond(method, **params)
            except Exception:  # the server is gone: nobody knows whether it happened
                self.ledger.open.append((method, params))
                return
            assert "result" in response, response
            self.ledger.note(method, params, response["result"])
            if method == "meeting.create":
                self.mine.append(response["result"]["id"])


def retry_open(client, ledger: Ledger):
    """Sends every unanswered call again, twice, with its key: both must answer the same."""
    for method, params in ledger.open:
        first, second = client.call(method, **params), client.call(method, **params)
        assert first == second, "a retry with the same key answers what the first one did"
        ledger.note(method, params, first)
    ledger.open.clear()


def repeat_acked(client, ledger: Ledger):
    """Sends the last acknowledged calls again: the answer is the old one, byte for byte the same object."""
    for method, params, result in ledger.acked[-5:]:
        assert client.call(method, **params) == result, "an acknowledged call sent again has no second effect"
    ledger.acked.clear()


def check_all(client, ledger: Ledger):
    """Nothing lost, nothing doubled, nothing half applied, and one event for every effect."""
    stored = {item["id"]: item for item in client.every("meeting.list", sort="created_at")}
    names = collections.Counter(item["name"] for item in stored.values())
    assert max(names.values(), default=1) == 1, "a meeting was made twice"
    assert {id: item["name"] for id, item in stored.items()} == ledger.meetings, "acknowledged and stored meetings differ"
    for id, item in stored.items():
        assert len(item["participants"]) == len(PEOPLE), f"half a meeting: {item}"
        assert (item.get("description") or "") == ledger.latest.get(id, ""), "an acknowledged change is lost"
    check_events(client, ledger)


def check_events(client, ledger: Ledger):
    events = every_event(client)
    assert [event["seq"] for event in events] == list(range(events[0]["seq"], events[0]["seq"] + len(events))), "the sequence has a gap"
    made = collections.Counter(event["subject"] for event in events if event["type"] == "meeting.created")
    changed = collections.Counter(event["subject"] for event in events if event["type"] == "meeting.updated")
    assert made == collections.Counter(ledger.meetings.keys()), "meetings and their events differ"
    assert changed == ledger.changes, "changes and their events differ"


def every_event(client) -> list:
    events, after = [], 0
    while page := client.call("event.list", after=after, limit=200)["items"]:
        events += page
        after = page[-1]["seq"]
    return events
