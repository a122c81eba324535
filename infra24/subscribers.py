"""Who listens to what: every consequence of every event, on one page."""

from infra24 import announcements, notifications
from infra24.events import Subscribers

SUBSCRIBERS: Subscribers = {
    "booking.requested": {"announce": announcements.announce_event, "ask": notifications.notify_approvers},
    "booking.created": {"announce": announcements.announce_event},
    "booking.confirmed": {"announce": announcements.announce_event, "tell": notifications.notify_booker},
    "booking.declined": {"announce": announcements.announce_event, "tell": notifications.notify_booker},
    "booking.lapsed": {"announce": announcements.announce_event, "tell": notifications.notify_booker},
    "booking.rescheduled": {"announce": announcements.announce_event, "ask": notifications.notify_approvers},
    "booking.cancelled": {"announce": announcements.announce_event, "tell": notifications.notify_cancelled},
    "booking.no_show": {"announce": announcements.announce_event},
}
"""A name, once used, stays: it is what remembers that an event was had."""
