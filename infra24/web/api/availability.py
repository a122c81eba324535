"""GET /api/availability and its two companions: when is it free, and why not."""

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from infra24 import bookings
from infra24.availability import Reason
from infra24.errors import Invalid
from infra24.web.api.answers import answer, slot_views
from infra24.web.api.fields import LONGEST_RANGE_DAYS, Day, Instant, Minutes
from infra24.web.caller import credentials, has_key
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
    request: Request, resource_id: UUID, start_time: Instant, duration: Minutes | None = None
) -> Response:
    """Why a time is offered or not. With the organization's key, in full; else without private facts."""
    found, now = services(request), services(request).clock()
    org_id = await found.directory.org_of_resource(resource_id)
    async with found.database.transaction(org_id) as tx:
        offer, why = await bookings.why(tx, resource_id, start_time, duration, now)
        minutes = duration or min(offer.rules.durations)
        end = start_time + timedelta(minutes=minutes)
        body: dict[str, Any] = {
            "resource_id": resource_id,
            "start": start_time,
            "end": end,
            "available": why.free,
            "reasons": [{"code": r.code, "sentence": r.sentence} for r in why.reasons],
        }
        if await has_key(tx, credentials(request)):
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
    if last < first:
        raise EndsBeforeItBegins()
    if last - first >= timedelta(days=LONGEST_RANGE_DAYS):
        raise RangeTooLong()
    found = services(request)
    org_id = await found.directory.org_of_resource(resource_id)
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


def _told(reason: Reason) -> dict[str, Any]:
    """A reason in full, for staff: with the words that were written beside a blackout."""
    return {"code": reason.code, "sentence": reason.sentence, "detail": reason.private}
