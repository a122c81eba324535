"""Snapshots: an offer's rules and the claims that stand at one moment, as the pure engine takes them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import repeat
from typing import TypeVar
from uuid import UUID

from infra24 import resources
from infra24.availability import (
    AvailabilityInput,
    Busy,
    LimitScope,
    Member,
    Need,
    Period,
    hours_open,
    intersect,
    off,
    union,
)
from infra24.availability.barriers import days_of
from infra24.bookings import busy_queries
from infra24.bookings.turnovers import Times, Use, turnovers
from infra24.db import Row, Tx
from infra24.errors import Message, Unavailable
from infra24.organizations import UnknownResource
from infra24.resources import ANYONE, HostPreference, Offer, PoolMember

_TRIES = 20
_LARGE = 60_000
"""So many members times starts take some tens of milliseconds."""
_Found = TypeVar("_Found")
_COUNTED = {Period.DAY: timedelta(days=2), Period.WEEK: timedelta(days=8), Period.MONTH: timedelta(days=33)}


@dataclass(frozen=True, slots=True)
class AvailabilitySnapshot:
    """An offer, narrowed as asked, and its timetable; `expired` when dead holds still stand there."""

    offer: Offer
    timetable: AvailabilityInput
    expired: bool
    choice: HostPreference
    ignoring: Sequence[UUID]

    async def reload(self, tx: Tx, now: datetime) -> "AvailabilitySnapshot":
        """The same question, asked anew."""
        span = (instant(self.timetable.span[0]), instant(self.timetable.span[1]))
        length = timedelta(seconds=self.timetable.length)
        id_ = self.offer.resource.id
        return await load_snapshot(tx, id_, span, length, now, choice=self.choice, ignoring=self.ignoring)


async def load_snapshot(
    tx: Tx,
    resource_id: UUID,
    span: tuple[datetime, datetime],
    length: timedelta | None,
    now: datetime,
    *,
    choice: HostPreference = ANYONE,
    ignoring: Sequence[UUID] = (),
) -> AvailabilitySnapshot:
    """What decides which starts in `span` are offered. `length` None: the shortest on offer.

    One statement, when this process has seen the offer before and it has not changed (and a second where
    all bookings of the offer are limited). Raises UnknownResource; also when the resource is
    archived or not bookable. `choice` narrows it to some hosts. `ignoring` leaves bookings' own claims
    out of sight, so that they can be moved onto their own time; they stand already, so it does not
    matter then whether the resource takes new ones.
    """
    found = resources.cached_offer(tx, resource_id) or await resources.offer(tx, resource_id)
    for _ in range(_TRIES):
        offer = found.restricted_to(choice)
        lasting = length or timedelta(minutes=min(offer.rules.durations))
        around = search_margin(offer, lasting)
        reach = (span[0] - around, span[1] + around)
        members = offer.members
        rows = await busy_queries.claims_in_span(
            tx, members, reach, reach[0] - offer.longest, now, ignoring, detailed=offer.needs_detailed_claims
        )
        if rows[0][0] != offer.version:
            found = await resources.offer(tx, resource_id)
            continue
        if not ignoring:
            check_bookable(offer)
        limited = offer.rules.limits_of(LimitScope.OFFER)
        made = await busy_queries.booking_spans(tx, resource_id, *reach, now, ignoring) if limited else []
        claims = claims_by_member(rows)
        begun = min(now, span[0]) if choice.staff_length else now  # staff may write down what has begun
        seen = timetable(offer, claims, span, lasting, begun, made)
        return AvailabilitySnapshot(offer, seen, any(row[2] for row in rows), choice, ignoring)
    raise Unavailable(Message("Its rules are being changed right now. Try again in a moment."))


def check_bookable(offer: Offer) -> None:
    """Raises UnknownResource for what is archived or not bookable: it takes no new bookings."""
    if not (offer.resource.is_active and offer.resource.is_bookable):
        raise UnknownResource()


async def run_engine(engine: Callable[[AvailabilityInput], _Found], seen: AvailabilityInput) -> _Found:
    """Ask the engine; a large question in a thread of its own, so that nobody else has to wait for it."""
    members = sum(len(need.members) for need in seen.needs)
    starts = (seen.span[1] - seen.span[0]) // (60 * seen.terms.step_minutes)
    if members * starts < _LARGE:
        return engine(seen)
    return await asyncio.to_thread(engine, seen)


def seconds(at: datetime) -> int:
    """An instant as the engine counts it."""
    return int(at.timestamp())


def instant(at: int) -> datetime:
    """The engine's seconds as an instant."""
    return datetime.fromtimestamp(at, UTC)


