"""Moving in from ``jitsi_meet_ui``: its meetings, links and settings, once.

Its table has the name of ours, so the pre_init_hook put it aside as ``jitsi_meeting_legacy``. Its links
(``/o-meet/join/meet-...``) keep working: the join route knows them by ``legacy_code``.
"""

import logging
from datetime import timedelta
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.tools import sql

from ..client import OmeetError, new_key

_logger = logging.getLogger(__name__)

_TABLE, _PEOPLE = "jitsi_meeting_legacy", "jitsi_meeting_res_users_rel"
#: Minutes that an old link stays open whose date is over: jitsi_meet_ui never looked at dates, so people go on using them.
_OPEN_ON_MIN = 7 * 24 * 60
#: How its settings page, its controller, its token and its manual spelled the same thing; the page is what people filled in.
_SPELLINGS = {
    "server_url": ("jitsi.server_url", "jitsi.server.url", "jitsi_server_url", "jitsi.url"),
    "domain": ("jitsi.server_domain", "jitsi.server.domain", "jitsi_server_domain", "jitsi.domain"),
    "app_id": ("jitsi.jwt.app_id", "jitsi.jwt_app_id", "jitsi_jwt_app_id", "jitsi.app_id"),
    "app_secret": ("jitsi.jwt.app_secret", "jitsi.jwt_app_secret", "jitsi_jwt_app_secret", "jitsi.app_secret"),
}
_PUBLIC = "meet.jit.si"


class JitsiMeetingLegacy(models.Model):
    _inherit = "jitsi.meeting"

    @api.model
    def _import_legacy(self):
        """Takes the old meetings over; answers how many. What was taken before is not taken again."""
        if not sql.table_exists(self.env.cr, _TABLE):
            return 0
        self.env.cr.execute("SELECT * FROM jitsi_meeting_legacy ORDER BY id")
        names = [column.name for column in self.env.cr.description]
        rows = [dict(zip(names, row, strict=True)) for row in self.env.cr.fetchall()]
        known = set(self.sudo().with_context(active_test=False).search([("legacy_code", "!=", False)]).mapped("legacy_code"))
        rows = [row for row in rows if row["room_name"] and row["room_name"] not in known]
        for row in rows:
            self._take_over(row)
        _logger.info("omeet: %s meetings taken over from jitsi_meet_ui", len(rows))
        return len(rows)

    @api.model
    def _take_over(self, row):
        owner = self.env["res.users"].sudo().with_context(active_test=False).browse(row.get("owner_id") or 0).exists()
        event = self._legacy_event(row["id"])
        values = {
            "name": row["name"] or row["room_name"],
            "legacy_code": row["room_name"],
            "meeting_type": row.get("meeting_type") or "scheduled",
            "organizer_id": owner.id,
            "company_id": (owner.company_id or self.env.company).id,
            "attendee_ids": [fields.Command.set(self._legacy_people(row["id"]).ids)],
            "scheduled_date": row.get("start_datetime") or row.get("create_date") or fields.Datetime.now(),
            "duration": min(max(row.get("duration") or 60, 1), _OPEN_ON_MIN),
            "active": bool(row.get("active", True)),
            "tz": owner.tz or "UTC",
        }
        if event:  # its duration was stored in hours in a field of minutes
            values.update(self._event_values(event))
        over = row.get("state") == "ended" or not values["active"]
        if not over and values["scheduled_date"] + timedelta(minutes=values["duration"]) < fields.Datetime.now():
            values.update(scheduled_date=fields.Datetime.now(), duration=_OPEN_ON_MIN)
        meeting = self.sudo().with_context(omeet_mirror=True, mail_create_nolog=True).create({**values, "state": "ended" if over else "draft"})
        if over:
            return
        meeting.external_key = meeting._new_external_key()
        if event:
            event.with_context(omeet_skip=True, dont_notify=True).write({"omeet_meeting_id": meeting.id, "videocall_location": False})
        meeting._queue_create()

    @api.model
    def _legacy_people(self, old_id):
        if not sql.table_exists(self.env.cr, _PEOPLE):
            return self.env["res.partner"]
        self.env.cr.execute("SELECT res_users_id FROM jitsi_meeting_res_users_rel WHERE jitsi_meeting_id = %s", [old_id])
        users = self.env["res.users"].sudo().browse([row[0] for row in self.env.cr.fetchall()]).exists()
        return users.partner_id

    @api.model
    def _legacy_event(self, old_id):
        if not sql.column_exists(self.env.cr, "calendar_event", "omeet_legacy_id"):
            return self.env["calendar.event"]
        self.env.cr.execute("SELECT id FROM calendar_event WHERE omeet_legacy_id = %s AND active ORDER BY start", [old_id])
        return self.env["calendar.event"].sudo().browse([row[0] for row in self.env.cr.fetchall()][:1])


class OmeetConnectionLegacy(models.Model):
    _inherit = "omeet.connection"

    def _set_up(self):
        self._import_legacy_settings()
        return super()._set_up()

    def _import_legacy_settings(self):
        """Brings the old Jitsi settings to omeet, then takes them, the secret first of all, out of Odoo's database."""
        self.ensure_one()
        parameters = self.env["ir.config_parameter"].sudo()
        told = {name: next(filter(None, map(parameters.get_param, keys)), None) for name, keys in _SPELLINGS.items()}
        if not any(told.values()) or not self._ready():
            return False
        settings = self._legacy_provider(told)
        try:
            with self._client() as client:
                if settings and not client.call("provider.list", {"limit": 1})["items"]:
                    params = {"kind": "jitsi", "name": "Jitsi", "is_default": True, "settings": settings}
                    self.sudo().provider_ref = client.call("provider.create", params, idempotency_key=new_key())["id"]
        except OmeetError as error:
            _logger.warning("omeet: the settings of jitsi_meet_ui were not taken over: %s", error)
            return False
        parameters.search([("key", "in", [key for keys in _SPELLINGS.values() for key in keys])]).unlink()
        return True

    @staticmethod
    def _legacy_provider(told):
        server = told["server_url"] or told["domain"] or ""
        server = (server if "://" in server or not server else f"https://{server}").rstrip("/")
        host = urlsplit(server).hostname
        if not host or host == _PUBLIC:
            return None  # omeet's own default, which takes no tokens
        settings = {"server_url": server}
        if told["app_id"] and told["app_secret"]:
            settings.update(app_id=told["app_id"], app_secret=told["app_secret"])
            if told["domain"] and told["domain"] != _PUBLIC:  # the default that its settings page saved by itself
                settings["domain"] = told["domain"]
        return settings
