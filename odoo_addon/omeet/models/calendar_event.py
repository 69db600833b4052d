"""Calendar events that carry an O-Meet link.

The link in ``videocall_location`` is the truth; ``omeet_meeting_id`` is what this module knows about it. A meeting belongs to
its link, never to the row of an event: Odoo archives and recreates the events of a series at will. Hence nothing is told to
omeet in the middle of a transaction: events mark their meetings, and when the transaction is complete each marked meeting
looks at the events that are left.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..client import OmeetError

#: Changes of an event that its meeting has to hear of.
_HEARD = {
    "name", "start", "stop", "start_date", "stop_date", "allday", "duration", "partner_ids", "attendee_ids", "user_id",
    "active", "privacy", "videocall_location", "recurrency", "recurrence_id", "res_model", "res_id", "res_model_id", "event_tz",
}  # fmt: skip
#: Changes that whoever holds an invitation has to hear of: the SEQUENCE of its ICS rises.
_ANNOUNCED = {"start", "stop", "start_date", "stop_date", "allday", "location", "videocall_location", "rrule", "active", "recurrency"}


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    videocall_source = fields.Selection(selection_add=[("omeet", "O-Meet")], ondelete={"omeet": "set null"})
    omeet_meeting_id = fields.Many2one("jitsi.meeting", "O-Meet meeting", copy=False, index="btree_not_null", ondelete="set null", readonly=True)
    omeet_state = fields.Selection(related="omeet_meeting_id.state", string="O-Meet state")
    omeet_sequence = fields.Integer("Revision of the invitation", copy=False, readonly=True)

    @api.depends("videocall_location")
    def _compute_videocall_source(self):
        room_code = self.env["omeet.connection"]._room_code
        ours = self.filtered(lambda event: room_code(event.videocall_location))
        ours.videocall_source = "omeet"
        return super(CalendarEvent, self - ours)._compute_videocall_source()

    # ------------------------------------------------------------------ buttons

    @api.model
    def omeet_reserve(self, values):
        """A link for the form as it is now, saved or not: the first save, and its invitation mail, carry it."""
        self.check_access("create")
        values = values or {}
        event = self.browse(values.get("id") or []).exists()
        if event:
            event.check_access("write")
        url = self._omeet_new_link(self.env.company, values.get("name"), values.get("start"), self.env.user)
        return {"url": url}

    @api.model
    def _omeet_new_link(self, company, name, start, organizer):
        """Reserves a meeting and writes it down; raises :class:`UserError` in plain words."""
        Meeting = self.env["jitsi.meeting"].sudo().with_context(omeet_mirror=True)
        start = fields.Datetime.to_datetime(start) if start else False
        try:
            answer = self.env["jitsi.meeting"]._reserve(company, name, start)
        except OmeetError as error:
            raise UserError(self.env._("No O-Meet link: %s The event can be saved without it.", error)) from error
        values = Meeting._reserved_values(answer)
        defaults = {"name": name or self.env._("Meeting"), "organizer_id": organizer.id, "company_id": company.id}
        if start:
            defaults["scheduled_date"] = start
        Meeting.create({**defaults, **values})
        return values["join_url"]

    @api.model
    def omeet_release(self, url):
        """The link was cleared in a form that was not saved with it: what was only reserved goes at once."""
        code = self.env["omeet.connection"]._room_code(url)
        meeting = self.env["jitsi.meeting"].sudo().search([("room_code", "=", code)], limit=1) if code else None
        if meeting and meeting.reserved_until and meeting.organizer_id == self.env.user and not meeting._omeet_events():
            meeting._do_cancel()
            return True
        return False

    def action_omeet_add_link(self):
        """Fallback of the button for saved events; in forms the browser asks ``omeet_reserve`` itself."""
        for event in self.filtered(lambda event: not event.videocall_location):
            event.check_access("write")
            url = self._omeet_new_link(event._omeet_company(), event.name, event.start, event.user_id or self.env.user)
            event.write({"videocall_location": url})
        return True

    def action_omeet_clear_link(self):
        """Takes the link away; when no other event carries it, the meeting is called off."""
        ours = self.filtered(lambda event: event.videocall_source == "omeet")
        ours.check_access("write")
        ours.write({"videocall_location": False})
        return True

    def action_omeet_open_meeting(self):
        self.ensure_one()
        return {"type": "ir.actions.act_window", "res_model": "jitsi.meeting", "res_id": self.omeet_meeting_id.id, "view_mode": "form"}

    # ------------------------------------------------------------------ create, write, copy, delete

    @api.model_create_multi
    def create(self, vals_list):
        events = super().create(vals_list)
        if not self.env.context.get("omeet_skip"):
            events.filtered("videocall_location")._omeet_adopt()
        return events

    def write(self, vals):
        if self.env.context.get("omeet_skip"):
            return super().write(vals)
        vals = self._omeet_defend(dict(vals))
        heard = bool(_HEARD & set(vals)) or "recurrence_update" in vals
        touched = self.sudo().with_context(active_test=False).omeet_meeting_id if heard else self.env["jitsi.meeting"].sudo()
        if "recurrence_update" in vals:
            touched |= self.sudo().recurrence_id.calendar_event_ids.omeet_meeting_id
        announced = bool(_ANNOUNCED & set(vals))
        if announced:
            self._omeet_bump()
        done = super().write(vals)
        if "videocall_location" in vals:
            self.exists()._omeet_adopt()
        (touched | self.exists().sudo().omeet_meeting_id if heard else touched)._omeet_look_again()
        return done

    def unlink(self):
        meetings = self.sudo().with_context(active_test=False).omeet_meeting_id
        done = super().unlink()
        meetings._omeet_look_again()
        return done

    def copy_data(self, default=None):
        """A duplicate has a meeting of its own; only the occurrences of a series share their link."""
        copies = super().copy_data(default)
        if self.env.context.get("omeet_keep_link"):
            return copies
        reachable = True  # asked once: nobody waits three seconds per copy
        for event, values in zip(self, copies, strict=True):
            if "videocall_location" in (default or {}) or event.videocall_source != "omeet":
                continue
            values["videocall_location"] = reachable and event._omeet_link_of_copy(values)
            reachable = bool(values["videocall_location"])
        return copies

    def _omeet_link_of_copy(self, values):
        try:
            return self._omeet_new_link(self._omeet_company(), values.get("name") or self.name, values.get("start") or self.start, self.env.user)
        except UserError:
            return False  # omeet is down: the copy is made all the same, and "+ O-Meet" is one click away

    def _omeet_defend(self, vals):
        """Google and Microsoft write their own link, or none, over ours when they sync: ours stays."""
        from_sync = vals.get("need_sync") is False or vals.get("need_sync_m") is False
        theirs = from_sync and "videocall_location" in vals and not self.env["omeet.connection"]._room_code(vals["videocall_location"])
        if theirs and any(event.videocall_source == "omeet" for event in self):
            vals.pop("videocall_location")
        return vals

    def _omeet_bump(self):
        ids = self.sudo().filtered("omeet_meeting_id").ids
        if ids:
            for event in self.sudo().browse(ids):
                event.with_context(omeet_skip=True, dont_notify=True).write({"omeet_sequence": event.omeet_sequence + 1})

    def _need_video_call(self):
        """Asked by Google's and Microsoft's sync where they are installed: no Meet, no Teams beside an O-Meet link."""
        if self.videocall_source == "omeet":
            return False
        asked = getattr(super(), "_need_video_call", None)
        return asked() if asked else True

    # ------------------------------------------------------------------ events and their meetings

    def _omeet_company(self):
        """The company whose omeet holds the meeting: the organizer's, unless they are working in another one."""
        return self.env.company if self.user_id == self.env.user or not self.user_id else self.user_id.sudo().company_id

    def _omeet_adopt(self):
        """Connects events with the meetings of their links; claims what was reserved for them."""
        code_of = self.env["omeet.connection"]._room_code
        codes = {event: code_of(event.sudo().videocall_location) for event in self}
        meetings = self.env["jitsi.meeting"].sudo().search([("room_code", "in", [code for code in codes.values() if code])])
        by_code = {meeting.room_code: meeting for meeting in meetings}
        nothing = meetings.browse()
        for event, code in codes.items():
            meeting = by_code.get(code, nothing)
            old = event.sudo().omeet_meeting_id
            if meeting and not event._omeet_may_adopt(meeting):
                meeting = nothing
            if meeting != old:
                event.sudo().with_context(omeet_skip=True, dont_notify=True).write({"omeet_meeting_id": meeting.id})
                (old | meeting)._omeet_look_again()

    def _omeet_may_adopt(self, meeting):
        """A link that somebody pasted does not hand them somebody else's meeting."""
        if self.env.su or meeting.organizer_id == self.env.user or self.env.user.has_group("omeet.group_manager"):
            return True
        siblings = meeting.with_context(active_test=False).event_ids - self.sudo()
        return bool(self.recurrence_id and self.recurrence_id in siblings.recurrence_id) or bool(
            siblings.filtered(lambda event: event.create_uid == self.env.user)
        )
