"""What still has to be told to omeet.

A job is written in the transaction that makes it necessary, and sent after the commit: at once by a postcommit hook,
otherwise by the cron. Jobs of one lane (one meeting) are sent in the order in which they were written, each with its own
idempotency key, so that a repeated attempt never does a thing twice. No transaction is open during a call.
"""

import logging
import time
from contextlib import contextmanager
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import SUPERUSER_ID, api, fields, models

from ..client import NotFound, OmeetError, Refused, Unauthorized, Unavailable, new_key
from ..const import TIMEOUT_S

_logger = logging.getLogger(__name__)

#: Seconds for which a job belongs to whoever claimed it: one operation is at most a handful of calls.
_LEASE_S = 60
#: Seconds that a postcommit hook may spend in total; a request waits for it.
_HOOK_BUDGET_S = TIMEOUT_S
#: Seconds that one run of the cron may take before it hands over to the next.
_CRON_BUDGET_S = 240
#: Longest pause between two attempts.
_LONGEST_PAUSE_S = 3600


#: Attempts at a short transaction that others get in the way of, and the first pause between them.
_ATTEMPTS, _PAUSE_S = 8, 0.02


def in_turn(opened, act):
    """``act`` in a fresh transaction; again, in a fresh one, when somebody else changed the same row meanwhile.

    Odoo's transactions are REPEATABLE READ: whoever comes second has to begin anew.
    """
    for attempt in range(_ATTEMPTS):
        try:
            with opened() as records:
                return act(records)
        except OperationalError as error:
            if attempt + 1 == _ATTEMPTS:
                raise
            _logger.debug("omeet: begun anew after %s", error)
            time.sleep(_PAUSE_S * 2**attempt)


def lock(env, table, ids):
    """Holds rows before anything is read of them; whoever is late finds out here and not in the middle."""
    if ids:
        env.cr.execute(f"SELECT id FROM {table} WHERE id IN %s ORDER BY id FOR NO KEY UPDATE", [tuple(ids)], log_exceptions=False)


