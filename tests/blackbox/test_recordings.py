"""S2.21, C12: recordings go into a bucket of an S3-compatible store, and come back from omeet only. The store is another program that checks every
signature and every right."""

import hashlib
import json
import random
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support import database
from support.rpc import Client
from support.server import free_port
from support.store import BUCKET, PREFIX, Cutting, Store

pytestmark = [pytest.mark.goal("S2.21"), pytest.mark.alone("sqlite")]
SECRET = "0123456789abcdef0123456789abcdef"
MIB = 1 << 20
SETTLED_WITHIN_S = 60
CONTENT = random.Random(7).randbytes(20 * MIB)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("store"))
    yield store
    store.close()


@pytest.fixture
def files():
    """Where Jibri keeps what it recorded: /<octets> is a file of that size."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Jibri)
    http.daemon_threads, http.ranges, http.halfway, http.released = True, [], None, threading.Event()
    threading.Thread(target=http.serve_forever, daemon=True).start()
    http.url = f"http://127.0.0.1:{http.server_address[1]}"
    yield http
    http.released.set()
    http.shutdown()
    http.server_close()


class Jibri(BaseHTTPRequestHandler):
    """Goes on where it is asked to; sends half of the first answer where `halfway` is an event, and then nothing more."""

    def do_GET(self):
        content, asked = CONTENT[: int(self.path[1:])], self.headers.get("Range")
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        self.server.ranges.append(start)
        if start >= len(content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Type", "video/mp4")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        halfway, self.server.halfway = self.server.halfway, None
        if halfway is None:
            return self.wfile.write(content[start:])
        self.wfile.write(content[start : len(content) // 2])
        halfway.set()
        self.server.released.wait(60)

    def log_message(self, *_):
        pass


class House:
    """An organization with a Jitsi that records."""

    def __init__(self, server, files):
        self.server, self.files, self.client = server, files.url, server.client()
        settings = {"server_url": "https://jitsi.example.org", "webhook_secret": SECRET}
        self.account = self.client.call("provider.create", kind="jitsi", name="Jitsi", settings=settings)["id"]

    def record(self, octets: int) -> dict:
        """The recording, as it is found."""
        meeting = self.client.call("meeting.instant", name="Weekly")
        room = self.client.call("meeting.join", id=meeting["id"], display_name="Eve")["room"]
        told = {"meeting_url": f"https://jitsi.example.org/{room}", "file": f"{uuid.uuid4()}.mp4", "url": f"{self.files}/{octets}", "size_bytes": octets}
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {SECRET}"}
        answer = self.client.request("POST", f"/webhooks/jitsi/{self.account}/recording", json.dumps(told).encode(), headers)
        assert answer.status == 200, answer
        return wait(lambda: next(iter(self.client.call("recording.list", meeting_id=meeting["id"])["items"]), None))

    def stored(self, recording: dict) -> dict:
        def look():
            found = self.client.call("recording.get", id=recording["id"])
            return found if found["state"] != "fetching" else None

        return wait(look)

    def download(self, recording: dict, **headers):
        url = self.client.call("recording.download_url", id=recording["id"])["url"]
        assert url.startswith(f"{self.server.url}/recordings/"), "from omeet, not from the store"
        return Client(self.server.url).request("GET", url.removeprefix(self.server.url), headers=headers)

    def key(self, recording: dict) -> str:
        (organization,) = {path.name for path in self.server.folder.glob("recordings/*")}
        return f"{organization}/{recording['id']}.bin"

    def after_a_kill(self):
        """Another process goes on, two minutes later: the lease of what ran is over."""
        database.change(self.server.database_url, "update job set lease_until = 0 where kind = 'recording.fetch'")
        self.server.start()

    def left_in_folder(self) -> list:
        return [path.name for path in self.server.folder.glob("recordings/**/*") if path.is_file()]


def wait(look):
    began = time.monotonic()
    while time.monotonic() - began < SETTLED_WITHIN_S:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come about in time")



def begin(launch, files, **settings) -> House:
    return House(launch(providers__allow_private_addresses="true", **settings), files)


@pytest.mark.parametrize("octets", [100_000, 20 * MIB], ids=["in one call", "part by part"])
def test_a_recording_goes_into_the_bucket_and_comes_back_from_omeet(launch, files, store, octets):
    house = begin(launch, files, **store.settings())
    found = house.stored(house.record(octets))
    assert (found["state"], found["size_bytes"], found["sha256"]) == ("stored", octets, hashlib.sha256(CONTENT[:octets]).hexdigest())
    key = house.key(found)
    assert store.read(key) == CONTENT[:octets] and wait(lambda: house.left_in_folder() == [])
    whole, end = house.download(found), house.download(found, Range=f"bytes={octets - 5}-")
    assert (whole.status, whole.body, whole.headers["content-type"]) == (200, CONTENT[:octets], "video/mp4")
    assert (end.status, end.body, end.headers["content-range"]) == (206, CONTENT[octets - 5 : octets], f"bytes {octets - 5}-{octets - 1}/{octets}")
    assert store.secret not in house.server.log_text()
    house.client.call("recording.delete", id=found["id"])
    assert wait(lambda: store.read(key) is None)


def test_an_upload_goes_on_where_it_was_cut_off(launch, files, store):
    cutting = Cutting(store.port)
    # The library tries a part again twice; the third cut ends the attempt.
    cutting.cuts = {2: 3}
    house = begin(launch, files, **store.settings(cutting.port))
    found = house.stored(house.record(20 * MIB))
    assert (found["state"], found["error"]) == ("stored", None) and cutting.cuts == {2: 0}
    assert cutting.taken == [1, 2, 3], "no part twice"
    assert store.read(house.key(found)) == CONTENT and wait(lambda: house.left_in_folder() == [])
    assert house.download(found).body == CONTENT
    cutting.close()


STEPS = [("begin", True), (2, False), (2, True), ("complete", False), ("complete", True)]


@pytest.mark.parametrize(("step", "heard"), STEPS, ids=[f"{step}, {'done' if heard else 'not done'} by the store" for step, heard in STEPS])
def test_a_process_that_is_killed_during_an_upload_leaves_one_whole_file(launch, files, store, step, heard):
    cutting = Cutting(store.port)
    cutting.hold = (step, heard)
    house = begin(launch, files, **store.settings(cutting.port))
    found = house.record(20 * MIB)
    assert cutting.held.wait(SETTLED_WITHIN_S)
    house.server.kill()
    cutting.hold = None
    cutting.released.set()
    house.after_a_kill()
    found = house.stored(found)
    assert (found["state"], found["sha256"]) == ("stored", hashlib.sha256(CONTENT).hexdigest()), found
    assert store.read(house.key(found)) == CONTENT and wait(lambda: house.left_in_folder() == [])
    assert store.orphans() == [], "no part that nobody will end"
    assert files.ranges == [0], "it is not fetched again"
    cutting.close()


@pytest.mark.parametrize("is_whole", [False, True], ids=["halfway", "with the last octet written"])
def test_a_process_that_is_killed_during_a_download_leaves_one_whole_file(launch, files, store, is_whole):
    files.halfway = threading.Event()
    halfway = files.halfway
    house = begin(launch, files, **store.settings())
    found = house.record(20 * MIB)
    assert halfway.wait(SETTLED_WITHIN_S)
    wait(lambda: [path for path in house.server.folder.glob("recordings/**/*.part") if path.stat().st_size == 10 * MIB])
    house.server.kill()
    (part,) = house.server.folder.glob("recordings/**/*.part")
    if is_whole:
        part.write_bytes(CONTENT)
    house.after_a_kill()
    found = house.stored(found)
    assert (found["state"], found["sha256"]) == ("stored", hashlib.sha256(CONTENT).hexdigest()), found
    assert store.read(house.key(found)) == CONTENT and wait(lambda: house.left_in_folder() == [])
    assert files.ranges == ([0, 20 * MIB, 0] if is_whole else [0, 10 * MIB]), files.ranges
    assert store.orphans() == []


def test_a_copy_that_a_killed_process_left_is_removed(launch, files, store):
    """It wrote down that the bucket has it, and was killed before it removed its own."""
    house = begin(launch, files, **store.settings())
    found = house.stored(house.record(1000))
    wait(lambda: house.left_in_folder() == [])
    house.server.stop()
    left = house.server.folder / "recordings" / house.key(found)
    left.write_bytes(CONTENT[:1000])
    payload = json.dumps({"recording": found["id"]})
    columns = "id, org_id, kind, unique_key, payload, run_at, attempts, state, created_at"
    values = f"randomblob(16), org_id, 'recording.fetch', '{found['id']}', '{payload}', 0, 1, 'ready', 0"
    database.change(house.server.database_url, f"insert into job ({columns}) select {values} from recording")
    house.server.start()
    assert wait(lambda: house.left_in_folder() == [])
    assert store.read(house.key(found)) == CONTENT[:1000]


def test_a_file_is_deleted_although_the_store_was_away(launch, files, store):
    gone = free_port()
    house = begin(launch, files, **store.settings())
    found = house.stored(house.record(1000))
    key = house.key(found)
    house.server.stop()
    house.server.extra["OMEET_RECORDINGS__S3_ENDPOINT"] = f"http://127.0.0.1:{gone}"
    house.server.start()
    assert house.download(found).status == 404
    house.client.call("recording.delete", id=found["id"])
    job = wait(lambda: next((job for job in house.client.call("job.list", kind="recording.remove")["items"] if job["last_error"]), None))
    assert job["state"] == "ready" and store.read(key) is not None
    house.server.stop()
    house.server.extra |= {f"OMEET_{name.upper()}": value for name, value in store.settings().items()}
    house.server.start()
    assert wait(lambda: store.read(key) is None)


def test_what_was_kept_before_a_change_is_found_where_it_is(launch, files, store):
    house = begin(launch, files)
    in_folder = house.stored(house.record(1000))
    plain = dict(house.server.extra)
    house.server.stop()
    house.server.extra |= {f"OMEET_{name.upper()}": value for name, value in store.settings().items()}
    house.server.start()
    in_bucket = house.stored(house.record(2000))
    assert [house.download(each).body for each in (in_folder, in_bucket)] == [CONTENT[:1000], CONTENT[:2000]]
    house.server.stop()
    house.server.extra = plain
    house.server.start()
    assert [house.download(each).status for each in (in_folder, in_bucket)] == [200, 404]
    done = house.server.run("doctor")
    assert "FAIL  recordings: 1 are in another bucket" in done.stdout, done.stdout


def test_the_doctor_tries_the_store(launch, files, store):
    server = launch(**store.settings())
    done = server.run("doctor")
    assert f"ok    store of recordings: s3://{BUCKET}/{PREFIX} takes a file" in done.stdout, done.stdout
    assert store.read("omeet-doctor") is None
    for wrong, says in [({"s3_secret": "wrong"}, "cannot be written to"), ({"store_url": "s3://elsewhere"}, "cannot be written to"), ({"s3_endpoint": f"http://127.0.0.1:{free_port()}"}, "")]:
        server.extra |= {f"OMEET_{name.upper()}": value for name, value in store.settings().items()}
        server.extra |= {f"OMEET_RECORDINGS__{name.upper()}": value for name, value in wrong.items()}
        done = server.run("doctor")
        assert done.returncode == 1 and "FAIL  store of recordings" in done.stdout and says in done.stdout, done.stdout
        assert store.secret not in done.stdout + done.stderr
