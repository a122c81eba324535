"""Who and what takes a booking: the assignments to try, best first, and the race for each."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from infra24.availability import Candidate, Decision, Pooling, Reason, explain, rank
from infra24.bookings import queries
from infra24.bookings.model import Participant, SlotNotOffered, SlotTaken
from infra24.bookings.queries import Seating
from infra24.bookings.timetables import Outlook, seconds
from infra24.db import Tx

_CONTENDED = frozenset({"taken", "day_limit", "week_limit"})
"""Reasons that mean others were faster, not that the time was never on offer."""


async def choose(
    tx: Tx, outlook: Outlook, start: datetime, *, keep: Sequence[UUID] = ()
) -> tuple[Decision | None, list[Sequence[UUID]]]:
    """The hosts to try for a start, best first; one empty choice when the offer has no hosts.

    Hosts in `keep` go first when they are free. Refuses with SlotTaken when others were faster and with
    SlotNotOffered, which carries the reasons, when the rules do not offer the start.
    """
    answer = explain(outlook.timetable, seconds(start))
    if not answer.free:
        refuse(answer.reasons)
    offer = outlook.offer
    if not offer.hosts:
        return None, [()]
    free = {key for key, reasons in answer.hosts.items() if not reasons}
    counts: dict[UUID, tuple[int, int]] = {}
    if offer.rules.pooling is Pooling.ROUND_ROBIN:
        counts = await queries.assigned(tx, offer.resource.id)
    candidates = [
        Candidate(
            host.id,
            host.position,
            host.terms.priority,
            host.terms.weight,
            *counts.get(host.id, (0, 0)),
        )
        for host in offer.hosts
        if host.id in free
    ]
    decision = rank(offer.rules.pooling, candidates)
    tried: list[Sequence[UUID]] = [tuple(UUID(str(key)) for key in a) for a in decision.assignments]
    tried.sort(key=lambda hosts: not set(hosts) & set(keep))
    return decision, tried


def refuse(reasons: Sequence[Reason]) -> None:
    """Refuse a start for its reasons: SlotTaken when only others stand in the way."""
    if reasons and {reason.code for reason in reasons} <= _CONTENDED:
        raise SlotTaken(reasons=[{"code": r.code, "sentence": r.sentence} for r in reasons])
    raise SlotNotOffered(reasons)


async def seat(
    tx: Tx,
    outlook: Outlook,
    start: datetime,
    length: timedelta,
    now: datetime,
    *,
    booking: dict[str, Any],
    booker: Participant | None,
    insert: bool,
    keep: Sequence[UUID] = (),
) -> None:
    """Claim a start for a booking: each free assignment in turn, until the database grants one.

    Refuses with SlotTaken when all were lost to others. With `insert` the booking is new, else it has
    been unseated before.
    """
    decision, choices = await choose(tx, outlook, start, keep=keep)
    offer, rules = outlook.offer, outlook.offer.rules
    before, after = timedelta(minutes=rules.buffer_before), timedelta(minutes=rules.buffer_after)
    values = {
        **booking,
        "starts_at": start,
        "ends_at": start + length,
        "claim_from": start - before,
        "claim_to": start + length + after,
        "now": now,
    }
    if outlook.expired:
        since = values["claim_from"] - offer.longest
        await queries.remove_expired_claims(tx, offer.members, since, values["claim_to"], now)
    units = _free_units(outlook, seconds(values["claim_from"]), seconds(values["claim_to"]))
    names = {host.id: host for host in offer.hosts}
    attempts = [(hosts, unit) for hosts in choices for unit in units]
    write = queries.insert if insert else queries.reseat
    for hosts, unit in attempts:
        people = [Participant("host", names[h].name, names[h].email, h) for h in hosts]
        claims = [(host, 1) for host in hosts] + ([(offer.resource.id, unit)] if unit else [])
        seating = Seating(claims, people + ([booker] if booker else []), decision)
        if await _attempt(tx, write, values, seating, alone=len(attempts) == 1):
            if rules.pooling is Pooling.ROUND_ROBIN:
                await queries.note_assigned(tx, offer.resource.id, hosts, now)
            return
    raise SlotTaken()


class _Lost(Exception):
    """This assignment was claimed by someone else."""


async def _attempt(tx: Tx, write: Any, values: dict[str, Any], seating: Seating, *, alone: bool) -> bool:
    """Try one assignment. The only one needs no savepoint: its loss ends the transaction."""
    if alone:
        return bool(await write(tx, values, seating))
    try:
        async with tx.attempt():
            if not await write(tx, values, seating):
                raise _Lost
    except _Lost:
        return False
    return True


def _free_units(outlook: Outlook, start: int, end: int) -> list[int]:
    """The units of the resource itself to try, best fit first; [0] when it is not claimed itself.

    Best fit: the unit whose last claim before ends latest, so that long gaps stay whole for long bookings.
    """
    offer, place = outlook.offer, outlook.timetable.place
    if not offer.occupies_itself or place is None:
        return [0]
    ends = dict.fromkeys(range(1, place.capacity + 1), 0)
    for busy in place.busy:
        if busy.unit not in ends:
            continue
        if busy.start < end and busy.end > start:
            del ends[busy.unit]
        elif busy.end <= start:
            ends[busy.unit] = max(ends[busy.unit], busy.end)
    return sorted(ends, key=lambda unit: (-ends[unit], unit))
