"""/{org}/admin/series/new: a series is asked for, its plan shown date by date, and all of it made at once."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from infra24 import resources
from infra24.bookings import BookerDetails, SlotTaken
from infra24.bookings import series as recurring
from infra24.bookings.series import Plan, PlannedDate, SeriesConflicts
from infra24.db import Tx
from infra24.errors import Message, ValidationFailed
from infra24.resources import Offer, Resource
from infra24.web.admin import parsing
from infra24.web.admin.series_form import DAYS, SeriesForm, read_series_form
from infra24.web.caller import caller_of, current_org
from infra24.web.pages.forms import DetailsForm, empty_details, read_details, read_form
from infra24.web.rendering import format_for, page
from infra24.web.services import services

_MOST_WRITTEN = 150
"""For so many dates a time can be written by hand: a form has a bounded number of fields."""


async def new_series(request: Request) -> Response:
    """GET asks for an offer, then for a rule, and shows the plan of it. Changes nothing."""
    app, here, who = services(request), current_org(request), caller_of(request)
    asked = read_series_form(request.query_params)
    async with app.database.transaction(here.id, who.actor) as tx:
        offer = await _offer(tx, asked)
        if offer is None:
            return await _show(tx, request, asked)
        if "plan" not in request.query_params:
            return await _show(tx, request, asked, offer)
        return await _planned(tx, request, asked, offer, empty_details(None))


async def make_series(request: Request) -> Response:
    """POST looks again with what was chosen for the dates, or makes the whole series at once, or nothing."""
    app, here, who = services(request), current_org(request), caller_of(request)
    sent = await read_form(request)
    asked = read_series_form(sent)
    problems: dict[str, Message] = {}
    async with app.database.transaction(here.id, who.actor) as tx:
        offer = await _offer(tx, asked)
        if offer is None or asked.errors():
            return await _show(tx, request, asked, offer, errors=asked.errors())
        person = read_details(sent, offer.resource, offer.rules.zone.key)
        if "book" not in sent or person.wrong:
            shown = person if "book" in sent else DetailsForm(person.values, {}, person.answers)
            return await _planned(tx, request, asked, offer, shown)
    lost = False
    try:
        async with app.database.transaction(here.id, who.actor) as tx:
            requested = asked.request(offer, person.person(here.locale))
            series, _ = await recurring.book(
                tx, requested, policy=caller_of(request).policy(), tokens=app.tokens, now=app.clock()
            )
    except (SeriesConflicts, SlotTaken):
        lost = True
    except ValidationFailed as refusal:
        problems = _wrong(refusal)
    if lost or problems:
        async with app.database.transaction(here.id, who.actor) as tx:
            return await _planned(tx, request, asked, offer, person, errors=problems, lost=lost)
    return RedirectResponse(f"/{here.slug}/admin/series/{series.id}?done=made#done", 303)


async def _offer(tx: Tx, asked: SeriesForm) -> Offer | None:
    """The offer that is asked for, if it can be booked."""
    if not asked.values["offer"]:
        return None
    resource = await resources.get_by_slug(tx, asked.values["offer"])
    if not (resource.is_active and resource.is_bookable):
        return None
    return await resources.offer(tx, resource.id)


async def _planned(
    tx: Tx,
    request: Request,
    asked: SeriesForm,
    offer: Offer,
    person: DetailsForm,
    *,
    errors: Mapping[str, Message] | None = None,
    lost: bool = False,
) -> Response:
    """The page with the plan, or with what is wrong with the request for it."""
    wrong = {**asked.errors(), **(errors or {})}
    if set(wrong) - {"person"}:
        return await _show(tx, request, asked, offer, person=person, errors=wrong)
    requested = asked.request(offer, BookerDetails("", person.values["email"].lower()))
    try:
        plan = await recurring.plan(
            tx, requested, policy=caller_of(request).policy(), now=services(request).clock()
        )
    except ValidationFailed as refusal:
        return await _show(tx, request, asked, offer, person=person, errors=_wrong(refusal))
    return await _show(tx, request, asked, offer, person=person, plan=plan, lost=lost)


def _wrong(refusal: ValidationFailed) -> dict[str, Message]:
    """What is wrong, by field of the form."""
    found: dict[str, Message] = {}
    for path, message in refusal.errors.items():
        name = path.partition("[")[0].partition(".")[0]
        found[{"duration": "length", "instead": "rule"}.get(name, name)] = message
    return found


async def _show(
    tx: Tx,
    request: Request,
    asked: SeriesForm,
    offer: Offer | None = None,
    *,
    person: DetailsForm | None = None,
    plan: Plan | None = None,
    errors: Mapping[str, Message] | None = None,
    lost: bool = False,
) -> Response:
    here = current_org(request)
    speech = format_for(request, here)
    known = [k for k in await resources.index(tx) if k.is_active and k.is_bookable and k.type != "person"]
    person = person or empty_details(None)
    zone = offer.rules.zone if offer else ZoneInfo(here.time_zone)
    wrong = bool(errors) or person.wrong
    context = {
        **_of_offer(offer),
        "section": "series",
        "offers": [(k.slug, k.title) for k in known],
        "asked": asked.values,
        "days": [(DAYS[n], long, DAYS[n] in asked.days) for n, _, long in speech.weekdays()],
        "chosen_days": asked.days,
        "skips": asked.skips,
        "rule": asked.rule,
        "errors": errors or {},
        "form": person,
        "plan": plan,
        "rows": [_row(date, asked, zone) for date in plan.dates] if plan else [],
        "counts": _counts(plan) if plan else {},
        "writes_times": plan is not None and len(plan.conflicts) <= _MOST_WRITTEN,
        "lost": lost,
        "zone": zone,
        "elsewhere": zone.key != here.time_zone,
    }
    status = 409 if lost else 422 if wrong else 200
    return page(request, "admin/series_plan.html", here, context, status=status)


def _of_offer(offer: Offer | None) -> dict[str, Any]:
    """What the form says of the offer, when one is chosen."""
    return {
        "offer": offer,
        "resource": offer.resource if offer else None,
        "hosts": [(str(h.id), h.name) for h in offer.hosts] if offer and offer.allows_host_request else [],
        "lengths": list(offer.rules.durations) if offer else [],
        "venue": _place(offer.resource) if offer else "",
    }


def _row(planned: PlannedDate, asked: SeriesForm, zone: ZoneInfo) -> dict[str, Any]:
    """One date of the plan, with what can be chosen for it and what was."""
    wall = planned.wall.isoformat()
    chosen = asked.choices.get(wall, "")
    own = asked.choices.get(f"own {wall}", "")
    times = [at for at, hosts in planned.alternatives if not hosts]
    at = parsing.instant(chosen)
    if at and at not in times:
        times = sorted([*times, at])
    return {
        "wall": wall,
        "date": planned,
        "moved": planned.start.astimezone(zone).replace(tzinfo=None) != planned.wall,
        "chosen": "own" if own and not chosen else chosen,
        "own": own,
        "times": [(when, when.astimezone(zone).date() != planned.wall.date()) for when in times],
        "others": [hosts for _, hosts in planned.alternatives if hosts],
    }


def _counts(plan: Plan) -> dict[str, int]:
    states = [planned.state for planned in plan.dates]
    return {state: states.count(state) for state in ("free", "conflict", "skipped")}


def _place(resource: Resource) -> str:
    return resource.place
