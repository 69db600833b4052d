#!/usr/bin/env python3
"""`search_read` of 50 meetings through /jsonrpc, called by wrk on omeet and, in the same run, on a real Odoo with the addon.

    ODOO_WORKERS=2 OMEET_BINARY=target/release/omeet tests/odoo/run --serve 8069        # prints the service's address and a key
    benches/odoo_search_read.py --omeet URL KEY [--odoo http://127.0.0.1:8069 omeet_served admin admin] [--seconds 5] [--connections 8]

KEY is a service key of the role admin: the script makes a user of its own. Rounds alternate, so that whatever else the machine does meets both;
the ratio is that of the medians.
"""

import argparse
import json
import re
import statistics
import subprocess
import tempfile
import urllib.request

FIELDS = ["name", "state", "scheduled_date", "duration", "organizer_id"]
ROWS = 50


def post(url: str, body: dict, headers: dict):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"} | headers)
    answer = json.load(urllib.request.urlopen(request, timeout=120))
    assert "error" not in answer, answer["error"]
    return answer["result"]


def jsonrpc(url: str, service: str, method: str, *args):
    return post(url + "/jsonrpc", {"jsonrpc": "2.0", "id": 1, "params": {"service": service, "method": method, "args": args}}, {})


def omeet_user(url: str, key: str) -> tuple:
    """A user with a key, as Odoo's clients sign in: database, login, password."""
    call = lambda method, **params: post(url + "/rpc", {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, {"Authorization": f"Bearer {key}"})  # noqa: E731
    call("user.upsert", id="bench", name="Bench", role="admin")
    return call("organization.get")["slug"], "bench", call("key.create", kind="user", user="bench", role="admin")["key"]


def seeded(url: str, db: str, login: str, password: str) -> dict:
    """The request to repeat, over the meetings that are there."""
    who = [db, jsonrpc(url, "common", "login", db, login, password), password, "jitsi.meeting"]
    wanted = [["name", "=like", "Bench %"]]
    missing = ROWS - jsonrpc(url, "object", "execute_kw", *who, "search_count", [wanted])
    if missing > 0:
        jsonrpc(url, "object", "execute_kw", *who, "create", [[{"name": f"Bench {number}", "scheduled_date": "2027-01-11 09:00:00"} for number in range(missing)]])
    call = [*who, "search_read", [wanted, FIELDS], {"limit": ROWS, "order": "id"}]
    assert len(jsonrpc(url, "object", "execute_kw", *call)) == ROWS
    return {"jsonrpc": "2.0", "id": 1, "params": {"service": "object", "method": "execute_kw", "args": call}}


def calls_per_second(url: str, request: dict, seconds: int, connections: int) -> float:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f"wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.body = [==[{json.dumps(request)}]==]\n")
        script.flush()
        command = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "30s", "-s", script.name, f"{url}/jsonrpc"]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in shown and "Socket errors" not in shown, shown
    return float(re.search(r"Requests/sec:\s+([\d.]+)", shown)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--omeet", nargs=2, required=True, metavar=("URL", "KEY"))
    parser.add_argument("--odoo", nargs=4, metavar=("URL", "DB", "LOGIN", "PASSWORD"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=8)
    given = parser.parse_args()
    servers = {"omeet": (given.omeet[0], seeded(given.omeet[0], *omeet_user(*given.omeet)))}
    if given.odoo:
        servers["Odoo"] = (given.odoo[0], seeded(*given.odoo))
    rates = {name: [] for name in servers}
    for _ in range(given.rounds):
        for name, (url, request) in servers.items():
            rates[name].append(calls_per_second(url, request, given.seconds, given.connections))
    medians = {name: statistics.median(found) for name, found in rates.items()}
    for name, found in rates.items():
        print(f"{name}: {medians[name]:.1f} calls/s, {medians[name] * ROWS:.0f} rows/s (rounds: {', '.join(f'{rate:.1f}' for rate in found)})")
    if given.odoo:
        print(f"omeet answers {medians['omeet'] / medians['Odoo']:.1f} times as many (bar: 30)")


if __name__ == "__main__":
    main()
