"""Zones in calendar files: as the yearly rule that a zone has now, or not at all where it has none.

Desktop mail programs read the rules of a VTIMEZONE and nothing else, other programs the first of several
dates. So a zone is written with one rule a year each way, and only where that is how its clocks go in the
year of the booking; everything else is written in UTC, which every program reads.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

from infra24.availability.hours import DAY, is_ambiguous, stretches

_SINCE = 1970
_DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_NAME, _OFFSET = r"<[^>]+>|[A-Za-z]+", r"[+-]?\d+(?::\d+){0,2}"
_DATE = r"M(\d+)\.(\d)\.(\d)(?:/(-?[\d:]+))?"
_RULE = re.compile(rf"({_NAME})({_OFFSET})(?:({_NAME})({_OFFSET})?,{_DATE},{_DATE})?")
"""The last line of a zone's file (RFC 9636): EST5EDT,M3.2.0,M11.1.0."""


@dataclass(frozen=True, slots=True)
class Change:
    """Once a year, at `at` seconds of the `week`-th (5: last) `weekday` (Sunday 0) of a month, by the clock
    before, a zone goes from one offset to another. Without a month: it has this offset always."""

    name: str
    before: int
    after: int
    month: int = 0
    week: int = 0
    weekday: int = 0
    at: int = 0

    def on(self, year: int) -> date:
        """The date of the change in a year."""
        if self.week == 5:
            end = date(year + self.month // 12, self.month % 12 + 1, 1) - timedelta(days=1)
            return end - timedelta(days=(end.isoweekday() - self.weekday) % 7)
        first = date(year, self.month, 1)
        return first + timedelta(days=(self.weekday - first.isoweekday()) % 7 + 7 * (self.week - 1))

    def wall(self, year: int) -> datetime:
        """What the clock before shows then."""
        on = self.on(year) if self.month else date(year, 1, 1)
        return datetime.combine(on, time()) + timedelta(seconds=self.at)


def zone_to_write(zone: ZoneInfo, start: datetime, end: datetime) -> tzinfo:
    """The zone in which a calendar file says these times: UTC where a clock there shows one of them twice,
    and where the zone has no simple rule in that year."""
    years = {at.astimezone(UTC).year for at in (start, end)}
    plain = not (is_ambiguous(zone, start) or is_ambiguous(zone, end))
    return zone if plain and all(_keeps_rule(zone, year) for year in years) else UTC


def definition(zone: ZoneInfo) -> Timezone:
    """A zone that `zone_to_write` chose, as a VTIMEZONE."""
    found = Timezone()
    found.add("tzid", zone.key)
    for change in _rule(zone):
        summer = change.after > change.before
        part = TimezoneDaylight() if summer else TimezoneStandard()
        part.add("tzname", change.name)
        part.add("tzoffsetfrom", timedelta(seconds=change.before))
        part.add("tzoffsetto", timedelta(seconds=change.after))
        part.add("dtstart", change.wall(_SINCE))
        if change.month:
            nth = -1 if change.week == 5 else change.week
            byday = f"{nth}{_DAYS[change.weekday]}"
            part.add("rrule", {"freq": "yearly", "bymonth": change.month, "byday": byday})
        found.add_component(part)
    return found


@lru_cache(maxsize=4_096)
def _keeps_rule(zone: ZoneInfo, year: int) -> bool:
    """Whether the clocks of a zone go in a year as its rule says."""
    changes = _rule(zone)
    if not changes:
        return False
    first, last = (int(datetime(y, 1, 1, tzinfo=UTC).timestamp()) for y in (year, year + 1))
    real = [(since, offset) for since, _, offset in stretches(zone, first, last)]
    said = sorted(
        (int(change.wall(year).replace(tzinfo=UTC).timestamp()) - change.before, change.after)
        for change in changes
        if change.month
    )
    return real == [(first, said[-1][1] if said else changes[0].after), *said]


@lru_cache(maxsize=1_024)
def _rule(zone: ZoneInfo) -> tuple[Change, ...]:
    """The changes of a year by the zone's rule; none where it has no rule, or one that RRULE says badly."""
    found = _RULE.fullmatch(_last_line(zone.key))
    if found is None:
        return ()
    name, offset, other_name, other_offset, *dates = found.groups()
    usual = -_seconds(offset)
    if other_name is None:
        return (Change(name.strip("<>"), usual, usual),)
    other = -_seconds(other_offset) if other_offset else usual + 3_600
    there = _change(other_name, usual, other, dates[:4])
    back = _change(name, other, usual, dates[4:])
    return (there, back) if 0 <= there.at < DAY and 0 <= back.at < DAY else ()


def _change(name: str, before: int, after: int, said: Iterable[str | None]) -> Change:
    month, week, weekday, at = said
    clock = _seconds(at) if at else 7_200
    return Change(name.strip("<>"), before, after, int(month or 0), int(week or 0), int(weekday or 0), clock)


def _seconds(text: str) -> int:
    """Hours, minutes and seconds with a sign, as seconds."""
    sign = -1 if text.startswith("-") else 1
    parts = [int(part) for part in text.lstrip("+-").split(":")]
    return sign * sum(part * unit for part, unit in zip(parts, (3_600, 60, 1), strict=False))


def _last_line(key: str) -> str:
    """The rule at the end of a zone's file; empty where there is no such file."""
    try:
        file = files("tzdata").joinpath("zoneinfo", *key.split("/")).read_bytes()
    except OSError:
        return ""
    return file.rsplit(b"\n", 2)[-2].decode("ascii", "replace")
