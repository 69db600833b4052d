"""S15: a page of somebody else's in a browser gets nothing done here."""

import pytest
from support.websocket import Socket
from websockets.exceptions import InvalidStatus

CALL = {"jsonrpc": "2.0", "id": 1, "method": "meeting.create", "params": {"name": "Crossed", "start": "2031-01-01T09:00:00Z"}}
FOREIGN = ["http://evil.example", "null", "https://127.0.0.1.evil.example", "http://localhost:1", "file://", "http://127.0.0.1:1", ""]


@pytest.mark.goal("S15")
@pytest.mark.parametrize("origin", FOREIGN)
def test_foreign_origins_are_refused_on_post(client, origin):
    before = client.call("meeting.count")
    assert client.post(CALL, {"Origin": origin}).status == 403
    assert client.call("meeting.count") == before


@pytest.mark.goal("S15")
@pytest.mark.parametrize("origin", FOREIGN)
def test_foreign_origins_are_refused_on_websocket(server, origin):
    with pytest.raises(InvalidStatus) as refused:
        Socket(server.url, server.first_key, headers={"Origin": origin})
    assert refused.value.response.status_code == 403


@pytest.mark.goal("S15")
def test_our_own_origin_and_none_are_welcome(server, client):
    assert client.post(CALL, {"Origin": server.url}).status == 200
    with Socket(server.url, server.first_key, origin=server.url) as own:
        assert own.call("server.info")


@pytest.mark.goal("S15")
def test_a_configured_origin_is_welcome(launch):
    server = launch(server__allowed_origins="https://erp.example.org")
    assert server.client().post(CALL, {"Origin": "https://erp.example.org"}).status == 200
    assert server.client().post(CALL, {"Origin": "https://erp.example.org.evil.example"}).status == 403


@pytest.mark.goal("S15")
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "application/jsonp", "text/json", "application/json, text/plain"])
def test_only_json_is_taken(client, kind):
    before = client.call("meeting.count")
    assert client.post(CALL, {"Content-Type": kind}).status == 415
    assert client.call("meeting.count") == before


@pytest.mark.goal("S15")
@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"])
def test_json_by_its_usual_names_is_taken(client, kind):
    assert client.post(CALL, {"Content-Type": kind}).status == 200


@pytest.mark.goal("S15")
@pytest.mark.parametrize("path", ["/rpc", "/", "/docs", "/openrpc.json", "/healthz", "/metrics"])
def test_no_door_is_opened_to_other_origins(client, path):
    for method in ["OPTIONS", "GET"]:
        headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        answer = client.request(method, path, headers=headers)
        assert answer.headers.get("access-control-allow-origin") is None, answer
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.goal("S15")
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"])
def test_other_verbs_do_nothing(client, method):
    assert client.request(method, "/rpc").status in (405, 400, 426)
