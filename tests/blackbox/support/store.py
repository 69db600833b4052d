"""An S3 server that checks signatures and rights, and a proxy before it that can cut connections."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3

from .server import free_port

BUCKET, PREFIX = "files", "meet/recordings"
# What default.toml says that the key has to be allowed.
MAY = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": MAY, "Resource": f"arn:aws:s3:::{BUCKET}/{PREFIX}/*"}]}
# What docs/operations.md says that Litestream's key has to be allowed.
BACKUPS = "backups"
BACKS_UP = [
    {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{BACKUPS}"},
    {"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload"], "Resource": f"arn:aws:s3:::{BACKUPS}/omeet/*"},
]
BACKUP_POLICY = {"Version": "2012-10-17", "Statement": BACKS_UP}
# Who looks at what the store has: uploads that were never ended, too.
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
# Calls that make the users and the buckets; after them nothing is accepted without a signature.
UNSIGNED_CALLS = 11


class Store:
    def __init__(self, folder: Path):
        self.port = free_port()
        env = os.environ | {"INITIAL_NO_AUTH_ACTION_COUNT": str(UNSIGNED_CALLS)}
        with (folder / "store.log").open("ab") as log:
            self.process = subprocess.Popen([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)], env=env, stdout=log, stderr=log)
        self._wait()
        nobody = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
        iam = self._client("iam", nobody)
        users = [("omeet", POLICY), ("admin", ALL), ("litestream", BACKUP_POLICY)]
        (self.key_id, self.secret), (key_id, secret), self.backup_key = [self._user(iam, user, policy) for user, policy in users]
        for bucket in (BUCKET, BACKUPS):
            self._client("s3", nobody).create_bucket(Bucket=bucket)
        self.s3 = self._client("s3", {"aws_access_key_id": self.key_id, "aws_secret_access_key": self.secret})
        self.admin = self._client("s3", {"aws_access_key_id": key_id, "aws_secret_access_key": secret})

    def _user(self, iam, user: str, policy: dict) -> tuple:
        iam.create_user(UserName=user)
        iam.put_user_policy(UserName=user, PolicyName="files", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=user)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def _wait(self):
        for _ in range(400):
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the S3 server does not start")

    def _client(self, service: str, key: dict):
        return boto3.client(service, endpoint_url=f"http://127.0.0.1:{self.port}", region_name="us-east-1", **key)

    def settings(self, port: int | None = None) -> dict:
        place = {"store_url": f"s3://{BUCKET}/{PREFIX}", "s3_endpoint": f"http://127.0.0.1:{port or self.port}"}
        return {f"recordings__{name}": value for name, value in (place | {"s3_key_id": self.key_id, "s3_secret": self.secret}).items()}

    def read(self, key: str) -> bytes | None:
        try:
            return self.s3.get_object(Bucket=BUCKET, Key=f"{PREFIX}/{key}")["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            return None

    def orphans(self) -> list:
        """Parts of uploads that nobody ended."""
        uploads = self.admin.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
        parts = [self.admin.list_parts(Bucket=BUCKET, Key=of["Key"], UploadId=of["UploadId"]).get("Parts", []) for of in uploads]
        return [part for of in parts for part in of]

    def close(self):
        self.process.kill()
        self.process.wait()


class Cutting:
    """Passes on to an S3 server; cuts the connection of a part before it gets there, so many times. What is held is answered to nobody."""

    def __init__(self, port: int):
        self.cuts, self.taken, self.seen = {}, [], []
        # The step of an upload, and whether the store hears of it: "begin", "complete" or the number of a part.
        self.hold, self.held, self.released = None, threading.Event(), threading.Event()
        cutting = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                part = re.search(r"partNumber=(\d+)", self.path)
                number = int(part.group(1)) if part and self.command == "PUT" else 0
                cutting.seen.append(self.headers.get("Authorization", ""))
                step = number or {True: "complete", False: "begin"}["uploadId=" in self.path] if self.command in ("PUT", "POST") else None
                is_held = cutting.hold is not None and cutting.hold[0] == step
                if is_held and not cutting.hold[1]:
                    return self.leave()
                if cutting.cuts.get(number, 0) > 0:
                    cutting.cuts[number] -= 1
                    return self.connection.shutdown(socket.SHUT_RDWR)
                there = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                there.request(self.command, self.path, body=body, headers=dict(self.headers))
                answer = there.getresponse()
                content = answer.read()
                if is_held:
                    return self.leave()
                if number and answer.status == 200:
                    cutting.taken.append(number)
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                        self.send_header(name, value)
                self.send_header("Content-Length", answer.getheader("Content-Length") or "0" if self.command == "HEAD" else str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def leave(self):
                cutting.held.set()
                cutting.released.wait(30)
                self.close_connection = True

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.port = self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()
