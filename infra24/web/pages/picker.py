"""The slot picker as a page needs it: a month with what is free in it, and the times of one day."""

from calendar import Calendar
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Request

from infra24 import bookings
from infra24.availability.hours import day_number, day_span
from infra24.availability.json_reader import zone_named
from infra24.db import Tx
from infra24.i18n import LocaleFormat, city
from infra24.resources import ANYONE, HostPreference, Offer
from infra24.web.pages.forms import read_number
from infra24.web.rendering import with_query

_LOOK_AHEAD = timedelta(days=92)
ZONES = (
    "Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Denver", "America/Phoenix",
    "America/Chicago", "America/New_York", "America/Puerto_Rico", "America/Bogota", "America/Mexico_City",
    "America/Sao_Paulo", "America/Argentina/Buenos_Aires", "Atlantic/Azores", "Europe/London",
    "Europe/Lisbon", "Europe/Madrid", "Europe/Paris", "Europe/Berlin", "Europe/Athens", "Africa/Lagos",
    "Africa/Johannesburg", "Africa/Nairobi", "Asia/Dubai", "Asia/Kolkata", "Asia/Bangkok",
    "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland", "UTC",
)  # fmt: skip
"""The zones on offer, besides the venue's and the visitor's own."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the month: how many times are free; the address that shows them."""

    on: date
    free: int
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Time:
    """One free time."""

    value: str
    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Picker:
    """Everything that the picker shows."""

    month: str
    weekdays: list[tuple[int, str, str]]
    weeks: list[list[Day | None]]
    previous: str | None
    following: str | None
    day: date | None
    day_label: str
    today: date
    groups: list[tuple[str, list[Time]]]
    zone: str
    zone_name: str
    venue_zone: str
    zones: list[tuple[str, str]]
    minutes: int
    lengths: list[int]
    chosen: str
    next_free: tuple[str, str] | None
    whys: list[str]
    query: Mapping[str, str]


_SOMETHING_FREE: dict[str, Any] = {"next_free": None, "whys": []}


async def pick(
    tx: Tx,
    request: Request,
    resource_id: UUID,
    speech: LocaleFormat,
    now: datetime,
    *,
    ignoring: Sequence[UUID] = (),
    length: int | None = None,
    choice: HostPreference = ANYONE,
) -> tuple[Offer, Picker]:
    """Read the address, look, and lay out a month. `ignoring` is the visitor's own booking. What the address
    says wrongly is as if it said nothing: an old link still opens."""
    offer, shortest, _ = await bookings.slots(tx, resource_id, (now, now), None, now, choice=choice)
    minutes = length or _length_asked(request, offer) or shortest // 60
    zone = visitor_zone(request, offer)
    horizon = timedelta(days=offer.rules.horizon_days)
    today, last = (at.astimezone(zone).date() for at in (now, now + horizon))
    month, asked = _asked(request)
    view = _View(tx, resource_id, zone, minutes, now, choice, ignoring)
    month, starts = await _month_with_times(view, month, today, last)
    days = [at.date() for at in starts]
    day = asked if asked in days else next(iter(days), None)
    return offer, Picker(
        month=speech.month(month),
        weekdays=speech.weekdays(),
        weeks=_weeks(request, speech, month, today, Counter(days)),
        **_beside(request, month, today, last),
        day=day,
        day_label=speech.day(day) if day else "",
        today=today,
        groups=_groups(speech, zone, [at for at in starts if at.date() == day]),
        **_zone_fields(speech, zone, offer),
        minutes=minutes,
        lengths=list(offer.rules.durations) if length is None else [],
        chosen=request.query_params.get("start", ""),
        **(_SOMETHING_FREE if starts else await _nothing_free(request, speech, view, month, last)),
        query=dict(request.query_params),
    )


def _zone_fields(speech: LocaleFormat, zone: ZoneInfo, offer: Offer) -> dict[str, Any]:
    return {
        "zone": zone.key,
        "zone_name": speech.zone(zone),
        "venue_zone": offer.rules.zone.key,
        "zones": _zones(speech, zone, offer.rules.zone),
    }


async def _next_free(
    request: Request, speech: LocaleFormat, view: "_View", following: date, last: date
) -> tuple[str, str] | None:
    """The first day after this month that has a free time, and its address."""
    further = await view.free(following, last + timedelta(days=1))
    if not further:
        return None
    on = further[0].date()
    return speech.day(on), with_query(request, date=on.isoformat(), month=None)


