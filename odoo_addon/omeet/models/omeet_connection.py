"""Where omeet is, per company, and with which key it is called."""

import logging

from odoo import api, fields, models, tools

from ..client import Client, Unavailable
from ..const import LINK_PATH

_logger = logging.getLogger(__name__)


class OmeetConnection(models.Model):
    """One row per company. Only administrators may read it; everything else asks through ``sudo``."""

    _name = "omeet.connection"
    _description = "Connection to omeet"
    _rec_name = "url"

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade", default=lambda self: self.env.company)
    url = fields.Char("Address", help="Where Odoo reaches omeet, for example https://meet.example.org.")
    api_key = fields.Char("Key", groups="base.group_system", help="Service key with the role admin (omk_...).")
    public_url = fields.Char(help="Where people reach omeet: what its links begin with. Learnt from its answers.")
    webhook_endpoint = fields.Char(help="Identifier of this database's webhook endpoint at omeet.")
    webhook_url = fields.Char(help="Address that omeet posts its events to.")
    webhook_secret = fields.Char(groups="base.group_system", help="Signs what omeet posts; without it nothing is accepted.")
    event_cursor = fields.Integer(default=-1, help="Number of the last event that was applied; -1 before the first contact.")
    last_contact = fields.Datetime(help="When omeet last answered.")
    last_error = fields.Char(help="Why the last call failed; empty when it did not.")
    provider_ref = fields.Char(help="Identifier of the provider account that the settings page edits.")
    default_access = fields.Selection(
        [("public", "Anyone with the link"), ("organization", "Users of this company"), ("invited", "Only the invited")],
        default="public",
        required=True,
        help="Who may come in, unless the meeting says otherwise.",
    )
    default_lobby = fields.Boolean(help="People who are not invited by name wait until a host lets them in.")
    default_wait_for_host = fields.Boolean(help="Everybody waits until a host is there.")
    default_recording_by = fields.Selection(
        [("host", "The host"), ("moderators", "Moderators"), ("nobody", "Nobody")],
        default="moderators",
        required=True,
        help="Who may record, unless the meeting says otherwise.",
    )
    default_duration = fields.Integer(default=60, help="Minutes of a meeting for which nobody said how long it takes.")

    if hasattr(models, "Constraint"):
        _company_uniq = models.Constraint("UNIQUE(company_id)", "A company has one connection to omeet.")
    else:
        _sql_constraints = [("company_uniq", "UNIQUE(company_id)", "A company has one connection to omeet.")]

    # ------------------------------------------------------------------ finding it

    @api.model
    def _of(self, company):
        """The company's connection with ``sudo``, or an empty one."""
        return self.sudo().search([("company_id", "=", company.id)], limit=1)

    @api.model
    def _ensure(self, company):
        """The company's connection with ``sudo``; made when there is none."""
        return self._of(company) or self.sudo().create({"company_id": company.id})

    @api.model
    def _neutralised(self):
        return self.env["ir.config_parameter"].sudo().get_param("database.is_neutralized") in ("True", "true", "1", True)

    def _ready(self):
        """Whether there is somebody to call."""
        return bool(self and self.sudo().url and self.sudo().api_key and not self._neutralised())

    def _client(self):
        """A client; raises :class:`Unavailable` where nothing is configured, or where this is a copy of a database."""
        connection = self.sudo()
        if self._neutralised():
            raise Unavailable(self.env._("This is a neutralised copy of a database: it does not call omeet."), kind="client.neutralised")
        if not connection.url or not connection.api_key:
            raise Unavailable(
                self.env._("O-Meet is not set up for this company yet: Settings, General Settings, O-Meet."), kind="client.unconfigured"
            )
        return Client(connection.url, connection.api_key)

    # ------------------------------------------------------------------ links

    @api.model
    @tools.ormcache()
    def _link_bases(self):
        rows = self.sudo().search_read([("url", "!=", False)], ["url", "public_url"])
        bases = {(row[name] or "").rstrip("/").lower() for row in rows for name in ("url", "public_url")}
        return tuple(sorted(bases - {""}))

    @api.model
    def _room_code(self, url):
        """The room code of a join link of ours; ``False`` for any other address."""
        if not url or "/j/" not in url:
            return False
        base, _sep, rest = url.strip().partition("/j/")
        if base.lower() not in self._link_bases():
            return False
        found = LINK_PATH.match("/j/" + rest.split("?")[0].split("#")[0])
        return "".join(found.groups()).lower() if found else False

    def _learn_public_url(self, join_url):
        base = (join_url or "").partition("/j/")[0]
        if base and base != self.public_url:
            self.sudo().public_url = base

    @api.model_create_multi
    def create(self, vals_list):
        connections = super().create(vals_list)
        self.env.registry.clear_cache()
        return connections

    def write(self, vals):
        done = super().write(vals)
        if {"url", "public_url"} & set(vals):
            self.env.registry.clear_cache()
        return done

    def unlink(self):
        done = super().unlink()
        self.env.registry.clear_cache()
        return done
