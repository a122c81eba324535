"""Whose turn it is: the order, that it never wavers, and that the balances keep the weights."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra24.availability import (
    ONE_TURN,
    Candidate,
    HostTerms,
    LedgerTurn,
    Pooling,
    Replay,
    Standing,
    charges,
    rank,
    replay,
    simulate,
)

FAST = settings(max_examples=200, deadline=None, database=None)
WEIGHTS = (1, 50, 100, 200, 300, 1_000)


@st.composite
def pools(draw: st.DrawFn) -> list[Candidate]:
    """Up to six hosts in the order of the rules."""
    small = st.integers(0, 3)
    return [
        Candidate(
            f"host {n}",
            n,
            draw(small),
            draw(st.sampled_from(WEIGHTS)),
            draw(st.integers(-2, 2) | st.integers(-3 * ONE_TURN, 3 * ONE_TURN)),
            draw(small),
            draw(st.booleans()),
            draw(st.booleans()),
        )
        for n in range(draw(st.integers(0, 6)))
    ]


class Desk:
    """Books by round robin, one turn after another, and keeps the ledger."""

    def __init__(self, weights: dict[Hashable, int], priorities: dict[Hashable, int] | None = None) -> None:
        self.weights = dict(weights)
        self.priorities = priorities or {}
        self.ledger: list[LedgerTurn] = []

    @property
    def standings(self) -> dict[Hashable, Standing]:
        return replay(self.ledger).standings

    def book(
        self,
        at: int,
        *,
        free: Sequence[Hashable] | None = None,
        away: Sequence[Hashable] = (),
        count: int = 1,
        among: Sequence[Hashable] | None = None,
        keep: Sequence[Hashable] = (),
        booking: Hashable = None,
    ) -> tuple[Hashable, ...]:
        """The next turn; `free` are those who can take it, `away` those who are owed nothing of it.

        Those to `keep` take it if they can. Without a `booking` it is a new one.
        """
        so_far = self.standings
        candidates = []
        for position, key in enumerate(self.weights):
            if among is not None and key not in among:
                continue
            standing = so_far.get(key, Standing())
            can = (free is None or key in free) and key not in away
            candidates.append(
                Candidate(
                    key,
                    position,
                    self.priorities.get(key, 0),
                    self.weights[key],
                    standing.balance,
                    standing.last,
                    key not in away,
                    can,
                )
            )
        decision = rank(Pooling.ROUND_ROBIN, candidates)
        kept = bool(keep) and set(keep) <= set(decision.order)
        chosen = tuple(keep) if kept else decision.order[:count]
        whose = f"booking {len(self.ledger)}" if booking is None else booking
        self.ledger.append(LedgerTurn(decision.candidates, chosen, at, kept=kept, booking=whose))
        return chosen

    def series(self, at: int, dates: int, draw: Random) -> None:
        """Bookings one after another, with the hosts of the first wherever they can; some days off or busy."""
        keys, count = list(self.weights), draw.choice((1, 1, 2))
        keep: tuple[Hashable, ...] = ()
        for _ in range(dates):
            away = draw.sample(keys, draw.choice((0, 0, 1)))
            free = [key for key in keys if key not in away and draw.random() < 0.8]
            if len(free) >= count:
                chosen = self.book(at, free=free, away=away, count=count, keep=keep)
                keep = keep or chosen

    def standing(self) -> list[int]:
        """The lines whose turns were not given back: of each booking the last, if it is none that was."""
        last = {turn.booking: number for number, turn in enumerate(self.ledger)}
        return [number for number in last.values() if not self.ledger[number].returned]

    def give_back(self, number: int, at: int = 0) -> None:
        """The booking of a line is cancelled."""
        self.ledger.append(replace(self.ledger[number], at=at, returned=True, kept=False))

    def given(self, key: Hashable) -> int:
        return self.standings.get(key, Standing()).given


# The order.


def goes_before(one: Candidate, other: Candidate, pool: list[Candidate]) -> bool:
    """Round robin in words: priority, then who is owed most with this turn, then the wait, then the order."""
    if one.priority != other.priority:
        return one.priority > other.priority
    there = sum(c.weight for c in pool if c.present)
    ours, theirs = [c.balance - (ONE_TURN * c.weight // there if c.present else 0) for c in (one, other)]
    if ours != theirs:
        return ours < theirs
    if one.last != other.last:
        return one.last < other.last
    return one.position < other.position


@FAST
@given(pools())
def test_round_robin_tries_the_one_who_is_owed_most(pool: list[Candidate]) -> None:
    tried = rank(Pooling.ROUND_ROBIN, pool).candidates
    assert sorted(tried, key=lambda c: c.position) == pool
    assert all(goes_before(a, b, pool) for n, a in enumerate(tried) for b in tried[n + 1 :])


@FAST
@given(pools(), st.sampled_from((Pooling.ANY, Pooling.FIXED, Pooling.COLLECTIVE)))
def test_otherwise_hosts_go_by_priority_and_then_the_order_of_the_rules(
    pool: list[Candidate], pooling: Pooling
) -> None:
    tried = rank(pooling, pool).candidates
    assert list(tried) == sorted(pool, key=lambda c: (-c.priority, c.position))


@FAST
@given(pools(), st.sampled_from(list(Pooling)))
def test_only_those_who_are_free_are_tried(pool: list[Candidate], pooling: Pooling) -> None:
    decision = rank(pooling, pool)
    assert decision.pooling is pooling
    assert decision.order == tuple(c.key for c in decision.candidates if c.free)
    assert len(decision.candidates) == len(pool)


@FAST
@given(pools(), st.sampled_from(list(Pooling)), st.randoms())
def test_the_decision_does_not_depend_on_the_order_of_asking(
    pool: list[Candidate], pooling: Pooling, chance: Random
) -> None:
    shuffled = list(pool)
    chance.shuffle(shuffled)
    assert rank(pooling, shuffled) == rank(pooling, pool)


@FAST
@given(pools(), st.sampled_from(list(Pooling)))
def test_the_recorded_inputs_repeat_the_decision(pool: list[Candidate], pooling: Pooling) -> None:
    decision = rank(pooling, pool)
    recorded = [Candidate(**inputs) for inputs in decision.inputs()]
    assert rank(pooling, recorded).order == decision.order


def test_the_share_of_the_turn_at_hand_counts_and_only_for_those_who_are_there() -> None:
    """Ann has had a quarter of a turn too much, but three quarters of this one are hers."""
    ann, bob = (
        Candidate("ann", 1, weight=300, balance=ONE_TURN // 4),
        Candidate("bob", 0, balance=-ONE_TURN // 8),
    )
    assert rank(Pooling.ROUND_ROBIN, [ann, bob]).order == ("ann", "bob")
    assert rank(Pooling.ROUND_ROBIN, [replace(ann, present=False), bob]).order == ("bob", "ann")
    level = replace(ann, balance=-ONE_TURN // 8 + ONE_TURN // 2)  # what is left of both is the same
    assert rank(Pooling.ROUND_ROBIN, [level, bob]).order == ("bob", "ann")
    assert rank(Pooling.ROUND_ROBIN, [level, replace(bob, last=1)]).order == ("ann", "bob")


def test_a_lower_priority_waits_while_a_higher_one_is_free() -> None:
    ahead = Candidate("first", 1, priority=1, balance=1_000 * ONE_TURN, last=9)
    behind = Candidate("second", 0, priority=0, balance=-1_000 * ONE_TURN)
    assert rank(Pooling.ROUND_ROBIN, [behind, ahead]).order == ("first", "second")
    assert rank(Pooling.ROUND_ROBIN, [behind, replace(ahead, free=False)]).order == ("second",)


def test_nobody_free_is_nobody_to_try() -> None:
    assert rank(Pooling.ROUND_ROBIN, []).order == ()


# What one turn does.


@FAST
@given(pools(), st.data())
def test_one_turn_moves_balances_by_the_weights_and_adds_up_to_nothing(
    pool: list[Candidate], data: st.DataObject
) -> None:
    chosen = data.draw(st.sets(st.sampled_from([c.key for c in pool]))) if pool else set()
    moved = charges(pool, chosen)
    there = [c for c in pool if c.present or c.key in chosen]
    assert sum(moved.values()) == 0
    assert set(moved) == {c.key for c in there}
    for c in there:
        share = Fraction(ONE_TURN * len(chosen) * c.weight, sum(other.weight for other in there))
        assert abs(ONE_TURN * (c.key in chosen) - share - moved[c.key]) <= 1


def test_whoever_is_away_is_owed_nothing_and_whoever_comes_in_anyway_is() -> None:
    ann, bob, cyd = Candidate("ann", 0), Candidate("bob", 1, present=False), Candidate("cyd", 2)
    assert charges([ann, bob, cyd], ["ann"]) == {"ann": ONE_TURN // 2, "cyd": -ONE_TURN // 2}
    third = ONE_TURN // 3
    assert charges([ann, bob, cyd], ["bob"]) == {"ann": -third - 1, "bob": ONE_TURN - third, "cyd": -third}


# Many turns.


def test_equal_weights_take_turns() -> None:
    desk = Desk({"ann": 100, "bob": 100, "cyd": 100})
    order = [desk.book(at)[0] for at in range(1, 61)]
    assert order == ["ann", "bob", "cyd"] * 20


def test_double_weight_gets_double_the_bookings() -> None:
    desk = Desk({"ann": 200, "bob": 100})
    for at in range(1, 181):
        desk.book(at)
        assert abs(desk.given("ann") - Fraction(2, 3) * at) <= 1
    assert (desk.given("ann"), desk.given("bob")) == (120, 60)


def strays(weights: Sequence[int], turns: int) -> tuple[Fraction, Fraction]:
    """How far the host who is most behind is behind their weight, and who is most ahead is ahead; in turns."""
    found = Replay()
    behind = ahead = Fraction(0)
    for at in range(1, turns + 1):
        pool = [
            Candidate(key, key, 0, weight, standing.balance, standing.last)
            for key, weight in enumerate(weights)
            for standing in (found.standings.get(key, Standing()),)
        ]
        turn = LedgerTurn(tuple(pool), rank(Pooling.ROUND_ROBIN, pool).order[:1], at)
        found.charge(turn, turn.chosen)
        for key, standing in found.standings.items():
            assert isinstance(key, int)
            stray = standing.given - Fraction(at * weights[key], sum(weights))
            assert abs(standing.balance - ONE_TURN * stray) <= at  # but for what is rounded
            behind, ahead = max(behind, -stray), max(ahead, stray)
    return behind, ahead


@pytest.mark.parametrize(
    "weights",
    [(1, 1_000), (100, 300), (50, 50), (200, 100), (100,) * 3, (7,) * 5, (1_000, 50, 1), (200, 1, 200)],
)
def test_two_or_three_hosts_or_equal_ones_never_stray_a_whole_turn_from_their_weights(
    weights: tuple[int, ...],
) -> None:
    behind, ahead = strays(weights, 150)
    assert behind < 1
    assert ahead < 1


@pytest.mark.parametrize("seed", range(12))
def test_nobody_is_ever_a_turn_ahead_or_much_more_than_one_behind(seed: int) -> None:
    """Of n hosts the first is owed at least 1/n of a turn, and so never more than the rest ahead."""
    draw = Random(seed)
    weights = [draw.choice(WEIGHTS) for _ in range(draw.randint(2, 6))]
    behind, ahead = strays(weights, 150)
    assert ahead <= 1 - Fraction(1, len(weights)) + Fraction(1, 1_000)
    assert behind < Fraction(5, 4)


def test_whoever_was_away_is_not_flooded_afterwards() -> None:
    desk = Desk({"ann": 100, "bob": 100, "cyd": 100})
    for at in range(1, 31):
        desk.book(at)
    before = desk.standings["bob"]
    for at in range(31, 91):
        desk.book(at, away=["bob"])
    assert desk.standings["bob"] == before
    back = [desk.book(at)[0] for at in range(91, 121)]
    assert all(3 <= back[:n].count("bob") * 9 // n <= 4 for n in (9, 18, 27))
    assert max(len(run) for run in "".join("b" if key == "bob" else " " for key in back).split()) == 1


def test_whoever_is_busy_but_there_catches_up() -> None:
    """Not free is not away: it is owed its share all the same."""
    desk = Desk({"ann": 100, "bob": 100})
    for at in range(1, 11):
        desk.book(at, free=["ann"])
    assert [desk.book(at) for at in range(11, 21)] == [("bob",)] * 10


def test_a_new_host_starts_at_nothing_and_is_not_flooded() -> None:
    desk = Desk({"ann": 100, "bob": 100})
    for at in range(1, 101):
        desk.book(at)
    desk.weights["cyd"] = 100
    order = [desk.book(at)[0] for at in range(101, 131)]
    assert order.count("cyd") == 10
    assert all(order[n : n + 2] != ["cyd", "cyd"] for n in range(29))


def random_ledger(draw: Random, *, returns: bool = True) -> Desk:
    """Turns of one or two hosts of up to five, who come, go, are busy, and keep series.

    Bookings are cancelled, and moved to other hosts: then the turn is given back and another taken.
    """
    keys = "abcde"[: draw.randint(2, 5)]
    desk = Desk({key: draw.choice(WEIGHTS) for key in keys}, {key: draw.choice((0, 0, 1)) for key in keys})
    in_one_second = draw.random() < 0.25
    while len(desk.ledger) < 40:
        at = 7 if in_one_second else len(desk.ledger) + 1
        booking = None
        standing = desk.standing()
        if returns and standing and draw.random() < 0.2:
            number = draw.choice(standing)
            desk.give_back(number, at)
            if draw.random() < 0.7:
                continue
            booking = desk.ledger[number].booking
        elif draw.random() < 0.15:
            desk.series(at, draw.randint(2, 5), draw)
            continue
        away = draw.sample(keys, draw.randint(0, 1))
        free = [key for key in keys if key not in away and draw.random() < 0.8]
        among = draw.sample(keys, draw.randint(1, len(keys)))
        if set(free) & set(among):
            desk.book(at, free=free, away=away, count=draw.choice((1, 1, 2)), among=among, booking=booking)
    return desk


def test_random_ledgers_have_lines_of_each_kind() -> None:
    ledgers = [random_ledger(Random(seed)).ledger for seed in range(60)]
    lines = [turn for ledger in ledgers for turn in ledger]
    assert sum(turn.kept for turn in lines) > 200
    assert sum(turn.returned for turn in lines) > 200
    firsts = [rank(Pooling.ROUND_ROBIN, t.candidates).order[: len(t.chosen)] for t in lines]
    assert sum(t.kept and set(first) != set(t.chosen) for t, first in zip(lines, firsts, strict=True)) > 50
    again = [Counter(t.booking for t in ledger if not t.returned) for ledger in ledgers]
    assert sum(count > 1 for counted in again for count in counted.values()) > 50
    assert sum(len({turn.at for turn in ledger}) == 1 for ledger in ledgers) > 5


@pytest.mark.parametrize("seed", range(60))
def test_all_balances_add_up_to_nothing_exactly(seed: int) -> None:
    found = replay(random_ledger(Random(seed)).ledger)
    assert sum(standing.balance for standing in found.standings.values()) == 0


@pytest.mark.parametrize("seed", range(60))
def test_a_ledger_that_was_kept_follows_line_by_line(seed: int) -> None:
    assert replay(random_ledger(Random(seed)).ledger).wrong == []


@pytest.mark.parametrize("seed", range(60))
def test_a_line_that_was_tampered_with_is_found(seed: int) -> None:
    """Another balance, or another host than the first of those who were free."""
    draw = Random(seed)
    ledger = random_ledger(draw).ledger
    lines = [n for n, turn in enumerate(ledger) if not turn.returned]
    number = draw.choice(lines)
    turn = ledger[number]
    first, *rest = turn.candidates
    forged = replace(turn, candidates=(replace(first, balance=first.balance + draw.choice((-1, 1))), *rest))
    assert number in replay([*ledger[:number], forged, *ledger[number + 1 :]]).wrong
    others = [c.key for c in turn.candidates if c.free and c.key not in turn.chosen]
    if others and not turn.kept:
        preferred = replace(turn, chosen=(*turn.chosen[1:], others[-1]))
        assert number in replay([*ledger[:number], preferred, *ledger[number + 1 :]]).wrong


@pytest.mark.parametrize("seed", range(60))
def test_a_turn_left_out_is_found_as_soon_as_it_matters(seed: int) -> None:
    """A turn that moved a balance cannot vanish: the next line with one of those hosts says otherwise."""
    draw = Random(seed)
    ledger = random_ledger(draw, returns=False).ledger
    number = draw.randrange(len(ledger))
    moved = {
        key for key, change in charges(ledger[number].candidates, ledger[number].chosen).items() if change
    }
    rest = ledger[number + 1 :]
    touched = any(c.key in moved for turn in rest for c in turn.candidates)
    assert bool(replay([*ledger[:number], *rest]).wrong) == touched


@pytest.mark.parametrize("seed", range(40))
def test_a_turn_given_back_is_undone(seed: int) -> None:
    """Its hosts stand where they stood, but for when they were last chosen."""
    desk = random_ledger(Random(seed))
    before = {key: (s.given, s.owed) for key, s in desk.standings.items()}
    chosen = desk.book(1_000)
    desk.give_back(len(desk.ledger) - 1)
    after = {key: (s.given, s.owed) for key, s in desk.standings.items()}
    assert {key: found for key, found in after.items() if key in before or found != (0, 0)} == before
    assert all(desk.standings[key].last == 1_000 for key in chosen)


def test_a_line_kept_with_the_same_host_proves_nothing_but_counts() -> None:
    """The second of a series stays with Ann, though it is Bob's turn."""
    desk = Desk({"ann": 100, "bob": 100})
    desk.book(1)
    desk.book(2, keep=["ann"])
    first, stays = desk.ledger
    assert (stays.chosen, stays.kept) == (("ann",), True)
    assert replay([first, replace(stays, kept=False)]).wrong == [1]
    found = replay([first, stays])
    assert found.wrong == []
    assert {key: s.balance for key, s in found.standings.items()} == {"ann": ONE_TURN, "bob": -ONE_TURN}


