"""Booking links: the addresses at which users offer their time. They live in omeet; here are those of each user."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..client import NotFound, OmeetError, new_key


class OmeetBookingLink(models.Model):
    _name = "omeet.booking.link"
    _description = "Booking link"
    _order = "id"

    name = fields.Char("Title", required=True, default=lambda self: self._default_title(), help="What guests read above everything.")
    user_id = fields.Many2one("res.users", "Host", required=True, readonly=True, default=lambda self: self.env.user, ondelete="cascade", index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, default=lambda self: self.env.company)
    remote_id = fields.Char(readonly=True, copy=False)
    url = fields.Char("Address", readonly=True, copy=False, help="Give it away: whoever has it can book.")
    duration_min = fields.Integer("Minutes", default=30, help="Length of a booking.")
    confirmation = fields.Selection(
        [("host", "I confirm each"), ("automatic", "At once")], default="host", required=True, string="Takes place", help="Who says that it does."
    )
    active = fields.Boolean(default=True, string="Open to guests", help="A link that is not open looks like one that does not exist.")

    @api.model
    def _default_title(self):
        return self.env._("Meeting with %s", self.env.user.name)

    # ------------------------------------------------------------------ create, write, delete: omeet first

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.context.get("omeet_mirror"):
            return super().create(vals_list)
        links = super().create([{**vals, "user_id": self.env.uid} for vals in vals_list])
        for link in links:
            params = {"hosts": [self.env.user._omeet_identity()], "tz": self.env.user.tz or "UTC", **link._told()}
            link._mirror(link._ask("booking.link.create", params))
        self.env.user._omeet_tell_busy()
        return links

    def write(self, vals):
        done = super().write(vals)
        if not self.env.context.get("omeet_mirror") and {"name", "duration_min", "confirmation", "active"} & set(vals):
            for link in self:
                link._mirror(link._ask("booking.link.update", {"id": link.remote_id, **link._told(), "active": link.active}))
        return done

    def unlink(self):
        if not self.env.context.get("omeet_mirror"):
            for link in self:
                link._ask("booking.link.delete", {"id": link.remote_id})
        return super().unlink()

    def action_regenerate(self):
        """Another address; the old one leads nowhere from now on."""
        for link in self:
            link.check_access("write")
            link._mirror(link._ask("booking.link.regenerate_token", {"id": link.remote_id}))
        if self.env.context.get("omeet_preferences"):  # a dialog, which a button closes: it opens again with the new address
            return {**self.env["res.users"].action_get(), "res_id": self.env.uid}
        return True

    def _told(self):
        minutes = self.duration_min or 30
        return {"title": self.name, "durations_min": [minutes], "increment_min": minutes, "confirmation": self.confirmation}

    def _ask(self, method, params):
        """Asks omeet at once, as the user whose time it is; what it refuses is not kept here either."""
        connection = self.env["omeet.connection"]._of(self.company_id)
        try:
            with connection._client() as client:
                return client.call(method, params, actor=self.env.user._omeet_actor(), idempotency_key=new_key())
        except NotFound:
            if method == "booking.link.delete":
                return {}
            raise UserError(self.env._("omeet does not know this booking link any more: make another one.")) from None
        except OmeetError as error:
            raise UserError(str(error)) from error

    def _mirror(self, view):
        self.with_context(omeet_mirror=True).sudo().write({"remote_id": view["id"], "url": view["url"] or self.url, "active": view["active"]})
