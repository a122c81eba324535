"""A slow, obviously right answer to "what is offered": instant by instant, combination by combination.

Written from the definitions alone. Hours and closings are looked at tick by tick: a tick is a stretch of
time (a minute, or a quarter of an hour) at whose edges everything falls that a clock on the wall decides,
so a tick is open or closed as one. Claims, `now` and the span keep their seconds.
"""

from collections.abc import Container, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import combinations, product
from zoneinfo import ZoneInfo

from infra24.availability import (
    AvailabilityInput,
    Busy,
    Kind,
    Limit,
    LimitScope,
    Member,
    Need,
    Override,
    Period,
    Schedule,
)

MINUTE = 60
DAY = 86_400
LONGEST_DATE = 26 * 3_600
EPOCH = date(1970, 1, 1)
Combination = tuple[tuple[Member, ...], ...]
"""For each need, the members chosen."""


# Clocks and dates.


@lru_cache(maxsize=600_000)
def shown(zone: ZoneInfo, instant: int) -> tuple[date, int]:
    """The date and the second of the day that a clock on the wall shows."""
    wall = datetime.fromtimestamp(instant, UTC).astimezone(zone)
    return wall.date(), wall.hour * 3_600 + wall.minute * 60 + wall.second


def ticks_of(start: int, end: int, tick: int) -> range:
    """The whole ticks that [start, end) touches."""
    return range(start - start % tick, end, tick)


def overlap(start: int, end: int, other_start: int, other_end: int) -> bool:
    """Whether two half-open spans share an instant."""
    return start < other_end and other_start < end


