"""Holidays, what a change would break, and what a law has moved: for staff."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import Field

from infra24 import bookings, organizations, resources
from infra24.db import Tx
from infra24.errors import Message, ValidationFailed
from infra24.organizations import HolidayPlan
from infra24.web.api.fields import Body, Day, Json, Name, Named, Org
from infra24.web.api.responses import json_response
from infra24.web.api.views import broken_views
from infra24.web.caller import caller_of, current_org
from infra24.web.services import services

_AHEAD = timedelta(days=400)


class OwnDay(Body):
    """A day of the organization's own."""

    date: Annotated[Day, Field(description="The date.")]
    name: Annotated[Name, Field(description="What the day is called.")]
    is_closed: Annotated[bool, Field(description="False: open although a country's calendar is not.")] = True


class Holidays(Body):
    """All that an organization says of holidays: it replaces what was said before."""

    countries: Annotated[
        list[Name],
        Field(max_length=10, description="Countries and their parts, by code.", examples=[["US-FL"]]),
    ] = Field(default_factory=list)
    days: Annotated[list[OwnDay], Field(max_length=366, description="The organization's own days.")] = Field(
        default_factory=list
    )

    def plan(self) -> HolidayPlan:
        """As the operations take it. Raises ValidationFailed."""
        own = {day.date.isoformat(): (day.name, day.is_closed) for day in self.days}
        return organizations.read_plan(self.countries, own)


class TriedChange(Body):
    """A change to try: other rules of a resource, or other holidays. One of the two."""

    resource_id: Annotated[Named | None, Field(description="Whose rules, by id or slug.")] = None
    availability_rules: Annotated[Json | None, Field(description="The rules JSON to try.")] = None
    holidays: Annotated[Holidays | None, Field(description="The holidays to try.")] = None


async def read_holidays(request: Request, org: Org) -> Response:
    """The organization's holidays, and the days of the coming year that they make."""
    app, now = services(request), services(request).clock()
    here = current_org(request)
    async with app.database.transaction(here.id, caller_of(request).actor) as tx:
        plan = await organizations.holiday_plan(tx)
    return json_response(_holidays(plan, now, []))


async def set_holidays(
    request: Request,
    org: Org,
    wanted: Holidays,
    preview: Annotated[bool, Query(description="True: only say which bookings it would break.")] = False,
) -> Response:
    """Set all holidays at once; the answer lists the bookings to come that this breaks."""
    app, who, now = services(request), caller_of(request), services(request).clock()
    here = current_org(request)
    plan = wanted.plan()
    async with app.database.transaction(here.id, who.actor) as tx:

        async def change() -> None:
            await resources.holidays_changed(tx)
            await organizations.set_holidays(tx, plan)

        broken = await bookings.impact(tx, None, change, now)
        if not preview:
            await change()
    return json_response(_holidays(plan, now, broken_views(broken, who)))


async def impact(request: Request, org: Org, wanted: TriedChange) -> Response:
    """Which bookings to come a change would break, and why. Nothing is changed."""
    app, who, now = services(request), caller_of(request), services(request).clock()
    here = current_org(request)
    if (wanted.availability_rules is None) == (wanted.holidays is None):
        raise ValidationFailed(
            {"availability_rules": Message("send exactly one of availability_rules and holidays")}
        )
    if wanted.availability_rules is not None and wanted.resource_id is None:
        raise ValidationFailed({"resource_id": Message("is required with availability_rules")})
    async with app.database.transaction(here.id, who.actor) as tx:
        of = await resources.id_of(tx, wanted.resource_id) if wanted.resource_id else None
        broken = await bookings.impact(tx, of, lambda: _try(tx, of, wanted, now), now)
    return json_response({"affected_bookings": broken_views(broken, who)})


async def shifted(request: Request, org: Org) -> Response:
    """Upcoming bookings whose time zone rules changed after they were made: agreed and new local times."""
    app, who, now = services(request), caller_of(request), services(request).clock()
    here = current_org(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        moved = await bookings.shifted_by_law(tx, now)
    return json_response(
        {
            "bookings": [
                {
                    **bookings.represent(one.booking),
                    "agreed_local_time": one.agreed.isoformat(),
                    "shows_now": one.shows.isoformat(),
                    "start_if_local_time_is_kept": one.instant_of_agreed,
                }
                for one in moved
            ]
        }
    )


async def _try(tx: Tx, of: UUID | None, wanted: TriedChange, now: Any) -> None:
    if wanted.holidays is not None:
        await resources.holidays_changed(tx)
        await organizations.set_holidays(tx, wanted.holidays.plan())
    elif of is not None:
        await resources.update(tx, of, {"availability_rules": wanted.availability_rules}, now)


def _holidays(plan: HolidayPlan, now: Any, broken: list[dict[str, Any]]) -> dict[str, Any]:
    today, last = now.date(), (now + _AHEAD).date()
    coming = [(on, name) for on, name in plan.names(today.year, last.year).items() if today <= on <= last]
    return {
        "countries": [country.code for country in plan.countries],
        "days": [{"date": d.held_on, "name": d.name, "is_closed": d.is_closed} for d in plan.days],
        "coming": [{"date": on, "name": name} for on, name in sorted(coming)],
        "affected_bookings": broken,
    }
