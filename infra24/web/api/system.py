"""Health, self-test, and what happened: for those who keep an installation running."""

from datetime import timedelta
from time import perf_counter
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Query, Request, Response

from infra24 import announcements, bookings, events, people, resources
from infra24.bookings import BY_STAFF, BookerDetails, BookingRequest, SlotTaken
from infra24.db import Tx
from infra24.errors import Unavailable
from infra24.event_catalogue import EVENT_TYPES
from infra24.resources import Draft
from infra24.web.api.fields import Org, PageSize
from infra24.web.api.responses import json_response
from infra24.web.caller import caller_of, current_org
from infra24.web.errors import problem_of
from infra24.web.presenters import announcements as announced
from infra24.web.rendering import format_for
from infra24.web.services import services


class Rehearsing(Unavailable):
    """The self-test is running already. Ask again in a moment."""


class _Undo(Exception):
    """Ends the self-test's transaction so that nothing of it stays."""


async def health(request: Request) -> Response:
    """200 while the database can write, 503 when it cannot; looked at every few seconds."""
    app = services(request)
    try:
        await app.health.check()
    except Unavailable as down:
        return problem_of(down)
    return json_response({"status": "ok", "database": "ok", "time": app.clock()})


async def contract(request: Request) -> Response:
    """/openapi.json: the API's contract."""
    return json_response(request.app.openapi())


async def self_test(request: Request) -> Response:
    """Try the booking system. Books, refuses, moves and cancels in a transaction that is undone."""
    if getattr(request.app.state, "rehearsing", False):
        raise Rehearsing()
    request.app.state.rehearsing = True
    try:
        return await _self_test(request)
    finally:
        request.app.state.rehearsing = False


async def _self_test(request: Request) -> Response:
    app, steps = services(request), []
    began = perf_counter()
    organization = next(iter(await app.directory.all()), None)
    if organization is None:
        return json_response({"success": True, "steps": [], "note": "there is no organization yet"})
    try:
        async with app.database.transaction(organization.id, caller_of(request).actor) as tx:
            async for name in _rehearse(tx, app):
                steps.append({"step": name, "ok": True, "ms": round(1e3 * (perf_counter() - began), 1)})
            raise _Undo
    except _Undo:
        return json_response({"success": True, "steps": steps})


async def _rehearse(tx: Tx, app: Any) -> Any:
    now = app.clock()
    always = [
        {
            "by": "resource",
            "days": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
            "start": "00:00",
            "end": "24:00",
        }
    ]
    rules = {"timezone": "UTC", "slot_minutes": 30, "windows": always}
    draft = Draft("space", f"Self-test {uuid4()}", capacity=1, availability_rules=rules)
    room = await resources.create(tx, draft, now)
    yield "create a resource"
    _, length, starts = await bookings.slots(tx, room.id, (now, now + timedelta(days=2)), None, now)
    first, second = bookings.instant(starts[0]), bookings.instant(starts[1])
    yield "find free times"
    end = first + timedelta(seconds=length)
    requested = BookingRequest(room.id, first, end, BookerDetails("Self-test", "self-test@example.org"))
    booking = await bookings.book(tx, requested, tokens=app.tokens, now=now)
    yield "book one"
    try:
        async with tx.savepoint():
            await bookings.book(tx, requested, tokens=app.tokens, now=now)
        raise RuntimeError("the same time was booked twice")
    except SlotTaken:
        yield "refuse it to the next"
    moved = second + timedelta(seconds=length)
    await bookings.reschedule(tx, booking.id, second, moved, BY_STAFF, now=now)
    yield "move it"
    await bookings.cancel(tx, booking.id, BY_STAFF, now=now)
    yield "cancel it"


async def list_announcements(request: Request, org: Org, limit: PageSize = 50) -> Response:
    """The newest notices for the staff, in the language that Accept-Language asks for."""
    app, who = services(request), caller_of(request)
    organization = current_org(request)
    async with app.database.transaction(organization.id, who.actor) as tx:
        newest = await announcements.newest(tx, limit)
    speech = format_for(request, organization)
    return json_response({"announcements": [announced.view(notice, speech) for notice in newest]})


async def list_events(
    request: Request,
    org: Org,
    after: Annotated[int, Query(ge=0, le=2**62, description="The last `seq` that you have seen.")] = 0,
    limit: PageSize = 100,
) -> Response:
    """What happened, in order and without gaps. Pass the last `seq` you saw as `after`.

    Who booked and for what is left out without `bookings:read`, names and e-mails of members without
    `people:read`.
    """
    app, who = services(request), caller_of(request)
    organization = current_org(request)
    async with app.database.transaction(organization.id, who.actor) as tx:
        recorded = await events.after(tx, after, limit)
    return json_response(
        {
            "events": [
                {
                    "seq": item.seq,
                    "type": item.event.type,
                    "version": item.event.version,
                    "subject_id": item.event.subject_id,
                    "data": people.disclosed(EVENT_TYPES.get(item.event.type), item.event.data, who.scopes),
                    "actor": item.event.actor_kind,
                    "recorded_at": item.event.recorded_at,
                }
                for item in recorded
            ]
        }
    )
