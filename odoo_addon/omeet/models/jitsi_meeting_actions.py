"""Buttons of the meeting's form."""

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..client import OmeetError, Refused, new_key
from ..const import LIVE_STATES
from ..order import details_of


class JitsiMeetingActions(models.Model):
    _inherit = "jitsi.meeting"

    def _ask(self, method, params=None):
        """Asks omeet in the user's name, at once; its refusal, or that it is down, in words."""
        self.ensure_one()
        meeting = self.sudo()
        if not meeting.remote_id:
            raise UserError(self.env._("omeet does not know this meeting yet: its link is on its way."))
        actor = self.env.user._omeet_actor()
        try:
            with self.env["omeet.connection"]._of(meeting.company_id)._client() as client:
                return client.call(method, {"id": meeting.remote_id, **(params or {})}, actor=actor, idempotency_key=new_key())
        except OmeetError as error:
            raise UserError(str(error)) from error

    def _require_host(self, message):
        for meeting in self:
            meeting.check_access("read")
            if not meeting._may_manage():
                raise AccessError(message)

    def _change_state(self, method, refusal):
        self._require_host(refusal)
        for meeting in self:
            meeting._apply(meeting._ask(method))
            meeting._notify_clients()
        return True

    def action_start(self):
        """Opens the meeting."""
        return self._change_state("meeting.start", self.env._("Access Denied: Only creator/host can start"))

    def action_end(self):
        """Closes it: nobody can join any more."""
        return self._change_state("meeting.end", self.env._("Access Denied: Only creator/host can end"))

    def action_reopen(self):
        """Opens it again, while its time is not over."""
        return self._change_state("meeting.reopen", self.env._("Access Denied: Only creator/host can reopen"))

    def action_cancel(self):
        """Calls it off. Works while omeet is down: it is told later."""
        self._require_host(self.env._("Access Denied: Only creator/host can cancel"))
        over = self.filtered(lambda meeting: meeting.state not in LIVE_STATES)
        if over:
            raise UserError(self.env._("A meeting that is over cannot be cancelled: %s", ", ".join(over.mapped("name"))))
        self._do_cancel()
        self.sudo().event_ids.with_context(omeet_skip=True, dont_notify=True).write({"videocall_location": False})
        return True

    def action_join(self):
        self.ensure_one()
        if not self.room_code:
            raise UserError(self.env._("This meeting has no link yet: omeet could not be reached. It appears here as soon as it can."))
        return {"type": "ir.actions.act_url", "url": f"/o-meet/join/{self.room_code}", "target": "new"}

    def action_share(self):
        """Opens a mail to those who take part, with the link."""
        self.ensure_one()
        if not self.join_url:
            raise UserError(self.env._("This meeting has no link yet: omeet could not be reached. It appears here as soon as it can."))
        template = self.env.ref("omeet.mail_template_share", raise_if_not_found=False)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Share the link"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_template_id": template.id if template else False,
                "default_composition_mode": "comment",
                "default_partner_ids": (self.attendee_ids - self.env.user.partner_id).ids,
                "force_email": True,
            },
        }

    def action_refresh(self):
        """Asks omeet how the meeting is: state, attendance, recordings, audit trail."""
        for meeting in self:
            meeting.check_access("read")
            if not meeting.remote_id:
                meeting.sudo().job_ids.filtered(lambda job: job.state == "pending").action_retry()
                continue
            connection = self.env["omeet.connection"]._of(meeting.sudo().company_id)
            try:
                with connection._client() as client:
                    outcomes = client.batch(details_of(meeting.sudo().remote_id))
            except OmeetError as error:
                raise UserError(str(error)) from error
            if isinstance(outcomes[0], Refused):
                raise UserError(str(outcomes[0]))
            meeting._apply_details(outcomes)
        return True

    def action_retry(self):
        """Sends again what omeet was not told, or refused."""
        self._require_host(self.env._("Access Denied: Only creator/host can change this meeting"))
        jobs = self.sudo().job_ids.filtered(lambda job: job.state != "done")
        jobs.action_retry()
        return True

    def action_open_events(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Calendar events"),
            "res_model": "calendar.event",
            "view_mode": "list,form",
            "domain": [("omeet_meeting_id", "=", self.id)],
        }

    def _join_answer(self, user):
        """What ``meeting.join`` says to ``user``; raises :class:`OmeetError`."""
        meeting = self.sudo()
        with self.env["omeet.connection"]._of(meeting.company_id)._client() as client:
            return client.call("meeting.join", {"room_code": meeting.room_code}, actor=user._omeet_actor())

    def _form_path(self):
        """Where the form of this meeting is in the web client."""
        return f"/odoo/o-meet-meetings/{self.id}"

    def _today_or_later(self):
        return [("date_end", ">=", fields.Datetime.now())]
