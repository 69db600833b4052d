"""A webhook receiver that checks every delivery with the reference library and answers as it is told."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook


class Receiver:
    """Keeps what came; `answers` holds the statuses of the next deliveries, 204 when it is empty."""

    def __init__(self, port: int = 0):
        self.received, self.answers, self.lock = [], [], threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.note(self.path, dict(self.headers), body)
                self.send_response(status)
                if status in (301, 302, 307):
                    self.send_header("Location", receiver.url + "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def note(self, path: str, headers: dict, body: bytes) -> int:
        with self.lock:
            status = self.answers.pop(0) if self.answers else 204
            self.received.append({"path": path, "headers": {name.lower(): value for name, value in headers.items()}, "body": body, "status": status, "at": time.monotonic()})
            return status

    def wait(self, count: int, timeout: float = 20) -> list:
        deadline = time.monotonic() + timeout
        while len(self.received) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(self.received) >= count, f"{len(self.received)} of {count} deliveries came within {timeout} s"
        return self.received

    def close(self):
        self.http.shutdown()
        self.http.server_close()


def verified(delivery: dict, secret: str) -> dict:
    """The event, once its signature, time and form are right."""
    Webhook(secret).verify(delivery["body"], delivery["headers"])
    return json.loads(delivery["body"])
