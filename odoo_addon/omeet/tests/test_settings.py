"""Settings, General Settings, O-Meet (S0.6-S0.9, S1.6, S4.5), and what happens to them in copies and at the end."""

import os
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import file_open

from .. import hooks
from .common import KEY, URL, OmeetCase, soon


@tagged("post_install", "-at_install")
class TestSettings(OmeetCase):
    def _settings(self, **values):
        settings = self.env["res.config.settings"].create(values)
        settings.execute()
        return settings

    def test_address_and_key_are_kept_and_the_key_never_comes_back(self):
        self.connection.unlink()
        self._settings(omeet_url=f"{URL}/", omeet_key=KEY, omeet_default_lobby=True)
        connection = self.env["omeet.connection"]._of(self.env.company)
        self.assertEqual((connection.url, connection.api_key, connection.default_lobby), (URL, KEY, True))
        shown = self.env["res.config.settings"].create({})
        self.assertEqual((shown.omeet_url, shown.omeet_key, shown.omeet_key_set), (URL, False, True))
        self._settings(omeet_default_access="invited")
        self.assertEqual((connection.api_key, connection.default_access, connection.url), (KEY, "invited", URL), "an empty field keeps the key")
        self.env.cr.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'res_config_settings' AND column_name LIKE 'omeet%'"
        )
        self.assertEqual(self.env.cr.fetchall(), [], "nothing of it is stored in the form's table")

    def test_the_form(self):
        with Form(self.env["res.config.settings"]) as form:
            form.omeet_default_wait_for_host = True
        form.record.execute()
        self.assertTrue(self.connection.default_wait_for_host)

    def test_test_connection_says_what_is_wrong_in_words(self):
        """S4.5."""
        settings = self.env["res.config.settings"].create({})
        for url, key, words in (
            (URL, KEY, "omeet "),
            ("http://127.0.0.1:9", KEY, "cannot be reached"),
            (URL, "omk_wrong", "does not accept this key"),
            (False, KEY, "not set up"),
        ):
            with self.subTest(words):
                self.connection.write({"url": url, "api_key": key})
                params = settings.action_omeet_test()["params"]
                self.assertIn(words, params["message"])
                self.assertNotIn(str(key), params["message"])
        with self.assertRaises(UserError):
            settings.with_user(self.manager).action_omeet_test()

    def test_a_key_that_is_too_small_is_told(self):
        small = self.service.call("key.create", kind="service", role="user", name="small")["key"]
        self.connection.api_key = small
        ok, lines = self.connection.with_user(self.env.ref("base.user_admin")).sudo()._test()
        self.assertFalse(ok)
        self.assertIn("admin", " ".join(lines))

    def test_addresses(self):
        clean = self.env["res.config.settings"]._omeet_address
        self.assertEqual(clean(" https://meet.example.org/ "), "https://meet.example.org")
        self.assertEqual(clean("meet.example.org"), "https://meet.example.org")
        for wrong in ("ftp://x", "https://", "https://user:pass@x.org", "https://x.org/?a=b", "javascript:alert(1)"):
            with self.subTest(wrong), self.assertRaises(UserError):
                clean(wrong)

    def test_per_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._settings(company_id=other.id, omeet_url="https://other.example.org")
        self.assertEqual(self.connection.url, URL)
        self.assertEqual(self.env["omeet.connection"]._of(other).url, "https://other.example.org")

    def test_defaults_reach_new_meetings(self):
        self.connection.write({"default_access": "invited", "default_lobby": True, "default_duration": 25, "default_recording_by": "nobody"})
        meeting = self.env["jitsi.meeting"].with_user(self.ana).create({"name": "With defaults", "scheduled_date": soon()})
        self.send()
        view = self.service.get(meeting)
        self.assertEqual((view["access"], view["duration_min"]), ("invited", 25))
        self.assertEqual((view["options"]["lobby"], view["options"]["recording_by"]), (True, "nobody"))
        event = self.event()
        self.send()
        self.assertEqual(self.service.get(self.meeting_of(event))["access"], "invited")

    # ------------------------------------------------------------------ provider

    def _provider(self, **values):
        return self.env["omeet.provider"].with_user(self.env.ref("base.user_admin")).create({"connection_id": self.connection.id, **values})

    def test_the_provider_is_stored_in_omeet_and_its_secret_never_comes_back(self):
        self._provider(kind="jitsi", server_url="https://jitsi.example.org", domain="meet.jitsi", app_id="odoo", app_secret="s3cret-of-jitsi")
        accounts = self.service.call("provider.list")["items"]
        account = next(one for one in accounts if one["is_default"])
        self.assertEqual(account["settings"]["server_url"], "https://jitsi.example.org")
        self.assertTrue(account["secrets"]["app_secret"])
        shown = self._provider()
        self.assertEqual((shown.kind, shown.server_url, shown.domain, shown.app_id), ("jitsi", "https://jitsi.example.org", "meet.jitsi", "odoo"))
        self.assertEqual((shown.app_secret, shown.secret_set), (False, True))
        self._provider(kind="jitsi", server_url="https://jitsi.example.org", domain="meet.example", app_id="odoo")
        again = self.service.call("provider.get", id=account["id"])
        self.assertEqual((again["settings"]["domain"], again["secrets"]["app_secret"]), ("meet.example", True), "an empty secret is kept")
        self.env.cr.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'omeet_provider' AND column_name LIKE '%secret%'")
        self.assertEqual(self.env.cr.fetchall(), [])

    def test_what_the_provider_refuses_is_said(self):
        with self.assertRaisesRegex(UserError, "meet.jit.si takes no tokens"):
            self._provider(kind="jitsi", server_url="https://meet.jit.si", app_id="odoo", app_secret="x")

    def test_providers_are_for_administrators(self):
        with self.assertRaises(AccessError):
            self.env["omeet.provider"].with_user(self.manager).create({"connection_id": self.connection.id})


