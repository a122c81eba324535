"""What text messages about bookings say: the subject of the e-mail, and the link."""

from uuid import UUID
from zoneinfo import ZoneInfo

from infra24.bookings import Status
from infra24.mail import ComposeContext, Email
from infra24.notifications.booking_content import read_subject, words_of
from infra24.notifications.model import (
    ComposeNotification,
    Notification,
    NotificationComposers,
    Postponed,
    Suppressed,
    SuppressionReason,
)
from infra24.notifications.reminders import is_too_late
from infra24.notifications.texting import SOON, quiet_until, texted_number
from infra24.sms import MOST_CHARACTERS, Sms


def _text(name: str, *expected: Status) -> ComposeNotification:
    """Composes a text to the booker, while the booking is in one of these states."""

    async def composed(context: ComposeContext, org_id: UUID, one: Notification) -> Sms:
        subject = await read_subject(context, org_id, one, expected)
        booking = subject.booking
        if one.recipient != texted_number(booking):
            raise Suppressed(SuppressionReason.CHANGED)
        until = quiet_until(context.now, ZoneInfo(booking.time_zone))
        if until is not None and until + SOON <= booking.starts_at:
            raise Postponed(until)
        page = f"{context.base_url}/bookings/confirmation/{subject.token}"
        end = f" {page} {subject.translated('Reply STOP to get no more texts.')}"
        words = f"{subject.here.name}: {words_of(subject, name)['subject']}"
        return Sms(one.recipient, words[: MOST_CHARACTERS - len(end)] + end)

    return composed


async def _reminder(context: ComposeContext, org_id: UUID, one: Notification) -> Email | Sms:
    if is_too_late(int(one.facts["hours"]), one.planned_at, context.now):
        raise Suppressed(SuppressionReason.TOO_LATE)
    return await _text("reminder", Status.CONFIRMED)(context, org_id, one)


COMPOSERS: NotificationComposers = {
    "booking_confirmed": _text("confirmed", Status.CONFIRMED),
    "booking_approved": _text("approved", Status.CONFIRMED),
    "booking_declined": _text("declined", Status.CANCELLED),
    "booking_lapsed": _text("lapsed", Status.CANCELLED),
    "booking_moved": _text("moved", Status.CONFIRMED),
    "booking_cancelled": _text("cancelled", Status.CANCELLED),
    "booking_reminder": _reminder,
}
"""By kind; a kind, once used, stays: queued rows refer to it."""
