// Reads a calendar object from stdin with ical.js; prints what it understood of every event.

import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);
const events = calendar.getAllSubcomponents("vevent").map((component) => {
  const event = new ICAL.Event(component);
  return {
    uid: event.uid,
    summary: event.summary,
    description: event.description,
    location: event.location,
    sequence: event.sequence,
    start: event.startDate.toUnixTime(),
    end: event.endDate.toUnixTime(),
    attendees: event.attendees.map((attendee) => attendee.getFirstValue()).sort(),
    recurs: event.isRecurring() ? occurrences(event) : [],
  };
});

function occurrences(event) {
  const next = event.iterator();
  return Array.from({ length: 60 }, () => next.next()).filter(Boolean).map((time) => time.toUnixTime());
}

console.log(JSON.stringify(events));
