"""Who acts on which events: every consequence of every event, on one page."""

from infra24 import announcements, bookings, notifications
from infra24.events import Subscriber

SUBSCRIBERS = (
    Subscriber.of("announcements", dict.fromkeys(announcements.ANNOUNCED, announcements.announce_event)),
    Subscriber.of("approvers", {
        bookings.events.REQUESTED: notifications.notify_approvers,
        bookings.events.RESCHEDULED: notifications.notify_approvers,
    }),
    Subscriber.of("bookers", {
        bookings.events.CONFIRMED: notifications.notify_booker,
        bookings.events.DECLINED: notifications.notify_booker,
        bookings.events.LAPSED: notifications.notify_booker,
        bookings.events.CANCELLED: notifications.notify_cancelled,
    }),
)  # fmt: skip
"""A name, once used, stays: its cursors go by it. A new one starts at the newest event (`migrate`)."""