@tagged("post_install", "-at_install")
class TestCopiesAndEnds(OmeetCase):
    def test_neutralising_forgets_address_key_and_secret(self):
        self.connection.write({"webhook_secret": "whsec_x", "webhook_endpoint": "whe_x"})
        event = self.event()
        self.commit()
        with file_open("omeet/data/neutralize.sql") as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertFalse(self.connection.url or self.connection.api_key or self.connection.webhook_secret or self.connection.webhook_endpoint)
        self.assertFalse(self.jobs(state="pending"))
        self.assertFalse(self.env.ref("omeet.cron_send").active)
        with self.calls() as seen, self.assertRaises(UserError):
            self.link()
        self.assertEqual(seen, [])
        self.assertTrue(event.videocall_location)

    def test_uninstalling_takes_the_webhook_away(self):
        self.env["ir.config_parameter"].sudo().set_param("web.base.url", "http://127.0.0.1:8069")
        self.connection._register_webhook()
        endpoint = self.connection.webhook_endpoint
        hooks.uninstall_hook(self.env)
        self.assertNotIn(endpoint, [one["id"] for one in self.service.call("webhook.endpoint.list", limit=200)["items"]])

    def test_uninstalling_while_omeet_is_down_goes_through(self):
        self.connection.webhook_endpoint = "whe_" + "0" * 32
        with self.down():
            hooks.uninstall_hook(self.env)

    def test_no_secret_is_logged(self):
        with patch("odoo.addons.omeet.models.jitsi_meeting_sync._logger") as log, self.down():
            self.env["jitsi.meeting"].with_user(self.ana).create({"name": "x", "scheduled_date": soon()})
        self.assertTrue(log.info.called)
        self.assertNotIn(KEY, str(log.mock_calls))

    def test_the_environment_of_the_machine_does_not_redirect_the_key(self):
        with patch.dict(os.environ, {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}):
            self.assertTrue(self.link())
