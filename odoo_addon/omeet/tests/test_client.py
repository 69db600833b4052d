"""The client at the wire: a few answers that the real service does not give are faked on a loopback port."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from odoo.tests import tagged

from ..client import Client, MethodNotFound, NotFound, Refused, Unauthorized, Unavailable
from .common import KEY, URL, OmeetCase


@contextmanager
def answering(status=200, body=b"{}", headers=(), pause_s=0, drip_s=0, drip_header_s=0):
    """A server that answers everything the same."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            time.sleep(pause_s)
            try:
                for _octet in range(20 if drip_header_s else 0):
                    self.wfile.write(b"H")
                    time.sleep(drip_header_s)
            except OSError:
                return
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            try:
                self.end_headers()
                for at in range(len(body)) if drip_s else ():
                    self.wfile.write(body[at : at + 1])
                    self.wfile.flush()
                    time.sleep(drip_s)
                if not drip_s:
                    self.wfile.write(body)
            except OSError:
                return  # the client has hung up

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


@tagged("post_install", "-at_install")
class TestClient(OmeetCase):
    def test_real_service_answers(self):
        with Client(URL, KEY) as client:
            self.assertEqual(client.call("server.info")["name"], "omeet")

    def test_an_unknown_key_is_told_apart(self):
        with self.assertRaises(Unauthorized):
            Client(URL, "omk_00000000000000000000000000000000_nothing").call("organization.get")

    def test_unknown_things_and_methods_are_told_apart(self):
        client = Client(URL, KEY)
        with self.assertRaises(NotFound):
            client.call("meeting.get", {"id": "mtg_" + "0" * 32})
        with self.assertRaises(MethodNotFound):
            client.call("meeting.dance")

    def test_a_refusal_names_the_field(self):
        with self.assertRaises(Refused) as caught:
            Client(URL, KEY).call("meeting.create", {"name": ""})
        self.assertEqual(caught.exception.field, "name")

    def test_a_batch_keeps_its_order_and_its_failures(self):
        answers = Client(URL, KEY).batch([("server.info", {}), ("meeting.dance", {}), ("organization.get", {})])
        self.assertEqual(answers[0]["name"], "omeet")
        self.assertIsInstance(answers[1], MethodNotFound)
        self.assertIn("slug", answers[2])

    def test_nobody_there(self):
        with self.assertRaises(Unavailable) as caught:
            Client("http://127.0.0.1:9", "k").call("server.info")
        self.assertEqual(caught.exception.kind, "client.unreachable")

    def test_slow_answers_end_after_the_timeout(self):
        # Odoo's test harness stretches the timeout of requests: what is seen here is our own clock.
        for slow in ({"pause_s": 2}, {"drip_s": 0.3, "body": b" " * 60}, {"drip_header_s": 0.3}):
            with answering(**slow) as (url, _asked), self.subTest(slow):
                began = time.monotonic()
                with self.assertRaises(Unavailable) as caught:
                    Client(url, "k", timeout_s=1).call("server.info")
                self.assertEqual(caught.exception.kind, "client.timeout")
                self.assertLess(time.monotonic() - began, 1.5)

    def test_rubbish_is_no_answer(self):
        for body in (b"", b"<html>", b"[]", b"null", b"7", b'{"error": 5}', b'{"jsonrpc": "2.0", "id": 1}', b"\xff\xfe"):
            with answering(body=body) as (url, _asked), self.subTest(body), self.assertRaises(Unavailable):
                Client(url, "k").call("server.info")

    def test_redirects_are_not_followed(self):
        with answering(body=b'{"result": {}}') as (elsewhere, asked):
            with answering(status=302, headers=[("Location", elsewhere)]) as (url, _asked), self.assertRaises(Unavailable):
                Client(url, "k").call("server.info")
            self.assertEqual(asked, [])

    def test_errors_of_the_service_that_pass_are_not_refusals(self):
        for code in (-32603, -32008, -32029, -32050):
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": "busy", "data": {"retry_after_s": 7}}}).encode()
            with answering(body=body) as (url, _asked), self.subTest(code):
                with self.assertRaises(Unavailable) as caught:
                    Client(url, "k").call("server.info")
                self.assertEqual(caught.exception.retry_after_s, 7)

    def test_the_key_is_a_header_and_nowhere_else(self):
        with answering(body=b'{"jsonrpc": "2.0", "id": 1, "result": 1}') as (url, asked):
            client = Client(url, "omk_secret")
            client.call("server.info", actor={"id": "7"}, idempotency_key="once")
        headers, body = asked[0]
        self.assertEqual(headers["Authorization"], "Bearer omk_secret")
        self.assertEqual(json.loads(body)["params"], {"actor": {"id": "7"}, "idempotency_key": "once"})
        self.assertNotIn("omk_secret", repr(client) + body.decode())
