"""What comes back from omeet: the outcome of what was sent, and news."""

import json

from odoo import models

from ..times import moment
from .res_users import line

#: Begins the identifier of somebody who came without being invited by name.
_GUEST = "guest:"


class JitsiMeetingApply(models.Model):
    _inherit = "jitsi.meeting"

    def _on_sent(self, job, answer):
        """omeet has done what a job said."""
        if not self or not answer:
            return
        if answer.get("_deleted"):
            self.env["omeet.connection"]._of(self.company_id)._on_deleted(self.remote_id)
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
            self.env["omeet.recording"]._apply_all(self, recordings.get("items") or [])

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