class OmeetJob(models.Model):
    _name = "omeet.job"
    _description = "Change on its way to omeet"
    _order = "id"
    _rec_name = "operation"

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    meeting_id = fields.Many2one("jitsi.meeting", ondelete="set null", help="Empty once the meeting is deleted in Odoo.")
    lane = fields.Char(required=True, help="Jobs of one lane are sent one after another.")
    operation = fields.Selection(
        [
            ("create", "Create"),
            ("update", "Change"),
            ("people", "Change who takes part"),
            ("link", "Point at a document"),
            ("cancel", "Cancel"),
            ("delete", "Delete"),
            ("refresh", "Look again"),
        ],
        required=True,
    )
    payload = fields.Json(default=dict)
    actor = fields.Json(help="The user for whom omeet is asked; empty for Odoo itself.")
    idempotency_key = fields.Char(required=True, default=lambda self: new_key())
    state = fields.Selection([("pending", "Waiting"), ("done", "Sent"), ("failed", "Refused")], default="pending", required=True)
    attempts = fields.Integer()
    next_try = fields.Datetime(required=True, default=fields.Datetime.now)
    lease_until = fields.Datetime()
    last_error = fields.Char(help="Why the last attempt failed.")
    sent_at = fields.Datetime()

    def init(self):
        self.env.cr.execute("CREATE INDEX IF NOT EXISTS omeet_job_pending_idx ON omeet_job (lane, id) WHERE state = 'pending'")

    # ------------------------------------------------------------------ writing

    @api.model
    def _enqueue(self, meeting, operation, payload=None, *, actor=None):
        """Writes a job and has it sent after the commit of the running transaction."""
        job = self.sudo().create(
            {
                "company_id": meeting.company_id.id,
                "meeting_id": meeting.id,
                "lane": meeting._lane(),
                "operation": operation,
                "payload": payload or {},
                "actor": actor or False,
            }
        )
        job._send_after_commit()
        return job

    def _send_after_commit(self):
        """One hook per transaction, however many jobs it writes."""
        data = self.env.cr.postcommit.data
        lanes = data.setdefault("omeet.lanes", {})
        first = not lanes
        lanes.update({job.lane: job.company_id.id for job in self})
        if not first:
            return
        self._wake_at(fields.Datetime.now() + timedelta(seconds=_LEASE_S))
        registry = self.env.registry

        @self.env.cr.postcommit.add
        def send():
            # A hook that raises answers 500 although everything is committed.
            try:
                todo = dict(data.pop("omeet.lanes", {}))
                with registry.cursor() as cr:
                    env = api.Environment(cr, SUPERUSER_ID, {})
                    queue = env["omeet.job"]
                    todo = [lane for lane, company in todo.items() if not queue._known_down(company)]
                queue._drain(lanes=todo, budget_s=_HOOK_BUDGET_S, registry=registry)
            except Exception:
                _logger.warning("omeet: nothing was sent after the commit; the cron will", exc_info=True)

    def _known_down(self, company_id):
        """Whether an earlier job still waits because omeet could not be reached: then no user waits for the next attempt."""
        return bool(
            self.sudo().search_count(
                [
                    ("company_id", "=", company_id),
                    ("state", "=", "pending"),
                    ("attempts", ">", 0),
                ],
                limit=1,
            )
        )

    # ------------------------------------------------------------------ sending

    @contextmanager
    def _own_cursor(self, registry=None):
        """The queue in a transaction of its own, committed at the end. Tests, whose data no other cursor sees, replace it."""
        with (registry or self.env.registry).cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            yield env["omeet.job"]

    @api.model
    def _cron_send(self):
        sent = self._drain(budget_s=_CRON_BUDGET_S)
        self._wake_up()
        return sent

    @api.model
    def _wake_up(self):
        """Has the cron come back when the next job is due."""
        job = self.sudo().search([("state", "=", "pending")], order="next_try", limit=1)
        if job:
            self._wake_at(max(job.next_try, fields.Datetime.now() + timedelta(seconds=5)))

    @api.model
    def _wake_at(self, moment):
        cron = self.env.ref("omeet.cron_send", raise_if_not_found=False)
        if cron:
            cron.sudo()._trigger(at=moment)

    @api.model
    def _drain(self, *, lanes=None, budget_s=_CRON_BUDGET_S, registry=None):
        """Sends what is due, the oldest of every lane first; answers how many jobs were settled."""
        deadline = time.monotonic() + budget_s
        settled, down = 0, set()
        # In a hook somebody waits: then all calls together have to be done in time.
        with _Clients(deadline if lanes is not None else None) as clients:
            while time.monotonic() < deadline:
                order, outcome = self._send_next(lanes, down, clients, registry)
                if not order:
                    break
                if isinstance(outcome, Unavailable):
                    down.add(order.company_id)
                else:
                    settled += 1
        return settled

    def _send_next(self, lanes, down, clients, registry):
        """One job: claimed in one transaction, sent in none, settled in another."""
        order = in_turn(lambda: self._own_cursor(registry), lambda queue: queue._claim(lanes, down))
        outcome = order and order.carry_out(clients)
        if order:
            in_turn(lambda: self._own_cursor(registry), lambda queue: queue._settle(order, outcome))
        return order, outcome

    @api.model
    def _claim(self, lanes, down):
        """Takes the oldest job that is due and first in its lane, reads everything it needs, and leases it."""
        self.flush_model()
        self.env.cr.execute(
            """
            SELECT job.id FROM omeet_job job
             WHERE job.state = 'pending' AND job.next_try <= %(now)s
               AND (job.lease_until IS NULL OR job.lease_until <= %(now)s)
               AND (%(any)s OR job.lane = ANY(%(lanes)s))
               AND NOT job.company_id = ANY(%(down)s)
               AND NOT EXISTS (SELECT 1 FROM omeet_job earlier
                                WHERE earlier.lane = job.lane AND earlier.state = 'pending' AND earlier.id < job.id)
             ORDER BY job.id LIMIT 1 FOR UPDATE SKIP LOCKED
            """,
            {"now": fields.Datetime.now(), "any": lanes is None, "lanes": list(lanes or []), "down": list(down)},
            log_exceptions=False,
        )
        found = self.env.cr.fetchone()
        if not found:
            return None
        job = self.browse(found[0])
        job.lease_until = fields.Datetime.now() + timedelta(seconds=_LEASE_S)
        return _Order(job)

    @api.model
    def _settle(self, order, outcome):
        """Writes down what became of a job."""
        lock(self.env, "jitsi_meeting", order.meeting_ids)
        self.browse(order.job_id).exists()._note(outcome)

    def _note(self, outcome):
        if not self:
            return
        now = fields.Datetime.now()
        if isinstance(outcome, Unavailable):
            pause = outcome.retry_after_s or min(_LONGEST_PAUSE_S, 15 * 2 ** min(self.attempts, 8))
            if isinstance(outcome, Unauthorized):
                pause = min(pause, 300)
            self.write(
                {
                    "attempts": self.attempts + 1,
                    "next_try": now + timedelta(seconds=pause),
                    "lease_until": False,
                    "last_error": str(outcome),
                }
            )
        elif isinstance(outcome, OmeetError):
            self.write({"state": "failed", "attempts": self.attempts + 1, "lease_until": False, "last_error": str(outcome)})
            self.meeting_id._on_refused(self, outcome)
        else:
            self.write({"state": "done", "lease_until": False, "last_error": False, "sent_at": now})
            self.meeting_id._on_sent(self, outcome)
        self.meeting_id._notify_clients()

    # ------------------------------------------------------------------ for people

    def action_retry(self):
        """Sends refused or waiting jobs again, with the same idempotency key."""
        self.write({"state": "pending", "attempts": 0, "next_try": fields.Datetime.now(), "lease_until": False})
        self._send_after_commit()

    def action_drop(self):
        """Gives up on jobs that stand in the way of later ones."""
        self.filtered(lambda job: job.state == "pending").write({"state": "failed", "last_error": self.env._("Given up by hand.")})

    @api.autovacuum
    def _gc_sent(self):
        """Sent jobs are of no use after a week; refused ones stay until somebody has seen them."""
        limit = fields.Datetime.now() - timedelta(days=7)
        self.sudo().search([("state", "=", "done"), ("sent_at", "<", limit)], limit=10_000).unlink()


