"""What happened in omeet comes back: in order, once each, by webhook or by the cron."""

import base64
import hashlib
import hmac
import json
import time
from unittest.mock import patch

import requests

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged

from ..client import Client
from ..controllers.webhook import verified
from .common import KEY, URL, OmeetCase, soon

SECRET = "whsec_" + base64.b64encode(b"thirty-two octets of test secret").decode()


def signed(body, *, secret=SECRET, message_id="evt_1", stamp=None):
    stamp = str(int(time.time()) if stamp is None else stamp)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": "v1," + base64.b64encode(mac).decode()}


@tagged("post_install", "-at_install")
class TestEvents(OmeetCase):
    def setUp(self):
        super().setUp()
        self.connection.event_cursor = self.service.call("event.list", limit=1)["last"]

    def _ready(self, **values):
        event = self.event(start=soon(0.1), **values)
        self.send()
        self.pull()
        return event, self.meeting_of(event)

    def test_start_and_end_come_back(self):
        """The state is omeet's; attendance comes with it."""
        _event, meeting = self._ready()
        self.service.call("meeting.start", id=meeting.remote_id)
        self.pull()
        self.assertEqual(meeting.state, "started")
        self.assertTrue(meeting.actual_start)
        self.service.call("meeting.join", id=meeting.remote_id, actor=self.ana._omeet_actor())
        time.sleep(0.5)  # who came is noted beside the call
        self.service.call("meeting.end", id=meeting.remote_id)
        self.pull()
        self.send()
        self.assertEqual(meeting.state, "ended")
        came = meeting.participant_ids.filtered("joined_at")
        self.assertEqual(came.mapped("email"), ["ana@example.org"])
        self.assertEqual(came.partner_id, self.ana.partner_id)
        self.assertIn("meeting.end", meeting.audit_ids.mapped("action"))

    def test_every_event_is_applied_once(self):
        _event, meeting = self._ready()
        self.service.call("meeting.start", id=meeting.remote_id)
        applied = []
        dispatch = type(self.connection)._dispatch

        def noting(connection, event):
            applied.append(event["seq"])
            return dispatch(connection, event)

        with patch.object(type(self.connection), "_dispatch", noting):
            self.pull()
            self.pull()
            page = self.service.call("event.list", after=self.connection.event_cursor - 1, limit=1)
            self.assertTrue(self.connection._apply_pushed(page["items"][0]), "a repeated delivery is taken, and changes nothing")
        self.assertEqual(applied, sorted(set(applied)))

    def test_old_news_changes_nothing(self):
        _event, meeting = self._ready()
        old = self.service.get(meeting)
        self.service.call("meeting.start", id=meeting.remote_id)
        self.pull()
        self.assertFalse(meeting._apply(old))
        self.assertEqual(meeting.state, "started")

    def test_an_event_that_cannot_be_applied_does_not_hold_up_the_others(self):
        _event, meeting = self._ready()
        self.service.call("meeting.start", id=meeting.remote_id)
        page = self.service.call("event.list", after=self.connection.event_cursor, limit=10)
        broken = {"type": "meeting.updated", "seq": page["items"][0]["seq"] - 1, "subject": "x", "data": {"room_code": 5, "id": []}}
        with self.assertLogs("odoo.addons.omeet", "ERROR"):
            self.connection._apply_page(self.connection.event_cursor, {**page, "items": [broken, *page["items"]]})
        self.assertEqual(meeting.state, "started")

    def test_two_pullers_do_not_apply_a_page_twice(self):
        page = self.service.call("event.list", after=0, limit=1)
        self.connection.event_cursor = 7
        self.assertIsNone(self.connection._apply_page(6, page), "somebody else has moved on")

    def test_a_meeting_made_elsewhere_appears(self):
        view = self.service.call(
            "meeting.create",
            name="From the API",
            start="2031-01-01T09:00:00Z",
            organizer={"id": str(self.ana.id), "name": "Ana"},
            participants=[{"email": "budi@example.org"}, {"email": "stranger@example.net"}],
        )
        self.pull()
        meeting = self.env["jitsi.meeting"].search([("remote_id", "=", view["id"])])
        self.assertEqual((meeting.name, meeting.state, meeting.organizer_id), ("From the API", "ready", self.ana))
        self.assertEqual(meeting.attendee_ids, self.budi.partner_id)
        self.assertFalse(self.env["res.partner"].search([("email", "=", "stranger@example.net")]), "nobody makes contacts from outside")
        self.service.call("meeting.update", id=view["id"], name="Renamed there")
        self.pull()
        self.assertEqual(meeting.name, "Renamed there")
        self.service.call("meeting.delete", id=view["id"])
        self.pull()
        self.assertEqual(meeting.state, "cancelled")

    def test_reservations_do_not_appear_and_go_with_their_expiry(self):
        answer = self.service.call("meeting.reserve", name="Not saved")
        self.pull()
        self.assertFalse(self.env["jitsi.meeting"].search([("remote_id", "=", answer["id"])]))
        url = self.link()
        meeting = self.env["jitsi.meeting"].search([("join_url", "=", url)])
        self.service.call("meeting.delete", id=meeting.remote_id)
        self.pull()
        self.assertFalse(meeting.exists())

    def test_what_odoo_plans_is_not_overwritten_by_news_of_an_earlier_plan(self):
        event, meeting = self._ready()
        event.name = "Newest"
        self.commit()  # not sent yet
        self.service.call("meeting.start", id=meeting.remote_id)
        self.pull()
        self.assertEqual((meeting.name, meeting.state), ("Newest", "started"))

    def test_cancelled_in_omeet(self):
        event, meeting = self._ready()
        self.service.call("meeting.cancel", id=meeting.remote_id, reason="Ana is ill")
        self.pull()
        self.assertEqual((meeting.state, meeting.cancel_reason), ("cancelled", "Ana is ill"))
        self.assertIn("Ana is ill", "".join(event.message_ids.mapped("body")))

    def _recording(self, meeting, **values):
        """A recording as the running service describes it."""
        described = requests.get(f"{URL}/openrpc.json", timeout=10).json()["methods"]
        (method,) = (method for method in described if method["name"] == "recording.get")
        return {**method["examples"][0]["result"]["value"], "meeting_id": meeting.remote_id, **values}

    def _tell(self, kind, data):
        self.connection._apply_event({"type": kind, "seq": None, "subject": data["meeting_id"], "data": data})

    def test_a_recording_shows_up(self):
        _event, meeting = self._ready(partner_ids=[(6, 0, (self.ana | self.budi).partner_id.ids)])
        told = self._recording(meeting, state="fetching", size_bytes=None, ended_at=None, started_at="2026-11-21T09:00:00Z", visibility="host")
        self._tell("recording.ready", told)
        self.assertEqual((meeting.recording_ids.state, meeting.recording_ids.kind), ("fetching", told["kind"]))
        told.update(state="stored", ended_at="2026-11-21T09:10:00Z", size_bytes=12_000_000)
        self._tell("recording.ready", told)
        recording = meeting.recording_ids
        self.assertEqual((len(recording), recording.state, recording.duration_min, recording.size_mb), (1, "stored", 10, 12.0))
        self.assertFalse(recording.with_user(self.budi).search([("id", "=", recording.id)]), "it is for the host alone")
        told["visibility"] = "participants"
        self._tell("recording.updated", told)
        self.assertTrue(recording.with_user(self.budi).search([("id", "=", recording.id)]))
        with self.assertRaisesRegex(UserError, "No such recording"):
            recording.with_user(self.ana).action_open()  # the service, who never had it, is asked in Ana's name
        self._tell("recording.deleted", told)
        self.assertFalse(meeting.recording_ids)

    def test_open_forms_and_dashboards_are_told(self):
        _event, meeting = self._ready()
        told = []
        with patch.object(type(self.env["res.partner"]), "_bus_send", lambda self, kind, message, **kw: told.append((self.id, kind, message))):
            self.service.call("meeting.start", id=meeting.remote_id)
            self.pull()
        self.assertIn((self.ana.partner_id.id, "omeet.meeting", {"ids": [meeting.id]}), told)

    def test_omeet_restored_from_a_backup(self):
        """Its numbers begin again behind ours: everything is looked at, what it lost is made again."""
        event, meeting = self._ready()
        lost = meeting.remote_id
        self.service.call("meeting.delete", id=lost)
        last = self.service.call("event.list", limit=1)["last"]
        self.connection.event_cursor = last + 500
        self.pull()
        self.assertEqual(self.connection.event_cursor, last)
        self.send()
        self.assertNotEqual(meeting.remote_id, lost)
        self.assertEqual(self.service.get(meeting)["join_url"], event.videocall_location)

    def test_away_for_longer_than_events_are_kept(self):
        """omeet says that they are gone: what is there is looked at, what ended meanwhile is caught up with, and it goes on from there."""
        _event, meeting = self._ready()
        view = self.service.call("meeting.create", name="While away", start="2031-01-01T09:00:00Z", organizer={"id": str(self.ana.id), "name": "Ana"})
        _event, deleted = self._ready()
        self.service.call("meeting.cancel", id=meeting.remote_id, reason="While away")
        self.service.call("meeting.delete", id=deleted.remote_id)
        with self.events_gone() as last:
            for cursor in (last - 1, 0):
                self.connection.event_cursor = cursor
                self.pull()
                self.assertEqual(self.connection.event_cursor, last)
                self.assertFalse(self.connection.last_error)
                self.assertTrue(self.env["jitsi.meeting"].search([("remote_id", "=", view["id"])]))
        self.send()
        self.assertEqual((meeting.state, meeting.cancel_reason), ("cancelled", "While away"))
        self.assertEqual(deleted.state, "cancelled")

    def test_the_first_contact_takes_what_is_to_come(self):
        view = self.service.call(
            "meeting.create", name="Before Odoo", start="2031-01-01T09:00:00Z", organizer={"id": str(self.ana.id), "name": "Ana"}
        )
        self.connection.event_cursor = -1
        self.pull()
        self.assertTrue(self.env["jitsi.meeting"].search([("remote_id", "=", view["id"])]))

    def test_down_is_noted_and_forgotten(self):
        with self.down():
            self.assertEqual(self.pull(), 0)
            self.assertIn("cannot be reached", self.connection.last_error)
        self.pull()
        self.assertFalse(self.connection.last_error)


