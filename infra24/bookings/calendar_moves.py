"""What staff do on the calendar: move a booking between times and resources, and put one there.

Staff are bound by hours, closings and claims, not by notice, horizon, lengths and limits.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from infra24 import resources, round_robin
from infra24.availability import Reason, explain, pick_members
from infra24.bookings import allocation, claim_queries, creation, events, lookup
from infra24.bookings.model import (
    ActorRole,
    Booking,
    BookingRequest,
    EndsBeforeItStarts,
    IllegalTransition,
    Participant,
    SlotTaken,
    Status,
)
from infra24.bookings.snapshots import AvailabilitySnapshot, load_snapshot, seconds
from infra24.bookings.tokens import Tokens
from infra24.db import Tx
from infra24.errors import Conflict
from infra24.events import record
from infra24.resources import HostPreference, Offer

_MOMENT = timedelta(seconds=1)
Wanted = Mapping[int, Sequence[UUID]]
"""By the number of a pool, exactly whom or what a booking is to take of it."""


class StaleRevision(Conflict):
    """Someone changed this booking meanwhile. Look at it again."""

    def __init__(self, booking: Booking) -> None:
        super().__init__(revision=booking.revision, booking_id=booking.id)


class ResourceNotEligible(Conflict):
    """This booking cannot go there."""

    def __init__(self, title: str) -> None:
        super().__init__(f"{title} cannot take this booking: it is not one of those that it can be with.")


@dataclass(frozen=True, slots=True)
class Move:
    """Where staff put a booking: a time, and the column that it leaves and the one that it comes into.

    `revision` is that of the booking as they saw it, None if they do not say.
    """

    booking_id: UUID
    from_id: UUID
    to_id: UUID
    start: datetime
    end: datetime
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class _Goal:
    """The offer and choice of a booking after a move; whom it must have, and whom it keeps if it can."""

    offer: Offer
    choice: HostPreference
    required: Wanted
    kept: Wanted


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
    before = await _held(tx, wanted)
    same = (before.starts_at, before.ends_at) == (wanted.start, wanted.end)
    if same and wanted.from_id == wanted.to_id:
        return before
    goal = await _goal(tx, before, wanted)
    seen = await load_snapshot(
        tx, goal.offer.resource.id, (wanted.start, wanted.start + _MOMENT), wanted.end - wanted.start, now,
        choice=replace(goal.choice, staff_length=wanted.end - wanted.start), ignoring=[before.id],
    )  # fmt: skip
    fixed = _fitting(seen, goal, seconds(wanted.start))
    await allocation.release(tx, before.id, hosts_too=True)
    moved = replace(
        before,
        resource_id=goal.offer.resource.id,
        time_zone=goal.offer.rules.zone.key,
        choice=goal.choice.as_json(),
        starts_at=wanted.start,
        ends_at=wanted.end,
        is_exception=before.series_id is not None,
        meeting_url=_meeting(before, goal.offer),
    )
    await _reseat(tx, seen, before, moved, fixed, now)
    await _check(tx, moved.id, goal.required)
    after = await lookup.get(tx, before.id)
    record(tx, events.RESCHEDULED, before.id, _facts(before, after, wanted), now)
    return after


async def place(
    tx: Tx, request: BookingRequest, column_id: UUID, *, tokens: Tokens, now: datetime
) -> Booking:
    """Put a booking on the calendar, with the resource of a column: confirmed at once, whatever asks for
    approval. Questions are not asked. Raises SlotTaken, SlotNotOffered, ResourceNotEligible, UnknownResource.
    """
    length = request.ends_at - request.starts_at
    if length <= timedelta():
        raise EndsBeforeItStarts()
    offer = await resources.offer(tx, request.resource_id)
    await allocation.lock_all(tx, offer)
    span = (request.starts_at, request.starts_at + _MOMENT)
    seen = await load_snapshot(
        tx, request.resource_id, span, length, now, choice=replace(request.choice, staff_length=length)
    )
    required = _with_column(seen, column_id, seconds(request.starts_at))
    booking = _placed(tx, request, seen.offer, now)
    token = tokens.of(tx.org_id, booking.id)
    booking = replace(booking, meeting_url=resources.meeting_url(booking.meeting_url, token, booking.id))
    keep = required.get(seen.offer.staff, ()) if seen.offer.staff is not None else ()
    near = _narrowed(seen, {n: ids for n, ids in required.items() if n != seen.offer.staff})
    hashed = tokens.hash_of(tx.org_id, booking.id)
    seated = await allocation.allocate(tx, near, booking, now, token_hash=hashed, keep=keep, new=True)
    await _check(tx, booking.id, required)
    return creation.record_created(tx, seated, now)


def can_use(offer: Offer, resource_id: UUID) -> bool:
    """Whether a booking of an offer can take this resource: itself, or as one of its pools."""
    return resource_id == offer.resource.id or any(
        occupant.id == resource_id for pool in offer.pools for occupant in pool.occupants
    )


async def _held(tx: Tx, wanted: Move) -> Booking:
    """The booking, with all that its move may touch held in the one order: its own offer's and the new."""
    before = await lookup.get(tx, wanted.booking_id)
    offer = await resources.offer(tx, before.resource_id)
    touched = {offer.resource.id, *offer.members, *await claim_queries.resources_to_lock(tx, before.id)}
    touched |= {p.resource_id for p in before.participants if p.resource_id}
    if _changes_offer(before, wanted):
        other = await resources.offer(tx, wanted.to_id)
        touched |= {other.resource.id, *other.members}
    await resources.lock(tx, sorted(touched))
    before = await lookup.get(tx, wanted.booking_id, lock=True)
    if wanted.revision is not None and before.revision != wanted.revision:
        raise StaleRevision(before)
    if before.status not in (Status.PENDING, Status.CONFIRMED):
        raise IllegalTransition(before.status, "moved")
    return before


