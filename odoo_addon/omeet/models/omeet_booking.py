"""Bookings: guests take time that a user offers behind a booking link; omeet keeps them, Odoo shows them.

A booking is an event in its host's calendar, tentative until the host confirms, and asks its host by an activity. What the
host decides is asked of omeet at once; what guests do comes back with the events (see ``omeet_connection_events``).
"""

import pytz

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date, format_time, plaintext2html

from ..client import OmeetError, new_key
from ..times import moment

#: States in which a booking takes its host's time.
_HOLDING = ("pending", "confirmed")


class OmeetBooking(models.Model):
    _name = "omeet.booking"
    _description = "Booking by a guest"
    _inherit = ("mail.thread", "mail.activity.mixin")
    _order = "start desc, id desc"
    _mail_post_access = "read"  # omeet alone changes a booking; its host may talk about it

    name = fields.Char(required=True)
    remote_id = fields.Char(required=True, readonly=True, index=True)
    remote_version = fields.Integer(readonly=True)
    meeting_ref = fields.Char("Meeting in omeet", readonly=True, index="btree_not_null", help="Identifier of its meeting in omeet.")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    user_id = fields.Many2one("res.users", "Host", readonly=True, index=True, ondelete="set null")
    event_id = fields.Many2one("calendar.event", "Calendar event", readonly=True, ondelete="set null", index="btree_not_null")
    state = fields.Selection(
        [
            ("pending", "To confirm"),
            ("confirmed", "Confirmed"),
            ("declined", "Declined"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        tracking=True,
        help="To confirm: its time is taken, and its host has still to say yes.",
    )
    start = fields.Datetime(readonly=True, tracking=True)
    stop = fields.Datetime("End", readonly=True)
    guest_name = fields.Char("Guest", readonly=True)
    guest_email = fields.Char("E-mail", readonly=True)
    guest_tz = fields.Char("Guest's time zone", readonly=True)
    subject = fields.Char(readonly=True)
    answers = fields.Text(readonly=True, help="What the guest answered on the booking page.")
    reason = fields.Char(readonly=True, help="Why it was declined or called off.")

    if hasattr(models, "Constraint"):
        _remote_uniq = models.Constraint("UNIQUE(company_id, remote_id)", "This booking of omeet is here already.")
    else:
        _sql_constraints = [("remote_uniq", "UNIQUE(company_id, remote_id)", "This booking of omeet is here already.")]

    # ------------------------------------------------------------------ what the host does

    def action_confirm(self):
        """The guest gets the link."""
        return self._decide("booking.confirm")

    def action_decline(self):
        """The time is free again, and the guest is told."""
        return self._decide("booking.decline")

    def action_cancel(self):
        """Calls a confirmed booking off."""
        return self._decide("booking.cancel")

    def _decide(self, method):
        for booking in self:
            booking.check_access("read")
            if booking.user_id != self.env.user and not self.env.user.has_group("omeet.group_manager"):
                raise AccessError(self.env._("Access Denied: Only the host can decide about a booking"))
            booking.sudo()._apply(booking._ask(method))
        return True

    def _ask(self, method):
        connection = self.env["omeet.connection"]._of(self.sudo().company_id)
        try:
            with connection._client() as client:
                return client.call(method, {"id": self.remote_id}, actor=self.env.user._omeet_actor(), idempotency_key=new_key())
        except OmeetError as error:
            raise UserError(str(error)) from error

    def action_open_event(self):
        self.ensure_one()
        return {"type": "ir.actions.act_window", "res_model": "calendar.event", "res_id": self.event_id.id, "view_mode": "form"}

    # ------------------------------------------------------------------ what omeet tells

    def _take(self, company, view):
        """Writes down a booking as omeet shows it (``BookingView``); what only waits for its guest's mail is nobody's business yet."""
        booking = self.search([("remote_id", "=", view["id"]), ("company_id", "=", company.id)], limit=1)
        if not booking and view["state"] not in _HOLDING:
            return booking
        if not booking:
            booking = self.with_context(mail_create_nosubscribe=True).create(
                {"remote_id": view["id"], "company_id": company.id, "state": "pending", "name": view["name"]}
            )
        booking._apply(view)
        return booking

    def _apply(self, view):
        if view["version"] < self.remote_version or view["state"] not in dict(self._fields["state"].selection):
            return
        self.write(self._view_values(view))
        self._follow_calendar()
        self._follow_activity()

    def _view_values(self, view):
        title = view["subject"] or view["link_title"] or self.env._("Booking")
        return {
            "name": f"{title} ({view['name']})",
            "remote_version": view["version"],
            "meeting_ref": view["meeting_id"],
            "user_id": self._host(view["host"] or {}).id,
            "state": view["state"],
            "start": moment(view["start"]),
            "stop": moment(view["end"]),
            "guest_name": view["name"],
            "guest_email": view["email"],
            "guest_tz": view["tz"],
            "subject": view["subject"],
            "answers": "\n".join(f"{answer['label']}: {answer['value']}" for answer in view["answers"]),
            "reason": view["reason"],
        }

    def _host(self, host):
        """The user that omeet means; hosts who were not named by Odoo are known by their address."""
        User = self.env["res.users"].sudo()
        if (host.get("external_id") or "").isdigit():
            user = User.browse(int(host["external_id"])).exists()
        else:
            user = User.search([("share", "=", False), ("email_normalized", "=", (host.get("email") or "-").lower())])
        return user.filtered(lambda one: self.company_id in one.company_ids)[:1]

    # ------------------------------------------------------------------ calendar

    def _follow_calendar(self):
        """One event per meeting: the guests of a group share it."""
        quiet = {
            "omeet_skip": True,
            "dont_notify": True,
            "no_mail_to_attendees": True,
            "mail_create_nosubscribe": True,
            "skip_contact_description": True,
        }
        Event = self.env["calendar.event"].sudo().with_context(**quiet)
        siblings = self.search([("meeting_ref", "=", self.meeting_ref), ("company_id", "=", self.company_id.id)]) if self.meeting_ref else self
        event = siblings.with_context(active_test=False).event_id[:1].with_context(**quiet)
        holding = siblings.filtered(lambda booking: booking.state in _HOLDING)
        if not holding or not self.user_id:
            event.write({"active": False})
            return
        if event:
            event.write({name: value for name, value in self._event_values().items() if name not in ("name", "description")})
        else:
            event = Event.create(self._event_values())
        self._follow_meeting(event)
        siblings.write({"event_id": event.id})
        mine = event.attendee_ids.filtered(lambda attendee: attendee.partner_id == self.user_id.partner_id)
        mine.write({"state": "accepted" if "confirmed" in holding.mapped("state") else "tentative"})

    def _follow_meeting(self, event):
        """The mirror of the meeting, which leaves times to the calendar, is where the booking is."""
        minutes = round((self.stop - self.start).total_seconds() / 60)
        event.omeet_meeting_id.with_context(omeet_mirror=True).write({"scheduled_date": self.start, "duration": minutes})

    def _event_values(self):
        # The guest is no attendee: omeet writes to guests, and nobody's contact is made from outside.
        meeting = self.env["jitsi.meeting"].sudo().search([("remote_id", "=", self.meeting_ref), ("company_id", "=", self.company_id.id)], limit=1)
        link = {"omeet_meeting_id": meeting.id, "videocall_location": meeting.join_url} if self.state == "confirmed" and meeting else {}
        return {
            "name": self.name,
            "start": self.start,
            "stop": self.stop,
            "active": True,
            "user_id": self.user_id.id,
            "partner_ids": [fields.Command.set(self.user_id.partner_id.ids)],
            "description": plaintext2html("\n".join(filter(None, [f"{self.guest_name} <{self.guest_email}>", self.answers]))),
            **link,
        }

    # ------------------------------------------------------------------ activity

    def _follow_activity(self):
        kind = "omeet.activity_booking"
        if self.state != "pending" or not self.user_id:
            self.activity_unlink([kind])
            return
        note, today = self._told_times(), fields.Date.context_today(self.with_context(tz=self.user_id.tz))
        values = {"note": note, "user_id": self.user_id.id, "date_deadline": min(today, self._local(self.start).date())}
        known = self.activity_ids.filtered(lambda activity: activity.activity_type_id == self.env.ref(kind))
        if known:
            known.write(values)
        else:
            self.activity_schedule(kind, summary=self.env._("Confirm or decline: %s", self.name), **values)

    def _local(self, at):
        return pytz.utc.localize(at).astimezone(pytz.timezone(self.user_id.tz or "UTC"))

    def _told_times(self):
        """When it is, where the host is."""
        zone, lang = self.user_id.tz or "UTC", self.user_id.lang
        env = self.with_context(lang=lang).env
        day = format_date(env, self._local(self.start).date(), lang_code=lang, date_format="full")
        hours = "–".join(format_time(env, self._local(at).time(), time_format="HH:mm") for at in (self.start, self.stop))
        return f"{day}, {hours} ({zone})"
