"""Who and what takes a booking: chosen by the engine, granted by the database, chosen again if lost."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from infra24 import resources, round_robin
from infra24.availability import (
    CLOSED,
    CONTENDED,
    LIMITED,
    Busy,
    Candidate,
    Decision,
    Explanation,
    Pooling,
    Reason,
    are_interdependent,
    can_host,
    explain,
    pick_members,
    rank,
)
from infra24.availability.barriers import free_units
from infra24.bookings import claim_queries, queries, turnovers
from infra24.bookings.claims import AllocationRow, Claim, HostDecision
from infra24.bookings.model import Booking, LimitReached, Participant, SlotNotOffered, SlotTaken
from infra24.bookings.snapshots import AvailabilitySnapshot, search_margin, seconds
from infra24.db import Tx

_TRIES = 200
Standings = Mapping[UUID, tuple[int, int]]
"""Of each host the balance of turns and when they were last chosen (seconds since 1970)."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """Who and what a booking is to take, and why these hosts. `only`: there is nothing else to try."""

    claims: tuple[Claim, ...]
    hosts: tuple[Participant, ...]
    chosen: HostDecision | None
    only: bool


async def best_allocation(
    tx: Tx,
    outlook: AvailabilitySnapshot,
    booking: Booking,
    *,
    keep: Sequence[UUID] = (),
    new: bool = False,
    standings: Standings | None = None,
) -> Allocation:
    """The best assignment for a booking's time. Hosts in `keep` are kept where they can be.

    With `new` whoever is kept takes a turn for it: it is another booking, not one that was moved.
    `standings` are those of the ledger with what is planned besides; else it is read.

    Raises SlotTaken when others were faster and SlotNotOffered, which carries the reasons,
    when the rules do not offer the start.
    """
    start = seconds(booking.starts_at)
    answer = explain(outlook.timetable, start)
    if not answer.free:
        refuse(answer.reasons)
    number, chosen = outlook.offer.staff, None
    if number is not None and keep:
        kept = pick_members(outlook.timetable, start, {number: keep}, answer)
        if kept is not None:
            ranked = None
            if new and outlook.offer.pooling is Pooling.ROUND_ROBIN:
                ranked = await _rank(tx, outlook, start, answer, standings)
            hosts = tuple(UUID(str(key)) for key in kept[number])
            return _assignment(
                outlook,
                booking,
                kept,
                HostDecision(ranked, hosts, is_turn=True, kept=True) if ranked else None,
            )
    if number is None:
        found = pick_members(outlook.timetable, start, known=answer)
    else:
        decision = await _rank(tx, outlook, start, answer, standings)
        found = pick_members(outlook.timetable, start, {number: decision.order}, answer)
        if found is not None:
            hosts = tuple(UUID(str(key)) for key in found[number])
            first = set(decision.order[: len(hosts)])
            is_turn = decision.pooling is Pooling.ROUND_ROBIN
            chosen = HostDecision(decision, hosts, is_turn, kept=first != set(hosts))
    if found is None:
        refuse([Reason("no_combination")])
    assert found is not None
    return _assignment(outlook, booking, found, chosen)


async def _rank(
    tx: Tx, outlook: AvailabilitySnapshot, start: int, answer: Explanation, standings: Standings | None
) -> Decision:
    """The hosts in the order of preference. Who would leave other needs unmet counts as not free."""
    offer = outlook.offer
    assert offer.staff is not None
    pool = offer.pools[offer.staff]
    known = standings or {}
    if pool.pooling is Pooling.ROUND_ROBIN and standings is None:
        known = await round_robin.standings(tx, offer.resource.id)
    candidates = []
    knotted = are_interdependent(outlook.timetable.needs)
    for occupant in pool.occupants:
        reasons = answer.hosts.get(occupant.id, ())
        free = not reasons
        if free and knotted and pool.pooling is Pooling.ROUND_ROBIN:
            free = can_host(outlook.timetable, start, occupant.id)
        away = any(reason.code in CLOSED for reason in reasons)  # they were not there for this turn
        present = free if occupant.substitutes else not away
        balance, last = known.get(occupant.id, (0, 0))
        candidates.append(
            Candidate(occupant.id, occupant.position, occupant.terms.priority, occupant.terms.weight,
                      balance, last, present, free)
        )  # fmt: skip
    return rank(pool.pooling, candidates)


def _assignment(
    outlook: AvailabilitySnapshot,
    booking: Booking,
    found: Sequence[Sequence[object]],
    chosen: HostDecision | None,
) -> Allocation:
    """The claims and people of a choice: units by best fit, parts whole."""
    offer, rules, start = outlook.offer, outlook.offer.rules, seconds(booking.starts_at)
    since = booking.starts_at - timedelta(minutes=rules.buffer_before)
    until = booking.ends_at + timedelta(minutes=rules.buffer_after)
    claims: list[Claim] = []
    people: list[Participant] = []
    taken: dict[UUID, int] = {}
    only = True
    for number, keys in enumerate(found):
        need, pool = outlook.timetable.needs[number], offer.pools[number]
        members = {member.key: (member, occupant)
                   for member, occupant in zip(need.members, pool.occupants, strict=True)}  # fmt: skip
        only &= len(keys) == len(members)
        for key in keys:
            member, occupant = members[key]
            if occupant.person:
                people.append(Participant("host", occupant.name, occupant.email or "", occupant.id))
            if member.capacity is None:
                continue
            first = taken.get(occupant.id, 0)
            units = free_units(outlook.timetable, member, start)[first : first + pool.units]
            taken[occupant.id] = first + pool.units
            only &= member.capacity == pool.units and not member.layout
            claims += [Claim(occupant.id, unit, since, until, member.layout) for unit in units]
            claims += [
                Claim(part, unit, since, until)
                for part, most in occupant.parts
                for unit in range(1, most + 1)
            ]
    return Allocation(tuple(claims), tuple(people), chosen, only)


def refuse(reasons: Sequence[Reason]) -> None:
    """Refuse a start for its reasons: LimitReached or SlotTaken where only other bookings are in the way."""
    codes = {reason.code for reason in reasons}
    if codes and codes <= LIMITED:
        raise LimitReached(reasons)
    if codes and codes <= CONTENDED:
        raise SlotTaken(reasons)
    raise SlotNotOffered(reasons)


def virtual_claims(found: Allocation, booking: Booking) -> list[tuple[UUID, Busy]]:
    """The claims of an assignment as the engine sees those that stand: for planning on top of them."""
    start, end = seconds(booking.starts_at), seconds(booking.ends_at)
    return [
        (
            c.resource_id,
            Busy(seconds(c.since), seconds(c.until), c.unit, start, end, c.layout, False, booking.id),
        )
        for c in found.claims
    ]


async def allocate_all(
    tx: Tx,
    offer: resources.Offer,
    placed: Sequence[tuple[Booking, Allocation]],
    now: datetime,
    *,
    hashes: Sequence[bytes] | None = None,
    returned: Collection[UUID] = (),
) -> bool:
    """Claim the times of several bookings at once, new ones with the hashes of their tokens.

    Those whose turn is `returned` go to another host: theirs is given back before.

    All claims go in one statement and one order, so that nobody waits in a circle. False when one of
    them was lost to someone else; then the caller undoes all.
    """
    claims = [(booking.id, claim) for booking, found in placed for claim in found.claims]
    await lengthen(tx, offer, [claim for _, claim in claims])
    await purge_expired(tx, offer, [claim for _, claim in claims], now)
    for number, (booking, found) in enumerate(placed):
        bookers = [p for p in booking.participants if p.role == "booker"] if hashes else []
        seating = AllocationRow((), (*bookers, *found.hosts), found.chosen, len(found.claims))
        if booking.id in returned:
            await round_robin.reverse(tx, booking.id, now)
        await _clear_turnovers(tx, offer, found.claims)
        if hashes is None:
            await queries.update_allocation(tx, booking, seating, now)
        else:
            await queries.insert(tx, booking, hashes[number], seating)
        if found.chosen and found.chosen.is_turn:
            await round_robin.charge(tx, offer.resource.id, found.chosen.decision, found.chosen.hosts, now)
    if await claim_queries.claim_all(tx, claims) != len(claims):
        return False
    return await rebuild_turnovers(tx, [claim for _, claim in claims])


async def allocate(
    tx: Tx,
    outlook: AvailabilitySnapshot,
    booking: Booking,
    now: datetime,
    *,
    token_hash: bytes | None = None,
    keep: Sequence[UUID] = (),
    new: bool = False,
) -> Booking:
    """Claim a booking's time: the best assignment, and when it was lost to others the best of what is left.

    With `token_hash` the booking is new, else it has been unseated before. Returns it with its hosts.
    With `new` whoever is kept takes a turn for it.
    The first try waits for nobody; after a loss everyone who lost waits in one line, so that whatever
    can be placed is placed. Raises SlotTaken when nothing is left.
    """
    offer, id_ = outlook.offer, booking.id
    if outlook.expired:
        await lock_all(tx, offer)
        around = search_margin(offer, booking.length)
        since, until = booking.starts_at - around, booking.ends_at + around
        await purge_expired(tx, offer, [Claim(id_, 1, since, until)], now)
    if keep and offer.staff is not None and not can_keep(outlook, booking, keep):
        await round_robin.reverse(tx, id_, now)
        keep = ()
    for attempt in range(_TRIES):
        found = await best_allocation(tx, outlook, booking, keep=keep, new=new)
        if await _attempt(tx, offer, booking, found, token_hash, now):
            if found.chosen and found.chosen.is_turn:
                await round_robin.charge(
                    tx, offer.resource.id, found.chosen.decision, found.chosen.hosts, now
                )
            bookers = tuple(p for p in booking.participants if p.role == "booker")
            return replace(booking, participants=(*bookers, *found.hosts), claim_count=len(found.claims))
        if found.only:
            break
        if attempt == 0:
            await lock_all(tx, offer)
        outlook = await outlook.reload(tx, now)
    raise SlotTaken()


def can_keep(outlook: AvailabilitySnapshot, booking: Booking, keep: Sequence[UUID]) -> bool:
    """Whether a booking can stay with these hosts."""
    number = outlook.offer.staff
    start = seconds(booking.starts_at)
    return number is None or pick_members(outlook.timetable, start, {number: keep}) is not None


class _Lost(Exception):
    """This assignment was claimed by someone else."""


async def _attempt(
    tx: Tx,
    offer: resources.Offer,
    booking: Booking,
    found: Allocation,
    token_hash: bytes | None,
    now: datetime,
) -> bool:
    """Try one assignment. The only one needs no savepoint: its loss ends the transaction."""
    bookers = [p for p in booking.participants if p.role == "booker"] if token_hash is not None else []
    seating = AllocationRow(found.claims, (*bookers, *found.hosts), found.chosen)
    await lengthen(tx, offer, found.claims)

    async def write() -> bool:
        await _clear_turnovers(tx, offer, found.claims)
        if token_hash is None:
            written = await queries.update_allocation(tx, booking, seating, now)
        else:
            written = await queries.insert(tx, booking, token_hash, seating)
        return written and await rebuild_turnovers(tx, found.claims)

    if found.only:
        return await write()
    try:
        async with tx.savepoint():
            if not await write():
                raise _Lost
    except _Lost:
        return False
    return True


async def lengthen(tx: Tx, offer: resources.Offer, claims: Sequence[Claim]) -> None:
    """Where a claim is longer than any before, note it: what bounds the reading of claims must cover it."""
    known, none = offer.longest_of, timedelta()
    longer = [c.until - c.since for c in claims if c.until - c.since > known.get(c.resource_id, none)]
    if longer:  # all members at once: whoever is chosen next time turns no catalogue
        await lock_all(tx, offer)
        if await resources.raise_longest_claim(tx, sorted(offer.members), max(longer)):
            await resources.bump_catalogue_version(tx)


async def purge_expired(tx: Tx, offer: resources.Offer, claims: Sequence[Claim], now: datetime) -> None:
    """Remove what expired holds left around claims; their neighbours get back what they had given up."""
    if not claims:
        return
    since = min(claim.since for claim in claims) - offer.longest
    until = max(claim.until for claim in claims) + offer.longest
    for resource_id, unit, start, end in await claim_queries.remove_expired_claims(
        tx, offer.members, since, until, now
    ):
        await turnovers.tidy(tx, resource_id, unit, start, end)


async def lock_all(tx: Tx, offer: resources.Offer) -> None:
    """Hold an offer and everything it may claim, in the order in which everyone does."""
    await resources.lock(tx, sorted({offer.resource.id, *offer.members}))


async def _clear_turnovers(tx: Tx, offer: resources.Offer, claims: Sequence[Claim]) -> None:
    known = offer.occupants
    for claim in claims:
        if claim.layout:
            occupant = known[claim.resource_id]
            since = claim.since - timedelta(seconds=occupant.setup)
            until = claim.until + timedelta(seconds=occupant.teardown)
            await turnovers.make_way(tx, claim.resource_id, claim.unit, since, until, claim.layout)


async def rebuild_turnovers(tx: Tx, claims: Sequence[Claim]) -> bool:
    """Write what must stand around claims with a layout; False when it cannot stand."""
    for claim in claims:
        if claim.layout and not await turnovers.tidy(
            tx, claim.resource_id, claim.unit, claim.since, claim.until
        ):
            return False
    return True


async def release(tx: Tx, booking_id: UUID, *, hosts_too: bool = False) -> None:
    """Free all that a booking claims; its neighbours get back what they had given up for it."""
    for resource_id, unit, since, until in await claim_queries.release_claims(
        tx, booking_id, hosts_too=hosts_too
    ):
        await turnovers.tidy(tx, resource_id, unit, since, until)
