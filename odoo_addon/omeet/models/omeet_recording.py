"""What was recorded of a meeting. The files stay in omeet, which decides who may open them."""

from odoo import fields, models
from odoo.exceptions import UserError

from ..client import OmeetError
from ..times import moment


class OmeetRecording(models.Model):
    _name = "omeet.recording"
    _description = "Recording of a meeting"
    _order = "started_at desc, id desc"
    _rec_name = "kind"

    meeting_id = fields.Many2one("jitsi.meeting", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="meeting_id.company_id", store=True)
    remote_id = fields.Char(required=True)
    kind = fields.Selection(
        [("video", "Video"), ("audio", "Sound"), ("transcript", "Transcript"), ("chat", "Chat")], required=True, default="video", string="What"
    )
    state = fields.Selection(
        [("linked", "At the provider"), ("fetching", "On its way"), ("stored", "Kept"), ("expired", "Gone"), ("failed", "Failed")],
        help="Where the file is. It can be opened at the provider and when omeet keeps it.",
    )
    visibility = fields.Selection(
        [("host", "The host"), ("participants", "Who takes part"), ("organization", "Users of this company"), ("public", "Anyone with its link")],
        default="host",
        help="Who may open it; set in omeet.",
    )
    started_at = fields.Datetime("Started")
    duration_min = fields.Integer("Minutes")
    size_mb = fields.Float("MB", digits=(16, 1))
    expires_at = fields.Datetime("Kept until")
    error = fields.Char(help="Why omeet could not fetch it.")

    def action_open(self):
        """Asks omeet, in the user's name, for an address that works for an hour."""
        self.ensure_one()
        self.check_access("read")
        recording = self.sudo()
        connection = self.env["omeet.connection"]._of(recording.meeting_id.company_id)
        try:
            with connection._client() as client:
                answer = client.call("recording.download_url", {"id": recording.remote_id}, actor=self.env.user._omeet_actor())
        except OmeetError as error:
            raise UserError(str(error)) from error
        return {"type": "ir.actions.act_url", "url": answer["url"], "target": "new"}

    def _apply_all(self, meeting, items):
        """All recordings of a meeting as omeet lists them; what it lists no more is gone."""
        rows = meeting.sudo().recording_ids
        for item in items:
            rows -= self._apply(meeting, item)
        rows.unlink()

    def _apply(self, meeting, item):
        """One recording as omeet shows it (``RecordingView``)."""
        began, ended = moment(item["started_at"]), moment(item["ended_at"])
        values = {
            "kind": item["kind"],
            "state": item["state"],
            "visibility": item["visibility"],
            "started_at": began or moment(item["created_at"]),
            "duration_min": round((ended - began).total_seconds() / 60) if began and ended else 0,
            "size_mb": (item["size_bytes"] or 0) / 1_000_000,
            "expires_at": moment(item["expires_at"]) or moment(item["link_expires_at"]),
            "error": item["error"],
        }
        row = meeting.sudo().recording_ids.filtered(lambda row: row.remote_id == item["id"])
        if row:
            row.write(values)
        else:
            row = row.create({**values, "meeting_id": meeting.id, "remote_id": item["id"]})
        return row
