"""/{org}/dashboard/bookings: a member's own bookings, coming and past; their feed; their data."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from fastapi import Request, Response
from starlette.responses import RedirectResponse

from infra24 import bookings, calendar_feeds, people
from infra24.availability.json_reader import zone_named
from infra24.bookings import Booking, Filters
from infra24.calendar_feeds import CalendarFeed
from infra24.db import Tx
from infra24.errors import Unauthenticated
from infra24.people import SCOPES, AuthenticatedUser, Membership, Scope
from infra24.web.admin.bookings import place_of, read_place
from infra24.web.caller import OrgHidden, caller_of, current_org
from infra24.web.pages.forms import read_form
from infra24.web.presenters.bookings import when
from infra24.web.rendering import format_for, page, with_query
from infra24.web.services import services

PAGE = 20
_MOST = 2_000
_FEED_BACK = timedelta(days=90)


def _member(request: Request) -> AuthenticatedUser:
    user = caller_of(request).user
    if user is None:  # a key is nobody: it has no bookings of its own
        raise Unauthenticated()
    return user


async def bookings_page(request: Request) -> Response:
    """Coming, or past and cancelled: each with what may still be done with it."""
    app, here, user = services(request), current_org(request), _member(request)
    who, now, past = caller_of(request), app.clock(), "past" in request.query_params
    own = Filters(booker_email=user.email, coming_at=None if past else now, gone_at=now if past else None)
    async with app.database.transaction(here.id, who.actor) as tx:
        listed = await bookings.page(
            tx,
            own,
            after=read_place(request.query_params.get("after", "")),
            limit=PAGE + 1,
            newest_first=past,
        )
        feed = await people.feeds.address_of(tx, app.tokens.sign, user.user_id)
        asked = user.email in {email for _, email, *_ in await people.deletion_requests.listed(tx)}
    context = {
        "past": past,
        "cards": [_card(request, booking, user) for booking in listed[:PAGE]],
        "next": with_query(request, after=place_of(listed[PAGE - 1])) if len(listed) > PAGE else None,
        "feed": f"{app.settings.base_url}/feeds/{feed}.ics" if feed else "",
        "asked": asked,
        "done": request.query_params.get("done", ""),
    }
    return page(request, "dashboard/bookings.html", here, context)


def _card(request: Request, booking: Booking, user: AuthenticatedUser) -> dict[str, Any]:
    app, now = services(request), services(request).clock()
    zone = ZoneInfo(booking.time_zone)
    if user.time_zone and booking.meeting_url:
        zone = zone_named(user.time_zone)
    open_ = booking.is_movable
    return {
        "booking": booking,
        "when": when(format_for(request, current_org(request)), booking, zone),
        "token": app.tokens.of(booking.org_id, booking.id),
        "can_move": booking.booker_can_move(now),
        "can_cancel": open_ and booking.booker_can_cancel(now),
    }


async def dashboard(request: Request) -> Response:
    """/{org}/dashboard: goes on to the bookings."""
    return RedirectResponse(f"/{current_org(request).slug}/dashboard/bookings", 303)


async def new_feed(request: Request) -> Response:
    """POST: another address for one's calendar feed; the former opens nothing any more."""
    user = _member(request)

    async def make(tx: Tx) -> None:
        await people.feeds.renew(tx, user.user_id)

    return await _act(request, make, "new_feed")


async def ask_for_deletion(request: Request) -> Response:
    """POST: ask for one's data to be deleted."""
    user, now = _member(request), services(request).clock()

    async def ask(tx: Tx) -> None:
        await people.deletion_requests.ask(tx, user.email, user.name, now)

    return await _act(request, ask, "delete")


async def withdraw_deletion(request: Request) -> Response:
    """POST: have one's data kept after all."""
    user, now = _member(request), services(request).clock()

    async def keep(tx: Tx) -> None:
        await people.deletion_requests.withdraw(tx, user.email, now)

    return await _act(request, keep, "keep")


