"""Plan a series on top of what stands, and make all of its bookings at once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from infra24 import resources
from infra24.auth.tokens import Tokens
from infra24.availability import LimitScope
from infra24.bookings import (
    BookerDetails,
    Booking,
    BookingRequest,
    SlotTaken,
    allocation,
    allocation_plan,
    booker_limit_queries,
    creation,
)
from infra24.bookings.clients import check_client, note_client
from infra24.bookings.drafts import draft_booking
from infra24.bookings.policy import BookingPolicy
from infra24.bookings.requirements import first_status, require, required_of
from infra24.bookings.series import events, queries
from infra24.bookings.series.model import Plan, Series, SeriesConflicts, SeriesRequest
from infra24.bookings.series.occurrences import plan_occurrences
from infra24.bookings.series.planning_state import Occurrence, load_state
from infra24.bookings.series.recurrence import in_wall_time, instant_of, occurrences
from infra24.db import Tx
from infra24.errors import Message, ValidationFailed
from infra24.events import record
from infra24.organizations import UnknownResource
from infra24.resources import Offer

_TRIES = 50
Placed = tuple[Booking, allocation_plan.Allocation]
"""A booking, and who and what takes it."""


async def plan(tx: Tx, request: SeriesRequest, *, policy: BookingPolicy, now: datetime) -> Plan:
    """Each date of a series: free, in conflict (why, and what else there is), or skipped. Changes nothing.

    Raises ValidationFailed for a rule that cannot be read and a series that the offer does not allow;
    UnknownResource. Staff are not bound by notice, horizon and limits.
    """
    offer = await _offer(tx, request, policy)
    slots = dates_of(request, offer)
    state = await load_state(
        tx, offer, request.choice, request.minutes, slots, now, email=request.person.email
    )
    nobody = replace(request, person=BookerDetails("", ""))
    draft = _draft(tx, nobody, offer, policy, now)
    dates, _ = await plan_occurrences(tx, state, slots, draft, request.skips_holidays, request.excluded_dates)
    return Plan(offer.rules.zone.key, dates)


async def book(
    tx: Tx, request: SeriesRequest, *, policy: BookingPolicy, tokens: Tokens, now: datetime
) -> tuple[Series, list[Booking]]:
    """Make a whole series at once, or nothing. Refuses as `plan` does, and with SeriesConflicts, which
    carries the plan, when a date cannot be had that was not left out; and as `bookings.book` for the client.
    """
    await _check_client(tx, request, policy, now)  # before anything else is locked
    await resources.lock(tx, (await resources.offer(tx, request.resource_id)).to_lock)
    offer = await _offer(tx, request, policy)  # as it is now that whoever was changing it is done
    await resources.lock(tx, offer.to_lock)
    if offer.rules.limits_of(LimitScope.BOOKER):
        await booker_limit_queries.lock(tx, request.person.email)
    slots = dates_of(request, offer)
    draft, series = _draft(tx, request, offer, policy, now), _series(request, offer, slots)
    for _ in range(_TRIES):
        placed = await _place(tx, request, offer, slots, draft, now)
        made = [
            (_member(tx, booking, series, wall, tokens, alone=wall in request.moved_dates), found)
            for wall, (booking, found) in placed
        ]
        if await _write(tx, series, offer, made, tokens, now):
            await require(tx, [booking.id for booking, _ in made], required_of(offer, policy), now)
            return series, _record(tx, request, series, offer, made, now)
    raise SlotTaken()


async def _place(
    tx: Tx, request: SeriesRequest, offer: Offer, slots: Sequence[Occurrence], draft: Booking, now: datetime
) -> list[tuple[datetime, Placed]]:
    """The dates with who and what takes them, by wall time. Raises SeriesConflicts, and ValidationFailed when
    none is left."""
    state = await load_state(
        tx, offer, request.choice, request.minutes, slots, now, email=request.person.email
    )
    dates, placed = await plan_occurrences(
        tx, state, slots, draft, request.skips_holidays, request.excluded_dates
    )
    planned = Plan(offer.rules.zone.key, dates)
    if planned.conflicts:
        raise SeriesConflicts(planned)
    if not placed:
        raise ValidationFailed({"without": Message("no date is left: take at least one")})
    return list(zip((date.wall for date in dates if date.state == "free"), placed, strict=True))


async def _write(
    tx: Tx, series: Series, offer: Offer, made: Sequence[Placed], tokens: Tokens, now: datetime
) -> bool:
    """Write the series and claim all of its dates; False when one went to someone else."""
    hashes = [tokens.hash_of(tx.org_id, booking.id) for booking, _ in made]
    try:
        async with tx.savepoint():
            await queries.insert(tx, series, now)
            if not await allocation.allocate_all(tx, offer, made, now, hashes=hashes):
                raise _Lost
    except _Lost:
        return False
    return True


def _record(
    tx: Tx, request: SeriesRequest, series: Series, offer: Offer, made: Sequence[Placed], now: datetime
) -> list[Booking]:
    bookings = [_with_hosts(booking, found) for booking, found in made]
    note_client(tx, request.client, [booking.id for booking in bookings], now)
    for booking in bookings:
        creation.record_created(tx, booking, now)
    facts = {"rule": series.rule, "dates": len(bookings), "title": offer.resource.title}
    record(tx, events.CREATED, series.id, facts, now)
    return bookings


class _Lost(Exception):
    """One of the dates went to someone else."""


async def _check_client(tx: Tx, request: SeriesRequest, policy: BookingPolicy, now: datetime) -> None:
    """Each date counts as a booking of its own."""
    if request.client is not None:
        offer = await _offer(tx, request, policy)
        status = first_status(offer, policy)
        count = len(dates_of(request, offer)) - len(request.excluded_dates)
        await check_client(tx, request.client, status, request.person.email, now, count)


async def _offer(tx: Tx, request: SeriesRequest, policy: BookingPolicy) -> Offer:
    offer = await resources.offer(tx, request.resource_id)
    if not (offer.resource.is_active and offer.resource.is_bookable):
        raise UnknownResource()
    if request.minutes not in offer.rules.durations:
        raise ValidationFailed(
            {
                "duration": Message(
                    "must be one of %(known)s", known=", ".join(map(str, offer.rules.durations))
                )
            }
        )
    if policy.is_staff:
        return replace(offer, rules=offer.rules.for_staff())
    if request.choice.hosts:
        offer.check_host_request()
    if not offer.rules.series_most:
        raise ValidationFailed({"rule": Message("this is booked date by date; ask us for a series")})
    most = offer.rules.series_most
    if len(occurrences(request.rule, _wall(request.first, offer), offer.rules.zone)) > most:
        raise ValidationFailed(
            {"rule": Message("has more than the %(most)s dates that can be booked at once", most=most)}
        )
    return offer


def dates_of(request: SeriesRequest, offer: Offer) -> list[Occurrence]:
    """The dates of a request, each at the time its rule gives it or at the one chosen instead."""
    zone = offer.rules.zone
    walls = occurrences(request.rule, _wall(request.first, offer), zone)
    problems = {
        f"{name}[{at.isoformat()}]": Message("is not one of the dates")
        for name, named in (("without", request.excluded_dates), ("instead", request.moved_dates))
        for at in named
        if at not in set(walls)
    }
    if problems:
        raise ValidationFailed(problems)
    return [Occurrence(wall, request.moved_dates.get(wall) or instant_of(zone, wall)) for wall in walls]


def _series(request: SeriesRequest, offer: Offer, slots: Sequence[Occurrence]) -> Series:
    return Series(
        uuid4(),
        offer.resource.id,
        in_wall_time(request.rule, offer.rules.zone),
        slots[0].wall,
        offer.rules.zone.key,
        request.minutes,
        request.skips_holidays,
    )


def _draft(tx: Tx, request: SeriesRequest, offer: Offer, policy: BookingPolicy, now: datetime) -> Booking:
    """A booking of the series without its date."""
    end = request.first + timedelta(minutes=request.minutes)
    person = request.person if request.person.name else None
    single = BookingRequest(request.resource_id, request.first, end, person, request.choice, policy=policy)
    return draft_booking(tx, single, offer, now)


def _member(
    tx: Tx, booking: Booking, series: Series, wall: datetime, tokens: Tokens, *, alone: bool
) -> Booking:
    url = resources.meeting_url(booking.meeting_url, tokens.of(tx.org_id, booking.id), booking.id)
    return replace(booking, series_id=series.id, series_at=wall, meeting_url=url, is_exception=alone)


def _with_hosts(booking: Booking, found: allocation_plan.Allocation) -> Booking:
    return replace(booking, participants=(*booking.bookers, *found.hosts))


def _wall(first: datetime, offer: Offer) -> datetime:
    return first.astimezone(offer.rules.zone).replace(tzinfo=None)
