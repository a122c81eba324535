"""Putting people and things together: the best of all combinations, or none when there is none."""

from collections.abc import Hashable, Iterator
from itertools import combinations, permutations, product
from random import Random

import pytest

from infra24.availability import Demand, assign
from infra24.availability.assignment import feasible
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
    return not any(
        other in parts.get(one, ()) or parts.get(one, frozenset()) & parts.get(other, frozenset())
        for (one, _), (other, _) in permutations(picks, 2)
    )


def instance(draw: Random, *, units: bool = False, parts: bool = False) -> tuple[list[Demand], Supply, Parts]:
    """Up to four demands of up to five members who may be shared; parts have one unit, or are nobody's."""
    keys = "abcde"[: draw.randint(1, 5)]
    supply: Supply = {key: draw.choice((1, 1, 2, 3)) for key in keys}
    some = draw.randint(0, 2) if parts else 0
    whole: Parts = {
        key: frozenset(draw.sample([*"abcde"[:2], "x", "y"], draw.randint(1, 2))) - {key}
        for key in draw.sample(keys, min(some, len(keys)))
    }
    supply |= {part: 1 for owned in whole.values() for part in owned if part in supply}
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


@pytest.mark.parametrize("batch", range(4))
def test_members_are_shared_out_as_well_as_can_be(batch: int) -> None:
    """And feasible says so without looking for it."""
    draw, met = Random(f"shared {FRESH} {batch}"), 0
    for _ in range(1_500):
        demands, supply, parts = instance(draw)
        best = next(all_choices(demands, supply, parts), None)
        assert assign(demands, supply, parts) == best, (FRESH, demands, supply)
        assert feasible(demands, supply) == (best is not None), (FRESH, demands, supply)
        met += best is not None
    assert 300 < met < 1_200


@pytest.mark.parametrize("batch", range(4))
def test_a_part_is_never_taken_twice(batch: int) -> None:
    draw, met, apart = Random(f"parts {FRESH} {batch}"), 0, 0
    for _ in range(1_500):
        demands, supply, parts = instance(draw, parts=True)
        best = next(all_choices(demands, supply, parts), None)
        assert assign(demands, supply, parts) == best, (FRESH, demands, supply, parts)
        met += best is not None
        apart += best is None and feasible(demands, supply)
    assert 200 < met < 1_300
    assert apart > 20  # what is feasible but for the parts


def test_several_units_of_the_only_member_that_there_is() -> None:
    """A demand for several units has no choice here; the others have."""
    draw, met = Random(f"units {FRESH}"), 0
    for _ in range(1_500):
        demands, supply, parts = instance(draw, units=True)
        demands = [Demand(d.options[: d.count], d.count, d.units) if d.units > 1 else d for d in demands]
        best = next(all_choices(demands, supply, parts), None)
        assert assign(demands, supply, parts) == best, (FRESH, demands, supply)
        assert feasible(demands, supply) == (best is not None), (FRESH, demands, supply)
        met += best is not None
    assert met > 150


@pytest.mark.xfail(strict=True, reason="engine fault 1: several units are given to the first that has them")
def test_fault_several_units_of_one_of_several_members() -> None:
    """The smallest: feasible([Demand(("x", "y"), 1, 2), Demand(("x",))], {"x": 2, "y": 2}) is False."""
    draw = Random(f"units of a choice {FRESH}")
    for _ in range(1_500):
        demands, supply, parts = instance(draw, units=True)
        best = next(all_choices(demands, supply, parts), None)
        assert assign(demands, supply, parts) == best, (FRESH, demands, supply)
        assert feasible(demands, supply) == (best is not None), (FRESH, demands, supply)


@pytest.mark.xfail(strict=True, reason="engine fault 2: a part of which a unit is taken goes with its whole")
def test_fault_parts_of_several_units() -> None:
    """Whoever takes a whole takes all units of its parts: none may be gone."""
    draw = Random(f"parts of units {FRESH}")
    for _ in range(1_500):
        demands, supply, parts = instance(draw, parts=True)
        supply |= {key: draw.choice((1, 2, 3)) for key in supply}
        best = next(all_choices(demands, supply, parts), None)
        assert assign(demands, supply, parts) == best, (FRESH, demands, supply, parts)


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
