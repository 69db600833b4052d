"""Events that are bookings: what their host does to them in the calendar happens to the booking."""

from odoo import api, fields, models

from ..times import instant


class CalendarEventBooking(models.Model):
    _inherit = "calendar.event"

    omeet_booking_ids = fields.One2many("omeet.booking", "event_id", "Bookings")
    omeet_booking_state = fields.Selection(
        [("pending", "To confirm"), ("confirmed", "Confirmed")], compute="_compute_omeet_booking_state", string="Booking"
    )

    @api.depends("omeet_booking_ids.state")
    def _compute_omeet_booking_state(self):
        for event in self:
            states = event.sudo().omeet_booking_ids.mapped("state")
            event.omeet_booking_state = next((state for state in ("pending", "confirmed") if state in states), False)

    def action_omeet_confirm_booking(self):
        return self.omeet_booking_ids.filtered(lambda booking: booking.state == "pending").action_confirm()

    def action_omeet_decline_booking(self):
        return self.omeet_booking_ids.filtered(lambda booking: booking.state == "pending").action_decline()

    def write(self, vals):
        if self.env.context.get("omeet_skip"):
            return super().write(vals)
        before = {event.id: event.start for event in self} if "start" in vals else {}
        done = super().write(vals)
        for event in self.exists().filtered(lambda event: event.id in before and event.start != before[event.id]):
            event.sudo().omeet_booking_ids._queue_move(event.start)
        if "active" in vals and not vals["active"]:
            self.sudo().omeet_booking_ids._queue_call_off()
        return done

    def unlink(self):
        if not self.env.context.get("omeet_skip"):
            self.sudo().omeet_booking_ids._queue_call_off()
        return super().unlink()


class OmeetBookingOfEvents(models.Model):
    _inherit = "omeet.booking"

    def _queue(self, method, params):
        for booking in self:
            values = {"company_id": booking.company_id.id, "lane": f"booking:{booking.id}", "operation": "booking"}
            payload = {"method": method, "params": {"id": booking.remote_id, **params}}
            self.env["omeet.job"]._enqueue_values({**values, "payload": payload})

    def _queue_move(self, start):
        """A confirmed booking moves with its meeting; one that waits has none to move it."""
        self.filtered(lambda booking: booking.state == "pending")._queue("booking.reschedule", {"start": instant(start), "force": True})

    def _queue_call_off(self):
        self.filtered(lambda booking: booking.state == "pending")._queue("booking.decline", {})
        self.filtered(lambda booking: booking.state == "confirmed")._queue("booking.cancel", {})
