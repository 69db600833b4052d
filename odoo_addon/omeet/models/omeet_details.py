"""What omeet tells about a meeting: who came, what was recorded, who did what."""

from odoo import api, fields, models


class OmeetParticipant(models.Model):
    _name = "omeet.participant"
    _description = "Attendance of a meeting"
    _order = "role, name, id"

    meeting_id = fields.Many2one("jitsi.meeting", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="meeting_id.company_id", store=True)
    remote_id = fields.Char(required=True)
    name = fields.Char(required=True)
    email = fields.Char()
    partner_id = fields.Many2one("res.partner", ondelete="set null", string="Contact")
    role = fields.Selection([("host", "Host"), ("co_host", "Co-host"), ("participant", "Participant")], default="participant", required=True)
    joined_at = fields.Datetime("Joined")
    left_at = fields.Datetime("Left")
    minutes = fields.Integer(compute="_compute_minutes", help="From the first time they came in to the last time they left.")

    @api.depends("joined_at", "left_at")
    def _compute_minutes(self):
        for person in self:
            stayed = person.left_at - person.joined_at if person.joined_at and person.left_at else None
            person.minutes = round(stayed.total_seconds() / 60) if stayed else 0


class OmeetAuditEntry(models.Model):
    _name = "omeet.audit.entry"
    _description = "Audit trail of a meeting"
    _order = "at desc, id desc"

    meeting_id = fields.Many2one("jitsi.meeting", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="meeting_id.company_id", store=True)
    remote_id = fields.Char(required=True)
    at = fields.Datetime("When", required=True)
    action = fields.Char("What", required=True)
    who = fields.Char()
    changes = fields.Text()
