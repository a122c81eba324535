"""A week of what rules open, as the pages draw it."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from infra24.bookings import DayOpen
from infra24.i18n import LocaleFormat
from infra24.resources import Offer


def first_of_week(asked: str, speech: LocaleFormat, today: date) -> date:
    """The first day of the week of a date that was asked for, as the territory counts; of today's without."""
    try:
        on = date.fromisoformat(asked) if asked else today
    except ValueError:
        on = today
    on = min(max(on, date(2000, 1, 8)), date(2099, 12, 20))
    return on - timedelta(days=(on.weekday() - speech.locale.first_week_day) % 7)


def week_view(speech: LocaleFormat, offer: Offer, days: Sequence[DayOpen]) -> dict[str, Any]:
    """The days with their labels, bars in minutes, words, and the weeks before and after."""
    zone = offer.rules.zone
    return {
        "first": days[0].on,
        "last": days[-1].on,
        "previous": days[0].on - timedelta(days=7),
        "following": days[0].on + timedelta(days=7),
        "zone": speech.zone(zone),
        "days": [_day(speech, zone, day) for day in days],
        "is_empty": not any(day.spans for day in days),
    }


def _day(speech: LocaleFormat, zone: ZoneInfo, day: DayOpen) -> dict[str, Any]:
    return {
        "on": day.on,
        "label": speech.short_day(day.on),
        "bars": [(start, min(end, 1_440) - start) for start, end in day.spans if start < 1_440],
        "spans": [(_clock(speech, zone, day.on, a), _clock(speech, zone, day.on, b)) for a, b in day.spans],
        "all_day": day.spans == ((0, 1_440),),
        "reasons": [reason for reason in day.reasons if reason.code != "outside_hours"],
        "starts": day.starts,
    }


def _clock(speech: LocaleFormat, zone: ZoneInfo, on: date, minutes: int) -> str:
    at = datetime.combine(on, time(), zone) + timedelta(minutes=minutes)
    return speech.time(at, zone)
