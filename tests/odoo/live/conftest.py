"""A real Odoo that is served and commits, a real omeet that can be killed, and a proxy between them."""

import os
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from odoo import Odoo, OdooError, command  # noqa: E402
from proxy import Proxy  # noqa: E402
from service import Omeet  # noqa: E402

PASSWORD = "a long password 1"


def sql(database: str, statement: str) -> str:
    done = subprocess.run(
        ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", os.environ["PGHOST"], "-U", "odoo", "-d", database, "-c", statement],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def copy_database(source: str, name: str):
    sql("postgres", f'CREATE DATABASE "{name}" TEMPLATE "{source}"')


def eventually(true, what: str, within_s: float = 60):
    """Asks again until it is so."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        found = true()
        if found:
            return found
        time.sleep(0.3)
    raise AssertionError(f"not within {within_s} s: {what}")


@pytest.fixture(scope="session")
def folder():
    return Path(os.environ["OMEET_LIVE_WORK"])


@pytest.fixture(scope="session")
def omeet(folder):
    service = Omeet(folder / "omeet")
    yield service
    service.kill()


@pytest.fixture(scope="session")
def between(omeet):
    proxy = Proxy(omeet.port)
    yield proxy
    proxy.close()


@pytest.fixture(scope="session")
def odoo(folder, omeet, between):
    database = "omeet_live"
    copy_database(os.environ["OMEET_LIVE_TEMPLATE"], database)
    server = Odoo(database, folder / "odoo.log")
    admin = server.user("admin", "admin")
    admin.call("ir.config_parameter", "set_param", "web.base.url", server.url)
    settings = admin.create("res.config.settings", omeet_url=between.url, omeet_key=omeet.key)
    admin.call("res.config.settings", "execute", [settings])
    for login in ("ana", "budi"):
        admin.create("res.users", login=login, name=login.title(), password=PASSWORD, email=f"{login}@example.org", tz="Asia/Jakarta")
    server.admin, server.ana, server.budi = admin, server.user("ana", PASSWORD), server.user("budi", PASSWORD)
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def in_order(odoo, omeet, between):
    """Each test begins with everything up and everything sent."""
    between.mode = "pass"
    yield
    between.mode = "pass"
    if omeet.process.poll() is not None:
        omeet.start()
    drain(odoo)


def drain(odoo):
    """Sends what waits, without its pauses."""
    jobs = odoo.admin.search("omeet.job", [["state", "=", "pending"]], "id")
    if jobs:
        odoo.admin.call("omeet.job", "write", [job["id"] for job in jobs], {"next_try": "2000-01-01 00:00:00", "lease_until": False})
        odoo.admin.run_cron("cron_send")


def event(user, name: str, *, link: bool = True, start: datetime | None = None, **values) -> int:
    """As the form: the button reserves the link, the save carries it."""
    start = (start or datetime.utcnow() + timedelta(days=1)).replace(microsecond=0, second=0)
    plan = {"name": name, "start": str(start), "stop": str(start + timedelta(hours=1))}
    if link:
        values["videocall_location"] = user.call("calendar.event", "omeet_reserve", {"id": False, **plan})["url"]
    return user.create("calendar.event", **plan, **values)


def meeting_of(user, event_id: int) -> dict:
    found = user.read("calendar.event", event_id, "omeet_meeting_id")["omeet_meeting_id"]
    return user.odoo.admin.read("jitsi.meeting", found[0], "remote_id", "state", "name", "room_code") if found else {}


__all__ = ["OdooError", "command", "copy_database", "drain", "event", "eventually", "meeting_of", "sql"]
