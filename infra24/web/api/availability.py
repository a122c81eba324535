"""GET /api/availability and its two companions: when is it free, and why not."""

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from infra24 import bookings
from infra24 import resources as offers
from infra24.availability import Party, Reason
from infra24.availability.hours import day_span
from infra24.errors import Invalid
from infra24.people import Scope
from infra24.resources import ANYONE, Choice
from infra24.web.api.answers import answer, slot_views
from infra24.web.api.fields import LONGEST_RANGE_DAYS, Day, Instant, Minutes
from infra24.web.caller import caller_of
from infra24.web.limiting import charge_organization, charge_range
from infra24.web.services import services


class RangeTooLong(Invalid):
    """Ask for at most 62 days at a time."""


class EndsBeforeItBegins(Invalid):
    """The end date is before the start date."""


async def availability(
    request: Request,
    resource_id: UUID,
    start_date: Day,
    end_date: Day | None = None,
    duration: Annotated[
        Minutes | None, Query(description="minutes; the shortest on offer if left out")
    ] = None,
) -> Response:
    """The free times of a resource, by dates of its own zone, both included (62 days at most)."""
    return await _answer(request, resource_id, start_date, end_date or start_date, duration)


async def resource_availability(
    request: Request,
    id: UUID,
    start_date: Day,
    end_date: Day | None = None,
    duration: Annotated[Minutes | None, Query(description="minutes")] = None,
) -> Response:
    """The same, under the resource."""
    return await _answer(request, id, start_date, end_date or start_date, duration)


async def explain(
    request: Request,
    resource_id: UUID,
    start_time: Instant,
    duration: Minutes | None = None,
    staff_id: Annotated[UUID | None, Query(description="only with this host")] = None,
) -> Response:
    """Why a time is offered or not. With the organization's key, in full; else without private facts."""
    found, now = services(request), services(request).clock()
    org_id = await found.directory.org_of_resource(resource_id)
    charge_organization(request, org_id)
    async with found.database.transaction(org_id, caller_of(request).actor) as tx:
        choice = Choice((staff_id,)) if staff_id else ANYONE
        if staff_id:
            (await offers.offer(tx, resource_id)).check_wish()
        offer, why = await bookings.why(tx, resource_id, start_time, duration, now, choice=choice)
        minutes = duration or min(offer.rules.durations)
        end = start_time + timedelta(minutes=minutes)
        body: dict[str, Any] = {
            "resource_id": resource_id,
            "start": start_time,
            "end": end,
            "available": why.free,
            "reasons": [{"code": r.code, "sentence": r.sentence} for r in why.reasons],
        }
        if caller_of(request).may(Scope.CATALOGUE_READ, org_id):
            names = {host.id: host.name for host in offer.hosts}
            body["hosts"] = [
                {
                    "host_id": str(key),
                    "name": names.get(UUID(str(key)), ""),
                    "available": not reasons,
                    "reasons": [_told(reason) for reason in reasons],
                }
                for key, reasons in why.hosts.items()
            ]
            body["needs"] = [_need(party, offer) for party in why.parties]
            body["reasons"] = [_told(reason) for reason in why.reasons]
            buffers = (
                timedelta(minutes=offer.rules.buffer_before),
                timedelta(minutes=offer.rules.buffer_after),
            )
            body["in_the_way"] = await bookings.in_the_way(
                tx, offer, start_time - buffers[0], end + buffers[1], now
            )
    return answer(body)


async def _answer(
    request: Request, resource_id: UUID, first: date, last: date, minutes: int | None
) -> Response:
    charge_range(request, check_range(first, last))
    found = services(request)
    org_id = await found.directory.org_of_resource(resource_id)
    charge_organization(request, org_id)
    async with found.database.glance(org_id) as tx:
        offer, length, starts = await bookings.day_slots(tx, resource_id, first, last, minutes, found.clock())
    return answer(
        {
            "success": True,
            "resource_id": str(resource_id),
            "timezone": offer.rules.zone.key,
            "start_date": first,
            "end_date": last,
            "duration": length // 60,
            "slots": slot_views(starts, length),
        }
    )


async def reasons(
    request: Request,
    resource_id: UUID,
    start_date: Day,
    end_date: Day | None = None,
    duration: Minutes | None = None,
) -> Response:
    """Why there are no free times in a range of dates: each reason, and how many starts it removed."""
    last = end_date or start_date
    charge_range(request, check_range(start_date, last))
    found = services(request)
    org_id = await found.directory.org_of_resource(resource_id)
    charge_organization(request, org_id)
    async with found.database.transaction(org_id, caller_of(request).actor) as tx:
        offer = await offers.offer(tx, resource_id)
        zone = offer.rules.zone
        span = (bookings.instant(day_span(zone, start_date)[0]), bookings.instant(day_span(zone, last)[1]))
        told = await bookings.why_no_slots(tx, resource_id, span, duration, found.clock())
    return answer(
        {
            "resource_id": resource_id,
            "reasons": [{"code": r.code, "sentence": r.sentence, "starts": count} for r, count in told],
        }
    )


def check_range(first: date, last: date) -> int:
    """How many days a range has. Refuses with EndsBeforeItBegins and RangeTooLong."""
    if last < first:
        raise EndsBeforeItBegins()
    if last - first >= timedelta(days=LONGEST_RANGE_DAYS):
        raise RangeTooLong()
    return (last - first).days + 1


def _need(party: Party, offer: offers.Offer) -> dict[str, Any]:
    """What one need asks for and who of its pool could have been had: for staff."""
    known = offer.occupants
    return {
        "count": party.need.count,
        "units": party.need.units,
        "enough": party.enough,
        "members": [
            {
                "id": str(key),
                "name": known[UUID(str(key))].name,
                "available": not why,
                "reasons": [_told(reason) for reason in why],
            }
            for key, why in party.reasons.items()
        ],
    }


def _told(reason: Reason) -> dict[str, Any]:
    """A reason in full, for staff: with the words that were written beside a blackout."""
    return {"code": reason.code, "sentence": reason.sentence, "detail": reason.private}
