"""Move a booking to another time."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from infra24 import resources
from infra24.bookings import allocation, events, lookup, occupancy
from infra24.bookings.booker_limits import check_booker
from infra24.bookings.model import (
    Booking,
    EndsBeforeItStarts,
    IllegalTransition,
    Status,
    TooLate,
)
from infra24.bookings.policy import BookingPolicy
from infra24.bookings.requirements import require, required_of
from infra24.bookings.snapshots import check_open
from infra24.bookings.starts import load_start
from infra24.db import Tx
from infra24.errors import Message
from infra24.events import record
from infra24.resources import HostPreference


async def reschedule(
    tx: Tx, booking_id: UUID, start: datetime, end: datetime, policy: BookingPolicy, *, now: datetime
) -> Booking:
    """Move a booking to another time, with the same host if free. Its old time is free at once.

    A time that was approved is asked for again when the booker moves it. Raises TooLate, LimitReached
    and BookerLimit (the booker: staff are not bound by notice, horizon and limits), IllegalTransition,
    SlotTaken, SlotNotOffered. The members are locked first, so two bookings can swap their times.
    """
    if end <= start:
        raise EndsBeforeItStarts()
    before = await lookup.get(tx, booking_id)
    _check_movable(before, policy, now)
    offer = await resources.offer(tx, before.resource_id)
    held = await occupancy.resources_to_lock(tx, booking_id)
    await resources.lock(tx, {*offer.to_lock, *before.host_ids, *held})
    before = await lookup.get(tx, booking_id, lock=True)  # another may host it by now
    _check_movable(before, policy, now)
    if (before.starts_at, before.ends_at) == (start, end):
        return before
    choice = policy.applied_to(HostPreference.read(before.choice), end - start)
    seen = await load_start(
        tx, before.resource_id, start, end - start, now, choice=choice, ignoring=[booking_id]
    )
    status, required = before.status, []
    if not policy.is_staff:
        check_open(seen.offer)
        await check_booker(tx, seen.offer, before.booker_email, start, end - start, booking_id)
        required = required_of(seen.offer, policy)
    if required and status is not Status.PENDING:
        status = before.check_transition(Status.PENDING)
    await occupancy.release(tx, booking_id, now)
    alone = before.series_id is not None
    moved = replace(before, starts_at=start, ends_at=end, status=status, is_exception=alone)
    await allocation.allocate(tx, seen, moved, now, keep=before.host_ids)
    await require(tx, [booking_id], required, now)
    after = await lookup.get(tx, booking_id)
    facts = {**after.facts(), "from": before.starts_at.isoformat(), "by": policy.role}
    record(tx, events.RESCHEDULED, booking_id, facts, now)
    return after


def _check_movable(booking: Booking, policy: BookingPolicy, now: datetime) -> None:
    if not booking.is_movable:
        raise IllegalTransition(booking.status, "moved")
    if policy.is_bound and now > booking.reschedulable_until():
        late = Message(
            "Online rescheduling closes %(notice)s before the start. Contact us to reschedule.",
            notice=timedelta(minutes=booking.reschedule_notice_minutes),
        )
        raise TooLate(late)
