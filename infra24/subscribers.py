"""Who acts on which events: every consequence of every event, on one page."""

from infra24 import announcements, notifications, webhooks
from infra24.event_catalogue import EVENT_TYPES
from infra24.events import Subscriber

SUBSCRIBERS = (
    Subscriber.of("announcements", dict.fromkeys(announcements.ANNOUNCED, announcements.announce_event)),
    notifications.SUBSCRIBER,
    webhooks.subscriber(EVENT_TYPES),
)  # fmt: skip
"""A name, once used, stays: its cursors go by it. A new one starts at the newest event (`migrate`)."""
