"""Addresses that people open (S0.22, S1.3, S1.4)."""

from urllib.parse import unquote

from odoo.tests import HttpCase, new_test_user, tagged

from .common import KEY, URL, Service, soon


@tagged("post_install", "-at_install")
class TestRoutes(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = Service()
        cls.connection = cls.env["omeet.connection"]._ensure(cls.env.company)
        cls.connection.write({"url": URL, "api_key": KEY})
        cls.ana = new_test_user(cls.env, "omeet_ana", "omeet.group_user", name="Ana Wijaya", email="ana@example.org", password="omeet_ana")
        cls.budi = new_test_user(cls.env, "omeet_budi", "omeet.group_user", name="Budi Santoso", email="budi@example.org", password="omeet_budi")
        made = cls.service.call(
            "meeting.create",
            name="Weekly",
            start=soon(0).strftime("%Y-%m-%dT%H:%M:%SZ"),
            organizer=cls.ana._omeet_identity(),
            participants=[{"user": cls.budi._omeet_identity()}],
        )
        cls.meeting = cls.env["jitsi.meeting"].with_context(omeet_mirror=True).create(
            {
                "name": "Weekly", "organizer_id": cls.ana.id, "state": "ready", "remote_id": made["id"], "room_code": made["room_code"],
                "join_url": made["join_url"], "attendee_ids": [(6, 0, cls.budi.partner_id.ids)], "legacy_code": "meet-6de9324805",
            }
        )  # fmt: skip
        cls.connection.public_url = URL

    def _open(self, path):
        return self.url_open(path, allow_redirects=False)

    def test_the_organizer_arrives_as_moderator_under_their_name(self):
        """S1.2, S1.4: no login, no typing."""
        self.authenticate("omeet_ana", "omeet_ana")
        answer = self._open(f"/o-meet/join/{self.meeting.room_code}")
        self.assertEqual(answer.status_code, 303)
        where = unquote(answer.headers["Location"])
        self.assertIn("Ana Wijaya", where)
        self.assertIn("ana@example.org", where)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertEqual(answer.headers["Referrer-Policy"], "no-referrer")
        told = self.service.call("meeting.join", room_code=self.meeting.room_code, actor=self.ana._omeet_actor())
        self.assertTrue(told["is_moderator"])

    def test_a_colleague_arrives_as_themselves(self):
        self.authenticate("omeet_budi", "omeet_budi")
        code = self.meeting.room_code
        for typed in (code, f"{code[:3]}-{code[3:7]}-{code[7:]}", code.upper()):
            answer = self._open(f"/o-meet/join/{typed}")
            self.assertEqual(answer.status_code, 303)
            self.assertIn("Budi Santoso", unquote(answer.headers["Location"]))

    def test_a_guest_gets_omeets_page(self):
        """S0.18, S1.12, d.1.7: no token for anybody; Odoo tells nothing about codes."""
        for code in (self.meeting.room_code, "zzzzzzzzzz"):
            answer = self._open(f"/o-meet/join/{code}")
            self.assertEqual((answer.status_code, answer.headers["Location"]), (303, f"{URL}/j/{code}"))
            self.assertEqual(answer.headers["Cache-Control"], "no-store")
            self.assertNotIn("session_id", answer.headers.get("Set-Cookie", ""), "d.1.15: no session file per guest")

    def test_codes_of_the_old_module_lead_on(self):
        answer = self._open("/o-meet/join/meet-6de9324805")
        self.assertEqual(answer.headers["Location"], f"{URL}/j/{self.meeting.room_code}")

    def test_unknown_and_malformed_codes(self):
        self.authenticate("omeet_ana", "omeet_ana")
        for code in ("zzzzzzzzzz", "short", "a" * 200, "..%2f..%2fetc", "<script>"):
            self.assertEqual(self._open(f"/o-meet/join/{code}").status_code, 404, code)

    def test_a_meeting_that_is_over_is_omeets_page(self):
        over = self.service.call("meeting.create", name="Over", organizer=self.ana._omeet_identity())
        self.service.call("meeting.cancel", id=over["id"])
        self.authenticate("omeet_ana", "omeet_ana")
        answer = self._open(f"/o-meet/join/{over['room_code']}")
        self.assertEqual(answer.headers["Location"], f"{URL}/j/{over['room_code']}")

    def test_omeet_down_is_said_in_words(self):
        self.connection.url = "http://127.0.0.1:9"
        self.authenticate("omeet_ana", "omeet_ana")
        answer = self._open(f"/o-meet/join/{self.meeting.room_code}")
        self.assertEqual(answer.status_code, 503)
        self.assertIn("cannot be reached", answer.text)

    def test_instant(self):
        """S0.22."""
        self.assertIn("/web/login", self._open("/o-meet/instant").headers["Location"])
        self.authenticate("omeet_ana", "omeet_ana")
        answer = self._open("/o-meet/instant")
        self.assertEqual(answer.status_code, 303)
        code = answer.headers["Location"].rpartition("/")[2]
        meeting = self.env["jitsi.meeting"].search([("room_code", "=", code)])
        self.assertEqual((meeting.meeting_type, meeting.organizer_id), ("instant", self.ana))
        self.assertEqual(self._open(f"/o-meet/join/{code}").status_code, 303)

    def test_instant_is_not_for_other_sites(self):
        self.authenticate("omeet_ana", "omeet_ana")
        before = self.env["jitsi.meeting"].search_count([])
        answer = self.url_open("/o-meet/instant", headers={"Sec-Fetch-Site": "cross-site"}, allow_redirects=False)
        self.assertIn("/odoo/o-meet", answer.headers["Location"])
        self.assertEqual(self.env["jitsi.meeting"].search_count([]), before)

    def test_dashboard_and_meeting(self):
        """d.1.8: /o-meet/meeting/<id> was a 404."""
        self.assertIn("/web/login", self._open("/o-meet/dashboard").headers["Location"])
        self.authenticate("omeet_ana", "omeet_ana")
        self.assertTrue(self._open("/o-meet/dashboard").headers["Location"].endswith("/odoo/o-meet"))
        self.assertIn(f"/{self.meeting.id}", self._open(f"/o-meet/meeting/{self.meeting.id}").headers["Location"])
        self.assertEqual(self.url_open(f"/o-meet/meeting/{self.meeting.id}").status_code, 200)
        self.assertEqual(self._open("/o-meet/meeting/99999999").status_code, 404)
        self.meeting.with_context(omeet_mirror=True).attendee_ids = False
        self.authenticate("omeet_budi", "omeet_budi")
        self.assertEqual(self._open(f"/o-meet/meeting/{self.meeting.id}").status_code, 404, "what one may not read is not there")
