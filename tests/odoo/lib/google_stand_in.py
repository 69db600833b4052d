"""A stand-in for Google's consent, tokens and free/busy, on a free loopback port, which it prints. Everybody agrees, as ana@example.org."""

import base64
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

CLAIMS = base64.urlsafe_b64encode(json.dumps({"email": "ana@example.org"}).encode()).decode().rstrip("=")
TOKEN = {"access_token": "a", "refresh_token": "r", "expires_in": 3600, "token_type": "Bearer", "id_token": f"e30.{CLAIMS}.e30"}
ANSWERS = {"/token": TOKEN, "/revoke": {}, "/calendar/v3/freeBusy": {"calendars": {"primary": {"busy": []}}}}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        asked = parse_qs(urlsplit(self.path).query)
        back = f"{asked['redirect_uri'][0]}?{urlencode({'state': asked['state'][0], 'code': 'c'})}"
        self.answer(303, {"Location": back}, b"")

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.answer(200, {"Content-Type": "application/json"}, json.dumps(ANSWERS[urlsplit(self.path).path]).encode())

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
