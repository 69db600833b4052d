"""What of the mirror is sent to omeet; what comes back is in ``jitsi_meeting_apply``."""

import logging

from odoo import api, models
from odoo.exceptions import UserError

from ..client import OmeetError, Unavailable, new_key
from ..const import BUS_TYPE, LIVE_STATES, RESERVATION_MIN
from ..times import instant, moment
from .res_users import email, line

_logger = logging.getLogger(__name__)


class JitsiMeetingSync(models.Model):
    _inherit = "jitsi.meeting"

    # ------------------------------------------------------------------ reserving

    @api.model
    def _reserve(self, company, name=None, start=None):
        """A link before anything is saved. Whoever saves claims it; otherwise omeet lets it expire. Raises :class:`OmeetError`."""
        connection = self.env["omeet.connection"]._of(company)
        params = {"name": line(name) or self.env._("Meeting"), "ttl_min": RESERVATION_MIN}
        if start:
            params["start"] = instant(start)
        with connection._client() as client:
            answer = client.call("meeting.reserve", params, actor=self.env.user._omeet_actor(), idempotency_key=new_key())
        connection._learn_public_url(answer["join_url"])
        return answer

    @api.model
    def _reserved_values(self, answer):
        return {
            "remote_id": answer["id"],
            "room_code": answer["room_code"],
            "join_url": answer["join_url"],
            "remote_version": answer["version"],
            "reserved_until": moment(answer["reserved_until"]),
        }

    @api.model
    def _try_reserve(self, company, name, start):
        """As :meth:`_reserve`; nothing when omeet is down: the queue makes the meeting later."""
        try:
            return self._reserved_values(self._reserve(company, name, start))
        except Unavailable as error:
            _logger.info("omeet: no link for a new meeting yet: %s", error)
            return {}
        except OmeetError as error:
            raise UserError(str(error)) from error

    def _new_external_key(self):
        """Recognises the meeting again, whatever became of an answer."""
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        return f"odoo:{uuid}:{self.id}"

    def _lane(self):
        return f"meeting:{self.id}"

    # ------------------------------------------------------------------ what is planned here

    def _planned(self):
        """What Odoo decides about a meeting, to compare before and after."""
        meeting = self.sudo()
        return {
            "name": meeting.name,
            "description": meeting.description or "",
            "start": meeting.scheduled_date,
            "duration": meeting.duration,
            "tz": meeting.tz,
            "access": meeting.access,
            "lobby": meeting.lobby,
            "wait_for_host": meeting.wait_for_host,
            "recording_by": meeting.recording_by,
            "is_private": meeting.is_private,
            "organizer": meeting.organizer_id.id,
            "attendees": set(meeting.attendee_ids.ids),
            "document": (meeting.res_model, meeting.res_id),
        }

    def _told_name(self):
        return self.env._("Private meeting") if self.is_private else line(self.name) or self.env._("Meeting")

    def _options(self):
        return {"lobby": self.lobby, "wait_for_host": self.wait_for_host, "recording_by": self.recording_by}

    def _plan_values(self):
        """Everything that omeet is told of the plan, as ``meeting.create`` and ``meeting.update`` take it."""
        meeting = self.sudo()
        values = {
            "name": meeting._told_name(),
            "description": "" if meeting.is_private else (meeting.description or "")[:10_000],
            "start": instant(meeting.scheduled_date),
            "duration_min": meeting.duration,
            "access": meeting.access,
            "options": meeting._options(),
            "external_key": meeting.external_key or meeting._new_external_key(),
        }
        if meeting.tz:
            values["tz"] = meeting.tz
        if meeting.organizer_id:
            values["organizer"] = meeting.organizer_id._omeet_identity()
        return values

    def _creation_values(self):
        """Everything that makes this meeting anew."""
        meeting = self.sudo()
        values = {**meeting._plan_values(), "participants": meeting._people(meeting.attendee_ids)}
        if meeting.res_model and meeting.res_id:
            values.update(res_model=meeting.res_model, res_id=str(meeting.res_id))
        values["meeting_type"] = meeting.meeting_type
        return values

    def _people(self, partners):
        """Contacts as omeet takes them: the organizer as host, users as users, everybody else by contact and address."""
        meeting, people = self.sudo(), []
        for partner in partners.sudo():
            users = partner.user_ids.filtered(lambda user: user.active and not user.share)
            user = meeting.organizer_id if meeting.organizer_id in users else users[:1]
            if user:
                people.append({"user": user._omeet_identity(), "role": "host" if user == meeting.organizer_id else "participant"})
            else:
                person = {"partner_id": str(partner.id), "name": line(partner.name) or partner.email, "email": email(partner.email)}
                people.append({name: value for name, value in person.items() if value})
        return people

    # ------------------------------------------------------------------ queueing

    def _actor(self):
        """The user in whose name the change is told: only where omeet lets them do it, the host."""
        return self.env.user._omeet_actor() if self.sudo().organizer_id == self.env.user else None

    def _queue(self, operation, payload=None, actor=None):
        return self.env["omeet.job"]._enqueue(self.sudo(), operation, payload, actor=actor)

    def _queue_create(self):
        self._queue("create", {})

    def _queue_claim(self):
        """The reserved link goes out."""
        meeting = self.sudo()
        meeting.with_context(omeet_mirror=True).write({"reserved_until": False, "state": "ready"})
        self._queue("update", {"claim": True, **self._plan_values()})
        if meeting.attendee_ids:
            self._queue("people", {"add": self._people(meeting.attendee_ids)})
        if meeting.res_model and meeting.res_id:
            self._queue("link", {"res_model": meeting.res_model, "res_id": str(meeting.res_id)})

    def _queue_changes(self, before):
        """Tells omeet what differs from ``before`` (see :meth:`_planned`)."""
        self.ensure_one()
        after = self._planned()
        changed = {name for name, value in after.items() if before[name] != value}
        if not changed or self.state == "cancelled" or self.sudo().reserved_until:
            return
        payload = self._changed_values(changed)
        if payload:
            self._queue("update", payload, None if "organizer" in changed else self._actor())
        if changed & {"attendees", "organizer"}:
            self._queue_people(before, after)
        if "document" in changed and all(after["document"]):
            self._queue("link", {"res_model": after["document"][0], "res_id": str(after["document"][1])})
        self._notify_clients()

    def _changed_values(self, changed):
        plan, payload = self._plan_values(), {}
        names = {"name": "name", "description": "description", "tz": "tz", "access": "access", "organizer": "organizer"}
        for ours, theirs in names.items():
            if ours in changed and theirs in plan:
                payload[theirs] = plan[theirs]
        if "is_private" in changed:
            payload.update(name=plan["name"], description=plan["description"])
        if changed & {"start", "duration"}:
            payload.update(start=plan["start"], duration_min=plan["duration_min"])
        options = {name: value for name, value in plan["options"].items() if name in changed}
        return {**payload, "options": options} if options else payload

    def _queue_people(self, before, after):
        Partner, User = self.env["res.partner"].sudo(), self.env["res.users"].sudo()
        was = Partner.browse(before["attendees"]) | User.browse(before["organizer"] or []).exists().partner_id
        now = Partner.browse(after["attendees"]) | User.browse(after["organizer"] or []).partner_id
        add = now if before["organizer"] != after["organizer"] else now - was
        gone = was.exists() - now
        if add or gone:
            self._queue("people", {"add": self._people(add), "remove": self._people(gone)})

    def _queue_delete(self):
        self._queue("delete", {"remote_id": self.remote_id} if self.remote_id else {}, self._actor())

    def _do_cancel(self, reason=None):
        """Calls the meeting off, here at once and in omeet after the commit."""
        for meeting in self.sudo().filtered(lambda meeting: meeting.state in LIVE_STATES):
            if meeting.reserved_until:  # never went out: nobody needs to read that it is cancelled
                meeting._queue_delete()
            else:
                meeting._queue("cancel", {"reason": line(reason, 500)} if reason else {}, self.browse(meeting.id)._actor())
            meeting.with_context(omeet_mirror=True).write({"state": "cancelled", "cancel_reason": reason or False, "reserved_until": False})
            meeting._notify_clients()

    # ------------------------------------------------------------------ telling browsers

    def _notify_clients(self):
        """Open forms and dashboards of those concerned refresh."""
        for meeting in self.sudo().exists():
            partners = meeting.organizer_id.partner_id | meeting.attendee_ids
            partners = partners.filtered(lambda partner: any(not user.share for user in partner.user_ids))
            if self.env.user.partner_id:
                partners |= self.env.user.partner_id
            for partner in partners:
                partner._bus_send(BUS_TYPE, {"ids": meeting.ids})
