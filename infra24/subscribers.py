"""Who listens to what: every consequence of every event, on one page."""

from infra24 import announcements
from infra24.events import Subscribers

SUBSCRIBERS: Subscribers = {
    "booking.requested": {"announce": announcements.write_for, "ask": announcements.ask_approvers},
    "booking.created": {"announce": announcements.write_for},
    "booking.confirmed": {"announce": announcements.write_for, "tell": announcements.tell_booker},
    "booking.declined": {"announce": announcements.write_for, "tell": announcements.tell_booker},
    "booking.lapsed": {"announce": announcements.write_for, "tell": announcements.tell_booker},
    "booking.rescheduled": {"announce": announcements.write_for, "ask": announcements.ask_approvers},
    "booking.cancelled": {"announce": announcements.write_for, "tell": announcements.tell_cancelled},
    "booking.no_show": {"announce": announcements.write_for},
}
"""A name, once used, stays: it is what remembers that an event was had."""
