"""/{org}/bookings/{id}: one booking for the staff: what it is, what happened, what can be done."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from infra24 import announcements, audit, bookings, notifications
from infra24.bookings import Alternatives, Booking, BookingPolicy, Move, SlotTaken
from infra24.db import Tx
from infra24.errors import DomainError, Message, ValidationFailed
from infra24.people import Scope
from infra24.web.admin import bulk_actions, parsing
from infra24.web.admin.bulk_actions import BulkCommand
from infra24.web.admin.form_data import FormData, entries
from infra24.web.booking_access import authorize_booking
from infra24.web.caller import caller_of, current_org
from infra24.web.errors import status_of
from infra24.web.presenters import announcements as announced
from infra24.web.presenters.audit import told
from infra24.web.presenters.bookings import when
from infra24.web.presenters.messages import views as message_views
from infra24.web.rendering import format_for, page
from infra24.web.services import services

_OURS = frozenset({"id", "org_id", "local_start", "series_at"})


Operation = Callable[[Request, Tx, Booking, BookingPolicy, FormData], Awaitable[object]]


async def booking_page(request: Request) -> Response:
    """The page."""
    return await _page(request, {})


async def save_notes(request: Request) -> Response:
    """POST: the staff's notes."""

    async def save(_: Request, tx: Tx, booking: Booking, __: BookingPolicy, typed: FormData) -> None:
        await bookings.set_notes(tx, booking.id, typed.get("notes")[:4_000], now=services(request).clock())

    return await _act(request, save)


async def move(request: Request) -> Response:
    """POST: to the date and time that were typed."""
    return await _act(request, _move, _why)


async def reschedule(request: Request) -> Response:
    """POST: to one of the times that were offered."""
    return await _act(request, _reschedule)


async def approve(request: Request) -> Response:
    """POST: what waits for it."""
    return await _act(request, _done(bulk_actions.approve))


async def decline(request: Request) -> Response:
    """POST: what waits for approval, with a reason."""
    return await _act(request, _done(bulk_actions.decline))


async def cancel(request: Request) -> Response:
    """POST: with a reason."""
    return await _act(request, _done(bulk_actions.cancel))


async def complete(request: Request) -> Response:
    """POST: they came."""
    return await _act(request, _done(bulk_actions.complete))


async def no_show(request: Request) -> Response:
    """POST: they did not come."""
    return await _act(request, _done(bulk_actions.no_show))


async def hand_over(request: Request) -> Response:
    """POST: to another host, at its own time."""
    return await _act(request, _done(bulk_actions.hand_over))


async def _act(
    request: Request,
    operation: Operation,
    explained: Callable[[Request, Booking, FormData], str] | None = None,
) -> Response:
    """Do something with the booking, or say why not and keep what was typed."""
    typed = await entries(request)
    here, who = current_org(request), caller_of(request)
    try:
        async with services(request).database.transaction(here.id, who.actor) as tx:
            booking, policy = await authorize_booking(tx, who, request.path_params["id"], write=True)
            if not policy.is_staff:
                raise bookings.UnknownBooking()
            policy = replace(policy, notifies=parsing.notifies(typed.values))
            await operation(request, tx, booking, policy, typed)
    except bookings.UnknownBooking:
        raise
    except ValidationFailed as problem:
        return await _page(request, {"alert": next(iter(problem.errors.values())), "typed": typed}, 422)
    except SlotTaken:
        why = explained(request, booking, typed) if explained else ""
        return await _page(
            request, {"alert": Message("That time is taken."), "typed": typed, "why": why}, 409
        )
    except DomainError as refusal:
        return await _page(request, {"alert": refusal.message, "typed": typed}, status_of(refusal))
    return RedirectResponse(f"/{here.slug}/bookings/{booking.id}?done=1", 303)


def _done(action: bulk_actions.Action) -> Operation:
    async def do(
        request: Request, tx: Tx, booking: Booking, policy: BookingPolicy, typed: FormData
    ) -> Booking:
        who, now = caller_of(request), services(request).clock()
        host_id = parsing.identity(typed.get("host"))
        return await action(tx, booking, BulkCommand(who, typed.get("reason"), host_id, now, policy))

    return do


async def _move(
    request: Request, tx: Tx, booking: Booking, policy: BookingPolicy, typed: FormData
) -> Booking:
    zone = ZoneInfo(current_org(request).time_zone)
    start = parsing.moment(typed.get("date"), typed.get("time"), zone)
    if start is None:
        raise ValidationFailed({"time": Message("Write the date and the time.")})
    own = booking.resource_id
    wanted = Move(booking.id, own, own, start, start + booking.length, notifies=policy.notifies)
    return await bookings.move(tx, wanted, now=services(request).clock())


async def _reschedule(
    request: Request, tx: Tx, booking: Booking, policy: BookingPolicy, typed: FormData
) -> Booking:
    start = parsing.instant(typed.get("start"))
    if start is None:
        raise ValidationFailed({"start": Message("Choose one of the times.")})
    now = services(request).clock()
    return await bookings.reschedule(tx, booking.id, start, start + booking.length, policy, now=now)


async def _page(request: Request, more: dict[str, Any], status: int = 200) -> Response:
    app, here, who = services(request), current_org(request), caller_of(request)
    now, speech, zone = app.clock(), format_for(request, here), ZoneInfo(here.time_zone)
    async with app.database.transaction(here.id, who.actor) as tx:
        booking, policy = await authorize_booking(tx, who, request.path_params["id"])
        if not policy.is_staff:
            raise bookings.UnknownBooking()
        movable = booking.is_movable and (who.may(Scope.BOOKINGS_WRITE) or who.may(Scope.BOOKINGS_HOST))
        ways = await bookings.alternatives_for(tx, booking, now) if movable else Alternatives()
        entries = await audit.of_subject(tx, "booking", str(booking.id))
        history = await told(tx, entries, speech, zone, _OURS)
        messages = message_views(await notifications.of_booking(tx, booking.id), speech, zone)
        notices = [announced.view(one, speech) for one in await announcements.of_booking(tx, booking.id)]
    start = booking.starts_at.astimezone(zone)
    context = {
        "section": "bookings",
        "booking": booking,
        "zone": zone,
        "when": when(speech, booking, zone),
        "date": start.date().isoformat(),
        "time": start.strftime("%H:%M"),
        "movable": movable,
        "over": now >= booking.starts_at,
        "times": [(at.astimezone(zone).isoformat(), speech.brief(at, zone)) for at in ways.starts],
        "hosts": ways.hosts,
        "history": history,
        "notices": notices,
        "messages": messages,
        "links": bookings.holder_links(app.settings.base_url, app.tokens.of(here.id, booking.id)),
        "alert": "",
        "why": "",
        "typed": FormData(),
        "done": request.query_params.get("done", ""),
    }
    return page(request, "admin/booking.html", here, {**context, **more}, status=status)


def _why(request: Request, booking: Booking, typed: FormData) -> str:
    """Where it is explained who or what stands at the time that was typed."""
    minutes = int(booking.length.total_seconds() // 60)
    asked = {
        "offer": booking.resource_id,
        "on": typed.get("date"),
        "at": typed.get("time"),
        "length": minutes,
    }
    return f"/{current_org(request).slug}/admin/explain?{urlencode({**asked, 'how': 'time'})}"
