"""Names that several files share."""

import re

#: Seconds that one call to the service may take, from its first octet to its last.
TIMEOUT_S = 3
#: Octets of the largest answer that is read.
MAX_ANSWER = 8 * 1024 * 1024
#: Minutes that a reserved link waits for its event to be saved; the most that the service grants.
RESERVATION_MIN = 1440
#: Minutes of a meeting for which nobody said how long it takes.
DEFAULT_DURATION_MIN = 60
#: Seconds by which the clocks of Odoo and the service may differ (Standard Webhooks asks for five minutes).
WEBHOOK_TOLERANCE_S = 300
#: Type of the bus notification that refreshes open forms and the dashboard.
BUS_TYPE = "omeet.meeting"
#: Path of a join link, behind the public address of the service.
LINK_PATH = re.compile(r"^/j/([a-z0-9]{3})-?([a-z0-9]{4})-?([a-z0-9]{3})/?$", re.IGNORECASE)

STATES = [
    ("draft", "Draft"),
    ("ready", "Ready"),
    ("started", "Started"),
    ("ended", "Ended"),
    ("cancelled", "Cancelled"),
]
#: States in which a meeting can still take place.
LIVE_STATES = ("draft", "ready", "started")
