"""Addresses that people open."""

import logging
from urllib.parse import quote, urlsplit

from werkzeug.exceptions import NotFound as PageNotFound

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import request

from ..client import NotFound, OmeetError

_logger = logging.getLogger(__name__)

# A page that leads into a meeting is nobody else's: no cache keeps it, no other site learns its address.
_HEADERS = [("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"), ("X-Robots-Tag", "noindex")]


class OmeetController(http.Controller):
    @http.route("/o-meet/dashboard", type="http", auth="user", methods=["GET"], sitemap=False)
    def dashboard(self):
        return self._go("/odoo/o-meet")

    @http.route("/o-meet/instant", type="http", auth="user", methods=["GET"], sitemap=False)
    def instant(self, name=None):
        """A new meeting, joined at once. A link that a user follows, so that no popup blocker is in the way."""
        # A page elsewhere must not make meetings in the user's name: only what was typed, or clicked in Odoo, counts.
        if request.httprequest.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin", "same-site"):
            return self._go("/odoo/o-meet")
        try:
            answer = request.env["jitsi.meeting"].create_instant(name)
        except (UserError, AccessError) as error:
            return self._sorry(str(error), 503)
        return self._go(answer["join_url"])

    @http.route("/o-meet/meeting/<int:meeting_id>", type="http", auth="user", methods=["GET"], sitemap=False)
    def meeting(self, meeting_id):
        meeting = request.env["jitsi.meeting"].browse(meeting_id).exists()
        if not meeting or not meeting.has_access("read"):
            raise PageNotFound
        return self._go(meeting._form_path())

    @http.route("/o-meet/join/<string:code>", type="http", auth="public", methods=["GET"], sitemap=False, save_session=False)
    def join(self, code):
        """Users arrive in the meeting under their own name; everybody else gets omeet's page, which asks for one."""
        room_code, meeting = self._find(code)
        user = request.env.user
        if user._is_public() or user.share:
            return self._guest(room_code, meeting)
        try:
            answer = self._answer(room_code, meeting, user)
        except NotFound:
            raise PageNotFound from None
        except OmeetError as error:
            return self._not_in(error, room_code, meeting)
        return self._go(answer["url"])

    def _find(self, code):
        """The room code behind what was typed, and its meeting if it is known here. Codes of jitsi_meet_ui lead on."""
        Meeting = request.env["jitsi.meeting"].sudo().with_context(active_test=False)
        plain = code.replace("-", "").lower()
        known = Meeting.search([("legacy_code", "=", code)], limit=1) or Meeting.search([("room_code", "=", plain)], limit=1)
        if known:
            return known.room_code, known
        if len(plain) != 10 or not (plain.isascii() and plain.isalnum()):
            raise PageNotFound
        return plain, known

    def _connection(self, meeting):
        company = meeting.company_id or request.env.company or request.env["res.company"].sudo().search([], limit=1)
        return request.env["omeet.connection"].sudo()._of(company)

    def _answer(self, room_code, meeting, user):
        """What omeet says to the user; a code that is not known here may be any of their companies'."""
        if not room_code:
            raise OmeetError(request.env._("This meeting has no link yet."))
        companies = meeting.company_id or (user.company_id | user.company_ids)
        connections = request.env["omeet.connection"].sudo().search([("company_id", "in", companies.ids), ("url", "!=", False)], limit=10)
        refusal = None
        for connection in connections or self._connection(meeting):
            try:
                with connection._client() as client:
                    return client.call("meeting.join", {"room_code": room_code}, actor=user._omeet_actor())
            except NotFound as error:
                refusal = error
        raise refusal

    def _guest(self, room_code, meeting):
        """Omeet's own page decides: the code is not looked up here, so that guessing codes at Odoo tells nothing."""
        base = self._connection(meeting).public_url or self._connection(meeting).url
        if not base or not room_code:
            raise PageNotFound
        return self._go(f"{base.rstrip('/')}/j/{quote(room_code)}")

    def _not_in(self, error, room_code, meeting):
        """Waiting, a password, too early: omeet's page shows that best. Otherwise the reason in words."""
        base = self._connection(meeting).public_url
        if base and room_code and error.kind.startswith("join."):
            return self._go(f"{base.rstrip('/')}/j/{quote(room_code)}")
        return self._sorry(str(error), 503)

    def _go(self, url):
        local = not urlsplit(url).netloc
        response = request.redirect(url, code=303, local=local)
        response.headers.extend(_HEADERS)
        return response

    def _sorry(self, message, status):
        values = {"message": message, "home": "/odoo/o-meet"}
        body = request.env["ir.qweb"].sudo()._render("omeet.page_sorry", values)
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")]
        return request.make_response(f"<!DOCTYPE html>{body}", headers=headers + _HEADERS, status=status)
