"""Which bookings to come a change of rules, holidays or closings breaks: listed, not lost."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from infra24 import resources
from infra24.availability import CLOSED, Reason, explain
from infra24.bookings import claim_queries, listing_queries
from infra24.bookings.model import Booking
from infra24.bookings.snapshots import seconds, timetable
from infra24.db import Tx
from infra24.organizations import UnknownResource

MOST = 1_000


@dataclass(frozen=True, slots=True)
class AffectedBooking:
    """A booking to come at a time at which those it is with are closed, and why; what it claims."""

    booking: Booking
    reasons: tuple[Reason, ...]
    claims: frozenset[UUID] = frozenset()


async def broken(tx: Tx, resource_id: UUID | None, now: datetime) -> list[AffectedBooking]:
    """The bookings to come (at most 1,000) that stand where nobody is open, of a resource or of all.

    By the engine that offers times: what it would not open now is broken, taken or not. Notice, horizon
    and limits do not break what is already booked.
    """
    found: list[AffectedBooking] = []
    offers: dict[UUID, resources.Offer | None] = {}
    coming = await listing_queries.upcoming(tx, resource_id, now, MOST)
    claimed = await claim_queries.claimed_by(tx, [booking.id for booking in coming])
    for booking in coming:
        if booking.resource_id not in offers:
            try:
                offers[booking.resource_id] = await resources.offer(tx, booking.resource_id)
            except UnknownResource:
                offers[booking.resource_id] = None
        offer = offers[booking.resource_id]
        reasons = _closed(offer, booking, claimed.get(booking.id, set()), now) if offer else ()
        if reasons:
            found.append(AffectedBooking(booking, reasons, frozenset(claimed.get(booking.id, ()))))
    return found


async def upcoming(tx: Tx, resource_id: UUID, now: datetime) -> list[Booking]:
    """The bookings to come (at most 1,000) that are of a resource or claim it, by their start."""
    return await listing_queries.upcoming(tx, resource_id, now, MOST)


async def impact(
    tx: Tx, resource_id: UUID | None, change: Callable[[], Awaitable[Any]], now: datetime
) -> list[AffectedBooking]:
    """The bookings that a change would break which are not broken now. The change is made, and undone."""
    before = {broken_.booking.id for broken_ in await broken(tx, resource_id, now)}

    async def look() -> list[AffectedBooking]:
        return await broken(tx, resource_id, now)

    after = await resources.preview(tx, change, look)
    return [one for one in after if one.booking.id not in before]


def _closed(
    offer: resources.Offer, booking: Booking, claimed: set[UUID], now: datetime
) -> tuple[Reason, ...]:
    """Why a booking's time is closed for exactly those it claims, whatever else is booked."""
    pools = []
    for pool in offer.pools:
        own = tuple(o for o in pool.occupants if o.id in claimed)
        pools.append(replace(pool, occupants=own, count=len(own)) if own else pool)
    asked = replace(offer, pools=tuple(pools))
    span = (booking.starts_at, booking.starts_at + timedelta(seconds=1))
    seen = timetable(asked, {}, span, booking.length, now)
    seen = replace(seen, terms=offer.rules.at_any_minute(booking.length))
    told = explain(seen, seconds(booking.starts_at)).reasons
    return tuple(reason for reason in told if reason.code in CLOSED)
