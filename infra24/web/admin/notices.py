"""/{org}/admin/notices: what everyone sees on the booking pages: write, change, delete."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from infra24 import notices
from infra24.errors import Message, ValidationFailed
from infra24.notices import NoticeDraft, UnknownNotice
from infra24.web.admin import parsing
from infra24.web.admin.form_data import FormData, entries
from infra24.web.caller import caller_of, current_org
from infra24.web.errors import status_of
from infra24.web.rendering import page
from infra24.web.services import services


async def notices_page(request: Request) -> Response:
    """All notices, and an empty form; ?edit= the form of one."""
    here, zone = current_org(request), ZoneInfo(current_org(request).time_zone)
    edited = parsing.identity(request.query_params.get("edit"))
    form = FormData()
    if edited is not None:
        async with services(request).database.transaction(here.id, caller_of(request).actor) as tx:
            one = await notices.get(tx, edited)
        since, until = parsing.as_typed(one.shown_from, zone), parsing.as_typed(one.shown_until, zone)
        typed = dict(zip(("from", "from_time", "until", "until_time"), (*since, *until), strict=True))
        form = FormData.of({"text": one.text, **typed})
    return await _page(request, {"form": form, "edited": edited})


async def save_notice(request: Request) -> Response:
    """POST: a new notice, or with `id` another text and other times of one."""
    app, here, who = services(request), current_org(request), caller_of(request)
    sent = await entries(request)
    edited = parsing.identity(sent.get("id"))
    try:
        draft = _draft(sent, ZoneInfo(here.time_zone), app.clock())
        async with app.database.transaction(here.id, who.actor) as tx:
            if edited is None:
                await notices.create(tx, draft, app.clock())
            else:
                await notices.change(tx, edited, draft, app.clock())
    except ValidationFailed as problem:
        return await _page(request, {"wrong": problem.errors, "form": sent, "edited": edited}, 422)
    except notices.TooManyNotices as refusal:
        return await _page(request, {"alert": refusal.message, "form": sent}, status_of(refusal))
    return RedirectResponse(f"/{here.slug}/admin/notices?done=saved", 303)


async def delete_notice(request: Request) -> Response:
    """POST: shown no more."""
    app, here, who = services(request), current_org(request), caller_of(request)
    id_: UUID | None = parsing.identity((await entries(request)).get("id"))
    if id_ is None:
        raise UnknownNotice()
    async with app.database.transaction(here.id, who.actor) as tx:
        await notices.delete(tx, id_)
    return RedirectResponse(f"/{here.slug}/admin/notices?done=deleted", 303)


def _draft(sent: FormData, zone: ZoneInfo, now: datetime) -> NoticeDraft:
    """Raises ValidationFailed for times that cannot be read."""
    times: dict[str, datetime | None] = {}
    errors: dict[str, Message] = {}
    for name, usual in (("from", "00:00"), ("until", "23:59")):
        on = sent.get(name)
        times[name] = parsing.moment(on, sent.get(f"{name}_time") or usual, zone) if on else None
        if on and times[name] is None:
            errors[name] = Message("Choose a date and a time.")
    if errors:
        raise ValidationFailed(errors)
    return NoticeDraft(sent.get("text"), times["from"] or now, times["until"])


async def _page(request: Request, more: Mapping[str, Any], status: int = 200) -> Response:
    app, here, who = services(request), current_org(request), caller_of(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        listed = await notices.listed(tx)
    context: dict[str, Any] = {
        "section": "settings",
        "zone": ZoneInfo(here.time_zone),
        "now": app.clock(),
        "rows": listed,
        "form": FormData(),
        "edited": None,
        "wrong": {},
        "alert": "",
        "done": request.query_params.get("done", ""),
    }
    return page(request, "admin/notices.html", here, {**context, **more}, status=status)
