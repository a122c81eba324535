"""/{org}/admin/blackouts: close one thing, several or all, see what that hits, and move or cancel it."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from infra24 import bookings, organizations, resources
from infra24.availability.hours import day_span
from infra24.bookings import AffectedBooking
from infra24.db import Tx
from infra24.errors import Conflict, Message, ValidationFailed
from infra24.organizations import Day, Organization
from infra24.resources import Blackout
from infra24.web.admin import affected_bookings
from infra24.web.admin.affected_bookings import rescue, with_ways
from infra24.web.admin.form_data import FormData, entries
from infra24.web.admin.form_pages import form_page
from infra24.web.admin.rules_rows import dated, time_typed
from infra24.web.caller import caller_of, current_org
from infra24.web.services import services

_LONGEST_DAYS = 366
_PARTS = ("first", "last", "start", "end", "reason")


async def list_page(request: Request) -> Response:
    """What is closed from now on, what that hits, and a form to close more."""
    form = FormData.of({"scope": "some", "resource": request.query_params.getlist("resource")[:50]})
    return await _page(request, {"form": form})


async def close(request: Request) -> Response:
    """POST: close what was ticked."""
    here = current_org(request)

    async def save(tx: Tx, typed: FormData, now: datetime) -> Response:
        await _close(tx, typed, now)
        return RedirectResponse(f"/{here.slug}/admin/blackouts?done=closed#hit", 303)

    return await _try(request, save)


async def preview(request: Request) -> Response:
    """POST: what closing it would hit. Nothing is saved."""

    async def look(tx: Tx, typed: FormData, now: datetime) -> dict[str, Any]:
        return {"tried": await bookings.impact(tx, None, lambda: _close(tx, typed, now), now)}

    return await _try(request, look)


async def _try(
    request: Request, operation: Callable[[Tx, FormData, datetime], Awaitable[Response | dict[str, Any]]]
) -> Response:
    app, here, typed = services(request), current_org(request), await entries(request)
    wrong = _wrong(typed)
    if wrong:
        return await _page(request, {"form": typed, "wrong": wrong}, 422)
    try:
        async with app.database.transaction(here.id, caller_of(request).actor) as tx:
            found = await operation(tx, typed, app.clock())
    except (ValidationFailed, Conflict) as refused:
        wrong = _fields(refused) if isinstance(refused, ValidationFailed) else {"reason": refused.message}
        return await _page(request, {"form": typed, "wrong": wrong}, 422)
    return found if isinstance(found, Response) else await _page(request, {"form": typed, **found})


async def move_bookings(request: Request) -> Response:
    """POST: move each of the ticked bookings where its row says. What happened is said of each."""
    return await _rescue(request, affected_bookings.move)


async def cancel_bookings(request: Request) -> Response:
    """POST: cancel the ticked bookings, with a reason. What happened is said of each."""
    return await _rescue(request, affected_bookings.cancel, reason=True)


async def _rescue(request: Request, action: affected_bookings.Action, *, reason: bool = False) -> Response:
    typed = await entries(request)
    wrong = {}
    if not typed.all("booking"):
        wrong["booking"] = Message("tick at least one booking")
    elif reason and not typed.get("reason"):
        wrong["reason"] = Message("say why: whoever booked will read it")
    if wrong:
        return await _page(request, {"form": typed, "wrong": wrong}, 422)
    return await _page(request, {"results": await rescue(request, typed, action)})


async def open_again(request: Request) -> Response:
    """POST: take a closing away."""
    app, here, actor = services(request), current_org(request), caller_of(request).actor
    typed = await entries(request)
    try:
        blackout = json.loads(typed.get("blackout") or "{}")
        number = int(typed.get("number") or "-1")
        async with app.database.transaction(here.id, actor) as tx:
            resource = await resources.get_by_slug(tx, typed.get("whose"))
            await resources.remove_blackout(tx, resource.id, max(number, 0), blackout, app.clock())
    except (ValueError, RecursionError):
        return await _page(request, {"alert": "This closing is no longer there."}, 422)
    except ValidationFailed as refused:
        return await _page(request, {"alert": refused.message}, 422)
    except Conflict as refused:
        return await _page(request, {"alert": refused.message}, 409)
    return RedirectResponse(f"/{here.slug}/admin/blackouts?done=opened", 303)


async def _close(tx: Tx, typed: FormData, now: datetime) -> None:
    """The closing that was typed: into the rules of each resource, or among the organization's holidays."""
    row = {part: typed.get(part) for part in _PARTS}
    if typed.get("scope") == "all":
        await resources.holidays_changed(tx)
        plan = await organizations.holiday_plan(tx)
        added = {day.held_on: day for day in (*plan.days, *_days(row))}
        await organizations.set_holidays(tx, replace(plan, days=tuple(added.values())))
        return
    times = {key: time_typed(row[key]) for key in ("start", "end") if row[key]}
    blackout = {**dated(row), **times, **({"reason": row["reason"]} if row["reason"] else {})}
    ids = [(await resources.get_by_slug(tx, slug)).id for slug in dict.fromkeys(typed.all("resource"))]
    await resources.add_blackout(tx, ids, blackout, now)


