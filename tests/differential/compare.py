#!/usr/bin/env python3
"""Runs the script against a real Odoo and against omeet, and compares what comes back: envelopes, statuses, exceptions, types, field metadata.

    compare.py --odoo http://127.0.0.1:8069 DB LOGIN PASSWORD [--odoo-key KEY] --omeet http://127.0.0.1:7780 DB LOGIN KEY [--write]

`tests/odoo/run` does it with an addon that is connected to omeet (`tests/odoo/live/test_differential.py`). What differs is listed for each series
of Odoo in odoo-<series>.json, with its reason. A difference that is not listed, one that differs otherwise than listed, one without a reason, and
one that is listed and no longer differs are errors. `--write` writes the list anew and keeps the reasons.
"""

import argparse
import json
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path

from script import CALLS

HERE = Path(__file__).parent
# `/json/2` came with 19.0.
# What differs in every error is listed once, under this name.
EVERY_ERROR = "every error"
SCRIPTS = {"19.0": CALLS, "18.0": [call for call in CALLS if "json2" not in call]}


def known(series: str) -> dict:
    return json.loads((HERE / f"odoo-{series}.json").read_text())


class Target:
    """One server, and what its answers left behind."""

    def __init__(self, url: str, db: str, login: str, password: str, key: str):
        self.url, self.key, self.cookie = url, key, None
        self.kept = {"db": db, "login": login, "password": password}
        self.kept["uid"] = self.rpc("common", "login", [db, login, password])[1]["result"]
        me = self.call({"service": "object", "method": "execute_kw", "args": ["{db}", "{uid}", "{password}", "res.users", "read", [["{uid}"], ["partner_id"]], {"load": ""}]})
        self.kept["partner"] = me[1]["result"][0]["partner_id"]

    def series(self) -> str:
        return self.rpc("common", "version", [])[1]["result"]["server_serie"]

    def send(self, path: str, raw: bytes, headers: dict) -> tuple:
        request = urllib.request.Request(self.url + path, raw, {"Content-Type": "application/json"} | headers)
        try:
            answer = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        body, cookies = answer.read(), answer.headers.get_all("Set-Cookie") or []
        found = [cookie.split(";")[0] for cookie in cookies if cookie.startswith("session_id=")]
        self.cookie = found[-1] if found else self.cookie
        try:
            return answer.status, json.loads(body)
        except ValueError:
            return answer.status, None

    def rpc(self, service: str, method: str, args: list) -> tuple:
        return self.send("/jsonrpc", json.dumps({"jsonrpc": "2.0", "method": "call", "id": 7, "params": {"service": service, "method": method, "args": args}}).encode(), {})

    def filled(self, value):
        """The value with `{name}` and `{name}[0]` replaced by what was kept."""
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        if isinstance(value, dict):
            return {name: self.filled(one) for name, one in value.items()}
        found = re.fullmatch(r"\{(\w+)\}(?:\[(\d+)\])?", value) if isinstance(value, str) else None
        if not found:
            return value
        kept = self.kept.get(found[1])
        return kept[int(found[2])] if found[2] and isinstance(kept, list) else kept

    def call(self, call: dict) -> tuple:
        if "json2" in call:
            key = self.key if call["key"] == "{password}" else call["key"]
            return self.send(f"/json/2/{call['json2']}", json.dumps(self.filled(call["body"])).encode(), {"Authorization": f"bearer {key}"})
        if "path" in call:
            raw = call["raw"] or json.dumps({"jsonrpc": "2.0", "id": 7, "params": self.filled(call["params"])})
            return self.send(call["path"], raw.encode(), {"Cookie": self.cookie} if call["session"] and self.cookie else {})
        status, body = self.rpc(call["service"], call["method"], self.filled(call["args"]))
        if call.get("keep") and body and "result" in body:
            self.kept[call["keep"]] = body["result"]
        return status, body


def kind(value, depth=0):
    """The type of a value, and of what it holds; texts by their form, lists by their first item."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, (int, float)):
        return type(value).__name__
    if isinstance(value, str):
        return "datetime" if re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", value) else "text"
    if isinstance(value, list):
        return [kind(value[0], depth + 1)] if value else []
    return {name: kind(one, depth + 1) for name, one in sorted(value.items())} if depth < 4 else "..."


def seen(call: dict, status: int, body) -> dict:
    """What of an answer is compared."""
    if not isinstance(body, dict) or ("jsonrpc" not in body and "name" not in body):
        return {"status": status, "body": kind(body)}
    error = body.get("error") or (body if "jsonrpc" not in body else None)
    if error:
        data = error.get("data", error)
        return {"status": status, "keys": sorted(body), "code": error.get("code"), "message": error.get("message") if "data" in error else None, "exception": data.get("name"), "data": sorted(data)}
    result = body.get("result")
    whole = call["name"].startswith(("fields_get", "search "))
    shown = (result if call["name"].startswith("fields_get") else len(result)) if whole and isinstance(result, (list, dict)) else kind(result)
    return {"status": status, "keys": sorted(body), "result": shown}


def differences(odoo: Target, omeet: Target, script: list) -> dict:
    """What differs, by the name of the call: each part as Odoo has it and as omeet has it."""
    found = {}
    for call in script:
        theirs, ours = (seen(call, *target.call(call)) for target in (odoo, omeet))
        parts = sorted(part for part in theirs.keys() | ours.keys() if theirs.get(part) != ours.get(part))
        differs = {part: [theirs.get(part), ours.get(part)] for part in parts}
        if differs.get("code") == [200, 0]:
            found[EVERY_ERROR] = {"code": differs.pop("code")}
        if differs:
            found[call["name"] + (" (json2)" if "json2" in call else "")] = differs
    return found


def listed_anew(found: dict, listed: dict) -> str:
    """The list of what was found, with the reasons that are known."""
    entries = {name: {"reason": listed.get(name, {}).get("reason", ""), "differs": what} for name, what in sorted(found.items())}
    return json.dumps(entries, indent=1) + "\n"


def verdict(found: dict, listed: dict) -> list:
    """What is wrong with the list, line by line."""
    wrong = [f"NEW {name}: {json.dumps(what)[:600]}" for name, what in found.items() if name not in listed]
    wrong += [f"GONE {name}: it no longer differs" for name in listed if name not in found]
    for name in found.keys() & listed.keys():
        if found[name] != listed[name]["differs"]:
            wrong.append(f"CHANGED {name}: {json.dumps(found[name])[:600]}, listed as {json.dumps(listed[name]['differs'])[:600]}")
        if not listed[name]["reason"]:
            wrong.append(f"UNEXPLAINED {name}")
    return sorted(wrong)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--odoo", nargs=4, required=True, metavar=("URL", "DB", "LOGIN", "PASSWORD"))
    parser.add_argument("--odoo-key", help="an API key of that user, for /json/2")
    parser.add_argument("--omeet", nargs=4, required=True, metavar=("URL", "DB", "LOGIN", "KEY"))
    parser.add_argument("--write", action="store_true", help="writes the list of this series anew, with the reasons that are known")
    given = parser.parse_args()
    odoo = Target(*given.odoo, given.odoo_key or "none")
    series = odoo.series()
    found, listed = differences(odoo, Target(*given.omeet, given.omeet[3]), SCRIPTS[series]), known(series)
    if given.write:
        (HERE / f"odoo-{series}.json").write_text(listed_anew(found, listed))
        listed = known(series)
    wrong = verdict(found, listed)
    print("\n".join([*wrong, f"Odoo {series}: {len(SCRIPTS[series])} calls, {len(found)} differ, {len(wrong)} errors"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
