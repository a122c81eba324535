"""After booking: the confirmation, another time, cancelling. The token in the address is the key."""

from typing import Any

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from infra24 import bookings, events
from infra24.bookings import (
    BY_BOOKER,
    Booking,
    BookingRequest,
    IllegalTransition,
    NearestStarts,
    SlotNotOffered,
    SlotTaken,
    Status,
    TooLate,
)
from infra24.errors import DomainError
from infra24.organizations import Organization
from infra24.rate_limits import TooManyPending
from infra24.resources import HostPreference
from infra24.web.caller import caller_of
from infra24.web.errors import told_when
from infra24.web.limiting import client_of
from infra24.web.pages.entry_points import keep_query
from infra24.web.pages.forms import read_form, read_start
from infra24.web.pages.picker import pick
from infra24.web.pages.token_booking import load_by_token
from infra24.web.presenters.bookings import time_choices, visitor_zone_of_booking, when
from infra24.web.rendering import format_for, page
from infra24.web.services import services


async def confirmation(request: Request) -> Response:
    """/bookings/confirmation/{token}: what was booked, calendars, and the way to change it."""
    here, booking, context = await _opened(request)
    if booking.status is Status.HOLD:
        return RedirectResponse(f"/bookings/details/{request.path_params['token']}", 303)
    return page(request, "confirmation.html", here, context, frames=context["frames"])


async def reschedule(request: Request) -> Response:
    """/bookings/reschedule/{token}: choose another time; POST moves the booking."""
    here, booking, context = await _opened(request)
    app, now = services(request), services(request).clock()
    if request.method == "GET":
        if not booking.booker_can_move(now):
            return _too_late(request, here, context, "reschedule")
        return await _reschedule_page(request, here, booking, context)
    start = read_start(await read_form(request))
    if start is None:
        return await _reschedule_page(request, here, booking, context, missing=True, status=422)
    try:
        async with app.database.transaction(here.id, caller_of(request).actor) as tx:
            await bookings.reschedule(
                tx, booking.id, start, start + booking.length, BY_BOOKER,
                now=now, client=client_of(request, here.id),
            )  # fmt: skip
    except (TooLate, IllegalTransition):
        return _too_late(request, here, context, "reschedule")
    except TooManyPending as refusal:
        shown = await _reschedule_page(request, here, booking, context, refusal=refusal, status=429)
        return told_when(shown, refusal)
    except (SlotTaken, SlotNotOffered) as refusal:
        async with app.database.transaction(here.id, caller_of(request).actor) as tx:
            requested = BookingRequest.of(booking, start, start + booking.length, BY_BOOKER)
            near = await bookings.nearest_starts(tx, requested, now, moving=booking)
        free = near if near.length == booking.length else None  # it keeps its length here
        return await _reschedule_page(request, here, booking, context, free=free, refusal=refusal, status=409)
    to = keep_query(request, f"/bookings/confirmation/{request.path_params['token']}")
    return RedirectResponse(f"{to}{'&' if '?' in to else '?'}changed=1", 303)


async def cancel(request: Request) -> Response:
    """/bookings/cancel/{token}: what cancelling means, and the button. Only POST cancels."""
    here, booking, context = await _opened(request)
    if booking.status is Status.CANCELLED:
        return page(request, "cancelled.html", here, context, frames=context["frames"])
    app = services(request)
    if request.method == "GET":
        if not booking.booker_can_cancel(app.clock()):
            return _too_late(request, here, context, "cancel")
        return page(request, "cancel.html", here, context, frames=context["frames"])
    await read_form(request)
    try:
        async with app.database.transaction(here.id, caller_of(request).actor) as tx:
            await bookings.cancel(tx, booking.id, BY_BOOKER, now=app.clock())
    except (TooLate, IllegalTransition):
        return _too_late(request, here, context, "cancel")
    return RedirectResponse(keep_query(request, request.url.path), 303)


def _too_late(request: Request, here: Organization, context: dict[str, Any], what: str) -> Response:
    closed = {**context, "what": what}
    return page(request, "too_late.html", here, closed, status=409, frames=context["frames"])


async def _opened(request: Request) -> tuple[Organization, Booking, dict[str, Any]]:
    """The booking that the token opens, and what every page about it shows."""
    app, open_ = services(request), await load_by_token(request)
    booking, here, token = open_.booking, open_.here, open_.token
    speech = format_for(request, here)
    zone = visitor_zone_of_booking(request, booking)
    to = bookings.holder_links(app.settings.base_url, token)
    context = {
        "booking": booking,
        "resource": open_.resource,
        "token": token,
        "when": when(speech, booking, zone),
        "where": keep_query(request, open_.where),
        "frames": open_.sites,
        "onward": keep_query(request, ""),
        "remote": bool(booking.meeting_url),
        "changed": "changed" in request.query_params,
        "calendars": bookings.calendar_urls(booking, here.name, to["confirmation"], to["ics"]),
        "can_move": booking.booker_can_move(app.clock()),
        "can_cancel": booking.booker_can_cancel(app.clock()),
        "cancel_until": _until(speech, booking.cancellable_until(), zone),
    }
    return here, booking, context


async def _reschedule_page(
    request: Request,
    here: Organization,
    booking: Booking,
    context: dict[str, Any],
    *,
    missing: bool = False,
    free: NearestStarts | None = None,
    refusal: DomainError | None = None,
    status: int = 200,
) -> Response:
    app, speech = services(request), format_for(request, here)
    minutes = int(booking.length.total_seconds()) // 60
    async with app.database.transaction(here.id, caller_of(request).actor) as tx:
        place = await events.head(tx)  # before anything is read: what happens from here on is told
        offer, picked = await pick(
            tx,
            request,
            booking.resource_id,
            speech,
            app.clock(),
            ignoring=[booking.id],
            length=minutes,
            choice=HostPreference.read(booking.choice),
        )
    zone = visitor_zone_of_booking(request, booking)
    context = {
        **context,
        "offer": offer,
        "picker": picked,
        "hosts": booking.hosts,
        "missing": missing,
        "refusal": refusal,
        "alternatives": time_choices(speech, zone, free),
        "length": minutes,
        "live": f"/{here.slug}/book/{context['resource'].slug}/changes?after={place}",
    }
    return page(
        request, "reschedule.html", here, context, status=status, block="picker", frames=context["frames"]
    )


def _until(speech: Any, at: Any, zone: Any) -> str:
    return f"{speech.day(at.astimezone(zone))}, {speech.time(at, zone)}"
