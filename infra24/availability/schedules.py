"""When someone or something is open: weekly hours, what is different on some dates, holidays, travel.

Every rule is about *dates*: a date has hours, read on the clocks of the zone that holds on it. A date's
hours are those of its weekday, or those that an override puts in their place; a holiday, on the dates of
what is booked, takes the weekly ones away; extra hours are added; what is off is taken away from all.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from infra24.availability import hours
from infra24.availability.intervals import Span, subtract, union
from infra24.availability.reasons import Reason

Weekly = tuple[tuple[int, ...], int, int]
"""(weekdays, from, to): Monday is 0, times are seconds of the day."""

Closing = tuple[int, int, Reason]
"""(from, to, why): closed from <= instant < to."""

Piece = tuple[int, int, int]
"""(from, to, since): open from <= instant < to; starts are counted from `since`, where its window begins."""


class Kind(StrEnum):
    """What an override does to its dates."""

    INSTEAD = "hours"
    EXTRA = "extra"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Override:
    """From one date to another, both included, these hours: instead, besides, or off.

    `colleague` takes over what is off; `host` is set where one document speaks of several people.
    """

    first: date
    last: date
    kind: Kind
    hours: tuple[Span, ...]
    reason: str = ""
    colleague: str | None = None
    host: str | None = None

    def days(self, from_day: int, to_day: int) -> range:
        """Its dates among those from one to another, as days since 1970."""
        return range(
            max(from_day, hours.day_number(self.first)), min(to_day - 1, hours.day_number(self.last)) + 1
        )


@dataclass(frozen=True, slots=True)
class TravelPeriod:
    """From one date to another, both included, the weekly hours are told by another zone's clocks."""

    first: date
    last: date
    zone: ZoneInfo


@dataclass(frozen=True, eq=False)
class Holidays:
    """Holidays that are kept: names by the days since 1970, and by whose clocks those days are told.

    Compared by identity: it is long.
    """

    names: Mapping[int, str]
    zone: ZoneInfo

    def spans(self, from_day: int, to_day: int) -> list[Closing]:
        """The holidays that a clock of any zone can show on the dates of a range."""
        if not self.names:
            return []
        return [
            (start, end, Reason("holiday", {"name": self.names[day]}))
            for day in range(from_day - 2, to_day + 2)
            if day in self.names
            for start, end in hours.wall_spans(self.zone, [day], 0, hours.DAY)
        ]


NO_HOLIDAYS = Holidays({}, ZoneInfo("UTC"))


@dataclass(frozen=True, slots=True)
class Schedule:
    """When someone or something is open. `off_code` is the reason given for what is off."""

    zone: ZoneInfo
    weekly: tuple[Weekly, ...] = ()
    overrides: tuple[Override, ...] = ()
    travels: tuple[TravelPeriod, ...] = ()
    holidays: Holidays = NO_HOLIDAYS
    off_code: str = "time_off"

    @property
    def has_hours(self) -> bool:
        """Whether it says when it is open. If not it is open always, but for what is off."""
        return bool(self.weekly) or any(o.kind is not Kind.OFF and o.hours for o in self.overrides)

    @property
    def closings(self) -> "Schedule":
        """What is off, without its hours and holidays."""
        off = tuple(o for o in self.overrides if o.kind is Kind.OFF)
        return Schedule(self.zone, overrides=off, travels=self.travels, off_code=self.off_code)

    def zone_of(self, day: int) -> ZoneInfo:
        """The zone whose clocks tell the hours of a date; the last journey that covers it decides."""
        for travel in reversed(self.travels):
            if hours.day_number(travel.first) <= day <= hours.day_number(travel.last):
                return travel.zone
        return self.zone


def hours_open(schedule: Schedule, from_day: int, to_day: int) -> list[Span]:
    """Where it is open on the dates of a range, before what is off."""
    return union((start, end) for start, end, _ in pieces(schedule, from_day, to_day))


def pieces(schedule: Schedule, from_day: int, to_day: int) -> list[Piece]:
    """The same by window: each begins a grid of starts, which a holiday cuts and does not shift."""
    special = [o for o in schedule.overrides if o.kind is not Kind.OFF]
    replaced = {d for o in special if o.kind is Kind.INSTEAD for d in o.days(from_day, to_day)}
    feasts = union((start, end) for start, end, _ in schedule.holidays.spans(from_day, to_day))
    found: list[Piece] = []
    for weekdays, opens, closes in schedule.weekly:
        wanted = set(weekdays)
        days = [d for d in range(from_day, to_day) if (d + 3) % 7 in wanted and d not in replaced]
        for start, end in _told(schedule, days, opens, closes):
            left = subtract([(start, end)], feasts) if feasts else [(start, end)]
            found += [(since, until, start) for since, until in left]
    for override in special:
        for opens, closes in override.hours:
            told = _told(schedule, override.days(from_day, to_day), opens, closes)
            found += [(start, end, start) for start, end in told]
    return found


@lru_cache(maxsize=1_024)
def opening(
    schedule: Schedule, step: int, length: int, from_day: int, to_day: int
) -> tuple[list[int], list[Span]]:
    """The starts that fit into the hours of some dates, and where it is open. Seconds."""
    apart = pieces(schedule, from_day, to_day)
    spans = union((first, last) for first, last, _ in apart)
    grid = sorted(
        {start for first, last, since in apart for start in range(first + (since - first) % step, last, step)}
    )
    fitting: list[int] = []
    at = 0
    for start in grid:
        while spans[at][1] <= start:
            at += 1
        if start + length <= spans[at][1]:
            fitting.append(start)
    return fitting, spans


def closings(schedule: Schedule, from_day: int, to_day: int) -> Iterator[Closing]:
    """What is off, and the holidays, but for the dates of which something else was said."""
    yield from off(schedule, schedule.overrides, from_day, to_day, schedule.off_code)
    for override in schedule.overrides:
        if override.kind is Kind.INSTEAD and not override.hours:  # no hours on these dates: they are off
            why = Reason(schedule.off_code, private=override.reason or None)
            for start, end in _told(schedule, override.days(from_day, to_day), 0, hours.DAY):
                yield start, end, why
    feasts = schedule.holidays.spans(from_day, to_day)
    if feasts:
        days = {d for o in schedule.overrides if o.kind is not Kind.OFF for d in o.days(from_day, to_day)}
        said = union(_told(schedule, sorted(days), 0, hours.DAY))
        for first, last, why in feasts:
            yield from ((start, end, why) for start, end in subtract([(first, last)], said))


def off(
    schedule: Schedule, overrides: Iterable[Override], from_day: int, to_day: int, code: str
) -> Iterator[Closing]:
    """The spans of those overrides that close, by the clocks of the schedule."""
    for override in overrides:
        if override.kind is not Kind.OFF:
            continue
        why = Reason(code, private=override.reason or None)
        for opens, closes in override.hours:
            for start, end in _told(schedule, override.days(from_day, to_day), opens, closes):
                yield start, end, why


def _told(schedule: Schedule, days: Iterable[int], opens: int, closes: int) -> list[Span]:
    """The instants at which the clocks of each date's own zone show a time of it."""
    if not schedule.travels:
        return hours.wall_spans(schedule.zone, list(days), opens, closes)
    of_zone: dict[str, list[int]] = {}
    zones: dict[str, ZoneInfo] = {}
    for day in days:
        zone = schedule.zone_of(day)
        zones[zone.key] = zone
        of_zone.setdefault(zone.key, []).append(day)
    return [s for key, told in of_zone.items() for s in hours.wall_spans(zones[key], told, opens, closes)]
