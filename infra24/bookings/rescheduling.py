"""Move a booking to another time."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from infra24 import resources
from infra24.bookings import allocation, events, lookup, occupancy
from infra24.bookings.booker_limits import check_booker
from infra24.bookings.clients import check_client
from infra24.bookings.model import Booking, EndsBeforeItStarts, IllegalTransition, TooLate
from infra24.bookings.policy import BookingPolicy
from infra24.bookings.requirements import RequirementKind, require, required_of
from infra24.bookings.snapshots import check_bookable
from infra24.bookings.starts import load_start
from infra24.bookings.states import Status
from infra24.db import Tx
from infra24.errors import Message
from infra24.events import record
from infra24.rate_limits import Client
from infra24.resources import HostPreference, Offer


async def reschedule(
    tx: Tx,
    booking_id: UUID,
    start: datetime,
    end: datetime,
    policy: BookingPolicy,
    *,
    now: datetime,
    client: Client | None = None,
) -> Booking:
    """Move a booking to another time, with the same host if free. Two bookings can swap their times.

    A time that was approved is asked for again when the booker moves it, and counts for the client. Raises
    TooLate, LimitReached, BookerLimit and TooManyPending (the booker: staff are not bound by notice, horizon
    and limits), IllegalTransition, SlotTaken, SlotNotOffered.
    """
    if end <= start:
        raise EndsBeforeItStarts()
    before = await _locked(tx, booking_id, policy, client, now)
    if (before.starts_at, before.ends_at) == (start, end):
        return before
    choice = policy.applied_to(HostPreference.read(before.choice), end - start)
    seen = await load_start(
        tx, before.resource_id, start, end - start, now, choice=choice, ignoring=[booking_id]
    )
    required: list[RequirementKind] = []
    if not policy.is_staff:
        required = await _check_booker(tx, seen.offer, before, (start, end - start), policy)
    asks = bool(required) and before.status is not Status.PENDING
    status = before.check_transition(Status.PENDING) if asks else before.status
    await occupancy.release(tx, booking_id, now)
    moved = replace(
        before, starts_at=start, ends_at=end, status=status, is_exception=before.series_id is not None
    )
    await allocation.allocate(tx, seen, moved, now, keep=before.host_ids)
    await require(tx, [booking_id], required, now)
    after = await lookup.get(tx, booking_id)
    record(tx, events.RESCHEDULED, booking_id, _facts(before, after, policy), now)
    return after


async def _check_booker(
    tx: Tx, offer: Offer, booking: Booking, at: tuple[datetime, timedelta], policy: BookingPolicy
) -> list[RequirementKind]:
    """What binds a booker who moves; what their booking must meet then."""
    check_bookable(offer)
    await check_booker(tx, offer, booking.booker_email, *at, booking.id)
    return required_of(offer, policy)


def _facts(before: Booking, after: Booking, policy: BookingPolicy) -> dict[str, object]:
    """What the event says: where it was and where it is."""
    times = {"from": before.starts_at.isoformat(), "to": after.starts_at.isoformat()}
    hosts = {"from_host_ids": [str(id_) for id_ in before.host_ids]}
    return {**after.facts(), **times, **hosts, "by": policy.role, **events.notify_fact(policy.notifies)}


async def _locked(
    tx: Tx, booking_id: UUID, policy: BookingPolicy, client: Client | None, now: datetime
) -> Booking:
    """A booking that may be moved, with all that its move touches locked; first the client it counts for."""
    before = await lookup.get(tx, booking_id)
    _check_movable(before, policy, now)
    offer = await resources.offer(tx, before.resource_id)
    if before.status is Status.CONFIRMED and not policy.is_staff and required_of(offer, policy):
        await check_client(tx, client, Status.PENDING, before.booker_email, now)
    held = await occupancy.resources_to_lock(tx, booking_id)
    await resources.lock(tx, {*offer.to_lock, *before.host_ids, *held})
    before = await lookup.get(tx, booking_id, lock=True)  # another may host it by now
    _check_movable(before, policy, now)
    return before


def _check_movable(booking: Booking, policy: BookingPolicy, now: datetime) -> None:
    if not booking.is_movable:
        raise IllegalTransition(booking.status, "moved")
    if policy.is_bound and not booking.booker_can_move(now):
        late = Message(
            "Online rescheduling closes %(notice)s before the start. Contact us to reschedule.",
            notice=timedelta(minutes=booking.reschedule_notice_minutes),
        )
        raise TooLate(late)
