"""Where omeet posts its events, signed as Standard Webhooks 1.0.0 asks."""

import base64
import binascii
import hashlib
import hmac
import json
import logging
import time

from odoo import SUPERUSER_ID, api, http
from odoo.http import request

from ..const import WEBHOOK_TOLERANCE_S

_logger = logging.getLogger(__name__)

#: Octets of the largest event that is read.
_MOST = 1024 * 1024


def verified(secret, headers, body, now):
    """Whether ``body`` was signed with ``secret`` less than five minutes from ``now``; without a secret nothing is."""
    message_id, stamp = headers.get("webhook-id") or "", headers.get("webhook-timestamp") or ""
    if not secret or not message_id or not stamp.isascii() or not stamp.isdigit():
        return False
    if abs(now - int(stamp)) > WEBHOOK_TOLERANCE_S:
        return False
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return False
    signed = b".".join([message_id.encode(), stamp.encode(), body])
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    given = (headers.get("webhook-signature") or "").split()
    return any(hmac.compare_digest(b"v1," + expected, one.encode()) for one in given)


class OmeetWebhook(http.Controller):
    @http.route(
        ["/o-meet/events", "/o-meet/events/<int:connection_id>"],
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
        sitemap=False,
    )
    def events(self, connection_id=None):
        if (request.httprequest.content_length or 0) > _MOST:
            return self._say("too large", 413)
        body = request.httprequest.get_data(cache=True)
        connection = self._sender(connection_id, body)
        if not connection:
            return self._say("signature refused", 401)
        try:
            event = json.loads(body)
        except ValueError:
            return self._say("not JSON", 400)
        if not isinstance(event, dict):
            return self._say("not an event", 400)
        if not connection._apply_pushed(event):
            self._fetch(connection)
        return self._say("", 204)

    def _sender(self, connection_id, body):
        """The connection whose secret signed the body."""
        connections = request.env(user=SUPERUSER_ID)["omeet.connection"]
        if connections._neutralised():
            return None
        domain = [("webhook_secret", "!=", False)] + ([("id", "=", connection_id)] if connection_id else [])
        headers, now = request.httprequest.headers, time.time()
        return next((one for one in connections.search(domain) if verified(one.webhook_secret, headers, body, now)), None)

    def _fetch(self, connection):
        """An event is missing before this one: ask for all of them, once this request's transaction is closed."""
        registry, connection_id = request.env.registry, connection.id
        request.env.ref("omeet.cron_pull").sudo()._trigger()

        @request.env.cr.postcommit.add
        def fetch():
            try:
                with registry.cursor() as cr:
                    env = api.Environment(cr, SUPERUSER_ID, {})
                    found = env["omeet.connection"].browse(connection_id).exists()
                if found:
                    found._pull(registry)
            except Exception:
                _logger.warning("omeet: events were not fetched; the cron will", exc_info=True)

    @staticmethod
    def _say(text, status):
        return request.make_response(text, headers=[("Content-Type", "text/plain"), ("Cache-Control", "no-store")], status=status)
