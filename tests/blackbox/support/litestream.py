"""Litestream beside one server, as deploy/litestream configures it but for paths and addresses."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import yaml

PROGRAM = Path(sys.executable).parent / "litestream"
CONFIGURATION = Path(__file__).parents[3] / "deploy/litestream/litestream.yml"


class Litestream:
    def __init__(self, server, replica: dict, key: tuple = ("", "")):
        """`replica` is put over the one in the file; where it names a `path`, in its place."""
        self.server, self.process = server, None
        self.database = Path(server.database_url.removeprefix("sqlite://").split("?")[0])
        self.log, self.file = server.folder / "litestream.log", server.folder / "litestream.yml"
        config = yaml.safe_load(CONFIGURATION.read_text())
        only = config["dbs"][0]
        only["path"], only["replica"] = str(self.database), replica if "path" in replica else only["replica"] | replica
        self.file.write_text(yaml.safe_dump(config))
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LITESTREAM_"))}
        self.environment = plain | {"LITESTREAM_ACCESS_KEY_ID": key[0], "LITESTREAM_SECRET_ACCESS_KEY": key[1]}

    def start(self) -> "Litestream":
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([PROGRAM, "replicate", "-config", self.file], env=self.environment, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while not any(self.database.with_name(f".{self.database.name}-litestream").rglob("*.ltx")):
            assert self.process.poll() is None and time.monotonic() < deadline, f"it copies nothing:\n{self.log.read_text()}"
            time.sleep(0.05)
        return self

    def kill(self):
        self._end(signal.SIGKILL)

    def stop(self):
        self._end(signal.SIGTERM)

    def _end(self, how):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=30)

    def restore(self, to: Path, *options) -> subprocess.CompletedProcess:
        command = [PROGRAM, "restore", "-config", self.file, "-integrity-check", "full", *options, "-o", to, self.database]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=120)

    def newest(self) -> str:
        """When the last piece came that the replica holds."""
        command = [PROGRAM, "ltx", "-config", self.file, self.database]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, check=True).stdout.split()[-1]

    def errors(self) -> list:
        return [line for line in self.log.read_text().splitlines() if "level=ERROR" in line or "level=WARN" in line]
