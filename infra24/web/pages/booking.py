"""Pick a time, hold it, say who you are: the way to a booking."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from infra24 import bookings, events, notices, resources
from infra24.auth.tokens import org_of_token
from infra24.bookings import (
    BY_BOOKER,
    Booking,
    BookingRequest,
    NearestStarts,
    SlotNotOffered,
    SlotTaken,
    Status,
)
from infra24.channels import Channel
from infra24.db import Tx
from infra24.errors import Conflict, DomainError
from infra24.organizations import Organization
from infra24.rate_limits import RateLimited
from infra24.resources import Resource
from infra24.web.caller import address_of, caller_of, current_org
from infra24.web.change_stream import place_of
from infra24.web.errors import status_of, told_when
from infra24.web.limiting import client_of, one_at_a_time
from infra24.web.pages.entry_points import BookingPath, keep_query, offered, own_path
from infra24.web.pages.forms import (
    DetailsForm,
    empty_details,
    read_details,
    read_form,
    read_number,
    read_start,
)
from infra24.web.pages.picker import pick, visitor_zone
from infra24.web.pages.token_booking import load_by_token
from infra24.web.presenters.bookings import time_choices, visitor_zone_of_booking, when
from infra24.web.rendering import format_for, page, with_query
from infra24.web.services import services

_HOLD = "hold"


async def picker(request: Request) -> Response:
    """/{org}/book/{slug}: choose a day and a time; POST holds it and goes on to the details."""
    app = services(request)
    way = own_path(current_org(request))
    async with app.database.transaction(way.here.id, caller_of(request).actor) as tx:
        resource = await offered(tx, way, request.path_params["slug"])
        if request.method != "POST":
            return await picker_page(tx, request, way, resource)
    return await hold(request, way, resource)


async def changes(request: Request) -> Response:
    """A stream that says when to look again: what is free of this offer can have changed."""
    app, way = services(request), own_path(current_org(request))
    async with app.database.transaction(way.here.id, caller_of(request).actor) as tx:
        resource = await offered(tx, way, request.path_params["slug"])
        free = bookings.FreeTimes(await resources.offer(tx, resource.id))
    return app.watcher.stream(way.here.id, "slots", 5_000, address_of(request), free, place_of(request))


async def details(request: Request) -> Response:
    """/bookings/details/{token}: who books; POST confirms the hold, or another time if it was lost."""
    app, open_ = services(request), await load_by_token(request)
    held, here, token = open_.booking, open_.here, open_.token
    if held.status in (Status.CONFIRMED, Status.PENDING):
        return RedirectResponse(f"/bookings/confirmation/{token}", 303)
    if held.status is not Status.HOLD and request.method == "GET":
        return RedirectResponse(open_.where, 303)
    context = {"booking": held, "resource": open_.resource, "token": token, "where": open_.where,
               "frames": open_.sites}  # fmt: skip
    if request.method == "GET":
        form = empty_details(open_.brings(request))
        return await _details_page(request, here, form, context)
    sent = await read_form(request)
    form = read_details(sent, open_.resource, held.time_zone)
    if form.wrong:
        return await _details_page(request, here, form, context, status=422)
    person = form.person(str(format_for(request, here).locale), visitor_zone_of_booking(request, held).key)
    start = read_start(sent) or held.starts_at
    length = timedelta(minutes=read_number(sent.get("duration"))) or held.length
    who = caller_of(request).actor
    try:
        async with one_at_a_time(request, here.id), app.database.transaction(here.id, who) as tx:
            booking = await bookings.confirm_hold(
                tx, held.id, person, BY_BOOKER,
                now=app.clock(), client=client_of(request, here.id), at=(start, start + length),
            )  # fmt: skip
    except (SlotTaken, SlotNotOffered) as refusal:
        other = replace(BookingRequest.of(held, start, start + length, BY_BOOKER), person=person)
        free = await _nearest(request, here.id, other)
        context |= {"booking": replace(held, starts_at=start, ends_at=start + length)}
        return await _details_page(request, here, form, context, free=free, refusal=refusal, status=409)
    except (Conflict, RateLimited) as refusal:
        status = status_of(refusal)
        shown = await _details_page(request, here, form, context, refusal=refusal, status=status)
        return told_when(shown, refusal)
    to = app.tokens.of(here.id, booking.id)
    answer = RedirectResponse(keep_query(request, f"/bookings/confirmation/{to}"), 303)
    answer.delete_cookie(_HOLD, path=f"/{here.slug}")
    return answer


async def _nearest(request: Request, org_id: UUID, requested: BookingRequest) -> NearestStarts:
    app = services(request)
    async with app.database.transaction(org_id, caller_of(request).actor) as tx:
        return await bookings.nearest_starts(tx, requested, app.clock())


async def release(request: Request) -> Response:
    """Let go of a held time and choose again."""
    await read_form(request)
    app, open_ = services(request), await load_by_token(request)
    held = open_.booking
    async with app.database.transaction(open_.here.id, caller_of(request).actor) as tx:
        await bookings.release(tx, held.id, BY_BOOKER, now=app.clock())
    on = held.starts_at.astimezone(ZoneInfo(held.time_zone)).date()
    to = keep_query(request, open_.where)
    answer = RedirectResponse(f"{to}{'&' if '?' in to else '?'}date={on}", 303)
    answer.delete_cookie(_HOLD, path=f"/{open_.here.slug}")
    return answer


async def hold(request: Request, way: BookingPath, resource: Resource) -> Response:
    """Hold the time that was chosen, and go on to the details; or show what is free instead."""
    app, now, here = services(request), services(request).clock(), way.here
    sent = await read_form(request)
    start = read_start(sent)
    minutes = read_number(sent.get("duration"))
    async with app.database.transaction(here.id, caller_of(request).actor) as tx:
        if start is None:
            return await picker_page(tx, request, way, resource, missing=True, status=422)
        choice = way.choice(request, await resources.offer(tx, resource.id))
    link_id = way.link.id if way.link else None
    requested = BookingRequest(resource.id, start, start + timedelta(minutes=minutes), None, choice, link_id)
    try:
        booking = await _keep(request, requested)
    except (SlotTaken, SlotNotOffered) as refusal:
        async with app.database.transaction(here.id, caller_of(request).actor) as tx:
            free = await bookings.nearest_starts(tx, requested, now)
            return await picker_page(tx, request, way, resource, free=free, refusal=refusal, status=409)
    token = app.tokens.of(here.id, booking.id)
    answer = RedirectResponse(keep_query(request, f"/bookings/details/{token}"), 303)
    answer.set_cookie(_HOLD, token, max_age=7_200, path=f"/{here.slug}", httponly=True, samesite="lax")
    return answer


async def _keep(request: Request, requested: BookingRequest) -> Booking:
    """Hold a time instead of the one that this visitor held before."""
    app, here = services(request), current_org(request)
    async with (
        one_at_a_time(request, here.id),
        app.database.transaction(here.id, caller_of(request).actor) as tx,
    ):
        requested = replace(requested, client=client_of(request, here.id))
        earlier = await _own_hold(tx, request)
        return await bookings.hold_instead(
            tx, earlier.id if earlier else None, requested, tokens=app.tokens, now=app.clock()
        )


async def _own_hold(tx: Tx, request: Request) -> Booking | None:
    """The time that this visitor already holds here: it stays free to them."""
    token = request.cookies.get(_HOLD, "")
    if org_of_token(token) != tx.org_id:
        return None
    try:
        held = await bookings.by_token(tx, token, services(request).tokens.booking_of(token))
    except bookings.UnknownBooking:
        return None
    return held if held.status is Status.HOLD else None


async def picker_page(
    tx: Tx,
    request: Request,
    way: BookingPath,
    resource: Resource,
    *,
    missing: bool = False,
    free: NearestStarts | None = None,
    refusal: DomainError | None = None,
    status: int = 200,
) -> Response:
    """The choice of a time: a month of one offer, and what was refused if something was."""
    here = way.here
    speech, now = format_for(request, here), services(request).clock()
    place = await events.head(tx)  # before anything is read: what happens from here on is told
    own = await _own_hold(tx, request)
    ignoring = [own.id] if own else []
    choice = way.choice(request, await resources.offer(tx, resource.id))
    offer, picked = await pick(tx, request, resource.id, speech, now, ignoring=ignoring, choice=choice)
    zone = visitor_zone(request, offer)
    context = {
        "notices": await notices.shown(tx, now),
        "offer": offer,
        "resource": resource,
        "picker": picked,
        "hosts": [host.name for host in offer.restricted_to(choice).hosts],
        "with_whom": [
            (name, with_query(request, start=None, **{"with": id_}), choice.hosts == (id_,))
            for id_, name in way.choosable(offer)
        ],
        "with_anyone": with_query(request, start=None, **{"with": None}),
        "missing": missing,
        "refusal": refusal,
        "alternatives": time_choices(speech, zone, free),
        "length": int(free.length.total_seconds()) // 60 if free else None,
        "live": f"/{here.slug}/book/{resource.slug}/changes?after={place}",
        "link": way.link,
    }
    return page(request, "picker.html", here, context, status=status, block="picker", frames=way.sites)


async def _details_page(
    request: Request,
    here: Organization,
    form: DetailsForm,
    context: dict[str, Any],
    *,
    free: NearestStarts | None = None,
    refusal: DomainError | None = None,
    status: int = 200,
) -> Response:
    speech, held, app = format_for(request, here), context["booking"], services(request)
    async with app.database.transaction(here.id, caller_of(request).actor) as tx:
        texts = Channel.SMS in await app.senders.of(tx)
    zone = visitor_zone_of_booking(request, held)
    now = app.clock()
    left = int(((held.expires_at or now) - now).total_seconds())
    context = {
        **context,
        "form": form,
        "refusal": refusal,
        "lost": free is not None,
        "alternatives": time_choices(speech, zone, free),
        "length": int(free.length.total_seconds()) // 60 if free else None,
        "when": when(speech, held, zone),
        "remote": bool(held.meeting_url),
        "texts": texts,
        "expired": left <= 0,
        "seconds_left": left,
    }
    return page(request, "details.html", here, context, status=status, frames=context["frames"])
