"""What the dashboard asks for."""

from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..client import OmeetError
from ..const import LIVE_STATES
from .res_users import line


class JitsiMeetingDashboard(models.Model):
    _inherit = "jitsi.meeting"

    @api.model
    def dashboard_data(self):
        """Today's and coming meetings of the user. From the mirror alone: opening the dashboard never waits for omeet."""
        self.check_access("read")
        begin, end = self._day()
        connection = self.env["omeet.connection"]._of(self.env.company)
        mine = [
            ("company_id", "in", self.env.companies.ids),
            ("reserved_until", "=", False),
            "|",
            ("organizer_id", "=", self.env.uid),
            ("attendee_ids", "in", self.env.user.partner_id.ids),
        ]
        today = self.search(
            [*mine, ("state", "!=", "cancelled"), "|", ("state", "=", "started"), "&", ("date_end", ">=", begin), ("scheduled_date", "<", end)],
            order="scheduled_date",
            limit=100,
        )
        upcoming = self.search([*mine, ("state", "in", LIVE_STATES), ("scheduled_date", ">=", end)], order="scheduled_date", limit=20)
        return {
            "server_ok": connection._ready() and not connection.last_error,
            "message": self._dashboard_message(connection),
            "today": [meeting._dashboard_item() for meeting in today],
            "upcoming": [meeting._dashboard_item() for meeting in upcoming - today],
        }

    @api.model
    def _dashboard_message(self, connection):
        if connection._neutralised():
            return self.env._("This is a neutralised copy of a database: it does not call omeet.")
        if not connection._ready():
            return self.env._("O-Meet is not set up for this company yet: Settings, General Settings, O-Meet.")
        return connection.last_error or ""

    @api.model
    def _day(self):
        """The user's today in naive UTC."""
        zone = pytz.timezone(self.env.user.tz or "UTC")
        local = datetime.combine(datetime.now(zone).date(), time.min)
        begin, end = (zone.localize(day).astimezone(pytz.utc).replace(tzinfo=None) for day in (local, local + timedelta(days=1)))
        return begin, end

    def _dashboard_item(self):
        return {
            "id": self.id,
            "name": self.name,
            "room_code": self.room_code or "",
            "state": self.state,
            "start": fields.Datetime.to_string(self.scheduled_date),
            "end": fields.Datetime.to_string(self.date_end),
            "join_url": self.join_url or "",
            "is_host": self.is_host,
            "organizer": self.sudo().organizer_id.name or "",
            "participant_count": self.participant_count,
        }

    @api.model
    def create_instant(self, name=None):
        """One click, one link; omeet has to be there."""
        self.check_access("create")
        company = self.env.company
        title = line(name) or self.env._("Meeting of %s", self.env.user.name)
        minutes = self._default_duration()
        defaults = self.default_get(["access", "lobby", "wait_for_host", "recording_by"])
        # A reservation: if this transaction is rolled back nobody claims it, and it is gone by itself.
        try:
            answer = self._reserve(company, title, fields.Datetime.now())
        except OmeetError as error:
            raise UserError(str(error)) from error
        meeting = self.create(
            {
                **defaults,
                "name": title,
                "meeting_type": "instant",
                "scheduled_date": fields.Datetime.now(),
                "duration": minutes,
                "company_id": company.id,
                **self._reserved_values(answer),
            }
        )
        return {"id": meeting.id, "join_url": f"/o-meet/join/{meeting.room_code}"}

    @api.model
    def find_by_code(self, code):
        """Where a typed code, or a pasted link, leads: through Odoo, so that the user arrives under their own name."""
        typed = (code or "").strip()
        room_code = self.env["omeet.connection"]._room_code(typed) or "".join(typed.split()).replace("-", "").lower()
        if len(room_code) == 10 and room_code.isalnum() and room_code.isascii():
            return {"join_url": f"/o-meet/join/{room_code}"}
        known = self.sudo().search([("legacy_code", "=", typed.rstrip("/").rpartition("/")[2])], limit=1) if typed else self
        if known and known.room_code:
            return {"join_url": f"/o-meet/join/{known.room_code}"}
        return {"error": self.env._("A meeting code has ten letters and digits, such as abc-defg-hjk.")}
