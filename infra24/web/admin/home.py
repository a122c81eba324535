"""/{org}/admin: today at a glance: how much there is, what waits for a decision, what is wrong."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from infra24 import announcements, bookings, notifications, outbox, people, resources
from infra24.bookings import Filters, Status
from infra24.db import Tx
from infra24.i18n import LocaleFormat
from infra24.people import Scope
from infra24.web.admin.bookings import midnight as day_begins
from infra24.web.admin.bookings import span_of
from infra24.web.caller import Caller, caller_of, current_org
from infra24.web.presenters import announcements as announced
from infra24.web.rendering import format_for, page
from infra24.web.services import services

SHOWN = 8


async def home_page(request: Request) -> Response:
    """The page: a constant number of statements, whatever the organization has."""
    here, who, now = current_org(request), caller_of(request), services(request).clock()
    zone, speech = ZoneInfo(here.time_zone), format_for(request, here)
    midnight, tomorrow = span_of("today", zone, now)
    spans = {"today": Filters(midnight, tomorrow), "week": Filters(*span_of("week", zone, now))}
    ago = now.astimezone(zone).date() - timedelta(days=7)
    async with services(request).database.transaction(here.id, who.actor) as tx:
        coming = await bookings.page(tx, Filters(now, tomorrow), limit=4 * SHOWN)
        counted = {name: await bookings.count(tx, span) for name, span in spans.items()}
        waiting = await bookings.page(tx, Filters(status=Status.PENDING), limit=SHOWN)
        waits = await bookings.count(tx, Filters(status=Status.PENDING))
        unmarked = await bookings.count(tx, Filters(day_begins(zone, ago), midnight, Status.CONFIRMED))
        broken = await bookings.broken(tx, None, now)
        shifted = await bookings.shifted_by_law(tx, now)
        news = await _news(tx, who, speech)
        leaving = await people.deletion_requests.listed(tx) if who.may(Scope.PEOPLE_WRITE) else []
        known = await resources.index(tx)
        undelivered = await outbox.count(tx, now) if who.may(Scope.SETTINGS_WRITE) else 0
        late = await notifications.is_late(tx, now - notifications.LATE_AFTER)
    context = {
        "section": "home",
        "nothing_sent": late,
        "undelivered": undelivered,
        "zone": zone,
        "day": speech.full_day(now.astimezone(zone)),
        **counted,
        "counted": bookings.COUNTED,
        "unmarked_span": (ago, ago + timedelta(days=6)),
        "waits": waits,
        "waiting": waiting,
        "coming": [b for b in coming if b.status is not Status.CANCELLED][:SHOWN],
        "unmarked": unmarked,
        "broken": broken[:SHOWN],
        "shifted": len(shifted),
        "leaving": len(leaving),
        **news,
        "nothing_yet": not known,
    }
    return page(request, "admin/home.html", here, context)


async def _news(tx: Tx, who: Caller, speech: LocaleFormat) -> dict[str, Any]:
    """What happened last, and how much of it they have not read."""
    newest = await announcements.newest(tx, 5)
    unread = await announcements.count_unread(tx, who.user.user_id) if who.user else 0
    return {"announced": [announced.view(one, speech) for one in newest], "unread": unread}
