"""What a booking takes, hosts included: chosen by the engine from a snapshot, before anything is claimed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn
from uuid import UUID

from infra24.availability import (
    CLOSED,
    CONTENDED,
    LIMITED,
    Busy,
    Candidate,
    Decision,
    Explanation,
    Pooling,
    Reason,
    are_interdependent,
    can_host,
    explain,
    pick_members,
    rank,
)
from infra24.availability.barriers import free_units
from infra24.bookings.claims import Claim
from infra24.bookings.model import Booking, LimitReached, Participant, SlotNotOffered, SlotTaken
from infra24.bookings.snapshots import AvailabilitySnapshot, seconds
from infra24.bookings.states import ParticipantRole
from infra24.resources import PoolMember
from infra24.round_robin import HostDecision

Standings = Mapping[UUID, tuple[int, int]]
"""Of each host the balance of turns and when they were last chosen (seconds since 1970)."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """What a booking is to take, and why these hosts. `is_only`: there is nothing else to try."""

    claims: tuple[Claim, ...]
    hosts: tuple[Participant, ...]
    chosen: HostDecision | None
    is_only: bool


def best_allocation(
    snapshot: AvailabilitySnapshot,
    booking: Booking,
    standings: Standings,
    *,
    keep: Sequence[UUID] = (),
    new: bool = False,
) -> Allocation:
    """The best assignment for a booking's time. Hosts in `keep` are kept where they can be.

    `new`: kept hosts are charged a turn of the round robin; a booking that is moved charges none.
    `standings`: the balances, with what is planned besides already in them.

    Raises SlotTaken when others were faster and SlotNotOffered, which carries the reasons,
    when the rules do not offer the start.
    """
    start, number = seconds(booking.starts_at), snapshot.offer.staff
    answer = explain(snapshot.timetable, start)
    if not answer.free:
        refuse(answer.reasons)
    if number is None:
        return _allocation(snapshot, booking, pick_members(snapshot.timetable, start, known=answer), None)
    kept = pick_members(snapshot.timetable, start, {number: keep}, answer) if keep else None
    if kept is not None:
        decision = None
        if new and snapshot.offer.takes_turns:
            ranked = _rank(snapshot, start, answer, standings)
            decision = HostDecision(ranked, _ids(kept[number]), is_turn=True, kept=True)
        return _allocation(snapshot, booking, kept, decision)
    ranked = _rank(snapshot, start, answer, standings)
    found = pick_members(snapshot.timetable, start, {number: ranked.order}, answer)
    return _allocation(snapshot, booking, found, _decision(ranked, found[number]) if found else None)


def _decision(ranked: Decision, chosen: Sequence[object]) -> HostDecision:
    hosts = _ids(chosen)
    first = set(ranked.order[: len(hosts)])
    is_turn = ranked.pooling is Pooling.ROUND_ROBIN
    return HostDecision(ranked, hosts, is_turn, kept=first != set(hosts))


def _ids(keys: Sequence[object]) -> tuple[UUID, ...]:
    return tuple(UUID(str(key)) for key in keys)


def _rank(snapshot: AvailabilitySnapshot, start: int, answer: Explanation, standings: Standings) -> Decision:
    """The hosts in the order of preference. In a round robin, who would leave other needs unmet is not
    free."""
    offer = snapshot.offer
    assert offer.staff is not None
    pool = offer.pools[offer.staff]
    candidates = []
    interdependent = are_interdependent(snapshot.timetable.needs)
    for occupant in pool.occupants:
        reasons = answer.hosts.get(occupant.id, ())
        free = not reasons
        if free and interdependent and pool.pooling is Pooling.ROUND_ROBIN:
            free = can_host(snapshot.timetable, start, occupant.id)
        away = any(reason.code in CLOSED for reason in reasons)  # they were not there for this turn
        present = free if occupant.substitutes else not away
        balance, last = standings.get(occupant.id, (0, 0))
        candidates.append(
            Candidate(occupant.id, occupant.position, occupant.terms.priority, occupant.terms.weight,
                      balance, last, present, free)
        )  # fmt: skip
    return rank(pool.pooling, candidates)


def _allocation(
    snapshot: AvailabilitySnapshot,
    booking: Booking,
    found: Sequence[Sequence[object]] | None,
    chosen: HostDecision | None,
) -> Allocation:
    """The claims and hosts of a choice: the best-fitting units, all of each part. Raises SlotNotOffered."""
    if found is None:
        refuse([Reason("no_combination")])
    offer, rules, start = snapshot.offer, snapshot.offer.rules, seconds(booking.starts_at)
    since = booking.starts_at - timedelta(minutes=rules.buffer_before)
    until = booking.ends_at + timedelta(minutes=rules.buffer_after)
    claims: list[Claim] = []
    people: list[Participant] = []
    taken: dict[UUID, int] = {}
    only = True
    for number, keys in enumerate(found):
        need, pool = snapshot.timetable.needs[number], offer.pools[number]
        members = {member.key: (member, occupant)
                   for member, occupant in zip(need.members, pool.occupants, strict=True)}  # fmt: skip
        only &= len(keys) == len(members)
        for key in keys:
            member, occupant = members[key]
            if occupant.person and occupant.id not in {p.resource_id for p in people}:
                people.append(_host(occupant))
            if member.capacity is None:
                continue
            first = taken.get(occupant.id, 0)
            units = free_units(snapshot.timetable, member, start)[first : first + pool.units]
            taken[occupant.id] = first + pool.units
            only &= member.capacity == pool.units and not member.layout
            claims += [Claim(occupant.id, unit, since, until, member.layout) for unit in units]
            claims += [
                Claim(part, unit, since, until)
                for part, most in occupant.parts
                for unit in range(1, most + 1)
            ]
    return Allocation(tuple(claims), tuple(people), chosen, only)


def _host(member: PoolMember) -> Participant:
    return Participant(ParticipantRole.HOST, member.name, member.email or "", member.id)


def refuse(reasons: Sequence[Reason]) -> NoReturn:
    """Refuse a start for its reasons: LimitReached or SlotTaken where only other bookings are in the way."""
    codes = {reason.code for reason in reasons}
    if codes and codes <= LIMITED:
        raise LimitReached(reasons)
    if codes and codes <= CONTENDED:
        raise SlotTaken(reasons)
    raise SlotNotOffered(reasons)


def virtual_claims(found: Allocation, booking: Booking) -> list[tuple[UUID, Busy]]:
    """Planned claims in the engine's form, so that more can be planned on top of them."""
    start, end = seconds(booking.starts_at), seconds(booking.ends_at)
    return [
        (
            c.resource_id,
            Busy(seconds(c.since), seconds(c.until), c.unit, start, end, c.layout, False, booking.id),
        )
        for c in found.claims
    ]


def can_keep(snapshot: AvailabilitySnapshot, booking: Booking, keep: Sequence[UUID]) -> bool:
    """Whether a booking can stay with these hosts."""
    number = snapshot.offer.staff
    start = seconds(booking.starts_at)
    return number is None or pick_members(snapshot.timetable, start, {number: keep}) is not None
