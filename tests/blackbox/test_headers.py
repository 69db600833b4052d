"""S8, S9: what every page says to the browser, and what it never says."""

import re

import pytest
from support.rpc import Client

DIRECTIVES = {"default-src": "'none'", "frame-ancestors": "'none'", "base-uri": "'none'"}


@pytest.fixture(scope="session")
def pages(server, client) -> dict:
    """Path -> answer of every HTML route, in each of its states that a GET shows."""
    public = client.call("meeting.instant", name="Headers")
    future = client.call("meeting.create", name="Later", start="2031-01-01T09:00:00Z", participants=[{"name": "Ana", "email": "ana@example.com"}])
    secret = client.call("meeting.instant", name="Locked", options={"password": "open sesame"})
    invited = client.call("meeting.instant", name="Invited", access="invited")
    over = client.call("meeting.instant", name="Over")
    client.call("meeting.start", id=over["id"])
    client.call("meeting.end", id=over["id"])
    ticket = future["participants"][0]["join_url"].removeprefix(server.url)
    paths = ["/", "/docs", ticket, "/j/zzzzzzzzzz", "/nowhere", *(f"/j/{one['room_code']}" for one in [public, future, secret, invited, over])]
    visitor = Client(server.url)
    return {path: visitor.get(path, Accept="text/html") for path in paths}


def policy(answer) -> dict:
    parts = answer.headers["content-security-policy"].split(";")
    return {name: value for name, _, value in (part.strip().partition(" ") for part in parts if part.strip())}


@pytest.mark.goal("S9")
def test_every_page_has_the_strict_headers(pages):
    for path, answer in pages.items():
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer", path
        assert "text/html" in headers["content-type"] and "utf-8" in headers["content-type"].lower(), path
        assert "server" not in headers and "x-powered-by" not in headers, path


@pytest.mark.goal("S9")
def test_the_policy_allows_no_inline_and_no_framing(pages):
    for path, answer in pages.items():
        rules = policy(answer)
        for name, value in DIRECTIVES.items():
            assert rules[name] == value, (path, rules)
        text = answer.headers["content-security-policy"]
        assert "unsafe-inline" not in text and "unsafe-eval" not in text and "*" not in text, (path, text)
        assert "data:" not in rules.get("script-src", "") and "form-action" in rules, (path, rules)


@pytest.mark.goal("S9")
def test_no_page_has_inline_script_style_or_handlers(pages):
    for path, answer in pages.items():
        html = answer.body.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)", html), path
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html), path


@pytest.mark.goal("S8")
def test_join_pages_are_never_stored_and_carry_no_token(pages):
    for path, answer in pages.items():
        if path.startswith("/j/"):
            assert "no-store" in answer.headers["cache-control"], path
        assert not re.search(rb"eyJ[A-Za-z0-9_-]{8,}\.eyJ", answer.body), path


@pytest.mark.goal("S9")
def test_the_policy_names_the_jitsi_in_use_and_nothing_else(pages):
    for path, answer in pages.items():
        hosts = set(re.findall(r"https?://[^\s;]+", answer.headers["content-security-policy"]))
        assert hosts <= {"https://meet.example.org"}, (path, hosts)


@pytest.mark.goal("S9")
def test_assets_are_what_they_say(server, pages):
    visitor, seen = Client(server.url), set()
    for answer in pages.values():
        seen |= set(re.findall(r'(?:src|href)="(/assets/[^"]+)"', answer.body.decode()))
    assert seen
    for path in seen:
        asset = visitor.get(path)
        kind = {"js": "javascript", "css": "text/css", "svg": "image/svg", "png": "image/png", "ico": "image/", "woff2": "font/"}[path.split("?")[0].rsplit(".", 1)[1]]
        assert asset.status == 200 and kind in asset.headers["content-type"], path
        assert asset.headers["x-content-type-options"] == "nosniff"
    assert visitor.get("/assets/../Cargo.toml").status in (400, 404)
    assert visitor.get("/assets/%2e%2e/%2e%2e/etc/passwd").status in (400, 404)


@pytest.mark.goal("S5")
def test_unknown_codes_look_alike_whatever_they_are(server, pages):
    visitor = Client(server.url)
    first = visitor.get("/j/zzzzzzzzzz")
    assert first.status == 404
    for code in ["zzz-zzzz-zzy", "short", "UPPERCASE1", "a" * 400, "%3Cscript%3E"]:
        answer = visitor.get(f"/j/{code}")
        assert answer.status in (404, 429), code
        assert b"script>" not in answer.body.replace(b"</script>", b"")


@pytest.mark.goal("S5")
def test_guessing_codes_is_throttled_and_a_right_code_is_not(launch):
    server = launch(server__trusted_proxies="192.0.2.1")
    made, visitor = server.client().call("meeting.instant", name="Found"), Client(server.url)
    answers = [visitor.get(f"/j/zzzzzzzz{a}{b}").status for a in "abcde" for b in "abcdefgh"]
    assert answers[0] == 404 and answers.count(429) >= 25, answers
    assert made["room_code"] and visitor.get(f"/j/{made['room_code']}").status in (200, 429)


@pytest.mark.goal("operations")
def test_health_metrics_and_keys(server):
    visitor = Client(server.url)
    assert visitor.get("/healthz").status == 200 and visitor.get("/readyz").status == 200
    metrics = visitor.get("/metrics")
    assert metrics.status == 200 and b"# TYPE" in metrics.body
    assert visitor.get("/.well-known/jwks.json").json()["keys"] is not None
    assert visitor.get("/keys/" + "0" * 64 + ".pem").status == 404