def _changes_offer(booking: Booking, wanted: Move) -> bool:
    return booking.resource_id == wanted.from_id != wanted.to_id


async def _goal(tx: Tx, before: Booking, wanted: Move) -> _Goal:
    choice = HostPreference.read(before.choice)
    hosts = [p.resource_id for p in before.participants if p.resource_id]
    if _changes_offer(before, wanted):
        offer = await resources.offer(tx, wanted.to_id)
        if not (offer.resource.is_active and offer.resource.is_bookable and offer.resource.is_offered):
            raise ResourceNotEligible(offer.resource.title)
        pool = offer.pools[offer.staff] if offer.staff is not None else None
        there = [o.id for o in pool.occupants if o.id in hosts] if pool else []
        kept = {offer.staff: there} if pool and offer.staff is not None and len(there) == pool.count else {}
        return _Goal(offer, HostPreference(), {}, kept)
    offer = await resources.offer(tx, before.resource_id)
    claimed = await claim_queries.claimed_by(tx, [before.id])
    has = _members(offer.restricted_to(choice), claimed.get(before.id, set()).union(hosts))
    number = next((n for n, ids in has.items() if wanted.from_id in ids), None)
    if wanted.from_id == wanted.to_id:
        return _Goal(offer, choice, {number: has[number]} if number is not None else {}, has)
    title = await _title(tx, wanted.to_id)
    known = {o.id for o in offer.pools[number].occupants} if number is not None else set()
    if number is None or wanted.to_id not in known or wanted.to_id in has[number]:
        raise ResourceNotEligible(title)
    swapped = _swapped(has[number], wanted)
    if number == offer.staff:
        choice = replace(choice, hosts=tuple(_swapped(choice.hosts, wanted)))
    return _Goal(offer, choice, {number: swapped}, {**has, number: swapped})


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


def _fitting(seen: AvailabilitySnapshot, goal: _Goal, start: int) -> Wanted:
    """Whom and what it takes: all that stays, or only what must be. Raises why that cannot be."""
    for wanted in (goal.kept, goal.required):
        answer = explain(_narrowed(seen, wanted).timetable, start)
        if answer.free:
            return wanted
    allocation.refuse(answer.reasons)
    return {}


