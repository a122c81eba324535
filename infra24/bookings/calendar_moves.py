"""What staff do on the calendar: move a booking between times and resources.

Staff are bound by hours, closings and claims, not by notice, horizon, lengths and limits.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from infra24 import resources, round_robin
from infra24.availability import Reason, explain
from infra24.bookings import allocation, allocation_plan, claim_queries, events, lookup, occupancy
from infra24.bookings.model import (
    Booking,
    EndsBeforeItStarts,
    IllegalTransition,
    ResourceNotEligible,
    SlotNotOffered,
)
from infra24.bookings.requested_members import (
    RequestedMembers,
    check_given,
    hosts_of,
    narrowed,
    narrowed_to_things,
)
from infra24.bookings.snapshots import AvailabilitySnapshot, load_snapshot, seconds
from infra24.bookings.states import ActorRole, Status
from infra24.db import Tx
from infra24.errors import Conflict
from infra24.events import record
from infra24.resources import HostPreference, Offer

_MOMENT = timedelta(seconds=1)


class StaleRevision(Conflict):
    """Someone else changed this booking in the meantime. Reload it and try again."""

    def __init__(self, booking: Booking) -> None:
        super().__init__(revision=booking.revision, booking_id=booking.id)


@dataclass(frozen=True, slots=True)
class Move:
    """Where staff put a booking: a time, and the column that it leaves and the one that it comes into.

    `revision` is that of the booking as they saw it, None if they do not say. `notifies`: the booker is told.
    """

    booking_id: UUID
    from_id: UUID
    to_id: UUID
    start: datetime
    end: datetime
    revision: int | None = None
    notifies: bool = True


@dataclass(frozen=True, slots=True)
class MoveTarget:
    """The offer and choice of a booking after a move; whom it must have, and whom it keeps if it can."""

    offer: Offer
    choice: HostPreference
    required: RequestedMembers
    kept: RequestedMembers


async def move(tx: Tx, wanted: Move, *, now: datetime) -> Booking:
    """Move a booking to another time, another length, or from one resource to another.

    A resource that is booked by itself gives the booking to the other one; else the other must be one of
    those that the offer may take in its place, and takes it. Everyone and everything else stays if free.
    Of another offer a booking has the meeting, with a link that is new; the price and the times until which
    it can be cancelled and moved stay those that were agreed.
    Raises SlotTaken, SlotNotOffered, ResourceNotEligible, StaleRevision, IllegalTransition, UnknownBooking.
    """
    if wanted.end <= wanted.start:
        raise EndsBeforeItStarts()
    before = await _locked(tx, wanted)
    same = (before.starts_at, before.ends_at) == (wanted.start, wanted.end)
    if same and wanted.from_id == wanted.to_id:
        return before
    if before.status is Status.PENDING and wanted.start < now:  # nobody could come after the decision
        raise SlotNotOffered([Reason("past")])
    target = await _target(tx, before, wanted)
    seen = await load_snapshot(
        tx, target.offer.resource.id, (wanted.start, wanted.start + _MOMENT), wanted.end - wanted.start, now,
        choice=replace(target.choice, staff_length=wanted.end - wanted.start), ignoring=[before.id],
    )  # fmt: skip
    fixed = _fitting(seen, target, seconds(wanted.start))
    await occupancy.release(tx, before.id, now)
    moved = replace(
        before,
        resource_id=target.offer.resource.id,
        time_zone=target.offer.rules.zone.key,
        choice=target.choice.as_json(),
        starts_at=wanted.start,
        ends_at=wanted.end,
        is_exception=before.series_id is not None,
        meeting_url=_meeting(before, target.offer),
    )
    await _reallocate(tx, seen, before, moved, fixed, now)
    await check_given(tx, moved.id, target.required)
    after = await lookup.get(tx, before.id)
    record(tx, events.RESCHEDULED, before.id, _facts(before, after, wanted), now)
    return after


def can_use(offer: Offer, resource_id: UUID) -> bool:
    """Whether a booking of an offer can take this resource: itself, or as one of its pools."""
    return resource_id == offer.resource.id or any(
        occupant.id == resource_id for pool in offer.pools for occupant in pool.occupants
    )


async def _locked(tx: Tx, wanted: Move) -> Booking:
    """The booking, with all that its move may touch locked in the one order: its own offer's and the new."""
    before = await lookup.get(tx, wanted.booking_id)
    _check_movable(before)  # a hold is locked in another order
    offer = await resources.offer(tx, before.resource_id)
    touched = {offer.resource.id, *offer.members, *await occupancy.resources_to_lock(tx, before.id)}
    touched |= {*before.host_ids}
    if _changes_offer(before, wanted):
        other = await resources.offer(tx, wanted.to_id)
        touched |= {other.resource.id, *other.members}
    await resources.lock(tx, touched)
    before = await lookup.get(tx, wanted.booking_id, lock=True)
    if wanted.revision is not None and before.revision != wanted.revision:
        raise StaleRevision(before)
    _check_movable(before)
    return before


