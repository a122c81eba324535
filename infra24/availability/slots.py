"""Bookable starts, and why the others are not: one set of barriers answers both.

A *barrier* is a span of starts that a rule or a claim removes. The offer is the grid of the hours less
every barrier; the explanation of a start is the list of barriers that cover it. Because both read the
same barriers, they cannot disagree.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace

from infra24.availability.barriers import (
    for_everyone,
    hours_of,
    off_hours,
    wrong_length,
)
from infra24.availability.grid import barriers_of, clear, grid_of
from infra24.availability.inputs import AvailabilityInput, Explanation, Member, Need, NeedStatus
from infra24.availability.joint_search import Chosen, JointSearch, are_interdependent
from infra24.availability.reasons import CONTENDED, Reason


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
    return JointSearch(timetable, starts).together(starts)


def free_hosts(timetable: AvailabilityInput) -> dict[int, list[Hashable]]:
    """For each bookable start, sorted, the hosts with whom it can be booked; all, if all are needed."""
    starts = free_starts(timetable)
    number = staffed(timetable)
    found: dict[int, list[Hashable]] = {start: [] for start in starts}
    if number is None:
        return found
    need = timetable.needs[number]
    board = JointSearch(timetable, starts) if are_interdependent(timetable.needs) else None
    for member in need.members:
        own = starts
        if number == timetable.grid:
            grid = set(grid_of(timetable, member))
            own = [start for start in starts if start in grid]
        for start in clear(own, barriers_of(timetable, number, member)):
            if board is None or board.could_host(start, number, member.key):
                found[start].append(member.key)
    return found


def can_host(timetable: AvailabilityInput, start: int, key: Hashable) -> bool:
    """Whether a booking at `start` can be put together with this host."""
    number = staffed(timetable)
    return number is not None and JointSearch(timetable, [start]).could_host(start, number, key)


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
        and not JointSearch(timetable, [start]).together([start])
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
        return JointSearch(timetable, [start]).choose(start, orders)
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
    return sorted({start for member in need.members for start in grid_of(timetable, member)})


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
            known[id(grid)] = (grid, clear(grid_of(timetable, member), everyone))
        found.append(known[id(grid)][1])
    return found


def _enough(timetable: AvailabilityInput, number: int, wanted: Sequence[list[int]]) -> list[int]:
    """The starts at which as many are free as are needed, of those wished of each member."""
    need = timetable.needs[number]
    if need.count == 1 and all(starts is wanted[0] for starts in wanted):
        return _anyone(timetable, number, wanted[0])
    lists = [
        clear(starts, barriers_of(timetable, number, member))
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
        return clear(starts, barriers_of(timetable, number, members[0]))
    for member in members:
        if not left:
            return starts
        free = set(clear(left, barriers_of(timetable, number, member)))
        left = [start for start in left if start not in free]
    lost = set(left)
    return [start for start in starts if start not in lost]


def _why_not(timetable: AvailabilityInput, number: int, member: Member, start: int) -> tuple[Reason, ...]:
    own = off_hours(timetable, member, start) if number == timetable.grid else []
    told = [why for low, high, why in barriers_of(timetable, number, member) if low <= start < high]
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
