"""A stand-in for an ERP that applies every event once, as Standard Webhooks asks, and fails in all the ways that receivers fail."""

import collections
import http.server
import random
import socket
import struct
import threading
import time

from standardwebhooks import Webhook

FAULTS = ["refuse", "error", "reset", "lost", "hang", "late"]
RESET = struct.pack("ii", 1, 0)


class Erp:
    """Fails a `share` of what comes: it goes away for a moment, answers 500, resets mid-body, applies and then loses its answer, hangs
    without having applied, hangs after it has."""

    def __init__(self, share: float = 0.0, hang_s: float = 2.0, seed: int = 1):
        self.share, self.hang_s, self.chance = share, hang_s, random.Random(seed)
        self.effects, self.seen, self.again, self.faults = [], {}, 0, collections.Counter()
        # What it always refuses: events of meetings that are named so; and whose waiting the test leaves alone.
        self.secret, self.poison, self.spared, self.wrong, self.attempts = None, None, "", [], 0
        self.lock, self.leaving, self.is_open = threading.Lock(), threading.Lock(), True
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/events"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while self.is_open:
            try:
                connection, address = self.listener.accept()
            except OSError:  # away for a moment
                time.sleep(0.005)
                continue
            threading.Thread(target=self.serve, args=(connection, address), daemon=True).start()

    def serve(self, connection, address):
        try:
            Handler(connection, address, self)
        except (OSError, ValueError):
            pass
        finally:
            connection.close()

    def go_away(self, seconds: float):
        with self.leaving:
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes who waits in accept, where a close alone does not
            self.listener.close()
            time.sleep(seconds)
            self.listener = socket.create_server(("127.0.0.1", self.port), backlog=256)

    def fault(self) -> str | None:
        with self.lock:
            self.attempts += 1
            found = self.chance.choice(FAULTS) if self.chance.random() < self.share else None
            if found:
                self.faults[found] += 1
            return found

    def take(self, body: bytes, headers: dict) -> bool:
        """Applies an event unless it was applied before; false when it cannot be."""
        try:
            event = Webhook(self.secret).verify(body, headers)
        except Exception as error:
            self.wrong.append(error)
            return False
        if self.poison and event["data"]["name"].startswith(self.poison):
            return False
        with self.lock:
            if event["id"] in self.seen:
                self.again += 1
                if self.seen[event["id"]] != body:
                    self.wrong.append(f"{event['id']} came with two bodies")
            else:
                self.seen[event["id"]] = body
                self.effects.append((event, time.monotonic()))
        return True

    def inversions(self) -> list:
        """Pairs of events of one subject that were applied in the wrong order."""
        latest, found = {}, []
        for event, _ in self.effects:
            if event["seq"] < latest.get(event["subject"], 0):
                found.append((latest[event["subject"]], event["seq"]))
            latest[event["subject"]] = event["seq"]
        return found

    def wait(self, count: int, timeout: float):
        deadline = time.monotonic() + timeout
        while len(self.effects) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(self.effects) >= count, f"{len(self.effects)} of {count} effects within {timeout} s; faults {dict(self.faults)}"

    def close(self):
        with self.leaving:
            self.is_open = False
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self):
        erp, length, fault = self.server, int(self.headers["Content-Length"]), self.server.fault()
        if fault in ("refuse", "reset"):
            self.rfile.read(length // 2)
            self.reset()
            if fault == "refuse":
                erp.go_away(0.02)
            return
        body = self.rfile.read(length)
        if fault == "error":
            return self.answer(500)
        if fault == "hang":
            time.sleep(erp.hang_s)
            return self.reset()
        taken = erp.take(body, {name.lower(): value for name, value in self.headers.items()})
        if fault == "late":
            time.sleep(erp.hang_s)
        return self.reset() if fault in ("lost", "late") else self.answer(204 if taken else 500)

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.close_connection = True

    def answer(self, status: int):
        self.wfile.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())

    def log_message(self, *_):
        pass