def covered(spans: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Whether each instant of [start, end) is in some span, be it one or several."""
    at = start
    for begins, ends in sorted(spans):
        if begins <= at:
            at = max(at, ends)
    return at >= end


def period(of: Period, on: date) -> date:
    """The first date of the day, week or month that a date is in."""
    if of is Period.WEEK:
        return on - timedelta(days=on.weekday())
    return on.replace(day=1) if of is Period.MONTH else on


# What a schedule says of a date.


def covering(schedule: Schedule, on: date, *kinds: Kind) -> list[Override]:
    """The overrides of some kinds that cover a date."""
    return [o for o in schedule.overrides if o.kind in kinds and o.first <= on <= o.last]


def zone_on(schedule: Schedule, on: date) -> ZoneInfo:
    """The zone that holds on a date: that of the last journey in the list which covers it."""
    return [schedule.zone, *(t.zone for t in schedule.travels if t.first <= on <= t.last)][-1]


def is_holiday(schedule: Schedule, instant: int) -> bool:
    """Whether a clock in the zone of the holidays shows the date of one."""
    on, _ = shown(schedule.holidays.zone, instant)
    return (on - EPOCH).days in schedule.holidays.names


def zones_of(schedule: Schedule) -> set[ZoneInfo]:
    """The zones that hold on some date."""
    return {schedule.zone, *(travel.zone for travel in schedule.travels)}


def is_spoken_of(schedule: Schedule, instant: int) -> bool:
    """Whether hours are said, besides those of the week, for the date that a clock shows which holds on it."""
    dates = [(zone, shown(zone, instant)[0]) for zone in zones_of(schedule)]
    return any(
        zone_on(schedule, on) is zone and covering(schedule, on, Kind.INSTEAD, Kind.EXTRA)
        for zone, on in dates
    )


def hours_on(schedule: Schedule, on: date) -> list[tuple[int, int, bool]]:
    """The hours of a date: (from, to, whether a holiday takes them away), seconds of the day."""
    instead = covering(schedule, on, Kind.INSTEAD)
    extra = [(*window, False) for o in covering(schedule, on, Kind.EXTRA) for window in o.hours]
    if instead:
        return [(*window, False) for o in instead for window in o.hours] + extra
    return [(opens, closes, True) for days, opens, closes in schedule.weekly if on.weekday() in days] + extra


def closings_on(schedule: Schedule, on: date) -> list[tuple[int, int, str]]:
    """What is off on a date, (from, to, code). All of it is where no hours are said instead of the weekly ones."""
    off = [(*window, schedule.off_code) for o in covering(schedule, on, Kind.OFF) for window in o.hours]
    return off + [(0, DAY, schedule.off_code) for o in covering(schedule, on, Kind.INSTEAD) if not o.hours]


def says_hours(schedule: Schedule | None) -> bool:
    """Whether a schedule says of any date when it is open."""
    if schedule is None:
        return False
    return bool(schedule.weekly) or any(o.kind is not Kind.OFF and o.hours for o in schedule.overrides)


@dataclass
class Reading:
    """What a schedule says of some ticks: which are open, which begin a step, which are closed and why."""

    open: set[int] = field(default_factory=set)
    grid: set[int] = field(default_factory=set)
    closed: dict[int, set[str]] = field(default_factory=dict)

    def let_in(self, tick: int, but: Container[int], begins: bool) -> None:
        """A tick is open, and begins a step or not, but for some."""
        if tick in but:
            return
        self.open.add(tick)
        if begins:
            self.grid.add(tick)


def read(schedule: Schedule, ticks: range, step: int) -> Reading:
    """Look at the clocks of every zone that can hold, tick by tick."""
    found = Reading()
    holidays = {tick for tick in ticks if is_holiday(schedule, tick)}
    for zone in zones_of(schedule):
        days: dict[date, tuple[list[tuple[int, int, bool]], list[tuple[int, int, str]]]] = {}
        pieces: dict[tuple[date, int], int] = {}  # those that the tick before was in: where they began
        for tick in ticks:
            on, second = shown(zone, tick)
            if on not in days:
                holds = zone_on(schedule, on) is zone
                days[on] = (hours_on(schedule, on), closings_on(schedule, on)) if holds else ([], [])
            before, pieces = pieces, {}
            for number, (opens, closes, weekly) in enumerate(days[on][0]):
                if opens <= second < closes:
                    begun = pieces[on, number] = before.get((on, number), tick)
                    found.let_in(tick, holidays if weekly else (), (tick - begun) % step == 0)
            for opens, closes, code in days[on][1]:
                if opens <= second < closes:
                    found.closed.setdefault(tick, set()).add(code)
    for tick in filter(holidays.__contains__, ticks):
        if not is_spoken_of(schedule, tick):
            found.closed.setdefault(tick, set()).add("holiday")
    return found


# One timetable, asked start by start.


@dataclass
class Oracle:
    """The offer of one timetable."""

    timetable: AvailabilityInput
    tick: int = MINUTE
    _readings: dict[int, Reading] = field(default_factory=dict)
    _reasons: dict[tuple[int, Hashable, int], frozenset[str]] = field(default_factory=dict)
    _closed: Reading | None = None

    def reading(self, schedule: Schedule) -> Reading:
        """What a schedule says of every tick that can matter to a start in the span."""
        if id(schedule) not in self._readings:
            first, last = self.timetable.span
            ticks = ticks_of(first - LONGEST_DATE, last + self.timetable.length, self.tick)
            step = self.timetable.terms.step_minutes * MINUTE
            self._readings[id(schedule)] = read(schedule, ticks, step)
        return self._readings[id(schedule)]

    def booking(self, start: int) -> range:
        """The ticks of a booking."""
        return ticks_of(start, start + self.timetable.length, self.tick)

    # Everyone.

    def wrong_length(self) -> bool:
        """Whether this length is none of those on offer."""
        return self.timetable.length not in [m * MINUTE for m in self.timetable.terms.durations]

    def common(self, start: int) -> set[str]:
        """The codes of what removes the start for everyone."""
        timetable, terms = self.timetable, self.timetable.terms
        now, notice = timetable.now, terms.min_notice_minutes * MINUTE
        offers = Schedule(terms.zone, overrides=timetable.closed, off_code="blackout")
        if self._closed is None:
            first, last = timetable.span
            self._closed = read(offers, ticks_of(first, last + timetable.length, self.tick), DAY)
        found = {
            "past": start < now,
            "too_soon": now <= start < now + notice,
            "too_far": start >= now + terms.horizon_days * DAY,
            "blackout": not self._closed.closed.keys().isdisjoint(self.booking(start)),
            "no_hosts": any(n.staffed and len(n.members) < n.count for n in timetable.needs),
            "nothing_fits": any(not n.staffed and len(n.members) < n.count for n in timetable.needs),
        }
        limits = self.limits_used_up(LimitScope.OFFER, list(timetable.made), start)
        return {code for code, holds in found.items() if holds} | limits

    def limits_used_up(self, scope: LimitScope, made: list[tuple[int, int]], start: int) -> set[str]:
        """The codes of the limits that one more booking breaks; `made` are (begin, end)."""
        limits = [limit for limit in self.timetable.terms.limits if limit.scope is scope]
        return {f"{limit.period}_limit" for limit in limits if self.breaks(limit, made, start)}

    def breaks(self, limit: Limit, made: list[tuple[int, int]], start: int) -> bool:
        """Whether a booking at this start is one too many, or some minutes too many."""
        zone = self.timetable.terms.zone
        here = period(limit.period, shown(zone, start)[0])
        same = [(s, e) for s, e in made if period(limit.period, shown(zone, s)[0]) == here]
        if limit.minutes:
            return sum((e - s) // 60 for s, e in same) + self.timetable.length // 60 > limit.most
        return len(same) + 1 > limit.most

    # One member.

    def reasons(self, number: int, member: Member, start: int) -> frozenset[str]:
        """The codes of all that stands in the way of a member of one need."""
        asked = (number, member.key, start)
        if asked not in self._reasons:
            self._reasons[asked] = frozenset(self._why_not(number, member, start))
        return self._reasons[asked]

    def _why_not(self, number: int, member: Member, start: int) -> Iterator[str]:
        """Hours, closings, standing in, claims and limits."""
        end = start + self.timetable.length
        yield from self.not_open(number, member, start)
        for schedule in (member.schedule, *member.also_closed):
            closed = self.reading(schedule).closed if schedule is not None else {}
            if closed:
                yield from (code for tick in self.booking(start) for code in closed.get(tick, ()))
        if member.within is not None and not covered(member.within, start, end):
            yield "outside_hours"
        units = self.timetable.needs[number].units
        if member.capacity is not None and len(self.free_units(member, start)) < units:
            yield "taken"
        if any(self.in_reach(claim, start) for claim in member.part_claims):
            yield "taken"
        if member.person:
            booked = {(b.booked, b.until, b.ref) for b in member.busy if not b.turnover}
            yield from self.limits_used_up(LimitScope.HOST, [(s, e) for s, e, _ in booked], start)

    def not_open(self, number: int, member: Member, start: int) -> Iterator[str]:
        """Whether the hours of a member say so; of those that decide where starts are, also the grid."""
        if number == self.timetable.grid:
            if not self.fits(member, start):
                yield "outside_hours"
            elif start not in self.reading(member.schedule).grid:
                yield "off_grid"
        elif says_hours(member.schedule) and not self.fits(member, start):
            yield "outside_hours"

    def fits(self, member: Member, start: int) -> bool:
        """Whether the whole booking is inside the member's open hours."""
        if member.schedule is None:
            return False
        return self.reading(member.schedule).open.issuperset(self.booking(start))

    def in_reach(self, claim: Busy, start: int, setup: int = 0, teardown: int = 0) -> bool:
        """Whether a claim overlaps the booking with its buffers, and what its layout takes."""
        terms = self.timetable.terms
        begins = start - terms.buffer_before * MINUTE - setup
        ends = start + self.timetable.length + terms.buffer_after * MINUTE + teardown
        return overlap(begins, ends, claim.start, claim.end)

    def in_the_way(self, member: Member, claim: Busy, start: int) -> bool:
        """Whether a claim on a unit keeps the booking from it."""
        if not member.layout:
            return self.in_reach(claim, start)
        if claim.layout == member.layout:
            return not claim.turnover and self.in_reach(claim, start)
        return self.in_reach(claim, start, member.setup, member.teardown)

    def free_units(self, member: Member, start: int) -> list[int]:
        """The numbers of the units that no claim is in the way of."""
        taken = {claim.unit for claim in member.busy if self.in_the_way(member, claim, start)}
        return [unit for unit in range(1, (member.capacity or 0) + 1) if unit not in taken]

    # All needs together.

    def assignments(
        self, start: int, orders: Mapping[int, Sequence[Hashable]] | None = None
    ) -> Iterator[Combination]:
        """Every valid choice of members for the needs, the most preferred first."""
        options = []
        for number, need in enumerate(self.timetable.needs):
            members = {m.key: m for m in need.members}
            keys = (orders or {}).get(number, list(members))
            able = [members[key] for key in keys if not self.reasons(number, members[key], start)]
            if len(able) < need.count:
                return
            options.append(list(combinations(able, need.count)))
        for chosen in product(*options):
            if self.goes_together(chosen, start):
                yield chosen

    def goes_together(self, chosen: Combination, start: int) -> bool:
        """Whether there are units for all, and no part is taken twice."""
        needs: tuple[Need, ...] = self.timetable.needs
        picks = [(need, member) for need, members in zip(needs, chosen, strict=True) for member in members]
        for _, member in picks:
            wanted = sum(need.units for need, other in picks if other.key == member.key)
            if member.capacity is not None and len(self.free_units(member, start)) < wanted:
                return False
        for (_, one), (_, other) in combinations(picks, 2):
            if other.key in one.parts or one.key in other.parts or one.parts & other.parts:
                return False
        return True

    def is_free(self, start: int) -> bool:
        """Whether the start is offered."""
        first, last = self.timetable.span
        if not first <= start < last or self.wrong_length() or self.common(start):
            return False
        return any(True for _ in self.assignments(start))

    def grid(self) -> list[int]:
        """Every start in the span that the hours of the first members say, sorted, whether it is free or not."""
        first, last = self.timetable.span
        members = self.timetable.needs[self.timetable.grid].members
        return [
            tick
            for tick in ticks_of(first, last, self.tick)
            if first <= tick
            and any(
                m.schedule and tick in self.reading(m.schedule).grid and self.fits(m, tick) for m in members
            )
        ]

    def free_starts(self) -> list[int]:
        """Every start that is offered: each tick of the span is tried."""
        return [tick for tick in ticks_of(*self.timetable.span, self.tick) if self.is_free(tick)]

    def hosts(self, number: int, start: int) -> list[Hashable]:
        """The members of a need with whom the start can be booked, in their order."""
        able = {member.key for chosen in self.assignments(start) for member in chosen[number]}
        return [member.key for member in self.timetable.needs[number].members if member.key in able]

    def true_codes(self, start: int) -> set[str]:
        """Every code that may be told of a start that is not offered."""
        if self.wrong_length():
            return {"wrong_length"}
        found = self.common(start)
        short = False
        for number, need in enumerate(self.timetable.needs):
            told = [self.reasons(number, member, start) for member in need.members]
            if sum(not codes for codes in told) < need.count:
                short = True
                found = found.union(*told)
        if not found and not short and not any(True for _ in self.assignments(start)):
            found.add("no_combination")
        return found
