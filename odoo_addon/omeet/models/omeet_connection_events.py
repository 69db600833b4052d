"""What happened in omeet: fetched in order after the stored cursor, applied once each."""

import logging
import time
from contextlib import contextmanager

from psycopg2 import OperationalError

from odoo import SUPERUSER_ID, api, fields, models

from ..client import OmeetError, Refused
from ..times import instant, moment
from ..transactions import in_turn, lock

_logger = logging.getLogger(__name__)

_PAGE = 200
#: Meetings, or bookings, that are read in one go.
_MOST = 5000
#: Seconds that one company may take in one run; the rest comes with the next.
_BUDGET_S = 60
#: Pause before looking again, when somebody else applies events just now.
_PAUSE_S = 0.2


class OmeetConnectionEvents(models.Model):
    _inherit = "omeet.connection"

    @contextmanager
    def _own_cursor(self, registry=None):
        """This connection in a transaction of its own, committed at the end. Tests, whose data no other cursor sees, replace it."""
        with (registry or self.env.registry).cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            yield env["omeet.connection"].browse(self.ids)

    # ------------------------------------------------------------------ fetching

    @api.model
    def _cron_pull(self):
        for connection in self.sudo().search([("url", "!=", False)]):
            if connection._ready():
                connection._pull()

    def _pull(self, registry=None):
        """Fetches and applies what is new; answers how many events. No transaction is open while omeet is asked."""
        applied, deadline = 0, time.monotonic() + _BUDGET_S
        try:
            client, cursor = self._way_in(registry)
        except OmeetError:
            return 0
        with client:
            while time.monotonic() < deadline:
                try:
                    page, rest = self._ask_after(client, cursor)
                except OmeetError as error:
                    self._note_contact(str(error), registry)
                    return applied
                reached = self._apply_in_turn(cursor, page, rest, registry)
                if reached is None:  # a webhook is at it: begin where it ends
                    time.sleep(_PAUSE_S)
                    cursor = self._way_in(registry)[1]
                    continue
                cursor = reached
                applied += len(page["items"])
                if not page["next"] or rest is not None:
                    break
        self._note_contact(False, registry)
        return applied

    def _way_in(self, registry):
        """A client, and the number of the last event that was applied; raises :class:`OmeetError`."""
        with self._own_cursor(registry) as connection:
            return connection._client(), connection.event_cursor

    def _ask_after(self, client, cursor):
        """What happened since, and, where that does not tell everything, all that is there."""
        try:
            page = client.call("event.list", {"after": max(cursor, 0), "limit": _PAGE})
        except Refused as error:
            if error.kind != "event.gone":
                raise
            page = client.call("event.list", {"after": 0, "limit": 1})
        return page, self._everything(client) if self._tells_less(page, cursor) else None

    def _tells_less(self, page, cursor):
        """Whether events do not lead from ``cursor`` to the present: at first, after a restore, after a longer absence than they are kept."""
        return cursor < 0 or page["last"] < cursor or page.get("first", 1) > cursor + 1

    def _apply_in_turn(self, cursor, page, rest, registry):
        return in_turn(lambda: self._own_cursor(registry), lambda connection: connection._apply_page(cursor, page, rest))

    def _everything(self, client):
        """All meetings and bookings that are not over: the way in for a new database, and where events do not tell everything."""
        meetings = self._pages(client, "meeting.list", {"state": ["ready", "started"], "sort": "created_at"})
        bookings = {"from": instant(fields.Datetime.now())}  # in any state: one that is known here may have been called off
        return meetings, self._pages(client, "booking.list", bookings)

    def _pages(self, client, method, params):
        items, cursor = [], None
        while True:
            page = client.call(method, {**params, "limit": _PAGE, **({"cursor": cursor} if cursor else {})})
            items += page["items"]
            cursor = page["next"]
            if not cursor or len(items) >= _MOST:
                return items

    def _note_contact(self, error, registry=None):
        in_turn(lambda: self._own_cursor(registry), lambda connection: connection._write_contact(error))

    def _write_contact(self, error):
        lock(self.env, "omeet_connection", self.ids)
        if not self.exists():
            return
        now = fields.Datetime.now()
        stale = not self.last_contact or (now - self.last_contact).total_seconds() > 300
        if (self.last_error or False) != (error or False) or (not error and stale):
            self.write({"last_error": error, **({} if error else {"last_contact": now})})

    # ------------------------------------------------------------------ applying

    def _lock_at(self, cursor):
        """Whether this transaction alone may move the cursor on from ``cursor``."""
        self.flush_recordset()
        query = "SELECT event_cursor FROM omeet_connection WHERE id = %s FOR UPDATE SKIP LOCKED"
        self.env.cr.execute(query, [self.id], log_exceptions=False)
        found = self.env.cr.fetchone()
        return bool(found) and found[0] == cursor

    def _apply_page(self, cursor, page, rest=None):
        """Applies a page that was asked for after ``cursor``; answers the new cursor, or ``None`` when another was faster."""
        if not self._lock_at(cursor):
            return None
        if rest is not None:
            self._apply_everything(*rest, is_older=cursor < 0 or page["last"] < cursor)
            self.event_cursor = page["last"]
            return page["last"]
        self._lock_meetings({event["subject"] for event in page["items"]})
        for event in page["items"]:
            self._apply_event(event)
            cursor = event["seq"]
        if not page["next"]:
            cursor = max(cursor, page["last"])
        if cursor != self.event_cursor:
            self.event_cursor = cursor
        return cursor

    def _lock_meetings(self, remote_ids):
        rows = self.env["jitsi.meeting"].sudo().with_context(active_test=False)
        rows = rows.search([("remote_id", "in", list(remote_ids)), ("company_id", "=", self.company_id.id)])
        lock(self.env, "jitsi_meeting", rows.ids)

    def _apply_pushed(self, event):
        """Applies an event that omeet posted, if it is the next one; ``False`` asks for a fetch."""
        seq = event.get("seq")
        if not isinstance(seq, int) or not self._lock_at(seq - 1):
            return isinstance(seq, int) and seq <= self.event_cursor
        self._lock_meetings([event.get("subject") or ""])
        self._apply_event(event)
        self.event_cursor = seq
        return True

    def _apply_event(self, event):
        """One event in a savepoint: one that cannot be applied is logged and does not hold up the others."""
        try:
            with self.env.cr.savepoint():
                self._dispatch(event)
        except OperationalError:
            raise  # somebody else was at the same meeting: the whole page again, in a fresh transaction
        except Exception:
            _logger.exception("omeet: event %s (%s) was not applied", event.get("seq"), event.get("type"))

    def _dispatch(self, event):
        kind, data = event.get("type") or "", event.get("data")
        if not isinstance(data, dict):
            return
        if kind.startswith("recording."):
            self._on_recording(kind, data)
        elif kind in ("participant.joined", "participant.left"):
            self._on_presence(kind, data)
        elif kind.startswith("booking.") and "answers" in data:
            self.env["omeet.booking"].sudo()._take(self.company_id, data)
        elif kind == "meeting.deleted":
            self._on_deleted(event["subject"])
        elif kind.startswith("meeting.") and "room_code" in data:
            self._on_meeting(kind, data)

    def _meeting(self, remote_id, external_key=None):
        Meeting = self.env["jitsi.meeting"].sudo().with_context(active_test=False)
        found = Meeting.search([("remote_id", "=", remote_id), ("company_id", "=", self.company_id.id)], limit=1)
        if not found and external_key:
            found = Meeting.search([("external_key", "=", external_key), ("company_id", "=", self.company_id.id)], limit=1)
        return found

    def _on_meeting(self, kind, view):
        if view["state"] == "draft":
            return  # a link that nobody has claimed yet: whoever saves the form with it is writing to its row just now
        meeting = self._meeting(view["id"], view.get("external_key"))
        if not meeting:
            meeting = self._mirror(view)
        elif not meeting.remote_id:
            meeting._on_new_link(view)
        was = meeting.state
        if not meeting._apply(view):
            return
        if meeting.state != was:
            meeting._on_state(was)
        meeting._notify_clients()

    def _mirror(self, view):
        """A meeting that was made elsewhere appears in Odoo."""
        organizer = view.get("organizer") or {}
        user = self.env["res.users"]
        if (organizer.get("external_id") or "").isdigit():
            user = user.browse(int(organizer["external_id"])).exists()
            user = user.filtered(lambda one: self.company_id in one.company_ids)
        return (
            self.env["jitsi.meeting"]
            .sudo()
            .with_context(omeet_mirror=True, mail_create_nosubscribe=True)
            .create(
                {
                    "name": view["name"],
                    "description": view["description"],
                    "company_id": self.company_id.id,
                    "organizer_id": user.id,
                    "remote_id": view["id"],
                    "room_code": view["room_code"],
                    "join_url": view["join_url"],
                    "meeting_type": view["meeting_type"],
                    "scheduled_date": moment(view["start"]),
                    "duration": max(1, view["duration_min"]),
                    "tz": view["tz"],
                    "access": view["access"],
                    "lobby": view["options"]["lobby"],
                    "wait_for_host": view["options"]["wait_for_host"],
                    "recording_by": view["options"]["recording_by"],
                    "external_key": view.get("external_key") or f"omeet:{view['id']}",
                    "attendee_ids": [fields.Command.set(self._contacts(view["participants"]))],
                }
            )
        )

    def _contacts(self, people):
        """Participants who are colleagues, by their addresses: they then see the meeting. Nobody's contact is made from outside."""
        addresses = [person["email"] for person in people if person.get("email")]
        users = self.env["res.users"].sudo().search([("share", "=", False), ("email_normalized", "in", addresses)])
        return users.filtered(lambda user: self.company_id in user.company_ids).partner_id.ids

    def _on_deleted(self, remote_id):
        meeting = self._meeting(remote_id)
        if not meeting:
            return
        if meeting.reserved_until:
            meeting.with_context(omeet_mirror=True).unlink()
            return
        if meeting._is_live():
            meeting.with_context(omeet_mirror=True).state = "cancelled"
            meeting.message_post(body=self.env._("This meeting was deleted in omeet: its link leads nowhere any more."))
        meeting._notify_clients()

    def _on_presence(self, kind, data):
        meeting = self._meeting(data.get("meeting_id") or "")
        if meeting:
            meeting._apply_presence(data, came=kind == "participant.joined")
            meeting._notify_clients()

    def _on_recording(self, kind, data):
        meeting = self._meeting(data["meeting_id"])
        if not meeting:
            return
        if kind == "recording.deleted":
            meeting.recording_ids.filtered(lambda row: row.remote_id == data["id"]).unlink()
        else:
            self.env["omeet.recording"]._apply(meeting, data)
        meeting._notify_clients()

    def _apply_everything(self, views, bookings, *, is_older):
        """Brings the mirror in line with all that omeet has. What is missing there was lost by an omeet that is older than our cursor, and
        is made again by the queue; otherwise it is over: ended, cancelled or deleted there, which is looked up."""
        for kind, items in (("meeting.updated", views), ("booking.updated", bookings)):
            for item in items:
                self._apply_event({"type": kind, "seq": None, "subject": item["id"], "data": item})
        there = {view["id"] for view in views}
        if len(views) >= _MOST:
            return
        ours = (
            self.env["jitsi.meeting"]
            .sudo()
            .search([("company_id", "=", self.company_id.id), ("state", "in", ("ready", "started")), ("remote_id", "!=", False)])
        )
        for meeting in ours.filtered(lambda meeting: meeting.remote_id not in there):
            if is_older:
                meeting._queue("update", {**meeting._plan_values(), "claim": True})
            else:
                meeting._queue("refresh", {"may_be_deleted": True})


class JitsiMeetingEvents(models.Model):
    _inherit = "jitsi.meeting"

    def _on_state(self, was):
        """The state changed in omeet: look who came, and let a series go on."""
        if self.state in ("ended", "cancelled"):
            self._queue("refresh")
        if self.state == "ended":
            self._omeet_look_again()
        if self.state == "cancelled":
            for event in self._omeet_events()[:1]:
                event.message_post(body=self.env._("The O-Meet meeting of this event was cancelled. %s", self.cancel_reason or ""))
