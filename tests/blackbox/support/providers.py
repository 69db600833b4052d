"""Providers as they send: messages with their proof."""

import hashlib
import hmac
import json
import time

from .rpc import Answer, Client

SECRET = "whsec_0123456789abcdef0123456789abcdef"
APP_ID = "vpaas-magic-cookie-0123456789abcdef0123456789abcdef"


def digest(message: bytes) -> bytes:
    return hmac.new(SECRET.encode(), message, hashlib.sha256).digest()


class Sender:
    """One account of a provider, and what its provider sends to it."""

    def __init__(self, client: Client, kind: str):
        self.kind, self.url = kind, client.url
        settings = {
            "jitsi": {"server_url": "https://jitsi.example.org"},
            "zoom": {"account_id": "a", "client_id": "i", "client_secret": "s", "host_user": "host@example.org"},
            "teams": {"tenant_id": "t", "client_id": "i", "client_secret": "s", "host_user": "u1"},
        }[kind] | {"webhook_secret": SECRET}
        self.account = client.call("provider.create", kind=kind, name=f"{kind} inbox", is_default=False, settings=settings)["id"]
        self.path = f"/webhooks/{kind}/{self.account}" + ("/events/room/created" if kind == "jitsi" else "")

    def message(self, number: int) -> dict:
        now_s = int(time.time())
        match self.kind:
            case "jitsi":
                return {"event_name": "muc-room-created", "room_name": f"r{number}", "room_jid": f"r{number}@muc", "is_breakout": False, "created_at": now_s}
            case "zoom":
                return {"event": "meeting.started", "event_ts": now_s * 1000, "payload": {"account_id": "a", "object": {"id": str(number), "uuid": f"u{number}"}}}
            case _:
                item = {"subscriptionId": "s", "clientState": SECRET, "changeType": "updated", "resource": f"communications/{number}"}
                return {"value": [item]}

    def proof(self, body: bytes) -> dict:
        match self.kind:
            case "jitsi":
                return {"Authorization": f"Bearer {SECRET}"}
            case "zoom":
                now = str(int(time.time()))
                return {"x-zm-request-timestamp": now, "x-zm-signature": "v0=" + digest(f"v0:{now}:".encode() + body).hex()}
            case _:
                return {}

    def send(self, message: dict) -> tuple[Answer, float]:
        """The answer and how long it took; a connection of its own, as providers have."""
        body, began = json.dumps(message).encode(), time.monotonic()
        answer = Client(self.url).request("POST", self.path, body, {"Content-Type": "application/json"} | self.proof(body))
        return answer, time.monotonic() - began
