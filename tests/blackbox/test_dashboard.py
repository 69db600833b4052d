"""Dashboard and alerts ask for what a server that was used really shows: every metric, and every label by which they group or choose."""

import http.server
import json
import re
import subprocess
import threading
import time

import kubernetes_validate
import pytest
import yaml
from support import database
from support.mailbox import Mailbox
from support.proxy import tool
from support.receiver import Receiver
from support.websocket import Socket
from test_deploy import DEPLOY, queries

SAMPLE = re.compile(r"^(omeet_\w+)(?:\{(.*)\})? \S+$", re.M)
PEOPLE = [{"name": "Ana", "email": "ana@example.com"}]


def shown(client) -> dict:
    """Every metric of /metrics with the labels it has."""
    found = {}
    for name, labels in SAMPLE.findall(client.get("/metrics").body.decode()):
        found.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    return found


def asked(query: str) -> dict:
    """Every metric of a query with the labels in its braces; the labels it groups by belong to all of them."""
    grouped = {label.strip() for labels in re.findall(r"\bby ?\(([^)]*)\)", query) for label in labels.split(",")}
    found = {}
    for name, chosen in re.findall(r"\b(omeet_\w+)(?:\{([^}]*)\})?", query):
        found.setdefault(name, set()).update(re.findall(r"(\w+) ?(?:=~|!~|!=|=)", chosen))
        found[name] |= grouped
    return found


class Provider(http.server.BaseHTTPRequestHandler):
    """A stand-in that lets everybody log in, and then fails."""

    def do_POST(self):
        self.answer(200, b'{"access_token": "t", "token_type": "bearer", "expires_in": 3600, "scope": "all"}')

    def do_GET(self):
        self.answer(500, b"{}")

    def answer(self, status: int, body: bytes):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def provider():
    one = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=one.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{one.server_address[1]}"
    one.shutdown()
    one.server_close()


@pytest.fixture
def used(launch, provider):
    """A server at which everything has happened that is counted."""
    mailbox, receiver = Mailbox(), Receiver()
    server = launch(**mailbox.settings(), providers__allow_private_addresses="true")
    client = server.client()
    client.call("webhook.endpoint.create", url=receiver.url)
    client.call("meeting.create", name="Counted", start="2031-01-01T09:00:00Z", participants=PEOPLE)
    settings = {"account_id": "a", "client_id": "b", "client_secret": "c", "host_user": "me@example.org", "api_url": provider, "login_url": provider}
    account = client.call("provider.create", kind="zoom", name="Fails", settings=settings)
    client.respond("provider.test", id=account["id"])
    client.request("POST", "/webhooks/zoom/whatever", b"{}", {"Content-Type": "application/json"})
    client.request("POST", "/jsonrpc", json.dumps({"params": {"service": "common", "method": "version", "args": []}}).encode(), {"Content-Type": "application/json"})
    database.psql(server.database_url, "alter table job rename to job_elsewhere")
    time.sleep(2.5)
    database.psql(server.database_url, "alter table job_elsewhere rename to job")
    receiver.wait(1), mailbox.wait(1)
    with Socket(server.url, server.first_key) as one:
        one.call("event.subscribe")
        yield client
    mailbox.close()
    receiver.close()


@pytest.mark.alone("postgres")
@pytest.mark.goal("S2.31")
def test_every_metric_and_label_that_is_asked_for_is_shown(used):
    own = {"instance", "job", "le"}
    deadline = time.monotonic() + 20
    while missing := lacking(shown(used), own):
        assert time.monotonic() < deadline, missing
        time.sleep(0.5)


def lacking(there: dict, own: set) -> list:
    wanted = [(name, labels - own, query) for query in queries() for name, labels in asked(query).items()]
    return [(name, labels - there.get(name, set()), query) for name, labels, query in wanted if name not in there or labels - there[name]]


@pytest.mark.goal("S2.31")
def test_every_query_of_the_dashboard_parses(tmp_path):
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries())]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = subprocess.run([tool("promtool"), "check", "rules", tmp_path / "rules.yml"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and f"{len(rules)} rules found" in done.stdout, done.stdout + done.stderr


def test_the_dashboard_has_what_grafana_needs():
    dashboard = json.loads((DEPLOY / "grafana/omeet.json").read_text())
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 10
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
    assert len(set(places)) == len(places) and all(x + panel["gridPos"]["w"] <= 24 for (x, _), panel in zip(places, panels, strict=True))
    variables = {variable["name"] for variable in dashboard["templating"]["list"]} | {"__rate_interval"}
    named = set(re.findall(r"\$\{?(\w+)", json.dumps(panels)))
    assert named <= variables, named - variables
    for panel in panels:
        assert panel["title"] and panel["targets"] and panel["datasource"] == {"type": "prometheus", "uid": "${source}"}
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


@pytest.mark.parametrize("name", ["omeet.yaml", "omeet-worker.yaml"])
def test_the_manifests_fit_kubernetes_own_schema(name):
    for manifest in yaml.safe_load_all((DEPLOY / "kubernetes" / name).read_text()):
        kubernetes_validate.validate(manifest, "1.31", strict=True)
        broken = json.loads(json.dumps(manifest).replace('"metadata"', '"metdata"', 1))
        with pytest.raises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(broken, "1.31", strict=True)
