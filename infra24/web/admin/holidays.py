"""/{org}/admin/holidays: which days are holidays, by country and of one's own; what a change breaks."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays as calendars
from babel import Locale
from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from infra24 import bookings, organizations, resources
from infra24.bookings import AffectedBooking
from infra24.db import Tx
from infra24.errors import Message, ValidationFailed
from infra24.organizations import Country, Day, HolidayPlan, HolidaysChanged
from infra24.web.admin import parsing
from infra24.web.admin.form_data import FormData
from infra24.web.admin.merge import ConcurrentChange, merged, seen_of
from infra24.web.caller import caller_of, current_org
from infra24.web.pages.forms import read_form
from infra24.web.rendering import format_for, page
from infra24.web.services import services

_AHEAD = timedelta(days=365)
_EMPTY_ROWS = 3
_MOST_COUNTRIES = 10


async def holidays_page(request: Request) -> Response:
    """The holidays, and the days of the coming year that they make."""
    app, here, who = services(request), current_org(request), caller_of(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        kept = await organizations.holiday_plan(tx)
    return _show(request, _as_typed(kept, _today(request)), kept)


async def save_holidays(request: Request) -> Response:
    """POST saves other holidays; where they would break bookings, those are shown first.

    Raises 409, what changed and what was typed on top of it, where somebody else saved meanwhile.
    """
    app, here, who = services(request), current_org(request), caller_of(request)
    sent = await read_form(request)
    try:
        async with app.database.transaction(here.id, who.actor) as tx:
            return await _answer(request, tx, sent)
    except HolidaysChanged:  # between the look and the save: look again
        async with app.database.transaction(here.id, who.actor) as tx:
            return await _answer(request, tx, sent)


async def _answer(request: Request, tx: Tx, sent: Mapping[str, str]) -> Response:
    kept = await organizations.holiday_plan(tx)
    typed, today = _typed(sent), _today(request)
    if "parts" in sent:
        return _show(request, typed, kept)
    plan, errors = _read(typed, tuple(day for day in kept.days if day.held_on < today))
    if plan is None:
        return _show(request, typed, kept, errors=errors)
    together, meanwhile = _together(typed, _as_typed(kept, today))
    if meanwhile:
        return _show(request, together, kept, meanwhile=meanwhile)
    broken = await _impact(tx, plan, services(request).clock())
    if "preview" in sent or (broken and sent.get("mark") != _mark(plan)):
        return _show(request, {**typed, "mark": _mark(plan)}, plan, broken=broken, before=kept)
    await resources.holidays_changed(tx)
    await organizations.set_holidays_seen(tx, kept, plan)
    return RedirectResponse(f"/{current_org(request).slug}/admin/holidays?done=saved", 303)


async def _impact(tx: Tx, plan: HolidayPlan, now: datetime) -> list[AffectedBooking]:
    async def change() -> None:
        await resources.holidays_changed(tx)
        await organizations.set_holidays(tx, plan)

    return await bookings.impact(tx, None, change, now)


def _today(request: Request) -> date:
    return services(request).clock().astimezone(ZoneInfo(current_org(request).time_zone)).date()


def _as_typed(plan: HolidayPlan, today: date) -> dict[str, Any]:
    """A plan as the form shows it; days of one's own that are past stay without being shown."""
    typed = {
        "countries": [country.code for country in plan.countries],
        "days": [(d.held_on.isoformat(), d.name, "closed" if d.is_closed else "open")
                 for d in sorted(plan.days, key=lambda d: d.held_on) if d.held_on >= today],
        "country": "",
        "part": "",
        "mark": "",
    }  # fmt: skip
    return {**typed, "seen": seen_of(_lines(typed))}


def _lines(typed: Mapping[str, Any]) -> FormData:
    """What a form says, by country and by date: so two forms can be laid side by side."""
    countries = {f"keep-{code}": "kept" for code in typed["countries"]}
    return FormData.of({**countries, **{f"on-{on}": [name, kind] for on, name, kind in typed["days"]}})


def _together(
    typed: Mapping[str, Any], now: Mapping[str, Any]
) -> tuple[dict[str, Any], list[ConcurrentChange]]:
    """What was typed, on top of what stands now; and what changed since the form was shown."""
    mine = FormData({**_lines(typed).values, "seen": [typed["seen"]]})
    both, changed = merged(mine, _lines(now))
    countries = parsing.named(dict.fromkeys(both.values, ""), "keep-")
    days = sorted((name.removeprefix("on-"), *values) for name, values in both.values.items()
                  if name.startswith("on-"))  # fmt: skip
    return {**typed, "countries": countries, "days": days, "seen": now["seen"]}, changed


