"""Approval: a pending booking claims its time until someone decides, or nobody does for too long."""

from datetime import datetime
from uuid import UUID

from infra24.bookings import events, lookup, rescheduling
from infra24.bookings.model import Booking, DecisionNotAllowed, IllegalTransition, StaffOnly, Status
from infra24.bookings.policy import BookingPolicy
from infra24.db import Tx


async def approve(tx: Tx, booking_id: UUID, policy: BookingPolicy, *, now: datetime) -> Booking:
    """Confirm a pending booking; a confirmed one stays. Raises StaffOnly, DecisionNotAllowed and
    IllegalTransition."""
    if not policy.is_staff and not policy.decides:
        raise StaffOnly()
    if not policy.decides:
        raise DecisionNotAllowed()
    booking = await lookup.get(tx, booking_id, lock=True)
    if booking.status is Status.CONFIRMED:
        return booking
    if booking.status is not Status.PENDING:  # a hold is confirmed by whoever holds it, with who they are
        raise IllegalTransition(booking.status, Status.CONFIRMED)
    return await rescheduling.set_status(tx, booking, Status.CONFIRMED, events.CONFIRMED, now)
