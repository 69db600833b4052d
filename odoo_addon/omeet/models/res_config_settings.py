import re

from odoo import api, fields, models
from odoo.exceptions import UserError

_ADDRESS = re.compile(r"^(?:https?://)?(?!https?:?(?:/|$))[a-z0-9.-]+(?::[0-9]{1,5})?(?:/[^?#\s]*)?$", re.IGNORECASE)
_DEFAULTS = ("default_access", "default_lobby", "default_wait_for_host", "default_recording_by", "default_duration")


def _kept_as(name):
    """The inverse of one field: only what was given is written, whoever writes it."""

    def inverse(self):
        for settings in self:
            settings._omeet_keep(name, settings[f"omeet_{name}"])

    return inverse


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    # All of them live in omeet.connection, one per company. Names that begin with default_ would be taken for ir.default.
    omeet_url = fields.Char(
        "omeet address", compute="_compute_omeet", inverse=_kept_as("url"), help="Where Odoo reaches omeet, for example https://meet.example.org."
    )
    omeet_key = fields.Char(
        "omeet key", compute="_compute_omeet_key", inverse="_inverse_omeet_key", help="Service key with the role admin. It is never shown again."
    )
    omeet_key_set = fields.Boolean(compute="_compute_omeet_key")
    omeet_status = fields.Char(compute="_compute_omeet_status")
    omeet_default_access = fields.Selection(
        [("public", "Anyone with the link"), ("organization", "Users of this company"), ("invited", "Only the invited")],
        "Who may come in",
        compute="_compute_omeet",
        inverse=_kept_as("default_access"),
        help="Unless the meeting says otherwise.",
    )
    omeet_default_lobby = fields.Boolean(
        "Lobby",
        compute="_compute_omeet",
        inverse=_kept_as("default_lobby"),
        help="People who are not invited by name wait until a host lets them in.",
    )
    omeet_default_wait_for_host = fields.Boolean(
        "Wait for the host", compute="_compute_omeet", inverse=_kept_as("default_wait_for_host"), help="Everybody waits until a host is there."
    )
    omeet_default_recording_by = fields.Selection(
        [("host", "The host"), ("moderators", "Moderators"), ("nobody", "Nobody")],
        "May record",
        compute="_compute_omeet",
        inverse=_kept_as("default_recording_by"),
        help="Unless the meeting says otherwise.",
    )
    omeet_default_duration = fields.Integer(
        "Minutes",
        compute="_compute_omeet",
        inverse=_kept_as("default_duration"),
        help="Minutes of a meeting for which nobody said how long it takes.",
    )

    @api.depends("company_id")
    def _compute_omeet(self):
        fresh = self.env["omeet.connection"].new({})
        for settings in self:
            connection = self.env["omeet.connection"]._of(settings.company_id or self.env.company) or fresh
            settings.omeet_url = connection.url
            for name in _DEFAULTS:
                settings[f"omeet_{name}"] = connection[name]

    def _omeet_keep(self, name, value):
        connection = self.env["omeet.connection"]._ensure(self.company_id or self.env.company)
        if name == "url":
            value = self._omeet_address(value)
        if connection[name] == value or (not value and name in ("default_access", "default_recording_by", "default_duration")):
            return
        connection.write({name: value})
        if name == "url":  # another omeet, another history
            connection.write(
                {
                    "webhook_endpoint": False,
                    "webhook_secret": False,
                    "webhook_url": False,
                    "event_cursor": -1,
                    "public_url": False,
                    "provider_ref": False,
                    "last_error": False,
                    "last_contact": False,
                }
            )

    @api.depends("company_id")
    def _compute_omeet_key(self):
        for settings in self:
            settings.omeet_key = False
            settings.omeet_key_set = bool(self.env["omeet.connection"]._of(settings.company_id or self.env.company).api_key)

    def _inverse_omeet_key(self):
        for settings in self.filtered("omeet_key"):
            connection = self.env["omeet.connection"]._ensure(settings.company_id or self.env.company)
            key = settings.omeet_key.strip()
            if key != connection.api_key:
                connection.write({"api_key": key, "last_error": False})

    @api.depends("company_id")
    def _compute_omeet_status(self):
        for settings in self:
            connection = self.env["omeet.connection"]._of(settings.company_id or self.env.company)
            if not connection._ready():
                settings.omeet_status = self.env._("Not set up.")
            elif connection.last_error:
                settings.omeet_status = connection.last_error
            elif connection.last_contact:
                settings.omeet_status = self.env._("omeet answers.")
            else:
                settings.omeet_status = self.env._("Not tested yet.")

    @api.model
    def _omeet_address(self, url):
        """An address as the client wants it; https unless http is said."""
        url = (url or "").strip()
        if not url:
            return False
        if not _ADDRESS.match(url):
            raise UserError(self.env._("omeet's address has to look like https://meet.example.org."))
        return (url if "://" in url else f"https://{url}").rstrip("/")

    def execute(self):
        done = super().execute()
        for settings in self:
            connection = self.env["omeet.connection"]._of(settings.company_id)
            if connection:
                connection._set_up()
        return done

    def action_omeet_test(self):
        """Says in words what works and what does not."""
        self.ensure_one()
        if not self.env.user.has_group("base.group_system"):
            raise UserError(self.env._("Only administrators test the connection."))
        connection = self.env["omeet.connection"]._ensure(self.company_id or self.env.company)
        ok, lines = connection._test()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("O-Meet: connected") if ok else self.env._("O-Meet: something is wrong"),
                "message": " ".join(lines),
                "type": "success" if ok else "danger",
                "sticky": not ok,
            },
        }

    def action_omeet_provider(self):
        self.ensure_one()
        connection = self.env["omeet.connection"]._ensure(self.company_id or self.env.company)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Meeting provider"),
            "res_model": "omeet.provider",
            "view_mode": "form",
            "target": "new",
            "context": {"default_connection_id": connection.id},
        }

    def action_omeet_jobs(self):
        return self.env["ir.actions.act_window"]._for_xml_id("omeet.action_jobs")