@tagged("post_install", "-at_install")
class TestSignature(OmeetCase):
    """Standard Webhooks 1.0.0."""

    def test_only_what_was_signed_lately_with_the_secret(self):
        body, now = b'{"seq": 1}', time.time()
        self.assertTrue(verified(SECRET, signed(body), body, now))
        self.assertFalse(verified(SECRET, signed(body), body + b" ", now))
        self.assertFalse(verified(SECRET, {**signed(body), "webhook-id": "evt_2"}, body, now))
        self.assertFalse(verified(SECRET, signed(body, secret="whsec_" + base64.b64encode(b"other").decode()), body, now))
        for age in (-400, 400):
            self.assertFalse(verified(SECRET, signed(body, stamp=now + age), body, now))
        for secret in (False, "", None, "whsec_***"):
            self.assertFalse(verified(secret, signed(body), body, now))
        for missing in ("webhook-id", "webhook-timestamp", "webhook-signature"):
            self.assertFalse(verified(SECRET, {name: value for name, value in signed(body).items() if name != missing}, body, now))
        self.assertFalse(verified(SECRET, {**signed(body), "webhook-timestamp": "٣"}, body, now))

    def test_one_of_several_signatures_is_enough(self):
        """While a secret is rotated omeet signs with both."""
        body, headers = b"{}", signed(b"{}")
        headers["webhook-signature"] = "v1,AAAA v1a,BBBB " + headers["webhook-signature"]
        self.assertTrue(verified(SECRET, headers, body, time.time()))


