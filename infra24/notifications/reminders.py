"""Reminders: rows whose time has not come. They follow what happens to the booking."""

from datetime import datetime, timedelta

from infra24 import resources
from infra24.bookings import Booking, Status
from infra24.db import Tx
from infra24.notifications import queries
from infra24.notifications.model import NewNotification

KIND = "booking_reminder"


async def follow(tx: Tx, booking: Booking, now: datetime) -> None:
    """Suppress the reminders of another time or of a booking that does not stand; queue those of its own."""
    stands = booking.status is Status.CONFIRMED and booking.booker_email != ""
    await queries.suppress_reminders(
        tx, booking.id, KIND, _starts(booking) if stands else "", booking.booker_email, now
    )
    if not stands:
        return
    offer = resources.cached_offer(tx, booking.resource_id) or await resources.offer(tx, booking.resource_id)
    await queries.insert(
        tx,
        [
            NewNotification(
                KIND,
                booking.booker_email,
                f"{booking.id}:{KIND}:{hours}:{_starts(booking)}:{booking.booker_email}",
                booking.id,
                {"starts_at": _starts(booking), "hours": hours},
                at=booking.starts_at - timedelta(hours=hours),
            )
            for hours in offer.rules.reminder_hours
            if booking.starts_at - timedelta(hours=hours) > now
        ],
        now,
    )


def is_too_late(hours: int, planned_at: datetime, now: datetime) -> bool:
    """Whether a reminder comes so late that it would mislead: by more than half of what it announces."""
    return now - planned_at > timedelta(hours=hours) / 2


def _starts(booking: Booking) -> str:
    return booking.starts_at.isoformat()
