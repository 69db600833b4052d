"""JSON-RPC 2.0, section 7 of its specification with methods of ours, over HTTP and WebSocket."""

import json
import uuid

import pytest
from support.websocket import Socket

SILENCE_S = 1


def call(id, method="meeting.count", params=None) -> dict:
    return {"jsonrpc": "2.0", "method": method, "params": params or {}} | ({} if id is None else {"id": id})


def by_http(client, raw: str):
    """(whether there was an answer, the answer)"""
    answer = client.post(raw.encode())
    assert answer.status in (200, 204), answer
    assert (answer.status == 204) == (answer.body == b""), answer
    return json.loads(answer.body) if answer.body else None


def by_websocket(client, raw: str):
    """The answer, or None when none comes."""
    with Socket(client.url, client.key) as socket:
        socket.send(raw)
        try:
            return socket.receive(timeout=SILENCE_S)
        except TimeoutError:
            assert socket.call("meeting.count"), "the connection goes on"
            return None


@pytest.fixture(params=[by_http, by_websocket], ids=["http", "websocket"])
def say(request, client):
    return lambda message: request.param(client, message if isinstance(message, str) else json.dumps(message))


def is_error(answer, code: int, id=None) -> bool:
    return answer["jsonrpc"] == "2.0" and answer["error"]["code"] == code and answer["id"] == id and "result" not in answer


@pytest.mark.goal("JSON-RPC 7")
def test_named_parameters_in_any_order(say):
    first = say(call(3, "meeting.create", {"name": "Order", "start": "2031-01-01T09:00:00Z", "idempotency_key": (key := uuid.uuid4().hex)}))
    second = say(call(3, "meeting.create", {"idempotency_key": key, "start": "2031-01-01T09:00:00Z", "name": "Order"}))
    assert first == second and first["id"] == 3 and first["jsonrpc"] == "2.0"


@pytest.mark.goal("JSON-RPC 7")
@pytest.mark.parametrize("params", [[42, 23], ["x"], "bar", 7, True])
def test_parameters_are_by_name_only(say, params):
    answer = say({"jsonrpc": "2.0", "id": 1, "method": "meeting.count", "params": params})
    assert answer["id"] == 1 and answer["error"]["code"] in (-32602, -32600), answer


@pytest.mark.goal("JSON-RPC 7")
@pytest.mark.parametrize("params", [{}, [], None])
def test_no_parameters_is_no_error(say, params):
    assert "result" in say({"jsonrpc": "2.0", "id": 1, "method": "meeting.count"} | ({} if params is None else {"params": params}))


@pytest.mark.goal("JSON-RPC 7")
def test_a_notification_has_its_effect_and_no_answer(client, say):
    name = f"Notified {uuid.uuid4()}"
    assert say(call(None, "meeting.create", {"name": name, "start": "2031-01-01T09:00:00Z"})) is None
    assert client.call("meeting.count", text=name) == {"count": 1}
    assert say(call(None, "no.such_method")) is None


@pytest.mark.goal("JSON-RPC 7")
def test_an_unknown_method(say):
    assert is_error(say(call("1", "foobar")), -32601, "1")


@pytest.mark.goal("JSON-RPC 7")
@pytest.mark.parametrize("text", ['{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]', '[{"jsonrpc": "2.0", "method": "sum", "id": "1"},{"jsonrpc": "2.0", "method"', "{", "nul"])
def test_text_that_is_no_json(say, text):
    assert is_error(say(text), -32700)


@pytest.mark.goal("JSON-RPC 7")
@pytest.mark.parametrize(
    "message",
    [
        {"jsonrpc": "2.0", "method": 1, "params": "bar"},
        {"jsonrpc": "2.0", "id": None},
        {"method": "meeting.count"},
        {"jsonrpc": "1.0", "method": "meeting.count"},
        [],
        1,
        "text",
        None,
        True,
    ],
)
def test_json_that_is_no_request(say, message):
    assert is_error(say(json.dumps(message)), -32600)


@pytest.mark.goal("JSON-RPC 7")
@pytest.mark.parametrize("id", [0, 1, -1, 1.5, 2**64, 2**70, "", "a", "x" * 300, None, "\u2028"])
def test_every_kind_of_id_is_given_back(say, id):
    answer = say({"jsonrpc": "2.0", "id": id, "method": "meeting.count", "params": {}})
    assert answer["id"] == id and "result" in answer


@pytest.mark.goal("JSON-RPC 7")
@pytest.mark.parametrize("id", [{}, [], [1], True, {"a": 1}])
def test_an_id_that_cannot_be_one(say, id):
    assert is_error(say({"jsonrpc": "2.0", "id": id, "method": "meeting.count", "params": {}}), -32600)


@pytest.mark.goal("JSON-RPC 7")
def test_a_batch_of_nonsense(say):
    assert is_error(say([1])[0], -32600)
    three = say([1, 2, 3])
    assert len(three) == 3 and all(is_error(answer, -32600) for answer in three)


@pytest.mark.goal("JSON-RPC 7")
def test_a_mixed_batch(client, say):
    name = f"Mixed {uuid.uuid4()}"
    answers = say(
        [
            call("1"),
            call(None, "meeting.create", {"name": name, "start": "2031-01-01T09:00:00Z"}),
            call("2", "meeting.get", {"id": "mtg_" + "0" * 32}),
            {"foo": "boo"},
            call("5", "foo.get", {"name": "myself"}),
            call("9", "server.info"),
            call(-1),
        ]
    )
    by_id = {answer["id"]: answer for answer in answers}
    assert len(answers) == 6 and set(by_id) == {"1", "2", None, "5", "9", -1}
    assert "result" in by_id["1"] and "result" in by_id["9"] and "result" in by_id[-1]
    assert is_error(by_id["2"], -32004, "2") and is_error(by_id[None], -32600) and is_error(by_id["5"], -32601, "5")
    assert client.call("meeting.count", text=name) == {"count": 1}


@pytest.mark.goal("JSON-RPC 7")
def test_a_batch_of_notifications_has_no_answer_and_every_effect(client, say):
    name = f"Silent {uuid.uuid4()}"
    create = call(None, "meeting.create", {"name": name, "start": "2031-01-01T09:00:00Z"})
    assert say([create, create, call(None, "no.such_method")]) is None
    assert client.call("meeting.count", text=name) == {"count": 2}


@pytest.mark.goal("JSON-RPC 7")
def test_discovery_is_open_and_the_same_by_both_ways(client):
    discovered = client.call("rpc.discover")
    assert discovered == client.get("/openrpc.json").json()
    assert discovered["openrpc"].startswith("1.") and len(discovered["methods"]) > 40
    for method in discovered["methods"]:
        assert method.get("description") or method.get("summary"), method["name"]
        assert method["examples"] and method["result"]["schema"] is not None, method["name"]
