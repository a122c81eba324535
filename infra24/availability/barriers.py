"""What removes starts: for everyone, and for each member. A barrier is a span of starts and a reason."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from infra24.availability import hours
from infra24.availability.booking_rules import Limit, LimitScope, period_of
from infra24.availability.inputs import AvailabilityInput, Busy, Member
from infra24.availability.intervals import Span, intersect, union
from infra24.availability.reasons import Reason
from infra24.availability.schedules import Schedule, closings, off, opening

FOREVER = 1 << 40
_TAKEN = Reason("taken")
_NEVER: tuple[list[int], list[Span]] = ([], [])
Barrier = tuple[int, int, Reason]
"""(from, to, why): no booking may start at from <= start < to."""


# What removes starts for everyone.


def wrong_length(timetable: AvailabilityInput) -> list[Reason]:
    """Why nothing of this length is offered, if it is not."""
    offered = timetable.terms.durations
    if timetable.length in {minutes * 60 for minutes in offered}:
        return []
    listed = ", ".join(map(str, offered))
    return [Reason("wrong_length", {"minutes": timetable.length // 60, "offered": listed})]


def for_everyone(timetable: AvailabilityInput) -> list[Barrier]:
    """Notice, horizon, the offer's own blackouts, the limits on all of its bookings and on the booker's."""
    terms, now = timetable.terms, timetable.now
    notice = terms.min_notice_minutes
    barriers: list[Barrier] = [(-FOREVER, now, Reason("past"))]
    if notice:
        barriers.append((now, now + notice * 60, Reason("too_soon", {"notice": timedelta(minutes=notice)})))
    horizon = now + terms.horizon_days * hours.DAY
    barriers.append((horizon, FOREVER, Reason("too_far", {"days": terms.horizon_days})))
    if timetable.closed:
        closed = off(Schedule(terms.zone), timetable.closed, *days_of(timetable), "blackout")
        barriers += _reach(timetable, closed)
    for limit in terms.limits_of(LimitScope.OFFER):
        barriers += _used_up(timetable, limit, timetable.made)
    if timetable.made_by_booker is not None:
        for limit in terms.limits_of(LimitScope.BOOKER):
            barriers += _used_up(timetable, limit, timetable.made_by_booker)
    return barriers


# What removes starts for one member.


def for_member(timetable: AvailabilityInput, member: Member, units: int = 1) -> list[Barrier]:
    """Claims, closings and limits of one member. With `units`, starts with fewer free units are removed."""
    barriers = list(taken(timetable, member, units))
    for schedule in (member.schedule, *member.also_closed):
        if schedule is not None:
            barriers += _reach(timetable, closings(schedule, *days_of(timetable)))
    if member.within is not None:
        barriers += _outside(member.within, timetable.length)
    if member.person:
        limits = timetable.terms.limits_of(LimitScope.HOST)
        if limits:
            begun = {(b.booked, b.until, b.ref) for b in member.busy if not b.turnover}
            made = [(start, end) for start, end, _ in begun]
            for limit in limits:
                barriers += _used_up(timetable, limit, made)
    return barriers


def shut(timetable: AvailabilityInput, member: Member) -> Iterator[Barrier]:
    """The closed hours of a member that has hours but does not say where bookings start."""
    if member.schedule is not None and member.schedule.has_hours:
        yield from _outside(hours_of(timetable, member)[1], timetable.length)


def off_hours(timetable: AvailabilityInput, member: Member, start: int) -> list[Reason]:
    """Why a start is not one of the grid of a member, if it is not."""
    grid, spans = hours_of(timetable, member)
    first, last = timetable.span
    if first <= start < last and start in grid:
        return []
    if any(opens <= start and start + timetable.length <= closes for opens, closes in spans):
        return [Reason("off_grid", {"minutes": timetable.terms.step_minutes})]
    return [Reason("outside_hours")]


def hours_of(timetable: AvailabilityInput, member: Member) -> tuple[list[int], list[Span]]:
    """The grid of a member and the spans in which it is open, around the span asked for."""
    if member.schedule is None:
        return _NEVER
    step = timetable.terms.step_minutes * 60
    return opening(member.schedule, step, timetable.length, *days_of(timetable))


def days_of(timetable: AvailabilityInput) -> tuple[int, int]:
    """The days to expand: those of the span and one more at each end, whatever the zone."""
    return timetable.span[0] // hours.DAY - 1, (timetable.span[1] + timetable.length) // hours.DAY + 2


def _reach(timetable: AvailabilityInput, closed: Iterable[Barrier]) -> Iterator[Barrier]:
    """Closed spans as the starts whose booking would touch them."""
    for start, end, why in closed:
        yield start - timetable.length + 1, end, why


def _outside(spans: Iterable[Span], length: int) -> Iterator[Barrier]:
    edge = -FOREVER
    for start, end in union(spans):
        yield edge, start, Reason("outside_hours")
        edge = max(start, end - length + 1)
    yield edge, FOREVER, Reason("outside_hours")


def taken(timetable: AvailabilityInput, member: Member, wanted: int) -> Iterable[Barrier]:
    """Starts at which too few units are free. A claim keeps its own buffers and the new booking's."""
    before, after = timetable.terms.buffer_before * 60, timetable.terms.buffer_after * 60
    reach = timetable.length + after - 1
    whole = [(b.start - reach, b.end + before) for b in member.part_claims]
    if member.capacity is None:
        return [(low, high, _TAKEN) for low, high in whole]
    if member.capacity == 1 and not whole and not member.layout and wanted == 1:
        return [(b[0] - reach, b[1] + before, _TAKEN) for b in member.busy if b[2] == 1]
    units: dict[int, list[Span]] = {}
    for busy in member.busy:
        if busy.unit <= member.capacity:
            units.setdefault(busy.unit, []).extend(_around(member, busy, before, reach))
    enough = member.capacity - wanted + 1
    lost = (
        _at_least([union(spans) for spans in units.values()], enough) if enough > 0 else [(-FOREVER, FOREVER)]
    )
    return [(low, high, _TAKEN) for low, high in union([*lost, *whole])]


