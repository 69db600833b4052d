"""What happens to whole databases: copies that are neutralised, upgrades, and the removal of the addon."""

import os
import subprocess

from conftest import command, drain, event, sql
from odoo import Odoo


def run(*arguments, database):
    done = subprocess.run(command(*arguments, database=database), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stderr


def test_a_neutralised_copy_calls_nobody(odoo, between, folder):
    made = event(odoo.ana, "original")
    drain(odoo)
    name = _copy(odoo, "omeet_copy")
    run("neutralize", database=name)
    copy = Odoo(name, folder / "copy.log")
    try:
        before = between.connections
        ana = copy.user("ana", "a long password 1")
        ana.write("calendar.event", made, name="changed in the copy")
        data = ana.call("jitsi.meeting", "dashboard_data")
        assert not data["server_ok"] and "copy" in data["message"]
        assert between.connections == before
    finally:
        copy.stop()


def test_an_upgrade_and_the_removal_leave_a_calendar_that_works(odoo, folder):
    made = event(odoo.ana, "kept")
    drain(odoo)
    link = odoo.ana.read("calendar.event", made, "videocall_location")["videocall_location"]
    name = _copy(odoo, "omeet_removed")
    # Only the original may tell omeet to post no more.
    sql(name, "UPDATE omeet_connection SET webhook_endpoint = NULL")
    log = run("-u", "omeet", "--stop-after-init", database=name)
    assert " ERROR " not in log and " WARNING " not in log, log[-3000:]
    copy = Odoo(name, folder / "removed.log")
    try:
        admin = copy.user("admin", "admin")
        module = admin.search("ir.module.module", [["name", "=", "omeet"]], "id")[0]["id"]
        admin.call("ir.module.module", "button_immediate_uninstall", [module])
        admin = copy.user("admin", "admin")
        kept = admin.read("calendar.event", made, "videocall_location", "videocall_source")
        assert kept == {"id": made, "videocall_location": link, "videocall_source": "custom"}
        assert admin.search("ir.model.fields", [["name", "=like", "omeet%"]], "name") == []
    finally:
        copy.stop()


def _copy(odoo, name):
    """While Odoo holds connections no database is copied by CREATE DATABASE: dump and restore, as a backup does."""
    sql("postgres", f'CREATE DATABASE "{name}"')
    host = ["-h", os.environ["PGHOST"], "-U", "odoo"]
    dump = subprocess.Popen(["pg_dump", *host, odoo.database], stdout=subprocess.PIPE)
    subprocess.run(["psql", "-qX", *host, "-d", name], stdin=dump.stdout, stdout=subprocess.DEVNULL, check=True)
    assert dump.wait() == 0
    return name
