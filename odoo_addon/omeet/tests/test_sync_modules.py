"""Beside Google's and Microsoft's own synchronizations (d.5.5, C8): run where both are installed."""

from odoo.tests import tagged

from .common import OmeetCase


@tagged("omeet_sync", "-standard", "post_install", "-at_install")
class TestSyncModules(OmeetCase):
    def setUp(self):
        super().setUp()
        self.assertIn("google_id", self.env["calendar.event"]._fields)
        self.assertIn("microsoft_id", self.env["calendar.event"]._fields)

    def _linked(self, **values):
        event = self.event(**values)
        self.send()
        return event

    def test_google_makes_no_meet_beside_the_link(self):
        event = self._linked()
        self.assertNotIn("conferenceData", event._google_values())
        self.assertFalse(event._need_video_call())
        self.assertTrue(self.event(link=False)._need_video_call(), "as always where there is no link of ours")

    def test_outlook_makes_no_teams_meeting_beside_the_link(self):
        event = self._linked()
        values = event._microsoft_values(event._get_microsoft_synced_fields())
        self.assertFalse(values["isOnlineMeeting"])

    def test_a_series_makes_none_either(self):
        event = self._linked(recurrency=True, rrule_type="daily", interval=1, end_type="count", count=3, event_tz="UTC")
        self.assertFalse(event.recurrence_id._need_video_call())
        self.assertNotIn("conferenceData", event.recurrence_id._google_values())

    def test_what_they_write_back_leaves_the_link(self):
        event = self._linked()
        link, meeting = event.videocall_location, self.meeting_of(event)
        teams = "https://teams.microsoft.com/l/meetup-join/x"
        event.with_context(dont_notify=True).write({"videocall_location": teams, "name": "From Outlook", "need_sync_m": False})
        event.with_context(dont_notify=True).write({"videocall_location": "https://meet.google.com/abc-defg-hij", "need_sync": False})
        self.send()
        self.assertEqual((event.videocall_location, event.videocall_source), (link, "omeet"))
        self.assertEqual(self.service.get(meeting)["name"], "From Outlook", "the rest is theirs to change, and omeet hears of it")

    def test_their_own_links_are_theirs(self):
        event = self.event(link=False, videocall_location="https://meet.google.com/abc-defg-hij")
        self.assertEqual(event.videocall_source, "google_meet")
        event.with_context(dont_notify=True).write({"videocall_location": "https://teams.microsoft.com/l/x", "need_sync_m": False})
        self.assertEqual(event.videocall_location, "https://teams.microsoft.com/l/x")
