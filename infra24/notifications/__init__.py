"""Notifications: who is told what, by which channel; queued as rows, composed and sent when they are due."""

from infra24.events import Subscriber
from infra24.notifications import audiences, booking_content, series
from infra24.notifications.delivery import NotificationDelivery, Tally
from infra24.notifications.model import (
    LATE_AFTER,
    Channel,
    NewNotification,
    Notification,
    NotificationComposers,
    SentNotification,
    State,
    Suppressed,
    SuppressionReason,
)
from infra24.notifications.queries import anyone_waits_since, backlog, is_late, of_booking

__all__ = [
    "COMPOSERS",
    "LATE_AFTER",
    "SUBSCRIBER",
    "Channel",
    "NewNotification",
    "Notification",
    "NotificationComposers",
    "NotificationDelivery",
    "SentNotification",
    "State",
    "Suppressed",
    "SuppressionReason",
    "Tally",
    "anyone_waits_since",
    "backlog",
    "is_late",
    "of_booking",
]

COMPOSERS: NotificationComposers = {**booking_content.COMPOSERS, **series.COMPOSERS}
"""Which function composes which notification. A kind, once used, stays: queued rows refer to it."""

SUBSCRIBER = Subscriber.of("notifications", {**audiences.handlers(), **series.handlers()})
"""Queues what events tell."""
