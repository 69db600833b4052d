"""A running Odoo, and its users as their browsers call it."""

import itertools
import os
import signal
import subprocess
import time
from pathlib import Path

import requests

from service import free_port

LAUNCH = [f"{os.environ['ODOO_VENV']}/bin/python", os.environ["ODOO_LAUNCHER"]]


class OdooError(Exception):
    def __init__(self, error: dict):
        super().__init__(error.get("data", {}).get("message") or error.get("message"))
        self.name, self.debug = error.get("data", {}).get("name"), error.get("data", {}).get("debug")


def command(*arguments, database):
    return [*LAUNCH, *arguments, "-c", os.environ["ODOO_CONF"], "-d", database]


class Odoo:
    """One database, served by threads on a loopback port of its own."""

    def __init__(self, database: str, log: Path, *, workers: int = 0):
        self.database, self.log, self.port = database, log, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        extra = ["--http-port", str(self.port), "--gevent-port", str(free_port()), f"--workers={workers}", "--max-cron-threads=1", "--db-filter", f"^{database}$"]
        with log.open("ab") as out:
            self.process = subprocess.Popen(command(*extra, database=database), stdout=out, stderr=out)
        self._wait()

    def _wait(self):
        for _ in range(300):
            try:
                if requests.get(f"{self.url}/web/login", timeout=30).status_code == 200:
                    return
            except requests.ConnectionError:
                pass
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            time.sleep(0.2)
        raise AssertionError(self.log.read_text()[-3000:])

    def user(self, login: str, password: str) -> "User":
        return User(self, login, password)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class User:
    """A session; every call is a transaction of its own, as a click is."""

    def __init__(self, odoo: Odoo, login: str, password: str):
        self.odoo, self.login, self.http, self.ids = odoo, login, requests.Session(), itertools.count(1)
        self.id = self._post("/web/session/authenticate", {"db": odoo.database, "login": login, "password": password})["uid"]

    def _post(self, path: str, params: dict):
        body = {"jsonrpc": "2.0", "id": next(self.ids), "method": "call", "params": params}
        answer = self.http.post(self.odoo.url + path, json=body, timeout=600).json()
        if "error" in answer:
            raise OdooError(answer["error"])
        return answer.get("result")

    def call(self, model: str, method: str, *args, **kwargs):
        return self._post("/web/dataset/call_kw", {"model": model, "method": method, "args": args, "kwargs": kwargs})

    def create(self, model: str, **values) -> int:
        return self.call(model, "create", values)

    def write(self, model: str, record: int, **values):
        return self.call(model, "write", [record], values)

    def read(self, model: str, record: int, *names) -> dict:
        return self.call(model, "read", [record], list(names))[0]

    def search(self, model: str, domain: list, *names, **options) -> list[dict]:
        return self.call(model, "search_read", domain, list(names), **options)

    def run_cron(self, name: str):
        """As the scheduler would, now instead of at its next minute."""
        cron = self.search("ir.model.data", [["module", "=", "omeet"], ["name", "=", name]], "res_id")[0]["res_id"]
        for _ in range(60):
            try:
                return self.call("ir.cron", "method_direct_trigger", [cron])
            except OdooError as error:  # the scheduler runs it at this very moment
                if not any(words in str(error) for words in ("currently being executed", "already executing")):
                    raise
                time.sleep(0.5)
        raise AssertionError(f"{name} has been running for half a minute")
