"""Approval: a pending booking claims its time until someone decides, or nobody does for too long."""

from datetime import datetime
from uuid import UUID

from infra24 import round_robin
from infra24.bookings import allocation, cancellation, events, lookup, queries, rescheduling
from infra24.bookings.model import Booking, IllegalTransition, Status
from infra24.db import Tx
from infra24.events import EventType, record


async def approve(tx: Tx, booking_id: UUID, *, now: datetime) -> Booking:
    """Confirm a pending booking. Raises IllegalTransition; a confirmed one stays as it is."""
    booking = await lookup.get(tx, booking_id, lock=True)
    if booking.status is Status.CONFIRMED:
        return booking
    if booking.status is not Status.PENDING:  # a hold is confirmed by whoever holds it, with who they are
        raise IllegalTransition(booking.status, Status.CONFIRMED)
    return await rescheduling.set_status(tx, booking, Status.CONFIRMED, events.CONFIRMED, now)


async def decline(tx: Tx, booking_id: UUID, *, because: str, now: datetime) -> Booking:
    """Decline a pending booking: its time is free at once, its party is told why.

    Raises IllegalTransition for what is not pending. Declining twice is declining once.
    """
    booking = await cancellation.locked(tx, booking_id)
    if booking.status is Status.CANCELLED:
        return booking
    if booking.status is not Status.PENDING:
        raise IllegalTransition(booking.status, "declined")
    return await _end(tx, booking, because, events.DECLINED, now)


async def expire_request(tx: Tx, booking_id: UUID, *, now: datetime) -> bool:
    """End a pending booking that nobody decided in time; False when it is none any more."""
    booking = await cancellation.locked(tx, booking_id)
    if (
        booking.status is not Status.PENDING
        or booking.request_expires_at is None
        or booking.request_expires_at > now
    ):
        return False
    await _end(tx, booking, "lapsed", events.LAPSED, now)
    return True


async def _end(tx: Tx, booking: Booking, because: str, type_: EventType, now: datetime) -> Booking:
    await allocation.release(tx, booking.id)
    await round_robin.reverse(tx, booking.id, now)
    await queries.set_status(tx, booking.id, Status.CANCELLED, now, because)
    ended = await lookup.get(tx, booking.id)
    record(tx, type_, booking.id, {**ended.facts(), "because": because}, now)
    return ended
