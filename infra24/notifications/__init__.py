"""Notifications: who is told what, by which channel; queued as rows, composed and sent when they are due."""

from infra24.events import Subscriber
from infra24.notifications import audiences, booking_content, my_bookings, series, webhook_notice
from infra24.notifications.cleanup import delete_old
from infra24.notifications.delivery import NotificationDelivery, Tally
from infra24.notifications.model import (
    LATE_AFTER,
    Channel,
    FailedNotification,
    NewNotification,
    Notification,
    NotificationComposers,
    SentNotification,
    State,
    Suppressed,
    SuppressionReason,
)
from infra24.notifications.my_bookings import send_my_bookings
from infra24.notifications.queries import (
    anyone_waits_since,
    backlog,
    count_failed,
    failed,
    is_late,
    of_booking,
    retry_failed,
)

__all__ = [
    "COMPOSERS",
    "LATE_AFTER",
    "SUBSCRIBER",
    "Channel",
    "FailedNotification",
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
    "count_failed",
    "delete_old",
    "failed",
    "is_late",
    "of_booking",
    "retry_failed",
    "send_my_bookings",
]

COMPOSERS: NotificationComposers = {
    **booking_content.COMPOSERS,
    **series.COMPOSERS,
    **webhook_notice.COMPOSERS,
    **my_bookings.COMPOSERS,
}
"""Which function composes which notification. A kind, once used, stays: queued rows refer to it."""

SUBSCRIBER = Subscriber.of(
    "notifications", {**audiences.handlers(), **series.handlers(), **webhook_notice.handlers()}
)
"""Queues what events tell."""
