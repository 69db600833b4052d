"""Several processes on one PostgreSQL, and what befalls them."""

import random
import signal
import time

from .rpc import Client
from .server import Server


class Replicas:
    """Processes that share database and master key; `launch` is the fixture, `wrappers` what each is started by."""

    def __init__(self, launch, count: int = 3, environments: list | None = None, **settings):
        first = launch(started=False, **settings)
        self.servers = [first]
        for number in range(2, count + 1):
            other = launch(database_url=first.database_url, folder=first.folder, started=False, **settings)
            other.log = first.folder / f"server{number}.log"
            self.servers.append(other)
        for server, environment in zip(self.servers, environments or [{}] * count, strict=True):
            server.extra |= environment

    def start(self) -> "Replicas":
        key = None
        for server in self.servers:
            server.first_key = key
            key = server.start().first_key
        return self

    @property
    def database_url(self) -> str:
        return self.servers[0].database_url

    def client(self, number: int = 0) -> Client:
        return self.servers[number % len(self.servers)].client()

    def kill_one(self, chance: random.Random):
        """kill -9 for one of them, which begins again at once."""
        server = chance.choice(self.servers)
        server.kill()
        server.start()

    def pause_one(self, chance: random.Random, pause_s: float):
        """SIGSTOP for one of them: when it goes on it believes that no time has passed."""
        server = chance.choice(self.servers)
        server.process.send_signal(signal.SIGSTOP)
        time.sleep(pause_s)
        server.process.send_signal(signal.SIGCONT)


class Caller:
    """Calls whichever replica answers, with one key for all attempts of a call."""

    def __init__(self, replicas: Replicas, number: int):
        self.clients = [replicas.client(number + offset) for offset in range(len(replicas.servers))]
        for client in self.clients:
            client.timeout = 5

    def call(self, method: str, **params):
        while True:
            try:
                response = self.clients[0].respond(method, **params)
            except Exception:  # gone, asleep, or half an answer: nobody knows whether it happened
                self.clients[0].close()
                self.clients.append(self.clients.pop(0))
                time.sleep(0.02)
                continue
            if "result" in response:
                return response["result"]
            assert response["error"]["code"] in (-32050, -32008), response
