"""Who listens to what: every consequence of every event, on one page."""

from collections.abc import Mapping

from infra24 import announcements
from infra24.events import Subscriber

SUBSCRIBERS: Mapping[str, Mapping[str, Subscriber]] = {
    "booking.requested": {"announce": announcements.write_for},
    "booking.created": {"announce": announcements.write_for},
    "booking.confirmed": {"announce": announcements.write_for},
    "booking.rescheduled": {"announce": announcements.write_for},
    "booking.cancelled": {"announce": announcements.write_for},
    "booking.no_show": {"announce": announcements.write_for},
}
"""Event type → the name of each consequence and what does it. A name, once used, stays."""
