"""Plan the dates of a series on top of what stands: each free, in conflict, or skipped."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from infra24.availability import Reason, free_hosts, free_starts, nearest
from infra24.availability.hours import day_span
from infra24.bookings import Booking, LimitReached, SlotNotOffered, SlotTaken, allocation_plan, instant
from infra24.bookings.series.model import PlannedDate
from infra24.bookings.series.planning_state import Occurrence, PlanningState
from infra24.bookings.snapshots import seconds
from infra24.db import Tx


async def plan_occurrences(
    tx: Tx,
    state: PlanningState,
    slots: Sequence[Occurrence],
    stub: Booking,
    skips_holidays: bool,
    without: frozenset[datetime] = frozenset(),
    own: Mapping[datetime, Booking] | None = None,
) -> tuple[list[PlannedDate], list[tuple[Booking, allocation_plan.Allocation]]]:
    """Lay the dates down one after the other, with the same hosts where they can stay.

    `own` are bookings that stand already and are moved, by their wall time.
    """
    dates: list[PlannedDate] = []
    placed: list[tuple[Booking, allocation_plan.Allocation]] = []
    keep: Sequence[UUID] = ()
    for slot in slots:
        end = slot.start + state.length
        holiday = state.holiday_of(slot.start)
        if slot.wall in without or (skips_holidays and holiday):
            why = [Reason("holiday", {"name": holiday})] if holiday and slot.wall not in without else []
            dates.append(PlannedDate(slot.wall, slot.start, end, "skipped", why))
            continue
        standing = (own or {}).get(slot.wall)
        booking = replace(standing or stub, starts_at=slot.start, ends_at=end)
        if standing is None:
            booking = replace(booking, id=uuid4())
        hosts = [p.resource_id for p in standing.participants if p.resource_id] if standing else keep
        try:
            found = await _find(tx, state, slot, booking, hosts, new=standing is None)
        except (SlotTaken, SlotNotOffered) as refusal:
            dates.append(_conflict(state, slot, end, refusal))
            continue
        state.add(booking, found)
        placed.append((booking, found))
        keep = keep or [p.resource_id for p in found.hosts if p.resource_id]
        dates.append(PlannedDate(slot.wall, slot.start, end, "free", (), [p.name for p in found.hosts]))
    return dates, placed


async def _find(
    tx: Tx, state: PlanningState, slot: Occurrence, booking: Booking, keep: Sequence[UUID], *, new: bool
) -> allocation_plan.Allocation:
    """Who and what takes one date, on top of what is laid down."""
    if new:
        beyond = state.beyond(slot.start)
        if beyond:
            raise LimitReached(beyond)
    snapshot = state.snapshot(slot.start)
    if not new and keep and not allocation_plan.can_keep(snapshot, booking, keep):
        await state.give_back(tx, booking)
        keep = ()
    return allocation_plan.best_allocation(snapshot, booking, state.standings, keep=keep, new=new)


def _conflict(
    state: PlanningState, slot: Occurrence, end: datetime, refusal: SlotTaken | SlotNotOffered
) -> PlannedDate:
    """Why a date cannot be had, and what else there is: another host at that time, or the nearest times."""
    reasons = refusal.reasons or (Reason("taken"),)
    zone = state.offer.rules.zone
    first, last = day_span(zone, slot.start.astimezone(zone).date())
    seen = state.snapshot(slot.start, (instant(first), instant(last))).timetable
    others: list[tuple[datetime, Sequence[str]]] = []
    if state.choice.hosts:
        at_that_time = state.snapshot(slot.start, whole=True).timetable
        names = {host.id: host.name for host in state.whole.hosts}
        for keys in free_hosts(at_that_time).values():
            others += [(slot.start, [names[UUID(str(key))]]) for key in keys if key in names]
    others += [(instant(at), ()) for at in nearest(free_starts(seen), seconds(slot.start))]
    return PlannedDate(slot.wall, slot.start, end, "conflict", list(reasons), (), others)
