"""The end of a booking before its time: cancelled, declined, lapsed; a hold released or expired."""

from datetime import datetime, timedelta
from uuid import UUID

from infra24 import resources, round_robin
from infra24.bookings import events, lookup, occupancy, queries, requirement_queries
from infra24.bookings.model import Booking, DecisionNotAllowed, IllegalTransition, TooLate
from infra24.bookings.policy import BY_SYSTEM, BookingPolicy
from infra24.bookings.states import EndKind, Status
from infra24.db import Tx
from infra24.errors import Message, ValidationFailed
from infra24.events import record

_EVENTS = {
    EndKind.CANCELLED: events.CANCELLED,
    EndKind.DECLINED: events.DECLINED,
    EndKind.LAPSED: events.LAPSED,
    EndKind.RELEASED: events.RELEASED,
    EndKind.EXPIRED: events.HOLD_EXPIRED,
}
_LONGEST_REASON = 500


async def cancel(
    tx: Tx, booking_id: UUID, policy: BookingPolicy, *, now: datetime, reason: str = ""
) -> Booking:
    """End a booking; its time is free at once. Safe to repeat. What its end is called depends on what it was:
    a hold is released, a pending booking that staff end is declined, everything else is cancelled.

    Raises TooLate (the booker, inside the notice), DecisionNotAllowed (staff who may not decline),
    IllegalTransition after the fact, and ValidationFailed for a reason over 500 characters.
    """
    if len(reason) > _LONGEST_REASON:
        raise ValidationFailed({"reason": Message("Write at most 500 characters")})
    booking = await locked(tx, booking_id)
    if booking.status is Status.CANCELLED:
        return booking
    booking.check_transition(Status.CANCELLED)
    kind = EndKind.CANCELLED
    if booking.status is Status.HOLD:
        kind = EndKind.RELEASED
    elif booking.status is Status.PENDING and policy.is_staff:
        kind = EndKind.DECLINED
    if kind is EndKind.DECLINED and not policy.decides:
        raise DecisionNotAllowed()
    if kind is EndKind.CANCELLED and policy.is_bound and not booking.booker_can_cancel(now):
        late = Message(
            "Online cancellation closes %(notice)s before the start. Contact us to cancel.",
            notice=timedelta(minutes=booking.cancel_notice_minutes),
        )
        raise TooLate(late)
    return await _end(tx, booking, kind, policy, now, reason)


async def release(tx: Tx, booking_id: UUID, policy: BookingPolicy, *, now: datetime) -> Booking:
    """Let go of a hold: its time is free at once. What is no hold any more, because it was confirmed or is
    over, stays as it is and is returned."""
    booking = await locked(tx, booking_id)
    if booking.status is not Status.HOLD:
        return booking
    return await _end(tx, booking, EndKind.RELEASED, policy, now, "")


async def decline(
    tx: Tx, booking_id: UUID, policy: BookingPolicy, *, now: datetime, reason: str = ""
) -> Booking:
    """Decline a pending booking: its time is free at once, the booker is told why. Safe to repeat.

    Raises IllegalTransition for what is not pending, and DecisionNotAllowed.
    """
    booking = await locked(tx, booking_id)
    if booking.status not in (Status.PENDING, Status.CANCELLED):
        raise IllegalTransition(booking.status, "declined")
    return await cancel(tx, booking_id, policy, now=now, reason=reason)


async def expire(tx: Tx, booking_id: UUID, *, now: datetime) -> bool:
    """End a hold whose time is over, or a pending booking that nobody decided in time; False when it is
    neither any more. A hold counted for nothing since it expired: this only clears it away."""
    booking = await locked(tx, booking_id)
    until, kind = booking.expires_at, EndKind.EXPIRED
    if booking.status is Status.PENDING:
        until, kind = booking.request_expires_at, EndKind.LAPSED
    if booking.status not in (Status.HOLD, Status.PENDING) or until is None or until > now:
        return False
    await _end(tx, booking, kind, BY_SYSTEM, now, "")
    return True


async def locked(tx: Tx, booking_id: UUID) -> Booking:
    """A booking that nobody else changes meanwhile; what its release touches is locked before it."""
    await lookup.get(tx, booking_id)
    touched = await occupancy.resources_to_lock(tx, booking_id)
    if touched:
        await resources.lock(tx, touched)
    return await lookup.get(tx, booking_id, lock=True)


async def _end(
    tx: Tx, booking: Booking, kind: EndKind, policy: BookingPolicy, now: datetime, reason: str
) -> Booking:
    await occupancy.release(tx, booking.id, now)
    if booking.status is Status.PENDING:
        await requirement_queries.drop_unmet(tx, booking.id)
    await round_robin.reverse(tx, booking.id, now)
    await queries.end(tx, booking.id, kind, policy.role, reason, now)
    ended = await lookup.get(tx, booking.id)
    change = {"by": policy.role, "reason": reason, "from_status": booking.status}
    facts = {**ended.facts(), **change, **events.notify_fact(policy.notifies)}
    record(tx, _EVENTS[kind], booking.id, facts, now)
    return ended
