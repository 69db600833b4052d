import secrets

from odoo import fields, models

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class Meeting(models.Model):
    _name = "meeting.minimal"
    _description = "Meeting"

    name = fields.Char(required=True)
    code = fields.Char(required=True, index=True, default=lambda self: "".join(secrets.choice(ALPHABET) for _ in range(10)))
    room = fields.Char(required=True, default=lambda self: secrets.token_hex(16))
    start = fields.Datetime()
    stop = fields.Datetime()
    state = fields.Selection([("ready", "Ready"), ("started", "Started"), ("ended", "Ended")], default="ready", required=True)
    participant_ids = fields.One2many("meeting.minimal.participant", "meeting_id")


class Participant(models.Model):
    _name = "meeting.minimal.participant"
    _description = "Participant"

    meeting_id = fields.Many2one("meeting.minimal", required=True, ondelete="cascade", index=True)
    name = fields.Char()
    email = fields.Char()
