"""/{org}/bookings: the staff's list, by day, week or all; filters in the address; many handled at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from infra24 import bookings, events, resources
from infra24.availability.hours import day_span
from infra24.bookings import Booking, Filters, Status, instant
from infra24.csv_export import Cell, Table, as_csv
from infra24.db import Tx
from infra24.organizations import Organization
from infra24.web.admin import bulk_actions, parsing
from infra24.web.admin.bulk_actions import Outcome
from infra24.web.caller import Caller, caller_of, current_org
from infra24.web.rendering import format_for, page, with_query
from infra24.web.services import services

PAGE = 50
_CSV_MOST = 10_000
VIEWS = ("today", "week", "upcoming", "waiting", "all")
_COLUMNS = (
    "reference", "status", "date", "start", "end", "time_zone", "offer", "hosts", "name", "email", "phone",
    "about", "price_minor", "currency", "created_at", "id",
)  # fmt: skip
_KEPT = ("view", "status", "offer", "host", "uses", "q", "from", "to")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for; what it says wrongly is as if it said nothing."""

    view: str
    filters: Filters
    after: tuple[datetime, UUID] | None

    @property
    def newest_first(self) -> bool:
        return self.view == "all" and self.filters.since is None


async def bookings_page(request: Request) -> Response:
    """The list; ?format=csv is it as a table."""
    return await _list(request, [])


async def approve(request: Request) -> Response:
    """POST: the ticked ones that wait for it."""
    return await _handled(request, bulk_actions.approve)


async def decline(request: Request) -> Response:
    """POST: the ticked ones that wait for approval, with a reason."""
    return await _handled(request, bulk_actions.decline, asks="decline")


async def cancel(request: Request) -> Response:
    """POST: the ticked ones, with a reason."""
    return await _handled(request, bulk_actions.cancel, asks="cancel")


async def complete(request: Request) -> Response:
    """POST: those of the ticked ones came."""
    return await _handled(request, bulk_actions.complete)


async def no_show(request: Request) -> Response:
    """POST: those of the ticked ones did not come."""
    return await _handled(request, bulk_actions.no_show)


async def hand_over(request: Request) -> Response:
    """POST: the ticked ones, to another host."""
    return await _handled(request, bulk_actions.hand_over, asks="hand-over")


async def _handled(request: Request, action: bulk_actions.Action, *, asks: str = "") -> Response:
    """Do something with the ticked ones, and say what became of each."""
    asked, outcomes = await bulk_actions.handle(request, action, asks=asks)
    return asked or await _list(request, outcomes)


async def _list(request: Request, outcomes: list[Outcome]) -> Response:
    here, who, now = current_org(request), caller_of(request), services(request).clock()
    zone = ZoneInfo(here.time_zone)
    wanted = read(request, who, zone, now)
    async with services(request).database.transaction(here.id, who.actor) as tx:
        if request.query_params.get("format") == "csv":
            return await _csv(request, tx, here, wanted)
        context = await _context(request, tx, wanted, who, zone, now)
    more = {"outcomes": outcomes, "done": sum(not one.refused for one in outcomes)}
    status = 409 if outcomes and not more["done"] else 200
    return page(request, "admin/bookings.html", here, {**context, **more}, status=status, block="listed")


def read(request: Request, who: Caller, zone: ZoneInfo, now: datetime) -> Wanted:
    """What the address asks for."""
    asked = request.query_params
    view = asked.get("view", "today")
    view = view if view in VIEWS else "today"
    since, until = span_of(view, zone, now)
    first, last = parsing.day(asked.get("from", "")), parsing.day(asked.get("to", ""))
    if first:
        since = midnight(zone, first)
    if last:
        until = midnight(zone, last + timedelta(days=1))
    status = asked.get("status", "")
    waiting = Status.PENDING if view == "waiting" else None
    return Wanted(
        view,
        Filters(
            since,
            until,
            Status(status) if status in set(Status) else waiting,
            parsing.identity(asked.get("offer")),
            parsing.identity(asked.get("uses")),
            parsing.identity(asked.get("host")),
            who.host_filter,
            text=asked.get("q", "").strip()[:100] or None,
        ),
        read_place(asked.get("after", "")),
    )


def span_of(view: str, zone: ZoneInfo, now: datetime) -> tuple[datetime | None, datetime | None]:
    """From when to when a view looks: the organization's day, its week from Monday, from now on, or all."""
    today = now.astimezone(zone).date()
    if view == "today":
        return midnight(zone, today), midnight(zone, today + timedelta(days=1))
    if view == "week":
        monday = today - timedelta(days=today.weekday())
        return midnight(zone, monday), midnight(zone, monday + timedelta(days=7))
    return (now, None) if view == "upcoming" else (None, None)


def midnight(zone: ZoneInfo, on: date) -> datetime:
    """When a date begins there."""
    return instant(day_span(zone, on)[0])