# What would have been.


def terms(desk: Desk, **changes: HostTerms) -> dict[Hashable, HostTerms]:
    """The weights and priorities of a desk, with changes."""
    own = {key: HostTerms(desk.priorities.get(key, 0), weight) for key, weight in desk.weights.items()}
    return {**own, **changes}


@pytest.mark.parametrize("seed", range(60))
def test_the_same_weights_give_the_same_bookings(seed: int) -> None:
    desk = random_ledger(Random(seed))
    assert simulate(desk.ledger, terms(desk)).standings == desk.standings
    assert simulate(desk.ledger, {}).standings == desk.standings


def tried_again(
    ledger: Sequence[LedgerTurn], other: Mapping[Hashable, HostTerms]
) -> dict[Hashable, Standing]:
    """A simulation in words: before each line all that stands is added up from the start."""
    entered: list[LedgerTurn] = []
    led: dict[tuple[Hashable, ...], tuple[Hashable, ...]] = {}

    def where(key: Hashable) -> Standing:
        found = Standing()
        for turn in entered:
            moved = charges(turn.candidates, turn.chosen)
            if key in moved:
                sign, took = -1 if turn.returned else 1, key in turn.chosen
                found.given += sign * took
                found.owed += sign * (ONE_TURN * took - moved[key])
                found.last = turn.at if took and not turn.returned else found.last
        return found

    for turn in ledger:
        own = [n for n, t in enumerate(entered) if t.booking == turn.booking and not t.returned]
        if turn.returned:
            entered.append(replace(entered[own[-1]], returned=True))
            continue
        pool = []
        for c in turn.candidates:
            so_far, new = where(c.key), other.get(c.key, HostTerms(c.priority, c.weight))
            pool.append(
                replace(c, priority=new.priority, weight=new.weight, balance=so_far.balance, last=so_far.last)
            )
        order = rank(Pooling.ROUND_ROBIN, pool).order
        chosen = order[: len(turn.chosen)]
        if turn.kept and turn.chosen in led and all(key in order for key in led[turn.chosen]):
            chosen = led[turn.chosen]
        if not turn.kept:
            led[turn.chosen] = chosen
        entered.append(replace(turn, candidates=tuple(pool), chosen=chosen))
    return {key: where(key) for turn in entered for key in charges(turn.candidates, turn.chosen)}


