"""Bookable starts, and why the others are not: one set of barriers answers both.

A *barrier* is a span of starts that a rule or a claim removes. The offer is the grid of the windows
less every barrier; the explanation of a start is the list of barriers that cover it. Because both read
the same barriers, they cannot disagree.
"""

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from infra24.availability import hours
from infra24.availability.intervals import Span, intersect, union
from infra24.availability.reasons import CONTENDED, Reason
from infra24.availability.rules import Blackout, Pooling, Rules

FOREVER = 1 << 40
_TAKEN = Reason("taken")
Barrier = tuple[int, int, Reason]
"""(from, to, why): no booking may start at from <= start < to."""


class Busy(NamedTuple):
    """One claim: [start, end) with its buffers, the unit it takes, and when its booking begins."""

    start: int
    end: int
    unit: int
    booked: int
    ref: Hashable


@dataclass(frozen=True, slots=True)
class Member:
    """Someone or something that a booking claims: a host, or the resource itself.

    `closed` is the member's own time off, in its own `zone`.
    """

    key: Hashable
    email: str | None = None
    capacity: int = 1
    busy: Sequence[Busy] = ()
    closed: tuple[Blackout, ...] = ()
    zone: ZoneInfo | None = None


@dataclass(frozen=True, slots=True)
class Timetable:
    """All that decides what is offered: rules, now, the span asked for, the length, who and what.

    `span` bounds the starts, `length` is in seconds. `place` is the resource itself when it can be
    occupied or has windows of its own. The members' busy claims must cover `span` and the days and
    weeks around it that limits count.
    """

    rules: Rules
    now: int
    span: Span
    length: int
    hosts: tuple[Member, ...] = ()
    place: Member | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one start is offered or not: what removes it for everyone, and for each host."""

    start: int
    free: bool
    common: tuple[Reason, ...] = ()
    hosts: dict[Hashable, tuple[Reason, ...]] = field(default_factory=dict)
    collective: bool = False

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What a visitor is told: the reasons for everyone, or else those of the hosts.

        Where a host would have had the time and others were faster, theirs are the reasons that count.
        """
        if self.free or self.common:
            return self.common
        lost = [r for r in self.hosts.values() if r and {reason.code for reason in r} <= CONTENDED]
        told = lost[:1] if lost and not self.collective else list(self.hosts.values())
        seen: dict[str, Reason] = {}
        for reason in (reason for reasons in told for reason in reasons):
            seen.setdefault(reason.code, reason)
        return tuple(seen.values())


def free_starts(timetable: Timetable) -> list[int]:
    """The bookable starts, sorted; none when the length is not one that is offered."""
    if _wrong_length(timetable):
        return []
    return _offered(timetable, [_free(timetable, member) for member in _pool(timetable)])


def free_hosts(timetable: Timetable) -> dict[int, list[Hashable]]:
    """For each bookable start, sorted, the hosts who are free: all of them if collective."""
    pool = () if _wrong_length(timetable) else _pool(timetable)
    lists = [_free(timetable, member) for member in pool]
    free: dict[int, list[Hashable]] = {start: [] for start in _offered(timetable, lists)}
    for member, starts in zip(pool, lists, strict=True):
        for start in starts:
            if start in free:
                free[start].append(member.key)
    return free


def _offered(timetable: Timetable, lists: list[list[int]]) -> list[int]:
    """The starts that remain when those of each host, and the barriers for everyone, are put together."""
    if _wrong_length(timetable) or _unstaffed(timetable):
        return []
    if not timetable.hosts:
        starts: Sequence[int] = _grid_of(timetable, None)
    elif timetable.rules.pooling is Pooling.COLLECTIVE:
        starts = sorted(set(lists[0]).intersection(*lists[1:]))
    elif len(lists) == 1:
        starts = lists[0]
    else:
        starts = sorted(set().union(*lists))
    return _clear(starts, _common(timetable))


def explain(timetable: Timetable, start: int) -> Explanation:
    """Why `start` is offered or not, by the same barriers that `free_starts` uses."""
    wrong_length = _wrong_length(timetable)
    if wrong_length:
        return Explanation(start, False, tuple(wrong_length))
    common = [why for low, high, why in _common(timetable) if low <= start < high]
    if _unstaffed(timetable):
        common.append(Reason("no_hosts"))
    elif not timetable.hosts:
        common += _off_hours(timetable, None, start)
    if _unstaffed(timetable) or not timetable.hosts:
        return Explanation(start, not common, tuple(common))
    hosts = {
        member.key: (
            *_off_hours(timetable, member.email, start),
            *(why for low, high, why in _of_host(timetable, member) if low <= start < high),
        )
        for member in _pool(timetable)
    }
    collective = timetable.rules.pooling is Pooling.COLLECTIVE
    enough = all if collective else any
    free = not common and enough(not reasons for reasons in hosts.values())
    return Explanation(start, free, tuple(common), hosts, collective)


