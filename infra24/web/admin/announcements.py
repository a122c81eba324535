"""/{org}/admin/announcements: what happened to bookings, and who has read it."""

from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from infra24 import announcements, people
from infra24.people import STAFF_ROLES
from infra24.web.caller import caller_of, current_org
from infra24.web.presenters import announcements as presented
from infra24.web.rendering import format_for, page
from infra24.web.services import services

_SHOWN = 25


async def announcements_page(request: Request) -> Response:
    """The newest, with those who have read each."""
    here, who = current_org(request), caller_of(request)
    speech = format_for(request, here)
    async with services(request).database.transaction(here.id, who.actor) as tx:
        newest = await announcements.newest(tx, _SHOWN)
        readers = await announcements.readers(tx)
        staff = {m.user_id for m in await people.memberships.listed(tx) if m.role in STAFF_ROLES}
        unread = await announcements.count_unread(tx, who.user.user_id) if who.user else 0
    rows = [
        (
            presented.view(one, speech),
            [
                reader.name
                for reader in readers
                if reader.read_until >= one.created_at and reader.user_id in staff
            ],
        )
        for one in newest
    ]
    context = {
        "section": "home",
        "zone": ZoneInfo(here.time_zone),
        "rows": rows,
        "staff": len(staff),
        "unread": unread,
        "done": "done" in request.query_params,
    }
    return page(request, "admin/announcements.html", here, context)


async def mark_read(request: Request) -> Response:
    """POST: they have read everything that is there."""
    app, here, who = services(request), current_org(request), caller_of(request)
    if who.user is not None:  # a key reads nothing
        async with app.database.transaction(here.id, who.actor) as tx:
            await announcements.mark_read(tx, who.user.user_id, app.clock())
    return RedirectResponse(f"/{here.slug}/admin/announcements?done=1", 303)
