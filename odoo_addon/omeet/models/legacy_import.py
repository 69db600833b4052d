from odoo import models


class JitsiMeetingLegacy(models.Model):
    _inherit = "jitsi.meeting"

    def _import_legacy(self):
        return 0
