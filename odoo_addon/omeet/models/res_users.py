"""The Odoo user as omeet knows them."""

import re

from odoo import fields, models
from odoo.tools import email_normalize

# What omeet refuses in a line, because such a text ends in mail headers and ICS lines.
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+")


def line(text, most=255):
    """``text`` as one line without control characters; empty when nothing is left."""
    return _HIDDEN.sub(" ", text or "").strip()[:most].strip()


def email(text):
    """One address that omeet takes, or ``None``."""
    address = email_normalize(text or "", strict=True) or None
    if not address or "." not in address.rpartition("@")[2] or len(address) > 254 or re.search(r'[\s<>",;:\\()]', address):
        return None
    return address


class ResUsers(models.Model):
    _inherit = "res.users"

    omeet_booking_link_ids = fields.One2many("omeet.booking.link", "user_id", "Booking links")

    @property
    def SELF_READABLE_FIELDS(self):
        return super().SELF_READABLE_FIELDS + ["omeet_booking_link_ids"]

    def action_omeet_booking_links(self):
        """The user's booking links, to make, change and close them."""
        return self.env["ir.actions.act_window"]._for_xml_id("omeet.action_booking_links")

    def action_omeet_calendars(self):
        """The user's calendars elsewhere, to connect and disconnect them."""
        return self.env["omeet.calendars"]._open()

    def _omeet_role(self):
        if self.has_group("base.group_system"):
            return "admin"
        return "manager" if self.has_group("omeet.group_manager") else "user"

    def _omeet_identity(self):
        """Who they are, without what they may do."""
        self.ensure_one()
        user = self.sudo()
        who = {
            "id": str(user.id),
            "name": line(user.name) or user.login,
            "email": email(user.email or user.login),
            "tz": user.tz or None,
            "lang": user.lang or None,
        }
        return {name: value for name, value in who.items() if value}

    def _omeet_actor(self):
        """The reserved parameter ``actor``; ``None`` for Odoo itself (cron, superuser)."""
        self.ensure_one()
        if self._is_superuser() or self.share:
            return None
        return {**self._omeet_identity(), "role": self._omeet_role()}
