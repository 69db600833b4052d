"""What still has to be told to omeet.

A job is written in the transaction that makes it necessary, and sent after the commit: at once by a postcommit hook,
otherwise by the cron. Jobs of one lane (one meeting) are sent in the order in which they were written, each with its own
idempotency key, so that a repeated attempt never does a thing twice. No transaction is open during a call.
"""

import logging
import time
from contextlib import contextmanager
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models

from ..client import OmeetError, Unauthorized, Unavailable, new_key
from ..const import TIMEOUT_S
from ..order import Clients, Order
from ..transactions import in_turn, lock

_logger = logging.getLogger(__name__)

#: Seconds for which a job belongs to whoever claimed it: one operation is at most a handful of calls.
_LEASE_S = 60
#: Seconds that a postcommit hook may spend in total; a request waits for it.
_HOOK_BUDGET_S = TIMEOUT_S
#: Seconds that one run of the cron may take before it hands over to the next.
_CRON_BUDGET_S = 240
#: Longest pause between two attempts.
_LONGEST_PAUSE_S = 3600


class OmeetJob(models.Model):
    _name = "omeet.job"
    _description = "Change on its way to omeet"
    _order = "id"
    _rec_name = "operation"

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    meeting_id = fields.Many2one("jitsi.meeting", ondelete="set null", help="Empty once the meeting is deleted in Odoo.")
    user_id = fields.Many2one("res.users", ondelete="cascade", help="Whose calendar it is about.")
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
            ("busy", "Tell when somebody is busy"),
            ("booking", "Move or call off a booking"),
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
        values = {"company_id": meeting.company_id.id, "meeting_id": meeting.id, "lane": meeting._lane(), "operation": operation}
        return self._enqueue_values({**values, "payload": payload or {}, "actor": actor or False})

    @api.model
    def _enqueue_busy(self, user):
        """When a user is busy; one job that waits is enough, because it reads the calendar when it is sent."""
        lane = f"busy:{user.id}"
        if not self.sudo().search_count([("lane", "=", lane), ("state", "=", "pending"), ("lease_until", "=", False)], limit=1):
            self._enqueue_values({"company_id": user.company_id.id, "user_id": user.id, "lane": lane, "operation": "busy"})

    @api.model
    def _enqueue_values(self, values):
        job = self.sudo().create(values)
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
        with Clients(deadline if lanes is not None else None) as clients:
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
        return Order(job)

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
