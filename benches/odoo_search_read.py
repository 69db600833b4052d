#!/usr/bin/env python3
"""`search_read` of 50 meetings through /jsonrpc with wrk, against omeet and, in the same run, a real Odoo with the addon.

    benches/odoo_search_read.py --omeet http://127.0.0.1:7780 DB LOGIN KEY --odoo http://127.0.0.1:8069 DB LOGIN PASSWORD [--seconds 5] [--connections 8]
"""

import argparse
import json
import re
import subprocess
import tempfile
import urllib.request

FIELDS = ["name", "state", "scheduled_date", "duration", "organizer_id"]


def rpc(url: str, service: str, method: str, *args):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "params": {"service": service, "method": method, "args": args}}).encode()
    answer = json.load(urllib.request.urlopen(urllib.request.Request(url + "/jsonrpc", body, {"Content-Type": "application/json"}), timeout=120))
    assert "error" not in answer, answer["error"]
    return answer["result"]


def seeded(url: str, db: str, login: str, password: str) -> dict:
    """The request to repeat, over 50 meetings that are there."""
    who = [db, rpc(url, "common", "login", db, login, password), password, "jitsi.meeting"]
    wanted = [["name", "=like", "Bench %"]]
    missing = 50 - rpc(url, "object", "execute_kw", *who, "search_count", [wanted])
    if missing > 0:
        rpc(url, "object", "execute_kw", *who, "create", [[{"name": f"Bench {number}", "scheduled_date": "2027-01-11 09:00:00"} for number in range(missing)]])
    call = [*who, "search_read", [wanted, FIELDS], {"limit": 50, "order": "id"}]
    assert len(rpc(url, "object", "execute_kw", *call)) == 50
    return {"jsonrpc": "2.0", "id": 1, "params": {"service": "object", "method": "execute_kw", "args": call}}


def calls_per_second(url: str, request: dict, seconds: int, connections: int) -> float:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f"wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.body = [==[{json.dumps(request)}]==]\n")
        script.flush()
        command = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "30s", "-s", script.name, f"{url}/jsonrpc"]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in shown, shown
    return float(re.search(r"Requests/sec:\s+([\d.]+)", shown)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("omeet", "odoo"):
        parser.add_argument(f"--{name}", nargs=4, required=True, metavar=("URL", "DB", "LOGIN", "PASSWORD"))
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=8)
    given = parser.parse_args()
    measured = {name: calls_per_second(who[0], seeded(*who), given.seconds, given.connections) for name, who in (("omeet", given.omeet), ("odoo", given.odoo))}
    print(f"omeet {measured['omeet']:.0f}/s, Odoo {measured['odoo']:.1f}/s, {measured['omeet'] / measured['odoo']:.0f} times (bar: 30)")


if __name__ == "__main__":
    main()
