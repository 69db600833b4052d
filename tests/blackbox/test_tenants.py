"""S2: what belongs to another organization does not exist, to the byte."""

import re

import pytest
from support import catalogue
from support.rpc import Client

UNKNOWN = "0190a5d0b0007000800000000000dead"


@pytest.fixture(scope="session")
def foreign(other):
    """One thing of every kind in the other organization, by its prefix."""
    meeting = other.call("meeting.create", name="Foreign", start="2031-01-01T09:00:00Z", participants=[{"name": "Eve", "email": "eve@example.com"}])
    user = other.call("user.upsert", id="9", name="Eve", email="eve@example.com", role="user")
    link = other.call("booking.link.create", title="Foreign", hosts=[{"id": "9", "name": "Eve"}])
    guest = {"name": "Eve", "email": "eve@example.com"}
    things = {
        "bkl": link["id"],
        "bkg": other.call("booking.create", link_id=link["id"], start="2031-01-01T09:00:00Z", guest=guest, force=True)["id"],
        "rom": other.call("room.create", name="Foreign")["id"],
        "bss": other.call("availability.source.create", user="9", url="https://calendar.example.net/x.ics")["id"],
        "mtg": meeting["id"],
        "par": meeting["participants"][0]["id"],
        "usr": user["id"],
        "key": other.call("key.create", kind="service", role="user", name="foreign")["id"],
        "prv": other.call("provider.create", kind="jitsi", name="Foreign", settings={"server_url": "https://meet.example.net"})["id"],
        "fld": other.call("custom_field.create", key="foreign", label="Foreign", type="text")["id"],
        "whe": other.call("webhook.endpoint.create", url="http://127.0.0.1:9/none")["id"],
    }
    assert all(id.startswith(prefix + "_") for prefix, id in things.items()), things
    return things | {"code": meeting["room_code"]}


def id_slots(method: dict):
    """(name, prefix) of the parameters that take an id, read off the method's example."""
    for name, value in catalogue.example(method).items():
        found = re.fullmatch(r"([a-z]{3})_[0-9a-f]{32}", str(value))
        if found:
            yield name, found.group(1)


def answers(client: Client, method: str, params: dict, slot: str, ids: list) -> list:
    """The raw answers to the same call with each id."""
    return [client.post(client.message(method, params | {slot: id}, id=1)).body for id in ids]


def test_the_catalogue_names_every_id_slot(client):
    found = {(name, slot) for name, method in catalogue.methods(client).items() for slot, _ in id_slots(method)}
    assert len(found) >= 25, found
    for expected in [("meeting.get", "id"), ("participant.list", "meeting_id"), ("key.revoke", "id"), ("webhook.delivery.redeliver", "id")]:
        assert expected in found


@pytest.mark.goal("S2")
def test_foreign_and_unknown_ids_answer_the_same_bytes(client, foreign):
    tested = 0
    for name, method in catalogue.methods(client).items():
        params = {key: value for key, value in catalogue.example(method).items() if key != "idempotency_key"}
        for slot, prefix in id_slots(method):
            if prefix not in foreign:
                continue
            strange, unknown = answers(client, name, params, slot, [foreign[prefix], f"{prefix}_{UNKNOWN}"])
            assert strange == unknown, f"{name} {slot}: {strange} / {unknown}"
            # A list by somebody else's identifier is as empty as one by nobody's.
            assert b'"error"' in strange or (name.endswith(".list") and b'"items":[]' in strange), f"{name} {slot}: {strange}"
            tested += 1
    assert tested >= 20


@pytest.mark.goal("S2")
def test_meeting_ids_answer_not_found(client, foreign):
    for method, more in [("meeting.get", {}), ("meeting.update", {"name": "x"}), ("meeting.cancel", {}), ("meeting.join", {}), ("meeting.delete", {})]:
        response = client.respond(method, id=foreign["mtg"], **more)
        assert response["error"]["code"] == -32004 and response["error"]["data"]["kind"] == "meeting.not_found", response


@pytest.mark.goal("S2")
def test_a_foreign_room_code_is_unknown_to_other_organizations(client, foreign):
    strange, unknown = answers(client, "meeting.get", {}, "room_code", [foreign["code"], "zzzzzzzzzz"])
    assert strange == unknown and b"-32004" in strange


@pytest.mark.goal("S2")
def test_nothing_foreign_is_written(client, other, foreign):
    before = other.call("meeting.get", id=foreign["mtg"])
    for method, more in [("meeting.update", {"name": "stolen"}), ("meeting.cancel", {}), ("meeting.delete", {}), ("meeting.start", {})]:
        assert "error" in client.respond(method, id=foreign["mtg"], **more)
    assert other.call("meeting.get", id=foreign["mtg"]) == before


@pytest.mark.goal("S2")
def test_listings_show_nothing_foreign(client, foreign):
    for name, method in catalogue.methods(client).items():
        if not name.endswith(".list"):
            continue
        params = {slot: None for slot, _ in id_slots(method)}
        listed = client.respond(name) if not params else {}
        text = str(listed)
        assert not any(id in text for prefix, id in foreign.items()), name
