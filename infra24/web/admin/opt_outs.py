"""/{org}/admin/opt-outs: addresses and numbers that are sent nothing: see, add, remove."""

from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from infra24 import consent
from infra24.channels import Channel
from infra24.consent import UnknownSuppression
from infra24.errors import DomainError, ValidationFailed
from infra24.sms import region_of
from infra24.web.admin.form_data import FormData, entries
from infra24.web.caller import caller_of, current_org
from infra24.web.errors import status_of
from infra24.web.rendering import page
from infra24.web.services import services


async def opt_outs_page(request: Request) -> Response:
    """Those on the list, the newest first; ?q= those with this in them."""
    return await _page(request, {})


async def record(request: Request) -> Response:
    """POST: writes down that somebody wants nothing more."""
    app, here, who = services(request), current_org(request), caller_of(request)
    sent = await entries(request)
    try:
        async with app.database.transaction(here.id, who.actor) as tx:
            await consent.record(
                tx, sent.get("address"), region_of(here.time_zone), sent.get("note"), who.name, app.clock()
            )
    except ValidationFailed as problem:
        return await _page(request, {"wrong": problem.errors, "form": sent}, 422)
    return RedirectResponse(f"/{here.slug}/admin/opt-outs?done=added", 303)


async def lift(request: Request) -> Response:
    """POST: messages are sent again."""
    app, here, who = services(request), current_org(request), caller_of(request)
    sent = await entries(request)
    try:
        if sent.get("channel") not in set(Channel):
            raise UnknownSuppression()
        async with app.database.transaction(here.id, who.actor) as tx:
            await consent.lift(tx, Channel(sent.get("channel")), sent.get("address"))
    except DomainError as refusal:
        return await _page(request, {"alert": refusal.message}, status_of(refusal))
    return RedirectResponse(f"/{here.slug}/admin/opt-outs?done=lifted", 303)


async def _page(request: Request, more: dict[str, Any], status: int = 200) -> Response:
    app, here, who = services(request), current_org(request), caller_of(request)
    asked = request.query_params.get("q", "")[:100]
    async with app.database.transaction(here.id, who.actor) as tx:
        listed = await consent.listed(tx, asked)
    context = {
        "section": "settings",
        "zone": ZoneInfo(here.time_zone),
        "rows": listed,
        "q": asked,
        "form": FormData(),
        "wrong": {},
        "alert": "",
        "done": request.query_params.get("done", ""),
    }
    return page(request, "admin/opt_outs.html", here, {**context, **more}, status=status)
