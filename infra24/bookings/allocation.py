"""Claim what a booking takes: try the best allocation; where a rival took part of it, look again and try the
next best."""

from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from infra24 import resources, round_robin
from infra24.bookings import claim_queries, occupancy, queries, turnovers
from infra24.bookings.allocation_plan import Allocation, best_allocation, can_keep
from infra24.bookings.claims import Claim
from infra24.bookings.model import Booking, SlotTaken
from infra24.bookings.snapshots import AvailabilitySnapshot, search_margin
from infra24.db import Tx

_TRIES = 200


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

    `returned`: bookings that change their host; their turn of the round robin is reversed first. All claims
    go in one order, so that nobody waits in a circle. False when one of them was lost to someone else; then
    the caller undoes all.
    """
    claims = [claim for _, found in placed for claim in found.claims]
    await note_longest_claim(tx, offer, claims)
    await purge_expired(tx, offer, claims, now)
    for number, (booking, found) in enumerate(placed):
        counted = replace(booking, claim_count=len(found.claims))
        if booking.id in returned:
            await round_robin.reverse(tx, booking.id, now)
        await _clear_turnovers(tx, offer, found.claims)
        if hashes is None:
            await occupancy.update(tx, counted, found.hosts, now)
        else:
            await queries.insert(tx, counted, hashes[number], found.hosts, ())
        await _record_decision(tx, offer, booking, found, now)
    if not await occupancy.claim(tx, [(booking, found.claims) for booking, found in placed]):
        return False
    return await rebuild_turnovers(tx, claims)


async def allocate(
    tx: Tx,
    snapshot: AvailabilitySnapshot,
    booking: Booking,
    now: datetime,
    *,
    token_hash: bytes | None = None,
    keep: Sequence[UUID] = (),
    new: bool = False,
) -> Booking:
    """Claim a booking's time: the best allocation, and when it was lost to others the best of what is left.

    With `token_hash` the booking is inserted, else its claims have been released before. Returns it with its
    hosts. `new`: kept hosts are charged a turn of the round robin. The first try locks nothing, except where
    expired claims are removed or a claim is longer than any before; after a loss the offer is locked, so that
    whatever can be placed is placed. Raises SlotTaken when nothing is left.
    """
    offer = snapshot.offer
    if snapshot.expired:
        await _purge_around(tx, offer, booking, now)
    for attempt in range(_TRIES):
        keep = await _kept_hosts(tx, snapshot, booking, keep, now)
        standings = await round_robin.standings(tx, offer.resource.id) if offer.takes_turns else {}
        found = best_allocation(snapshot, booking, standings, keep=keep, new=new)
        counted = replace(booking, claim_count=len(found.claims))
        await note_longest_claim(tx, offer, found.claims)
        try:
            # without an alternative there is no savepoint: SlotTaken rolls all back
            async with nullcontext() if found.is_only else tx.savepoint():
                await _write(tx, offer, counted, found, token_hash, now)
        except _Lost:
            if found.is_only:
                break
        else:
            await _record_decision(tx, offer, booking, found, now)
            return replace(counted, participants=(*booking.bookers, *found.hosts))
        if attempt == 0:
            await resources.lock(tx, offer.to_lock)
        snapshot = await snapshot.reload(tx, now)
    raise SlotTaken()


async def _kept_hosts(
    tx: Tx, snapshot: AvailabilitySnapshot, booking: Booking, keep: Sequence[UUID], now: datetime
) -> Sequence[UUID]:
    """The hosts that a booking keeps; nobody, and their turn is reversed, when they are not free."""
    if not keep or snapshot.offer.staff is None or can_keep(snapshot, booking, keep):
        return keep
    await round_robin.reverse(tx, booking.id, now)
    return ()


async def _record_decision(
    tx: Tx, offer: resources.Offer, booking: Booking, found: Allocation, now: datetime
) -> None:
    if found.chosen:
        await round_robin.record_decision(tx, booking.id, offer.resource.id, found.chosen, now)


async def _purge_around(tx: Tx, offer: resources.Offer, booking: Booking, now: datetime) -> None:
    await resources.lock(tx, offer.to_lock)
    around = search_margin(offer, booking.length)
    since, until = booking.starts_at - around, booking.ends_at + around
    await purge_expired(tx, offer, [Claim(booking.id, 1, since, until)], now)


class _Lost(Exception):
    """This assignment was claimed by someone else."""


async def _write(
    tx: Tx,
    offer: resources.Offer,
    booking: Booking,
    found: Allocation,
    token_hash: bytes | None,
    now: datetime,
) -> None:
    """Write a booking with its claims. Raises _Lost when someone else has claimed one of them."""
    await _clear_turnovers(tx, offer, found.claims)
    if token_hash is None:
        await occupancy.update(tx, booking, found.hosts, now)
        written = await occupancy.claim(tx, [(booking, found.claims)])
    else:
        written = await queries.insert(tx, booking, token_hash, found.hosts, found.claims)
    if not written or not await rebuild_turnovers(tx, found.claims):
        raise _Lost


async def note_longest_claim(tx: Tx, offer: resources.Offer, claims: Sequence[Claim]) -> None:
    """Where a claim is longer than any before, note it: what bounds the reading of claims must cover it."""
    known, none = offer.longest_of, timedelta()
    longer = [c.until - c.since for c in claims if c.until - c.since > known.get(c.resource_id, none)]
    if longer:  # for all members at once, so that the next booking need not bump the version
        await resources.lock(tx, offer.to_lock)
        if await resources.raise_longest_claim(tx, sorted(offer.members), max(longer)):
            await resources.bump_catalogue_version(tx)


async def purge_expired(tx: Tx, offer: resources.Offer, claims: Sequence[Claim], now: datetime) -> None:
    """Remove what expired holds left around claims, and write the turnovers beside them anew."""
    if not claims:
        return
    since = min(claim.since for claim in claims) - offer.longest
    until = max(claim.until for claim in claims) + offer.longest
    for resource_id, unit, start, end in await claim_queries.remove_expired_claims(
        tx, offer.members, since, until, now
    ):
        await turnovers.rewrite(tx, resource_id, unit, start, end)


async def _clear_turnovers(tx: Tx, offer: resources.Offer, claims: Sequence[Claim]) -> None:
    known = offer.occupants
    for claim in claims:
        if claim.layout:
            occupant = known[claim.resource_id]
            since = claim.since - timedelta(seconds=occupant.setup)
            until = claim.until + timedelta(seconds=occupant.teardown)
            await turnovers.remove_shared(tx, claim.resource_id, claim.unit, since, until, claim.layout)


async def rebuild_turnovers(tx: Tx, claims: Sequence[Claim]) -> bool:
    """Write what must stand around claims with a layout; False when it cannot stand."""
    for claim in claims:
        if claim.layout and not await turnovers.rewrite(
            tx, claim.resource_id, claim.unit, claim.since, claim.until
        ):
            return False
    return True
