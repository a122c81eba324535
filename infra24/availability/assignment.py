"""Put people and things together: which of those that are free a booking takes, all its needs at once.

Each need asks for some members of its pool. A member has free units, and one that is a whole takes its
parts with it. The answer is the best by preference: the first need gets its most preferred members that
leave the others feasible, then the second, and so on. Feasibility is bipartite b-matching by augmenting
paths (Ford and Fulkerson): with D members wanted and E pairs of need and member, O(D·E) a test, and at
most D·P tests for pools of P. Matching is exact unless two choices share a part; there it is an upper
bound, and the search goes back where it was too high.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Demand:
    """`count` different members of `options`, most preferred first, `units` of each."""

    options: tuple[Hashable, ...]
    count: int = 1
    units: int = 1


def assign(
    demands: Sequence[Demand],
    supply: Mapping[Hashable, int],
    parts: Mapping[Hashable, frozenset[Hashable]],
) -> list[tuple[Hashable, ...]] | None:
    """For each demand the members it gets, or None when they cannot all be met.

    `supply` is how many units of a member are free, `parts` what a member takes besides itself, whole.
    """
    return _pick(list(demands), 0, (), dict(supply), parts)


def _pick(
    demands: list[Demand],
    at: int,
    taken: tuple[Hashable, ...],
    left: dict[Hashable, int],
    parts: Mapping[Hashable, frozenset[Hashable]],
) -> list[tuple[Hashable, ...]] | None:
    """Choose for the demands from `at` on; `taken` is what the one at `at` has already."""
    if at == len(demands):
        return []
    demand = demands[at]
    if len(taken) == demand.count:
        others = _pick(demands, at + 1, (), left, parts)
        return None if others is None else [taken, *others]
    first = demand.options.index(taken[-1]) + 1 if taken else 0
    for position in range(first, len(demand.options)):
        wanted = demand.count - len(taken)
        if len(demand.options) - position < wanted:
            return None
        choice = demand.options[position]
        after = _without(left, choice, demand.units, parts.get(choice, frozenset()))
        if after is None:
            continue
        rest = Demand(demand.options[position + 1 :], wanted - 1, demand.units)
        if not feasible([rest, *demands[at + 1 :]], after):
            continue
        found = _pick(demands, at, (*taken, choice), after, parts)
        if found is not None:
            return found
    return None


def _without(
    left: dict[Hashable, int], choice: Hashable, units: int, parts: frozenset[Hashable]
) -> dict[Hashable, int] | None:
    """What is left when a member is taken, with its parts; None when there is not enough of it."""
    if left.get(choice, 0) < units or any(left.get(part, 1) < 1 for part in parts):
        return None
    return {**left, choice: left[choice] - units, **dict.fromkeys(parts, 0)}


def feasible(demands: Sequence[Demand], supply: Mapping[Hashable, int]) -> bool:
    """Whether all demands can be met from the supply, parts aside: a matching for every unit wanted."""
    left = dict(supply)
    for demand in demands:  # what takes several units has one option: it is forced
        if demand.units > 1 and demand.count:
            forced = [o for o in demand.options if left.get(o, 0) >= demand.units][: demand.count]
            if len(forced) < demand.count:
                return False
            for option in forced:
                left[option] -= demand.units
    single = [demand for demand in demands if demand.units == 1 and demand.count]
    given: list[set[Hashable]] = [set() for _ in single]
    for number, demand in enumerate(single):
        for _ in range(demand.count):
            if not _augment(single, number, left, given, set()):
                return False
    return True


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
