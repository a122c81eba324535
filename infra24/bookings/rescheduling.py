"""Change a booking: another time, another state."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from infra24 import resources
from infra24.bookings import allocation, events, lookup, occupancy, participants, queries
from infra24.bookings.limits import check_booker
from infra24.bookings.model import (
    BookerDetails,
    Booking,
    EndsBeforeItStarts,
    IllegalTransition,
    StaffOnly,
    Status,
    TooEarly,
    TooLate,
)
from infra24.bookings.policy import BookingPolicy
from infra24.bookings.requirements import require, required_of
from infra24.bookings.snapshots import check_open
from infra24.bookings.starts import load_start
from infra24.db import Tx
from infra24.errors import Message
from infra24.events import EventType, record
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
    await resources.lock(tx, sorted({offer.resource.id, *offer.members, *before.host_ids, *held}))
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


async def complete(tx: Tx, booking_id: UUID, policy: BookingPolicy, *, now: datetime) -> Booking:
    """They came. Raises StaffOnly, IllegalTransition, and TooEarly before the start."""
    return await _afterwards(tx, booking_id, policy, Status.COMPLETED, events.COMPLETED, now)


async def mark_no_show(tx: Tx, booking_id: UUID, policy: BookingPolicy, *, now: datetime) -> Booking:
    """They did not come. Raises StaffOnly, IllegalTransition, and TooEarly before the start."""
    return await _afterwards(tx, booking_id, policy, Status.NO_SHOW, events.NO_SHOW, now)


async def update_booker(
    tx: Tx, booking_id: UUID, person: BookerDetails, policy: BookingPolicy, *, now: datetime
) -> Booking:
    """Correct who books and what for. Raises IllegalTransition when it was cancelled.

    Raises BookerLimit when the booker hands it to someone who has all the bookings they may have.
    """
    booking = await lookup.get(tx, booking_id, lock=True)
    if not policy.is_staff and person.email != booking.booker_email:
        offer = await resources.offer(tx, booking.resource_id)
        await check_booker(tx, offer, person.email, booking.starts_at, booking.length, booking_id)
    if booking.status is Status.CANCELLED:
        raise IllegalTransition(booking.status, "changed")
    answers = None
    if person.answers is not None:
        offer = await resources.offer(tx, booking.resource_id)
        answers = resources.read_answers(offer.resource.questions, person.answers)
    await queries.set_person(tx, booking_id, person, answers, now)
    await tx.run_together(participants.set_booker(tx, booking, person.name, person.email))
    return await _record(tx, booking_id, events.UPDATED, now)


async def set_notes(tx: Tx, booking_id: UUID, notes: str, *, now: datetime) -> None:
    """Write the staff's notes. Visitors never see them, and no event tells them."""
    await lookup.get(tx, booking_id, lock=True)
    await queries.set_notes(tx, booking_id, notes, now)


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
    return await _record(tx, booking.id, type_, now)


async def _record(tx: Tx, booking_id: UUID, type_: EventType, now: datetime) -> Booking:
    booking = await lookup.get(tx, booking_id)
    record(tx, type_, booking_id, booking.facts(), now)
    return booking
