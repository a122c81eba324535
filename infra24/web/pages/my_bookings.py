"""/{org}/my-bookings: a link by e-mail to all that was booked with an address, and the page that it opens."""

from typing import Any

from fastapi import Request, Response

from infra24 import bookings, notifications
from infra24.bookings import Booking, Filters
from infra24.web.account.login import address_typed, count
from infra24.web.caller import address_of, caller_of, current_org
from infra24.web.pages.forms import read_form
from infra24.web.presenters.bookings import visitor_zone_of_booking, when
from infra24.web.rendering import format_for, page
from infra24.web.services import services

_MOST = 100


async def ask(request: Request) -> Response:
    """An e-mail address; POST sends it the link. Nothing tells whether anything was booked with it."""
    app, here = services(request), current_org(request)
    if request.method == "GET":
        return page(request, "my_bookings_ask.html", here, {"email": "", "wrong": False, "over": False})
    typed = (await read_form(request)).get("email", "")
    email = address_typed(typed)
    if email is None:
        asked = {"email": typed, "wrong": True, "over": False}
        return page(request, "my_bookings_ask.html", here, asked, status=422)
    await count(request, "emails from an address", address_of(request))
    locale = format_for(request, here).language
    async with app.database.transaction(here.id, caller_of(request).actor) as tx:
        await notifications.send_my_bookings(tx, email, locale, app.clock())
    return page(request, "my_bookings_sent.html", here, {"email": email})


async def list_page(request: Request) -> Response:
    """What the link opens: what is coming up, then what is over or was cancelled."""
    app, here, now = services(request), current_org(request), services(request).clock()
    email = bookings.read_list_link(app.tokens, here.id, request.path_params["signed"], now)
    if email is None:
        asked = {"email": "", "wrong": False, "over": True}
        return page(request, "my_bookings_ask.html", here, asked, status=410)
    async with app.database.transaction(here.id, caller_of(request).actor) as tx:
        coming = await bookings.page(tx, Filters(booker_email=email, coming_at=now), limit=_MOST)
        gone = await bookings.page(
            tx, Filters(booker_email=email, gone_at=now), limit=_MOST, newest_first=True
        )
    context = {
        "email": email,
        "coming": [_card(request, booking) for booking in coming],
        "gone": [_card(request, booking) for booking in gone],
    }
    return page(request, "my_bookings.html", here, context)


def _card(request: Request, booking: Booking) -> dict[str, Any]:
    app, now = services(request), services(request).clock()
    zone = visitor_zone_of_booking(request, booking)
    return {
        "booking": booking,
        "when": when(format_for(request, current_org(request)), booking, zone),
        "token": app.tokens.of(booking.org_id, booking.id),
        "can_move": booking.booker_can_move(now),
        "can_cancel": booking.is_movable and booking.booker_can_cancel(now),
    }
