"""Bookable starts, and why the others are not: one set of barriers answers both.

A *barrier* is a span of starts that a rule or a claim removes. The offer is the grid of the hours less
every barrier; the explanation of a start is the list of barriers that cover it. Because both read the
same barriers, they cannot disagree.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter

from infra24.availability.assignment import Demand, assign, feasible, is_exact
from infra24.availability.barriers import (
    Barrier,
    for_everyone,
    for_member,
    hours_of,
    off_hours,
    shut,
    taken,
    wrong_length,
)
from infra24.availability.inputs import AvailabilityInput, Explanation, Member, Need, NeedStatus
from infra24.availability.reasons import CONTENDED, Reason

Chosen = list[tuple[Hashable, ...]]
"""For each need, the members that a booking takes."""


def free_starts(timetable: AvailabilityInput) -> list[int]:
    """The bookable starts, sorted; none when the length is not one that is offered."""
    if wrong_length(timetable) or _unfilled(timetable):
        return []
    starts = _enough(timetable, timetable.grid, _grids(timetable))
    for number, need in enumerate(timetable.needs):
        if number != timetable.grid:
            starts = _enough(timetable, number, [starts] * len(need.members))
    if not are_interdependent(timetable.needs):
        return starts
    return _JointSearch(timetable, starts).together(starts)


def free_hosts(timetable: AvailabilityInput) -> dict[int, list[Hashable]]:
    """For each bookable start, sorted, the hosts with whom it can be booked; all, if all are needed."""
    starts = free_starts(timetable)
    number = staffed(timetable)
    found: dict[int, list[Hashable]] = {start: [] for start in starts}
    if number is None:
        return found
    need = timetable.needs[number]
    board = _JointSearch(timetable, starts) if are_interdependent(timetable.needs) else None
    for member in need.members:
        own = starts
        if number == timetable.grid:
            grid = set(_grid_list(timetable, member))
            own = [start for start in starts if start in grid]
        for start in _clear(own, _barriers(timetable, number, member)):
            if board is None or board.could_host(start, number, member.key):
                found[start].append(member.key)
    return found


def can_host(timetable: AvailabilityInput, start: int, key: Hashable) -> bool:
    """Whether a booking at `start` can be put together with this host."""
    number = staffed(timetable)
    return number is not None and _JointSearch(timetable, [start]).could_host(start, number, key)


def staffed(timetable: AvailabilityInput) -> int | None:
    """The number of the need whose members are hosts, if there is one."""
    return next((n for n, need in enumerate(timetable.needs) if need.staffed), None)


def explain(timetable: AvailabilityInput, start: int) -> Explanation:
    """Why `start` is offered or not, by the same barriers that `free_starts` uses."""
    length = wrong_length(timetable)
    if length:
        return Explanation(start, False, tuple(length), reasons=tuple(length))
    common = [why for low, high, why in for_everyone(timetable) if low <= start < high]
    common += [Reason("no_hosts" if need.staffed else "nothing_fits") for need in _unfilled(timetable)]
    need_statuses = _need_statuses(timetable, start)
    short = [
        status for status in need_statuses if not status.enough and len(status.reasons) >= status.need.count
    ]
    told = common or [reason for status in short for reason in _told(status)]
    if (
        not told
        and are_interdependent(timetable.needs)
        and not _JointSearch(timetable, [start]).together([start])
    ):
        told = [Reason("no_combination")]
    unique = {reason.code: reason for reason in reversed(told)}
    return Explanation(start, not told, tuple(common), need_statuses, tuple(reversed(unique.values())))


def pick_members(
    timetable: AvailabilityInput,
    start: int,
    orders: Mapping[int, Sequence[Hashable]] | None = None,
    known: Explanation | None = None,
) -> Chosen | None:
    """The members that a booking at `start` takes for each need, or None when it cannot be put together.

    `orders` says, by the number of a need, which of its members may be taken and whom to prefer; the
    others are tried in their own order. `known` is the explanation of the start, if it is there already.
    """
    orders = orders or {}
    if are_interdependent(timetable.needs):
        return _JointSearch(timetable, [start]).choose(start, orders)
    chosen: Chosen = []
    for number, status in enumerate(known.need_statuses if known else _need_statuses(timetable, start)):
        order = orders[number] if number in orders else list(status.reasons)
        free = [key for key in order if key in status.reasons and not status.reasons[key]]
        if len(free) < status.need.count:
            return None
        chosen.append(tuple(free[: status.need.count]))
    return chosen


def _need_statuses(timetable: AvailabilityInput, start: int) -> tuple[NeedStatus, ...]:
    """What stands in the way of each member of each need at a start."""
    return tuple(
        NeedStatus(need, {m.key: _why_not(timetable, number, m, start) for m in need.members})
        for number, need in enumerate(timetable.needs)
    )


def nearest(starts: Sequence[int], wanted: int, count: int = 3) -> list[int]:
    """The `count` starts closest to `wanted`, in the order of time; the earlier wins a tie."""
    return sorted(sorted(starts, key=lambda start: (abs(start - wanted), start))[:count])


def why_none(timetable: AvailabilityInput, most: int = 100) -> list[tuple[Reason, int]]:
    """What removed the starts of a span in which none is free: each reason with how many it removed.

    Looks at `most` starts of the grid, spread over the span; without a grid, at the first moment.
    """
    if wrong_length(timetable) or _unfilled(timetable):
        return [(reason, 1) for reason in _explain_first(timetable).reasons]
    grid = grid_starts(timetable)
    step = max(1, len(grid) // most)
    counted: Counter[str] = Counter()
    told: dict[str, Reason] = {}
    for start in grid[::step]:
        near = replace(timetable, span=(start, start + 1))  # no more than this start needs is expanded
        for reason in explain(near, start).reasons:
            counted[reason.code] += 1
            told.setdefault(reason.code, reason)
    if not grid:
        return [(reason, 1) for reason in _explain_first(timetable).reasons]
    return [(told[code], count) for code, count in counted.most_common()]


def grid_starts(timetable: AvailabilityInput) -> list[int]:
    """Every start that the hours give, sorted, whether anything removes it or not."""
    need = timetable.needs[timetable.grid]
    return sorted({start for member in need.members for start in _grid_list(timetable, member)})


def explain_all(timetable: AvailabilityInput) -> list[Explanation]:
    """The explanation of every start of the grid; without a grid, of the first moment."""
    if wrong_length(timetable) or _unfilled(timetable):
        return [_explain_first(timetable)]
    starts = grid_starts(timetable) or [timetable.span[0]]
    return [explain(replace(timetable, span=(start, start + 1)), start) for start in starts]


def _explain_first(timetable: AvailabilityInput) -> Explanation:
    """The explanation of a span's first moment, also of a span that is empty."""
    start = timetable.span[0]
    return explain(replace(timetable, span=(start, start + 1)), start)


