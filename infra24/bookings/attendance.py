"""Say of a booking that is over whether they came."""

from datetime import datetime
from uuid import UUID

from infra24.bookings import events, lookup, queries
from infra24.bookings.model import Booking, StaffOnly, TooEarly
from infra24.bookings.policy import BookingPolicy
from infra24.bookings.states import Status
from infra24.db import Tx
from infra24.events import EventType, record


async def complete(tx: Tx, booking_id: UUID, policy: BookingPolicy, *, now: datetime) -> Booking:
    """They came. Raises StaffOnly, IllegalTransition, and TooEarly before the start."""
    return await _afterwards(tx, booking_id, policy, Status.COMPLETED, events.COMPLETED, now)


async def mark_no_show(tx: Tx, booking_id: UUID, policy: BookingPolicy, *, now: datetime) -> Booking:
    """They did not come. Raises StaffOnly, IllegalTransition, and TooEarly before the start."""
    return await _afterwards(tx, booking_id, policy, Status.NO_SHOW, events.NO_SHOW, now)


async def _afterwards(
    tx: Tx, booking_id: UUID, policy: BookingPolicy, status: Status, type_: EventType, now: datetime
) -> Booking:
    if not policy.is_staff:
        raise StaffOnly()
    booking = await lookup.get(tx, booking_id, lock=True)
    if booking.status is status:
        return booking
    booking.check_transition(status)
    if now < booking.starts_at:
        raise TooEarly()
    await queries.set_status(tx, booking.id, status, now)
    changed = await lookup.get(tx, booking_id)
    record(tx, type_, booking_id, changed.facts(), now)
    return changed
