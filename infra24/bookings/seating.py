"""Who and what takes a booking: the assignments to try, best first, and the race for each."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from infra24.availability import CONTENDED, Candidate, Decision, Pooling, Reason, explain, rank
from infra24.bookings import queries
from infra24.bookings.model import Booking, Participant, SlotNotOffered, SlotTaken
from infra24.bookings.queries import Seating
from infra24.bookings.timetables import Outlook, seconds
from infra24.db import Tx


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
    if reasons and {reason.code for reason in reasons} <= CONTENDED:
        raise SlotTaken(reasons=[{"code": r.code, "sentence": r.sentence} for r in reasons])
    raise SlotNotOffered(reasons)


async def seat(
    tx: Tx,
    outlook: Outlook,
    booking: Booking,
    now: datetime,
    *,
    token_hash: bytes | None = None,
    keep: Sequence[UUID] = (),
) -> Booking:
    """Claim a booking's time: each free assignment in turn, until the database grants one.

    With `token_hash` the booking is new, else it has been unseated before. Returns it with its hosts.
    Refuses with SlotTaken when all were lost to others.
    """
    decision, choices = await choose(tx, outlook, booking.starts_at, keep=keep)
    offer, rules = outlook.offer, outlook.offer.rules
    since = booking.starts_at - timedelta(minutes=rules.buffer_before)
    until = booking.ends_at + timedelta(minutes=rules.buffer_after)
    if outlook.expired:
        await queries.remove_expired_claims(tx, offer.members, since - offer.longest, until, now)
    units = _free_units(outlook, seconds(since), seconds(until))
    known = {host.id: host for host in offer.hosts}
    bookers = tuple(p for p in booking.participants if p.role == "booker")
    attempts = [(hosts, unit) for hosts in choices for unit in units]
    for hosts, unit in attempts:
        people = tuple(Participant("host", known[h].name, known[h].email, h) for h in hosts)
        seated = replace(booking, participants=(*bookers, *people))
        claims = [(host, 1) for host in hosts] + ([(offer.resource.id, unit)] if unit else [])
        seating = Seating(
            claims, since, until, people if token_hash is None else seated.participants, decision
        )
        if await _attempt(tx, seated, seating, token_hash, now, alone=len(attempts) == 1):
            if rules.pooling is Pooling.ROUND_ROBIN:
                await queries.note_assigned(tx, offer.resource.id, hosts, now)
            return seated
    raise SlotTaken()


class _Lost(Exception):
    """This assignment was claimed by someone else."""


async def _attempt(
    tx: Tx, booking: Booking, seating: Seating, token_hash: bytes | None, now: datetime, *, alone: bool
) -> bool:
    """Try one assignment. The only one needs no savepoint: its loss ends the transaction."""

    async def write() -> bool:
        if token_hash is None:
            return await queries.reseat(tx, booking, seating, now)
        return await queries.insert(tx, booking, token_hash, seating)

    if alone:
        return await write()
    try:
        async with tx.attempt():
            if not await write():
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