def are_interdependent(needs: Sequence[Need]) -> bool:
    """Whether what one need takes can be in the way of another, or of another member of the same."""
    inside = {part for need in needs for member in need.members for part in member.parts}
    seen: set[Hashable] = set()
    for need in needs:
        own: set[Hashable] = set()
        for member in need.members:
            takes = set(member.parts)
            if member.capacity is not None or member.key in inside:
                takes.add(member.key)
            if takes & seen or (need.count > 1 and takes & own):
                return True
            own |= takes
        seen |= own
    return False


def _unfilled(timetable: AvailabilityInput) -> list[Need]:
    """The needs that have not as many members as they ask for."""
    return [need for need in timetable.needs if len(need.members) < need.count]


def _grids(timetable: AvailabilityInput) -> list[list[int]]:
    """For each member of the grid's need its starts that nothing removes for everyone.

    Most members share a schedule, and so one list.
    """
    everyone = list(for_everyone(timetable))
    known: dict[int, tuple[list[int], list[int]]] = {}
    found = []
    for member in timetable.needs[timetable.grid].members:
        grid = hours_of(timetable, member)[0]
        if id(grid) not in known:
            known[id(grid)] = (grid, _clear(_grid_list(timetable, member), everyone))
        found.append(known[id(grid)][1])
    return found


def _enough(timetable: AvailabilityInput, number: int, wanted: Sequence[list[int]]) -> list[int]:
    """The starts at which as many are free as are needed, of those wished of each member."""
    need = timetable.needs[number]
    if need.count == 1 and all(starts is wanted[0] for starts in wanted):
        return _anyone(timetable, number, wanted[0])
    lists = [
        _clear(starts, _barriers(timetable, number, member))
        for starts, member in zip(wanted, need.members, strict=True)
    ]
    if need.count == 1:
        return sorted(set().union(*lists))
    if need.count == len(lists):
        return sorted(set(lists[0]).intersection(*lists[1:]))
    counted = Counter(start for starts in lists for start in starts)
    return sorted(start for start, count in counted.items() if count >= need.count)


def _anyone(timetable: AvailabilityInput, number: int, starts: list[int]) -> list[int]:
    """The starts at which someone is free: each further member is asked only for what is left."""
    members, left = timetable.needs[number].members, starts
    if len(members) == 1:
        return _clear(starts, _barriers(timetable, number, members[0]))
    for member in members:
        if not left:
            return starts
        free = set(_clear(left, _barriers(timetable, number, member)))
        left = [start for start in left if start not in free]
    lost = set(left)
    return [start for start in starts if start not in lost]


