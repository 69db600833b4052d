"""Calendar events and their meetings, against the real service (issue: Calendar; S0.5, S1.5, d.5)."""

from datetime import timedelta

import vobject
from pytz import utc

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import OmeetCase, soon


@tagged("post_install", "-at_install")
class TestCalendar(OmeetCase):
    # ------------------------------------------------------------------ the button

    def test_the_button_reserves_and_the_save_claims(self):
        """S1.5: a link for an unsaved event; saving makes it joinable."""
        start = soon()
        url = self.link(start=start)
        meeting = self.env["jitsi.meeting"].search([("join_url", "=", url)])
        self.assertEqual((meeting.state, meeting.organizer_id), ("draft", self.ana))
        self.assertEqual(self.service.get(meeting)["state"], "draft")

        event = (
            self.env["calendar.event"]
            .with_user(self.ana)
            .create({"name": "Weekly", "start": start, "stop": start + timedelta(hours=1), "videocall_location": url})
        )
        self.assertEqual(event.videocall_source, "omeet")
        self.send()
        self.assertEqual(self.meeting_of(event), meeting)
        view = self.service.get(meeting)
        self.assertEqual((view["state"], view["name"], view["duration_min"]), ("ready", "Weekly", 60))
        self.assertEqual(view["start"], start.strftime("%Y-%m-%dT%H:%M:%SZ"))
        self.assertEqual(view["organizer"]["external_id"], str(self.ana.id))
        self.assertEqual((view["res_model"], view["res_id"]), ("calendar.event", str(event.id)))
        self.assertEqual(meeting.state, "ready")

    def test_a_reservation_that_no_form_claims_leaves_no_orphan(self):
        """A rolled-back transaction, a closed form: nothing claims, omeet lets it expire."""
        url = self.link()
        meeting = self.env["jitsi.meeting"].search([("join_url", "=", url)])
        self.assertTrue(self.service.get(meeting)["reserved_until"])
        meeting.reserved_until = fields.Datetime.now() - timedelta(minutes=1)
        self.env["jitsi.meeting"]._gc_reservations()
        self.assertFalse(meeting.exists())

    def test_two_users_press_at_once(self):
        first, second = self.link(self.ana), self.link(self.budi)
        self.assertNotEqual(first, second)

    def test_the_button_says_that_omeet_is_down_and_the_event_is_saved(self):
        with self.down(), self.assertRaisesRegex(UserError, "cannot be reached"):
            self.link()
        with self.down():
            event = self.event(link=False)
            self.commit()
        self.assertTrue(event.exists())

    def test_release_of_an_unsaved_link(self):
        url = self.link()
        meeting = self.env["jitsi.meeting"].search([("join_url", "=", url)])
        self.assertFalse(self.env["calendar.event"].with_user(self.budi).omeet_release(url), "only by who reserved it")
        self.assertTrue(self.env["calendar.event"].with_user(self.ana).omeet_release(url))
        self.send()
        self.assertNotIn(meeting.remote_id, [m["id"] for m in self.service.call("meeting.list", state=["draft"], limit=200)["items"]])

    def test_the_fallback_buttons_on_a_saved_event(self):
        event = self.event(link=False)
        event.action_omeet_add_link()
        self.send()
        meeting = self.meeting_of(event)
        self.assertEqual(self.service.get(meeting)["state"], "ready")
        event.action_omeet_clear_link()
        self.send()
        self.assertFalse(event.videocall_location)
        self.assertEqual((meeting.state, self.service.get(meeting)["state"]), ("cancelled", "cancelled"))

    def test_a_pasted_link_does_not_hand_over_the_meeting(self):
        """A link is for joining: whoever pastes it in an event of theirs does not move or cancel the meeting."""
        event = self.event(self.ana)
        self.send()
        meeting = self.meeting_of(event)
        thief = self.event(self.budi, link=False)
        thief.videocall_location = event.videocall_location
        self.send()
        self.assertFalse(self.meeting_of(thief))
        self.assertEqual(thief.videocall_source, "omeet")
        thief.unlink()
        self.send()
        self.assertEqual(self.service.get(meeting)["state"], "ready")

    def test_the_form_shows_the_button(self):
        with Form(self.env["calendar.event"].with_user(self.ana)) as form:
            form.name = "From the form"
            form.videocall_location = self.link()
            self.assertEqual(form.videocall_source, "omeet")
        self.send()
        self.assertEqual(self.meeting_of(form.record).state, "ready")

    # ------------------------------------------------------------------ changes

    def test_moving_renaming_and_lengthening(self):
        event = self.event()
        self.send()
        later = event.start + timedelta(days=2)
        event.write({"name": "Monthly", "start": later, "stop": later + timedelta(minutes=45)})
        self.assertEqual(self.send(), 1, "one change, one call")
        view = self.service.get(self.meeting_of(event))
        self.assertEqual((view["name"], view["start"], view["duration_min"]), ("Monthly", later.strftime("%Y-%m-%dT%H:%M:%SZ"), 45))

    def test_what_omeet_need_not_know_is_not_told(self):
        event = self.event()
        self.send()
        event.write({"description": "<p>Agenda</p>", "location": "Room 1"})
        self.assertEqual(self.send(), 0)

    def test_attendees_come_and_go(self):
        """d.1.11: contacts without a user take part too."""
        event = self.event(partner_ids=[(6, 0, (self.ana.partner_id | self.guest).ids)])
        self.send()
        meeting = self.meeting_of(event)
        people = {p["email"]: p["role"] for p in self.service.get(meeting)["participants"]}
        self.assertEqual(people, {"ana@example.org": "host", "gita@example.net": "participant"})
        event.write({"partner_ids": [(3, self.guest.id), (4, self.budi.partner_id.id)]})
        self.send()
        people = {p["email"]: p["role"] for p in self.service.get(meeting)["participants"]}
        self.assertEqual(people, {"ana@example.org": "host", "budi@example.org": "participant"})

    def test_another_organizer(self):
        event = self.event(partner_ids=[(6, 0, (self.ana.partner_id | self.budi.partner_id).ids)])
        self.send()
        event.user_id = self.budi
        self.send()
        view = self.service.get(self.meeting_of(event))
        self.assertEqual(view["organizer"]["email"], "budi@example.org")
        self.assertEqual({p["email"]: p["role"] for p in view["participants"]}, {"ana@example.org": "participant", "budi@example.org": "host"})

    def test_a_colleague_who_edits_the_event(self):
        """What Odoo allows an attendee is told to omeet, although they do not host."""
        event = self.event(partner_ids=[(6, 0, (self.ana.partner_id | self.budi.partner_id).ids)])
        self.send()
        event.with_user(self.budi).write({"name": "Renamed by Budi"})
        self.send()
        self.assertEqual(self.service.get(self.meeting_of(event))["name"], "Renamed by Budi")
        self.assertFalse(self.jobs(state="failed", meeting_id=self.meeting_of(event).id))

    def test_all_day_events_last_all_day_where_they_are_planned(self):
        day = soon(72).date()
        event = self.event(allday=True, start_date=day, stop_date=day)
        self.send()
        view = self.service.get(self.meeting_of(event))
        self.assertEqual((view["start"], view["duration_min"]), (f"{day - timedelta(days=1)}T17:00:00Z", 24 * 60), "midnight in Jakarta")

    def test_clearing_deleting_and_archiving_call_it_off(self):
        """d.1.9: no meeting stays ready when its event is gone."""
        for gone in ("videocall_location", "active", "unlink"):
            with self.subTest(gone):
                event = self.event()
                self.send()
                meeting = self.meeting_of(event)
                event.unlink() if gone == "unlink" else event.write({gone: False})
                self.send()
                self.assertEqual((meeting.state, self.service.get(meeting)["state"]), ("cancelled", "cancelled"))

    def test_an_event_back_from_the_archive_gets_a_new_meeting(self):
        event = self.event()
        self.send()
        old = self.meeting_of(event)
        event.active = False
        self.send()
        event.active = True
        self.send()
        fresh = self.meeting_of(event)
        self.assertNotEqual(fresh, old)
        self.assertEqual(self.service.get(fresh)["state"], "ready")
        self.assertEqual(event.videocall_location, fresh.join_url)

    def test_a_copy_has_a_meeting_of_its_own(self):
        """d.5.3: videocall_location is copied by stock Odoo."""
        event = self.event()
        self.send()
        copy = event.with_user(self.ana).copy()
        self.send()
        self.assertEqual(copy.videocall_source, "omeet")
        self.assertNotEqual(copy.videocall_location, event.videocall_location)
        self.assertEqual(self.service.get(self.meeting_of(copy))["state"], "ready")
        copy.unlink()
        self.send()
        self.assertEqual(self.service.get(self.meeting_of(event))["state"], "ready")

    def test_a_copy_while_omeet_is_down_has_no_link(self):
        event = self.event()
        self.send()
        with self.down():
            copy = event.with_user(self.ana).copy()
        self.assertFalse(copy.videocall_location)

    def test_other_links_are_left_alone(self):
        event = self.event(link=False, videocall_location="https://zoom.example.com/j/123456789")
        self.assertEqual(event.videocall_source, "custom")
        self.assertFalse(self.meeting_of(event))
        event.name = "Other"
        self.assertEqual(self.send(), 0)

    # ------------------------------------------------------------------ private

    def test_private_events_stay_private(self):
        """d.5.4: neither omeet's managers nor Odoo's read the title; the link works all the same."""
        event = self.event(name="Salary talk", privacy="private", description="Secret")
        self.send()
        meeting = self.meeting_of(event)
        self.assertEqual(self.service.get(meeting)["name"], "Private meeting")
        Meeting = self.env["jitsi.meeting"]
        self.assertFalse(Meeting.with_user(self.manager).search([("id", "=", meeting.id)]))
        self.assertTrue(Meeting.with_user(self.ana).search([("id", "=", meeting.id)]))
        self.env.invalidate_all()
        self.assertFalse(event.with_user(self.budi).read(["videocall_location"])[0]["videocall_location"])
        event.privacy = "public"
        self.send()
        self.assertEqual(self.service.get(meeting)["name"], "Salary talk")

    def test_an_event_whose_meeting_is_over_is_moved_to_tomorrow(self):
        """Its link leads somewhere again, and Odoo shows it."""
        self.connection.event_cursor = self.service.call("event.list", limit=1)["last"]
        event = self.event(start=soon(0))
        self.send()
        meeting = self.meeting_of(event)
        for method in ("meeting.start", "meeting.end"):
            self.service.call(method, id=meeting.remote_id)
        self.pull()
        self.assertEqual(meeting.state, "ended")
        event.write({"start": soon(24), "stop": soon(25)})
        self.send()
        view = self.service.get(meeting)
        self.assertEqual((view["state"], view["join_url"], meeting.state), ("ready", event.videocall_location, "ready"))

    # ------------------------------------------------------------------ mail and ICS

    def _mails(self, event):
        return (
            self.env["mail.message"]
            .sudo()
            .search([("model", "=", "calendar.event"), ("res_id", "=", event.id), ("message_type", "=", "user_notification")])
        )

    def test_the_first_invitation_carries_the_link_and_says_o_meet(self):
        """d.5.1: never "Join with Odoo Discuss", whatever host omeet lives on."""
        for base in ("https://odoo.example.com", self.connection.url):
            with self.subTest(base):
                self.env["ir.config_parameter"].sudo().set_param("web.base.url", base)
                event = self.event(partner_ids=[(6, 0, (self.ana.partner_id | self.guest).ids)])
                body = "".join(self._mails(event).mapped("body"))
                self.assertIn(event.videocall_location, body)
                self.assertIn("O-Meet", body)
                self.assertNotIn("Discuss", body)

    def test_the_ics_file(self):
        """d.5.6: link, METHOD, and a UID that stays while SEQUENCE rises."""
        event = self.event(partner_ids=[(6, 0, (self.ana.partner_id | self.guest).ids)])
        text = event._get_ics_file()[event.id].decode().replace("\r\n ", "")
        for part in ("METHOD:REQUEST", "SEQUENCE:0", f"URL:{event.videocall_location}", f"LOCATION:{event.videocall_location}"):
            self.assertIn(part, text)
        uid = next(line for line in text.splitlines() if line.startswith("UID:"))
        event.write({"start": event.start + timedelta(hours=1), "stop": event.stop + timedelta(hours=1)})
        again = event._get_ics_file()[event.id].decode()
        self.assertIn(uid, again)
        self.assertIn("SEQUENCE:1", again)
        event.active = False
        cancelled = event._get_ics_file()[event.id].decode()
        self.assertIn("METHOD:CANCEL", cancelled)
        self.assertIn("STATUS:CANCELLED", cancelled)

    def test_the_ics_file_is_the_entry_that_omeet_knows(self):
        """Whoever has the invitation by mail and the meeting in omeet's feed has one thing, not two; and an answer finds it."""
        event = self.event(partner_ids=[(6, 0, (self.ana.partner_id | self.guest).ids)])
        before = self._entry(event._get_ics_file()[event.id].decode())
        self.send()
        theirs = self.service.call("calendar.export_ics", id=self.meeting_of(event).remote_id)
        exported = self._entry(theirs["ics"])
        self.assertEqual(before, self._entry(event._get_ics_file()[event.id].decode()), "the mail of the first save has it, too")
        self.assertEqual(before, exported)

    def _entry(self, text):
        calendar = vobject.readOne(text)
        entry = calendar.vevent
        times = [getattr(entry, name).value.astimezone(utc) for name in ("dtstart", "dtend")]
        conference = entry.contents["conference"][0]
        self.assertEqual((conference.params["VALUE"], conference.value), (["URI"], entry.url.value))
        return [entry.uid.value, entry.sequence.value, calendar.method.value, *times, entry.url.value, entry.url.value in entry.description.value]

    def test_stock_ics_files_are_untouched(self):
        event = self.event(link=False)
        self.assertNotIn("METHOD", event._get_ics_file()[event.id].decode())

    # ------------------------------------------------------------------ other synchronizations

    def test_a_sync_neither_drops_nor_replaces_the_link(self):
        """d.5.5, C8: what Google or Microsoft write back."""
        event = self.event()
        self.send()
        link = event.videocall_location
        for vals in ({"need_sync": False}, {"need_sync_m": False}):
            for theirs in (False, "https://teams.microsoft.com/l/meetup-join/x"):
                kept = event._omeet_defend({**vals, "videocall_location": theirs, "name": "x"})
                self.assertNotIn("videocall_location", kept)
                self.assertIn("name", kept)
        self.assertFalse(event._need_video_call())
        self.assertTrue(self.event(link=False)._need_video_call())
        self.assertEqual(event.videocall_location, link)
