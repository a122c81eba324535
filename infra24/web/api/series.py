"""The series door: plan, make, read, move and cancel recurring bookings."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import Field

from infra24 import people
from infra24.bookings import Booking, By, Person
from infra24.bookings import series as recurring
from infra24.bookings.series import Scope, Series, SeriesWish
from infra24.db import Tx
from infra24.errors import Refusal
from infra24.resources import ANYONE, Choice
from infra24.web.api.answers import answer
from infra24.web.api.fields import Body, Email, Instant, Json, Minutes, Name, Phone, Text
from infra24.web.api.resources import Org
from infra24.web.api.views import booking_view, links
from infra24.web.caller import Caller, caller_of, here_of
from infra24.web.idempotency import once
from infra24.web.limiting import client_of
from infra24.web.services import services

Walls = Annotated[list[datetime], Field(max_length=366, description="wall times of the rule, without zone")]


class NewSeries(Body):
    """A series to plan or make. `start_time` is its first date; `rule` as RFC 5545 writes it.

    `without` leaves dates out, `instead` gives some of them another time: both by `local_start`.
    """

    resource_id: UUID
    start_time: Instant
    duration: Minutes
    rule: Annotated[str, Field(min_length=4, max_length=300, examples=["FREQ=WEEKLY;COUNT=10"])]
    artist_name: Name | None = None
    artist_email: Email | None = None
    goal_text: Text = ""
    phone: Phone = ""
    answers: Json = Field(default_factory=dict)
    staff_id: UUID | None = None
    skip_holidays: bool = True
    without: Walls = Field(default_factory=list)
    instead: Annotated[dict[str, Instant], Field(max_length=366)] = Field(default_factory=dict)

    def wish(self) -> SeriesWish:
        """As the verbs want it. Refuses with Problem what is no wall time."""
        person = Person(
            self.artist_name or "",
            self.artist_email or "",
            self.goal_text,
            phone=self.phone,
            answers=self.answers,
        )
        return SeriesWish(
            self.resource_id,
            self.start_time,
            self.duration,
            self.rule,
            person,
            Choice((self.staff_id,)) if self.staff_id else ANYONE,
            self.skip_holidays,
            frozenset(wall.replace(tzinfo=None) for wall in self.without),
            {recurring.wall_time(at): start for at, start in self.instead.items()},
        )


class MadeSeries(NewSeries):
    """A series to make: with who books it."""

    artist_name: Name
    artist_email: Email


class SeriesMove(Body):
    """Another time for dates of a series: of `booking_id` (else the next one), and so of the others."""

    scope: Scope = Scope.ALL
    booking_id: UUID | None = None
    start_time: Instant
    duration: Minutes | None = None


async def plan_series(request: Request, org: Org, wanted: NewSeries) -> Response:
    """What a series would be: each date free, in conflict (why, and what else there is), or skipped."""
    found, who = services(request), caller_of(request)
    here = here_of(request)
    async with found.database.transaction(here.id, who.actor) as tx:
        by = _by(who)
        planned = await recurring.plan(tx, wanted.wish(), by=by, now=found.clock())
    return answer(planned.view())


async def create_series(request: Request, org: Org, wanted: MadeSeries) -> Response:
    """Make a whole series, or nothing: 409 carries the plan with the dates that cannot be had.

    Honours Idempotency-Key.
    """
    found, who = services(request), caller_of(request)
    here = here_of(request)
    wish = replace(wanted.wish(), client=client_of(request, here.id))

    async def act(tx: Tx) -> tuple[int, dict[str, Any]]:
        by = _by(who)
        series, made = await recurring.book(tx, wish, by=by, tokens=found.tokens, now=found.clock())
        tokens = [found.tokens.of(here.id, booking.id) for booking in made]
        views = [
            {**booking_view(booking), "token": token, "links": links(found, token)}
            for booking, token in zip(made, tokens, strict=True)
        ]
        return 201, {**_view(series), "bookings": views}

    async def refused(refusal: Refusal) -> Refusal:
        return refusal

    return await once(request, here.id, act, refused)


async def read_series(request: Request, org: Org, id: UUID) -> Response:
    """A series and its bookings by date. For staff."""
    found, who = services(request), caller_of(request)
    here = here_of(request)
    async with found.database.transaction(here.id, who.actor) as tx:
        series, all_ = await recurring.get(tx, id)
    return answer(series_view(series, all_))


async def move_series(request: Request, org: Org, id: UUID, wanted: SeriesMove) -> Response:
    """Move dates to come together; what was changed alone stays. 409 carries the plan and moves nothing."""
    found, who = services(request), caller_of(request)
    here = here_of(request)
    async with found.database.transaction(here.id, who.actor) as tx:
        series, _ = await recurring.move(
            tx,
            id,
            wanted.scope,
            wanted.booking_id,
            wanted.start_time,
            wanted.duration,
            now=found.clock(),
        )
        series, all_ = await recurring.get(tx, series.id)
    return answer(series_view(series, all_))


async def cancel_series(
    request: Request,
    org: Org,
    id: UUID,
    scope: Scope = Scope.ALL,
    booking_id: Annotated[UUID | None, Query(description="from this date on")] = None,
) -> Response:
    """Cancel the dates to come, all or from one on."""
    found, who = services(request), caller_of(request)
    here = here_of(request)
    async with found.database.transaction(here.id, who.actor) as tx:
        await recurring.cancel(tx, id, scope, booking_id, now=found.clock())
        series, all_ = await recurring.get(tx, id)
    return answer(series_view(series, all_))


def series_view(series: Series, all_: list[Booking]) -> dict[str, Any]:
    """A series and its bookings by date."""
    return {**_view(series), "bookings": [booking_view(booking) for booking in all_]}


def _view(series: Series) -> dict[str, Any]:
    return {
        "id": series.id,
        "resource_id": series.resource_id,
        "rule": series.rule,
        "local_start": series.starts_local.isoformat(),
        "timezone": series.time_zone,
        "duration": series.minutes,
        "skip_holidays": series.skips_holidays,
    }


def _by(who: Caller) -> By:
    """Staff; or anyone else, who may have as many dates as the offer lets them."""
    return By.STAFF if who.may(people.Scope.BOOKINGS_WRITE) else By.BOOKER
