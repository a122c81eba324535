"""/{org}/admin/explain: why any time is offered or not, in full, by the engine that offers it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from infra24 import bookings, resources
from infra24.availability import Explanation, NeedStatus, Reason
from infra24.availability.hours import day_span
from infra24.bookings import explanations
from infra24.db import Tx
from infra24.resources import ANYONE, HostPreference, Offer
from infra24.web.admin import parsing
from infra24.web.caller import caller_of, current_org
from infra24.web.pages.forms import read_number
from infra24.web.rendering import page, with_query
from infra24.web.services import services


async def explain_page(request: Request) -> Response:
    """One time in full, a whole day start by start, or why nothing is free in a month."""
    app, here, who = services(request), current_org(request), caller_of(request)
    now, zone, query = app.clock(), ZoneInfo(here.time_zone), request.query_params
    today = now.astimezone(zone).date()
    on, at = parsing.day(query.get("on", "")) or today, parsing.clock(query.get("at", ""))
    how = query.get("how", "day" if at is None else "time")
    context: dict[str, Any] = {
        "section": "explain",
        "on": on,
        "at": query.get("at", ""),
        "how": how if how in ("time", "day", "month") else "day",
        "slug": query.get("offer", ""),
        "errors": {},
        "offer": None,
        "zone": zone,
        "no_time": how == "time" and at is None and "offer" in query,
    }
    async with app.database.transaction(here.id, who.actor) as tx:
        known = [k for k in await resources.index(tx) if k.is_active and k.is_bookable and k.type != "person"]
        context["offers"] = [(k.slug, k.title) for k in known]
        chosen = next((k for k in known if context["slug"] in (k.slug, str(k.id))), None)
        if chosen is not None:
            context["slug"] = chosen.slug
            offer = await resources.offer(tx, chosen.id)
            context |= _asked_of(offer, query)
            length, choice = context["length"], context["choice"]
            if context["how"] == "time" and at is not None:
                start = parsing.moment(on.isoformat(), at.isoformat(), zone)
                assert start is not None
                context |= await _one(tx, offer, start, length, choice, now)
            elif context["how"] == "day":
                context |= await _day(tx, request, offer, on, zone, length, choice, now)
            elif context["how"] == "month":
                context |= await _month(tx, offer, on, zone, length, choice, now)
    context |= {"before": with_query(request, on=on - timedelta(days=1)),
                "after": with_query(request, on=on + timedelta(days=1))}  # fmt: skip
    return page(request, "admin/explain.html", here, context)


def _asked_of(offer: Offer, query: Mapping[str, str]) -> dict[str, Any]:
    """How long and with whom: what the offer allows of what the address says."""
    minutes = read_number(query.get("length"))
    staff = next((h.id for h in offer.hosts if str(h.id) == query.get("staff")), None)
    return {
        "offer": offer,
        "hosts": [(str(host.id), host.name) for host in offer.hosts] if offer.allows_host_request else [],
        "lengths": list(offer.rules.durations),
        "length": minutes if minutes in offer.rules.durations else min(offer.rules.durations),
        "staff": str(staff or ""),
        "choice": HostPreference((staff,)) if staff else ANYONE,
    }


async def _one(
    tx: Tx, offer: Offer, start: datetime, minutes: int, choice: HostPreference, now: datetime
) -> dict[str, Any]:
    """One time: each need and each of its members, with the bookings in the way."""
    narrow, why = await bookings.explain(tx, offer.resource.id, start, minutes, now, choice=choice)
    before = timedelta(minutes=offer.rules.buffer_before)
    end = start + timedelta(minutes=minutes)
    until = end + timedelta(minutes=offer.rules.buffer_after)
    in_the_way = await bookings.conflicting_claims(tx, narrow, start - before, until, now)
    by_member: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for claim in in_the_way:
        by_member[claim["resource_id"]].append(claim)
    titles = {known.id: known.title for known in await resources.index(tx)} if in_the_way else {}
    shown: set[UUID] = set()
    needs = [_need(status, narrow, by_member, shown) for status in why.need_statuses]
    rest = [(titles.get(id_, ""), claims) for id_, claims in by_member.items() if id_ not in shown]
    told = {"start": start, "end": end, "free": why.free, "reasons": why.reasons}
    return {"one": {**told, "needs": needs, "rest": rest}}


def _need(
    status: NeedStatus, offer: Offer, claims: Mapping[UUID, list[dict[str, Any]]], shown: set[UUID]
) -> dict[str, Any]:
    members = []
    for key, reasons in status.reasons.items():
        occupant = offer.occupants[UUID(str(key))]
        mine = [occupant.id, *(part for part, _ in occupant.parts)]
        shown.update(mine)
        in_the_way = {claim["booking_id"]: claim for id_ in mine for claim in claims.get(id_, ())}
        members.append({"name": occupant.name, "slug": occupant.slug, "reasons": reasons,
                        "claims": list(in_the_way.values())})  # fmt: skip
    return {
        "members": members,
        "count": status.need.count,
        "units": status.need.units,
        "staffed": status.need.staffed,
        "enough": status.enough,
    }


async def _day(
    tx: Tx,
    request: Request,
    offer: Offer,
    on: date,
    zone: ZoneInfo,
    minutes: int,
    choice: HostPreference,
    now: datetime,
) -> dict[str, Any]:
    """A whole day: every start that the hours give, and what is in its way."""
    span = _span(zone, on, on + timedelta(days=1))
    narrow, told = await explanations.explain_all(tx, offer.resource.id, span, minutes, now, choice=choice)
    names = {occupant.id: occupant.name for occupant in narrow.occupants.values()}
    rows: list[dict[str, Any]] = []
    for one in told:
        start = bookings.instant(one.start)
        local = start.astimezone(zone)
        url = with_query(request, how="time", on=local.date(), at=f"{local:%H:%M}")
        rows.append({"start": start, "free": one.free, "reasons": one.reasons, "for": _free_for(one, names),
                     "url": url})  # fmt: skip
    hours = [row for row in rows if row["free"] or {r.code for r in row["reasons"]} != {"outside_hours"}]
    return {"day": {"rows": hours, "free": sum(row["free"] for row in rows)}}


async def _month(
    tx: Tx, offer: Offer, on: date, zone: ZoneInfo, minutes: int, choice: HostPreference, now: datetime
) -> dict[str, Any]:
    """A month from today on: how much is free, and what removed the rest."""
    first = on.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    span = _span(zone, max(first, now.astimezone(zone).date()), following)
    if span[1] <= span[0]:
        return {"month": {"first": first, "free": 0, "told": [], "past": True}}
    _, _, starts = await bookings.slots(tx, offer.resource.id, span, minutes, now, choice=choice)
    told: Sequence[tuple[Reason, int]] = await bookings.why_no_slots(
        tx, offer.resource.id, span, minutes, now, choice=choice
    )
    return {"month": {"first": first, "free": len(starts), "told": told, "past": False}}


def _free_for(one: Explanation, names: Mapping[UUID, str]) -> list[str]:
    """Whom a start could be had with: the free hosts; where nobody hosts it, what is free of a choice."""
    if not one.free:
        return []
    staffed = [status for status in one.need_statuses if status.need.staffed]
    asked = staffed or [status for status in one.need_statuses if len(status.reasons) > status.need.count]
    return [names[UUID(str(key))] for status in asked for key, why in status.reasons.items() if not why]


def _span(zone: ZoneInfo, first: date, until: date) -> tuple[datetime, datetime]:
    return bookings.instant(day_span(zone, first)[0]), bookings.instant(day_span(zone, until)[0])