class _Clients:
    """Clients of the companies of one run, made from what was read under a cursor; their connections are closed at the end."""

    def __init__(self, deadline):
        self._clients, self._deadline = {}, deadline

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for client in self._clients.values():
            client.__exit__(*exc)

    def of(self, order):
        if order.company_id not in self._clients:
            self._clients[order.company_id] = order.new_client()
            self._clients[order.company_id].deadline = self._deadline
        return self._clients[order.company_id]


class _Order:
    """A job with everything that sending it needs: no cursor is touched from here on."""

    def __init__(self, job):
        meeting = job.meeting_id
        self.job_id, self.company_id, self.meeting_ids = job.id, job.company_id.id, meeting.ids
        self.operation, self.payload = job.operation, dict(job.payload or {})
        self.actor, self.key = job.actor or None, job.idempotency_key
        self.remote_id = self.payload.pop("remote_id", None) or meeting.remote_id
        self.recreation = meeting._creation_values() if meeting and meeting._is_live() else None
        try:
            self._made = job.env["omeet.connection"]._of(job.company_id)._client()
        except Unavailable as error:
            self._made = error

    def new_client(self):
        if isinstance(self._made, Unavailable):
            raise self._made
        return self._made

    def carry_out(self, clients):
        """The answer, or the :class:`OmeetError`; never raises."""
        try:
            return getattr(self, f"_do_{self.operation}")(clients.of(self)) or {}
        except OmeetError as error:
            return error
        except Exception as error:
            _logger.exception("omeet: job %s", self.job_id)
            return Refused(f"{type(error).__name__}: {error}")

    def _call(self, client, method, params, step=""):
        """As the user; where omeet sees less in them than Odoo does (a colleague who edits the event), as Odoo itself."""
        if self.actor:
            try:
                return client.call(method, params, actor=self.actor, idempotency_key=self.key + step)
            except Refused as error:
                if not isinstance(error, NotFound) and not error.kind.startswith(("actor.", "forbidden", "meeting.not_host")):
                    raise
        return self._service(client, method, params, step + ":odoo")

    def _service(self, client, method, params, step):
        """As Odoo itself, which has already decided that this may be done."""
        return client.call(method, params, idempotency_key=self.key + step)

    def _do_create(self, client):
        if self.remote_id:
            return client.call("meeting.get", {"id": self.remote_id})
        return {**self._create(client, {**(self.recreation or {}), **self.payload}), "_new_link": True}

    def _create(self, client, values, step=""):
        try:
            return self._service(client, "meeting.create", values, step)
        except Refused as error:
            if error.kind != "meeting.external_key_taken":
                raise
            # Made by an earlier attempt whose answer never arrived.
            found = client.call("meeting.list", {"external_key": values["external_key"], "limit": 1})
            if not found["items"]:
                raise
            return found["items"][0]

    def _recreate(self, client):
        """omeet lost the meeting (an unclaimed reservation, or an older backup): make it again and tell the new link."""
        if not self.recreation:
            raise NotFound("omeet does not know this meeting any more.", kind="meeting.not_found")
        return {**self._create(client, self.recreation, ":again"), "_new_link": True}

    def _do_update(self, client):
        if not self.remote_id:
            return self._recreate(client)
        try:
            answer = self._call(client, "meeting.update", {"id": self.remote_id, **self.payload})
        except NotFound:
            return self._recreate(client)
        except Refused as error:
            if error.kind != "meeting.cancelled":
                raise
            return client.call("meeting.get", {"id": self.remote_id})
        if answer["state"] == "ended" and "start" in self.payload:
            answer = self._reopen(client, answer)
        return answer

    def _reopen(self, client, answer):
        """A meeting that was over and is moved to a later time can be joined again."""
        try:
            return self._service(client, "meeting.reopen", {"id": self.remote_id}, ":reopen")
        except Refused:
            return answer

    def _do_people(self, client):
        if not self.remote_id:
            return {}
        answer = {}
        if self.payload.get("add"):
            params = {"id": self.remote_id, "participants": self.payload["add"]}
            answer = self._service(client, "meeting.add_participants", params, ":add")
        gone = self.payload.get("remove") or []
        if gone:
            people = client.call("participant.list", {"meeting_id": self.remote_id})["items"]
            for person in [person for person in people if _is_one_of(person, gone)]:
                params = {"id": self.remote_id, "participant_id": person["id"]}
                try:
                    answer = self._service(client, "meeting.remove_participant", params, f":{person['id']}")
                except NotFound:
                    continue
        return answer

    def _do_link(self, client):
        if not self.remote_id:
            return {}
        return self._service(client, "meeting.link", {"id": self.remote_id, **self.payload}, "")

    def _do_cancel(self, client):
        if not self.remote_id:
            return {}
        try:
            return self._call(client, "meeting.cancel", {"id": self.remote_id, **self.payload})
        except NotFound:
            return {}
        except Refused as error:
            if error.kind == "meeting.already_ended":
                return client.call("meeting.get", {"id": self.remote_id})
            raise

    def _do_delete(self, client):
        if not self.remote_id:
            return {}
        try:
            return self._call(client, "meeting.delete", {"id": self.remote_id}) and {}
        except NotFound:
            return {}

    def _do_refresh(self, client):
        if not self.remote_id:
            return {}
        return {"_details": client.batch(details_of(self.remote_id))}


def details_of(remote_id):
    """Everything that a meeting's form shows; what this omeet does not offer answers an error that is left out."""
    return [
        ("meeting.get", {"id": remote_id}),
        ("audit.list", {"subject": remote_id, "limit": 200}),
        ("recording.list", {"meeting_id": remote_id}),
    ]


def _is_one_of(person, gone):
    for one in gone:
        if one.get("partner_id") and person.get("partner_id") == one["partner_id"]:
            return True
        if one.get("user") and person.get("user_id") and _same(person, one["user"]):
            return True
    return False


def _same(person, user):
    if person.get("email") and user.get("email"):
        return person["email"].lower() == user["email"].lower()
    return person.get("name") == user.get("name")
