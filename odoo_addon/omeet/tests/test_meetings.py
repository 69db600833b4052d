"""Meetings of their own, their buttons and who may press them (S0.11-S0.21, S4.8)."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .common import OmeetCase, soon


@tagged("post_install", "-at_install")
class TestMeetings(OmeetCase):
    def _meeting(self, user=None, **values):
        meeting = self.env["jitsi.meeting"].with_user(user or self.ana).create({"name": "Planning", "scheduled_date": soon(), **values})
        self.send()
        return meeting

    def test_a_scheduled_meeting_has_its_link_at_once(self):
        """S0.12: create, save and copy the link."""
        meeting = self.env["jitsi.meeting"].with_user(self.ana).create({"name": "Planning", "scheduled_date": soon(), "duration": 30})
        self.assertTrue(meeting.join_url)
        self.assertRegex(meeting.room_code, r"^[a-z2-9]{10}$")
        self.assertRegex(meeting.room_code_display, r"^\w{3}-\w{4}-\w{3}$")
        self.send()
        view = self.service.get(meeting)
        self.assertEqual((view["state"], view["duration_min"], view["organizer"]["name"]), ("ready", 30, "Ana Wijaya"))

    def test_the_form(self):
        with Form(self.env["jitsi.meeting"].with_user(self.ana)) as form:
            form.name = "From the form"
            form.scheduled_date = soon()
            form.attendee_ids.add(self.guest)
        self.send()
        people = [p["email"] for p in self.service.get(form.record)["participants"]]
        self.assertEqual(people, ["ana@example.org", "gita@example.net"])

    def test_changes_of_a_form_are_told(self):
        meeting = self._meeting()
        meeting.write({"name": "Changed", "lobby": True, "access": "invited", "duration": 90, "description": "Bring cake"})
        self.assertEqual(self.send(), 1)
        view = self.service.get(meeting)
        self.assertEqual((view["name"], view["access"], view["duration_min"], view["description"]), ("Changed", "invited", 90, "Bring cake"))
        self.assertTrue(view["options"]["lobby"])

    def test_lifetimes(self):
        """S0.16: draft, ready, started, ended; d.1.8: ended is reached."""
        meeting = self._meeting(scheduled_date=soon(0))
        self.assertEqual(meeting.state, "ready")
        meeting.action_start()
        self.assertEqual(meeting.state, "started")
        meeting.action_end()
        self.assertEqual((meeting.state, self.service.get(meeting)["state"]), ("ended", "ended"))
        meeting.action_reopen()
        self.assertEqual(meeting.state, "started")
        meeting.action_cancel()
        self.send()
        self.assertEqual(self.service.get(meeting)["state"], "cancelled")
        with self.assertRaisesRegex(UserError, "over"):
            meeting.action_cancel()

    def test_buttons_say_that_omeet_is_down(self):
        meeting = self._meeting()
        with self.down(), self.assertRaisesRegex(UserError, "cannot be reached"):
            meeting.action_start()
        with self.down(), self.assertRaisesRegex(UserError, "cannot be reached"):
            meeting.action_refresh()
        with self.down():
            meeting.action_cancel()  # told later
        self.assertEqual(meeting.state, "cancelled")
        self.send()
        self.assertEqual(self.service.get(meeting)["state"], "cancelled")

    def test_an_instant_meeting(self):
        """S0.2, S0.11."""
        answer = self.env["jitsi.meeting"].with_user(self.ana).create_instant("Quick call")
        meeting = self.env["jitsi.meeting"].browse(answer["id"])
        self.send()
        self.assertEqual(answer["join_url"], f"/o-meet/join/{meeting.room_code}")
        view = self.service.get(meeting)
        self.assertEqual((view["state"], view["name"]), ("ready", "Quick call"))
        with self.down(), self.assertRaisesRegex(UserError, "cannot be reached"):
            self.env["jitsi.meeting"].with_user(self.ana).create_instant("No")

    def test_an_instant_meeting_that_is_rolled_back_leaves_no_orphan(self):
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            answer = self.env["jitsi.meeting"].with_user(self.ana).create_instant("Rolled back")
            remote_id = self.env["jitsi.meeting"].browse(answer["id"]).remote_id
            raise ZeroDivisionError
        self.assertEqual(self.service.call("meeting.get", id=remote_id)["state"], "draft")
        self.assertTrue(self.service.call("meeting.get", id=remote_id)["reserved_until"], "expires by itself")

    def test_a_duplicate_has_its_own_link(self):
        meeting = self._meeting(attendee_ids=[(6, 0, self.guest.ids)])
        copy = meeting.copy()
        self.send()
        self.assertNotEqual(copy.room_code, meeting.room_code)
        self.assertEqual(self.service.get(copy)["state"], "ready")
        self.assertFalse(copy.participant_ids & meeting.participant_ids)

    def test_deleting_a_meeting_deletes_it_in_omeet_and_takes_its_link_out_of_the_event(self):
        event = self.event()
        self.send()
        meeting = self.meeting_of(event)
        remote_id = meeting.remote_id
        meeting.with_user(self.ana).unlink()
        self.send()
        self.assertFalse(event.videocall_location)
        self.assertFalse(self.service.call("meeting.list", external_key=f"x{remote_id}")["items"])
        self.assertNotIn(remote_id, [m["id"] for m in self.service.call("meeting.list", limit=200)["items"]])

    def test_archiving_calls_it_off(self):
        meeting = self._meeting()
        meeting.action_archive()
        self.send()
        self.assertEqual(self.service.get(meeting)["state"], "cancelled")

    def test_refresh_brings_people_and_audit_trail(self):
        meeting = self._meeting(attendee_ids=[(6, 0, self.guest.ids)])
        meeting.action_refresh()
        self.assertEqual(set(meeting.participant_ids.mapped("email")), {"ana@example.org", "gita@example.net"})
        self.assertEqual(meeting.participant_ids.filtered(lambda p: p.role == "participant").partner_id, self.guest)
        self.assertIn("meeting.create", meeting.audit_ids.mapped("action"))
        count = len(meeting.audit_ids)
        meeting.action_refresh()
        self.assertEqual(len(meeting.audit_ids), count, "once each")

    def test_share_by_email(self):
        meeting = self._meeting(attendee_ids=[(6, 0, self.guest.ids)])
        context = meeting.action_share()["context"]
        composer = self.env["mail.compose.message"].with_user(self.ana).with_context(**context).create({})
        self.assertIn(meeting.join_url, composer.body)
        self.assertEqual(composer.partner_ids, self.guest)

    def test_nobody_sets_what_is_omeets(self):
        meeting = self._meeting()
        for values in ({"state": "ended"}, {"room_code": "aaaaaaaaaa"}, {"join_url": "https://evil.example"}, {"remote_id": "mtg_x"}):
            with self.subTest(values), self.assertRaises(UserError):
                meeting.write(values)
        with self.assertRaises(ValidationError):
            meeting.duration = 0

    def test_strange_names_and_addresses_are_no_obstacle(self):
        """Odoo takes names and addresses that mail headers do not."""
        odd = self.env["res.partner"].create({"name": "Nåme\nwith\u2028lines", "email": "no address"})
        nameless = self.env["res.partner"].create({"name": "X", "email": "Two <a@example.org>, b@example.org"})
        meeting = self._meeting(name="Title\twith\rcontrol " + "x" * 300, attendee_ids=[(6, 0, (odd | nameless).ids)])
        self.assertFalse(self.jobs(state="failed"))
        self.assertEqual(len(self.service.get(meeting)["participants"]), 3)

    # ------------------------------------------------------------------ dashboard

    def test_the_dashboard_asks_the_mirror_alone(self):
        now = fields.Datetime.now()
        today = self._meeting(name="Today", scheduled_date=now + timedelta(minutes=1), duration=5)
        later = self._meeting(name="Later", scheduled_date=now + timedelta(days=3))
        self._meeting(self.budi, name="Not mine")
        invited = self._meeting(self.budi, name="Invited", scheduled_date=now + timedelta(days=4), attendee_ids=[(6, 0, self.ana.partner_id.ids)])
        cancelled = self._meeting(name="Cancelled", scheduled_date=now + timedelta(days=5))
        cancelled.action_cancel()
        with self.calls() as seen:
            data = self.env["jitsi.meeting"].with_user(self.ana).dashboard_data()
        self.assertEqual(seen, [])
        self.assertTrue(data["server_ok"])
        self.assertIn(today.id, [m["id"] for m in data["today"] + data["upcoming"]])
        self.assertEqual([m["id"] for m in data["upcoming"] if m["name"] != "Today"], [later.id, invited.id])
        item = next(m for m in data["upcoming"] if m["id"] == invited.id)
        self.assertEqual((item["is_host"], item["organizer"], item["state"]), (False, "Budi Santoso", "ready"))
        self.assertEqual(set(item), {"id", "name", "room_code", "state", "start", "end", "join_url", "is_host", "organizer", "participant_count"})

    def test_the_dashboard_says_what_is_missing(self):
        self.connection.unlink()
        data = self.env["jitsi.meeting"].with_user(self.ana).dashboard_data()
        self.assertEqual((data["server_ok"], data["today"]), (False, []))
        self.assertIn("Settings", data["message"])

    def test_codes_as_people_type_them(self):
        """S0.13."""
        meeting = self._meeting()
        find = self.env["jitsi.meeting"].with_user(self.budi).find_by_code
        for typed in (meeting.room_code, meeting.room_code_display, meeting.room_code.upper(), f" {meeting.room_code_display} ", meeting.join_url):
            self.assertEqual(find(typed), {"join_url": f"/o-meet/join/{meeting.room_code}"}, typed)
        for typed in ("", "abc", None, "https://evil.example/j/abcdefghjk/x", "а" * 10):
            self.assertIn("error", find(typed), typed)


@tagged("post_install", "-at_install")
class TestRights(OmeetCase):
    """S0.17, S4.8, d.1.5."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Meeting = cls.env["jitsi.meeting"].with_context(omeet_mirror=True)
        cls.hers = Meeting.create({"name": "Hers", "organizer_id": cls.ana.id, "state": "ready", "attendee_ids": [(6, 0, cls.budi.partner_id.ids)]})
        cls.secret = Meeting.create({"name": "Her own", "organizer_id": cls.ana.id, "state": "ready"})
        cls.employee = new_test_user(cls.env, "omeet_employee", "base.group_user", name="No group")
        cls.portal = new_test_user(cls.env, "omeet_portal", "base.group_portal", name="Portal")

    def _seen(self, user):
        return self.env["jitsi.meeting"].with_user(user).search([("id", "in", (self.hers | self.secret).ids)])

    def test_users_see_what_they_host_or_attend_managers_all(self):
        self.assertEqual(self._seen(self.ana), self.hers | self.secret)
        self.assertEqual(self._seen(self.budi), self.hers)
        self.assertEqual(self._seen(self.manager), self.hers | self.secret)

    def test_only_hosts_and_managers_change(self):
        with self.assertRaises(AccessError):
            self.hers.with_user(self.budi).name = "Mine now"
        with self.assertRaises(AccessError):
            self.hers.with_user(self.budi).unlink()
        with self.assertRaises(AccessError):
            self.hers.with_user(self.budi).organizer_id = self.budi
        self.hers.with_user(self.ana).name = "Renamed"
        self.hers.with_user(self.manager).name = "Renamed by the manager"

    def test_only_the_host_or_a_manager_cancels(self):
        """S4.8, in its words."""
        with self.assertRaisesRegex(AccessError, "Access Denied: Only creator/host can cancel"):
            self.hers.with_user(self.budi).action_cancel()
        for action in ("action_start", "action_end", "action_reopen", "action_retry"):
            with self.subTest(action), self.assertRaisesRegex(AccessError, "Access Denied"):
                getattr(self.hers.with_user(self.budi), action)()
        self.hers.with_user(self.manager).action_cancel()
        self.secret.with_user(self.ana).action_cancel()
        self.assertEqual((self.hers | self.secret).mapped("state"), ["cancelled", "cancelled"])

    def test_without_the_group_nothing(self):
        for user in (self.employee, self.portal, self.env.ref("base.public_user")):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self._seen(user).read(["name"])
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.env["jitsi.meeting"].with_user(user).dashboard_data()

    def test_employees_without_the_group_still_plan_their_events(self):
        event = self.env["calendar.event"].with_user(self.employee).create({"name": "Plain", "start": soon(), "stop": soon(25)})
        event.name = "Plainer"
        shared = self.event()
        self.send()
        shared.with_user(self.employee).videocall_location  # noqa: B018
        self.assertTrue(event.with_user(self.employee).unlink())

    def test_a_colleague_opens_the_form_of_an_event_that_they_do_not_attend(self):
        """The meeting is not theirs to see; the event is, and its link is in it."""
        event = self.event(privacy="public")
        self.send()
        asked = {"omeet_meeting_id": {"fields": {"display_name": {}}}, "omeet_state": {}, "videocall_location": {}, "videocall_source": {}}
        for user in (self.budi, self.employee):
            self.env.invalidate_all()
            shown = event.with_user(user).web_read(asked)[0]
            self.assertEqual((shown["omeet_state"], shown["videocall_source"]), ("ready", "omeet"))

    def test_companies_are_apart(self):
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self.env["jitsi.meeting"].with_context(omeet_mirror=True).create({"name": "Theirs", "company_id": other.id, "organizer_id": False})
        self.assertFalse(self.env["jitsi.meeting"].with_user(self.manager).search([("id", "=", theirs.id)]))
        with self.assertRaises(AccessError):
            theirs.with_user(self.manager).read(["name"])

    def test_attendance_follows_its_meeting(self):
        rows = self.env["omeet.participant"].create(
            [{"meeting_id": meeting.id, "remote_id": meeting.name, "name": "Somebody"} for meeting in (self.hers, self.secret)]
        )
        self.assertEqual(self.env["omeet.participant"].with_user(self.budi).search([("id", "in", rows.ids)]).meeting_id, self.hers)
        with self.assertRaises(AccessError):
            rows.with_user(self.ana).write({"name": "Somebody else"})

    def test_the_key_is_for_administrators(self):
        for user in (self.ana, self.manager):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.connection.with_user(user).read(["api_key"])

    def test_no_public_method_speaks_to_omeet_for_somebody_else(self):
        """d.1.14: whoever is asked about comes from the session, never from an argument."""
        meeting = self.env["jitsi.meeting"]
        for name in ("_reserve", "_ask", "_join_answer", "_apply", "_queue"):
            self.assertTrue(hasattr(meeting, name))
        self.assertFalse([name for name in dir(type(meeting)) if "token" in name and not name.startswith("_") and "access_token" not in name])
