"""Read a report: a constant number of statements however much there is to add up."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from infra24 import organizations
from infra24.analytics import queries
from infra24.analytics.model import (
    ENDED_BY,
    LEADS,
    Bookers,
    Bucket,
    Figures,
    Filters,
    Lead,
    Offered,
    Range,
    Report,
    ResourceInfo,
    Step,
    Tally,
    Use,
)
from infra24.analytics.open_time import Openings
from infra24.analytics.ranges import step_for
from infra24.availability.hours import DAY, date_of, stretches
from infra24.bookings import Status
from infra24.db import Row, Tx
from infra24.errors import Message, ValidationFailed

_LONGEST = 62
"""So many days after a range the clocks are known: longer than a booking that begins in it goes on."""


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """What is asked for: dates, the step of the trend, and by slug or id only one offer, resource or host."""

    range: Range
    step: Step | None = None
    offer: str = ""
    resource: str = ""
    host: str = ""


async def report(tx: Tx, request: ReportRequest, *, currency: str, now: datetime) -> Report:
    """The report of a range of dates beside the period before. Unknown filters: ValidationFailed."""
    known = await things(tx)
    filters = _filters(request, known)
    range_, before = request.range, request.range.before
    plan = await organizations.holiday_plan(tx)
    holidays = plan.closing(before.first.year - 1, range_.last.year + 1)
    asked = _asked(range_, filters, now)
    counted = await queries.counted(tx, asked)
    leads = await queries.leads(tx, asked)
    hosted = await queries.hosted(tx, asked)
    people = await queries.bookers(tx, asked)
    hours = await queries.busy_hours(tx, asked)
    members = [thing for thing in known if thing.capacity is not None]
    longest = max((thing.longest for thing in members), default=timedelta())
    used = await queries.used(tx, {**asked, "members": [m.id for m in members], "longest": longest})
    uses = await asyncio.to_thread(_uses, known, members, filters, range_, holidays, used)
    step = step_for(range_, request.step)
    return Report(
        range=range_,
        step=step,
        filters=filters,
        things=known,
        now=Figures(_tally(counted, True), _lead(leads, True), _bookers(people, True), uses[True]),
        before=Figures(_tally(counted, False), _lead(leads, False), _bookers(people, False), uses[False]),
        trend=_trend(counted, range_, step),
        hours=_week(hours),
        offers=_offers(counted, known),
        hosts=_hosts(hosted, known),
        currency=currency,
        made_at=now,
    )


async def things(tx: Tx) -> Sequence[ResourceInfo]:
    """Every resource that a filter can name, by title."""
    return await queries.things(tx)


def _asked(range_: Range, filters: Filters, now: datetime) -> dict[str, Any]:
    """What every statement is told."""
    first, until = range_.span
    since = range_.before.span[0]
    pieces = stretches(range_.zone, since - DAY, until + _LONGEST * DAY)
    return {
        "since": datetime.fromtimestamp(since, UTC),
        "first": datetime.fromtimestamp(first, UTC),
        "until": datetime.fromtimestamp(until, UTC),
        "now": now,
        "changes": [datetime.fromtimestamp(piece[0], UTC) for piece in pieces],
        "offsets": [offset for _, _, offset in pieces],
        "leads": [float(edge) for edge in LEADS],
        "offer": filters.offer,
        "resource": filters.resource,
        "host": filters.host,
        "filtered": filters.any,
    }


def _filters(request: ReportRequest, things: Sequence[ResourceInfo]) -> Filters:
    problems: dict[str, Message] = {}

    def found(path: str, wanted: str) -> UUID | None:
        for thing in things:
            named = wanted and wanted in (thing.slug, str(thing.id))
            if named and (path != "host" or thing.type == "person"):
                return thing.id
        if wanted:
            problems[path] = Message("is unknown: use the id or slug of one")
        return None

    filters = Filters(
        found("type", request.offer), found("resource", request.resource), found("host", request.host)
    )
    if problems:
        raise ValidationFailed(problems)
    return filters


def _tally(rows: Iterable[Row], is_now: bool) -> Tally:
    return _sum(
        (status, by, *sums) for of_day, now, _, _, status, by, *sums in rows if now is is_now and not of_day
    )


def _sum(rows: Iterable[Sequence[Any]]) -> Tally:
    """Rows of (state, who cancelled, how many, due, seconds) as one tally."""
    by_status: dict[Status, int] = {}
    ended_by: dict[str, int] = {}
    due = seconds = 0
    for status, by, count, of_due, lasting in rows:
        state = Status(status)
        by_status[state] = by_status.get(state, 0) + count
        due += of_due
        seconds += lasting
        if state is Status.CANCELLED:
            who = by if by in ENDED_BY else "unknown"
            ended_by[who] = ended_by.get(who, 0) + count
    return Tally(by_status, due, seconds, ended_by)


def _lead(rows: Iterable[Row], is_now: bool) -> Lead:
    counts, median = [0] * (len(LEADS) + 1), None
    for now, class_, count, middle in rows:
        if now is not is_now:
            continue
        if class_ is None:
            median = round(middle)
        else:
            counts[class_] = count
    return Lead(tuple(counts), median)


def _bookers(rows: Iterable[Row], is_now: bool) -> Bookers:
    return next((Bookers(all_ - again, again) for now, all_, again in rows if now is is_now), Bookers())


def _trend(rows: Iterable[Row], range_: Range, step: Step) -> list[Bucket]:
    """The counts by day put together into steps; the period before is laid day by day beside it."""

    def first_of(on: date) -> date:
        monday = on - timedelta(days=on.weekday())
        return on if step is Step.DAY else max(monday, range_.first)

    days = [range_.first + timedelta(days=n) for n in range(range_.days)]
    found: dict[date, tuple[dict[Status, int], list[int]]] = {first_of(on): ({}, []) for on in days}
    for of_day, now, day, _, status, _, count, *_ in rows:
        if not of_day:
            continue
        on = date_of(day) if now else date_of(day + range_.days)
        counts, before = found[first_of(on)]
        if now:
            counts[Status(status)] = counts.get(Status(status), 0) + count
        else:
            before.append(count)
    return [Bucket(first, counts, sum(before)) for first, (counts, before) in found.items()]


def _week(rows: Iterable[Row]) -> list[list[int]]:
    hours = [[0] * 24 for _ in range(7)]
    for weekday, hour, count in rows:
        hours[weekday][hour] = count
    return hours


def _offers(rows: Iterable[Row], things: Sequence[ResourceInfo]) -> list[Offered]:
    names = {thing.id: thing.title for thing in things}
    found: dict[UUID, list[Sequence[Any]]] = {}
    for of_day, now, _, offer, status, by, *sums in rows:
        if now and not of_day:
            found.setdefault(offer, []).append((status, by, *sums))
    return _by_size(Offered(id_, names.get(id_, ""), _sum(of)) for id_, of in found.items())


def _hosts(rows: Iterable[Row], things: Sequence[ResourceInfo]) -> list[Offered]:
    names: dict[UUID | None, str] = {thing.id: thing.title for thing in things}
    found: dict[UUID | None, tuple[str, list[Sequence[Any]]]] = {}
    for id_, name, status, *sums in rows:
        found.setdefault(id_, (names.get(id_) or name, []))[1].append((status, None, *sums))
    return _by_size(Offered(id_, name, _sum(of)) for id_, (name, of) in found.items())


def _by_size(found: Iterable[Offered]) -> list[Offered]:
    return sorted(found, key=lambda one: (-one.tally.made, one.name.lower()))


def _uses(
    things: Sequence[ResourceInfo],
    members: Sequence[ResourceInfo],
    filters: Filters,
    range_: Range,
    holidays: Mapping[int, str],
    rows: Iterable[Row],
) -> dict[bool, list[Use]]:
    """The use of each resource in both periods, of those that a filter leaves: most used first."""
    claimed = {(now, id_): (booked, all_) for now, id_, booked, all_ in rows}
    found: dict[bool, list[Use]] = {}
    for is_now, period in ((True, range_), (False, range_.before)):
        openings = Openings(things, period.zone.key, holidays, period.span)
        uses = []
        for thing in members:
            booked, all_ = claimed.get((is_now, thing.id), (0, 0))
            named = thing.id in (filters.resource, filters.host)
            if not (all_ or named or (thing.is_active and not filters.any)):
                continue
            spans, always = openings.of(thing) if thing.is_active else ([], False)
            open_ = sum(end - start for start, end in spans) * (thing.capacity or 0)
            uses.append(Use(thing, open_, booked, all_ - booked, always))
        found[is_now] = sorted(uses, key=lambda use: (-(use.rate or 0), -use.booked, use.thing.title.lower()))
    return found
