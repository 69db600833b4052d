"""The omeet binary as a process that can be killed and started again on its database."""

import itertools
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import requests


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RpcError(Exception):
    pass


class Omeet:
    def __init__(self, folder: Path):
        folder.mkdir(parents=True)
        self.folder, self.port, self.process, self.ids = folder, free_port(), None, itertools.count(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()
        self.run("organization", "create", "Live", "--slug", "live")
        self.key = self.run("key", "create", "--organization", "live", "--kind", "service", "--role", "admin")["key"]

    @property
    def environment(self) -> dict:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OMEET_")}
        ours = {"OMEET_SERVER__LISTEN": f"127.0.0.1:{self.port}", "OMEET_SERVER__PUBLIC_URL": self.public_url}
        return kept | ours | {"OMEET_JITSI__SERVER_URL": os.environ["OMEET_JITSI_URL"]}

    @property
    def public_url(self) -> str:
        return self.url

    def start(self):
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([os.environ["OMEET_BINARY"], "serve"], cwd=self.folder, env=self.environment, stdout=log, stderr=log)
        for _ in range(400):
            try:
                if requests.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except (requests.ConnectionError, requests.Timeout):
                pass
            time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text()[-2000:])

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def restart(self):
        self.kill()
        self.start()

    def run(self, *arguments) -> dict:
        command = [os.environ["OMEET_BINARY"], *arguments, "--json"]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=60, check=True)
        return json.loads(done.stdout)

    def call(self, method: str, **params):
        body = {"jsonrpc": "2.0", "id": next(self.ids), "method": method, "params": params}
        answer = requests.post(f"{self.url}/rpc", json=body, headers={"Authorization": f"Bearer {self.key}"}, timeout=30).json()
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer["result"]

    def all(self, method: str, **params) -> list[dict]:
        found, cursor = [], None
        while True:
            page = self.call(method, **params, limit=200, **({"cursor": cursor} if cursor else {}))
            found += page["items"]
            cursor = page.get("next")
            if not cursor:
                return found

    def events(self) -> list[dict]:
        found, after = [], None
        while True:
            page = self.call("event.list", limit=200, **({"after": after} if after is not None else {}))
            items = page["items"]
            found += items
            if not items or page.get("next") in (None, after):
                return found
            after = page["next"]