@dataclass(frozen=True, slots=True)
class _View:
    """One offer as one visitor asks for it, looked at over spans of dates."""

    tx: Tx
    resource_id: UUID
    zone: ZoneInfo
    minutes: int
    now: datetime
    choice: HostPreference
    ignoring: Sequence[UUID]

    async def free(self, first: date, until: date) -> list[datetime]:
        """The free starts from one date to before another, in the visitor's zone."""
        if until <= first:
            return []
        _, _, starts = await bookings.slots(
            self.tx,
            self.resource_id,
            (_midnight(self.zone, first), _midnight(self.zone, until)),
            self.minutes,
            self.now,
            choice=self.choice,
            ignoring=self.ignoring,
        )
        return [bookings.instant(start).astimezone(self.zone) for start in starts]

    async def whys(self, first: date, until: date) -> list[str]:
        """The codes of what removed the starts of some dates, most frequent first."""
        span = (_midnight(self.zone, first), _midnight(self.zone, until))
        told = await bookings.why_no_slots(
            self.tx, self.resource_id, span, self.minutes, self.now, choice=self.choice
        )
        return [reason.code for reason, _ in told][:4]


async def _month_with_times(
    view: _View, asked: date | None, today: date, last: date
) -> tuple[date, list[datetime]]:
    """The month to show and its free starts: the one asked for, else the first in which something is free."""
    first = today.replace(day=1)
    month = min(max(asked or first, first), last.replace(day=1))
    starts = await view.free(month, _next_month(month))
    if starts or asked is not None:
        return month, starts
    ahead = await view.free(_next_month(month), min(last, today + _LOOK_AHEAD) + timedelta(days=1))
    if not ahead:
        return month, []
    month = ahead[0].date().replace(day=1)
    return month, await view.free(month, _next_month(month))


def visitor_zone(request: Request, offer: Offer) -> ZoneInfo:
    """The zone to show times in: the one asked for; at a place the venue's; else the device's."""
    asked = request.query_params.get("tz")
    if asked is None and offer.resource.meeting_url:
        asked = request.cookies.get("tz")
    try:
        return zone_named(asked) if asked else offer.rules.zone
    except ValueError:
        return offer.rules.zone


def _weeks(
    request: Request, speech: LocaleFormat, month: date, today: date, counts: Counter[date]
) -> list[list[Day | None]]:
    weeks = Calendar(speech.locale.first_week_day).monthdatescalendar(month.year, month.month)
    return [
        [
            Day(
                on,
                counts[on],
                speech.day(on),
                with_query(request, date=on.isoformat(), month=None, start=None),
            )
            if on.month == month.month
            else None
            for on in week
        ]
        for week in weeks
        if week[-1] >= today
    ]


def _groups(speech: LocaleFormat, zone: ZoneInfo, starts: list[datetime]) -> list[tuple[str, list[Time]]]:
    parts: dict[str, list[Time]] = {}
    for at in starts:
        part = "morning" if at.hour < 12 else "afternoon" if at.hour < 17 else "evening"
        text = speech.time(at, zone)
        value = at.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")
        parts.setdefault(part, []).append(Time(value, text, f"{speech.short_day(at)}, {text}"))
    return list(parts.items())


def _zones(speech: LocaleFormat, *own: ZoneInfo) -> list[tuple[str, str]]:
    first = {zone.key: speech.zone(zone) for zone in own}
    return [*first.items(), *(item for item in _zones_by_name(speech) if item[0] not in first)]


@lru_cache(maxsize=64)
def _zones_by_name(speech: LocaleFormat) -> list[tuple[str, str]]:
    named = [(key, city(speech.locale, key)) for key in ZONES]
    return sorted(named, key=lambda item: item[1])


def _month_url(request: Request, on: date) -> str:
    return with_query(request, month=f"{on:%Y-%m}", date=None, start=None)


def _next_month(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def _midnight(zone: ZoneInfo, on: date) -> datetime:
    start, _ = day_span(zone, on)
    return bookings.instant(start or day_number(on) * 86_400)


def _date(text: str | None) -> date | None:
    try:
        on = date.fromisoformat(text or "")
    except ValueError:
        return None
    return on if 2000 <= on.year < 2100 else None


async def _nothing_free(
    request: Request, speech: LocaleFormat, view: _View, month: date, last: date
) -> dict[str, Any]:
    """For a month in which nothing is free: when something is, and why not here."""
    following = _next_month(month)
    return {
        "next_free": await _next_free(request, speech, view, following, last),
        "whys": await view.whys(month, following),
    }


def _beside(request: Request, month: date, today: date, last: date) -> dict[str, Any]:
    """The addresses of the months before and after, where bookings are open in them."""
    following = _next_month(month)
    return {
        "previous": _month_url(request, month - timedelta(days=1)) if month > today else None,
        "following": _month_url(request, following) if following <= last else None,
    }


def _asked(request: Request) -> tuple[date | None, date | None]:
    """The month (its first day) and the day that the address names; a day alone names its month."""
    day = _date(request.query_params.get("date"))
    month = _date(f"{request.query_params.get('month', '')}-01") or (day and day.replace(day=1))
    return month, day


def _length_asked(request: Request, offer: Offer) -> int | None:
    """The length in minutes that the address names, where the offer has it."""
    minutes = read_number(request.query_params.get("duration"))
    return minutes if minutes in offer.rules.durations else None
