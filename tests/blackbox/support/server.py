"""The release binary as a process, with its own folder, database and log."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

from .rpc import Client

KEY = re.compile(r"omk_[0-9A-Za-z]+_[0-9A-Za-z_-]+")
READY_WITHIN_S = 20


def binary() -> str:
    path = os.environ.get("OMEET_BINARY")
    assert path and Path(path).is_file(), "OMEET_BINARY must name the release binary"
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One omeet process; `start` after `stop` or `kill` continues on the same database."""

    def __init__(self, folder: Path, database_url: str, env: dict | None = None, wrapper: list | None = None):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.database_url, self.wrapper = folder, database_url, wrapper or []
        self.extra, self.process, self.first_key, self.command = env or {}, None, None, ["serve"]
        self.log = folder / "server.log"
        self.move_to(free_port())

    def move_to(self, port: int):
        self.port, self.url = port, f"http://127.0.0.1:{port}"

    @property
    def environment(self) -> dict:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("OMEET_") and name != "RUST_LOG"}
        ours = {"OMEET_SERVER__LISTEN": f"127.0.0.1:{self.port}", "OMEET_DATABASE__URL": self.database_url, "OMEET_JITSI__SERVER_URL": "https://meet.example.org"}
        return plain | ours | self.extra

    def spawn(self):
        with self.log.open("ab") as log:
            command = [*self.wrapper, binary(), *self.command]
            self.process = subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=log, stderr=log)

    def start(self) -> "Server":
        self.spawn()
        began = time.monotonic()
        while not self.ready():
            assert self.process.poll() is None, f"the server ended by itself:\n{self.log_text()[-4000:]}"
            assert time.monotonic() - began < READY_WITHIN_S, f"not ready in time:\n{self.log_text()[-4000:]}"
            time.sleep(0.005)
        self.started_in_s = time.monotonic() - began
        if self.first_key is None:
            self.first_key = KEY.search(self.log_text()).group(0)
        return self

    def ready(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as peer:
                peer.sendall(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                return peer.recv(64).split(b" ")[1:2] == [b"200"]
        except OSError:
            return False

    def stop(self):
        self._end(signal.SIGTERM)

    def kill(self):
        self._end(signal.SIGKILL)

    def _end(self, how):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError("the server did not stop when asked") from None

    def run(self, *arguments) -> subprocess.CompletedProcess:
        """A subcommand of the binary on the same database."""
        return subprocess.run([binary(), *arguments], cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=60)

    def cli(self, *arguments) -> dict:
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, f"omeet {' '.join(arguments)}: {done.stderr}{done.stdout}"
        return json.loads(done.stdout)

    def new_key(self, kind="service", role="admin", organization="main", **options) -> str:
        extra = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
        return self.cli("key", "create", "--organization", organization, "--kind", kind, "--role", role, *extra)["key"]

    def client(self, key: str | None = None) -> Client:
        return Client(self.url, self.first_key if key is None else key)

    def log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def resident_kb(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1))
