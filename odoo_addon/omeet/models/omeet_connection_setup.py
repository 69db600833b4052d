"""Testing a connection, and having omeet post its events here."""

import logging

from odoo import fields, models

from ..client import OmeetError, Refused, Unauthorized, new_key

_logger = logging.getLogger(__name__)

_EVENTS = ["meeting.*", "participant.*", "recording.*", "booking.*"]


class OmeetConnectionSetup(models.Model):
    _inherit = "omeet.connection"

    def _test(self):
        """``(ok, lines)``: what works and what does not, in words."""
        self.ensure_one()
        try:
            with self._client() as client:
                server = client.call("server.info")
                organization = client.call("organization.get")
                lines = [self.env._("omeet %(version)s, organization “%(name)s”.", version=server["version"], name=organization["name"])]
                ok = self._test_role(client, lines)
                ok &= self._test_provider(client, lines)
        except OmeetError as error:
            self.sudo().last_error = str(error)
            return False, [str(error)]
        except (KeyError, TypeError):
            return False, [self.env._("What answers at this address is not omeet.")]
        self.sudo().write({"last_error": False, "last_contact": fields.Datetime.now()})
        return ok, lines

    def _test_role(self, client, lines):
        """An administrator's key is needed: this database registers its webhook and speaks for its administrators."""
        try:
            client.call("webhook.endpoint.list", {"limit": 1}, actor=self.env.user._omeet_actor())
        except Unauthorized:
            raise
        except Refused as error:
            lines.append(self.env._("The key is not good enough: %s Odoo needs a service key with the role admin.", error))
            return False
        return True

    def _test_provider(self, client, lines):
        try:
            report = client.call("provider.test", {"id": self.provider_ref} if self.provider_ref else {})
        except OmeetError as error:
            # omeet itself asks the provider's server, which may take longer than we wait.
            lines.append(self.env._("The meeting provider could not be tested: %s", error))
            return True
        lines += [" ".join(filter(None, [finding.get("says"), finding.get("fix")])) for finding in report.get("findings") or []]
        if report.get("ok"):
            lines.append(self.env._("The meeting provider answers."))
        return bool(report.get("ok"))

    # ------------------------------------------------------------------ webhook

    def _webhook_address(self):
        return f"{self.get_base_url().rstrip('/')}/o-meet/events/{self.id}"

    def get_base_url(self):
        return self.env["ir.config_parameter"].sudo().get_param("web.base.url") or ""

    def _register_webhook(self):
        """Has omeet post its events here; answers why not, if it will not. Without it they are fetched by the cron."""
        self.ensure_one()
        connection, url = self.sudo(), self._webhook_address()
        if connection.webhook_endpoint and connection.webhook_secret and connection.webhook_url == url:
            return False
        try:
            with self._client() as client:
                endpoint = self._endpoint(client, url)
        except OmeetError as error:
            _logger.info("omeet: no webhook: %s", error)
            return str(error)
        connection.write({"webhook_endpoint": endpoint["id"], "webhook_secret": endpoint["secret"], "webhook_url": url})
        return False

    def _endpoint(self, client, url):
        """The endpoint with a fresh secret: ours, or one that an earlier life of this database left behind."""
        known = self._known_endpoint(client, url)
        if known:
            return client.call("webhook.endpoint.rotate_secret", {"id": known, "overlap_min": 0}, idempotency_key=new_key())
        params = {"url": url, "description": f"Odoo {self.env.cr.dbname}", "event_types": _EVENTS}
        return client.call("webhook.endpoint.create", params, idempotency_key=new_key())

    def _known_endpoint(self, client, url):
        known = self.sudo().webhook_endpoint
        endpoints = client.call("webhook.endpoint.list", {"limit": 200})["items"]
        found = next((one for one in endpoints if one["id"] == known or one["url"] == url), None)
        if not found:
            return None
        changes = {"id": found["id"], "url": url, "active": True, "event_types": _EVENTS}
        return client.call("webhook.endpoint.update", changes, idempotency_key=new_key())["id"]

    def _forget_webhook(self):
        connection = self.sudo()
        if connection.webhook_endpoint and connection._ready():
            with self._client() as client:
                client.call("webhook.endpoint.delete", {"id": connection.webhook_endpoint}, idempotency_key=new_key())
        connection.write({"webhook_endpoint": False, "webhook_secret": False, "webhook_url": False})

    def _set_up(self):
        """After address or key were saved: begin to listen."""
        self.ensure_one()
        if not self._ready():
            return
        why_not = self._register_webhook()
        if why_not:
            self.sudo().last_error = why_not
        waiting = self.env["omeet.job"].sudo().search([("company_id", "=", self.company_id.id), ("state", "=", "pending")])
        waiting.write({"next_try": fields.Datetime.now(), "lease_until": False})
        self.env.ref("omeet.cron_pull").sudo()._trigger()
        self.env.ref("omeet.cron_send").sudo()._trigger()