def search_margin(offer: Offer, length: timedelta) -> timedelta:
    """How far around a start a claim can matter: its own length and what is around it, or what is counted."""
    rules = offer.rules
    counted = [_COUNTED[limit.period] for limit in rules.limits if limit.scope is not LimitScope.BOOKER]
    turnover = max((o.turnover for p in offer.pools for o in p.occupants), default=0)
    buffers = timedelta(minutes=rules.buffer_before + rules.buffer_after, seconds=turnover)
    return max([*counted, length + buffers])


def claims_by_member(rows: Sequence[Row]) -> dict[UUID, list[Busy]]:
    """The rows of `claims_in_span`, by whom the claims are on."""
    found: dict[UUID, list[Busy]] = {}
    for _, member, _, starts, ends, *closer in rows:
        if starts:  # one call each in C: a month of twenty hosts has thousands
            rest = closer or (repeat(1), starts)
            found[member] = list(map(Busy, starts, ends, *rest))
    return found


def timetable(
    offer: Offer,
    claims: dict[UUID, list[Busy]],
    span: tuple[datetime, datetime],
    length: timedelta,
    now: datetime,
    made: Sequence[tuple[int, int]] = (),
) -> AvailabilityInput:
    """An offer and the claims on whom it may take, as the engine wants them."""
    bare = AvailabilityInput(
        offer.rules,
        seconds(now),
        (seconds(span[0]), seconds(span[1])),
        int(length.total_seconds()),
        (),
        offer.grid,
        offer.rules.blackouts,
        made,
    )
    needs = tuple(
        Need(
            tuple(_member(o, claims, offer.resource.layout, bare) for o in pool.occupants),
            pool.count,
            pool.units,
            pool.staffed,
        )
        for pool in offer.pools
    )
    return AvailabilityInput(
        bare.terms, bare.now, bare.span, bare.length, needs, bare.grid, bare.closed, bare.made
    )


def _member(
    occupant: PoolMember, claims: dict[UUID, list[Busy]], layout: str, bare: AvailabilityInput
) -> Member:
    within = None
    if occupant.substitutes:
        within = tuple(
            union(
                span
                for away, hours in occupant.substitutes
                for span in intersect(
                    [(start, end) for start, end, _ in off(away, away.overrides, *days_of(bare), "time_off")],
                    hours_open(hours, *days_of(bare)),
                )
            )
        )
    busy: Sequence[Busy] = claims.get(occupant.id, ())
    if occupant.layouts:
        busy = _with_turnovers(occupant, busy)
    return Member(
        occupant.id,
        occupant.schedule,
        occupant.capacity,
        busy,
        occupant.person,
        frozenset(part for part, _ in occupant.parts),
        [busy for part, units in occupant.parts for busy in claims.get(part, ()) if busy.unit <= units],
        within,
        layout if occupant.setup or occupant.teardown else "",
        occupant.setup,
        occupant.teardown,
        occupant.also_closed,
    )


def _with_turnovers(occupant: PoolMember, busy: Sequence[Busy]) -> list[Busy]:
    """The uses of a resource with layouts, and what must stand around them.

    Computed from the uses that count, not read: beside an expired hold they are not written yet.
    """
    times = {name: Times(setup, teardown) for name, setup, teardown in occupant.layouts}
    uses = [claim for claim in busy if not claim.turnover]
    around = [
        Busy(t.start, t.end, unit, t.start, t.end, t.layout, True)
        for unit in {claim.unit for claim in uses}
        for t in turnovers([Use(None, c.start, c.end, c.layout) for c in uses if c.unit == unit], times)
    ]
    return [*uses, *around]