@pytest.mark.parametrize("seed", range(40))
def test_a_simulation_does_what_its_words_say(seed: int) -> None:
    draw = Random(seed)
    desk = random_ledger(draw)
    others = {key: HostTerms(draw.choice((0, 1)), draw.choice(WEIGHTS)) for key in list(desk.weights)[1:]}
    assert simulate(desk.ledger, others).standings == tried_again(desk.ledger, others)


@pytest.mark.parametrize("seed", range(60))
def test_other_weights_give_as_many_bookings_and_add_up_to_nothing(seed: int) -> None:
    draw = Random(seed)
    desk = random_ledger(draw)
    others = {key: HostTerms(draw.choice((0, 1)), draw.choice(WEIGHTS)) for key in desk.weights}
    found = simulate(desk.ledger, others).standings
    assert sum(standing.balance for standing in found.values()) == 0
    assert sum(s.given for s in found.values()) == sum(s.given for s in desk.standings.values())
    assert all(standing.given >= 0 for standing in found.values())


def test_a_heavier_host_would_have_had_more() -> None:
    desk = Desk({"ann": 100, "bob": 100})
    for at in range(1, 31):
        desk.book(at)
    found = simulate(desk.ledger, terms(desk, ann=HostTerms(0, 200))).standings
    assert (found["ann"].given, found["bob"].given) == (20, 10)
    first = simulate(desk.ledger, terms(desk, bob=HostTerms(1, 100))).standings
    assert (first["ann"].given, first["bob"].given) == (0, 30)


