"""What leaves Odoo about an event with an O-Meet link: the ICS file, and the words of the mail."""

import logging

from lxml import html
from markupsafe import Markup

from odoo import models

_logger = logging.getLogger(__name__)


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    def _get_ics_file(self):
        """The stock file has a new UID at every call, no METHOD, no SEQUENCE and no link: programs then add a second entry.

        Odoo's text is amended and not replaced by omeet's ``calendar.export_ics``: this runs inside the transaction that creates or
        moves the event, of which omeet hears after the commit, so its file would tell the time before the move. Place, description,
        reminders, answers and the rule of a series are known here alone, and no mail waits for omeet.
        """
        files = super()._get_ics_file()
        for event in self:
            if event.id in files and event.videocall_source == "omeet":
                files[event.id] = event._omeet_ics(files[event.id])
        return files

    def _omeet_ics(self, content):
        import vobject  # Odoo brings it, but does without where it is missing

        calendar = vobject.readOne(content.decode())
        entry, link = calendar.vevent, self.videocall_location
        _put(calendar, "method", "REQUEST" if self.active else "CANCEL")
        _put(entry, "uid", self._omeet_uid())
        _put(entry, "sequence", str(self.sudo().omeet_sequence))
        _put(entry, "url", link)
        _put(entry, "conference", link).params = {"VALUE": ["URI"], "FEATURE": ["AUDIO", "VIDEO"]}
        _put(entry, "x-google-conference", link)
        if not self.active:
            _put(entry, "status", "CANCELLED")
        if not hasattr(entry, "location"):
            _put(entry, "location", link)
        told = entry.description.value if hasattr(entry, "description") else ""
        if link not in told:
            _put(entry, "description", "\n\n".join(filter(None, [told, self.env._("Join with O-Meet: %s", link)])))
        return calendar.serialize().encode()

    def _omeet_uid(self):
        """The same for ever, and omeet's own: it knows the meeting by it when an answer comes back.

        A series' base event carries the rule and the meeting's UID; a single date of a series has one of its own.
        """
        code = self.env["omeet.connection"]._room_code(self.videocall_location)
        # The first invitation is written before the event knows its meeting.
        meeting = self.sudo().omeet_meeting_id or self.env["jitsi.meeting"].sudo().search([("room_code", "=", code)], limit=1)
        subject = meeting.remote_id or f"omeet-{code}"
        alone = self.recurrence_id and not self.rrule
        return f"{subject}-{self.id}@omeet" if alone else f"{subject}@omeet"

    def message_notify(self, *, body="", **kwargs):
        """Invitations say O-Meet, whatever host omeet lives on: stock templates take every link of Odoo's own host for Discuss."""
        if len(self) == 1 and isinstance(body, Markup) and self.videocall_source == "omeet":
            body = self._omeet_labelled(body)
        return super().message_notify(body=body, **kwargs)

    def _omeet_labelled(self, body):
        try:
            tree = html.fragment_fromstring(str(body), create_parent="div")
        except (ValueError, html.etree.ParserError):
            return body
        links = [link for link in tree.iter("a") if (link.get("href") or "").strip() == self.videocall_location]
        for link in links:
            for node in link.xpath("ancestor::*[self::tr or self::li][1]"):
                _rename(node, "Odoo Discuss", "O-Meet")
            if "O-Meet" not in link.text_content():
                shown = link.text_content().strip()
                for child in list(link):
                    link.remove(child)
                link.text = f"O-Meet: {shown}" if shown.startswith("http") else "O-Meet"
        if not links:
            return body
        inner = (tree.text or "") + "".join(html.tostring(child, encoding="unicode") for child in tree)
        return Markup(inner)


def _put(component, name, value):
    if name in component.contents:
        del component.contents[name]
    added = component.add(name)
    added.value = value
    return added


def _rename(node, old, new):
    for element in node.iter():
        if element.text and old in element.text:
            element.text = element.text.replace(old, new)
        if element.tail and old in element.tail:
            element.tail = element.tail.replace(old, new)