def nearest(starts: Sequence[int], wanted: int, count: int = 3) -> list[int]:
    """The `count` starts closest to `wanted`, in the order of time; the earlier wins a tie."""
    return sorted(sorted(starts, key=lambda start: (abs(start - wanted), start))[:count])


def _unstaffed(timetable: Timetable) -> bool:
    """Whether the windows name hosts and none of those who could take it is there."""
    return bool(timetable.rules.hosts) and not _pool(timetable)


def _pool(timetable: Timetable) -> tuple[Member, ...]:
    if timetable.rules.pooling is not Pooling.FIXED:
        return timetable.hosts
    return tuple(m for m in timetable.hosts if m.email == timetable.rules.fixed_host)


def _free(timetable: Timetable, member: Member) -> list[int]:
    return _clear(_grid_of(timetable, member.email), _of_host(timetable, member))


def _clear(starts: Sequence[int], barriers: Iterable[Barrier]) -> list[int]:
    """The starts that no barrier covers."""
    left: list[int] = []
    at = 0
    for low, high, _ in sorted(barriers, key=itemgetter(0)):
        if high <= starts[at] if at < len(starts) else True:
            continue
        until = bisect_left(starts, low, at)
        left += starts[at:until]
        at = bisect_left(starts, high, until)
    left += starts[at:]
    return left


# What removes starts for everyone.


def _common(timetable: Timetable) -> list[Barrier]:
    rules, now, place = timetable.rules, timetable.now, timetable.place
    notice = rules.min_notice_minutes
    barriers: list[Barrier] = [(-FOREVER, now, Reason("past"))]
    if notice:
        barriers.append((now, now + notice * 60, Reason("too_soon", {"minutes": notice})))
    horizon = now + rules.horizon_days * hours.DAY
    barriers.append((horizon, FOREVER, Reason("too_far", {"days": rules.horizon_days})))
    barriers += _blacked_out(timetable, rules.zone, rules.blackouts, "blackout")
    if place is not None:
        if timetable.hosts and rules.opens_itself:
            barriers += _shut(timetable)
        barriers += _blacked_out(timetable, place.zone or rules.zone, place.closed, "time_off")
        barriers += _taken(timetable, place)
    return barriers