def test_turns_of_one_second_are_given_back_one_by_one() -> None:
    """What is given back is the turn of that booking, not the last of the same host."""
    desk = Desk({"ann": 100, "bob": 100, "cyd": 100})
    desk.book(7, free=["ann"])
    desk.book(7, free=["ann"], away=["bob", "cyd"])
    desk.give_back(0, 7)
    assert replay(desk.ledger).wrong == []
    assert simulate(desk.ledger, terms(desk)).standings == desk.standings


def test_a_booking_that_was_moved_gives_back_its_last_turn() -> None:
    desk = Desk({"ann": 100, "bob": 100})
    desk.book(1, booking="moved")
    desk.give_back(0, 2)
    desk.book(3, booking="moved", free=["bob"])
    desk.give_back(2, 4)
    found = simulate(desk.ledger, terms(desk, bob=HostTerms(1, 100))).standings
    assert {key: (s.given, s.balance) for key, s in found.items()} == {"ann": (0, 0), "bob": (0, 0)}


def test_a_series_stays_together_in_a_simulation() -> None:
    """Led by Ann it stays with her; where Bob would have led it, with Bob while he is free."""
    desk = Desk({"ann": 100, "bob": 100})
    desk.book(1)
    desk.book(1, keep=["ann"])
    desk.book(1, keep=["ann"], free=["ann"])
    desk.book(1, keep=["ann"])
    assert replay(desk.ledger).wrong == []
    assert simulate(desk.ledger, terms(desk)).standings == desk.standings
    found = simulate(desk.ledger, terms(desk, bob=HostTerms(1, 100))).standings
    assert (found["ann"].given, found["bob"].given) == (1, 3)


def test_a_series_keeps_to_the_turn_that_began_it_not_to_one_between() -> None:
    """On one date Ann is busy and Bob takes it; the rest stays with her."""
    desk = Desk({"ann": 100, "bob": 100, "cyd": 100})
    desk.book(1)
    desk.book(1, keep=["ann"], free=["bob", "cyd"])
    desk.book(1, keep=["ann"])
    assert [turn.chosen for turn in desk.ledger] == [("ann",), ("bob",), ("ann",)]
    assert [turn.kept for turn in desk.ledger] == [False, False, True]
    assert simulate(desk.ledger, terms(desk)).standings == desk.standings
    found = simulate(desk.ledger, terms(desk, cyd=HostTerms(1, 100))).standings
    assert {key: standing.given for key, standing in found.items()} == {"ann": 0, "bob": 0, "cyd": 3}
