"""Moving from jitsi_meet_ui: meetings, links and settings, once (S0.6-S0.8, d.1.3, d.1.4)."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import OmeetCase, soon


@tagged("post_install", "-at_install")
class TestLegacy(OmeetCase):
    def setUp(self):
        super().setUp()
        self.env.cr.execute(
            """CREATE TABLE IF NOT EXISTS jitsi_meeting_legacy (
                   id serial PRIMARY KEY, name varchar, room_name varchar, meeting_type varchar, start_datetime timestamp,
                   duration integer, owner_id integer, active boolean, state varchar, create_date timestamp);
               CREATE TABLE IF NOT EXISTS jitsi_meeting_res_users_rel (jitsi_meeting_id integer, res_users_id integer);
               ALTER TABLE calendar_event ADD COLUMN IF NOT EXISTS omeet_legacy_id integer"""
        )

    def _old(self, **values):
        row = {"name": "Old", "room_name": "meet-6de9324805", "meeting_type": "scheduled", "start_datetime": soon(), "duration": 45}
        row.update({"owner_id": self.ana.id, "active": True, "state": "ready", **values})
        columns = ", ".join(row)
        self.env.cr.execute(f"INSERT INTO jitsi_meeting_legacy ({columns}) VALUES %s RETURNING id", [tuple(row.values())])
        return self.env.cr.fetchone()[0]

    def _import(self):
        count = self.env["jitsi.meeting"]._import_legacy()
        self.send()
        return count

    def test_meetings_are_taken_over_once(self):
        old_id = self._old()
        self.env.cr.execute("INSERT INTO jitsi_meeting_res_users_rel VALUES (%s, %s)", [old_id, self.budi.id])
        self.assertEqual(self._import(), 1)
        self.assertEqual(self._import(), 0)
        meeting = self.env["jitsi.meeting"].search([("legacy_code", "=", "meet-6de9324805")])
        self.assertEqual((meeting.name, meeting.organizer_id, meeting.duration), ("Old", self.ana, 45))
        view = self.service.get(meeting)
        self.assertEqual(view["state"], "ready")
        self.assertEqual({p["email"] for p in view["participants"]}, {"ana@example.org", "budi@example.org"})

    def test_a_link_whose_date_is_over_stays_open_a_week_and_what_has_ended_is_history(self):
        self._old(room_name="meet-1111111111", start_datetime=fields.Datetime.now() - timedelta(days=40))
        self._old(room_name="meet-2222222222", state="ended")
        self._old(room_name="meet-3333333333", active=False)
        self._import()
        by_code = {m.legacy_code: m for m in self.env["jitsi.meeting"].with_context(active_test=False).search([("legacy_code", "!=", False)])}
        self.assertEqual(self.service.get(by_code["meet-1111111111"])["duration_min"], 7 * 24 * 60)
        self.assertEqual((by_code["meet-2222222222"].state, by_code["meet-2222222222"].remote_id), ("ended", False))
        self.assertFalse(by_code["meet-3333333333"].active)

    def test_an_event_gets_the_link_that_it_never_had(self):
        """d.1.2, d.1.4: its button never filled the link, and hours were stored as minutes."""
        event = self.event(link=False, hours=2)
        old_id = self._old(duration=2)
        self.env.cr.execute("UPDATE calendar_event SET omeet_legacy_id = %s WHERE id = %s", [old_id, event.id])
        self._import()
        meeting = self.meeting_of(event)
        self.assertEqual(meeting.legacy_code, "meet-6de9324805")
        self.assertEqual(event.videocall_location, meeting.join_url)
        self.assertEqual(self.service.get(meeting)["duration_min"], 120)

    def test_the_dashboard_takes_old_codes(self):
        self._old()
        self._import()
        meeting = self.env["jitsi.meeting"].search([("legacy_code", "=", "meet-6de9324805")])
        for typed in ("meet-6de9324805", "https://odoo.example.com/o-meet/join/meet-6de9324805"):
            self.assertEqual(self.env["jitsi.meeting"].with_user(self.ana).find_by_code(typed), {"join_url": f"/o-meet/join/{meeting.room_code}"})

    def test_settings_of_every_spelling_go_to_omeet_and_leave_odoo(self):
        """d.1.3: three spellings for one thing."""
        parameters = self.env["ir.config_parameter"].sudo()
        spellings = (
            ("jitsi.server_url", "jitsi.server_domain", "jitsi.jwt.app_id", "jitsi.jwt.app_secret"),
            ("jitsi.server.url", "jitsi.server.domain", "jitsi.jwt_app_id", "jitsi.jwt_app_secret"),
        )
        for keys in spellings:
            with self.subTest(keys):
                for account in self.service.call("provider.list")["items"]:
                    self.service.call("provider.delete", id=account["id"])
                for key, value in zip(keys, ("https://jitsi.example.org", "meet.jitsi", "odoo", "s3cret"), strict=True):
                    parameters.set_param(key, value)
                self.assertTrue(self.connection._import_legacy_settings())
                account = self.service.call("provider.list")["items"][0]
                self.assertEqual(
                    {name: account["settings"][name] for name in ("server_url", "domain", "app_id")},
                    {"server_url": "https://jitsi.example.org", "domain": "meet.jitsi", "app_id": "odoo"},
                )
                self.assertTrue(account["secrets"]["app_secret"])
                self.assertFalse(parameters.search([("key", "=like", "jitsi.%")]))
        self.assertFalse(self.connection._import_legacy_settings(), "once")

    def test_the_public_server_needs_no_account(self):
        """Its page saved this domain by itself, and meet.jit.si takes no tokens."""
        told = {"server_url": "meet.jit.si", "domain": "meet.jit.si", "app_id": "x", "app_secret": "y"}
        self.assertIsNone(self.connection._legacy_provider(told))
        own = self.connection._legacy_provider({**told, "server_url": "https://own.example.org"})
        self.assertEqual(own, {"server_url": "https://own.example.org", "app_id": "x", "app_secret": "y"})

    def test_nothing_to_take_over(self):
        self.env.cr.execute("DROP TABLE jitsi_meeting_legacy")
        self.assertEqual(self.env["jitsi.meeting"]._import_legacy(), 0)
