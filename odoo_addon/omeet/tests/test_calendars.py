"""Calendars at Google and Microsoft, connected from the preferences, against the real service and a stand-in for Google (S2.25)."""

import re

import requests

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import OmeetCase


@tagged("post_install", "-at_install")
class TestCalendars(OmeetCase):
    def dialog(self, user=None):
        """As the button in the preferences opens it."""
        user = user or self.ana
        action = user.with_user(user).action_omeet_calendars()
        return self.env[action["res_model"]].with_user(user).browse(action["res_id"])

    def connect(self, dialog, kind="google"):
        action = dialog.with_context(omeet_kind=kind).action_connect()
        self.assertEqual((action["type"], action["target"]), ("ir.actions.act_url", "new"))
        return action["url"]

    def agree(self, url):
        """The user's browser: the page that says for whom it is, its button, Google's consent, and back."""
        with requests.Session() as browser:
            page = browser.get(url, timeout=10)
            self.assertIn("Ana Wijaya", page.text)
            nonce = re.search(r'name="page" value="(\w+)"', page.text)[1]
            return browser.post(f"{url}/go", data={"page": nonce}, timeout=10)

    def test_a_calendar_is_connected_shown_and_disconnected(self):
        dialog = self.dialog()
        self.assertFalse(dialog.calendar_ids)
        with Form(dialog) as form:
            form.publish = True
        done = self.agree(self.connect(dialog))
        self.assertIn("ana@example.org", done.text)
        one = self.dialog().calendar_ids
        self.assertEqual((one.kind, one.account, one.state, one.publishes), ("google", "ana@example.org", "connected", True))
        self.assertFalse(self.dialog(self.budi).calendar_ids, "calendars are their users'")
        with self.assertRaises(AccessError):
            one.with_user(self.budi).read(["account"])
        action = one.action_disconnect()
        left = self.env[action["res_model"]].browse(action["res_id"]).calendar_ids
        self.assertIn(left.mapped("state"), ([], ["leaving"]))

    def test_what_omeet_refuses_is_told_in_its_words(self):
        dialog = self.dialog()
        with self.assertRaisesRegex(UserError, "calendars.microsoft_client_id"):
            self.connect(dialog, "microsoft")
        with self.down(), self.assertRaises(UserError):
            self.dialog()
