"""A stand-in for a Jitsi server on a free loopback port, which it prints: it serves what a browser loads, and carries no call."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SCRIPT = b"""window.JitsiMeetExternalAPI = class {
  constructor(domain, { roomName, parentNode, userInfo }) {
    this.frame = document.createElement("div");
    this.frame.dataset.room = roomName;
    this.frame.textContent = `${userInfo?.displayName ?? ""} in ${roomName}`;
    parentNode.append(this.frame);
    window.jitsiStandIn = { domain, roomName, userInfo };
  }
  getIFrame() { return this.frame; }
  addListener() {}
  addEventListener() {}
  executeCommand() {}
  dispose() { this.frame.remove(); }
};"""
CONFIG = b"var config = { hosts: { domain: 'meet.jitsi', muc: 'muc.meet.jitsi' }, bosh: '/http-bind' };"
ROOM = b'<!doctype html><html lang="en"><title>Room</title><h1>Room</h1>'


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        script = {"/external_api.js": SCRIPT, "/config.js": CONFIG}.get(self.path.split("?")[0])
        body = script or ROOM
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if script else "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cross-Origin-Resource-Policy", "cross-origin")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
