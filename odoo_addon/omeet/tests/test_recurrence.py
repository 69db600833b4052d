"""Recurring events: one meeting and one link per series, and the three scopes of a change."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from .common import OmeetCase, soon


@tagged("post_install", "-at_install")
class TestRecurrence(OmeetCase):
    """One meeting and one link per series: whoever holds its invitation holds the right link. The meeting follows the next event."""

    def _series(self, count=4, start=None):
        event = self.event(
            start=start,
            recurrency=True,
            rrule_type="daily",
            interval=1,
            end_type="count",
            count=count,
            event_tz="UTC",
        )
        self.send()
        return event, event.recurrence_id.calendar_event_ids.sorted("start")

    def _states(self):
        return {job.operation for job in self.jobs(state="pending")}

    def test_a_series_shares_one_link_and_one_meeting(self):
        base, events = self._series()
        self.assertEqual(len(events), 4)
        self.assertEqual(len(set(events.mapped("videocall_location"))), 1)
        self.assertEqual(len(events.sudo().omeet_meeting_id), 1)
        self.assertEqual(self.service.get(self.meeting_of(base))["start"], events[0].start.strftime("%Y-%m-%dT%H:%M:%SZ"))

    def test_this_event_only(self):
        _base, events = self._series()
        meeting = self.meeting_of(events[0])
        events[2].write({"recurrence_update": "self_only", "name": "Special"})
        self.send()
        self.assertEqual(self.service.get(meeting)["name"], "Weekly", "the meeting shows the next event")
        events[0].write(
            {"recurrence_update": "self_only", "start": events[0].start + timedelta(hours=2), "stop": events[0].stop + timedelta(hours=2)}
        )
        self.send()
        self.assertEqual(self.service.get(meeting)["start"], events[0].start.strftime("%Y-%m-%dT%H:%M:%SZ"))
        events[0].unlink()
        self.send()
        view = self.service.get(meeting)
        self.assertEqual((view["state"], view["start"]), ("ready", events[1].start.strftime("%Y-%m-%dT%H:%M:%SZ")))

    def test_all_events(self):
        """Odoo archives the whole series and makes a new one: the meeting lives on under its link."""
        base, events = self._series()
        link, meeting = base.videocall_location, self.meeting_of(base)
        events[1].write(
            {"recurrence_update": "all_events", "start": events[1].start + timedelta(hours=3), "stop": events[1].stop + timedelta(hours=3)}
        )
        self.send()
        alive = self.env["calendar.event"].search([("videocall_location", "=", link)])
        self.assertEqual(len(alive), 4)
        self.assertEqual(alive.sudo().omeet_meeting_id, meeting)
        view = self.service.get(meeting)
        self.assertEqual((view["state"], view["start"]), ("ready", min(alive.mapped("start")).strftime("%Y-%m-%dT%H:%M:%SZ")))
        self.assertFalse(self.jobs(operation="cancel", meeting_id=meeting.id))

    def test_this_and_following_events(self):
        _base, events = self._series()
        link, meeting, third = events[0].videocall_location, self.meeting_of(events[0]), events[2]
        third.write(
            {
                "recurrence_update": "future_events",
                "start": third.start + timedelta(hours=1),
                "stop": third.stop + timedelta(hours=1),
                "name": "Later",
            }
        )
        self.send()
        alive = self.env["calendar.event"].search([("videocall_location", "=", link)])
        self.assertEqual(sorted(alive.mapped("name")), ["Later", "Later", "Weekly", "Weekly"])
        self.assertEqual(alive.sudo().omeet_meeting_id, meeting)
        self.assertEqual(self.service.get(meeting)["state"], "ready")

    def test_clearing_the_link_of_all_events(self):
        base, _events = self._series()
        meeting = self.meeting_of(base)
        base.write({"recurrence_update": "all_events", "videocall_location": False})
        self.send()
        self.assertEqual(self.service.get(meeting)["state"], "cancelled")

    def test_deleting_the_series(self):
        base, _events = self._series()
        meeting = self.meeting_of(base)
        base.action_mass_deletion("all_events")
        self.send()
        self.assertEqual(self.service.get(meeting)["state"], "cancelled")

    def test_a_link_for_a_whole_series_that_had_none(self):
        event = self.event(link=False, recurrency=True, rrule_type="daily", interval=1, end_type="count", count=3, event_tz="UTC")
        url = self.link()
        event.write({"recurrence_update": "all_events", "videocall_location": url})
        self.send()
        events = event.recurrence_id.calendar_event_ids or self.env["calendar.event"].search([("videocall_location", "=", url)])
        self.assertEqual(len(events), 3)
        self.assertEqual(len(events.sudo().omeet_meeting_id), 1)

    def test_the_meeting_goes_on_to_the_next_event(self):
        """The link works for every date of the series, also after the first is over."""
        base, events = self._series(start=soon(1))
        meeting = self.meeting_of(base)
        now = events[0].stop + timedelta(minutes=5)
        with patch.object(fields.Datetime, "now", lambda *args: now):
            self.env["jitsi.meeting"]._cron_follow()
        self.env["omeet.job"].search([]).next_try = fields.Datetime.now()
        self.send()
        self.assertEqual(self.service.get(meeting)["start"], events[1].start.strftime("%Y-%m-%dT%H:%M:%SZ"))

    def test_the_invitation_of_a_series_and_of_one_date_differ(self):
        base, events = self._series()
        uids = {event._omeet_uid() for event in events}
        self.assertEqual(len(uids), len({event.rrule and "series" or event.id for event in events}))
        self.assertTrue(base._omeet_uid())
