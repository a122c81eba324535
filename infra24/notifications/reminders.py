"""Reminders: rows whose time has not come. They follow what happens to the booking."""

from datetime import datetime, timedelta

from infra24 import resources
from infra24.bookings import Booking, Status
from infra24.channels import Channel
from infra24.db import Tx
from infra24.notifications import queries, texting
from infra24.notifications.model import NewNotification

KIND = "booking_reminder"


async def follow(tx: Tx, booking: Booking, now: datetime) -> None:
    """Suppress the reminders of another time or of a booking that does not stand; queue those of its own."""
    told = _told(booking) if booking.status is Status.CONFIRMED else {}
    await queries.suppress_reminders(
        tx, booking.id, KIND, _starts(booking) if told else "", list(told.values()), now
    )
    if not told:
        return
    offer = resources.cached_offer(tx, booking.resource_id) or await resources.offer(tx, booking.resource_id)
    planned = [
        _reminder(booking, hours, channel, to)
        for hours in offer.rules.reminder_hours
        for channel, to in told.items()
    ]
    await queries.insert(tx, [one for one in planned if one.at is not None and one.at > now], now)


def _told(booking: Booking) -> dict[Channel, str]:
    """Where the booker is reminded."""
    told = {Channel.EMAIL: booking.booker_email} if booking.booker_email else {}
    number = texting.texted_number(booking)
    return told if number is None else {**told, Channel.SMS: number}


def _reminder(booking: Booking, hours: int, channel: Channel, to: str) -> NewNotification:
    at = booking.starts_at - timedelta(hours=hours)
    if channel is Channel.SMS:
        at = texting.reminder_time(booking, hours)
    facts = {"starts_at": _starts(booking), "hours": hours}
    return NewNotification(
        KIND, to, f"{booking.id}:{KIND}:{hours}:{_starts(booking)}:{to}", booking.id, facts, channel, at
    )


def is_too_late(hours: int, planned_at: datetime, now: datetime) -> bool:
    """Whether a reminder comes so late that it would mislead: by more than half of what it announces."""
    return now - planned_at > timedelta(hours=hours) / 2


def _starts(booking: Booking) -> str:
    return booking.starts_at.isoformat()
