"""Setting up and clearing away as claims of their own, shared by neighbours that use the same layout.

What must stand between the bookings of one unit follows from their order alone: between two of different
layouts the first is cleared away and the second set up; between two of the same layout that leave no room
for both, the layout simply stays. After each change these claims are written anew from that.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from infra24.bookings import turnover_queries as queries
from infra24.db import Tx

_WIDEST = timedelta(days=3)
"""No setup and teardown together take longer (each is at most a day)."""


class Use(NamedTuple):
    """One booking of a unit, buffers included, with the layout it uses ("" for none)."""

    booking_id: Hashable
    start: int
    end: int
    layout: str


class Turnover(NamedTuple):
    """The time around a booking in which its layout is set up or cleared away."""

    booking_id: Hashable
    start: int
    end: int
    layout: str


@dataclass(frozen=True, slots=True)
class Times:
    """How many seconds a layout takes."""

    setup: int = 0
    teardown: int = 0


def times_of(layouts: Mapping[str, Mapping[str, int]]) -> dict[str, Times]:
    """The times of a resource's layouts, which are written in minutes."""
    return {
        name: Times(60 * minutes.get("setup", 0), 60 * minutes.get("teardown", 0))
        for name, minutes in layouts.items()
    }


def turnovers(uses: Iterable[Use], times: Mapping[str, Times]) -> list[Turnover]:
    """What must stand around uses of one unit, in order of time; uses must not overlap. Seconds."""
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


async def remove_shared(
    tx: Tx, resource_id: UUID, unit: int, start: datetime, end: datetime, layout: str
) -> None:
    """Take away what neighbours of the same layout have between two instants. To be tidied afterwards."""
    await queries.remove(tx, resource_id, unit, start, end, layout)


async def rewrite(tx: Tx, resource_id: UUID, unit: int, start: datetime, end: datetime) -> bool:
    """Write the turnovers around a change anew. False when one could not stand. Lock the resource first."""
    layouts = await queries.layouts(tx, resource_id)
    if not layouts:
        return True
    times = times_of(layouts)
    rows = await queries.uses(tx, resource_id, unit, start - _WIDEST, end + _WIDEST)
    uses = [Use(id_, _seconds(since), _seconds(until), layout) for id_, since, until, layout in rows]
    reach = max(t.setup + t.teardown for t in times.values())
    first, last = _seconds(start) - reach, _seconds(end) + reach
    wanted = {t for t in turnovers(uses, times) if t.start < last and t.end > first}
    margin = timedelta(seconds=reach)
    rows = await queries.standing(tx, resource_id, unit, start - margin, end + margin)
    there = {Turnover(id_, _seconds(since), _seconds(until), name) for id_, since, until, name in rows}
    await queries.drop(tx, resource_id, unit, _written(there - wanted))
    return await queries.add(tx, resource_id, unit, _written(wanted - there))


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _written(found: Iterable[Turnover]) -> list[tuple[Hashable, datetime, datetime, str]]:
    """Turnovers as the statements want them: booking, start, end, layout."""
    return [
        (t.booking_id, datetime.fromtimestamp(t.start, UTC), datetime.fromtimestamp(t.end, UTC), t.layout)
        for t in sorted(found, key=lambda t: t.start)
    ]
