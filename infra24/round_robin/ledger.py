"""Keep the ledger: charge a turn, give it back, add it all up again, and try it with other weights."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from infra24.availability import Candidate, HostTerms, LedgerTurn, Replay, charges, replay, simulate
from infra24.db import Tx
from infra24.errors import Message, ValidationFailed
from infra24.round_robin import queries
from infra24.round_robin.model import DecisionRow, HostDecision


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """The ledger of an offer added up again, beside what is kept. `holds`: nothing disagrees."""

    ledger: tuple[LedgerTurn, ...]
    replayed: Replay
    kept: Mapping[Hashable, int]
    names: Mapping[Hashable, str]

    @property
    def holds(self) -> bool:
        """Whether every line follows from those before, and what is kept is their sum."""
        summed = {key: s.balance for key, s in self.replayed.standings.items() if s.balance}
        return not self.replayed.wrong and summed == {k: b for k, b in self.kept.items() if b}


@dataclass(frozen=True, slots=True)
class RoundRobinOffer:
    """An offer whose hosts take turns, or once took some; `hosts` have a balance there."""

    id: UUID
    slug: str
    title: str
    is_active: bool
    hosts: int
    turns: int
    last_at: datetime | None


async def offers(tx: Tx) -> list[RoundRobinOffer]:
    """The offers whose hosts take turns, those in use first, in one statement."""
    return [RoundRobinOffer(*row) for row in await queries.offers(tx)]


async def standings(tx: Tx, offer_id: UUID) -> dict[UUID, tuple[int, int]]:
    """Of each host, the balance and when they were last chosen (seconds since 1970). Lock the offer first."""
    return await queries.standings(tx, offer_id)


async def record_decision(
    tx: Tx, booking_id: UUID, offer_id: UUID, made: HostDecision, now: datetime
) -> None:
    """Write down who hosts a booking and why; a turn is charged to the balances.

    What is no turn goes with the COMMIT: nothing here reads it.
    """
    decision, hosts = made.decision, made.hosts
    line = DecisionRow(
        booking_id, offer_id, now, decision.pooling, hosts, decision.inputs(), made.is_turn, made.kept
    )
    if not made.is_turn:
        tx.run_last(queries.write(tx, line))
        return
    changes = _by_host(charges(decision.candidates, hosts))
    await tx.run_together([queries.write(tx, line), queries.change(tx, offer_id, changes, hosts, 1, now)])


async def offers_of(tx: Tx, booking_id: UUID) -> list[UUID]:
    """The offers in whose ledger a booking has a turn: lock them before it is given back."""
    return await queries.offers_of(tx, booking_id)


async def reverse(tx: Tx, booking_id: UUID, now: datetime) -> None:
    """Take the turn of a booking out of the ledger, if it has one there. Its offer must be locked."""
    row = await queries.turn_of(tx, booking_id)
    if row is None:
        return
    offer_id, pooling, chosen, candidates = row
    line = DecisionRow(booking_id, offer_id, now, pooling, chosen, candidates, is_turn=True, returned=True)
    changes = charges([_candidate(c) for c in candidates], [str(host) for host in chosen])
    undone = {UUID(str(key)): -change for key, change in changes.items()}
    await tx.run_together([queries.write(tx, line), queries.change(tx, offer_id, undone, chosen, -1, None)])


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """The turn of a booking as it stands in the ledger."""

    candidates: tuple[Candidate, ...]
    chosen: tuple[str, ...]

    def charges(self) -> dict[Hashable, int]:
        """What it did to the balances."""
        return charges(self.candidates, self.chosen)


async def turn_of(tx: Tx, booking_id: UUID) -> LedgerEntry | None:
    """The turn of a booking, unless it has none or gave it back."""
    row = await queries.turn_of(tx, booking_id)
    if row is None:
        return None
    return LedgerEntry(tuple(_candidate(c) for c in row[3]), tuple(map(str, row[2])))


async def check_ledger(tx: Tx, offer_id: UUID) -> LedgerCheck:
    """Read the whole ledger of an offer and add it up."""
    rows = await queries.ledger(tx, offer_id)
    ledger = tuple(
        LedgerTurn(
            tuple(_candidate(c) for c in candidates), tuple(map(str, chosen)), at, returned, kept, booking
        )
        for candidates, chosen, at, returned, kept, booking in rows
    )
    kept: dict[Hashable, int] = {
        str(host): balance for host, (balance, _) in (await queries.standings(tx, offer_id)).items()
    }
    names: dict[Hashable, str] = {str(id_): name for id_, name in await queries.names(tx, offer_id)}
    return LedgerCheck(ledger, replay(ledger), kept, names)


def simulate_weights(found: LedgerCheck, weights: Mapping[str, int]) -> Replay:
    """The same bookings under other weights, by the id of a host."""
    terms: dict[Hashable, HostTerms] = {}
    for turn in found.ledger:
        for candidate in turn.candidates:
            weight = weights.get(str(candidate.key), candidate.weight)
            terms[candidate.key] = HostTerms(candidate.priority, weight)
    return simulate(found.ledger, terms)


def read_weights(text: str, hosts: Mapping[str, UUID]) -> dict[str, int]:
    """Weights as they are written: <host>=<1 to 1000>, by e-mail or id. Raises ValidationFailed."""
    found: dict[str, int] = {}
    known = {**{str(id_): id_ for id_ in hosts.values()}, **hosts}
    for part in text.split(","):
        name, _, weight = part.strip().partition("=")
        if name.strip() not in known or not weight.isdecimal() or not 1 <= int(weight[:5]) <= 1_000:
            raise ValidationFailed(
                {"weights": Message("%(part)s is not <e-mail of a host>=<1 to 1000>", part=repr(part[:60]))}
            )
        found[str(known[name.strip()])] = int(weight)
    return found


def _candidate(kept: Mapping[str, Any]) -> Candidate:
    return Candidate(**kept)


def _by_host(changes: Mapping[Hashable, int]) -> dict[UUID, int]:
    return {UUID(str(key)): change for key, change in changes.items()}