def _wrong_length(timetable: Timetable) -> list[Reason]:
    offered = timetable.rules.durations
    if timetable.length in {minutes * 60 for minutes in offered}:
        return []
    listed = ", ".join(map(str, offered))
    return [Reason("wrong_length", {"minutes": timetable.length // 60, "offered": listed})]


def _blacked_out(
    timetable: Timetable, zone: ZoneInfo, blackouts: Iterable[Blackout], code: str
) -> Iterator[Barrier]:
    (first, last), length = timetable.span, timetable.length
    from_day = hours.day_number(hours.local_date(zone, first)) - 1
    to_day = hours.day_number(hours.local_date(zone, last + length)) + 1
    for blackout in blackouts:
        days = range(
            max(from_day, hours.day_number(blackout.first)),
            min(to_day, hours.day_number(blackout.last)) + 1,
        )
        why = Reason(code, private=blackout.reason or None)
        for start, end in hours.wall_spans(zone, days, blackout.start, blackout.end):
            yield start - length + 1, end, why


def _shut(timetable: Timetable) -> Iterator[Barrier]:
    """The resource's own closed times, where hosts have windows and it has windows too."""
    edge = -FOREVER
    for start, end in _open_of(timetable, None):
        yield edge, start, Reason("outside_hours")
        edge = max(start, end - timetable.length + 1)
    yield edge, FOREVER, Reason("outside_hours")


def _taken(timetable: Timetable, member: Member) -> Iterable[Barrier]:
    """Starts at which no unit is free. A claim keeps its own buffers and the new booking's."""
    before, after = timetable.rules.buffer_before * 60, timetable.rules.buffer_after * 60
    reach = timetable.length + after - 1
    if member.capacity == 1:
        return [(b[0] - reach, b[1] + before, _TAKEN) for b in member.busy if b[2] == 1]
    units: dict[int, list[Busy]] = {}
    for busy in member.busy:
        if busy.unit <= member.capacity:
            units.setdefault(busy.unit, []).append(busy)
    if len(units) < member.capacity:
        return []
    blocked = [union((b.start - reach, b.end + before) for b in claims) for claims in units.values()]
    return [(low, high, _TAKEN) for low, high in _in_all(blocked)]


def _in_all(lists: list[list[Span]]) -> list[Span]:
    shared = lists[0]
    for spans in lists[1:]:
        shared = intersect(shared, spans)
    return shared


# What removes starts for one host.


def _of_host(timetable: Timetable, member: Member) -> list[Barrier]:
    barriers = list(_taken(timetable, member))
    if member.closed:
        zone = member.zone or timetable.rules.zone
        barriers += _blacked_out(timetable, zone, member.closed, "time_off")
    barriers += _limits(timetable, member)
    return barriers


def _limits(timetable: Timetable, member: Member) -> Iterator[Barrier]:
    rules = timetable.rules
    if not (rules.max_per_day_per_host or rules.max_per_week_per_host):
        return
    begun = sorted(booked for booked, _ in {(b.booked, b.ref) for b in member.busy})
    days = hours.local_days(rules.zone, begun)
    per_day: dict[int, int] = {}
    per_week: dict[int, int] = {}
    for day in days:
        per_day[day] = per_day.get(day, 0) + 1
        monday = day - (day + 3) % 7
        per_week[monday] = per_week.get(monday, 0) + 1
    for most, counts, width, code in (
        (rules.max_per_day_per_host, per_day, 1, "day_limit"),
        (rules.max_per_week_per_host, per_week, 7, "week_limit"),
    ):
        for first, count in counts.items() if most else ():
            if most and count >= most:
                for start, end in hours.wall_spans(rules.zone, range(first, first + width), 0, hours.DAY):
                    yield start, end, Reason(code, {"most": most})


# The windows: where starts can be at all.


def _off_hours(timetable: Timetable, email: str | None, start: int) -> list[Reason]:
    if start in _grid_of(timetable, email):
        return []
    inside = any(
        first <= start and start + timetable.length <= last for first, last in _open_of(timetable, email)
    )
    if inside:
        return [Reason("off_grid", {"minutes": timetable.rules.step_minutes})]
    return [Reason("outside_hours")]


def _grid_of(timetable: Timetable, email: str | None) -> list[int]:
    first, last = timetable.span
    starts, _ = _opening_of(timetable, email)
    return starts[bisect_left(starts, first) : bisect_left(starts, last)]


def _open_of(timetable: Timetable, email: str | None) -> list[Span]:
    return _opening_of(timetable, email)[1]


def _opening_of(timetable: Timetable, email: str | None) -> tuple[list[int], list[Span]]:
    rules = timetable.rules
    step, days = rules.step_minutes * 60, _days_of(timetable)
    return _opening(rules.zone, _shape(rules, email), step, timetable.length, *days)


def _days_of(timetable: Timetable) -> tuple[int, int]:
    """The days to expand: those of the span and one more at each end, whatever the zone."""
    return timetable.span[0] // hours.DAY - 1, (timetable.span[1] + timetable.length) // hours.DAY + 2


Shape = tuple[tuple[tuple[int, ...], int, int], ...]
"""The windows of one host without their name: many hosts share one shape, and what follows from it."""


@lru_cache(maxsize=4_096)
def _shape(rules: Rules, email: str | None) -> Shape:
    return tuple((w.days, w.start, w.end) for w in rules.windows if w.host == email)


@lru_cache(maxsize=512)
def _opening(
    zone: ZoneInfo, shape: Shape, step: int, length: int, from_day: int, to_day: int
) -> tuple[list[int], list[Span]]:
    """The starts that fit into the windows of a shape, and where it is open."""
    pieces: list[Span] = []
    for weekdays, opens, closes in shape:
        wanted = set(weekdays)
        days = [day for day in range(from_day, to_day) if (day + 3) % 7 in wanted]
        pieces += hours.wall_spans(zone, days, opens, closes)
    spans = union(pieces)
    grid = sorted({start for first, last in pieces for start in range(first, last, step)})
    fitting: list[int] = []
    at = 0
    for start in grid:
        while spans[at][1] <= start:
            at += 1
        if start + length <= spans[at][1]:
            fitting.append(start)
    return fitting, spans