def _days(row: dict[str, str]) -> list[Day]:
    first = date.fromisoformat(row["first"])
    last = date.fromisoformat(row["last"] or row["first"])
    return [Day(first + timedelta(days=n), row["reason"]) for n in range((last - first).days + 1)]


def _wrong(typed: FormData) -> dict[str, Message]:
    """What of a closing cannot be read, by field."""
    wrong: dict[str, Message] = {}
    try:
        first = date.fromisoformat(typed.get("first"))
        last = date.fromisoformat(typed.get("last") or typed.get("first"))
        if last < first:
            wrong["last"] = Message("is before the first date")
        elif (last - first).days > _LONGEST_DAYS:
            wrong["last"] = Message("is more than a year after the first date")
    except ValueError:
        wrong["first"] = Message("choose a date")
    if typed.get("scope") == "all":
        if not typed.get("reason"):
            wrong["reason"] = Message("give it a name: visitors read it")
        if typed.get("start") or typed.get("end"):
            wrong["start"] = Message("a holiday takes the whole day")
    elif not typed.all("resource"):
        wrong["resource"] = Message("choose at least one")
    return wrong


def _fields(refused: ValidationFailed) -> dict[str, Message]:
    where = {"date": "first", "range": "last"}
    found: dict[str, Message] = {}
    for path, said in refused.errors.items():
        key = path.split("[")[0]
        found.setdefault(where.get(key, key if key in _PARTS else "resource"), said)
    return found


async def _page(request: Request, more: dict[str, Any], status: int = 200) -> Response:
    app, here, now = services(request), current_org(request), services(request).clock()
    async with app.database.transaction(here.id, caller_of(request).actor) as tx:
        broken = await bookings.broken(tx, None, now)
        directory = await resources.index(tx)
        plan = await organizations.holiday_plan(tx)
        today = now.astimezone(ZoneInfo(here.time_zone)).date()
        context = {
            "section": "resources",
            "resources": [k for k in directory if k.is_active and not k.is_type],
            "titles": {k.id: k.title for k in directory},
            "closings": _coming(here, await resources.blackouts(tx), broken, today),
            "holidays": sorted((d for d in plan.days if d.is_closed and d.held_on >= today),
                               key=lambda day: day.held_on),
            "broken": await with_ways(request, tx, here, broken),
            "broken_in_all": len(broken),
            "form": FormData.of({"scope": "some"}),
            "wrong": {},
            "alert": "",
            "tried": None,
            "results": None,
            "done": request.query_params.get("done", "") if status == 200 else "",
            **more,
        }  # fmt: skip
    return form_page(request, "blackouts.html", context, status)


def _coming(
    here: Organization, all_: list[Blackout], broken: list[AffectedBooking], today: date
) -> list[dict[str, Any]]:
    """The closings that are not over, by their date, with the bookings that each hits."""
    found = []
    for closing in all_:
        first, last = _dates(closing.blackout)
        if last < today:
            continue
        zone = ZoneInfo(closing.time_zone or here.time_zone)
        since, until = day_span(zone, first)[0], day_span(zone, last)[1]
        hit = [
            one.booking
            for one in broken
            if closing.resource_id in one.claims | {one.booking.resource_id}
            and one.booking.starts_at.timestamp() < until
            and one.booking.ends_at.timestamp() > since
        ]
        written = json.dumps(closing.blackout)
        found.append(
            {"whose": closing, "first": first, "last": last, "hit": hit, "blackout": written,
             "start": closing.blackout.get("start", ""), "end": closing.blackout.get("end", ""),
             "reason": closing.blackout.get("reason", "")}
        )  # fmt: skip
    return sorted(found, key=lambda one: (one["first"], one["whose"].title))


def _dates(blackout: dict[str, Any]) -> tuple[date, date]:
    span = blackout.get("range") or [blackout["date"]] * 2
    return date.fromisoformat(span[0]), date.fromisoformat(span[1])
