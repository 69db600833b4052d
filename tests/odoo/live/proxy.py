"""What stands between Odoo and omeet: it counts, and can be slow, silent, gone or talk rubbish."""

import socket
import threading

RUBBISH = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\nConnection: close\r\n\r\n<html>no JSON>"


class Proxy:
    def __init__(self, target_port: int):
        self.target_port, self.mode, self.connections = target_port, "pass", 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.held = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(peer, self.mode), daemon=True).start()

    def _serve(self, peer, mode):
        if mode == "pass":
            self._forward(peer)
        elif mode == "silent":
            self.held.append(peer)
        elif mode == "rubbish":
            peer.recv(65536)
            peer.sendall(RUBBISH)
            peer.close()
        elif mode == "dripping":
            self._drip(peer)
        else:
            peer.close()

    def _drip(self, peer):
        """One octet a second: a timeout that only looks at pauses would wait for ever."""
        pause = threading.Event()
        try:
            peer.recv(65536)
            for octet in RUBBISH:
                peer.sendall(bytes([octet]))
                pause.wait(1)
        except OSError:
            pass

    def _forward(self, peer):
        try:
            service = socket.create_connection(("127.0.0.1", self.target_port), timeout=60)
        except OSError:
            peer.close()
            return
        threading.Thread(target=_copy, args=(service, peer), daemon=True).start()
        _copy(peer, service)

    def close(self):
        self.listener.close()


def _copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