async def _reseat(
    tx: Tx, seen: AvailabilitySnapshot, before: Booking, moved: Booking, fixed: Wanted, now: datetime
) -> None:
    """Claim anew. Whoever comes into it takes a turn, and whoever leaves it gets theirs back."""
    number = seen.offer.staff
    hosts = [p.resource_id for p in before.participants if p.resource_id]
    keep = fixed.get(number, ()) if number is not None else ()
    elsewhere = before.resource_id != moved.resource_id
    new = elsewhere or (bool(keep) and set(keep) != set(hosts))
    if new:
        await round_robin.reverse(tx, before.id, now)
    near = _narrowed(seen, {n: ids for n, ids in fixed.items() if n != number})
    await allocation.allocate(tx, near, moved, now, keep=keep or (() if elsewhere else hosts), new=new)


async def _check(tx: Tx, booking_id: UUID, required: Wanted) -> None:
    """Raises SlotTaken when others were faster and it was given someone or something else."""
    if required:
        booking = await lookup.get(tx, booking_id)
        has = (await claim_queries.claimed_by(tx, [booking_id])).get(booking_id, set())
        has |= {p.resource_id for p in booking.participants if p.resource_id}
        if not all(has.issuperset(ids) for ids in required.values()):
            raise SlotTaken()


def _narrowed(seen: AvailabilitySnapshot, wanted: Wanted) -> AvailabilitySnapshot:
    """The same outlook with only these of some pools."""
    pools, needs = list(seen.offer.pools), list(seen.timetable.needs)
    for number, ids in wanted.items():
        own = set(ids)
        pools[number] = replace(
            pools[number], occupants=tuple(o for o in pools[number].occupants if o.id in own)
        )
        needs[number] = replace(
            needs[number], members=tuple(m for m in needs[number].members if m.key in own)
        )
    return replace(
        seen,
        offer=replace(seen.offer, pools=tuple(pools)),
        timetable=replace(seen.timetable, needs=tuple(needs)),
    )


def _with_column(seen: AvailabilitySnapshot, column_id: UUID, start: int) -> Wanted:
    """Whom and what a new booking takes so that it is with the resource of a column."""
    pools = seen.offer.pools
    number = next((n for n, p in enumerate(pools) if column_id in {o.id for o in p.occupants}), None)
    if number is None:
        raise ResourceNotEligible(seen.offer.resource.title)
    if pools[number].count == 1:
        wanted: Wanted = {number: [column_id]}
        answer = explain(_narrowed(seen, wanted).timetable, start)
        if not answer.free:
            allocation.refuse(answer.reasons)
        return wanted
    first = [column_id, *(o.id for o in pools[number].occupants if o.id != column_id)]
    chosen = pick_members(seen.timetable, start, {number: first})
    if chosen is None or column_id not in chosen[number]:
        told = explain(seen.timetable, start)
        party = told.parties[number].reasons.get(column_id, ()) if told.parties else ()
        allocation.refuse(told.reasons or party or [Reason("no_combination")])
    assert chosen is not None
    return {number: [UUID(str(key)) for key in chosen[number]]}


def _placed(tx: Tx, request: BookingRequest, offer: Offer, now: datetime) -> Booking:
    """The booking that staff request; they are not asked the questions of the offer."""
    assert request.person is not None
    person = request.person
    return replace(
        creation.draft_booking(tx, replace(request, person=None), offer, now),
        status=Status.CONFIRMED,
        booker_name=person.name,
        booker_email=person.email,
        goal_text=person.goal_text,
        locale=person.locale,
        phone=person.phone,
        participants=(Participant("booker", person.name, person.email, None),),
    )


def _facts(before: Booking, after: Booking, wanted: Move) -> dict[str, object]:
    """What the event says: where it was and where it is."""
    return {
        **after.facts(),
        "by": ActorRole.STAFF,
        "from": before.starts_at.isoformat(),
        "to": after.starts_at.isoformat(),
        "from_offer_id": str(before.resource_id),
        "from_resource_id": str(wanted.from_id),
        "to_resource_id": str(wanted.to_id),
    }
