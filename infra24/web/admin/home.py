"""/{org}/admin: today at a glance: how much there is, what waits for a decision, what is wrong."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from infra24 import announcements, bookings, people, resources
from infra24.bookings import Filters, Status
from infra24.people import Scope
from infra24.web.admin.bookings import span_of
from infra24.web.caller import caller_of, here_of
from infra24.web.rendering import page, speech_for
from infra24.web.services import services

SHOWN = 8


async def home_page(request: Request) -> Response:
    """The page: a constant number of statements, whatever the organization has."""
    here, who, now = here_of(request), caller_of(request), services(request).clock()
    zone, speech = ZoneInfo(here.time_zone), speech_for(request, here)
    today = Filters(*span_of("today", zone, now))
    async with services(request).database.transaction(here.id, who.actor) as tx:
        listed = await bookings.listed(tx, today, limit=200)
        week = await bookings.count(tx, Filters(*span_of("week", zone, now)))
        waiting = await bookings.listed(tx, Filters(status=Status.PENDING), limit=SHOWN)
        waits = await bookings.count(tx, Filters(status=Status.PENDING))
        unmarked = replace(Filters(), since=now - timedelta(days=7), until=now, status=Status.CONFIRMED)
        unsaid = await bookings.count(tx, unmarked)
        broken = await bookings.broken(tx, None, now)
        shifted = await bookings.shifted_by_law(tx, now)
        notices = await announcements.newest(tx, SHOWN)
        leaving = await people.deletion_requests(tx) if who.may(Scope.PEOPLE_WRITE) else []
        known = await resources.known(tx)
    standing = [b for b in listed if b.status not in (Status.CANCELLED, Status.HOLD)]
    coming = [b for b in standing if b.ends_at > now]
    context = {
        "section": "home",
        "zone": zone,
        "day": speech.full_day(now.astimezone(zone)),
        "today": len(standing),
        "week": week,
        "waits": waits,
        "waiting": waiting,
        "coming": coming[:SHOWN],
        "unsaid": unsaid,
        "broken": broken[:SHOWN],
        "shifted": len(shifted),
        "leaving": len(leaving),
        "notices": notices,
        "nothing_yet": not known,
    }
    return page(request, "admin/home.html", here, context)
