"""Change a series: this date and all later ones, or all that are to come. What was changed alone stays."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from infra24 import bookings, resources
from infra24.bookings import (
    ActorRole,
    Booking,
    BookingPolicy,
    SlotTaken,
    allocation,
    allocation_plan,
    lookup,
    occupancy,
)
from infra24.bookings.series import events, queries
from infra24.bookings.series.model import Plan, Series, SeriesConflicts, UnknownSeries
from infra24.bookings.series.occurrences import plan_occurrences
from infra24.bookings.series.planning_state import Occurrence, PlanningState, load_state
from infra24.bookings.series.recurrence import instant_of, moved, occurrences, parts_of, written
from infra24.db import Tx
from infra24.errors import Invalid, Message, ValidationFailed
from infra24.events import record
from infra24.resources import HostPreference, Offer

_TRIES = 50


class SeriesRange(StrEnum):
    """How far a change reaches: from one date on, or over all that are to come."""

    LATER = "this_and_later"
    ALL = "all"


class NotInSeries(Invalid):
    """This booking is not an upcoming date of that series, or it was changed individually. Choose another
    date."""


async def get(tx: Tx, series_id: UUID, *, lock: bool = False) -> tuple[Series, list[Booking]]:
    """A series and its bookings by date. Raises UnknownSeries."""
    series = await queries.get(tx, series_id, lock=lock)
    if series is None:
        raise UnknownSeries()
    return series, await lookup.of_series(tx, series_id, lock=lock)


async def cancel(
    tx: Tx,
    series_id: UUID,
    scope: SeriesRange,
    booking_id: UUID | None,
    policy: BookingPolicy,
    *,
    now: datetime,
    reason: str = "",
) -> list[Booking]:
    """Cancel the dates to come, all or from one on; what is past stays. Safe to repeat.

    Raises UnknownSeries and NotInSeries, and what `bookings.cancel` raises.
    """
    series, all_ = await _locked(tx, series_id)
    cancelled = [
        await bookings.cancel(tx, booking.id, policy, now=now, reason=reason)
        for booking in _from(all_, scope, booking_id, now)
    ]
    if cancelled:
        facts = {"dates": len(cancelled), "reason": reason, **bookings.events.notify_fact(policy.notifies)}
        record(tx, events.CANCELLED, series.id, facts, now)
    return cancelled


async def move(
    tx: Tx,
    series_id: UUID,
    scope: SeriesRange,
    booking_id: UUID | None,
    start: datetime,
    minutes: int | None,
    *,
    now: datetime,
    notifies: bool = True,
) -> tuple[Series, Plan]:
    """Move dates of a series together: `start` is the new time of the one named, or of the next one.

    Each keeps its distance in wall time. Dates that were changed alone stay as they are; so does what is
    past. From the first moved date on it is a series of its own. Raises SeriesConflicts, which
    carries the plan, and then nothing was moved; UnknownSeries, NotInSeries, and ValidationFailed where
    the rule cannot follow.
    """
    series, all_ = await _locked(tx, series_id)
    affected = [b for b in _from(all_, scope, booking_id, now) if not b.is_exception and b.series_at]
    named = next((b for b in affected if booking_id in (None, b.id)), None)
    if named is None or named.series_at is None:
        raise NotInSeries()
    offer = await resources.offer(tx, series.resource_id)
    zone = offer.rules.zone
    shift = start.astimezone(zone).replace(tzinfo=None) - named.series_at
    later = _later(series, all_, affected, shift, minutes, zone)
    plan, moved_ids = await _move_together(tx, offer, series, later, all_, affected, named, shift, now)
    await _record_moved(tx, series, later, moved_ids, bookings.events.notify_fact(notifies), now)
    return later, plan


async def _move_together(
    tx: Tx,
    offer: Offer,
    series: Series,
    later: Series,
    all_: list[Booking],
    affected: list[Booking],
    named: Booking,
    shift: timedelta,
    now: datetime,
) -> tuple[Plan, list[UUID]]:
    """Move every affected date by the same span of wall time, with the hosts that `named` asked for, or none.

    Raises SeriesConflicts and SlotTaken.
    """
    zone = offer.rules.zone
    walls = {b.series_at + shift: b for b in affected if b.series_at is not None}
    slots = [Occurrence(wall, instant_of(zone, wall)) for wall in sorted(walls)]
    offer = replace(offer, rules=offer.rules.for_staff())
    ids = [booking.id for booking in affected]
    for _ in range(_TRIES):
        state = await load_state(tx, offer, HostPreference.read(named.choice), later.minutes, slots, now, ids)
        dates, placed = await plan_occurrences(tx, state, slots, named, False, own=walls)
        planned = Plan(zone.key, dates)
        if planned.conflicts:
            raise SeriesConflicts(planned)
        anew = [
            (replace(booking, series_id=later.id, series_at=date.wall), found)
            for (booking, found), date in zip(placed, dates, strict=True)
        ]
        try:
            async with tx.savepoint():
                await _write(tx, series, later, all_, affected)
                await _claim_anew(tx, offer, affected, anew, state, now)
        except _Lost:
            continue
        return planned, [booking.id for booking, _ in anew]
    raise SlotTaken()


async def _claim_anew(
    tx: Tx,
    offer: Offer,
    affected: list[Booking],
    anew: list[tuple[Booking, allocation_plan.Allocation]],
    state: PlanningState,
    now: datetime,
) -> None:
    for booking in affected:
        await occupancy.release(tx, booking.id, now)
    if not await allocation.allocate_all(tx, offer, anew, now, returned=state.returned):
        raise _Lost


async def _record_moved(
    tx: Tx, series: Series, later: Series, ids: list[UUID], notify: dict[str, bool], now: datetime
) -> None:
    facts = {"dates": len(ids), "rule": later.rule, "from_series": str(series.id), **notify}
    record(tx, events.MOVED, later.id, facts, now)
    for after in await lookup.of_series(tx, later.id):
        if after.id in ids:
            told = {**after.facts(), "by": ActorRole.STAFF, **notify}
            record(tx, bookings.events.RESCHEDULED, after.id, told, now)


class _Lost(Exception):
    """One of the dates went to someone else."""


async def _locked(tx: Tx, series_id: UUID) -> tuple[Series, list[Booking]]:
    """A series that nobody else changes: what it may claim is held first, as everyone does."""
    series, _ = await get(tx, series_id)
    offer = await resources.offer(tx, series.resource_id)
    await resources.lock(tx, offer.to_lock)
    return await get(tx, series_id, lock=True)


def _from(all_: list[Booking], scope: SeriesRange, booking_id: UUID | None, now: datetime) -> list[Booking]:
    """The dates to come that a change reaches."""
    named = next((b for b in all_ if b.id == booking_id), None)
    if (scope is SeriesRange.LATER or booking_id is not None) and named is None:
        raise NotInSeries()
    since = named.series_at if named is not None and scope is SeriesRange.LATER else None
    return [
        b
        for b in all_
        if b.is_movable and b.starts_at > now and (since is None or (b.series_at or since) >= since)
    ]


def _later(
    series: Series,
    all_: list[Booking],
    affected: list[Booking],
    shift: timedelta,
    minutes: int | None,
    zone: ZoneInfo,
) -> Series:
    """The series that the affected dates make: the same one, if they are all of it.

    Raises ValidationFailed where no rule of this kind has the dates that are wanted.
    """
    first = affected[0].series_at
    assert first is not None
    same = not [b for b in all_ if b.series_at is not None and b.series_at < first]
    begins = series.starts_local if same else first
    parts = parts_of(series.rule)
    if "COUNT" in parts:
        walls = occurrences(series.rule, series.starts_local, zone)
        parts["COUNT"] = str(len([wall for wall in walls if wall >= begins]))
    rule = moved(written(parts), begins, shift, zone)
    wanted = {b.series_at + shift for b in affected if b.series_at is not None}
    if not wanted <= set(occurrences(rule, begins + shift, zone)):
        raise ValidationFailed(
            {
                "start_time": Message(
                    "the series cannot be moved there as a whole; cancel it and create a new one"
                )
            }
        )
    return replace(
        series,
        id=series.id if same else uuid4(),
        rule=rule,
        starts_local=begins + shift,
        minutes=minutes or series.minutes,
    )


async def _write(tx: Tx, series: Series, later: Series, all_: list[Booking], affected: list[Booking]) -> None:
    """Write the series, or split it: the earlier part ends before the first date that moves."""
    if later.id == series.id:
        await queries.set_rule(tx, later)
        return
    first = affected[0].series_at
    assert first is not None
    parts = parts_of(series.rule)
    parts.pop("COUNT", None)
    parts["UNTIL"] = (first - timedelta(seconds=1)).strftime("%Y%m%dT%H%M%S")
    await queries.insert(tx, later, affected[0].updated_at)
    await queries.set_rule(tx, replace(series, rule=written(parts)))
    after = [b.id for b in all_ if b.series_at is not None and b.series_at >= first]
    await queries.set_series(tx, after, later.id)
