"""Write what bookings occupy and who is in them: new ones, those that are moved, those that end.

A booking that is moved gives up its claims first, so that nothing of its own is in its way, and takes them
again elsewhere: they keep their rows, as its hosts do.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import psycopg

from infra24 import round_robin
from infra24.bookings import claim_queries, participants, queries, requirement_queries, turnovers
from infra24.bookings.claims import Claim, ReleasedClaim, matched
from infra24.bookings.model import Booking, Participant
from infra24.bookings.states import Status
from infra24.db import Statement, Tx

Placed = Sequence[tuple[Booking, Sequence[Claim]]]
"""Bookings with what they claim."""


async def update(tx: Tx, booking: Booking, hosts: Sequence[Participant], now: datetime) -> None:
    """Write a booking's time and hosts; what a pending one still waits for is due anew."""
    exchanged = participants.exchange_hosts(tx, booking, hosts)
    await tx.run_together([queries.update_time(tx, booking, now), *exchanged])
    if booking.status is Status.PENDING:
        await requirement_queries.renew(tx, [booking.id], now)


async def claim(tx: Tx, placed: Placed) -> bool:
    """Claim for bookings that are there, again what they have released; False when something was taken."""
    released = await claim_queries.released(tx, [booking.id for booking, _ in placed])
    again: list[tuple[ReleasedClaim, Booking, Claim]] = []
    new: list[tuple[Booking, Claim]] = []
    gone: list[ReleasedClaim] = []
    for booking, claims in placed:
        own = [one for one in released if one.booking_id == booking.id]
        kept, added, left = matched(own, claims)
        again += [(former, booking, claim) for former, claim in kept]
        new += [(booking, claim) for claim in added]
        gone += left
    if gone:
        await tx.run_together([claim_queries.delete_released(tx, gone)])
    try:
        return sum(await tx.run_together(_in_order(tx, again, new))) == len(again) + len(new)
    except psycopg.errors.ExclusionViolation:
        return False


def _in_order(
    tx: Tx, again: Sequence[tuple[ReleasedClaim, Booking, Claim]], new: Sequence[tuple[Booking, Claim]]
) -> list[Statement]:
    """The statements that claim, in the one order of all claims, so that nobody waits in a circle."""
    if not again:
        return [claim_queries.insert(tx, new)]
    statements = [(_place(one[2]), claim_queries.take_again(tx, *one)) for one in again]
    statements += [(_place(claim), claim_queries.insert(tx, [(booking, claim)])) for booking, claim in new]
    return [statement for _, statement in sorted(statements, key=lambda one: one[0])]


def _place(claim: Claim) -> tuple[UUID, int, datetime]:
    return claim.resource_id, claim.unit, claim.since


async def resources_to_lock(tx: Tx, booking_id: UUID) -> set[UUID]:
    """What must be locked before a booking is released: what is laid out for it, the ledger of its turn."""
    return {*await claim_queries.laid_out(tx, booking_id), *await round_robin.offers_of(tx, booking_id)}


async def release(tx: Tx, booking_id: UUID, now: datetime) -> None:
    """Free all that a booking claims, and write the turnovers beside it anew."""
    for resource_id, unit, since, until in await claim_queries.release(tx, booking_id, now):
        await turnovers.rewrite(tx, resource_id, unit, since, until)
