"""The series API: plan, make, read, move and cancel recurring bookings."""

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Request, Response
from pydantic import Field

from infra24 import bookings, resources
from infra24.bookings import BookerDetails, Booking
from infra24.bookings import series as recurring
from infra24.bookings.series import Series, SeriesRange, SeriesRequest
from infra24.db import Tx
from infra24.web.api.fields import Body, Instant, LocalTime, Minutes, Notify, NotifyQuery, Org
from infra24.web.api.inputs import (
    Answers,
    BookerEmail,
    BookerName,
    BookerPhone,
    Goal,
    HostNamed,
    ResourceNamed,
)
from infra24.web.api.naming import with_host
from infra24.web.api.responses import json_response
from infra24.web.api.views import made_view
from infra24.web.caller import caller_of, current_org
from infra24.web.idempotency import attempt
from infra24.web.limiting import client_of
from infra24.web.services import services

_Walls = Annotated[
    list[LocalTime], Field(max_length=366, description="Dates to leave out, each by its local_start.")
]
_Instead = Annotated[
    dict[str, Instant],
    Field(max_length=366, description="Other times for some dates, each by its local_start."),
]
Duration = Annotated[Minutes, Field(description="The length of each date in minutes.")]
Id = Annotated[UUID, Path(description="The series' id.")]


class NewSeries(Body):
    """A series to plan or make."""

    resource_id: ResourceNamed
    start_time: Annotated[Instant, Field(description="When its first date begins, with offset.")]
    duration: Duration
    rule: Annotated[
        str,
        Field(min_length=4, max_length=300, description="How it recurs, as RFC 5545 writes it.",
              examples=["FREQ=WEEKLY;COUNT=10"]),
    ]  # fmt: skip
    artist_name: BookerName | None = None
    artist_email: BookerEmail | None = None
    goal_text: Goal = ""
    phone: BookerPhone = ""
    answers: Answers = Field(default_factory=dict)
    staff_id: HostNamed | None = None
    skip_holidays: Annotated[bool, Field(description="Whether to leave out holidays.")] = True
    without: _Walls = Field(default_factory=list)
    instead: _Instead = Field(default_factory=dict)

    async def request(self, tx: Tx) -> SeriesRequest:
        """As the operations take it. Raises UnknownResource, and ValidationFailed for what is no wall
        time."""
        person = BookerDetails(
            self.artist_name or "",
            self.artist_email or "",
            self.goal_text,
            phone=self.phone,
            answers=self.answers,
        )
        return SeriesRequest(
            await resources.id_of(tx, self.resource_id),
            self.start_time,
            self.duration,
            self.rule,
            person,
            await with_host(tx, self.staff_id),
            self.skip_holidays,
            frozenset(self.without),
            {recurring.wall_time(at): start for at, start in self.instead.items()},
        )


class MadeSeries(NewSeries):
    """A series to make: with who books it."""

    artist_name: BookerName
    artist_email: BookerEmail


class SeriesMove(Body):
    """Another time for dates of a series."""

    scope: Annotated[SeriesRange, Field(description="Which dates.")] = SeriesRange.ALL
    booking_id: Annotated[
        UUID | None, Field(description="The date that start_time is for; the next one if left out.")
    ] = None
    start_time: Annotated[Instant, Field(description="When that date begins then; the others move alike.")]
    duration: Annotated[Minutes | None, Field(description="Another length; left out, it stays.")] = None
    notify: Notify = True


async def plan_series(request: Request, org: Org, wanted: NewSeries) -> Response:
    """What a series would be: each date free, in conflict (why, and what else there is), or skipped."""
    app, who = services(request), caller_of(request)
    here = current_org(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        planned = await recurring.plan(tx, await wanted.request(tx), policy=who.policy(), now=app.clock())
    return json_response(planned.view())


async def create_series(request: Request, org: Org, wanted: MadeSeries) -> Response:
    """Make a whole series, or nothing: 409 carries the plan with the dates that cannot be had.

    Honours Idempotency-Key.
    """
    app, who = services(request), caller_of(request)
    here = current_org(request)

    attempted = await attempt(request, here.id)
    if attempted.earlier is not None:
        return attempted.earlier
    async with attempted.transaction() as tx:
        requested = replace(await wanted.request(tx), client=client_of(request, here.id))
        series, made = await recurring.book(
            tx, requested, policy=who.policy(), tokens=app.tokens, now=app.clock()
        )
        views = [made_view(app, booking) for booking in made]
        attempted.answer(201, {**_view(series), "bookings": views})
    return attempted.response


async def read_series(request: Request, org: Org, id: Id) -> Response:
    """A series and its bookings by date. For staff."""
    app, who = services(request), caller_of(request)
    here = current_org(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        series, all_ = await recurring.get(tx, id)
    return json_response(series_view(series, all_))


async def move_series(request: Request, org: Org, id: Id, wanted: SeriesMove) -> Response:
    """Move dates to come together; what was changed alone stays. 409 carries the plan and moves nothing."""
    app, who = services(request), caller_of(request)
    here = current_org(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        series, _ = await recurring.move(
            tx,
            id,
            wanted.scope,
            wanted.booking_id,
            wanted.start_time,
            wanted.duration,
            now=app.clock(),
            notifies=wanted.notify,
        )
        series, all_ = await recurring.get(tx, series.id)
    return json_response(series_view(series, all_))


async def cancel_series(
    request: Request,
    org: Org,
    id: Id,
    scope: Annotated[SeriesRange, Query(description="Which dates.")] = SeriesRange.ALL,
    booking_id: Annotated[
        UUID | None, Query(description="The date to begin with, where not all are meant.")
    ] = None,
    notify: NotifyQuery = True,
) -> Response:
    """Cancel the dates to come, all or from one on."""
    app, who = services(request), caller_of(request)
    here = current_org(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        policy = replace(who.policy(), notifies=notify)
        await recurring.cancel(tx, id, scope, booking_id, policy, now=app.clock())
        series, all_ = await recurring.get(tx, id)
    return json_response(series_view(series, all_))


def series_view(series: Series, all_: list[Booking]) -> dict[str, Any]:
    """A series and its bookings by date."""
    return {**_view(series), "bookings": [bookings.represent(booking) for booking in all_]}


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
