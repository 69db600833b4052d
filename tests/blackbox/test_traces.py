"""OpenTelemetry traces: a call, the job that it enqueued, the provider's API and the webhook are one trace, in whatever process they run."""

import http.server
import json
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from support.collector import Collector
from support.receiver import Receiver

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
MEETING = {"name": "Canary name", "start": "2031-01-01T09:00:00Z"}
SETTINGS = {"account_id": "a", "client_id": "b", "client_secret": "canary-secret", "host_user": "canary-host@example.org"}


class Zoom(http.server.BaseHTTPRequestHandler):
    """A stand-in that gives tokens and makes meetings, and keeps what it was sent."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path.split("?")[0], self.headers.get("traceparent")))
        if "token" in self.path:
            self.answer(200, {"access_token": "canary-token", "token_type": "bearer", "expires_in": 3600, "scope": "all"})
        else:
            self.answer(201, {"id": 81234567890, "uuid": "u", "join_url": "https://zoom.example.org/j/81234567890?pwd=canary-pwd", "agenda": ""})

    def answer(self, status: int, body: dict):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(json.dumps(body))))
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def zoom():
    one = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Zoom)
    one.asked, one.url = [], f"http://127.0.0.1:{one.server_address[1]}"
    threading.Thread(target=one.serve_forever, daemon=True).start()
    yield one
    one.shutdown()
    one.server_close()


@pytest.fixture
def collector(monkeypatch):
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")  # milliseconds between batches
    one = Collector()
    yield one
    one.close()


@pytest.fixture
def receiver():
    one = Receiver()
    yield one
    one.close()


def call(client, method: str, traceparent: str | None, **params) -> dict:
    answer = client.post(client.message(method, params), {"traceparent": traceparent} if traceparent else {}).json()
    return answer["result"]


@pytest.mark.goal("traces")
def test_a_call_its_job_the_provider_and_the_webhook_are_one_trace(launch, zoom, collector, receiver):
    server = launch(**collector.settings(providers__allow_private_addresses="true"))
    client = server.client()
    client.call("webhook.endpoint.create", url=receiver.url)
    account = client.call("provider.create", kind="zoom", name="Zoom", settings=SETTINGS | {"api_url": zoom.url, "login_url": zoom.url})
    call(client, "meeting.create", f"00-{TRACE}-{CALLER}-01", provider_id=account["id"], **MEETING)
    spans = collector.wait_for("POST /rpc", "meeting.create", "provider.sync", "POST other", "webhook.deliver", trace=TRACE)
    assert spans["POST /rpc"].parent == CALLER and spans["POST /rpc"].kind == "SPAN_KIND_SERVER"
    assert spans["meeting.create"].parent == spans["POST /rpc"].id
    assert spans["provider.sync"].parent == spans["meeting.create"].id and spans["provider.sync"].kind == "SPAN_KIND_CONSUMER"
    assert spans["POST other"].parent == spans["provider.sync"].id and spans["POST other"].attributes["server.address"] == "127.0.0.1"
    assert spans["webhook.deliver"].kind == "SPAN_KIND_CLIENT" and spans["webhook.deliver"].attributes["http.response.status_code"] == 204
    assert spans["POST /rpc"].resource["service.name"] == "omeet"
    ids = {span.id for span in collector.spans() if span.trace == TRACE}
    sent = [header for _, header in zoom.asked] + [one["headers"]["traceparent"] for one in receiver.received if b"meeting.created" in one["body"]]
    assert len(zoom.asked) == 2 and len(sent) == 3
    assert all(header.split("-")[1] == TRACE and header.split("-")[2] in ids and header.endswith("-01") for header in sent), sent
    assert b"canary" not in b"".join(one["body"] for one in collector.received).lower(), "spans name nobody and hold no secret"


@pytest.mark.goal("traces")
def test_a_cause_outlives_the_process(launch, collector, receiver):
    """What a dead process left behind is delivered by the next one, in the trace of the call."""
    server = launch(**collector.settings())
    client = server.client()
    port = receiver.http.server_address[1]
    client.call("webhook.endpoint.create", url=receiver.url)
    receiver.close()
    call(client, "meeting.create", f"00-{TRACE}-{CALLER}-01", **MEETING)
    time.sleep(0.5)
    server.kill()
    again = Receiver(port)
    server.start()
    again.wait(1, timeout=60)
    delivered = collector.wait_for("webhook.deliver", trace=TRACE)["webhook.deliver"]
    assert again.received[0]["headers"]["traceparent"].split("-")[1] == TRACE and delivered.attributes["omeet.delivery.attempt"] >= 1
    again.close()


@pytest.mark.goal("traces")
@pytest.mark.parametrize("ratio", ["1", "0"])
def test_jobs_that_are_done_together_are_one_span_that_names_every_origin(launch, collector, receiver, ratio):
    """Two calls of two traces: their reminders fall due together, and are one unit of work."""
    client = launch(**collector.settings(telemetry__sample_ratio=ratio)).client()
    client.call("webhook.endpoint.create", url=receiver.url, event_types=["meeting.reminder"])
    client.call("notification.settings.put", reminder_min=[1])
    traces = [TRACE, TRACE[::-1]]
    start = (datetime.now(UTC) + timedelta(seconds=65)).isoformat()
    for trace in traces:
        call(client, "meeting.create", f"00-{trace}-{CALLER}-01", name="Canary name", start=start)
    receiver.wait(2, timeout=60)
    together = collector.wait_for("notification.remind")["notification.remind"]
    assert together.kind == "SPAN_KIND_CONSUMER" and together.attributes["omeet.job.count"] == 2
    assert together.trace not in traces and together.parent == "", "caused by both, it is part of neither"
    spans = {(span.trace, span.id): span for span in collector.spans()}
    assert sorted(trace for trace, _ in together.links) == sorted(traces) and all(link in spans for link in together.links), together.links
    delivered = [one["headers"]["traceparent"].split("-")[1] for one in receiver.received]
    assert delivered == [together.trace] * 2, "what comes of it goes on in its trace"


@pytest.mark.goal("traces")
def test_what_is_not_to_be_traced_is_not(launch, collector):
    server = launch(**collector.settings(telemetry__sample_ratio="0"))
    client = server.client()
    call(client, "meeting.list", None)
    call(client, "meeting.list", "rubbish")
    call(client, "meeting.list", f"00-{TRACE}-{CALLER}-00")
    for path in ("/healthz", "/readyz", "/metrics", "/j/abc-defg-hij"):
        client.request("GET", path, None, {"traceparent": f"00-{TRACE}-{CALLER}-01"})
    call(client, "meeting.list", f"00-{TRACE[:-1]}7-{CALLER}-01")
    server.stop()
    assert {span.trace for span in collector.spans()} == {f"{TRACE[:-1]}7"}, "only whoever called wanted to be followed"
    assert {span.name for span in collector.spans()} == {"POST /rpc", "meeting.list"}


@pytest.mark.goal("traces")
def test_addresses_that_are_keys_are_in_no_span(launch, collector):
    client = launch(**collector.settings()).client()
    path = "/j/" + client.call("meeting.create", **MEETING)["join_url"].rsplit("/", 1)[1]
    client.request("GET", path, None, {"traceparent": f"00-{TRACE}-{CALLER}-01"})
    page = collector.wait_for("GET /j/{code}")["GET /j/{code}"]
    assert page.trace != TRACE, "a browser's header is not believed"
    assert path.encode() not in b"".join(one["body"] for one in collector.received)


@pytest.mark.goal("traces")
def test_a_collector_that_is_down_costs_nobody_anything(launch, collector):
    collector.answers = [503] * 3
    server = launch(**collector.settings())
    client = server.client()
    began = time.monotonic()
    for _ in range(50):
        client.call("meeting.list")
    assert time.monotonic() - began < 5
    collector.wait(3, timeout=40)
    client.call("meeting.list")
    collector.wait_for("meeting.list")
    assert server.log_text().count("the collector of traces does not take them") == 1 and "takes traces again" in server.log_text()


@pytest.mark.goal("traces")
def test_without_a_collector_nothing_is_traced(launch, receiver):
    client = launch().client()
    client.call("webhook.endpoint.create", url=receiver.url)
    call(client, "meeting.create", f"00-{TRACE}-{CALLER}-01", **MEETING)
    assert "traceparent" not in receiver.wait(1)[0]["headers"]