async def _context(
    request: Request, tx: Tx, wanted: Wanted, who: Caller, zone: ZoneInfo, now: datetime
) -> dict[str, Any]:
    place = await events.head(tx)  # before anything is read: what happens from here on is told
    listed = await bookings.page(
        tx, wanted.filters, after=wanted.after, limit=PAGE + 1, newest_first=wanted.newest_first
    )
    known = await resources.index(tx)
    here = replace(Filters(), hosted_by=who.host_filter)
    counts = {}
    for view in ("today", "week"):
        since, until = span_of(view, zone, now)
        counts[view] = await bookings.count(tx, replace(here, since=since, until=until))
    counts["waiting"] = await bookings.count(tx, replace(here, status=Status.PENDING))
    found = await bookings.count(tx, wanted.filters)
    speech = format_for(request, current_org(request))
    shown = listed[:PAGE]
    last = shown[-1] if len(listed) > PAGE else None
    return {
        "section": "bookings",
        "view": wanted.view,
        "views": [(view, _view_url(request, view)) for view in VIEWS],
        "counts": counts,
        "found": found,
        "counted": bookings.COUNTED,
        "days": _by_day(shown, zone, speech),
        "zone": zone,
        "kept": f"?{request.url.query}" if request.url.query else "",
        "asked": {name: request.query_params.get(name, "") for name in _KEPT},
        "filtered": any(request.query_params.get(name) for name in _KEPT if name != "view"),
        "offers": [(str(k.id), k.title) for k in known if k.is_bookable and k.is_active],
        "hosts": [(str(k.id), k.title) for k in known if k.type == "person" and k.is_active],
        "things": [(str(k.id), k.title) for k in known if k.type in ("space", "equipment") and k.is_active],
        "statuses": list(Status),
        "next": with_query(request, after=place_of(last), format=None) if last else None,
        "first": with_query(request, after=None) if wanted.after else None,
        "csv": with_query(request, format="csv", after=None),
        "now": now,
        "live": f"/{current_org(request).slug}/admin/calendar/changes?after={place}",
    }  # fmt: skip


def _view_url(request: Request, view: str) -> str:
    kept = {name: request.query_params[name] for name in ("offer", "host", "uses", "q")
            if request.query_params.get(name)}  # fmt: skip
    return f"{request.url.path}?{urlencode({'view': view, **kept})}"


def _by_day(listed: Sequence[Booking], zone: ZoneInfo, speech: Any) -> list[tuple[str, list[dict[str, Any]]]]:
    """Bookings under the days on which they begin, with their times in words."""
    days: dict[str, list[dict[str, Any]]] = {}
    for booking in listed:
        start = booking.starts_at.astimezone(zone)
        days.setdefault(speech.full_day(start), []).append(
            {"booking": booking, "from": speech.time(start, zone), "to": speech.time(booking.ends_at, zone)}
        )
    return list(days.items())


async def _csv(request: Request, tx: Tx, here: Organization, wanted: Wanted) -> Response:
    """The same bookings as a table, at most ten thousand."""
    zone = ZoneInfo(here.time_zone)
    rows: list[tuple[Cell, ...]] = []
    after = wanted.after
    while len(rows) < _CSV_MOST:
        listed = await bookings.page(
            tx, wanted.filters, after=after, limit=200, newest_first=wanted.newest_first
        )
        rows += [_row(booking, zone) for booking in listed]
        if len(listed) < 200:
            break
        after = (listed[-1].starts_at, listed[-1].id)
    text = as_csv(Table("bookings", _COLUMNS, tuple(rows)))
    headers = {"content-disposition": f'attachment; filename="{here.slug}-bookings.csv"'}
    return Response(text, 200, headers, "text/csv; charset=utf-8")


def _row(booking: Booking, zone: ZoneInfo) -> tuple[Cell, ...]:
    start, end = booking.starts_at.astimezone(zone), booking.ends_at.astimezone(zone)
    return (
        booking.reference, booking.status.value, start.date().isoformat(), start.strftime("%H:%M"),
        end.strftime("%H:%M"), zone.key, booking.resource_title, ", ".join(booking.hosts),
        booking.booker_name, booking.booker_email, booking.phone, booking.goal_text, booking.price,
        booking.currency, booking.created_at.astimezone(UTC).isoformat(), str(booking.id),
    )  # fmt: skip


def place_of(booking: Booking) -> str:
    """Where a page ends, as an address carries it."""
    return f"{booking.starts_at.astimezone(UTC).isoformat()}~{booking.id}"


def read_place(text: str) -> tuple[datetime, UUID] | None:
    """The same, read; None for anything else."""
    at, _, id_ = text.partition("~")
    when, which = parsing.stamp(at.replace(" ", "+")), parsing.identity(id_)
    return (when, which) if when and which else None
