"""What leaves Odoo about an event with an O-Meet link: the ICS file, and the words of the mail."""

import logging

from lxml import html
from markupsafe import Markup

from odoo import models

_logger = logging.getLogger(__name__)


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    def _get_ics_file(self):
        """The stock file has a new UID at every call, no METHOD, no SEQUENCE and no link: programs then add a second entry."""
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
        """The same for ever: the series' for its base event, which carries the rule, and one of its own for a single date."""
        code = self.env["omeet.connection"]._room_code(self.videocall_location)
        host = self.videocall_location.split("/")[2].split(":")[0]
        recurrence = self.recurrence_id
        alone = recurrence and not self.rrule
        return f"omeet-{code}-{self.id}@{host}" if alone else f"omeet-{code}@{host}"

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
    component.add(name).value = value


def _rename(node, old, new):
    for element in node.iter():
        if element.text and old in element.text:
            element.text = element.text.replace(old, new)
        if element.tail and old in element.tail:
            element.tail = element.tail.replace(old, new)
