"""What users do in a browser, against the real service whose address and key are in the environment."""

import os
from datetime import timedelta

from odoo import Command, fields
from odoo.tests import HttpCase, new_test_user, tagged

CALENDAR = "/odoo/action-calendar.action_calendar_event"


class OmeetHttpCase(HttpCase):
    """A company that is connected with omeet, and a user who may use it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection = cls.env["omeet.connection"]._ensure(cls.env.company)
        cls.connection.write({"url": os.environ["OMEET_URL"], "api_key": os.environ["OMEET_KEY"]})
        ok, lines = cls.connection._test()
        assert ok, lines
        cls.ana = new_test_user(cls.env, "ana", groups="base.group_user,omeet.group_user", name="Ana Putri", email="ana@example.org", tz="Asia/Jakarta")

    def meeting(self, name, **values):
        return self.env["jitsi.meeting"].with_user(self.ana).create({"name": name, **values})

    def event(self, name, **values):
        start = fields.Datetime.now().replace(minute=0, second=0) + timedelta(days=1)
        values = {"start": start, "stop": start + timedelta(hours=1), "partner_ids": [Command.set(self.ana.partner_id.ids)], **values}
        return self.env["calendar.event"].with_user(self.ana).create({"name": name, **values})

    def reserved(self, url):
        code = self.env["omeet.connection"]._room_code(url)
        return self.env["jitsi.meeting"].search([("room_code", "=", code)])


@tagged("post_install", "-at_install")
class TestCalendarTours(OmeetHttpCase):
    def created(self, name):
        event = self.env["calendar.event"].search([("name", "=", name)])
        self.assertEqual(len(event), 1, f"{name} was saved once")
        return event

    def test_unsaved_event_gets_its_link_before_it_is_saved(self):
        self.start_tour(CALENDAR, "omeet_calendar_unsaved", login="ana")
        event = self.created("Unsaved")
        self.assertEqual(event.videocall_source, "omeet")
        self.assertTrue(event.videocall_location.startswith(os.environ["OMEET_URL"] + "/j/"))
        self.assertEqual(event.omeet_meeting_id.name, "Unsaved")

    def test_unsaved_event_whose_link_was_cleared_has_none(self):
        self.start_tour(CALENDAR, "omeet_calendar_unsaved_cleared", login="ana")
        self.assertFalse(self.created("Cleared").videocall_location)
        self.assertFalse(self.env["jitsi.meeting"].search([("name", "=", "Cleared"), ("state", "!=", "cancelled")]))

    def test_saved_event(self):
        event = self.event("Saved")
        self.start_tour(f"/odoo/calendar.event/{event.id}", "omeet_calendar_saved", login="ana")
        event.invalidate_recordset()
        self.assertEqual(event.videocall_source, "omeet")
        self.start_tour(f"/odoo/calendar.event/{event.id}", "omeet_calendar_saved_cleared", login="ana")
        event.invalidate_recordset()
        self.assertFalse(event.videocall_location)

    def test_quick_create(self):
        self.start_tour(CALENDAR, "omeet_calendar_quick", login="ana")
        self.assertEqual(self.created("Quick").videocall_source, "omeet")

    def test_quick_create_cleared(self):
        self.start_tour(CALENDAR, "omeet_calendar_quick_cleared", login="ana")
        self.assertFalse(self.created("Quick cleared").videocall_location)


@tagged("post_install", "-at_install")
class TestDashboardTours(OmeetHttpCase):
    def test_new_meeting_in_a_new_tab(self):
        self.start_tour("/odoo/o-meet", "omeet_dashboard_new", login="ana")
        meeting = self.env["jitsi.meeting"].search([("name", "=", "Quick question")])
        self.assertEqual((len(meeting), meeting.organizer_id, meeting.meeting_type), (1, self.ana, "instant"))

    def test_join_by_code(self):
        self.meeting("By code", meeting_type="instant")
        self.start_tour("/odoo/o-meet", "omeet_dashboard_code", login="ana")

    def test_states_arrive_while_it_is_open(self):
        self.env["omeet.job"]._drain_for_tests() if hasattr(self.env["omeet.job"], "_drain_for_tests") else None
        self.meeting("Watched")
        self.start_tour("/odoo/o-meet", "omeet_dashboard_live", login="ana")

    def test_says_that_nothing_is_set_up(self):
        self.connection.write({"url": False, "api_key": False})
        self.start_tour("/odoo/o-meet", "omeet_dashboard_unconfigured", login="ana")


@tagged("post_install", "-at_install")
class TestMeetingTours(OmeetHttpCase):
    def test_kanban_list_form_and_states(self):
        self.meeting("Planned")
        self.start_tour("/odoo/o-meet-meetings", "omeet_meetings", login="ana")

    def test_new_by_hand(self):
        self.start_tour("/odoo/o-meet-meetings", "omeet_meeting_new", login="ana")
        self.assertEqual(self.env["jitsi.meeting"].search_count([("name", "=", "By hand"), ("room_code", "!=", False)]), 1)

    def test_settings(self):
        self.start_tour("/odoo/action-omeet.action_settings", "omeet_settings", login="admin")


@tagged("post_install", "-at_install")
class TestJoin(OmeetHttpCase):
    """The way from Odoo to the page that omeet shows."""

    def follow(self, path):
        answer = self.url_open(path, allow_redirects=False)
        self.assertEqual(answer.status_code, 303, answer.text)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        return answer.headers["Location"]

    def test_user_needs_no_login_and_no_name(self):
        meeting = self.meeting("Joined", meeting_type="instant")
        self.authenticate("ana", "ana")
        self.assertNotEqual(self.follow(f"/o-meet/join/{meeting.room_code}"), f"{os.environ['OMEET_URL']}/j/{meeting.room_code}")

    def test_guest_gets_the_page_of_omeet(self):
        meeting = self.meeting("Joined", meeting_type="instant")
        self.authenticate(None, None)
        self.assertEqual(self.follow(f"/o-meet/join/{meeting.room_code}"), f"{os.environ['OMEET_URL']}/j/{meeting.room_code}")

    def test_unknown_code_of_a_guest_is_omeets_to_answer(self):
        self.authenticate(None, None)
        self.assertEqual(self.url_open("/o-meet/join/short", allow_redirects=False).status_code, 404)
