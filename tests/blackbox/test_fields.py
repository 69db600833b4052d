"""S3: a field that is unknown or that the server owns is refused by name, and nothing is written."""

import uuid

import pytest
from support import catalogue, doors
from support.rpc import refusal

OWNED = ["org_id", "organization_id", "state", "room_code", "room_name", "join_url", "organizer_id", "created_at", "updated_at", "actual_start", "actual_end"]


@pytest.mark.goal("S3")
@pytest.mark.parametrize("door", doors.DOORS)
def test_every_method_refuses_an_unknown_field_by_name(client, door):
    for name, method in catalogue.methods(client).items():
        if door != "websocket" and name.startswith("event.") and name.endswith("subscribe"):
            continue
        params = catalogue.example(method) | {"surely_unknown": 1}
        response = doors.respond(door, client, name, params)
        assert response.get("error", {}).get("code") == -32602, f"{name}: {response}"
        assert response["error"]["data"]["kind"] == "params.invalid"
        assert response["error"]["data"]["field"] == "surely_unknown", f"{name}: {response}"


@pytest.mark.goal("S3")
@pytest.mark.parametrize("field", [*OWNED, "id", "version", "updated_by"])
def test_create_refuses_what_the_server_owns(client, field):
    before = client.call("meeting.count")
    wrong = refusal(client, "meeting.create", name="Own", start="2031-01-01T09:00:00Z", **{field: "x"})
    assert wrong.code == -32602 and wrong.field == field
    assert client.call("meeting.count") == before


@pytest.mark.goal("S3")
@pytest.mark.parametrize("field", OWNED)
def test_update_refuses_what_the_server_owns(client, field):
    made = client.call("meeting.create", name="Own", start="2031-01-01T09:00:00Z")
    wrong = refusal(client, "meeting.update", id=made["id"], **{field: "x"})
    assert wrong.code == -32602 and wrong.field == field
    assert client.call("meeting.get", id=made["id"]) == made


@pytest.mark.goal("S3")
@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"options": {"surely_unknown": 1}}, "options.surely_unknown"),
        ({"participants": [{"email": "a@example.com", "joined_at": "2031-01-01T09:00:00Z"}]}, "participants[0].joined_at"),
        ({"actor": {"id": "1", "is_superuser": True}}, "actor.is_superuser"),
    ],
)
def test_nested_fields_are_named_with_their_path(client, params, field):
    wrong = refusal(client, "meeting.create", name="Own", start="2031-01-01T09:00:00Z", **params)
    assert wrong.code == -32602 and wrong.field == field


@pytest.mark.goal("S3")
@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": 7}, "name"),
        ({"start": "tomorrow"}, "start"),
        ({"start": "2031-02-30T09:00:00Z"}, "start"),
        ({"duration_min": 0}, "duration_min"),
        ({"duration_min": 1.5}, "duration_min"),
        ({"end": "2030-01-01T09:00:00Z"}, "end"),
        ({"tz": "Mars/Olympus"}, "tz"),
        ({"access": "everybody"}, "access"),
        ({"meeting_type": "sometime"}, "meeting_type"),
        ({"options": {"max_participants": 0}}, "options.max_participants"),
        ({"participants": [{"email": "no address"}]}, "participants[0].email"),
        ({"participants": [{}]}, "participants[0].email"),
        ({"provider_id": "nonsense"}, "provider_id"),
        ({"custom": {"never_defined": 1}}, "custom.never_defined"),
    ],
)
def test_bad_values_are_refused_by_name_and_leave_nothing(client, params, field):
    before = client.call("meeting.count")
    wrong = refusal(client, "meeting.create", **({"name": f"Bad {uuid.uuid4()}", "start": "2031-01-01T09:00:00Z"} | params))
    assert wrong.code == -32602 and wrong.field == field, wrong
    assert len(wrong.message) > 10, "the message says what would be right"
    assert client.call("meeting.count") == before


@pytest.mark.goal("S3")
def test_a_missing_field_is_named(client):
    wrong = refusal(client, "meeting.create", start="2031-01-01T09:00:00Z")
    assert wrong.code == -32602 and wrong.field == "name"


@pytest.mark.goal("S3")
def test_a_stale_version_is_a_conflict(client):
    made = client.call("meeting.create", name="Version", start="2031-01-01T09:00:00Z")
    client.call("meeting.update", id=made["id"], version=made["version"], name="First")
    wrong = refusal(client, "meeting.update", id=made["id"], version=made["version"], name="Second")
    assert wrong.code == -32009
    assert client.call("meeting.get", id=made["id"])["name"] == "First"
