"""Putting people and things together: the best of all combinations, or none when there is none.

`assign` is exact always. `feasible` is where `is_exact` says so; elsewhere it may be true too often.
"""

from collections import Counter
from collections.abc import Hashable, Iterator
from itertools import combinations, permutations, product
from random import Random

import pytest

from infra24.availability import Demand, assign
from infra24.availability.assignment import feasible, is_exact
from tests.availability.test_slots_against_oracle import FRESH

Parts = dict[Hashable, frozenset[Hashable]]
Supply = dict[Hashable, int]
Choice = list[tuple[Hashable, ...]]


def all_choices(demands: list[Demand], supply: Supply, parts: Parts) -> Iterator[Choice]:
    """Every valid choice, the most preferred first: the first demand decides, then the second."""
    for choice in product(*(combinations(demand.options, demand.count) for demand in demands)):
        if goes_together(list(choice), demands, supply, parts):
            yield list(choice)


def goes_together(choice: Choice, demands: list[Demand], supply: Supply, parts: Parts) -> bool:
    """Whether there are units for all, and a part is taken once, whole."""
    picks = [(key, demand.units) for keys, demand in zip(choice, demands, strict=True) for key in keys]
    wanted = {key: sum(units for other, units in picks if other == key) for key, _ in picks}
    if any(supply.get(key, 0) < units for key, units in wanted.items()):
        return False
    if any(supply.get(part, 1) < 1 for key in wanted for part in parts.get(key, ())):
        return False
    return not any(
        other in parts.get(one, ()) or parts.get(one, frozenset()) & parts.get(other, frozenset())
        for (one, _), (other, _) in permutations(picks, 2)
    )


def instance(draw: Random, *, units: bool = False, parts: bool = False) -> tuple[list[Demand], Supply, Parts]:
    """Up to four demands of up to five members who may be shared; parts may be wanted, or be nobody's."""
    keys = "abcde"[: draw.randint(1, 5)]
    supply: Supply = {key: draw.choice((1, 1, 2, 3)) for key in keys}
    some = draw.randint(0, 2) if parts else 0
    whole: Parts = {
        key: frozenset(draw.sample([*"abcde"[:2], "x", "y"], draw.randint(1, 2))) - {key}
        for key in draw.sample(keys, min(some, len(keys)))
    }
    if parts and draw.random() < 0.2:
        supply[draw.choice("abxy")] = 0
    demands = []
    for _ in range(draw.randint(1, 4)):
        options = tuple(
            draw.sample(keys, draw.randint(min(len(keys), draw.choice((0, 1))), min(3, len(keys))))
        )
        count = draw.choice((1, 1, 1, 2, 2, 3))
        demands.append(Demand(options, count, draw.choice((1, 2)) if units else 1))
    if draw.random() < 0.1 and not parts:
        supply.pop(draw.choice(keys))
    return demands, supply, whole


def tried(draw: Random, *, units: bool = False, parts: bool = False) -> Counter[str]:
    """One random instance: the best choice is found, and `feasible` keeps its word. What it was."""
    demands, supply, whole = instance(draw, units=units, parts=parts)
    best = next(all_choices(demands, supply, whole), None)
    assert assign(demands, supply, whole) == best, (FRESH, demands, supply, whole)
    exact, can = is_exact(demands, whole), feasible(demands, supply)
    assert can or best is None, (FRESH, demands, supply, whole)
    assert not exact or can == (best is not None), (FRESH, demands, supply, whole)
    several = any(demand.units > 1 for demand in demands)
    return Counter(
        met=best is not None,
        exact=exact,
        too_often=can and best is None,
        forced=exact and several and best is not None,
        chosen=not exact and several and best is not None,
    )


@pytest.mark.parametrize("batch", range(4))
def test_members_are_shared_out_as_well_as_can_be(batch: int) -> None:
    """And feasible says so without looking for it."""
    draw = Random(f"shared {FRESH} {batch}")
    seen = sum((tried(draw) for _ in range(1_500)), Counter[str]())
    assert seen["exact"] == 1_500
    assert 300 < seen["met"] < 1_200


@pytest.mark.parametrize("batch", range(4))
def test_a_part_is_never_taken_twice_and_a_whole_takes_all_units_of_its_parts(batch: int) -> None:
    draw = Random(f"parts {FRESH} {batch}")
    seen = sum((tried(draw, parts=True) for _ in range(1_500)), Counter[str]())
    assert 200 < seen["met"] < 1_300
    assert seen["too_often"] > 20  # what is feasible but for the parts
    assert 200 < seen["exact"] < 1_300


@pytest.mark.parametrize("batch", range(4))
def test_several_units_come_from_the_members_that_others_leave(batch: int) -> None:
    draw = Random(f"units {FRESH} {batch}")
    seen = sum((tried(draw, units=True) for _ in range(1_500)), Counter[str]())
    assert 200 < seen["met"] < 1_300
    assert min(seen["too_often"], seen["forced"], seen["chosen"]) > 3
    assert 200 < seen["exact"] < 1_300


def test_units_and_parts_at_once() -> None:
    draw = Random(f"units and parts {FRESH}")
    seen = sum((tried(draw, units=True, parts=True) for _ in range(1_500)), Counter[str]())
    assert min(seen["too_often"], seen["forced"], seen["chosen"]) > 3


def test_matching_is_exact_unless_something_shares_a_part_or_several_units_are_chosen() -> None:
    parts: Parts = {"hall": frozenset({"stage"}), "attic": frozenset()}
    assert is_exact([Demand(("attic", "cellar"), 1)], parts)
    assert is_exact([Demand(("attic", "cellar"), 2, 2)], {})  # no choice
    assert not is_exact([Demand(("attic", "cellar"), 1, 2)], {})
    assert not is_exact([Demand(("attic",)), Demand(("hall",))], parts)


def test_matching_may_be_true_too_often_where_several_units_are_chosen() -> None:
    """Two units of the one room, twice: the search finds that there are not four."""
    demands = [Demand(("attic", "cellar"), 1, 2), Demand(("attic", "cellar"), 1, 2)]
    supply = {"attic": 3, "cellar": 1}
    assert feasible(demands, supply)
    assert assign(demands, supply, {}) is None


def test_nothing_wanted_is_nothing_given() -> None:
    assert assign([], {}, {}) == []


def test_nobody_to_give_is_nothing_put_together() -> None:
    assert assign([Demand(())], {}, {}) is None
    assert assign([Demand(("a",))], {}, {}) is None
    assert assign([Demand(("a",), count=2)], {"a": 2}, {}) is None


def test_the_first_need_gives_way_where_the_second_could_not_be_met() -> None:
    """Ann is liked best for both, and the second has nobody else."""
    demands = [Demand(("ann", "bob")), Demand(("ann",))]
    assert assign(demands, {"ann": 1, "bob": 1}, {}) == [("bob",), ("ann",)]
    assert assign(demands, {"ann": 2, "bob": 1}, {}) == [("ann",), ("ann",)]


def test_the_search_goes_back_where_two_choices_share_a_part() -> None:
    """The hall and the studio share a stage, which matching does not see."""
    parts: Parts = {"hall": frozenset({"stage"}), "studio": frozenset({"stage"})}
    supply = {"hall": 1, "studio": 1, "attic": 1}
    assert assign([Demand(("hall", "attic")), Demand(("studio",))], supply, parts) == [
        ("attic",),
        ("studio",),
    ]
    assert assign([Demand(("hall",)), Demand(("studio",))], supply, parts) is None