async def _act(request: Request, operation: Callable[[Tx], Awaitable[None]], done: str) -> Response:
    here, who = current_org(request), caller_of(request)
    await read_form(request)
    async with services(request).database.transaction(here.id, who.actor) as tx:
        await operation(tx)
    return RedirectResponse(f"/{here.slug}/dashboard/bookings?done={done}", 303)


async def data(request: Request) -> Response:
    """/{org}/dashboard/data.json: all that this organization keeps of the member."""
    app, here, user, who = services(request), current_org(request), _member(request), caller_of(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        member = await people.memberships.find(tx, user.user_id)
        own = await _all(tx, Filters(booker_email=user.email))
    body = {
        "organization": {"slug": here.slug, "name": here.name},
        "account": {
            "name": user.name,
            "email": user.email,
            "language": user.locale,
            "time_zone": user.time_zone,
        },
        "membership": {"role": member.role, "joined_at": member.joined_at} if member else None,
        "bookings": [bookings.represent(booking) for booking in own],
    }
    text = orjson.dumps(body, option=orjson.OPT_UTC_Z | orjson.OPT_INDENT_2)
    headers = {"content-disposition": f'attachment; filename="{here.slug}-my-data.json"'}
    return Response(text, 200, headers, "application/json")


async def feed(request: Request) -> Response:
    """/feeds/{token}.ics: what a member booked and hosts, or what an organization's feed is of, for calendar
    programs.

    Its addresses ask to sign in: who reads a calendar may not change what stands in it.
    """
    app, token = services(request), request.path_params["token"]
    org_id = people.feeds.org_of(token)
    if org_id is None:
        raise OrgHidden()
    async with app.database.transaction(org_id) as tx:
        here = await app.directory.find(str(org_id))
        base, since = f"{app.settings.base_url}/{here.slug}", app.clock() - _FEED_BACK
        member = await people.feeds.open_feed(tx, app.tokens, token)
        shared = None if member else await calendar_feeds.open_feed(tx, app.tokens, token)
        if member is not None:
            name, listed = member.name, await _of_member(tx, member, base, since)
        elif shared is not None:
            name, listed = shared.label, await _of_feed(tx, shared, base, since)
        else:
            raise OrgHidden()
    file = bookings.calendar_feed(listed, f"{here.name}: {name}", here.name, app.clock())
    return Response(file, 200, {"cache-control": "private, max-age=300"}, "text/calendar; charset=utf-8")


async def _of_member(tx: Tx, member: Membership, base: str, since: datetime) -> list[tuple[Booking, str]]:
    """What a member booked and hosts, each with the page where they see it."""
    own = await _all(tx, Filters(since=since, booker_email=member.email))
    hosts = Scope.BOOKINGS_HOST in SCOPES[member.role]
    hosted = await _all(tx, Filters(since=since, hosted_by=member.email)) if hosts else []
    mine = {booking.id for booking in own}
    listed = [(b, f"{base}/dashboard/bookings#booking-{b.id}") for b in own]
    return listed + [(b, f"{base}/bookings/{b.id}") for b in hosted if b.id not in mine]


async def _of_feed(tx: Tx, shared: CalendarFeed, base: str, since: datetime) -> list[tuple[Booking, str]]:
    """The bookings that a feed is of: that use a resource, or are of an offer; else all."""
    of = shared.resource_id
    found = await _all(tx, Filters(since=since, uses_id=of))
    if of is not None:
        seen = {booking.id for booking in found}
        found += [b for b in await _all(tx, Filters(since=since, offer_id=of)) if b.id not in seen]
    return [(b, f"{base}/bookings/{b.id}") for b in found]


async def _all(tx: Tx, filters: Filters) -> list[Booking]:
    listed: list[Booking] = []
    after = None
    while len(listed) < _MOST:
        some = await bookings.page(tx, filters, after=after, limit=200)
        listed += some
        if len(some) < 200:
            break
        after = (some[-1].starts_at, some[-1].id)
    return listed
