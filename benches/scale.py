#!/usr/bin/env python3
"""What docs/scaling.md is reckoned from: creates per second on PostgreSQL by organizations and replicas, octets per meeting, reminders per second.

    OMEET_BINARY=target/release/omeet OMEET_TEST_POSTGRES_URL=postgres://... benches/scale.py [--seconds 4] [--rounds 3]

Rounds alternate; what counts are the ratios between the rows of one run.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/blackbox"))

from support import database  # noqa: E402
from support.server import Server  # noqa: E402

ORGANIZATIONS, REPLICAS, CONNECTIONS, REMINDERS = 8, 2, 16, 500
BODY = '{"jsonrpc":"2.0","id":1,"method":"meeting.create","params":{"name":"Scaled","start":"2031-01-01T09:00:00Z","participants":[{"name":"Ana","email":"ana@example.com"},{"name":"Budi","email":"budi@example.com"}]}}'
SCRIPT = """
local keys, at = { %s }, 0
request = function()
  at = at %% #keys + 1
  return wrk.format("POST", "/rpc", { ["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. keys[at] }, [==[%s]==])
end
"""


def creates(servers: list, keys: list, seconds: int, folder: Path) -> float:
    """Creates per second of all replicas together, the same number of connections in all."""
    script = folder / "create.lua"
    script.write_text(SCRIPT % (", ".join(f'"{key}"' for key in keys), BODY))
    command = ["wrk", "-t", "1", "-c", str(CONNECTIONS // len(servers)), "-d", f"{seconds}s", "--timeout", "30s", "-s", str(script)]
    before, began = stored(servers[0]), time.monotonic()
    callers = [subprocess.Popen([*command, server.url], stdout=subprocess.PIPE, text=True) for server in servers]
    for caller in callers:
        shown = caller.communicate()[0]
        assert "Non-2xx" not in shown, shown
    return (stored(servers[0]) - before) / (time.monotonic() - began)


def stored(server: Server) -> int:
    return int(database.psql(server.database_url, "select count(*) from meeting"))


def octets_per_meeting(server: Server) -> tuple:
    """Of everything a create leaves behind, indexes included; and of what of it is never deleted."""
    sizes = "select relname, pg_total_relation_size(relid) from pg_stat_user_tables order by 2 desc"
    tables = {name: int(size) for name, size in (line.split("|") for line in database.psql(server.database_url, sizes).splitlines())}
    meetings = stored(server)
    return sum(tables.values()) / meetings, {name: round(size / meetings) for name, size in list(tables.items())[:8]}


def reminders(server: Server) -> float:
    """Reminders given per second that were due together."""
    client = server.client()
    client.call("notification.settings.put", mail="never", reminder_min=[1], reminder_mail=False)
    start = (datetime.now(UTC) + timedelta(seconds=60 + 15)).isoformat()
    for _ in range(REMINDERS // 50):
        client.batch([("meeting.create", {"name": "Reminded", "start": start})] * 50)
    given = "select count(*) from reminder"
    while not int(database.psql(server.database_url, given)):
        time.sleep(0.02)
    began = time.monotonic()
    while int(database.psql(server.database_url, given)) < REMINDERS:
        time.sleep(0.05)
    return REMINDERS / (time.monotonic() - began)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = database.create("postgres", folder)
        servers = [Server(folder, url) for _ in range(REPLICAS)]
        try:
            measure(servers, given, folder)
        finally:
            for server in servers:
                server.kill()
            database.drop(url)


def measure(servers: list, given, folder: Path):
    for number, server in enumerate(servers):
        server.log = folder / f"server{number}.log"
        server.first_key = servers[0].first_key
        server.start()
    first = servers[0]
    slugs = [f"org{number}" for number in range(ORGANIZATIONS)]
    keys = [first.cli("organization", "create", slug, "--slug", slug) and first.new_key(organization=slug) for slug in slugs]
    rates = {}
    for _ in range(given.rounds):
        for organizations, replicas in [(1, 1), (ORGANIZATIONS, 1), (1, REPLICAS), (ORGANIZATIONS, REPLICAS)]:
            rates.setdefault((organizations, replicas), []).append(creates(servers[:replicas], keys[:organizations], given.seconds, folder))
    print("| organizations | replicas | creates/s |\n|---|---|---|")
    for (organizations, replicas), found in rates.items():
        print(f"| {organizations} | {replicas} | {statistics.median(found):.0f} ({min(found):.0f} to {max(found):.0f}) |")
    octets, largest = octets_per_meeting(first)
    print(f"{octets:.0f} octets per meeting; {largest}")
    print(f"{reminders(first):.0f} reminders/s that were due together, one replica and another idle")


if __name__ == "__main__":
    main()
