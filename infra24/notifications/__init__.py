"""Notifications: who is told what, by which channel; queued as rows, composed and sent when they are due."""

from collections.abc import Mapping

from infra24.channels import Channel
from infra24.events import Subscriber
from infra24.notifications import (
    audiences,
    booking_content,
    digest,
    invitation_reminder,
    my_bookings,
    series,
    text_content,
    webhook_notice,
)
from infra24.notifications.cleanup import delete_old
from infra24.notifications.delivery import NotificationDelivery, Tally
from infra24.notifications.digest import queue_due as queue_digests
from infra24.notifications.model import (
    LATE_AFTER,
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
from infra24.notifications.previewing import SENT_BY_DEFAULT, WORDED, NothingToPreview, preview
from infra24.notifications.purposes import purpose_of
from infra24.notifications.queries import (
    anyone_waits_since,
    backlog,
    by_id,
    count_failed,
    failed,
    is_late,
    of_booking,
    retry_failed,
)
from infra24.notifications.reports import bounced, resend_reported, text_received, twilio_reported

__all__ = [
    "COMPOSERS",
    "LATE_AFTER",
    "SENT_BY_DEFAULT",
    "SUBSCRIBER",
    "WORDED",
    "Channel",
    "FailedNotification",
    "NewNotification",
    "NothingToPreview",
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
    "bounced",
    "by_id",
    "count_failed",
    "delete_old",
    "failed",
    "is_late",
    "of_booking",
    "preview",
    "purpose_of",
    "queue_digests",
    "resend_reported",
    "retry_failed",
    "send_my_bookings",
    "text_received",
    "twilio_reported",
]

COMPOSERS: Mapping[Channel, NotificationComposers] = {
    Channel.EMAIL: {
        **booking_content.COMPOSERS,
        **series.COMPOSERS,
        **webhook_notice.COMPOSERS,
        **my_bookings.COMPOSERS,
        **digest.COMPOSERS,
        **invitation_reminder.COMPOSERS,
    },
    Channel.SMS: text_content.COMPOSERS,
}
"""By channel which function composes which notification. A kind, once used, stays: rows refer to it."""

SUBSCRIBER = Subscriber.of(
    "notifications",
    {
        **audiences.handlers(),
        **series.handlers(),
        **webhook_notice.handlers(),
        **invitation_reminder.handlers(),
    },
)
"""Queues what events tell."""
