"""Calendars that users keep at Google and Microsoft: connected, shown and disconnected here, kept in omeet alone."""

from odoo import fields, models
from odoo.exceptions import UserError

from ..client import NotFound, OmeetError, new_key
from ..times import moment

_KINDS = [("google", "Google Calendar"), ("microsoft", "Microsoft 365")]


class OmeetCalendars(models.TransientModel):
    _name = "omeet.calendars"
    _description = "Connected calendars"

    calendar_ids = fields.One2many("omeet.calendar", "dialog_id", "Calendars", readonly=True)
    publish = fields.Boolean("Put my meetings into it", help="Meetings and bookings are put into the calendar too, changed and removed there.")

    def _open(self):
        """The dialog, with what omeet says now."""
        items = self._ask("calendar.connection.list", {})["items"]
        dialog = self.create({"calendar_ids": [fields.Command.create(self._shown(item)) for item in items]})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Connected calendars"),
            "res_model": self._name,
            "res_id": dialog.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
        }

    def _shown(self, item):
        return {
            "remote_id": item["id"],
            "kind": item["kind"],
            "account": item["account"],
            "state": item["state"],
            "publishes": item["publishes"],
            "read_at": moment(item["read_at"]),
            "error": item["last_error"],
        }

    def action_connect(self):
        """Opens the page that says for whom it is; from there it goes on to Google or Microsoft."""
        params = {"kind": self.env.context["omeet_kind"], "publish": self.publish}
        return {"type": "ir.actions.act_url", "url": self._ask("calendar.connection.connect", params)["url"], "target": "new"}

    def action_refresh(self):
        return self._open()

    def _ask(self, method, params):
        """Asks omeet, as the user whose calendars they are."""
        connection = self.env["omeet.connection"]._of(self.env.company)
        key = None if method.endswith(".list") else new_key()
        try:
            with connection._client() as client:
                return client.call(method, params, actor=self.env.user._omeet_actor(), idempotency_key=key)
        except NotFound:
            raise UserError(self.env._("This calendar is not connected any more.")) from None
        except OmeetError as error:
            raise UserError(str(error)) from error


class OmeetCalendar(models.TransientModel):
    _name = "omeet.calendar"
    _description = "Connected calendar"
    _rec_name = "account"

    dialog_id = fields.Many2one("omeet.calendars", required=True, ondelete="cascade")
    remote_id = fields.Char(required=True)
    kind = fields.Selection(_KINDS, "Kept at", required=True)
    account = fields.Char()
    state = fields.Selection(
        [("connected", "Connected"), ("lost", "Permission withdrawn"), ("leaving", "Being disconnected")],
        help="One whose permission was withdrawn has to be connected again.",
    )
    publishes = fields.Boolean("Meetings go there")
    read_at = fields.Datetime("Read")
    error = fields.Char("Trouble")

    def action_disconnect(self):
        """Its busy time is free again at once, and what was put into it is taken out."""
        self.ensure_one()
        self.dialog_id._ask("calendar.connection.disconnect", {"id": self.remote_id})
        return self.dialog_id._open()
