"""Put people and things together: which of those that are free a booking takes, all its needs at once.

Each need asks for some members of its pool. A member has free units, and one that is a whole takes its
parts with it. The answer is the best by preference: the first need gets its most preferred members that
leave the others feasible, then the second, and so on. Feasibility is bipartite b-matching by augmenting
paths (Ford and Fulkerson): with D members wanted and E pairs of need and member, O(D·E) a test, and at
most D·P tests for pools of P. Matching is exact unless choices share a part or several units can be
chosen from; there it is an upper bound, and the search goes back where it was too high.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

Parts = Mapping[Hashable, frozenset[Hashable]]
Supply = Mapping[Hashable, int]


@dataclass(frozen=True, slots=True)
class Demand:
    """`count` different members of `options`, most preferred first, `units` of each."""

    options: tuple[Hashable, ...]
    count: int = 1
    units: int = 1

    @property
    def forced(self) -> bool:
        """Whether there is nothing to choose."""
        return len(self.options) == self.count


def assign(demands: Sequence[Demand], supply: Supply, parts: Parts) -> list[tuple[Hashable, ...]] | None:
    """For each demand the members it gets, or None when they cannot all be met.

    `supply` is how many units of a member are free, `parts` what a member takes besides itself, whole.
    """
    return _Search(demands, supply, parts).pick(0, (), dict(supply))


def feasible(demands: Sequence[Demand], supply: Supply) -> bool:
    """Whether all demands can be met from the supply, parts aside.

    Exact where `is_exact`; else true whenever they can be met, and sometimes when they cannot.
    """
    left = dict(supply)
    single: list[Demand] = []
    for demand in demands:
        if demand.units == 1:
            single.append(demand)
            continue
        enough = [option for option in demand.options if left.get(option, 0) >= demand.units]
        if len(enough) < demand.count:
            return False
        if demand.forced:
            for option in demand.options:
                left[option] -= demand.units
    given: list[set[Hashable]] = [set() for _ in single]
    return all(
        _augment(single, number, left, given, set())
        for number, demand in enumerate(single)
        for _ in range(demand.count)
    )


def is_exact(demands: Sequence[Demand], parts: Parts) -> bool:
    """Whether `feasible` is the whole truth: nothing shares a part, and several units are never chosen."""
    several = any(demand.units > 1 and not demand.forced for demand in demands)
    return not several and not any(parts.get(o) for demand in demands for o in demand.options)


class _Search:
    """Depth first, best first, cut off where what is left cannot be met."""

    def __init__(self, demands: Sequence[Demand], supply: Supply, parts: Parts) -> None:
        self.demands, self.supply, self.parts = list(demands), supply, parts

    def pick(
        self, at: int, taken: tuple[Hashable, ...], left: dict[Hashable, int]
    ) -> list[tuple[Hashable, ...]] | None:
        """Choose for the demands from `at` on; `taken` is what the one at `at` has already."""
        if at == len(self.demands):
            return []
        demand = self.demands[at]
        wanted = demand.count - len(taken)
        if wanted == 0:
            others = self.pick(at + 1, (), left)
            return None if others is None else [taken, *others]
        first = demand.options.index(taken[-1]) + 1 if taken else 0
        for position in range(first, len(demand.options) - wanted + 1):
            choice = demand.options[position]
            after = self._without(left, choice, demand.units)
            if after is None:
                continue
            rest = Demand(demand.options[position + 1 :], wanted - 1, demand.units)
            if not feasible([rest, *self.demands[at + 1 :]], after):
                continue
            found = self.pick(at, (*taken, choice), after)
            if found is not None:
                return found
        return None

    def _without(self, left: dict[Hashable, int], choice: Hashable, units: int) -> dict[Hashable, int] | None:
        """What is left when a member is taken, with its parts; None when there is not enough of it.

        A whole takes every unit of its parts: none of them may have been given before.
        """
        parts = self.parts.get(choice, frozenset())
        touched = any(left.get(part, 1) < max(1, self.supply.get(part, 1)) for part in parts)
        if left.get(choice, 0) < units or touched:
            return None
        return {**left, choice: left[choice] - units, **dict.fromkeys(parts, 0)}


def _augment(
    demands: Sequence[Demand],
    number: int,
    left: dict[Hashable, int],
    given: list[set[Hashable]],
    seen: set[Hashable],
) -> bool:
    """Give a demand one more member, moving what others have to other members where that makes room."""
    for option in demands[number].options:
        if option in seen or option in given[number] or option not in left:
            continue
        seen.add(option)
        if left[option] > 0:
            left[option] -= 1
            given[number].add(option)
            return True
        for other, has in enumerate(given):
            if other == number or option not in has:
                continue
            has.remove(option)
            if _augment(demands, other, left, given, seen):
                given[number].add(option)
                return True
            has.add(option)
    return False
