"""Databases that do not answer for a while, in the ways in which they do that."""

import multiprocessing
import socket
import sqlite3
import subprocess
import threading
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit


class Forwarder:
    """Stands before a PostgreSQL; while it is silent nothing goes either way, and no connection ends."""

    def __init__(self, url: str):
        parts = urlsplit(url)
        self.target = (parts.hostname, parts.port or 5432)
        self.flows = threading.Event()
        self.flows.set()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        port = self.listener.getsockname()[1]
        user = parts.netloc.rpartition("@")[0]
        self.url = urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{port}"))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client: socket.socket):
        self.flows.wait()
        server = socket.create_connection(self.target)
        threading.Thread(target=self._pump, args=(client, server), daemon=True).start()
        self._pump(server, client)

    def _pump(self, source: socket.socket, sink: socket.socket):
        try:
            while data := source.recv(65536):
                self.flows.wait()
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        self.flows.set()
        self.listener.close()

    @contextmanager
    def stalled(self):
        self.flows.clear()
        try:
            yield
        finally:
            self.flows.set()


@contextmanager
def table_locked(url: str):
    """Somebody holds the table of messages, as an administrator's statement would."""
    process = subprocess.Popen(["psql", "-XAtq", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process.stdin.write("begin;\nlock table webhook_receipt in access exclusive mode;\nselect 'held';\n")
    process.stdin.flush()
    assert process.stdout.readline().strip() == "held"
    try:
        yield
    finally:
        process.stdin.write("rollback;\n\\q\n")
        process.stdin.close()
        process.wait(timeout=10)


def _hold(path: str, held, free):
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    connection.execute("begin immediate")
    held.set()
    free.wait()
    connection.execute("rollback")


@contextmanager
def write_locked(url: str):
    """Another process holds the write lock of the file."""
    path = url.removeprefix("sqlite://").split("?")[0]
    context = multiprocessing.get_context("spawn")
    held, free = context.Event(), context.Event()
    process = context.Process(target=_hold, args=(path, held, free), daemon=True)
    process.start()
    assert held.wait(30)
    try:
        yield
    finally:
        free.set()
        process.join(timeout=10)
