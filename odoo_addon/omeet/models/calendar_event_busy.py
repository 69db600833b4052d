"""When users who offer booking links are busy: their events in Odoo's calendar keep guests from booking the same time."""

from datetime import timedelta

from odoo import api, fields, models

from ..times import instant

#: Changes of an event that change when somebody is busy.
_TIMED = {"start", "stop", "start_date", "stop_date", "allday", "active", "show_as", "partner_ids", "user_id", "recurrence_update"}
#: Days ahead that omeet is told of, and the most intervals it takes.
_DAYS, _MOST = 400, 2000


class CalendarEventBusy(models.Model):
    _inherit = "calendar.event"

    @api.model_create_multi
    def create(self, vals_list):
        events = super().create(vals_list)
        events._omeet_tell_busy()
        return events

    def write(self, vals):
        if self.env.context.get("omeet_skip") or not _TIMED & set(vals):
            return super().write(vals)
        before = self.sudo().partner_ids
        done = super().write(vals)
        self.exists()._omeet_tell_busy(before)
        return done

    def unlink(self):
        partners = self.sudo().partner_ids
        done = super().unlink()
        self.browse()._omeet_tell_busy(partners)
        return done

    def _omeet_tell_busy(self, partners=None):
        partners = (self.sudo().partner_ids | partners) if partners else self.sudo().partner_ids
        if partners:
            links = self.env["omeet.booking.link"].sudo().search([("user_id.partner_id", "in", partners.ids)])
            for user in links.user_id:
                user._omeet_tell_busy()


class ResUsersBusy(models.Model):
    _inherit = "res.users"

    def _omeet_tell_busy(self):
        for user in self:
            self.env["omeet.job"]._enqueue_busy(user)

    def _omeet_busy(self):
        """Busy times as ``availability.put`` takes them. What omeet keeps itself it knows itself."""
        now = fields.Datetime.now()
        domain = [("partner_ids", "in", self.partner_id.ids), ("stop", ">", now), ("start", "<", now + timedelta(days=_DAYS))]
        domain += [("show_as", "=", "busy"), ("omeet_meeting_id", "=", False), ("omeet_booking_ids", "=", False)]
        events = self.env["calendar.event"].sudo().search(domain, order="start", limit=_MOST)
        gone = events.attendee_ids.filtered(lambda attendee: attendee.partner_id == self.partner_id and attendee.state == "declined").event_id
        return [self._omeet_interval(event) for event in events - gone if event.stop > event.start]

    def _omeet_interval(self, event):
        begin, end = (event.start, event.stop) if not event.allday else self.env["jitsi.meeting"]._whole_days(event)
        return {"key": f"calendar.event,{event.id}", "start": instant(begin), "end": instant(min(end, begin + timedelta(days=_DAYS)))}
