"""Needs that can be in each other's way: whether all can be met at once, and by whom."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

from infra24.availability.assignment import Demand, assign, feasible, is_exact
from infra24.availability.barriers import taken
from infra24.availability.grid import barriers_of, clear, grid_of
from infra24.availability.inputs import AvailabilityInput, Need

Chosen = list[tuple[Hashable, ...]]
"""For each need, the members that a booking takes."""


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


class JointSearch:
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
                grid = set(grid_of(timetable, member)) if number == timetable.grid else set(starts)
                own = [start for start in starts if start in grid]
                open_[member.key] = set(clear(own, barriers_of(timetable, number, member)))
            self.free.append(open_)
        self.units: dict[Hashable, list[set[int]]] = {}
        self.limit: dict[Hashable, int] = {}
        for member in (member for need in timetable.needs for member in need.members):
            most = wanted[member.key]
            self.limit[member.key] = most if member.capacity is None else min(most, member.capacity)
            levels = range(2, self.limit[member.key] + 1) if member.capacity is not None else ()
            self.units[member.key] = [set(clear(starts, taken(timetable, member, n))) for n in levels]

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
