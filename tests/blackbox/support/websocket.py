"""JSON-RPC over a WebSocket."""

import collections
import itertools
import json
import time

from websockets.sync.client import connect


class Socket:
    """Calls and pushed notifications on one connection."""

    def __init__(self, url: str, key: str = "", **options):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        address = url.replace("http", "ws", 1) + "/rpc"
        self.wire = connect(address, additional_headers=headers | options.pop("headers", {}), proxy=None, max_size=None, **options)
        self.ids, self.pushed = itertools.count(1), collections.deque()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wire.close()

    def send(self, message):
        self.wire.send(message if isinstance(message, (str, bytes)) else json.dumps(message))

    def receive(self, timeout: float = 10):
        return json.loads(self.wire.recv(timeout=timeout))

    def respond(self, method: str, **params) -> dict:
        number = next(self.ids)
        self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        while True:
            message = self.receive()
            if isinstance(message, dict) and message.get("id") == number:
                return message
            self.pushed.append(message)

    def call(self, method: str, **params):
        response = self.respond(method, **params)
        assert "error" not in response, response
        return response["result"]

    def notifications(self, count: int, timeout: float = 10) -> list:
        """The next `count` results pushed by subscriptions."""
        deadline = time.monotonic() + timeout
        while len(self.pushed) < count:
            self.pushed.append(self.receive(max(0.01, deadline - time.monotonic())))
        return [self.pushed.popleft()["params"]["result"] for _ in range(count)]
