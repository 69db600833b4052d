"""A real SMTP server (aiosmtpd) that keeps what it takes and refuses what it is told to."""

import email
import email.policy
import threading
import time

from aiosmtpd.controller import Controller

from .server import free_port


class Mailbox:
    """`refusals` maps an address to the answers of its next attempts, for example ["451 later", "550 no such mailbox"]."""

    def __init__(self):
        self.letters, self.refusals, self.lock = [], {}, threading.Lock()
        self.port = free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    async def handle_RCPT(self, server, session, envelope, address, options):
        with self.lock:
            waiting = self.refusals.get(address)
            if waiting:
                return waiting.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        with self.lock:
            self.letters.append({"to": envelope.rcpt_tos[0], "message": message, "raw": envelope.content, "at": time.monotonic()})
        return "250 OK"

    def wait(self, count: int, timeout: float = 30) -> list:
        deadline = time.monotonic() + timeout
        while len(self.letters) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(self.letters) >= count, f"{len(self.letters)} of {count} letters came within {timeout} s"
        return list(self.letters)

    def settings(self) -> dict:
        """What a server needs to send here."""
        return {"mail__host": "127.0.0.1", "mail__port": self.port, "mail__security": "none", "mail__from_address": "meet@example.org"}

    def close(self):
        self.controller.stop()


def calendar_part(letter: dict) -> str:
    """The iCalendar object among the alternatives."""
    part = next(part for part in letter["message"].walk() if part.get_content_type() == "text/calendar")
    return part.get_content() if isinstance(part.get_content(), str) else part.get_content().decode()
