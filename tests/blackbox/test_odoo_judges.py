"""Odoo's clients, none of them written here, against omeet instead of Odoo.

OdooRPC's own test suite comes from Debian's source package of the same version (PyPI's has none); `tests/run` fetches it.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import odoolib
import odoorpc
import pytest

# What only an ERP can answer: these are left out by name. Everything else of the suite must pass.
LEFT_OUT = {
    "test_db.py": "databases are organizations; they are made on the command line, not by whoever knows a master password",
    "test_field_": "needs contacts, countries and attachments that can be written",
    "test_model.py": "creates contacts; here they come from those who take part in meetings",
    "test_report.py": "no reports",
    "test_timeout.py": "uses ir.attachment",
    "test_workflow.py": "Odoo before 11",
    "test_login_with_api_key": "makes a key by a wizard of the web client; keys are made by key.create",
    "test_env_commit": "writes to res.users, which is read-only",
    "test_env_ref": "res.lang",
}
# Parts of those files that need nothing of an ERP.
KEPT = {"test_db_list", "test_db_list_with_session_opened"}
FLOOR = 53


def suite(folder: Path) -> Path:
    """OdooRPC with its tests beside it, as its authors run them."""
    source = os.environ.get("OMEET_ODOORPC_SUITE")
    assert source and Path(source).is_dir(), "OMEET_ODOORPC_SUITE must name the folder of OdooRPC's own tests"
    shutil.copytree(Path(odoorpc.__file__).parent, folder / "odoorpc", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(source, folder / "odoorpc" / "tests", dirs_exist_ok=True)
    return folder


def left_out(test_id: str) -> str | None:
    name = test_id.rsplit("::", 1)[-1]
    return None if name in KEPT else next((reason for part, reason in LEFT_OUT.items() if part in test_id), None)


@pytest.fixture
def server(launch):
    """It names its databases, as an Odoo does out of the box: two tests of OdooRPC's ask for them."""
    return launch(odoo__list_databases="true")


@pytest.fixture
def user(server):
    server.new_key("user", "user", user="somebody")  # a test of the suite looks for a user other than the first
    return {"db": "main", "login": "judge", "key": server.new_key("user", "admin", user="judge")}


@pytest.mark.goal("S0.21")
@pytest.mark.timeout(300)
def test_odoorpc_own_suite(server, user, tmp_path):
    folder = suite(tmp_path)
    env = {name: value for name, value in os.environ.items() if not name.startswith("OMEET_")}
    env |= {"ORPC_TEST_HOST": "127.0.0.1", "ORPC_TEST_PORT": str(server.port), "ORPC_TEST_DB": user["db"], "ORPC_TEST_USER": user["login"], "ORPC_TEST_PWD": user["key"]}
    run = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--rootdir", str(folder), "-c", os.devnull]
    listed = subprocess.run([*run, "--collect-only", "odoorpc/tests"], cwd=folder, env=env, capture_output=True, text=True, timeout=120)
    tests = [line for line in listed.stdout.splitlines() if "::" in line]
    wanted = [test for test in tests if not left_out(test)]
    done = subprocess.run([*run, "-rA", *wanted], cwd=folder, env=env, capture_output=True, text=True, timeout=280)
    passed = [line for line in done.stdout.splitlines() if line.startswith("PASSED")]
    print(f"OdooRPC {odoorpc.__version__}: {len(passed)} of {len(tests)} passed, {len(tests) - len(wanted)} left out by name")
    assert done.returncode == 0, done.stdout[-6000:]
    assert len(passed) == len(wanted) >= FLOOR, (len(passed), len(wanted))


def lib(server, user, protocol: str, key: str | None = None):
    return odoolib.get_connection(hostname="127.0.0.1", protocol=protocol, port=server.port, database=user["db"], login=user["login"], password=key or user["key"])


@pytest.mark.goal("S0.21")
@pytest.mark.parametrize("protocol", ["jsonrpc", "json2"])
def test_odoo_client_lib(server, user, protocol):
    connection = lib(server, user, protocol)
    connection.check_login()
    assert connection.get_user_context()["uid"] > 0
    meetings = connection.get_model("jitsi.meeting")
    made = meetings.create({"name": f"By {protocol}", "duration": 20}) if protocol == "jsonrpc" else meetings.create([{"name": f"By {protocol}", "duration": 20}])
    id = made if protocol == "jsonrpc" else made[0]
    assert meetings.search([("name", "=", f"By {protocol}")]) == [id]
    shown = meetings.read([id], ["name", "duration"])
    shown = shown[0] if isinstance(shown, list) else shown
    assert (shown["name"], shown["duration"]) == (f"By {protocol}", 20)
    assert meetings.write([id], {"name": "Renamed"}) is True
    assert [found["name"] for found in meetings.search_read([("id", "=", id)], ["name"])] == ["Renamed"]
    assert meetings.fields_get(["name"])["name"]["type"] == "char"
    assert meetings.unlink([id]) is True
    assert meetings.search([("id", "=", id)]) == []


def test_odoo_client_lib_is_refused_in_its_own_words(server, user):
    wrong = user["key"][:-1] + ("A" if user["key"][-1] != "A" else "B")
    with pytest.raises(odoolib.AuthenticationError if hasattr(odoolib, "AuthenticationError") else Exception, match="Authentication"):
        lib(server, user, "jsonrpc", wrong).check_login()
    assert lib(server, user, "json2", wrong).check_login() is False
    with pytest.raises(Exception, match="Invalid field"):
        lib(server, user, "jsonrpc").get_model("jitsi.meeting").search([("nope", "=", 1)])
    with pytest.raises(ValueError, match="does not exist"):
        lib(server, user, "json2").get_model("jitsi.meeting").nope()


@pytest.mark.goal("S0.21")
def test_odoo_jsonrpc_for_node(server, user, tmp_path):
    packages = os.environ.get("OMEET_NODE_PACKAGES")
    assert packages, "OMEET_NODE_PACKAGES must name the folder with node_modules"
    judge = tmp_path / "odoo_client.mjs"
    judge.write_text((Path(__file__).parent / "judges" / "odoo_client.mjs").read_text())
    (tmp_path / "node_modules").symlink_to(Path(packages) / "node_modules")
    done = subprocess.run(["node", str(judge), "http://127.0.0.1", str(server.port), user["db"], user["login"], user["key"]], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["uid"] == seen["session_uid"] > 0
    assert seen["read"] == [{"id": seen["id"], "name": "From Node", "duration": 25}]
    assert seen["found"] == seen["session_found"] == [{"id": seen["id"], "name": "Renamed"}]
    assert seen["fields"] == "char" and seen["updated"] is True and seen["deleted"] is True