def _check_movable(booking: Booking) -> None:
    if not booking.is_movable:
        raise IllegalTransition(booking.status, "moved")


def _changes_offer(booking: Booking, wanted: Move) -> bool:
    return booking.resource_id == wanted.from_id != wanted.to_id


async def _target(tx: Tx, before: Booking, wanted: Move) -> MoveTarget:
    choice = HostPreference.read(before.choice)
    hosts = before.host_ids
    if _changes_offer(before, wanted):
        offer = await resources.offer(tx, wanted.to_id)
        if not (offer.resource.is_active and offer.resource.is_bookable and offer.resource.is_offered):
            raise ResourceNotEligible(offer.resource.title)
        pool = offer.pools[offer.staff] if offer.staff is not None else None
        there = [o.id for o in pool.occupants if o.id in hosts] if pool else []
        kept = {offer.staff: there} if pool and offer.staff is not None and len(there) == pool.count else {}
        return MoveTarget(offer, HostPreference(), {}, kept)
    offer = await resources.offer(tx, before.resource_id)
    claimed = await claim_queries.claimed_by(tx, [before.id])
    has = _members(offer.restricted_to(choice), claimed.get(before.id, set()).union(hosts))
    number = next((n for n, ids in has.items() if wanted.from_id in ids), None)
    if wanted.from_id == wanted.to_id:
        return MoveTarget(offer, choice, {number: has[number]} if number is not None else {}, has)
    title = await _title(tx, wanted.to_id)
    known = {o.id for o in offer.pools[number].occupants} if number is not None else set()
    if number is None or wanted.to_id not in known or wanted.to_id in has[number]:
        raise ResourceNotEligible(title)
    swapped = _swapped(has[number], wanted)
    if number == offer.staff:
        choice = replace(choice, hosts=tuple(_swapped(choice.hosts, wanted)))
    return MoveTarget(offer, choice, {number: swapped}, {**has, number: swapped})


def _meeting(before: Booking, offer: Offer) -> str:
    """The link of its meeting; of another offer a new one, that only those who have this booking know."""
    if offer.resource.id == before.resource_id:
        return before.meeting_url
    return resources.meeting_url(offer.resource.meeting_url, secrets.token_hex(), before.id)


async def _title(tx: Tx, resource_id: UUID) -> str:
    return (await resources.get(tx, resource_id)).title


def _swapped(ids: Sequence[UUID], wanted: Move) -> list[UUID]:
    return list(dict.fromkeys(wanted.to_id if id_ == wanted.from_id else id_ for id_ in ids))


def _members(offer: Offer, held: set[UUID]) -> dict[int, list[UUID]]:
    """What a booking has of each pool, where that is known: as many as it takes of it."""
    left, found = set(held), {}
    for number, pool in enumerate(offer.pools):
        own = [o for o in pool.occupants if o.id in left]
        inside = {part for o in own for part, _ in o.parts}
        own = sorted(own, key=lambda o: o.id in inside)[: pool.count]  # a whole before its parts
        if len(own) == pool.count:
            found[number] = [o.id for o in own]
            left -= {o.id for o in own if o.capacity == 1}
    return found


def _fitting(seen: AvailabilitySnapshot, target: MoveTarget, start: int) -> RequestedMembers:
    """Whom and what it takes: all that stays, or only what must be. Raises why that cannot be."""
    for wanted in (target.kept, target.required):
        answer = explain(narrowed(seen, wanted).timetable, start)
        if answer.free:
            return wanted
    allocation_plan.refuse(answer.reasons)
    return {}


async def _reallocate(
    tx: Tx,
    seen: AvailabilitySnapshot,
    before: Booking,
    moved: Booking,
    fixed: RequestedMembers,
    now: datetime,
) -> None:
    """Claim anew. Whoever comes into it takes a turn, and whoever leaves it gets theirs back."""
    hosts = before.host_ids
    keep = hosts_of(seen, fixed)
    elsewhere = before.resource_id != moved.resource_id
    new = elsewhere or (bool(keep) and set(keep) != set(hosts))
    if new:
        await round_robin.reverse(tx, before.id, now)
    await allocation.allocate(
        tx, narrowed_to_things(seen, fixed), moved, now, keep=keep or (() if elsewhere else hosts), new=new
    )


def _facts(before: Booking, after: Booking, wanted: Move) -> dict[str, object]:
    """What the event says: where it was and where it is."""
    return {
        **after.facts(),
        "by": ActorRole.STAFF,
        "from": before.starts_at.isoformat(),
        "to": after.starts_at.isoformat(),
        "from_host_ids": [str(id_) for id_ in before.host_ids],
        "from_offer_id": str(before.resource_id),
        "from_resource_id": str(wanted.from_id),
        "to_resource_id": str(wanted.to_id),
        **events.notify_fact(wanted.notifies),
    }
