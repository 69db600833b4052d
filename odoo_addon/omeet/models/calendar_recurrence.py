from odoo import models


class CalendarRecurrence(models.Model):
    _inherit = "calendar.recurrence"

    def _apply_recurrence(self, *args, **kwargs):
        """Occurrences are copies that keep the link: whoever holds the one invitation of a series holds the right one."""
        return super(CalendarRecurrence, self.with_context(omeet_keep_link=True))._apply_recurrence(*args, **kwargs)

    def _need_video_call(self):
        """As for an event: no Meet, no Teams beside an O-Meet link."""
        if any(event.videocall_source == "omeet" for event in self.base_event_id):
            return False
        asked = getattr(super(), "_need_video_call", None)
        return asked() if asked else True
