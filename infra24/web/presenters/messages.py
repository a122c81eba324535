"""The messages about a booking, as its page lists them: what, to whom, and what came of each."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from infra24.errors import Message
from infra24.i18n import LocaleFormat
from infra24.notifications import SentNotification, State, SuppressionReason

_KINDS = {
    "booking_confirmed": Message("Confirmation"),
    "booking_requested": Message("Request received"),
    "booking_approved": Message("Approved"),
    "booking_declined": Message("Declined"),
    "booking_lapsed": Message("Not answered in time"),
    "booking_moved": Message("New time"),
    "booking_changed": Message("Changed"),
    "booking_cancelled": Message("Cancelled"),
    "booking_reminder": Message("Reminder"),
    "booking_missed": Message("No-show"),
    "host_booked": Message("New booking"),
    "host_moved": Message("New time"),
    "host_pending": Message("Awaiting approval again"),
    "host_removed": Message("Another host"),
    "host_cancelled": Message("Cancelled"),
    "approval_wanted": Message("Approve or decline"),
    "approval_lapses": Message("Request about to expire"),
    "digest": Message("Daily digest"),
    "invitation_reminder": Message("Reminder of an invitation"),
    "series_booked": Message("New series"),
    "series_moved": Message("Series moved"),
    "series_cancelled": Message("Series cancelled"),
    "webhook_disabled": Message("Webhook disabled"),
    "my_bookings": Message("Link to their bookings"),
}
_REASONS = {
    SuppressionReason.CHANGED: Message("Not sent: no longer true"),
    SuppressionReason.MOVED: Message("Not sent: the booking was moved"),
    SuppressionReason.OVER: Message("Not sent: the booking is over"),
    SuppressionReason.TOO_LATE: Message("Not sent: too late for a reminder"),
    SuppressionReason.NOTHING_BOOKED: Message("Not sent: nothing is booked with this address"),
    SuppressionReason.DECLINED: Message("Not sent: they unsubscribed"),
    SuppressionReason.BLOCKED: Message("Not sent: the address is on the opt-out list"),
    SuppressionReason.NO_SENDER: Message("Not sent: no service sends text messages"),
    SuppressionReason.SWITCHED_OFF: Message("Not sent: switched off in Settings, Messages"),
}


def name_of(kind: str) -> Message:
    """What a kind of message is called."""
    return _KINDS.get(kind, Message("Message"))


def views(told: Sequence[SentNotification], speech: LocaleFormat, zone: ZoneInfo) -> list[dict[str, object]]:
    """Each message in the reader's language."""
    return [
        {
            "title": speech.translated(name_of(one.kind)),
            "recipient": one.recipient,
            "outcome": speech.translated(_outcome(one, speech, zone)),
            "failed": one.state is State.FAILED,
        }
        for one in told
    ]


def _outcome(one: SentNotification, speech: LocaleFormat, zone: ZoneInfo) -> Message:
    match one.state:
        case State.DELIVERED if one.done_at is not None:
            return Message("Delivered %(when)s", when=speech.brief(one.done_at, zone))
        case State.SENT if one.done_at is not None:
            return Message("Sent %(when)s", when=speech.brief(one.done_at, zone))
        case State.FAILED:
            return Message("Failed: %(reason)s", reason=one.reason)
        case State.SUPPRESSED:
            return _REASONS.get(SuppressionReason(one.reason), Message("Not sent"))
        case _ if one.reason:
            return Message("Trying again: %(reason)s", reason=one.reason)
        case _:
            return Message("Planned for %(when)s", when=speech.brief(one.planned_at, zone))
