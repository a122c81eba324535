"""Setting up and clearing away as claims of their own, shared by neighbours that use the same layout.

What must stand between the bookings of one unit follows from their order alone: between two of different
layouts the first is cleared away and the second set up; between two of the same layout that leave no room
for both, the layout simply stays. After each change these claims are written anew from that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from infra24.bookings import turnover_queries as queries
from infra24.db import Tx

_WIDEST = timedelta(days=3)
"""No setup and teardown together take longer (each is at most a day)."""


class Use(NamedTuple):
    """One booking of a unit, buffers included, with the layout it uses ("" for none)."""

    booking_id: UUID
    start: datetime
    end: datetime
    layout: str


class Turnover(NamedTuple):
    """The time around a booking in which its layout is set up or cleared away."""

    booking_id: UUID
    start: datetime
    end: datetime
    layout: str


@dataclass(frozen=True, slots=True)
class Times:
    """How long a layout takes."""

    setup: timedelta = timedelta()
    teardown: timedelta = timedelta()


def turnovers(uses: Sequence[Use], times: dict[str, Times]) -> list[Turnover]:
    """What must stand around uses of one unit, in order of time; uses must not overlap."""
    none = Times()
    found: list[Turnover] = []
    last: Use | None = None
    for use in [*sorted(uses, key=lambda u: u.start), None]:
        after = times.get(last.layout, none).teardown if last else none.teardown
        before = times.get(use.layout, none).setup if use else none.setup
        if (
            last
            and use
            and last.layout
            and last.layout == use.layout
            and use.start - last.end < after + before
        ):
            found.append(Turnover(last.booking_id, last.end, use.start, last.layout))
        else:
            if last:
                found.append(Turnover(last.booking_id, last.end, last.end + after, last.layout))
            if use:
                found.append(Turnover(use.booking_id, use.start - before, use.start, use.layout))
        last = use
    return [turnover for turnover in found if turnover.start < turnover.end]


async def make_way(tx: Tx, resource_id: UUID, unit: int, start: datetime, end: datetime, layout: str) -> None:
    """Take away what neighbours of the same layout have between two instants. To be tidied afterwards."""
    await queries.remove(tx, resource_id, unit, start, end, layout)


async def tidy(tx: Tx, resource_id: UUID, unit: int, start: datetime, end: datetime) -> bool:
    """Write the turnovers around a change anew. False when one could not stand. Lock the resource first."""
    layouts = await queries.layouts(tx, resource_id)
    if not layouts:
        return True
    times = {
        name: Times(timedelta(minutes=of.get("setup", 0)), timedelta(minutes=of.get("teardown", 0)))
        for name, of in layouts.items()
    }
    uses = [Use(*row) for row in await queries.uses(tx, resource_id, unit, start - _WIDEST, end + _WIDEST)]
    reach = max(t.setup + t.teardown for t in times.values())
    wanted = {t for t in turnovers(uses, times) if t.start < end + reach and t.end > start - reach}
    there = {
        Turnover(*row) for row in await queries.standing(tx, resource_id, unit, start - reach, end + reach)
    }
    await queries.drop(tx, resource_id, unit, sorted(there - wanted))
    return await queries.add(tx, resource_id, unit, sorted(wanted - there))