@tagged("post_install", "-at_install")
class TestWebhookRoute(HttpCase):
    def setUp(self):
        super().setUp()
        self.connection = self.env["omeet.connection"]._ensure(self.env.company)
        self.connection.write({"url": URL, "api_key": KEY, "webhook_secret": SECRET, "event_cursor": 41})
        self.meeting = (
            self.env["jitsi.meeting"]
            .with_context(omeet_mirror=True)
            .create({"name": "Weekly", "remote_id": "mtg_test", "room_code": "aaabbbbccc", "state": "ready"})
        )
        self.view = {
            "id": "mtg_test", "name": "Weekly", "description": "", "state": "started", "version": 2, "room_code": "aaabbbbccc",
            "join_url": f"{URL}/j/aaabbbbccc", "actual_start": "2026-11-21T09:00:00Z", "actual_end": None, "cancel_reason": None,
            "reserved_until": None, "start": "2026-11-21T09:00:00Z", "duration_min": 60, "participants": [], "external_key": None,
        }  # fmt: skip

    def _post(self, event, path="", **kwargs):
        body = json.dumps(event).encode()
        headers = {**signed(body, **kwargs), "Content-Type": "application/json"}
        return self.opener.post(f"{self.base_url()}/o-meet/events{path}", data=body, headers=headers, timeout=10)

    def _event(self, seq=42):
        return {"type": "meeting.started", "seq": seq, "subject": "mtg_test", "data": self.view, "id": f"evt_{seq}"}

    def test_a_signed_event_shows_at_once(self):
        for path in ("", f"/{self.connection.id}"):
            self.connection.event_cursor = 41
            self.assertEqual(self._post(self._event(), path).status_code, 204)
            self.assertEqual((self.meeting.state, self.connection.event_cursor), ("started", 42))

    def test_what_is_not_signed_is_refused(self):
        answer = self._post(self._event(), secret="whsec_" + base64.b64encode(b"somebody else").decode())
        self.assertEqual((answer.status_code, self.meeting.state), (401, "ready"))
        self.assertEqual(self._post(self._event(), f"/{self.connection.id + 999}").status_code, 401)
        self.connection.webhook_secret = False
        self.assertEqual(self._post(self._event()).status_code, 401, "no secret, no event")

    def test_a_gap_is_fetched_not_guessed(self):
        self.assertEqual(self._post(self._event(seq=50)).status_code, 204)
        self.assertEqual((self.meeting.state, self.connection.event_cursor), ("ready", 41))
        self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", self.env.ref("omeet.cron_pull").id)]))

    def test_get_is_no_way_in(self):
        self.assertEqual(self.url_open("/o-meet/events").status_code, 405)


