"""Who is chosen from the free hosts: the order, that it never wavers, and that weights are kept."""

from dataclasses import replace
from fractions import Fraction
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from infra24.availability import Candidate, Pooling, rank

FAST = settings(max_examples=200, deadline=None, database=None)


@st.composite
def pools(draw: st.DrawFn) -> list[Candidate]:
    """Up to six free hosts in the order of the rules."""
    small = st.integers(0, 3)
    weights = st.sampled_from((1, 50, 100, 200, 1_000))
    return [
        Candidate(f"host {n}", n, draw(small), draw(weights), draw(st.integers(0, 40)), draw(small))
        for n in range(draw(st.integers(0, 6)))
    ]


def goes_before(one: Candidate, other: Candidate) -> bool:
    """Round robin in words: priority, then what is owed for the weight, then the wait, then the order."""
    if one.priority != other.priority:
        return one.priority > other.priority
    shares = Fraction(one.assigned, one.weight), Fraction(other.assigned, other.weight)
    if shares[0] != shares[1]:
        return shares[0] < shares[1]
    if one.last != other.last:
        return one.last < other.last
    return one.position < other.position


@FAST
@given(pools())
def test_round_robin_tries_the_one_who_is_owed_most(pool: list[Candidate]) -> None:
    tried = rank(Pooling.ROUND_ROBIN, pool).candidates
    assert sorted(tried, key=lambda c: c.position) == pool
    assert all(goes_before(a, b) for n, a in enumerate(tried) for b in tried[n + 1 :])


@FAST
@given(pools(), st.sampled_from((Pooling.ANY, Pooling.FIXED)))
def test_any_and_fixed_go_by_priority_and_then_the_order_of_the_rules(
    pool: list[Candidate], pooling: Pooling
) -> None:
    tried = rank(pooling, pool).candidates
    assert list(tried) == sorted(pool, key=lambda c: (-c.priority, c.position))


@FAST
@given(pools(), st.sampled_from(list(Pooling)))
def test_each_host_is_tried_alone_unless_all_come_together(pool: list[Candidate], pooling: Pooling) -> None:
    decision = rank(pooling, pool)
    keys = tuple(c.key for c in decision.candidates)
    together = pooling is Pooling.COLLECTIVE
    assert decision.assignments == ((keys,) if together else tuple((key,) for key in keys))
    assert decision.pooling is pooling


@FAST
@given(pools(), st.sampled_from(list(Pooling)), st.randoms())
def test_the_decision_does_not_depend_on_the_order_of_asking(
    pool: list[Candidate], pooling: Pooling, chance: Random
) -> None:
    shuffled = list(pool)
    chance.shuffle(shuffled)
    assert rank(pooling, shuffled) == rank(pooling, pool)


@FAST
@given(pools())
def test_the_recorded_inputs_repeat_the_decision(pool: list[Candidate]) -> None:
    decision = rank(Pooling.ROUND_ROBIN, pool)
    recorded = [Candidate(**inputs) for inputs in decision.inputs()]
    assert rank(Pooling.ROUND_ROBIN, recorded).assignments == decision.assignments


def simulate(weights: list[int], rounds: int) -> list[list[int]]:
    """Who has how many bookings, after each of a number of bookings that anyone could take."""
    pool = [Candidate(n, n, weight=weight) for n, weight in enumerate(weights)]
    history: list[list[int]] = []
    for moment in range(1, rounds + 1):
        ((chosen,), *_) = rank(Pooling.ROUND_ROBIN, pool).assignments
        assert isinstance(chosen, int)
        pool[chosen] = replace(pool[chosen], assigned=pool[chosen].assigned + 1, last=moment)
        history.append([c.assigned for c in pool])
    return history


def test_equal_weights_take_turns() -> None:
    for counts in simulate([100, 100, 100], 60):
        assert max(counts) - min(counts) <= 1


def test_double_weight_gets_double_the_bookings() -> None:
    for double, single in simulate([200, 100], 300):
        assert abs(double - 2 * single) <= 2  # within one booking of the single host
        assert abs(double - Fraction(2, 3) * (double + single)) <= 1


@FAST
@given(st.lists(st.sampled_from((1, 50, 100, 200, 300, 1_000)), min_size=2, max_size=2))
def test_two_hosts_never_stray_a_whole_booking_from_their_weights(weights: list[int]) -> None:
    for counts in simulate(weights, 120):
        fair = [Fraction(sum(counts) * weight, sum(weights)) for weight in weights]
        assert all(abs(count - share) <= 1 for count, share in zip(counts, fair, strict=True))


def test_a_lower_priority_waits_while_a_higher_one_is_free() -> None:
    busy = Candidate("first", 1, priority=1, assigned=1_000, last=9)
    idle = Candidate("second", 0, priority=0)
    assert rank(Pooling.ROUND_ROBIN, [idle, busy]).assignments[0] == ("first",)


def test_nobody_free_is_nobody_to_try() -> None:
    assert rank(Pooling.ROUND_ROBIN, []).assignments == ()