def free_units(timetable: AvailabilityInput, member: Member, start: int) -> list[int]:
    """The units of a member that are free at a start, best fit first; none where it is never taken.

    Best fit: the unit whose last claim before ends latest, so that long gaps stay whole for long bookings.
    """
    before, after = timetable.terms.buffer_before * 60, timetable.terms.buffer_after * 60
    reach = timetable.length + after - 1
    ends = dict.fromkeys(range(1, (member.capacity or 0) + 1), 0)
    for busy in member.busy:
        if busy.unit not in ends:
            continue
        if any(low <= start < high for low, high in _around(member, busy, before, reach)):
            del ends[busy.unit]
        elif busy.end <= start:
            ends[busy.unit] = max(ends[busy.unit], busy.end)
    return sorted(ends, key=lambda unit: (-ends[unit], unit))


def _around(member: Member, busy: Busy, before: int, reach: int) -> list[Span]:
    """The starts that a claim on a unit removes; setting up and clearing away too, unless layouts agree."""
    if not member.layout:
        return [(busy.start - reach, busy.end + before)]
    if busy.layout == member.layout:
        return [] if busy.turnover else [(busy.start - reach, busy.end + before)]
    return [(busy.start - reach - member.teardown, busy.end + before + member.setup)]


def _at_least(lists: Sequence[list[Span]], wanted: int) -> list[Span]:
    """Where at least `wanted` of these lists of spans cover."""
    if len(lists) < wanted:
        return []
    if len(lists) == wanted:
        shared = lists[0]
        for spans in lists[1:]:
            shared = intersect(shared, spans)
        return shared
    edges = sorted(edge for spans in lists for start, end in spans for edge in ((start, 1), (end, -1)))
    found: list[Span] = []
    depth = since = 0
    for at, step in edges:
        if depth < wanted <= depth + step:
            since = at
        elif depth >= wanted > depth + step and at > since:
            found.append((since, at))
        depth += step
    return union(found)


def _used_up(
    timetable: AvailabilityInput, limit: Limit, made: Sequence[tuple[int, int]]
) -> Iterator[Barrier]:
    """The periods in which one more booking is too many."""
    terms = timetable.terms
    adds = timetable.length // 60 if limit.minutes else 1
    why = limit.reason
    if adds > limit.most:
        yield -FOREVER, FOREVER, why
        return
    used: dict[tuple[int, int], int] = {}
    begun = sorted(made)
    days = hours.local_days(terms.zone, [start for start, _ in begun])
    for day, (start, end) in zip(days, begun, strict=True):
        period = period_of(limit.period, day)
        used[period] = used.get(period, 0) + ((end - start) // 60 if limit.minutes else 1)
    for (first, last), count in used.items():
        if count + adds > limit.most:
            for start, end in hours.wall_spans(terms.zone, range(first, last), 0, hours.DAY):
                yield start, end, why
