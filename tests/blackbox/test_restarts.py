"""R20: replicas behind nginx are stopped one after the other under load: what was acknowledged is there, and no subscriber misses anything.

OMEET_RESTARTS=200 is the figure that R20 asks for.
"""

import collections
import http.client
import json
import os
import random
import socket
import threading
import time
import uuid

import pytest
import websockets
from support import crash
from support.proxy import HOST, Nginx
from support.replicas import Replicas
from support.websocket import Socket

pytestmark = [pytest.mark.alone("postgres"), pytest.mark.goal("R20")]
RESTARTS = int(os.environ.get("OMEET_RESTARTS", "6"))
SEED = int(os.environ.get("OMEET_SEED", "20261121"))
WRITERS = SUBSCRIBERS = 4
STOPS_WITHIN_S = 10


@pytest.fixture
def behind_nginx(launch, tmp_path):
    replicas = Replicas(launch, server__public_url=f"https://{HOST}").start()
    nginx = Nginx(tmp_path / "nginx", *(server.port for server in replicas.servers)).start()
    yield replicas, nginx
    nginx.stop()


class Writer(threading.Thread):
    """Creates meetings through nginx; a call without an answer is sent again with its key."""

    def __init__(self, nginx: Nginx, key: str):
        super().__init__(daemon=True)
        self.nginx, self.key, self.is_over, self.failure = nginx, key, False, None
        self.acked, self.outcomes, self.connection = {}, collections.Counter(), None

    def run(self):
        try:
            while not self.is_over:
                name = uuid.uuid4().hex
                while (answer := self.attempt(name)) is None:
                    time.sleep(0.01)
                self.acked[answer["id"]] = name
        except BaseException as failure:
            self.failure = failure

    def attempt(self, name: str) -> dict | None:
        params = {"name": name, "start": "2031-01-01T09:00:00Z", "idempotency_key": name}
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "meeting.create", "params": params})
        try:
            status, answer = self.post(body)
        except (OSError, http.client.HTTPException):
            self.connection = None
            self.outcomes["no answer"] += 1
            return None
        self.outcomes[status] += 1
        if status != 200:
            assert status in (502, 503, 504), (status, answer)
            return None
        answer = json.loads(answer)
        assert "result" in answer or answer["error"]["code"] == -32050, answer
        return answer.get("result")

    def post(self, body: str) -> tuple:
        if self.connection is None:
            self.connection = http.client.HTTPConnection(HOST, timeout=20)
            self.connection.sock = self.nginx.context().wrap_socket(socket.create_connection(("127.0.0.1", self.nginx.secure), timeout=20), server_hostname=HOST)
            self.connection.auto_open = False
        self.connection.request("POST", "/rpc", body, {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"})
        answer = self.connection.getresponse()
        return answer.status, answer.read()


class Subscriber(threading.Thread):
    """Listens, and begins again after the last number it has seen whenever its connection is closed."""

    def __init__(self, nginx: Nginx, key: str):
        super().__init__(daemon=True)
        self.nginx, self.key, self.seen, self.closed, self.is_over, self.failure = nginx, key, [], collections.Counter(), False, None

    def run(self):
        try:
            while not self.is_over:
                self.listen()
        except BaseException as failure:
            self.failure = failure

    def listen(self):
        try:
            raw = socket.create_connection(("127.0.0.1", self.nginx.secure), timeout=20)
            with Socket(f"https://{HOST}", self.key, sock=raw, ssl=self.nginx.context(), server_hostname=HOST) as one:
                one.call("event.subscribe", after=self.seen[-1] if self.seen else 0)
                while not self.is_over:
                    self.take(one)
        except websockets.ConnectionClosed as closed:
            self.closed[closed.rcvd.code if closed.rcvd else "cut"] += 1
        except (websockets.InvalidStatus, OSError):  # nginx has found no replica yet
            self.closed["refused"] += 1
            time.sleep(0.02)

    def take(self, one: Socket):
        try:
            self.seen.append(one.notifications(1, timeout=0.5)[0]["seq"])
        except TimeoutError:
            pass


@pytest.mark.timeout(120 + RESTARTS * 8)
def test_restarts_under_load_lose_and_repeat_nothing(behind_nginx):
    (replicas, nginx), chance, slowest = behind_nginx, random.Random(SEED), 0.0
    key = replicas.servers[0].first_key
    writers, subscribers = [Writer(nginx, key) for _ in range(WRITERS)], [Subscriber(nginx, key) for _ in range(SUBSCRIBERS)]
    for thread in [*writers, *subscribers]:
        thread.start()
    for _ in range(RESTARTS):
        time.sleep(chance.uniform(0.2, 0.8))
        server, began = chance.choice(replicas.servers), time.monotonic()
        server.stop()
        slowest = max(slowest, time.monotonic() - began)
        assert server.process.returncode == 0, "a stop is no failure"
        server.start()
    over(writers)
    events = crash.every_event(replicas.client())
    wait_for(subscribers, events[-1]["seq"])
    over(subscribers)
    check_writers(replicas, writers)
    closed = sum((subscriber.closed for subscriber in subscribers), collections.Counter())
    for subscriber in subscribers:
        assert subscriber.seen == [event["seq"] for event in events], "missed or repeated"
    outcomes = sum((writer.outcomes for writer in writers), collections.Counter())
    print(f"seed {SEED}: {RESTARTS} stops, slowest {slowest:.2f} s, {len(events)} events to {SUBSCRIBERS} subscribers, connections ended {dict(closed)}, calls {dict(outcomes)}")
    assert slowest <= STOPS_WITHIN_S
    assert closed[1001] > 0 and not closed["cut"], "a stop says goodbye to its subscribers"


def over(threads: list):
    for thread in threads:
        thread.is_over = True
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive() and thread.failure is None, thread.failure


def wait_for(subscribers: list, last: int):
    deadline = time.monotonic() + 30
    while any(not subscriber.seen or subscriber.seen[-1] < last for subscriber in subscribers):
        assert time.monotonic() < deadline, [subscriber.failure or subscriber.seen[-1:] for subscriber in subscribers]
        time.sleep(0.05)


def check_writers(replicas, writers: list):
    acked = {id: name for writer in writers for id, name in writer.acked.items()}
    stored = {item["id"]: item["name"] for item in replicas.client().every("meeting.list", sort="created_at")}
    assert stored == acked and len(set(stored.values())) == len(stored), "what was acknowledged is there, once"
