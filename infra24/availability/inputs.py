"""All that decides what is offered: terms, time, and the pools that a booking needs something of."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from infra24.availability.booking_rules import BookingRules
from infra24.availability.intervals import Span
from infra24.availability.reasons import Reason
from infra24.availability.schedules import Override, Schedule


class Busy(NamedTuple):
    """One claim: [start, end) with its buffers, its unit, and when its booking begins and ends.

    `layout` is how the place is laid out for it; a `turnover` is the setting up or clearing away, which
    a neighbour with the same layout does not need.
    """

    start: int
    end: int
    unit: int
    booked: int
    until: int = 0
    layout: str = ""
    turnover: bool = False
    ref: Hashable = None


@dataclass(frozen=True, slots=True)
class Member:
    """Someone or something that a booking claims.

    Without a schedule, or with one that says no hours, it is open always but for what is off. `capacity`
    None: it is never taken. `part_claims` are the claims on its `parts`, any of which takes it. `within`
    limits who stands in for another to the time in which that one is away. `setup` and `teardown` are
    seconds that a `layout` takes. `also_closed` are schedules of which only the closings count.
    """

    key: Hashable
    schedule: Schedule | None = None
    capacity: int | None = 1
    busy: Sequence[Busy] = ()
    person: bool = False
    parts: frozenset[Hashable] = frozenset()
    part_claims: Sequence[Busy] = ()
    within: tuple[Span, ...] | None = None
    layout: str = ""
    setup: int = 0
    teardown: int = 0
    also_closed: tuple[Schedule, ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """`count` different members of a pool, `units` of each. `staffed`: its members are hosts."""

    members: tuple[Member, ...]
    count: int = 1
    units: int = 1
    staffed: bool = False


@dataclass(frozen=True, slots=True)
class AvailabilityInput:
    """All that decides what is offered: terms, now, the span asked for, the length, who and what.

    `span` bounds the starts, `length` is in seconds. `grid` is the number of the need whose hours say
    where bookings start; the others only have to be open. `closed` are the offer's own blackouts, and
    `made` its own bookings (begin, end), for limits on all of them; `made_by_booker` are those of whoever
    asks, where it is known who does. The members' claims must cover
    `span` and the days, weeks and months around it that limits count.
    """

    terms: BookingRules
    now: int
    span: Span
    length: int
    needs: tuple[Need, ...]
    grid: int = 0
    closed: tuple[Override, ...] = ()
    made: Sequence[tuple[int, int]] = ()
    made_by_booker: Sequence[tuple[int, int]] | None = None


@dataclass(frozen=True, slots=True)
class NeedStatus:
    """What stands in the way of each member of one need at one start."""

    need: Need
    reasons: dict[Hashable, tuple[Reason, ...]]

    @property
    def enough(self) -> bool:
        """Whether as many are free as are needed."""
        return sum(not why for why in self.reasons.values()) >= self.need.count


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one start is offered or not: what removes it for everyone, and for each member of each need."""

    start: int
    free: bool
    common: tuple[Reason, ...] = ()
    need_statuses: tuple[NeedStatus, ...] = field(default=())
    reasons: tuple[Reason, ...] = ()

    @property
    def hosts(self) -> dict[Hashable, tuple[Reason, ...]]:
        """Of each host, what stands in the way."""
        return {
            k: why
            for status in self.need_statuses
            if status.need.staffed
            for k, why in status.reasons.items()
        }
