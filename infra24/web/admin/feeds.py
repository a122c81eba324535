"""/{org}/admin/feeds: calendar feeds of the organization and of its resources: add, copy, revoke."""

from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from infra24 import calendar_feeds, resources
from infra24.calendar_feeds import UnknownFeed
from infra24.errors import DomainError, ValidationFailed
from infra24.web.admin import parsing
from infra24.web.admin.form_data import FormData, entries
from infra24.web.caller import caller_of, current_org
from infra24.web.errors import status_of
from infra24.web.rendering import page
from infra24.web.services import services


async def feeds_page(request: Request) -> Response:
    """The feeds with their addresses."""
    return await _page(request, {})


async def create_feed(request: Request) -> Response:
    """POST: a feed of one resource, or of everything."""
    app, here, who = services(request), current_org(request), caller_of(request)
    sent = await entries(request)
    of = parsing.identity(sent.get("resource"))
    try:
        async with app.database.transaction(here.id, who.actor) as tx:
            await calendar_feeds.create(tx, app.tokens.sign, of, sent.get("label"), who.name, app.clock())
    except ValidationFailed as problem:
        return await _page(request, {"wrong": problem.errors, "form": sent}, 422)
    return RedirectResponse(f"/{here.slug}/admin/feeds?done=added", 303)


async def revoke_feed(request: Request) -> Response:
    """POST: its address opens nothing any more."""
    app, here, who = services(request), current_org(request), caller_of(request)
    sent = await entries(request)
    try:
        async with app.database.transaction(here.id, who.actor) as tx:
            id_ = parsing.identity(sent.get("feed"))
            if id_ is None:
                raise UnknownFeed()
            await calendar_feeds.revoke(tx, id_, app.clock())
    except DomainError as refusal:
        return await _page(request, {"alert": refusal.message}, status_of(refusal))
    return RedirectResponse(f"/{here.slug}/admin/feeds?done=revoked", 303)


async def _page(request: Request, more: dict[str, Any], status: int = 200) -> Response:
    app, here, who = services(request), current_org(request), caller_of(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        listed = await calendar_feeds.listed(tx, app.tokens.sign)
        known = await resources.index(tx)
    titles = {k.id: k.title for k in known}
    context = {
        "section": "settings",
        "zone": ZoneInfo(here.time_zone),
        "rows": [
            (one, titles.get(one.resource_id) if one.resource_id else None,
             f"{app.settings.base_url}/feeds/{one.token}.ics")
            for one in listed
        ],
        "choices": sorted(((str(k.id), k.title) for k in known if k.is_active), key=lambda c: c[1].lower()),
        "form": FormData(),
        "wrong": {},
        "alert": "",
        "done": request.query_params.get("done", ""),
    }  # fmt: skip
    return page(request, "admin/feeds.html", here, {**context, **more}, status=status)
