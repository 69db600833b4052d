"""The provider account that meetings of a company use: shown and edited here, stored in omeet alone.

No field is stored: what is typed goes to omeet in the inverse, and secrets never come back.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..client import NotFound, OmeetError, new_key

#: Our field, its name in omeet's settings, the kinds that have it.
_PUBLIC = [
    ("server_url", "server_url", ("jitsi",)),
    ("domain", "domain", ("jitsi",)),
    ("app_id", "app_id", ("jitsi", "jaas")),
    ("key_name", "key_id", ("jaas",)),
    ("template", "template", ("url",)),
]
_SECRET = [("app_secret", "app_secret", ("jitsi",)), ("private_key", "private_key", ("jaas",))]


class OmeetProvider(models.TransientModel):
    _name = "omeet.provider"
    _description = "Meeting provider in omeet"

    connection_id = fields.Many2one("omeet.connection", required=True, ondelete="cascade")
    kind = fields.Selection(
        [("jitsi", "Jitsi"), ("jaas", "Jitsi as a Service (8x8)"), ("url", "Any address")],
        "Provider",
        compute="_compute_account",
        inverse="_inverse_account",
        help="Where the meetings of this company are held.",
    )
    server_url = fields.Char(
        "Server", compute="_compute_account", inverse="_inverse_account", help="Address of the Jitsi server, for example https://meet.jit.si."
    )
    domain = fields.Char(
        "XMPP domain", compute="_compute_account", inverse="_inverse_account", help="The token's sub; empty for the server's host name."
    )
    app_id = fields.Char(
        "App ID", compute="_compute_account", inverse="_inverse_account", help="JWT_APP_ID of the server. Empty: people enter without tokens."
    )
    app_secret = fields.Char(
        "App secret",
        compute="_compute_account",
        inverse="_inverse_account",
        help="JWT_APP_SECRET of the server. It goes to omeet and is never shown again.",
    )
    key_name = fields.Char("Key ID", compute="_compute_account", inverse="_inverse_account", help="Name of the API key in the JaaS console.")
    private_key = fields.Text(
        "Private key",
        compute="_compute_account",
        inverse="_inverse_account",
        help="RSA private key in PEM. It goes to omeet and is never shown again.",
    )
    template = fields.Char(
        "Address", compute="_compute_account", inverse="_inverse_account", help="With {room} after its host: https://call.example.org/{room}."
    )
    secret_set = fields.Boolean(compute="_compute_account", help="omeet has a secret already; leave the field empty to keep it.")

    def _call(self, method, params=None):
        connection = self.connection_id.sudo()
        try:
            with connection._client() as client:
                return client.call(method, params, actor=self.env.user._omeet_actor(), idempotency_key=new_key() if "list" not in method else None)
        except NotFound:
            raise
        except OmeetError as error:
            raise UserError(str(error)) from error

    def _account(self):
        """The account in omeet that this company uses, or nothing."""
        accounts = self._call("provider.list", {"limit": 200})["items"]
        return next((one for one in accounts if one["is_default"]), accounts[0] if accounts else None)

    @api.depends("connection_id")
    def _compute_account(self):
        for wizard in self:
            account = (wizard._account() if wizard.connection_id else None) or {}
            settings, kind = account.get("settings") or {}, account.get("kind")
            kinds = dict(self._fields["kind"].selection)
            wizard.kind = kind if kind in kinds else "jitsi"
            for ours, theirs, _kinds in _PUBLIC:
                wizard[ours] = settings.get(theirs) or False
            wizard.app_secret = wizard.private_key = False
            wizard.secret_set = any((account.get("secrets") or {}).values())

    def _inverse_account(self):
        for wizard in self:
            account, kind = wizard._account(), wizard.kind or "jitsi"
            same = account and account["kind"] == kind
            settings = wizard._settings(kind, update=same)
            if not same and kind == "jitsi" and not settings.get("server_url"):
                continue  # nothing was said: omeet's own default holds
            if same:
                answer = wizard._call("provider.update", {"id": account["id"], "settings": settings})
            else:
                name = dict(self._fields["kind"]._description_selection(self.env))[kind]
                answer = wizard._call("provider.create", {"kind": kind, "name": name, "is_default": True, "settings": settings})
            wizard.connection_id.sudo().provider_ref = answer["id"]

    def _settings(self, kind, update):
        settings = {}
        for ours, theirs, kinds in _PUBLIC:
            if kind in kinds and (self[ours] or update):
                settings[theirs] = self[ours] or None
        for ours, theirs, kinds in _SECRET:
            if kind in kinds and self[ours]:
                settings[theirs] = self[ours]
        if update and kind == "jitsi" and not self.app_id:
            settings.update(app_secret=None)
        return settings

    def action_save(self):
        return {"type": "ir.actions.act_window_close"}

    def action_test(self):
        """Has omeet knock at the provider's door."""
        account = self._account()
        report = self._call("provider.test", {"id": account["id"]} if account else {})
        lines = [" ".join(filter(None, [finding.get("says"), finding.get("fix")])) for finding in report.get("findings") or []]
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("The provider answers") if report.get("ok") else self.env._("The provider has a problem"),
                "message": " ".join(lines),
                "type": "success" if report.get("ok") else "danger",
                "sticky": not report.get("ok"),
            },
        }
