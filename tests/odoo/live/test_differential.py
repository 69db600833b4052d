"""One script of calls against this Odoo with its addon connected, and against omeet: every difference is known and has its reason."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import command, copy_database, sql
from odoo import Odoo

sys.path.insert(0, str(Path(__file__).parent / "differential"))

from compare import SCRIPTS, Target, differences, known, listed_anew, verdict  # noqa: E402

DATABASE = "omeet_differential"
MAKE_KEY = """
import datetime
user = env.ref("base.user_admin")
key = env["res.users.apikeys"].with_user(user)._generate("rpc", "differential", datetime.datetime.now() + datetime.timedelta(days=1))
env.cr.commit()
print("key:" + key)
"""


def make_key() -> str:
    """Only the web client makes keys, for somebody who has just typed a password."""
    done = subprocess.run(command("shell", "--no-http", database=DATABASE), input=MAKE_KEY, capture_output=True, text=True, timeout=300)
    found = [line.split("key:", 1)[1] for line in done.stdout.splitlines() if "key:" in line]
    assert found, done.stderr[-3000:]
    return found[0].strip()


@pytest.fixture(scope="module")
def theirs(folder, omeet):
    """An Odoo whose addon sends its meetings to an organization of its own."""
    copy_database(os.environ["OMEET_LIVE_TEMPLATE"], DATABASE)
    key = make_key()
    omeet.run("organization", "create", "Behind the addon", "--slug", "behind")
    service = omeet.run("key", "create", "--organization", "behind", "--kind", "service", "--role", "admin")["key"]
    # Neither its scheduler nor omeet's events write beside the script: PostgreSQL would refuse some of its calls.
    sql(DATABASE, "UPDATE ir_cron SET active = false")
    server = Odoo(DATABASE, folder / "differential.log")
    admin = server.user("admin", "admin")
    admin.call("ir.config_parameter", "set_param", "web.base.url", "http://127.0.0.1:1")
    admin.call("ir.config_parameter", "set_param", "web.base.url.freeze", "True")
    admin.call("res.config.settings", "execute", [admin.create("res.config.settings", omeet_url=omeet.url, omeet_key=service)])
    yield Target(server.url, DATABASE, "admin", "admin", key)
    server.stop()


@pytest.fixture(scope="module")
def ours(omeet):
    omeet.run("organization", "create", "Differential", "--slug", "differential")
    key = omeet.run("key", "create", "--organization", "differential", "--kind", "user", "--user", "admin", "--role", "admin")["key"]
    return Target(omeet.url, "differential", "admin", key, key)


def test_omeet_answers_as_odoo_does(theirs, ours, folder):
    series = theirs.series()
    script, listed = SCRIPTS[series], known(series)
    assert len(script) >= 150
    found = differences(theirs, ours, script)
    anew = folder / f"odoo-{series}.json"
    anew.write_text(listed_anew(found, listed))
    wrong = verdict(found, listed)
    print("\n".join([*wrong, f"{len(script)} calls, {len(found)} differ; the list as it would be now: {anew}"]))
    assert not wrong