def _barriers(timetable: AvailabilityInput, number: int, member: Member) -> list[Barrier]:
    """What removes starts for one member; where others say where bookings start, its closed hours too."""
    barriers = for_member(timetable, member, timetable.needs[number].units)
    if number != timetable.grid:
        barriers += shut(timetable, member)
    return barriers


def _why_not(timetable: AvailabilityInput, number: int, member: Member, start: int) -> tuple[Reason, ...]:
    own = off_hours(timetable, member, start) if number == timetable.grid else []
    told = [why for low, high, why in _barriers(timetable, number, member) if low <= start < high]
    return tuple({reason.code: reason for reason in [*own, *told]}.values())


def _told(status: NeedStatus) -> Iterable[Reason]:
    """What a visitor is told of a need that is not met.

    Where a member would have had the time and others were faster, theirs are the reasons that count.
    """
    reasons = [why for why in status.reasons.values() if why]
    lost = [why for why in reasons if {reason.code for reason in why} <= CONTENDED]
    if lost and status.need.count < len(status.reasons):
        return lost[0]
    return [reason for why in reasons for reason in why]


class _JointSearch:
    """Who is free at which of some starts, need by need, to be put together."""

    def __init__(self, timetable: AvailabilityInput, starts: Sequence[int]) -> None:
        self.needs = timetable.needs
        self.parts = {m.key: m.parts for need in timetable.needs for m in need.members}
        self.free: list[dict[Hashable, set[int]]] = []
        wanted: Counter[Hashable] = Counter()
        for number, need in enumerate(timetable.needs):
            open_: dict[Hashable, set[int]] = {}
            for member in need.members:
                wanted[member.key] += need.units
                grid = set(_grid_list(timetable, member)) if number == timetable.grid else set(starts)
                own = [start for start in starts if start in grid]
                open_[member.key] = set(_clear(own, _barriers(timetable, number, member)))
            self.free.append(open_)
        self.units: dict[Hashable, list[set[int]]] = {}
        self.limit: dict[Hashable, int] = {}
        for member in (member for need in timetable.needs for member in need.members):
            most = wanted[member.key]
            self.limit[member.key] = most if member.capacity is None else min(most, member.capacity)
            levels = range(2, self.limit[member.key] + 1) if member.capacity is not None else ()
            self.units[member.key] = [set(_clear(starts, taken(timetable, member, n))) for n in levels]

    def together(self, starts: Sequence[int]) -> list[int]:
        """The starts at which all needs can be met at once: solved once for each state of who is free."""
        states = dict.fromkeys(starts, 0)
        bit = 1
        free = [found for open_ in self.free for found in open_.values()]
        for found in [*free, *(level for levels in self.units.values() for level in levels)]:
            for start in found:
                states[start] |= bit
            bit <<= 1
        met: dict[int, bool] = {}
        for start, state in states.items():
            if state not in met:
                met[state] = self._met(*self._state(start, {}))
        return [start for start in starts if met[states[start]]]

    def could_host(self, start: int, number: int, key: Hashable) -> bool:
        """Whether all needs can be met with this member for one of them."""
        demands, supply = self._state(start, {})
        demand = demands.pop(number)
        if key not in demand.options:
            return False
        others = Demand(tuple(o for o in demand.options if o != key), demand.count - 1, demand.units)
        return assign([Demand((key,), 1, demand.units), others, *demands], supply, self.parts) is not None

    def choose(self, start: int, orders: Mapping[int, Sequence[Hashable]]) -> Chosen | None:
        """Members for all needs, by preference."""
        return assign(*self._state(start, orders), self.parts)

    def _met(self, demands: list[Demand], supply: dict[Hashable, int]) -> bool:
        if is_exact(demands, self.parts):
            return feasible(demands, supply)
        return assign(demands, supply, self.parts) is not None

    def _state(
        self, start: int, orders: Mapping[int, Sequence[Hashable]]
    ) -> tuple[list[Demand], dict[Hashable, int]]:
        demands: list[Demand] = []
        supply: dict[Hashable, int] = {}
        for number, need in enumerate(self.needs):
            order = orders[number] if number in orders else [m.key for m in need.members]
            options = tuple(key for key in order if start in self.free[number].get(key, ()))
            demands.append(Demand(options, need.count, need.units))
            for key in self.free[number]:
                levels = self.units[key]
                supply[key] = 1 + sum(start in level for level in levels) if levels else self.limit[key]
        return demands, supply


def _grid_list(timetable: AvailabilityInput, member: Member) -> list[int]:
    first, last = timetable.span
    starts, _ = hours_of(timetable, member)
    return starts[bisect_left(starts, first) : bisect_left(starts, last)]


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
