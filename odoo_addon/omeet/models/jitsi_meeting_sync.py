"""Between mirror and omeet: what is sent, and what comes back."""

import json
import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..client import OmeetError, Unavailable, new_key
from ..const import BUS_TYPE, LIVE_STATES, RESERVATION_MIN
from .res_users import email, line

_logger = logging.getLogger(__name__)

#: Begins the identifier of somebody who came without being invited by name.
_GUEST = "guest:"


def instant(value):
    """A naive UTC datetime as omeet writes it."""
    return fields.Datetime.to_datetime(value).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


def moment(text):
    """What omeet wrote as a naive UTC datetime; ``False`` for nothing."""
    return fields.Datetime.to_datetime(text[:19].replace("T", " ")) if text else False


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

    # ------------------------------------------------------------------ what comes back

    def _on_sent(self, job, answer):
        """omeet has done what a job said."""
        if not self or not answer:
            return
        if "_details" in answer:
            self._apply_details(answer["_details"])
            return
        if answer.pop("_new_link", False):
            self._on_new_link(answer)
        self._apply(answer)

    def _on_new_link(self, answer):
        """The meeting was made (again) by the queue: its events carry the new link from now on."""
        meeting = self.sudo().with_context(omeet_mirror=True)
        old = meeting.join_url
        meeting.write({"remote_id": answer["id"], "room_code": answer["room_code"], "join_url": answer["join_url"], "remote_version": 0})
        self.env["omeet.connection"]._of(meeting.company_id)._learn_public_url(answer["join_url"])
        events = meeting.with_context(active_test=True).event_ids.filtered(
            lambda event: not event.videocall_location or event.videocall_location == old
        )
        events.with_context(omeet_skip=True, dont_notify=True, no_mail_to_attendees=True).write({"videocall_location": answer["join_url"]})
        if old:
            meeting.message_post(
                body=self.env._("omeet had lost this meeting: it has a new link, %s. People who hold the old one need it.", answer["join_url"])
            )
            for event in events[:1]:
                event.message_post(body=self.env._("The video link of this meeting changed: %s", answer["join_url"]))

    def _on_refused(self, job, error):
        """omeet will not do what a job said."""
        if self:
            operation = dict(job._fields["operation"]._description_selection(self.env)).get(job.operation)
            self.sudo().message_post(body=self.env._("omeet refused “%(what)s”: %(why)s", what=operation, why=str(error)))

    def _apply(self, view):
        """Writes down what omeet says about the meeting. Older news than what is known changes nothing."""
        self.ensure_one()
        meeting = self.sudo().with_context(omeet_mirror=True)
        if view.get("version", 0) < meeting.remote_version:
            return False
        changed = {name: value for name, value in meeting._view_values(view).items() if meeting[name] != value}
        if changed.keys() - {"remote_version"}:  # an echo of what was told writes nothing: somebody may be changing the row just now
            meeting.write(changed)
        meeting._apply_participants(view.get("participants") or [])
        return True

    def _view_values(self, view):
        values = {
            "state": view["state"],
            "remote_version": view["version"],
            "room_code": view["room_code"],
            "join_url": view["join_url"],
            "actual_start": moment(view["actual_start"]),
            "actual_end": moment(view["actual_end"]),
            "cancel_reason": view["cancel_reason"] or False,
            "reserved_until": moment(view["reserved_until"]),
        }
        pending = self.env["omeet.job"].sudo().search_count([("lane", "=", self._lane()), ("state", "=", "pending")], limit=1)
        if pending and self.state == "cancelled":
            values["state"] = "cancelled"  # the cancellation is still on its way
        if pending and not self.reserved_until:
            values["reserved_until"] = False  # so is the claim
            if values["state"] == "draft":
                values["state"] = self.state
        if not pending and not self.event_ids and not self.is_private:
            # Nobody plans it in Odoo's calendar: then what was changed elsewhere holds.
            minutes = max(1, view["duration_min"])
            values.update(name=view["name"], description=view["description"] or False, scheduled_date=moment(view["start"]), duration=minutes)
        return values

    def _apply_participants(self, people):
        known = {person.remote_id: person for person in self.participant_ids}
        by_email = {(partner.email or "").lower(): partner.id for partner in self.attendee_ids | self.organizer_id.partner_id}
        for person in people:
            values = {
                "name": person["name"],
                "email": person["email"] or False,
                "role": person["role"],
                "joined_at": moment(person["joined_at"]),
                "left_at": moment(person["left_at"]),
                "partner_id": self._partner_of(person, by_email),
            }
            row = known.pop(person["id"], None)
            if row is None:
                row = row or self.env["omeet.participant"].sudo().create({**values, "remote_id": person["id"], "meeting_id": self.id})
                continue
            changed = {name: value for name, value in values.items() if name != "partner_id" and row[name] != value}
            if changed:
                row.write(changed)
        for row in known.values():
            if not row.remote_id.startswith(_GUEST):
                row.unlink()

    def _apply_presence(self, data, came):
        """Somebody came in or left, as a provider tells; whoever is not among the invited is kept by name."""
        at, name, address = moment(data.get("at")), line(data.get("name")) or self.env._("Guest"), (data.get("email") or "").lower()
        if not at:
            return
        rows = self.sudo().participant_ids
        row = rows.filtered(lambda one: address and (one.email or "").lower() == address)[:1] or rows.filtered(lambda one: one.name == name)[:1]
        if not row:
            values = {"meeting_id": self.id, "remote_id": f"{_GUEST}{address or name}", "name": name, "email": address or False}
            row = rows.create(values)
        if came:
            row.joined_at = min(filter(None, [row.joined_at, at]))
        else:
            row.left_at = max(filter(None, [row.left_at, at]))

    def _partner_of(self, person, by_email):
        if (person.get("partner_id") or "").isdigit():
            return self.env["res.partner"].sudo().browse(int(person["partner_id"])).exists().id
        return by_email.get((person.get("email") or "").lower() or None, False)

    def _apply_details(self, outcomes):
        """What ``details_of`` asked for; what failed leaves what is there."""
        view, audit, recordings = (list(outcomes) + [None, None, None])[:3]
        if isinstance(view, dict):
            self._apply(view)
        if isinstance(audit, dict):
            self._apply_audit(audit.get("items") or [])
        if isinstance(recordings, dict):
            for recording in recordings.get("items") or []:
                self._apply_recording(recording)

    def _apply_audit(self, items):
        known = set(self.sudo().audit_ids.mapped("remote_id"))
        self.env["omeet.audit.entry"].sudo().create(
            [
                {
                    "meeting_id": self.id,
                    "remote_id": item["id"],
                    "at": moment(item["at"]),
                    "action": item["action"],
                    "who": item.get("actor_name") or item.get("door") or "",
                    "changes": _in_words(item.get("changes") or {}),
                }
                for item in items
                if item["id"] not in known
            ]
        )

    def _apply_recording(self, item):
        """A recording as omeet shows it. Field names are read leniently: what is missing stays empty."""
        seconds = item.get("duration_s") or (item.get("duration_min") or 0) * 60
        values = {
            "name": item.get("name") or item.get("title") or self.env._("Recording"),
            "state": item.get("state") or item.get("status") or False,
            "url": next((item[name] for name in ("url", "play_url", "download_url", "link") if item.get(name)), False),
            "started_at": moment(item.get("started_at") or item.get("start") or item.get("created_at")),
            "duration_min": round(seconds / 60),
            "size_mb": (item.get("size_bytes") or item.get("bytes") or 0) / 1_000_000,
            "expires_at": moment(item.get("expires_at") or item.get("keep_until")),
        }
        row = self.sudo().recording_ids.filtered(lambda row: row.remote_id == item["id"])
        if row:
            row.write(values)
        else:
            row = row.create({**values, "meeting_id": self.id, "remote_id": item["id"]})
        return row

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


def _in_words(changes):
    lines = []
    for name, change in sorted(changes.items()):
        if name in ("updated_at", "version"):
            continue
        if name == "created":
            lines.append("created")
            continue
        before, after = (json.dumps(change.get(at), ensure_ascii=False) for at in ("before", "after"))
        lines.append(f"{name}: {before[:200]} → {after[:200]}")
    return "\n".join(lines)
