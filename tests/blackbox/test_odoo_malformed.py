"""S12 at the Odoo dialect's paths: whatever is sent is answered, nothing panics, nothing fails on our side."""

import json
import os
import random
import threading

import pytest
from support.mutations import BYTES, NUMBERS, RAW, TEXTS

CASES = int(os.environ.get("OMEET_MALFORMED", "100000"))
SEED = int(os.environ.get("OMEET_SEED", "20261121"))
MODELS = ["jitsi.meeting", "omeet.participant", "omeet.custom.field", "omeet.audit.entry", "omeet.provider", "omeet.room", "omeet.recording", "omeet.booking.link", "omeet.booking", "res.users", "res.partner", "ir.model.fields", "nope"]
METHODS = ["search", "search_read", "search_count", "read", "read_group", "formatted_read_group", "create", "write", "unlink", "copy", "exists", "name_search", "name_create", "default_get", "fields_get", "get_metadata", "check_access_rights", "has_access", "action_start", "action_join", "action_download", "context_get", "_private", "nope"]
FIELDS = ["id", "name", "state", "organizer_id", "organizer_id.name", "attendee_ids", "participant_ids", "participant_ids.email", "scheduled_date", "duration", "custom", "join_url", "lobby", "provider_id", "recording_ids", "can_manage", "active", "capacity", "host_ids", "rules", "remote_id", "nope", "", "a.b.c"]
OPERATORS = ["=", "!=", "<", ">=", "in", "not in", "like", "not ilike", "=like", "any", "child_of", "~", ""]
JSON = {"Content-Type": "application/json"}
OTHER_PATHS = ["/web/session/authenticate", "/web/session/get_session_info", "/web/session/destroy", "/web/dataset/call_kw", "/web/webclient/version_info", "/web/database/list"]


class Mutator:
    """Calls that look like Odoo's, wrong in one place or in many; the same seed gives the same calls."""

    def __init__(self, user: dict, seed: int):
        self.chance, self.user = random.Random(seed), user

    def pick(self, choices):
        return choices[self.chance.randrange(len(choices))]

    def value(self, depth=0):
        kind = self.chance.randrange(8 if depth < 3 else 5)
        if kind < 2:
            return self.pick(TEXTS)
        if kind < 4:
            return self.pick(NUMBERS)
        if kind == 4:
            return self.pick([None, True, False, [], {}])
        if kind == 5:
            return {self.pick(FIELDS): self.value(depth + 1) for _ in range(self.chance.randrange(4))}
        return [self.value(depth + 1) for _ in range(self.chance.randrange(4))]

    def domain(self, depth=0):
        if self.chance.random() < 0.1:
            return self.value()
        items = [self.pick(["&", "|", "!"]) for _ in range(self.chance.randrange(3))]
        for _ in range(self.chance.randrange(4)):
            inner = self.domain(depth + 1) if depth < 3 and self.chance.random() < 0.2 else self.value(2)
            items.append([self.pick(FIELDS), self.pick(OPERATORS), inner])
        return items

    def values(self):
        named = {self.pick(FIELDS): self.value(1) for _ in range(self.chance.randrange(4))}
        commands = [[self.chance.randrange(-1, 8), self.pick(NUMBERS), self.value(2)] for _ in range(self.chance.randrange(3))]
        return named | {"name": self.pick(TEXTS)} | ({"participant_ids": commands} if self.chance.random() < 0.3 else {})

    def argument(self):
        return self.pick([self.domain, self.values, self.value, lambda: [1, 2], lambda: self.chance.randrange(5), lambda: FIELDS[:3]])()

    def call(self) -> tuple:
        user = self.user
        args = [self.argument() for _ in range(self.chance.randrange(4))]
        kwargs = {self.pick(["domain", "fields", "order", "limit", "offset", "context", "groupby", "vals", "x"]): self.value(1) for _ in range(self.chance.randrange(3))}
        who = [user["db"], user["uid"], user["key"]]
        if self.chance.random() < 0.1:
            who[self.chance.randrange(3)] = self.value()
        method = self.pick(["execute_kw"] * 4 + ["execute", "nope"])
        rest = [args, kwargs] if method == "execute_kw" else args
        params = {"service": "object", "method": method, "args": [*who, self.pick(MODELS), self.pick(METHODS), *rest]}
        if self.chance.random() < 0.1:
            params = {"service": self.pick(["common", "db", "object", "x", 1]), "method": self.pick(["version", "login", "authenticate", "list", "db_exist", "drop", "x"]), "args": self.value()}
        path = "/jsonrpc" if self.chance.random() < 0.9 else self.pick(OTHER_PATHS)
        return path, {"jsonrpc": "2.0", "method": "call", "id": self.value() if self.chance.random() < 0.1 else 7, "params": params}

    def body(self) -> tuple:
        path, message = self.call()
        if self.chance.random() < 0.05:
            message[self.pick(["jsonrpc", "params", "extra"])] = self.value()
        raw = json.dumps(message, ensure_ascii=self.chance.random() < 0.8).encode("utf-8", "surrogatepass")
        return path, raw if self.chance.random() < 0.85 else self.damage(raw)

    def damage(self, raw: bytes) -> bytes:
        at = self.chance.randrange(len(raw) + 1)
        return self.pick([raw[:at], raw[:at] + self.pick(BYTES) + raw[at:], raw[:at] + self.pick(RAW).encode() + raw[at:], self.pick(RAW).encode()])


def check(raw: bytes, answer):
    assert answer.status in (200, 400, 413), f"{answer.status} for {raw[:600]!r}: {answer.body[:300]!r}"
    if answer.status != 200:
        return
    body = json.loads(answer.body)
    assert body["jsonrpc"] == "2.0" and "id" in body and not ("result" in body and "error" in body), answer.body[:300]
    assert body.get("error", {}).get("data", {}).get("name") != "builtins.Exception" or "Method not found" in answer.body.decode(), f"{raw[:1500]!r}: {answer.body[:600]!r}"


def bombard(client, user: dict, seed: int, cases: int, problems: list):
    mutator = Mutator(user, seed)
    for _ in range(cases):
        path, raw = mutator.body()
        try:
            check(raw, client.request("POST", path, raw, JSON))
        except Exception as problem:
            problems.append(problem)
            if len(problems) > 5:
                return


@pytest.mark.goal("S12")
@pytest.mark.timeout(1200)
def test_malformed_calls_of_the_odoo_dialect(launch):
    server, problems = launch(), []
    key = server.new_key("user", "admin", user="judge")
    login = {"jsonrpc": "2.0", "id": 1, "params": {"service": "common", "method": "login", "args": ["main", "judge", key]}}
    user = {"db": "main", "key": key, "uid": server.client().request("POST", "/jsonrpc", json.dumps(login).encode(), JSON).json()["result"]}
    share = max(1, (CASES if server.database_url.startswith("sqlite") else CASES // 4) // 2)
    threads = [threading.Thread(target=bombard, args=(server.client(), user, SEED + number, share, problems)) for number in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not problems, f"seed {SEED}: {len(problems)} problems, the first: {problems[0]}"
    print(f"seed {SEED}: {2 * share} calls")
    assert "panicked" not in server.log_text()
    assert server.client().call("meeting.count")["count"] >= 0
