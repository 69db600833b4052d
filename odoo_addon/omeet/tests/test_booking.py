"""Booking links and bookings, against the real service (issue: bookings become calendar events; S4.10, S4.11)."""

from datetime import datetime, timedelta

from pytz import timezone

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import OmeetCase

ALWAYS = {"weekly": {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}}


@tagged("post_install", "-at_install")
class TestBooking(OmeetCase):
    def setUp(self):
        super().setUp()
        self.connection.event_cursor = self.service.call("event.list", limit=1)["last"]
        self.offered = self.env["omeet.booking.link"].with_user(self.ana).create({"name": "Product demo", **self.own()})
        self.service.call("booking.link.update", id=self.offered.remote_id, hours=ALWAYS, notice_min=0)
        # Earlier tests have booked the same person.
        for booking in self.service.call("booking.list", state=["pending", "confirmed"], limit=200)["items"]:
            self.service.call("booking.cancel", id=booking["id"])
        self.addCleanup(self.service.call, "booking.link.delete", id=self.offered.remote_id)

    def own(self):
        return {"duration_min": 30}

    def slots(self):
        begin = datetime.now(timezone("UTC")) + timedelta(days=2)
        days = {"from": begin.strftime("%Y-%m-%dT00:00:00Z"), "to": (begin + timedelta(days=1)).strftime("%Y-%m-%dT00:00:00Z")}
        return [slot["start"] for slot in self.service.call("booking.slots", link_id=self.offered.remote_id, **days)["items"]]

    def booked(self):
        """A guest books, as the booking page does; Odoo hears of it."""
        guest = {"name": "Gita Guest", "email": "gita@example.net", "tz": "Europe/Paris", "lang": "en"}
        view = self.service.call("booking.create", link_id=self.offered.remote_id, start=self.slots()[0], guest=guest)
        if view["state"] != "pending":
            self.fail(view)
        self.pull()
        return self.booking(view)

    def booking(self, view):
        return self.env["omeet.booking"].search([("remote_id", "=", view["id"])])

    def state(self, booking):
        return self.service.call("booking.get", id=booking.remote_id)["state"]

    def test_a_booking_that_was_called_off_while_its_events_went(self):
        booking = self.booked()
        self.service.call("booking.cancel", id=booking.remote_id)
        with self.events_gone():
            self.pull()
        self.assertEqual(booking.state, "cancelled")

    # ------------------------------------------------------------------ links

    def test_a_link_is_made_copied_and_given_another_address(self):
        first = self.offered.url
        self.assertRegex(first, f"^{self.connection.public_url or self.connection.url}/book/[a-z0-9]+$")
        self.offered.action_regenerate()
        self.assertNotEqual(self.offered.url, first)
        view = self.service.call("booking.link.get", id=self.offered.remote_id)
        self.assertEqual((view["url"], view["title"], view["durations_min"], view["tz"]), (self.offered.url, "Product demo", [30], "Asia/Jakarta"))
        self.offered.write({"name": "Long demo", "duration_min": 60, "active": False})
        view = self.service.call("booking.link.get", id=self.offered.remote_id)
        self.assertEqual((view["title"], view["durations_min"], view["active"]), ("Long demo", [60], False))

    def test_links_are_their_hosts(self):
        self.assertFalse(self.env["omeet.booking.link"].with_user(self.budi).search([("id", "=", self.offered.id)]))
        with self.assertRaises(AccessError):
            self.offered.with_user(self.manager).action_regenerate()
        self.assertEqual(self.ana.with_user(self.ana).read(["omeet_booking_link_ids"])[0]["omeet_booking_link_ids"], self.offered.ids)

    def test_without_omeet_nothing_is_made(self):
        with self.down(), self.assertRaises(UserError), self.env.cr.savepoint():
            self.env["omeet.booking.link"].with_user(self.ana).create({"name": "Not now"})
        self.assertFalse(self.env["omeet.booking.link"].search([("name", "=", "Not now")]))

    def test_a_deleted_link_leads_nowhere(self):
        spare = self.env["omeet.booking.link"].with_user(self.ana).create({"name": "Spare"})
        remote_id = spare.remote_id
        spare.unlink()
        self.assertNotIn(remote_id, [link["id"] for link in self.service.call("booking.link.list", limit=200)["items"]])

    # ------------------------------------------------------------------ bookings

    def test_a_booking_is_a_tentative_event_and_asks_its_host(self):
        booking = self.booked()
        event = booking.event_id
        self.assertEqual((booking.state, booking.user_id, event.user_id, event.start), ("pending", self.ana, self.ana, booking.start))
        self.assertEqual(event.attendee_ids.mapped("state"), ["tentative"])
        self.assertFalse(event.videocall_location, "nobody can use the link yet")
        self.assertIn("Gita Guest &lt;gita@example.net&gt;", event.description)
        activity = booking.activity_ids
        self.assertEqual((len(activity), activity.user_id), (1, self.ana))
        local = booking.start.replace(tzinfo=timezone("UTC")).astimezone(timezone("Asia/Jakarta"))
        self.assertIn(f"{local:%H:%M}", activity.note)
        self.assertIn("Asia/Jakarta", activity.note)
        self.assertFalse(self.env["res.partner"].search([("email", "=", "gita@example.net"), ("id", "!=", self.guest.id)]))

    def test_the_host_confirms(self):
        booking = self.booked()
        with self.assertRaises(AccessError):
            booking.with_user(self.budi).action_confirm()
        booking.with_user(self.ana).action_confirm()
        self.pull()
        self.send()
        event = booking.event_id
        self.assertEqual((booking.state, self.state(booking)), ("confirmed", "confirmed"))
        self.assertEqual((event.videocall_source, event.attendee_ids.mapped("state")), ("omeet", ["accepted"]))
        self.assertEqual(event.omeet_meeting_id.organizer_id, self.ana)
        self.assertFalse(booking.activity_ids)
        event.with_user(self.ana).write({"start": event.start + timedelta(days=7), "stop": event.stop + timedelta(days=7)})
        self.send()
        moved = self.service.call("booking.get", id=booking.remote_id)
        self.assertEqual(moved["start"], event.start.strftime("%Y-%m-%dT%H:%M:%SZ"), "the booking goes where its event goes")
        event.with_user(self.ana).unlink()
        self.send()
        self.assertEqual(self.state(booking), "cancelled")

    def test_the_host_declines(self):
        booking = self.booked()
        event = booking.event_id
        event.with_user(self.ana).action_omeet_decline_booking()
        self.assertEqual((booking.state, self.state(booking), event.active), ("declined", "declined", False))
        self.assertFalse(booking.activity_ids)

    def test_the_guest_moves_it_and_calls_it_off(self):
        booking = self.booked()
        booking.with_user(self.ana).action_confirm()
        self.pull()
        later = self.slots()[-1]
        self.service.call("booking.reschedule", id=booking.remote_id, start=later)
        self.pull()
        event = booking.event_id
        self.assertEqual(event.start.strftime("%Y-%m-%dT%H:%M:%SZ"), later)
        self.assertEqual(event.omeet_meeting_id.scheduled_date, event.start)
        self.service.call("booking.cancel", id=booking.remote_id, reason="Gita is ill")
        self.pull()
        self.assertEqual((booking.state, booking.reason, event.active), ("cancelled", "Gita is ill", False))

    def test_a_pending_booking_whose_event_is_moved_or_deleted(self):
        booking = self.booked()
        event = booking.event_id.with_user(self.ana)
        event.write({"start": event.start + timedelta(days=1), "stop": event.stop + timedelta(days=1)})
        self.send()
        view = self.service.call("booking.get", id=booking.remote_id)
        self.assertEqual((view["state"], view["start"]), ("pending", event.start.strftime("%Y-%m-%dT%H:%M:%SZ")))
        event.unlink()
        self.send()
        self.assertEqual(self.state(booking), "declined")

    def test_the_calendar_of_odoo_keeps_guests_away(self):
        """Of whoever offers booking links, omeet knows when they are busy; what was moved is free again."""
        free = self.slots()[4]
        start = datetime.strptime(free, "%Y-%m-%dT%H:%M:%SZ")
        event = self.event(start=start, hours=0.5, link=False)
        self.send()
        self.assertNotIn(free, self.slots())
        event.write({"start": start + timedelta(days=9), "stop": start + timedelta(days=9, minutes=30)})
        self.send()
        self.assertIn(free, self.slots())
        event.write({"start": start, "stop": start + timedelta(minutes=30), "show_as": "free"})
        self.send()
        self.assertIn(free, self.slots())
