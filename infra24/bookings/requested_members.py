"""Members of the pools that a booking must take because the request names them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from infra24.availability import Reason, explain, pick_members
from infra24.bookings import allocation_plan, claim_queries, lookup
from infra24.bookings.model import ResourceNotEligible, SlotTaken
from infra24.bookings.snapshots import AvailabilitySnapshot
from infra24.db import Tx

RequestedMembers = Mapping[int, Sequence[UUID]]
"""By the number of a pool, the members that a booking must take of it. A pool that is not named: any."""


def with_resource(seen: AvailabilitySnapshot, resource_id: UUID, start: int) -> RequestedMembers:
    """The selection that has one resource in it, free at a start (seconds since 1970).

    Raises ResourceNotEligible when the offer cannot take it, else why it is not free.
    """
    pools = seen.offer.pools
    number = next((n for n, p in enumerate(pools) if resource_id in {o.id for o in p.occupants}), None)
    if number is None:
        raise ResourceNotEligible(seen.offer.resource.title)
    if pools[number].count == 1:
        selection: RequestedMembers = {number: [resource_id]}
        answer = explain(narrowed(seen, selection).timetable, start)
        if not answer.free:
            allocation_plan.refuse(answer.reasons)
        return selection
    first = [resource_id, *(o.id for o in pools[number].occupants if o.id != resource_id)]
    chosen = pick_members(seen.timetable, start, {number: first})
    if chosen is None or resource_id not in chosen[number]:
        told = explain(seen.timetable, start)
        status = told.need_statuses[number].reasons.get(resource_id, ()) if told.need_statuses else ()
        allocation_plan.refuse(told.reasons or status or [Reason("no_combination")])
    return {number: [UUID(str(key)) for key in chosen[number]]}


def narrowed(seen: AvailabilitySnapshot, selection: RequestedMembers) -> AvailabilitySnapshot:
    """The same snapshot with only these of the pools that are named."""
    pools, needs = list(seen.offer.pools), list(seen.timetable.needs)
    for number, ids in selection.items():
        own = set(ids)
        pools[number] = replace(
            pools[number], occupants=tuple(o for o in pools[number].occupants if o.id in own)
        )
        needs[number] = replace(
            needs[number], members=tuple(m for m in needs[number].members if m.key in own)
        )
    return replace(
        seen,
        offer=replace(seen.offer, pools=tuple(pools)),
        timetable=replace(seen.timetable, needs=tuple(needs)),
    )


def hosts_of(seen: AvailabilitySnapshot, selection: RequestedMembers) -> Sequence[UUID]:
    """The hosts that are selected; nobody when any will do."""
    return selection.get(seen.offer.staff, ()) if seen.offer.staff is not None else ()


def narrowed_to_things(seen: AvailabilitySnapshot, selection: RequestedMembers) -> AvailabilitySnapshot:
    """The snapshot with only what is selected of the pools that are not the hosts'."""
    return narrowed(seen, {n: ids for n, ids in selection.items() if n != seen.offer.staff})


async def check_given(tx: Tx, booking_id: UUID, required: RequestedMembers) -> None:
    """Raises SlotTaken when others were faster and the booking was given someone or something else."""
    if required:
        booking = await lookup.get(tx, booking_id)
        has = (await claim_queries.claimed_by(tx, [booking_id])).get(booking_id, set())
        has |= {p.resource_id for p in booking.participants if p.resource_id}
        if not all(has.issuperset(ids) for ids in required.values()):
            raise SlotTaken()
