"""Meetings that follow the calendar events which carry their link."""

from datetime import datetime, time, timedelta

from pytz import timezone as pytz_timezone
from pytz import utc

from odoo import api, fields, models


class JitsiMeetingOfEvents(models.Model):
    _inherit = "jitsi.meeting"

    def _omeet_events(self):
        """The living events that carry the meeting's link."""
        return self.sudo().event_ids.filtered("active")

    def _omeet_look_again(self):
        """Once the transaction is complete, the meetings follow what became of their events."""
        if not self:
            return
        data = self.env.cr.precommit.data
        waiting = data.setdefault("omeet.look_again", {})
        first = not waiting
        waiting.update({meeting_id: self.env.uid for meeting_id in self.ids})
        if not first:
            return
        env = self.env

        @self.env.cr.precommit.add
        def look():
            todo = dict(data.pop("omeet.look_again", {}))
            for user_id in set(todo.values()):
                ids = [meeting_id for meeting_id, who in todo.items() if who == user_id]
                env["jitsi.meeting"].with_user(user_id).sudo().browse(ids).exists()._follow_events()

    def _follow_events(self):
        """Title, time and people of the event that is on, or comes next; no event left means the meeting is called off."""
        for meeting in self:
            if not meeting.with_context(active_test=False).event_ids and not meeting.external_key:
                continue  # reserved for a form that is still open
            events = meeting._omeet_events()
            if not events:
                meeting._do_cancel()
                continue
            meeting._follow_event(meeting._current_event(events))

    def _current_event(self, events):
        now = fields.Datetime.now()
        coming = events.filtered(lambda event: event.stop > now).sorted("start")
        return coming[:1] or events.sorted("start")[-1:]

    def _follow_event(self, event):
        self.ensure_one()
        if self.state == "cancelled":
            self._begin_anew(event)
            return
        before = self._planned()
        mirror = self.with_context(omeet_mirror=True)
        values = {name: value for name, value in self._event_values(event).items() if mirror._differs(name, value)}
        if values:
            mirror.write(values)
        if not self.external_key:
            mirror.external_key = self._new_external_key()
        if self.reserved_until:
            self._queue_claim()
            self._notify_clients()
        else:
            self._queue_changes(before)

    def _differs(self, name, value):
        if name == "attendee_ids":
            return set(self.attendee_ids.ids) != set(value[0][2])
        current = self[name].id if self._fields[name].type == "many2one" else self[name]
        return current != value

    def _event_values(self, event):
        event = event.sudo()
        start, stop = event.start, event.stop
        if event.allday:
            start, stop = self._whole_days(event)
        minutes = max(1, min(round((stop - start).total_seconds() / 60), 7 * 24 * 60))
        # The meeting of a booking keeps its own document: what it is about is the booking.
        document = {} if event.omeet_booking_ids else {"res_model": "calendar.event", "res_id": event.id}
        return {
            **document,
            "name": event.name or self.env._("Meeting"),
            "scheduled_date": start,
            "duration": minutes,
            "tz": event.event_tz or event.user_id.tz or self.tz or "UTC",
            "meeting_type": "scheduled",
            "organizer_id": event.user_id.id or False,
            "attendee_ids": [fields.Command.set(event.partner_ids.ids)],
            "is_private": self._event_is_private(event),
        }

    def _whole_days(self, event):
        """From the first midnight to the last in the organizer's zone: an all-day event is on all day where it is planned."""
        zone = pytz_timezone(event.event_tz or event.user_id.tz or "UTC")
        begin = zone.localize(datetime.combine(event.start_date, time.min)).astimezone(utc).replace(tzinfo=None)
        last = event.stop_date or event.start_date
        end = zone.localize(datetime.combine(last + timedelta(days=1), time.min)).astimezone(utc).replace(tzinfo=None)
        return begin, end

    def _event_is_private(self, event):
        if event.privacy:
            return event.privacy == "private"
        return event.user_id.sudo().calendar_default_privacy == "private"

    def _begin_anew(self, event):
        """An event that was brought back from the archive: its meeting was called off for good, so it gets another one."""
        events = self._omeet_events().filtered(lambda other: other.videocall_location == self.join_url)
        if not events:
            return
        fresh = (
            self.env["jitsi.meeting"].with_context(omeet_mirror=True).sudo().create({**self._event_values(event), "company_id": self.company_id.id})
        )
        fresh.external_key = fresh._new_external_key()
        events.with_context(omeet_skip=True, dont_notify=True).write({"omeet_meeting_id": fresh.id, "videocall_location": False})
        fresh._queue_create()

    def _cron_follow(self):
        """Meetings whose event is over go on to the next event of their series."""
        now = fields.Datetime.now()
        behind = self.sudo().search(
            [("state", "in", ("ready", "started", "ended")), ("date_end", "<", now), ("event_ids.stop", ">", now)], limit=1000
        )
        behind.filtered(lambda meeting: meeting.state != "started")._follow_events()
        return len(behind)

    @api.autovacuum
    def _gc_reservations(self):
        """Links that no form was saved with; omeet has let go of them by itself."""
        past = [("reserved_until", "!=", False), ("reserved_until", "<", fields.Datetime.now())]
        self.sudo().search(past, limit=1000).with_context(omeet_mirror=True).unlink()