def _typed(sent: Mapping[str, str]) -> dict[str, Any]:
    """What was typed. A country that was chosen joins the list, unless only its parts are asked for."""
    countries = parsing.named(sent, "keep-")
    country, part = parsing.text(sent, "country", 2), parsing.text(sent, "part", 20)
    asked = "parts" in sent
    if country and not asked:
        there = part.partition("-")[0] == country
        countries.append(part if there else country)
    rows = [name.removeprefix("on-") for name in sent if name.startswith("on-")]
    days = [(parsing.text(sent, f"on-{n}", 10), parsing.text(sent, f"name-{n}"),
             "open" if sent.get(f"kind-{n}") == "open" else "closed")
            for n in rows if f"drop-{n}" not in sent]  # fmt: skip
    return {
        "countries": list(dict.fromkeys(countries)),
        "days": [row for row in days if row[0] or row[1]],
        "country": country if asked else "",
        "part": "",
        "mark": "",
        "seen": sent.get("seen", ""),
    }


def _read(typed: Mapping[str, Any], past: tuple[Day, ...]) -> tuple[HolidayPlan | None, dict[str, Message]]:
    """The plan that was typed, with one's own days that are past, or what is wrong with it by field."""
    errors: dict[str, Message] = {}
    own = {day.held_on.isoformat(): (day.name, day.is_closed) for day in past}
    for number, (on, name, kind) in enumerate(typed["days"]):
        if parsing.day(on) is None:
            errors[f"on-{number}"] = Message("Enter a date")
        elif on in own:
            errors[f"on-{number}"] = Message("This date is there twice")
        if not name:
            errors[f"name-{number}"] = Message("Give the day a name")
        own[on] = (name, kind == "closed")
    if len(typed["countries"]) > _MOST_COUNTRIES:
        errors["country"] = Message("Choose at most ten countries")
    if errors:
        return None, errors
    try:
        return organizations.read_plan(typed["countries"], own), {}
    except ValidationFailed:
        return None, {"country": Message("Choose a country from the list")}


def _mark(plan: HolidayPlan) -> str:
    """Stands for exactly this plan: what was previewed is what is saved."""
    return hashlib.sha256(repr(plan).encode()).hexdigest()[:16]


def _show(
    request: Request,
    typed: Mapping[str, Any],
    plan: HolidayPlan,
    *,
    errors: Mapping[str, Message] | None = None,
    broken: list[AffectedBooking] | None = None,
    before: HolidayPlan | None = None,
    meanwhile: Sequence[ConcurrentChange] = (),
) -> Response:
    here = current_org(request)
    locale = format_for(request, here).locale
    zone = ZoneInfo(here.time_zone)
    today = _today(request)
    coming, former = _coming(plan, today), _coming(before or plan, today)
    context = {
        "section": "holidays",
        "typed": typed,
        "countries": [(code, spoken(code, locale)) for code in typed["countries"]],
        "all_countries": _all_countries(locale.language),
        "parts": _parts(typed["country"]) if typed["country"] else [],
        "rows": [*typed["days"], *[("", "", "closed")] * _EMPTY_ROWS],
        "errors": errors or {},
        "meanwhile": [(parsing.day(name), spoken(name, locale), one) for one in meanwhile
                      for name in [one.name.partition("-")[2]]],
        "broken": broken,
        "added": [row for row in coming if row not in former] if before else [],
        "gone": [row for row in former if row not in coming] if before else [],
        "months": _by_month(coming),
        "own": {day.held_on for day in plan.days if day.is_closed},
        "done": request.query_params.get("done", ""),
        "zone": zone,
    }  # fmt: skip
    status = 422 if errors else 409 if meanwhile else 200
    return page(request, "admin/holidays.html", here, context, status=status)


def _coming(plan: HolidayPlan, today: date) -> list[tuple[date, str]]:
    last = today + _AHEAD
    return sorted((on, name) for on, name in plan.names(today.year, last.year).items() if today <= on <= last)


def _by_month(days: list[tuple[date, str]]) -> list[tuple[date, list[tuple[date, str]]]]:
    months: dict[date, list[tuple[date, str]]] = {}
    for on, name in days:
        months.setdefault(on.replace(day=1), []).append((on, name))
    return list(months.items())


def spoken(code: str, locale: Locale) -> str:
    """A country, or a part of one, as people say it."""
    country, _, part = code.partition("-")
    name = str(locale.territories.get(country, country))
    region = dict(_parts(country)).get(f"{country}-{part}", part)
    return f"{name}: {region}" if part else name


@lru_cache(maxsize=8)
def _all_countries(language: str) -> list[tuple[str, str]]:
    """The countries whose holidays are known: code and name, by name."""
    names = Locale(language).territories
    known = set(calendars.list_supported_countries()) - {"UK"}  # another name of GB
    return sorted(((code, str(names[code])) for code in known if code in names and len(code) == 2),
                  key=lambda row: row[1])  # fmt: skip


@lru_cache(maxsize=64)
def _parts(country: str) -> list[tuple[str, str]]:
    """The parts of a country that have holidays of their own: code and name, by name."""
    known = calendars.list_supported_countries()
    if country not in known:
        return []
    aliases = getattr(type(calendars.country_holidays(country)), "subdivisions_aliases", {})
    names: dict[str, str] = {}
    for name, code in aliases.items():
        if len(names.get(code, "")) < 4:  # the first that is not an abbreviation
            names[code] = name
    rows = [(Country(country, part).code, names.get(part, part)) for part in known[country]]
    return sorted(rows, key=lambda row: row[1])
