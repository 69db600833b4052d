"""S4: a key bounds what its caller may do, whoever the call claims to act for."""

import pytest
from support import database, doors
from support.rpc import refusal

REFUSED = {-32001, -32003}


def actor(id: str, role: str = "user", **more) -> dict:
    return {"id": id, "name": f"User {id}", "email": f"{id}@s4.example", "role": role} | more


@pytest.mark.goal("S4")
@pytest.mark.parametrize("door", doors.DOORS)
@pytest.mark.parametrize("role", ["manager", "admin"])
def test_an_actor_never_exceeds_the_role_of_the_key(server, door, role):
    weak = server.client(server.new_key(role="user"))
    response = doors.respond(door, weak, "meeting.count", {"actor": actor("s4-climber", role)})
    assert response["error"]["code"] in REFUSED, response


@pytest.mark.goal("S4")
@pytest.mark.parametrize("door", doors.DOORS)
@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("key.create", {"kind": "service", "role": "admin", "name": "mine"}),
        ("key.list", {}),
        ("provider.create", {"kind": "jitsi", "name": "Mine", "settings": {"server_url": "https://evil.example"}}),
        ("organization.update", {"name": "Mine"}),
        ("user.upsert", {"id": "s4-x", "name": "X", "role": "admin"}),
    ],
)
def test_administration_needs_an_admin(server, door, method, params):
    weak = server.client(server.new_key(role="manager"))
    assert doors.respond(door, weak, method, params)["error"]["code"] == -32003
    as_user = {"actor": actor("s4-ordinary")}
    assert doors.respond(door, server.client(), method, params | as_user)["error"]["code"] == -32003


@pytest.mark.goal("S4")
def test_a_user_key_is_one_user_and_takes_no_actor(server, client):
    client.call("user.upsert", id="s4-ana", name="Ana", email="ana@s4.example", role="user")
    ana = server.client(server.new_key(kind="user", role="user", user="s4-ana"))
    assert ana.call("meeting.count")["count"] >= 0
    assert refusal(ana, "meeting.count", actor=actor("s4-budi")).code in REFUSED
    assert refusal(ana, "meeting.count", actor=actor("s4-ana")).code in REFUSED


@pytest.mark.goal("S4")
def test_users_touch_only_their_own_meetings(client):
    made = client.call("meeting.create", name="Of Ana", start="2031-01-01T09:00:00Z", actor=actor("s4-owner"))
    stranger = {"actor": actor("s4-stranger")}
    for method, more in [("meeting.get", {}), ("meeting.update", {"name": "x"}), ("meeting.cancel", {}), ("meeting.delete", {})]:
        assert refusal(client, method, id=made["id"], **more, **stranger).code in {-32003, -32004}
    assert made["id"] not in [item["id"] for item in client.every("meeting.list", **stranger)]
    assert client.call("meeting.get", id=made["id"]) == made
    assert client.call("meeting.get", id=made["id"], actor=actor("s4-chief", "manager"))["id"] == made["id"]


@pytest.mark.goal("S4")
def test_a_deactivated_user_acts_no_more(server, client):
    user = client.call("user.upsert", id="s4-gone", name="Gone", role="user")
    gone = server.client(server.new_key(kind="user", role="user", user="s4-gone"))
    assert gone.call("meeting.count")
    client.call("user.deactivate", id=user["id"])
    assert refusal(gone, "meeting.count").code in REFUSED


@pytest.mark.goal("S4")
def test_scopes_bound_a_key(server):
    reader = server.client(server.new_key(scopes="meeting:read"))
    assert reader.call("meeting.count")["count"] >= 0
    assert refusal(reader, "meeting.create", name="x").code == -32003
    assert refusal(reader, "key.list").code == -32003


@pytest.mark.goal("S4")
def test_a_key_cannot_make_a_stronger_one(server):
    weak = server.client(server.new_key(role="manager"))
    assert refusal(weak, "key.create", kind="service", role="admin", name="stronger").code == -32003


@pytest.mark.goal("S4")
def test_nonsense_in_the_place_of_a_key(server):
    for header in ["", "Bearer", "Bearer ", "Bearer omk_", "Bearer omk_1_2", "Basic b21r", f"bearer  {server.first_key}x", "Bearer " + "A" * 8000]:
        answer = server.client("").post({"jsonrpc": "2.0", "id": 1, "method": "meeting.count"}, {"Authorization": header})
        assert answer.status == 401 and answer.json()["error"]["code"] == -32001, header


@pytest.mark.goal("S4")
def test_a_notification_is_bound_by_its_key_too(server, client):
    weak, before = server.client(server.new_key(role="user")), client.call("organization.get")
    weak.post({"jsonrpc": "2.0", "method": "organization.update", "params": {"name": "Taken over"}})
    assert client.call("organization.get") == before


@pytest.mark.goal("S4")
def test_the_audit_names_key_and_user(client):
    made = client.call("meeting.create", name="Audited", start="2031-01-01T09:00:00Z", actor=actor("s4-audited"))
    rows = [row for row in client.every("audit.list", subject=made["id"])]
    assert rows and all(row["key_id"] and row["actor"] and row["request_id"] for row in rows), rows


@pytest.mark.goal("S4")
def test_an_expired_key_is_refused(launch):
    server = launch()
    made = server.cli("key", "create", "--organization", "main", "--kind", "service", "--role", "user", "--expires-in-days", "1")
    assert server.client(made["key"]).call("meeting.count") == {"count": 0}
    server.stop()
    database.change(server.database_url, "update api_key set expires_at = created_at - 1 where expires_at is not null")
    server.start()
    assert refusal(server.client(made["key"]), "meeting.count").code == -32001
    assert server.client().call("meeting.count") == {"count": 0}, "the key without an end still works"
