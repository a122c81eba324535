"""/{org}/admin/calendar: resources as columns or rows, to look at, to move and to book in; and as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from infra24 import bookings, events
from infra24.availability.hours import day_span
from infra24.bookings import Agenda, CalendarResource
from infra24.bookings.agenda import MOST_COLUMNS, wall_time
from infra24.i18n import LocaleFormat
from infra24.people import Scope
from infra24.web.api.agenda_views import closed_words, column_view, ids_of, label
from infra24.web.api.calendar import visible_columns
from infra24.web.caller import address_of, caller_of, current_org
from infra24.web.change_stream import Anything, place_of
from infra24.web.rendering import format_for, page, with_query
from infra24.web.services import services

VIEWS = ("columns", "timeline", "table")
MOST_BESIDE = 12
"""More columns than this are shown as rows, unless the address says otherwise."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; what it says wrongly is as if it said nothing."""

    on: date
    days: int
    view: str
    filters: dict[str, str]

    @property
    def first(self) -> date:
        """The first date shown: that day, or the Monday of its week."""
        return self.on - timedelta(days=self.on.weekday()) if self.days == 7 else self.on

    @property
    def last(self) -> date:
        """The last date shown."""
        return self.first + timedelta(days=self.days - 1)


async def calendar_page(request: Request) -> Response:
    """The calendar of a day or a week. Everything that is chosen is in the address."""
    app, here, who = services(request), current_org(request), caller_of(request)
    speech, zone, now = format_for(request, here), ZoneInfo(here.time_zone), app.clock()
    async with app.database.transaction(here.id, who.actor) as tx:
        place = await events.head(tx)  # before anything is read: what happens from here on is told
        all_ = await visible_columns(tx, who)
        asked, columns = _read(request, all_, now.astimezone(zone).date())
        rows: list[dict[str, Any]] = []
        if asked.view == "table":
            since, until = (
                bookings.instant(day_span(zone, on)[n]) for n, on in enumerate((asked.first, asked.last))
            )
            seen = await bookings.agenda(tx, ids_of(columns), since, until, now)
            rows = _rows(seen, columns, zone, speech)
    context = {
        "section": "calendar",
        "asked": asked,
        "columns": columns,
        "named": all_,
        "choices": _choices(all_),
        "any": bool(all_),
        "more": len(_matching(all_, asked.filters)) - len(columns),
        "links": _links(request, asked, now.astimezone(zone).date()),
        "title": _title(asked, speech),
        "zone": speech.zone(zone),
        "rows": rows,
        "writes": who.may(Scope.BOOKINGS_WRITE),
        "everything": who.host_filter is None,
        "data": _data(asked, columns, here.slug, who.may(Scope.BOOKINGS_WRITE), zone, now) | {"place": place},
    }
    return page(request, "admin/calendar.html", here, context)


async def changes(request: Request) -> Response:
    """A stream that says when to look again: something happened in this organization."""
    return services(request).watcher.stream(
        current_org(request).id, "changed", 2_000, address_of(request), Anything(), place_of(request)
    )


def _read(
    request: Request, all_: Sequence[CalendarResource], today: date
) -> tuple[Asked, list[CalendarResource]]:
    query = request.query_params
    try:
        on = date.fromisoformat(query.get("date", ""))
    except ValueError:
        on = today
    if not 2000 <= on.year < 2099:
        on = today
    filters = {name: query.get(name, "").strip()[:100] for name in ("type", "group", "location", "only", "q")}
    columns = _matching(all_, filters)[:MOST_COLUMNS]
    view = query.get("view", "")
    if view not in VIEWS:
        view = "timeline" if len(columns) > MOST_BESIDE else "columns"
    return Asked(on, 7 if query.get("days") == "7" else 1, view, filters), columns


