"""Cancel a booking, and end the holds whose time is over."""

from datetime import datetime
from uuid import UUID

from infra24 import resources, round_robin
from infra24.bookings import allocation, claim_queries, events, lookup, queries
from infra24.bookings.model import ActorRole, Booking, Status, TooLate
from infra24.db import Tx
from infra24.events import record


async def cancel(tx: Tx, booking_id: UUID, *, by: ActorRole, now: datetime, because: str = "") -> Booking:
    """Cancel a booking and free its time at once. Cancelling twice is cancelling once.

    Raises TooLate (the booker, inside the notice) and IllegalTransition after the fact.
    """
    booking = await locked(tx, booking_id)
    if booking.status is Status.CANCELLED:
        return booking
    booking.check_transition(Status.CANCELLED)
    holding = booking.status is Status.HOLD
    if by is ActorRole.BOOKER and not holding and now > booking.cancellable_until():
        raise TooLate("cancelled", booking.policy["cancel_notice_minutes"])
    await allocation.release(tx, booking_id)
    await round_robin.reverse(tx, booking_id, now)
    await queries.set_status(tx, booking_id, Status.CANCELLED, now, because or None)
    cancelled = await lookup.get(tx, booking_id)
    type_ = events.RELEASED if holding else events.CANCELLED
    facts = {**cancelled.facts(), "by": by, "because": because}
    record(tx, type_, booking_id, facts, now)
    return cancelled


async def expire_hold(tx: Tx, booking_id: UUID, *, now: datetime) -> bool:
    """End a hold whose time is over; False when it is no longer one.

    It counted for nothing since it lapsed: this only clears it away.
    """
    booking = await locked(tx, booking_id)
    if booking.status is not Status.HOLD:
        return False
    if booking.expires_at is None or booking.expires_at > now:
        return False
    await allocation.release(tx, booking_id)
    await round_robin.reverse(tx, booking_id, now)
    await queries.set_status(tx, booking_id, Status.CANCELLED, now, "expired")
    facts = {"booking_id": str(booking_id), "resource_id": str(booking.resource_id)}
    record(tx, events.HOLD_EXPIRED, booking_id, facts, now)
    return True


async def locked(tx: Tx, booking_id: UUID) -> Booking:
    """A booking that nobody else changes meanwhile; what its release touches is locked before it."""
    await lookup.get(tx, booking_id)
    held = await claim_queries.resources_to_lock(tx, booking_id)
    if held:
        await resources.lock(tx, sorted(held))
    return await lookup.get(tx, booking_id, lock=True)
