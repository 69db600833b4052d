"""JSON-RPC over HTTP, raw enough to send what no library would."""

import http.client
import itertools
import json
import select
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit


class RpcError(Exception):
    """The error object of an answer."""

    def __init__(self, error: dict):
        super().__init__(json.dumps(error))
        self.code, self.message, self.data = error["code"], error["message"], error.get("data") or {}
        self.kind, self.field = self.data.get("kind"), self.data.get("field")


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    def json(self):
        return json.loads(self.body)


class Client:
    """One caller; every thread gets a connection of its own."""

    def __init__(self, url: str, key: str = "", timeout: float = 40):
        self.url, self.key, self.timeout = url, key, timeout
        self.local, self.ids = threading.local(), itertools.count(1)

    def _connection(self) -> http.client.HTTPConnection:
        held = getattr(self.local, "connection", None)
        if held is not None and held.sock is not None and select.select([held.sock], [], [], 0)[0]:
            self.close()  # the server closes connections that rest
        if getattr(self.local, "connection", None) is None:
            self.local.connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=self.timeout)
        return self.local.connection

    def close(self):
        if getattr(self.local, "connection", None) is not None:
            self.local.connection.close()
            self.local.connection = None

    def request(self, method: str, path: str, body: bytes | None = None, headers: dict | None = None) -> Answer:
        connection = self._connection()
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            answer = Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
        except Exception:
            self.close()
            raise
        if response.will_close:
            self.close()
        return answer

    def get(self, path: str, **headers) -> Answer:
        return self.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, body, headers: dict | None = None) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"}
        if self.key:
            sent["Authorization"] = f"Bearer {self.key}"
        return self.request("POST", "/rpc", raw, sent | (headers or {}))

    def message(self, method: str, params: dict | None = None, id=None) -> dict:
        return {"jsonrpc": "2.0", "id": next(self.ids) if id is None else id, "method": method, "params": params or {}}

    def respond(self, method: str, **params) -> dict:
        """The whole response object, result or error."""
        return self.post(self.message(method, params)).json()

    def call(self, method: str, **params):
        response = self.respond(method, **params)
        if "error" in response:
            raise RpcError(response["error"])
        return response["result"]

    def batch(self, calls: list) -> list:
        """The responses of [(method, params), ...] in the order of the calls."""
        messages = [self.message(method, params) for method, params in calls]
        answers = {answer["id"]: answer for answer in self.post(messages).json()}
        return [answers[message["id"]] for message in messages]

    def every(self, method: str, **params) -> list:
        """All items of a listing, page by page."""
        items, cursor = [], None
        while True:
            page = self.call(method, **params, limit=200, **({"cursor": cursor} if cursor else {}))
            items += page["items"]
            cursor = page.get("next")
            if not cursor:
                return items


def refusal(client: Client, method: str, **params) -> RpcError:
    """The error that a call must end with."""
    response = client.respond(method, **params)
    assert "error" in response, f"{method} should have been refused: {response}"
    return RpcError(response["error"])
