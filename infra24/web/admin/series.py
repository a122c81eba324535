"""/{org}/admin/series: what recurs, and one series: move or cancel a date, this and later ones, or all."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from infra24 import bookings, resources
from infra24.availability import Reason
from infra24.bookings import (
    Booking,
    IllegalTransition,
    SlotNotOffered,
    SlotTaken,
    Status,
    UnknownBooking,
)
from infra24.bookings import series as recurring
from infra24.bookings.series import NotInSeries, Series, SeriesConflicts, SeriesRange, UnknownSeries
from infra24.bookings.series.recurrence import parts_of
from infra24.db import Tx
from infra24.errors import Message, ValidationFailed
from infra24.i18n import LocaleFormat
from infra24.resources import Resource
from infra24.web.admin import parsing
from infra24.web.caller import caller_of, current_org
from infra24.web.pages.forms import read_form, read_number
from infra24.web.rendering import format_for, page
from infra24.web.services import services

_PAGE = 50
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_SCOPES = ("one", *(scope.value for scope in SeriesRange))


async def series_page(request: Request) -> Response:
    """The series with dates to come, or those that are over, the newest first."""
    app, here, who = services(request), current_org(request), caller_of(request)
    coming = request.query_params.get("state") != "over"
    at, _, id_ = request.query_params.get("after", "").partition(" ")
    since, last = parsing.stamp(at), parsing.identity(id_)
    after = (since, last) if since and last else None
    async with app.database.transaction(here.id, who.actor) as tx:
        rows = await recurring.listed(tx, app.clock(), coming=coming, after=after, limit=_PAGE + 1)
    more = rows[_PAGE - 1] if len(rows) > _PAGE else None
    speech = format_for(request, here)
    context = {
        "section": "series",
        "rows": [(row, in_words(row.series.rule, speech)) for row in rows[:_PAGE]],
        "coming": coming,
        "first": after is None,
        "more": f"{more.made_at.isoformat()} {more.series.id}" if more else "",
        "zone": ZoneInfo(here.time_zone),
    }
    return page(request, "admin/series.html", here, context)


async def one_series(request: Request) -> Response:
    """One series: its dates, and the change of the one that the address names (else of the next)."""
    app, here, who = services(request), current_org(request), caller_of(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        return await _show(tx, request)


def in_words(rule: str, speech: LocaleFormat) -> dict[str, Any]:
    """A rule as a page says it: how often, on which days, until when. `plain`: that says all of it."""
    parts = parts_of(rule)
    names = {_DAYS[number]: long for number, _, long in speech.weekdays()}
    named = [day[-2:] for day in parts.get("BYDAY", "").split(",") if day]
    counted = [day for day in parts.get("BYDAY", "").split(",") if day[:-2]]
    until = (
        parsing.day(f"{parts['UNTIL'][:4]}-{parts['UNTIL'][4:6]}-{parts['UNTIL'][6:8]}")
        if "UNTIL" in parts
        else None
    )
    nth = int(counted[0][:-2]) if len(counted) == len(named) == 1 else 0
    plain = set(parts) <= {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST"} and (
        not counted or nth != 0
    )
    return {
        "how": parts["FREQ"].lower(),
        "every": int(parts.get("INTERVAL", "1")),
        "days": [names[day] for day in named],
        "nth": nth,
        "count": int(parts.get("COUNT", "0")),
        "until": until,
        "plain": plain,
        "rule": rule,
    }


def lengths_of(offered: Sequence[int], now: int) -> list[int]:
    """The lengths to choose from: those on offer, and the one there is."""
    return sorted({*offered, now})


async def move_series(request: Request) -> Response:
    """POST: move one date, this and all later ones, or all that are to come."""
    app, here, who = services(request), current_org(request), caller_of(request)
    sent, now = await read_form(request), app.clock()
    said, id_, failure = _said(sent), _id(request), dict[str, Any]()
    policy = replace(who.policy(), notifies=parsing.notifies(sent))
    try:
        async with app.database.transaction(here.id, who.actor) as tx:
            series, booking = await _named(tx, id_, said["booking"])
            offer = await resources.offer(tx, series.resource_id)
            zone = offer.rules.zone
            start = parsing.moment(said["on"], said["at"], zone)
            if start is None:
                raise ValidationFailed({"on": Message("Enter a date")})
            minutes = read_number(said["length"]) or int(booking.length.total_seconds()) // 60
            if said["scope"] == "one":
                end = start + timedelta(minutes=minutes)
                await bookings.reschedule(tx, booking.id, start, end, policy, now=now)
            else:
                scope = SeriesRange(said["scope"])
                series, _ = await recurring.move(
                    tx, id_, scope, booking.id, start, minutes, now=now, notifies=policy.notifies
                )
    except (
        ValidationFailed,
        SeriesConflicts,
        SlotTaken,
        SlotNotOffered,
        NotInSeries,
        IllegalTransition,
    ) as refusal:
        failure = _failure(refusal)
    if failure:
        async with app.database.transaction(here.id, who.actor) as tx:
            return await _show(tx, request, said, failure)
    was = parsing.as_typed(booking.starts_at, zone)
    undo = {"done": "moved", "scope": said["scope"], "date": booking.id, "was_on": was[0], "was_at": was[1],
            "was_length": int(booking.length.total_seconds()) // 60,
            **({} if policy.notifies else {"silent": 1})}  # fmt: skip
    return RedirectResponse(f"/{here.slug}/admin/series/{series.id}?{urlencode(undo)}#done", 303)


async def cancel_series(request: Request) -> Response:
    """POST: cancel one date, this and all later ones, or all that are to come."""
    app, here, who = services(request), current_org(request), caller_of(request)
    sent, now = await read_form(request), app.clock()
    said, id_ = _said(sent), _id(request)
    policy = replace(who.policy(), notifies=parsing.notifies(sent))
    failure: dict[str, Any] = {}
    try:
        async with app.database.transaction(here.id, who.actor) as tx:
            _, booking = await _named(tx, id_, said["booking"])
            if said["scope"] == "one":
                await bookings.cancel(tx, booking.id, policy, now=now, reason=said["reason"])
                count = 1
            else:
                gone = await recurring.cancel(
                    tx,
                    id_,
                    SeriesRange(said["scope"]),
                    booking.id,
                    policy,
                    now=now,
                    reason=said["reason"],
                )
                count = len(gone)
    except (NotInSeries, IllegalTransition) as refusal:
        failure = {**_failure(refusal), "form": "cancel"}
    if failure:
        async with app.database.transaction(here.id, who.actor) as tx:
            return await _show(tx, request, said, failure)
    done = urlencode({"done": "cancelled", "count": count})
    return RedirectResponse(f"/{here.slug}/admin/series/{id_}?{done}#done", 303)


def _said(sent: Mapping[str, str]) -> dict[str, str]:
    scope = sent.get("scope", "one")
    return {
        **{name: parsing.text(sent, name) for name in ("booking", "on", "at", "length")},
        "reason": parsing.text(sent, "reason", 500),
        "scope": scope if scope in _SCOPES else "one",
    }


async def _named(tx: Tx, series_id: UUID, said: str) -> tuple[Series, Booking]:
    """A series and the one of its dates that is named. Raises UnknownSeries and UnknownBooking."""
    series, all_ = await recurring.get(tx, series_id)
    booking = next((b for b in all_ if str(b.id) == said), None)
    if booking is None:
        raise UnknownBooking()
    return series, booking


def _failure(refusal: Exception) -> dict[str, Any]:
    """What a refused change tells the page: the kind, the reasons, and the dates in conflict."""
    told: dict[str, Any] = {"form": "move", "status": 409, "reasons": [], "dates": [], "kind": ""}
    if isinstance(refusal, ValidationFailed):
        kind = "date" if "on" in refusal.errors else "no_rule"
        return {**told, "status": 422, "kind": kind}
    if isinstance(refusal, SeriesConflicts):
        return {**told, "kind": "conflicts", "dates": refusal.planned.conflicts}
    if isinstance(refusal, SlotNotOffered):
        return {**told, "kind": "not_offered", "reasons": refusal.reasons}
    if isinstance(refusal, SlotTaken):
        return {**told, "kind": "taken", "reasons": [Reason("taken")]}
    return {
        **told,
        "status": 422,
        "kind": "not_in_series" if isinstance(refusal, NotInSeries) else "moved_on",
    }


async def _show(
    tx: Tx, request: Request, said: Mapping[str, str] | None = None, failure: Mapping[str, Any] | None = None
) -> Response:
    here, now = current_org(request), services(request).clock()
    series, all_ = await recurring.get(tx, _id(request))
    resource = await resources.get(tx, series.resource_id)
    zone, query = ZoneInfo(series.time_zone), request.query_params
    asked = said["booking"] if said else query.get("date", "")
    coming = [b for b in all_ if b.is_movable and b.starts_at > now]
    chosen = next((b for b in coming if str(b.id) == asked), coming[0] if coming else None)
    values = dict(said) if said else _as_it_is(chosen, zone)
    context = {
        "section": "series",
        "series": series,
        "resource": resource,
        "words": in_words(series.rule, format_for(request, here)),
        "dates": [(booking, booking in coming) for booking in all_],
        "counts": _counts(all_, now),
        "booker": next(((b.booker_name, b.booker_email) for b in all_), ("", "")),
        "chosen": chosen,
        "values": values,
        "lengths": lengths_of(_offered(resource), series.minutes),
        "failure": failure,
        "done": query.get("done", ""),
        "undo": _undo(query) if query.get("done") == "moved" else None,
        "count": read_number(query.get("count")),
        "zone": zone,
        "elsewhere": series.time_zone != here.time_zone,
    }
    return page(request, "admin/one_series.html", here, context, status=failure["status"] if failure else 200)


def _as_it_is(booking: Booking | None, zone: ZoneInfo) -> dict[str, str]:
    on, at = parsing.as_typed(booking.starts_at if booking else None, zone)
    length = str(int(booking.length.total_seconds()) // 60) if booking else ""
    return {"booking": str(booking.id) if booking else "", "on": on, "at": at, "length": length,
            "reason": "", "scope": "one"}  # fmt: skip


def _undo(query: Mapping[str, str]) -> dict[str, str]:
    """What puts a move back: the same dates, at the time they had."""
    scope = query.get("scope", "one")
    return {"booking": query.get("date", ""), "on": query.get("was_on", ""), "at": query.get("was_at", ""),
            "length": query.get("was_length", ""), "scope": "one" if scope == "one" else "all",
            **({"asks_notify": "1"} if query.get("silent") else {})}  # fmt: skip


def _counts(all_: list[Booking], now: datetime) -> dict[str, int]:
    standing = [b for b in all_ if b.status is not Status.CANCELLED]
    return {
        "dates": len(standing),
        "to_come": sum(b.starts_at > now for b in standing),
        "cancelled": len(all_) - len(standing),
    }


def _offered(resource: Resource) -> list[int]:
    rules = resource.availability_rules
    return [int(minutes) for minutes in rules.get("durations") or [rules.get("slot_minutes", 30)]]


def _id(request: Request) -> UUID:
    found = parsing.identity(request.path_params["id"])
    if found is None:
        raise UnknownSeries()
    return found
