"""Real tabs, a real clipboard and Odoo's bus; the script is `browser.mjs`."""

import os
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

from conftest import PASSWORD, drain, event, eventually, meeting_of

LIVE = Path(__file__).parent


def plan(odoo):
    """A week as a team has it."""
    today = datetime.utcnow().replace(minute=0, second=0, microsecond=0)
    for name, hours in (("Weekly planning", 26), ("Interview: Budi Santoso", 30), ("Customer demo", 50), ("Retrospective", 54)):
        event(odoo.ana, name, start=today + timedelta(hours=hours))
    return event(odoo.ana, "Sprint review", start=datetime.utcnow() + timedelta(minutes=2))


def booked(odoo, omeet):
    """Somebody books half an hour of Ana's; Odoo has heard of it."""
    link = odoo.ana.create("omeet.booking.link", name="Product demo")
    link = odoo.ana.read("omeet.booking.link", link, "remote_id")["remote_id"]
    begin = datetime.utcnow() + timedelta(days=1)
    days = {"from": f"{begin:%Y-%m-%d}T00:00:00Z", "to": f"{begin + timedelta(days=7):%Y-%m-%d}T00:00:00Z"}
    slot = omeet.call("booking.slots", link_id=link, **days)["items"][0]["start"]
    guest = {"name": "Gita Guest", "email": "gita@example.net", "tz": "Europe/Paris", "lang": "en"}
    omeet.call("booking.create", link_id=link, start=slot, guest=guest)
    return eventually(lambda: odoo.admin.search("omeet.booking", [], "id"), "the booking is in Odoo")[0]["id"]


def test_in_the_browser(odoo, omeet, folder):
    made = plan(odoo)
    drain(odoo)
    meeting = meeting_of(odoo.ana, made)
    pictures = folder / "pictures"
    pictures.mkdir(exist_ok=True)
    environment = os.environ | {
        "ODOO_URL": odoo.url,
        "OMEET_URL": omeet.url,
        "LOGIN": "ana",
        "PASSWORD": PASSWORD,
        "PICTURES": str(pictures),
        "LIVE_CODE": meeting["room_code"],
        "EVENT_ID": str(made),
        "BOOKING_ID": str(booked(odoo, omeet)),
    }
    with subprocess.Popen(["node", LIVE / "browser.mjs"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
        for line in run.stdout:
            print(line, end="")
            if line.startswith("call "):
                omeet.call(line.split()[1], id=meeting["remote_id"])
    assert run.returncode == 0
