"""The calendar as JSON: wall-clock times of the organization beside the instants, labels made here."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from fastapi import Request, Response

from infra24.availability import Reason
from infra24.availability.hours import is_ambiguous
from infra24.bookings import Agenda, CalendarEvent, CalendarResource
from infra24.bookings.agenda import Closed, Turnover, wall_time
from infra24.errors import Message
from infra24.i18n import LocaleFormat

WHY_NOT = {
    "held": Message("Somebody is filling in the form for this time."),
    "over": Message("This booking is over."),
    "looking": Message("You may look at this booking, but not move it."),
    "linked": Message("This is taken because a resource linked to it is booked."),
}
"""Why a booking cannot be moved."""


@dataclass(frozen=True, slots=True)
class Written:
    """How one answer writes times: many bookings share theirs."""

    zone: ZoneInfo
    speech: LocaleFormat
    known: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)

    def times(self, start: int, end: int) -> dict[str, Any]:
        """A span in wall-clock time, as instants and in words.

        `fold` where the start is the second of two, `end_fold` where the end is.
        """
        said = self.known.get((start, end))
        if said is None:
            said = self.known[start, end] = {
                "start": _wall(wall_time(self.zone, start)),
                "end": _wall(wall_time(self.zone, end)),
                "starts_at": datetime.fromtimestamp(start, UTC),
                "ends_at": datetime.fromtimestamp(end, UTC),
                "label": label(start, end, self.zone, self.speech),
            }
            if datetime.fromtimestamp(start, self.zone).fold:
                said["fold"] = 1
            if datetime.fromtimestamp(end, self.zone).fold:
                said["end_fold"] = 1
        return said


def agenda_view(
    found: Agenda,
    columns: list[CalendarResource],
    days: tuple[date, date],
    zone: ZoneInfo,
    speech: LocaleFormat,
    now: datetime,
    *,
    writes: bool,
) -> dict[str, Any]:
    """Everything that a calendar shows. Dates include both ends."""
    whys = {code: speech.translated(sentence) for code, sentence in WHY_NOT.items()}
    here, written = now.astimezone(zone), Written(zone, speech)
    return {
        "timezone": zone.key,
        "start_date": days[0],
        "end_date": days[1],
        "now": {"local": _wall(wall_time(zone, int(now.timestamp()))), "at": here.astimezone(UTC)},
        "columns": [column_view(column) for column in columns],
        "events": [event_view(entry, written, whys, writes=writes) for entry in found.entries],
        "turnovers": [_turnover_view(one, written) for one in found.turnovers],
        "closed": [_closed_view(one, zone, speech) for one in found.closed],
    }


def column_view(column: CalendarResource) -> dict[str, Any]:
    """A resource as a column."""
    return {"id": column.id, "title": column.title, "type": column.type, "units": column.units}


def event_view(
    entry: CalendarEvent, written: Written, whys: Mapping[str, str], *, writes: bool
) -> dict[str, Any]:
    """A booking on the calendar; what is as usual is left out, for there are thousands."""
    why = entry.unmovable or ("" if writes else "looking")
    view: dict[str, Any] = {
        "id": entry.booking_id,
        "resource_ids": list(entry.units),
        **written.times(entry.start, entry.end),
        "status": entry.status.value,
        "title": entry.title,
        "who": entry.who,
        "revision": entry.revision,
        "movable": not why,
        "resizable": not why,
    }
    if why:
        view["why_not"] = whys[why]
    if entry.before or entry.after:
        view |= {"before": entry.before // 60, "after": entry.after // 60}
    if entry.linked:
        view |= {"linked_ids": list(entry.linked), "linked": whys["linked"]}
    if any(units > 1 for units in entry.units.values()):
        view["units"] = {str(id_): units for id_, units in entry.units.items() if units > 1}
    if entry.in_series:
        view["in_series"] = True
    return view


def closed_words(one: Closed, speech: LocaleFormat) -> str:
    """Why a column is closed, in words."""
    if one.code == "holiday" and one.said:
        return speech.translated(Reason("holiday", {"name": one.said}).sentence)
    reason = speech.translated(Reason(one.code).sentence)
    return f"{reason} ({one.said})" if one.said else reason


def label(start: int, end: int, zone: ZoneInfo, speech: LocaleFormat) -> str:
    """When it is, in words. Where clocks change or show the time twice, the zone's letters say which."""
    first, last = datetime.fromtimestamp(start, zone), datetime.fromtimestamp(end, zone)
    if (last.date() - first.date()).days == 1 and not (
        first.hour or first.minute or last.hour or last.minute
    ):
        return speech.translated(Message("All day"))
    unclear = first.utcoffset() != last.utcoffset() or is_ambiguous(zone, first) or is_ambiguous(zone, last)
    said = [
        _clock(speech, at.hour, at.minute) + (f"\u00a0{at.tzname()}" if unclear else "")
        for at in (first, last)
    ]
    if (last.date() - first.date()).days > (last.hour == last.minute == 0):
        said = [f"{speech.short_day(at)}, {part}" for at, part in zip((first, last), said, strict=True)]
    return f"{said[0]} – {said[1]}"


def packed(request: Request, body: Any) -> Response:
    """A JSON answer, compressed for whoever takes that."""
    written = orjson.dumps(body, option=orjson.OPT_UTC_Z)
    headers = {"vary": "Accept-Encoding, Accept-Language, Cookie", "cache-control": "no-store"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        written = gzip.compress(written, 6, mtime=0)
        headers["content-encoding"] = "gzip"
    return Response(written, 200, headers, "application/json")


def _turnover_view(one: Turnover, written: Written) -> dict[str, Any]:
    said = {"resource_id": one.resource_id, "booking_id": one.booking_id, "layout": one.layout}
    return {**said, **written.times(one.start, one.end)}


def _closed_view(one: Closed, zone: ZoneInfo, speech: LocaleFormat) -> dict[str, Any]:
    view: dict[str, Any] = {
        "resource_id": one.resource_id,
        "start": _wall(wall_time(zone, one.start)),
        "end": _wall(wall_time(zone, one.end)),
        "code": one.code,
    }
    if one.code != "outside_hours":
        view["label"] = closed_words(one, speech)
    return view


def _wall(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


@lru_cache(maxsize=20_000)
def _clock(speech: LocaleFormat, hour: int, minute: int) -> str:
    return speech.time(datetime(2001, 1, 1, hour, minute, tzinfo=UTC), ZoneInfo("UTC"))


def ids_of(columns: list[CalendarResource]) -> list[UUID]:
    """The ids of columns."""
    return [column.id for column in columns]
