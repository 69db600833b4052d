"""R9: the same key with the same body answers the same, with another body a conflict, and belongs to one caller and one method."""

import threading
import uuid

import pytest
from support import doors
from support.rpc import refusal


def body(**changes) -> dict:
    return {"name": "Once", "start": "2031-02-01T09:00:00Z", "idempotency_key": uuid.uuid4().hex} | changes


def count(client) -> int:
    return client.call("meeting.count")["count"]


@pytest.mark.goal("R9")
def test_same_body_answers_byte_for_byte_the_same(client):
    message = client.message("meeting.create", body(), id=1)
    before = count(client)
    first, second = client.post(message), client.post(message)
    assert first.body == second.body and "result" in first.json()
    assert count(client) == before + 1


@pytest.mark.goal("R9")
@pytest.mark.parametrize("first", doors.DOORS)
@pytest.mark.parametrize("second", doors.DOORS)
def test_the_key_holds_across_doors(client, first, second):
    params, before = body(), count(client)
    assert doors.respond(first, client, "meeting.create", params) == doors.respond(second, client, "meeting.create", params)
    assert count(client) == before + 1


@pytest.mark.goal("R9")
def test_order_and_spacing_of_the_fields_do_not_matter(client):
    params = body()
    made = client.call("meeting.create", **params)
    assert client.call("meeting.create", **dict(reversed(params.items()))) == made


@pytest.mark.goal("R9")
@pytest.mark.parametrize("door", doors.DOORS)
def test_another_body_is_a_conflict_and_changes_nothing(client, door):
    params = body()
    made = client.call("meeting.create", **params)
    response = doors.respond(door, client, "meeting.create", params | {"name": "Twice"})
    assert response["error"]["code"] == -32022 and response["error"]["data"]["kind"] == "idempotency.mismatch"
    assert client.call("meeting.get", id=made["id"]) == made


@pytest.mark.goal("R9")
def test_many_at_once_have_one_effect(client):
    params, answers, before = body(), [], count(client)
    threads = [threading.Thread(target=lambda: answers.append(client.respond("meeting.create", **params))) for _ in range(16)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert count(client) == before + 1
    made = {answer["result"]["id"] for answer in answers if "result" in answer}
    assert len(made) == 1 and len(answers) == 16
    refused = [answer["error"]["code"] for answer in answers if "error" in answer]
    assert set(refused) <= {-32009}, "a call that meets one in progress may only be told to come again"


@pytest.mark.goal("R9")
def test_twice_in_one_batch_has_one_effect(client):
    params, before = body(), count(client)
    first, second = client.batch([("meeting.create", params), ("meeting.create", params)])
    assert first["result"] == second["result"] and count(client) == before + 1


@pytest.mark.goal("R9")
def test_a_refused_call_does_not_use_up_its_key(client):
    params = body()
    wrong = refusal(client, "meeting.create", **(params | {"duration_min": -5}))
    assert wrong.code == -32602
    assert client.call("meeting.create", **params)["name"] == "Once"


@pytest.mark.goal("R9")
def test_keys_of_other_callers_and_organizations_are_independent(client, other):
    params = body()
    ana = {"actor": {"id": "r9-ana", "name": "Ana", "email": "ana@r9.example", "role": "user"}}
    budi = {"actor": {"id": "r9-budi", "name": "Budi", "email": "budi@r9.example", "role": "user"}}
    made = [
        client.call("meeting.create", **params)["id"],
        other.call("meeting.create", **params)["id"],
        client.call("meeting.create", **params, **ana)["id"],
        client.call("meeting.create", **params, **budi)["id"],
    ]
    assert len(set(made)) == len(made)


@pytest.mark.goal("R9")
def test_the_erp_stays_the_same_caller_when_its_key_is_rotated(server):
    key, params = server.client().call("key.create", kind="service", role="manager", name="rotated"), body()
    made = server.client(key["key"]).call("meeting.create", **params)
    renewed = server.client().call("key.rotate", id=key["id"])
    assert server.client(renewed["key"]).call("meeting.create", **params) == made


@pytest.mark.goal("R9")
def test_keys_of_different_methods_are_independent(client):
    params = body()
    made = client.call("meeting.create", **params)
    cancelled = client.call("meeting.cancel", id=made["id"], idempotency_key=params["idempotency_key"])
    assert cancelled["state"] == "cancelled"


@pytest.mark.goal("R9")
def test_a_repeated_change_is_made_once(client):
    made = client.call("meeting.create", **body())
    params = {"id": made["id"], "name": "Changed", "idempotency_key": uuid.uuid4().hex}
    first, second = client.call("meeting.update", **params), client.call("meeting.update", **params)
    assert first == second and client.call("meeting.get", id=made["id"])["version"] == first["version"]


@pytest.mark.goal("R9")
def test_the_answer_survives_a_restart(launch):
    server = launch()
    params = body()
    made = server.client().call("meeting.create", **params)
    server.kill()
    assert server.start().client().call("meeting.create", **params) == made


@pytest.mark.goal("R9")
@pytest.mark.parametrize("key", ["", "x" * 256, 7, ["a"]])
def test_a_key_that_is_none_is_named(client, key):
    wrong = refusal(client, "meeting.create", **body(idempotency_key=key))
    assert wrong.code == -32602 and wrong.field == "idempotency_key"


@pytest.mark.goal("R9")
@pytest.mark.parametrize("key", ["x" * 255, "ключ 🔑", "a\u0000b"])
def test_any_text_of_up_to_255_characters_is_a_key_or_is_named(client, key):
    params = body(idempotency_key=key)
    first, second = client.respond("meeting.create", **params), client.respond("meeting.create", **params)
    if "error" in first:
        assert first["error"]["data"]["field"] == "idempotency_key"
    else:
        assert first["result"] == second["result"]
