"""What must happen before a booking is confirmed: rows, each with the time by which it is due."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from infra24.bookings import events, lookup, queries, requirement_queries
from infra24.bookings.model import Booking, IllegalTransition
from infra24.bookings.policy import BookingPolicy
from infra24.bookings.states import Status
from infra24.db import Tx
from infra24.events import record
from infra24.resources import Offer


class RequirementKind(StrEnum):
    """What can be required: the approval of the staff."""

    APPROVAL = "approval"


def required_of(offer: Offer, policy: BookingPolicy) -> list[RequirementKind]:
    """What an offer requires of whoever books it."""
    return [RequirementKind.APPROVAL] if policy.approval and offer.rules.approval else []


def first_status(offer: Offer, policy: BookingPolicy) -> Status:
    """Where a booking begins: pending while something must happen before it is confirmed."""
    return Status.PENDING if required_of(offer, policy) else Status.CONFIRMED


async def require(
    tx: Tx, booking_ids: Sequence[UUID], kinds: Sequence[RequirementKind], now: datetime
) -> None:
    """Require something of pending bookings; what was met before must be met again."""
    if kinds:
        await requirement_queries.require(tx, booking_ids, kinds, now)


async def meet(tx: Tx, booking_id: UUID, kind: RequirementKind, now: datetime) -> Booking:
    """Meet a requirement of a pending booking; when none is left, it is confirmed.

    A confirmed one stays as it is. Raises IllegalTransition where this is not required.
    """
    booking = await lookup.get(tx, booking_id, lock=True)
    if booking.status is Status.CONFIRMED:
        return booking
    if not await requirement_queries.meet(tx, booking_id, kind, now):
        raise IllegalTransition(booking.status, Status.CONFIRMED)
    if not await requirement_queries.are_met(tx, booking_id):
        return await lookup.get(tx, booking_id)
    booking.check_transition(Status.CONFIRMED)
    await queries.set_status(tx, booking_id, Status.CONFIRMED, now)
    booking = await lookup.get(tx, booking_id)
    record(tx, events.CONFIRMED, booking_id, booking.facts(), now)
    return booking
