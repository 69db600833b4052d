#!/usr/bin/env python3
"""Calls what `run` has started with wrk, in alternating rounds, and prints a table.

    compare.py SERVICES.json --seconds 5 --rounds 3 --connections 8

SERVICES.json is a list of {"name", "pid", "kind", "url", "key"?, "database"?}: `kind` chooses how a meeting is made and joined there.
"""

import argparse
import base64
import json
import os
import re
import statistics
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

PEOPLE = [{"name": "Ana", "email": "ana@example.com"}, {"name": "Budi", "email": "budi@example.com"}]
HOST = {"id": "1", "name": "Host", "email": "host@example.com", "role": "manager"}
HOUR_S = 3600


def send(request: dict) -> bytes:
    body = request.get("body")
    asked = urllib.request.Request(request["url"], body.encode() if body else None, request["headers"], method=request["method"])
    with urllib.request.urlopen(asked, timeout=60) as answer:
        request["answered"] = answer.headers
        return answer.read()


def get(url: str, **headers) -> dict:
    return {"method": "GET", "url": url, "headers": headers}


def post(url: str, body: dict, **headers) -> dict:
    return {"method": "POST", "url": url, "headers": {"Content-Type": "application/json"} | headers, "body": json.dumps(body)}


class Omeet:
    """JSON-RPC, as the host."""

    def __init__(self, service: dict):
        self.url, self.key = service["url"] + "/rpc", f"Bearer {service['key']}"

    def call(self, method: str, **params) -> dict:
        return post(self.url, {"jsonrpc": "2.0", "id": 1, "method": method, "params": {"actor": HOST} | params}, Authorization=self.key)

    def create(self) -> dict:
        start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return self.call("meeting.create", name="Compared", start=start, duration_min=600, participants=PEOPLE)

    def join(self, created: bytes) -> dict:
        return self.call("meeting.join", id=json.loads(created)["result"]["id"])

    def token(self, joined: bytes) -> str:
        return json.loads(joined)["result"]["token"]


class Minimal:
    """The FastAPI and the Express service speak alike."""

    def __init__(self, service: dict):
        self.url, self.key = service["url"], f"Bearer {service['key']}"

    def create(self) -> dict:
        now = int(time.time())
        body = {"name": "Compared", "start_at": now, "end_at": now + 10 * HOUR_S, "participants": PEOPLE}
        return post(self.url + "/meetings", body, Authorization=self.key)

    def join(self, created: bytes) -> dict:
        return get(f"{self.url}/meetings/{json.loads(created)['code']}/join?name=Host&email=host@example.com", Authorization=self.key)

    def token(self, joined: bytes) -> str:
        return json.loads(joined)["token"]


class Odoo:
    """In a session, as a browser has one: no password is checked at every call."""

    def __init__(self, service: dict):
        self.url = service["url"]
        asked = post(self.url + "/web/session/authenticate", {"params": {"db": service["database"], "login": "admin", "password": "admin"}})
        assert json.loads(send(asked))["result"]["uid"]
        self.cookie = asked["answered"]["Set-Cookie"].split(";")[0]

    def execute(self, method: str, *args) -> dict:
        params = {"model": "meeting.minimal", "method": method, "args": args, "kwargs": {}}
        return post(f"{self.url}/web/dataset/call_kw/meeting.minimal/{method}", {"jsonrpc": "2.0", "id": 1, "params": params}, Cookie=self.cookie)

    def create(self) -> dict:
        start, stop = (time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + offset)) for offset in (0, 10 * HOUR_S))
        return self.execute("create", {"name": "Compared", "start": start, "stop": stop, "participant_ids": [[0, 0, person] for person in PEOPLE]})

    def join(self, created: bytes) -> dict:
        read = json.loads(send(self.execute("read", [json.loads(created)["result"]], ["code"])))
        return get(f"{self.url}/meeting_minimal/{read['result'][0]['code']}/join", Cookie=self.cookie)

    def token(self, joined: bytes) -> str:
        return json.loads(joined)["token"]


KINDS = {"omeet": Omeet, "minimal": Minimal, "odoo": Odoo}


def prepared(service: dict) -> dict:
    """Both requests, each tried once: the token must be one."""
    face = KINDS[service["kind"]](service)
    create = face.create()
    created = send(create)
    assert b'"error"' not in created, created
    join = face.join(created)
    claims = face.token(send(join)).split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert claims["room"] and claims["exp"] > time.time(), claims
    return {"join": join, "create": create}


SCRIPT = """
wrk.method = %s
wrk.body = %s
for name, value in pairs(%s) do wrk.headers[name] = value end
"""


def lua(value) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"[ {lua(name)} ] = {lua(of)}" for name, of in value.items()) + "}"
    return "nil" if value is None else f"[==[{value}]==]"


def measure(request: dict, seconds: int, connections: int) -> dict:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT % (lua(request["method"]), lua(request.get("body")), lua(request["headers"])))
        script.flush()
        command = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "30s", "--latency", "-s", script.name, request["url"]]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in shown and "Socket errors" not in shown and b'"error"' not in send(request), shown
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", shown)[1]), "p50": milliseconds(shown, "50%"), "p99": milliseconds(shown, "99%")}


def milliseconds(shown: str, share: str) -> float:
    number, unit = re.search(rf"^\s+{share}\s+([\d.]+)(us|ms|s)\s*$", shown, re.M).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def descendants(pid: int) -> list:
    children = [int(child) for task in Path(f"/proc/{pid}/task").glob("*") for child in (task / "children").read_text().split()]
    return [pid, *(one for child in children for one in descendants(child))]


def resident_mb(pid: int) -> float:
    """Of a process and all that it started; what they share is counted once (Pss)."""
    kb = [int(re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{one}/smaps_rollup").read_text(), re.M)[1]) for one in descendants(pid)]
    return sum(kb) / 1024


def table(services: list, found: dict, memory: dict) -> str:
    lines = ["| | join/s | p50 ms | p99 ms | create/s | p50 ms | p99 ms | memory MB |", "|---|---|---|---|---|---|---|---|"]
    for service in services:
        cells = []
        for what in ("join", "create"):
            rounds = found[service["name"], what]
            cells += [f"{statistics.median(one[key] for one in rounds):,.{digits}f}" for key, digits in (("rate", 0), ("p50", 1), ("p99", 1))]
        lines.append(f"| {service['name']} | {' | '.join(cells)} | {memory[service['name']]:.0f} |")
    return "\n".join(lines)


def ratios(services: list, found: dict) -> str:
    rate = {place: statistics.median(one["rate"] for one in rounds) for place, rounds in found.items()}
    first = services[0]["name"]
    of = lambda what: ", ".join(f"{rate[first, what] / rate[other['name'], what]:.1f} times {other['name']}" for other in services[1:])  # noqa: E731
    return "\n".join(f"{first} {what}: {of(what)}" for what in ("join", "create"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("services", type=Path)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=8)
    given = parser.parse_args()
    services, found = json.loads(given.services.read_text()), {}
    requests = {service["name"]: prepared(service) for service in services}
    for _ in range(given.rounds):
        for what in ("join", "create"):
            for service in services:
                result = measure(requests[service["name"]][what], given.seconds, given.connections)
                found.setdefault((service["name"], what), []).append(result)
    memory = {service["name"]: resident_mb(service["pid"]) for service in services}
    print(f"{given.rounds} rounds of {given.seconds} s, {given.connections} connections, {os.cpu_count()} cores that wrk shares, load {os.getloadavg()[0]:.1f}\n")
    print(table(services, found, memory), "", ratios(services, found), sep="\n")


if __name__ == "__main__":
    main()
