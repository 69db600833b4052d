"""Signed webhooks out, to a real receiver that checks them with the Standard Webhooks library."""

import time

import pytest
from standardwebhooks import WebhookVerificationError
from support.receiver import Receiver, verified
from support.rpc import refusal

MEETING = {"name": "Delivered", "start": "2031-01-01T09:00:00Z"}


@pytest.fixture
def receiver():
    one = Receiver()
    yield one
    one.close()


@pytest.mark.goal("webhooks")
def test_every_event_is_delivered_once_signed_and_in_order(launch, receiver):
    client = launch().client()
    endpoint = client.call("webhook.endpoint.create", url=receiver.url + "/hook")
    made = [client.call("meeting.create", **MEETING)["id"] for _ in range(10)]
    client.call("meeting.cancel", id=made[0], reason="no")
    deliveries = receiver.wait(11)
    time.sleep(1)
    events = [verified(delivery, endpoint["secret"]) for delivery in deliveries]
    assert len(deliveries) == 11 and {delivery["path"] for delivery in deliveries} == {"/hook"}
    assert len({delivery["headers"]["webhook-id"] for delivery in deliveries}) == 11
    of_first = [event["type"] for event in events if made[0] in str(event)]
    assert of_first[0] == "meeting.created" and of_first[-1] == "meeting.cancelled"
    assert deliveries[0]["headers"]["content-type"].startswith("application/json")


@pytest.mark.goal("webhooks")
@pytest.mark.parametrize("status", [500, 404, 302])
def test_a_refused_delivery_comes_again_with_the_same_id(launch, receiver, status):
    client = launch().client()
    endpoint = client.call("webhook.endpoint.create", url=receiver.url)
    receiver.answers = [status]
    client.call("meeting.create", **MEETING)
    first, second = receiver.wait(2, timeout=40)[:2]
    assert first["headers"]["webhook-id"] == second["headers"]["webhook-id"]
    assert verified(first, endpoint["secret"]) == verified(second, endpoint["secret"])
    assert second["path"] != "/elsewhere", "a redirect is not followed"
    assert second["at"] - first["at"] > 0.5, "and not at once"


@pytest.mark.goal("webhooks")
def test_a_receiver_that_is_down_loses_nothing(launch):
    server = launch()
    client, receiver = server.client(), Receiver()
    endpoint = client.call("webhook.endpoint.create", url=receiver.url)
    port = receiver.http.server_address[1]
    receiver.close()
    client.call("meeting.create", **MEETING)
    time.sleep(1)
    server.kill()
    again = Receiver(port)
    server.start()
    event = verified(again.wait(1, timeout=60)[0], endpoint["secret"])
    assert event["type"] == "meeting.created"
    again.close()


@pytest.mark.goal("webhooks")
def test_the_log_of_deliveries_and_redelivery(launch, receiver):
    client = launch().client()
    endpoint = client.call("webhook.endpoint.create", url=receiver.url)
    client.call("meeting.create", **MEETING)
    first = receiver.wait(1)[0]
    logged = wait_for(lambda: [one for one in client.every("webhook.delivery.list", endpoint_id=endpoint["id"]) if one["state"] == "delivered"])
    assert logged[0]["attempts"] == 1 and logged[0]["last_status"] == 204
    client.call("webhook.delivery.redeliver", id=logged[0]["id"])
    second = receiver.wait(2)[1]
    assert second["headers"]["webhook-id"] == first["headers"]["webhook-id"] and second["body"] == first["body"]
    verified(second, endpoint["secret"])


@pytest.mark.goal("webhooks")
def test_a_rotated_secret_signs_beside_the_old_one(launch, receiver):
    client = launch().client()
    endpoint = client.call("webhook.endpoint.create", url=receiver.url)
    rotated = client.call("webhook.endpoint.rotate_secret", id=endpoint["id"])
    assert rotated["secret"] != endpoint["secret"]
    client.call("meeting.create", **MEETING)
    delivery = receiver.wait(1)[0]
    assert verified(delivery, endpoint["secret"]) == verified(delivery, rotated["secret"])
    with pytest.raises(WebhookVerificationError):
        verified(delivery, "whsec_" + "A" * 32)


@pytest.mark.goal("webhooks")
def test_only_the_wanted_types_and_only_while_active(launch, receiver):
    client = launch().client()
    endpoint = client.call("webhook.endpoint.create", url=receiver.url, event_types=["meeting.cancelled"])
    made = client.call("meeting.create", **MEETING)
    client.call("meeting.cancel", id=made["id"])
    assert verified(receiver.wait(1)[0], endpoint["secret"])["type"] == "meeting.cancelled"
    client.call("webhook.endpoint.update", id=endpoint["id"], active=False)
    other = client.call("meeting.create", **MEETING)
    client.call("meeting.cancel", id=other["id"])
    time.sleep(1.5)
    assert len(receiver.received) == 1


@pytest.mark.goal("webhooks")
@pytest.mark.parametrize("url", ["", "nonsense", "ftp://example.com/x", "javascript:alert(1)", "http://user:pass@example.com/", "file:///etc/passwd"])
def test_an_address_that_is_none_is_named(client, url):
    wrong = refusal(client, "webhook.endpoint.create", url=url)
    assert wrong.code == -32602 and wrong.field == "url"


@pytest.mark.goal("S11")
def test_private_addresses_are_never_called_where_that_is_set(launch, receiver):
    client = launch(webhooks__allow_private_addresses="false").client()
    port = receiver.url.rsplit(":", 1)[1]
    for host in ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "127.1"]:
        client.respond("webhook.endpoint.create", url=f"http://{host}:{port}/")
    client.call("meeting.create", **MEETING)
    time.sleep(3)
    assert receiver.received == []


def wait_for(look, timeout: float = 10):
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come to be in time")
