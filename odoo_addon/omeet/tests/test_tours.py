"""What users do in a browser, against the real service whose address and key are in the environment."""

import os

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import URL, OmeetCase

JITSI = os.environ.get("OMEET_JITSI_URL", "")
CALENDAR = "/odoo/action-calendar.action_calendar_event"


class OmeetHttpCase(OmeetCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Tests of the settings leave provider accounts in omeet, which no rollback takes away.
        for provider in cls.service.call("provider.list")["items"]:
            cls.service.call("provider.delete", id=provider["id"])
        ok, lines = cls.connection._test()
        assert ok, lines

    def _patch(self, owner, name, new):
        """Requests have cursors of their own here, on the test's connection: nothing has to be replaced for that."""
        return None if name == "_own_cursor" else super()._patch(owner, name, new)

    def tour(self, path, name, login="omeet_ana"):
        self.env.flush_all()
        self.start_tour(path, name, login=login, timeout=180)
        self.env.invalidate_all()

    def meeting(self, name, **values):
        """A meeting of Ana's that omeet knows."""
        meeting = self.env["jitsi.meeting"].with_user(self.ana).create({"name": name, **values})
        self.send()
        return meeting


@tagged("post_install", "-at_install")
class TestCalendarTours(OmeetHttpCase):
    def created(self, name):
        event = self.env["calendar.event"].search([("name", "=", name)])
        self.assertEqual(len(event), 1, f"{name} was saved once")
        return event

    def test_unsaved_event_gets_its_link_before_it_is_saved(self):
        self.tour(CALENDAR, "omeet_calendar_unsaved")
        event = self.created("Unsaved")
        self.assertEqual(event.videocall_source, "omeet")
        self.assertTrue(event.videocall_location.startswith(f"{URL}/j/"))
        self.assertEqual(event.omeet_meeting_id.name, "Unsaved")

    def test_unsaved_event_whose_link_was_cleared_has_none(self):
        self.tour(CALENDAR, "omeet_calendar_unsaved_cleared")
        self.assertFalse(self.created("Cleared").videocall_location)
        self.assertFalse(self.env["jitsi.meeting"].search([("name", "=", "Cleared"), ("state", "!=", "cancelled")]))

    def test_saved_event(self):
        event = self.event(name="Saved", link=False)
        self.tour(f"/odoo/calendar.event/{event.id}", "omeet_calendar_saved")
        self.assertEqual(event.videocall_source, "omeet")
        meeting = self.meeting_of(event)
        self.tour(f"/odoo/calendar.event/{event.id}", "omeet_calendar_saved_cleared")
        self.assertFalse(event.videocall_location)
        self.commit()
        self.assertEqual(meeting.state, "cancelled")

    def test_quick_create(self):
        self.tour(CALENDAR, "omeet_calendar_quick")
        self.assertEqual(self.created("Quick").videocall_source, "omeet")

    def test_quick_create_cleared(self):
        self.tour(CALENDAR, "omeet_calendar_quick_cleared")
        self.assertFalse(self.created("Quick cleared").videocall_location)


@tagged("post_install", "-at_install")
class TestDashboardTours(OmeetHttpCase):
    def test_new_meeting_in_a_new_tab(self):
        self.tour("/odoo/o-meet", "omeet_dashboard_new")
        meeting = self.env["jitsi.meeting"].search([("name", "=", "Quick question")])
        self.assertEqual((len(meeting), meeting.organizer_id, meeting.meeting_type), (1, self.ana, "instant"))

    def test_join_by_code(self):
        self.meeting("By code", meeting_type="instant")
        self.tour("/odoo/o-meet", "omeet_dashboard_code")

    @mute_logger("odoo.http")
    def test_says_that_nothing_is_set_up(self):
        self.connection.write({"url": False, "api_key": False})
        self.tour("/odoo/o-meet", "omeet_dashboard_unconfigured")


@tagged("post_install", "-at_install")
class TestMeetingTours(OmeetHttpCase):
    def test_kanban_list_form_and_states(self):
        self.meeting("Planned")
        self.tour("/odoo/o-meet-meetings", "omeet_meetings")

    def test_new_by_hand(self):
        self.tour("/odoo/o-meet-meetings", "omeet_meeting_new")
        self.assertEqual(self.env["jitsi.meeting"].search_count([("name", "=", "By hand"), ("room_code", "!=", False)]), 1)

    def test_settings(self):
        self.tour("/odoo/action-omeet.action_settings", "omeet_settings", login="admin")


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
        self.authenticate("omeet_ana", "omeet_ana")
        self.assertRegex(self.follow(f"/o-meet/join/{meeting.room_code}"), f"^{URL}/j/{meeting.room_code}/.+|^{JITSI}/")

    def test_guest_gets_the_page_of_omeet(self):
        meeting = self.meeting("Joined", meeting_type="instant")
        self.authenticate(None, None)
        self.assertEqual(self.follow(f"/o-meet/join/{meeting.room_code}"), f"{URL}/j/{meeting.room_code}")

    def test_what_is_no_code_is_not_found(self):
        self.authenticate(None, None)
        self.assertEqual(self.url_open("/o-meet/join/short", allow_redirects=False).status_code, 404)