@tagged("post_install", "-at_install")
class TestWebhookRegistration(OmeetCase):
    def test_the_database_registers_itself_and_knows_itself_again(self):
        self.env["ir.config_parameter"].sudo().set_param("web.base.url", "http://127.0.0.1:8069")
        self.assertFalse(self.connection._register_webhook())
        first, secret = self.connection.webhook_endpoint, self.connection.webhook_secret
        self.assertTrue(secret.startswith("whsec_"))
        self.assertFalse(self.connection._register_webhook(), "nothing to do")
        self.assertEqual(self.connection.webhook_endpoint, first)
        self.env["ir.config_parameter"].sudo().set_param("web.base.url", "http://127.0.0.1:8070")
        self.assertFalse(self.connection._register_webhook())
        self.assertEqual(self.connection.webhook_endpoint, first, "the same endpoint at its new address")
        self.assertNotEqual(self.connection.webhook_secret, secret)
        self.connection._forget_webhook()
        with Client(URL, KEY) as client:
            self.assertNotIn(first, [one["id"] for one in client.call("webhook.endpoint.list", {"limit": 200})["items"]])

    def test_an_address_that_omeet_refuses_is_said_and_the_cron_does(self):
        self.env["ir.config_parameter"].sudo().set_param("web.base.url", "ftp://nowhere")
        self.assertTrue(self.connection._register_webhook())
        self.assertFalse(self.connection.webhook_secret)
