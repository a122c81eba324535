"""GET /api/availability and its companions: when is it free, and why not."""

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Request, Response

from infra24 import bookings
from infra24 import resources as offers
from infra24.availability import Explanation, NeedStatus, Reason
from infra24.availability.hours import day_span
from infra24.errors import Invalid
from infra24.people import Scope
from infra24.web.api.fields import LONGEST_RANGE_DAYS, EndDate, Instant, Minutes, Named, StartDate
from infra24.web.api.naming import organization_meant, with_host
from infra24.web.api.responses import json_response, slot_views
from infra24.web.caller import caller_of
from infra24.web.limiting import charge_organization, charge_range
from infra24.web.services import services

ResourceAsked = Annotated[Named, Query(description="The resource's id, or with `org` its slug.")]
OrgAsked = Annotated[
    Named | None, Query(description="The organization's slug or id; needed where a slug names the resource.")
]
Length = Annotated[
    Minutes | None, Query(description="The length in minutes; the shortest on offer if left out.")
]


class RangeTooLong(Invalid):
    """Ask for at most 62 days at a time."""


class EndsBeforeItBegins(Invalid):
    """The end date is before the start date."""


async def availability(
    request: Request,
    resource_id: ResourceAsked,
    start_date: StartDate,
    end_date: EndDate = None,
    duration: Length = None,
    org: OrgAsked = None,
) -> Response:
    """The free times of a resource. Dates are those of its own zone, 62 at most."""
    return await _answer(request, ("resource_id", resource_id, org), start_date, end_date, duration)


async def resource_availability(
    request: Request,
    id: Annotated[Named, Path(description="The resource's id, or with `org` its slug.")],
    start_date: StartDate,
    end_date: EndDate = None,
    duration: Length = None,
    org: OrgAsked = None,
) -> Response:
    """The free times of a resource, under the resource. The same as GET /api/availability."""
    return await _answer(request, ("id", id, org), start_date, end_date, duration)


async def explain(
    request: Request,
    resource_id: ResourceAsked,
    start_time: Annotated[Instant, Query(description="When the time begins, such as 2026-11-23T12:00:00Z.")],
    duration: Length = None,
    staff_id: Annotated[Named | None, Query(description="Only with this host, by id or slug.")] = None,
    org: OrgAsked = None,
) -> Response:
    """Why a time is offered or not. In full with a key that may read the catalogue; else nothing private."""
    app, who, now = services(request), caller_of(request), services(request).clock()
    org_id = await organization_meant(app, "resource_id", resource_id, org)
    charge_organization(request, org_id)
    async with app.database.transaction(org_id, who.actor) as tx:
        id_, choice = await offers.id_of(tx, resource_id), await with_host(tx, staff_id)
        if staff_id:
            (await offers.offer(tx, id_)).check_host_request()
        offer, why = await bookings.explain(tx, id_, start_time, duration, now, choice=choice)
        end = start_time + timedelta(minutes=duration or min(offer.rules.durations))
        body: dict[str, Any] = {
            "resource_id": id_,
            "start": start_time,
            "end": end,
            "available": why.free,
            "reasons": [{"code": r.code, "sentence": r.sentence} for r in why.reasons],
        }
        if who.may(Scope.CATALOGUE_READ, org_id):
            before, after = (
                timedelta(minutes=m) for m in (offer.rules.buffer_before, offer.rules.buffer_after)
            )
            body |= _in_full(offer, why)
            body["in_the_way"] = await bookings.conflicting_claims(
                tx, offer, start_time - before, end + after, now
            )
    return json_response(body)


async def reasons(
    request: Request,
    resource_id: ResourceAsked,
    start_date: StartDate,
    end_date: EndDate = None,
    duration: Length = None,
    org: OrgAsked = None,
) -> Response:
    """Why there are no free times in a range of dates. Each reason, and how many starts it removed."""
    last = end_date or start_date
    charge_range(request, check_range(start_date, last))
    app = services(request)
    org_id = await organization_meant(app, "resource_id", resource_id, org)
    charge_organization(request, org_id)
    async with app.database.transaction(org_id, caller_of(request).actor) as tx:
        offer = await offers.offer(tx, await offers.id_of(tx, resource_id))
        zone = offer.rules.zone
        span = (bookings.instant(day_span(zone, start_date)[0]), bookings.instant(day_span(zone, last)[1]))
        told = await bookings.why_no_slots(tx, offer.resource.id, span, duration, app.clock())
    return json_response(
        {
            "resource_id": offer.resource.id,
            "reasons": [{"code": r.code, "sentence": r.sentence, "starts": count} for r, count in told],
        }
    )


def check_range(first: date, last: date) -> int:
    """How many days a range has. Raises EndsBeforeItBegins and RangeTooLong."""
    if last < first:
        raise EndsBeforeItBegins()
    if last - first >= timedelta(days=LONGEST_RANGE_DAYS):
        raise RangeTooLong()
    return (last - first).days + 1


async def _answer(
    request: Request, asked: tuple[str, str, str | None], first: date, end: date | None, minutes: int | None
) -> Response:
    last = end or first
    charge_range(request, check_range(first, last))
    app = services(request)
    org_id = await organization_meant(app, *asked)
    charge_organization(request, org_id)
    async with app.database.read(org_id) as tx:
        id_ = await offers.id_of(tx, asked[1])
        offer, length, starts = await bookings.day_slots(tx, id_, first, last, minutes, app.clock())
    return json_response(
        {
            "success": True,
            "resource_id": str(id_),
            "timezone": offer.rules.zone.key,
            "start_date": first,
            "end_date": last,
            "duration": length // 60,
            "slots": slot_views(starts, length),
        }
    )


def _in_full(offer: offers.Offer, why: Explanation) -> dict[str, Any]:
    """Each host and each need, with those who stand in for a colleague: for staff."""
    known = offer.occupants
    return {
        "reasons": [_told(reason) for reason in why.reasons],
        "hosts": [
            {
                "host_id": str(key),
                "name": known[UUID(str(key))].name,
                "available": not reasons,
                "reasons": [_told(reason) for reason in reasons],
            }
            for key, reasons in why.hosts.items()
        ],
        "needs": [_need(status, offer) for status in why.need_statuses],
    }


def _need(status: NeedStatus, offer: offers.Offer) -> dict[str, Any]:
    """What one need asks for and who of its pool could have been had: for staff."""
    known = offer.occupants
    return {
        "count": status.need.count,
        "units": status.need.units,
        "enough": status.enough,
        "members": [
            {
                "id": str(key),
                "name": known[UUID(str(key))].name,
                "available": not why,
                "reasons": [_told(reason) for reason in why],
            }
            for key, why in status.reasons.items()
        ],
    }


def _told(reason: Reason) -> dict[str, Any]:
    """A reason in full, for staff: with the words that were written beside a blackout."""
    return {"code": reason.code, "sentence": reason.sentence, "detail": reason.private}