def _matching(all_: Sequence[CalendarResource], filters: dict[str, str]) -> list[CalendarResource]:
    text = filters["q"].lower()
    return [
        column
        for column in all_
        if filters["type"] in ("", column.type)
        and filters["group"] in ("", column.category)
        and filters["location"] in ("", column.location)
        and filters["only"] in ("", column.slug)
        and text in " ".join((column.title, column.email, *column.tags)).lower()
    ]


def _choices(all_: Sequence[CalendarResource]) -> dict[str, list[str]]:
    """What one can filter by, of what there is."""
    return {
        "type": list(dict.fromkeys(column.type for column in all_)),
        "group": sorted({column.category for column in all_ if column.category}),
        "location": sorted({column.location for column in all_ if column.location}),
    }


def _links(request: Request, asked: Asked, today: date) -> dict[str, str]:
    """Where the buttons go: each is an address."""
    step = timedelta(days=asked.days)
    shape = None if asked.view == "table" else asked.view
    return {
        "previous": with_query(request, date=asked.on - step),
        "next": with_query(request, date=asked.on + step),
        "today": with_query(request, date=today),
        "day": with_query(request, days=None, date=asked.on),
        "week": with_query(request, days=7, date=asked.on),
        "columns": with_query(request, view="columns"),
        "timeline": with_query(request, view="timeline"),
        "table": with_query(request, view="table"),
        "graphic": with_query(request, view=shape),
    }


def _title(asked: Asked, speech: LocaleFormat) -> str:
    if asked.days == 1:
        return speech.full_day(asked.on)
    return f"{speech.short_day(asked.first)} – {speech.short_day(asked.last)} {asked.last.year}"


def _rows(
    seen: Agenda, columns: Sequence[CalendarResource], zone: ZoneInfo, speech: LocaleFormat
) -> list[dict[str, Any]]:
    """What the calendar shows as rows of a table, by time; mere closing hours are left out."""
    titles = {column.id: column.title for column in columns}
    rows: list[dict[str, Any]] = [
        {
            "at": entry.start,
            "kind": entry.status.value,
            "label": label(entry.start, entry.end, zone, speech),
            "booking": entry.booking_id,
            "title": entry.title,
            "who": entry.who,
            "where": [titles[id_] for id_ in entry.units if id_ not in entry.linked],
            "linked": sorted(titles[id_] for id_ in entry.linked),
            "before": entry.before // 60,
            "after": entry.after // 60,
        }
        for entry in seen.entries
    ]
    for turnover in seen.turnovers:
        said = label(turnover.start, turnover.end, zone, speech)
        rows.append(_plain(turnover.start, "turnover", said, turnover.layout, titles[turnover.resource_id]))
    for closed in seen.closed:
        if closed.code != "outside_hours":
            said = label(closed.start, closed.end, zone, speech)
            rows.append(
                _plain(closed.start, "closed", said, closed_words(closed, speech), titles[closed.resource_id])
            )
    rows.sort(key=lambda row: (row["at"], row["label"], row["title"]))
    last = None
    for row in rows:
        on = wall_time(zone, row["at"]).date()
        row["day"] = speech.full_day(on) if on != last else ""
        last = on
    return rows


def _plain(at: int, kind: str, said: str, title: str, where: str) -> dict[str, Any]:
    return {"at": at, "kind": kind, "label": said, "booking": None, "title": title, "who": "",
            "where": [where], "linked": [], "before": 0, "after": 0}  # fmt: skip


def _data(
    asked: Asked, columns: Sequence[CalendarResource], slug: str, writes: bool, zone: ZoneInfo, now: datetime
) -> dict[str, Any]:
    """What the script must know."""
    return {
        "columns": [
            {**column_view(column), "id": str(column.id), "location": column.location} for column in columns
        ],
        "first": asked.first.isoformat(),
        "last": asked.last.isoformat(),
        "days": asked.days,
        "view": asked.view,
        "org": slug,
        "writes": writes,
        "now": wall_time(zone, int(now.timestamp())).isoformat(timespec="seconds"),
    }
