"""Whose turn it is: the order in which free hosts are tried, and the ledger that keeps it fair.

Fairness is a balance. Each booking is one turn, shared out among the hosts who were there for it by their
weights; whoever takes it is charged a whole one. A balance is what one was given less what one was owed,
in millionths of a turn, so that nothing is lost to rounding: all balances add up to zero. Who is away is
owed nothing meanwhile, and who is new begins at zero: neither is flooded afterwards. That is the
calibration, and it needs no second rule.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from infra24.availability.rules import HostTerms, Pooling

ONE_TURN = 1_000_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A host as the decision sees them. `last` is when they were last chosen, in seconds.

    `present` is whether they are owed a share of this turn: not while they are off. `free` is whether
    they can take it.
    """

    key: Hashable
    position: int
    priority: int = 0
    weight: int = 100
    balance: int = 0
    last: int = 0
    present: bool = True
    free: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    """The candidates, best first, and how they were put in order."""

    pooling: Pooling
    candidates: tuple[Candidate, ...]

    @property
    def order(self) -> tuple[Hashable, ...]:
        """Those who are free, best first."""
        return tuple(c.key for c in self.candidates if c.free)

    def inputs(self) -> list[dict[str, Any]]:
        """The candidates as JSON, in the order tried."""
        return [{**asdict(c), "key": str(c.key)} for c in self.candidates]


def rank(pooling: Pooling, candidates: Sequence[Candidate]) -> Decision:
    """Order the hosts.

    Round robin: the highest priority, then whoever is owed most once this turn is shared out, then the
    one who has waited longest, then the order of the rules. Otherwise priority, then the order of the
    rules. The same inputs always give the same decision.
    """
    if pooling is Pooling.ROUND_ROBIN:
        there = sum(c.weight for c in candidates if c.present) or 1
        due = {c.key: c.balance - ONE_TURN * c.weight * c.present // there for c in candidates}
        ordered = sorted(candidates, key=lambda c: (-c.priority, due[c.key], c.last, c.position))
    else:
        ordered = sorted(candidates, key=lambda c: (-c.priority, c.position))
    return Decision(pooling, tuple(ordered))


def charges(candidates: Iterable[Candidate], chosen: Collection[Hashable]) -> dict[Hashable, int]:
    """What one booking does to the balances: a turn for each chosen, less all shares. They add to zero."""
    there = sorted((c for c in candidates if c.present or c.key in chosen), key=lambda c: c.position)
    total = sum(c.weight for c in there)
    turns = ONE_TURN * len(chosen)
    shares = {c.key: turns * c.weight // total for c in there}
    for candidate in there[: turns - sum(shares.values())]:
        shares[candidate.key] += 1
    return {key: ONE_TURN * (key in chosen) - share for key, share in shares.items()}


@dataclass(frozen=True, slots=True)
class LedgerTurn:
    """One line of the ledger: who could, who did; `returned` when its booking was cancelled.

    `kept` when it follows an earlier turn, to stay with the same host: its choice proves nothing.
    `booking` is whose turn it is: what is given back is that one's.
    """

    candidates: tuple[Candidate, ...]
    chosen: tuple[Hashable, ...]
    at: int
    returned: bool = False
    kept: bool = False
    booking: Hashable = None


@dataclass(slots=True)
class Standing:
    """Where a host stands: turns taken, what they were owed (millionths), and since when they wait."""

    given: int = 0
    owed: int = 0
    last: int = 0

    @property
    def balance(self) -> int:
        """What they were given less what they were owed, in millionths of a turn."""
        return self.given * ONE_TURN - self.owed


@dataclass(slots=True)
class Replay:
    """The ledger read from the start: where everyone stands, and the lines that do not follow."""

    standings: dict[Hashable, Standing] = field(default_factory=dict)
    wrong: list[int] = field(default_factory=list)

    def charge(self, turn: LedgerTurn, chosen: Sequence[Hashable]) -> None:
        """Enter a turn, or take a returned one out."""
        sign = -1 if turn.returned else 1
        for key, change in charges(turn.candidates, chosen).items():
            standing = self.standings.setdefault(key, Standing())
            took = key in chosen
            standing.given += sign * took
            standing.owed += sign * (ONE_TURN * took - change)
            if took and not turn.returned:
                standing.last = turn.at


def replay(ledger: Iterable[LedgerTurn]) -> Replay:
    """Add the ledger up again. Wrong is a line whose balances or choice do not follow from those before."""
    found = Replay()
    for number, turn in enumerate(ledger):
        if not turn.returned:
            known = [_standing_as(found, c, {}) for c in turn.candidates]
            said = {c.key: c.balance for c in turn.candidates}
            first = rank(Pooling.ROUND_ROBIN, known).order[: len(turn.chosen)]
            follows = turn.kept or set(first) == set(turn.chosen)
            if said != {c.key: c.balance for c in known} or not follows:
                found.wrong.append(number)
        found.charge(turn, turn.chosen)
    return found


def simulate(ledger: Iterable[LedgerTurn], terms: Mapping[Hashable, HostTerms]) -> Replay:
    """The same bookings, with the same hosts free, under other weights and priorities.

    A turn that was given back is given back by whoever it went to here; one that was kept stays with
    whoever has the turn it follows, or with its host where it follows none, while they are free.
    """
    found = Replay()
    went: dict[Hashable, list[tuple[LedgerTurn, tuple[Hashable, ...]]]] = {}
    led: dict[tuple[Hashable, ...], tuple[Hashable, ...]] = {}
    for turn in ledger:
        if turn.returned:
            if went.get(turn.booking):
                given, chosen = went[turn.booking].pop()
                found.charge(replace(given, returned=True), chosen)
            continue
        known = tuple(_standing_as(found, c, terms) for c in turn.candidates)
        order = rank(Pooling.ROUND_ROBIN, known).order
        chosen = led.get(turn.chosen, turn.chosen) if turn.kept else ()
        if not chosen or not set(chosen) <= set(order):
            chosen = order[: len(turn.chosen)]
        if not turn.kept:
            led[turn.chosen] = chosen
        charged = replace(turn, candidates=known)
        found.charge(charged, chosen)
        went.setdefault(turn.booking, []).append((charged, chosen))
    return found


def _standing_as(so_far: Replay, candidate: Candidate, terms: Mapping[Hashable, HostTerms]) -> Candidate:
    standing = so_far.standings.get(candidate.key, Standing())
    own = terms.get(candidate.key, HostTerms(candidate.priority, candidate.weight))
    return replace(
        candidate,
        balance=standing.balance,
        last=standing.last,
        priority=own.priority,
        weight=own.weight,
    )
