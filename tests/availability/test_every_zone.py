"""Every zone there is, through every change of its clocks from 2024 to 2030, against stepping instants."""

import zoneinfo
from datetime import UTC, date, datetime, timedelta
from functools import cache
from io import BytesIO
from itertools import pairwise
from zoneinfo import ZoneInfo

from infra24.availability import (
    Holidays,
    Kind,
    Override,
    Schedule,
    Span,
    TravelPeriod,
    closings,
    intersect,
    opening,
    union,
)
from infra24.availability.hours import (
    DAY,
    day_number,
    day_span,
    local_date,
    local_days,
    stretches,
    wall_spans,
)
from infra24.availability.json_reader import zone_named
from tests.availability.oracle import Reading, read
from tests.availability.zones import FIRST, LAST, packaged, zones

QUARTER = 900
SIX_HOURS = 6 * 3_600
LOOKS = SIX_HOURS // 2
WINDOWS = (
    (0, DAY),
    (0, 3_600),
    (DAY - 3_600, DAY),
    (3_600, 7_200),
    (5_400, 10_800),
    (79, 9_671),
    (8_100, 8_400),
)
HOUR = 3_600
EVERY_DAY = tuple(range(7))
Part = tuple[int, int, int]


def offset(zone: ZoneInfo, instant: int) -> int:
    """Seconds that the clock on the wall is ahead of UTC."""
    found = datetime.fromtimestamp(instant, zone).utcoffset()
    assert found is not None
    return int(found.total_seconds())


@cache
def parts(zone: ZoneInfo) -> tuple[Part, ...]:
    """(from, to, offset) by looking every three hours, then by halving.

    That is enough: the files list no change that is undone within six hours.
    """
    found: list[Part] = []
    since = FIRST
    now = datetime.fromtimestamp(FIRST, zone).utcoffset()
    for instant in range(FIRST + LOOKS, LAST, LOOKS):
        here = datetime.fromtimestamp(instant, zone).utcoffset()
        if here != now:
            before, at = instant - LOOKS, instant
            while at - before > 1:
                middle = (before + at) // 2
                same = datetime.fromtimestamp(middle, zone).utcoffset() == now
                before, at = (middle, at) if same else (before, middle)
            found.append((since, at, offset(zone, at - 1)))
            since, now = at, here
    return (*found, (since, LAST, offset(zone, since)))


def changes(zone: ZoneInfo) -> list[int]:
    """The instants at which the offset changes."""
    return [since for since, _, _ in parts(zone)[1:]]


def stepped(zone: ZoneInfo, days: range, start: int, end: int) -> list[Span]:
    """The window by looking at a clock every quarter of an hour, with edges found by halving."""

    def inside(instant: int) -> tuple[bool, date]:
        wall = datetime.fromtimestamp(instant, zone)
        second = wall.hour * 3_600 + wall.minute * 60 + wall.second
        return start <= second < end and day_number(wall.date()) in days, wall.date()

    def edge(low: int, high: int, wanted: bool) -> int:
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if inside(middle)[0] == wanted else (middle, high)
        return high

    found: list[Span] = []
    opened: int | None = None
    at = (days[0] - 1) * DAY
    for instant in range(at, (days[-1] + 2) * DAY, min(end - start, QUARTER)):
        is_open = inside(instant)[0]
        if is_open and opened is None:
            opened = edge(at, instant, True)
        elif not is_open and opened is not None:
            found.append((opened, edge(at, instant, False)))
            opened = None
        at = instant
    assert opened is None
    return found


def joined(spans: list[Span]) -> list[Span]:
    """Spans that touch, made one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and found[-1][1] >= start:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def test_there_are_zones_and_they_change() -> None:
    assert len(zoneinfo.available_timezones()) > 400
    assert len(zones()) > 50
    assert sum(len(changes(zone)) for zone in zones()) > 300


def test_the_zones_are_those_of_the_tzdata_package_on_every_machine() -> None:
    """The system may have older zones: in 2025b Vancouver still changes its clocks after 2026."""
    different = []
    for name in sorted(zoneinfo.available_timezones()):
        data = packaged(name)
        if data is not None:
            wanted, taken = ZoneInfo.from_file(BytesIO(data), name), zone_named(name)
            days = range(FIRST, LAST, 3 * DAY)
            if any(offset(wanted, instant) != offset(taken, instant) for instant in days):
                different.append(name)
    assert different == []


def test_no_zone_changes_its_offset_twice_within_six_hours() -> None:
    for zone in zones():
        moments = changes(zone)
        gaps = [later - sooner for sooner, later in pairwise(moments)]
        assert all(gap > SIX_HOURS for gap in gaps), zone.key


def test_the_files_list_no_change_that_is_undone_within_six_hours() -> None:
    for zone, listed in zones().items():
        assert set(changes(zone)) >= {t for t in listed if offset(zone, t) != offset(zone, t - 1)}, zone.key


def test_the_stretches_of_seven_years_are_those_of_stepping() -> None:
    for zone in zones():
        whole: list[Part] = []
        for since, until, ahead in stretches(zone, FIRST, LAST):
            if whole and whole[-1][1:] == (since, ahead):  # the turn of the year is no change
                whole[-1] = (whole[-1][0], until, ahead)
            else:
                whole.append((since, until, ahead))
        assert tuple(whole) == parts(zone), zone.key


def test_stretches_cover_exactly_what_is_asked_for() -> None:
    for zone in zones():
        for moment in [*changes(zone), LAST - DAY]:
            for start, end in ((moment, moment + 1), (moment - 1, moment), (moment - 7, moment + DAY)):
                found = stretches(zone, start, end)
                assert (found[0][0], found[-1][1]) == (start, end)
                assert all(one[1] == other[0] for one, other in pairwise(found))
                assert all(ahead == offset(zone, since) for since, _, ahead in found), zone.key


def test_windows_around_every_change_are_those_of_stepping() -> None:
    for zone in zones():
        for moment in changes(zone):
            middle = day_number(datetime.fromtimestamp(moment, zone).date())
            days = range(middle - 1, middle + 2)
            for start, end in WINDOWS:
                found = wall_spans(zone, days, start, end)
                assert joined(found) == stepped(zone, days, start, end), (zone.key, moment, start, end)


# What a schedule says around every change.


def schedules(zone: ZoneInfo, moment: int) -> dict[str, Schedule]:
    """Weekly hours, overrides, holidays and journeys on the dates around a change."""
    on = datetime.fromtimestamp(moment, zone).date()
    day = timedelta(days=1)
    home, other = [
        ZoneInfo(n) for n in ("America/New_York", "Asia/Kathmandu", "Europe/London") if n != zone.key
    ][:2]
    night = (
        (EVERY_DAY, 0, HOUR),
        (EVERY_DAY, 5_400, 3 * HOUR),
        ((on.weekday(),), DAY - HOUR, DAY),
        ((on.weekday(), (on - day).weekday()), 3_600, 7_200),
    )
    different = (
        Override(on, on + day, Kind.INSTEAD, ((1_800, 9_900), (22 * HOUR, DAY))),
        Override(on - day, on, Kind.EXTRA, ((2_700, 6_300), (0, 900))),
        Override(on - day, on - day, Kind.INSTEAD, ()),
        Override(on - day, on + day, Kind.OFF, ((4_500, 8_100),)),
        Override(on, on, Kind.OFF, ((0, HOUR), (0, 900))),
    )
    feasts = Holidays({day_number(on) + n: f"Feast {n}" for n in (-1, 0, 1)}, zone)
    elsewhere = Holidays({day_number(on): "Feast"}, other)
    there = (TravelPeriod(on - day, on + day, other), TravelPeriod(on, on, zone))
    return {
        "all day": Schedule(zone, ((EVERY_DAY, 0, DAY),)),
        "at night": Schedule(zone, night),
        "with overrides": Schedule(zone, night, different),
        "on holidays": Schedule(zone, night, (different[1], different[4]), (), feasts),
        "on holidays elsewhere": Schedule(zone, night, (different[0], different[4]), (), elsewhere),
        "away on that date": Schedule(zone, night, different, (TravelPeriod(on, on, other),), feasts),
        "away until that date": Schedule(
            zone, night, different[3:], (TravelPeriod(on - 3 * day, on - day, home),)
        ),
        "there on that date": Schedule(home, night, different[1:], there),
    }


def said(
    schedule: Schedule, inner: Span, step: int, length: int
) -> tuple[list[int], list[Span], dict[str, list[Span]]]:
    """What the engine makes of a schedule: the starts, the open spans, and what is closed, by its code."""
    days = inner[0] // DAY - 2, inner[1] // DAY + 2
    grid, spans = opening(schedule, step, length, *days)
    shut: dict[str, list[Span]] = {}
    for start, end, why in closings(schedule, *days):
        shut.setdefault(why.code, []).append((start, end))
    starts = [start for start in grid if inner[0] <= start < inner[1] - length]
    closed = {code: intersect(found, [inner]) for code, found in shut.items()}
    return starts, intersect(spans, [inner]), {code: found for code, found in closed.items() if found}


def looked_at(
    reading: Reading, inner: Span, length: int
) -> tuple[list[int], list[Span], dict[str, list[Span]]]:
    """The same by looking at every quarter of an hour."""
    ticks = range(*inner, QUARTER)

    def spans(of: list[int]) -> list[Span]:
        return union((tick, tick + QUARTER) for tick in of)

    starts = [
        tick
        for tick in ticks
        if tick in reading.grid
        and tick < inner[1] - length
        and all(tick + at in reading.open for at in range(0, length, QUARTER))
    ]
    codes = sorted({code for tick in ticks for code in reading.closed.get(tick, ())})
    closed = {code: spans([tick for tick in ticks if code in reading.closed.get(tick, ())]) for code in codes}
    return starts, spans([tick for tick in ticks if tick in reading.open]), closed


def test_every_change_and_every_offset_falls_on_a_quarter_of_an_hour() -> None:
    """So that looking every quarter of an hour misses nothing."""
    for zone in zones():
        assert all(since % QUARTER == 0 and ahead % QUARTER == 0 for since, _, ahead in parts(zone)), zone.key


def test_what_schedules_say_around_every_change_is_what_the_clocks_show() -> None:
    """Weekly hours, overrides of each kind, holidays and journeys: starts, open spans and closings."""
    told: set[str] = set()
    for zone in zones():
        for number, moment in enumerate(changes(zone)):
            middle = moment - moment % DAY
            inner = (middle - DAY, middle + 2 * DAY)
            step, length = ((QUARTER, QUARTER), (2_700, HOUR), (HOUR, 5_400))[number % 3]
            for name, schedule in schedules(zone, moment).items():
                reading = read(schedule, range(inner[0] - 26 * HOUR, inner[1], QUARTER), step)
                found = said(schedule, inner, step, length)
                assert found == looked_at(reading, inner, length), (zone.key, moment, name)
                told |= {name} if found[0] and (found[2] or name in ("all day", "at night")) else set()
    assert told == set(schedules(ZoneInfo("UTC"), FIRST))


def test_each_day_around_every_change_is_the_day_that_the_clock_shows() -> None:
    for zone in zones():
        for moment in changes(zone):
            instants = list(range(moment - DAY, moment + DAY, 3 * QUARTER))
            dates = [datetime.fromtimestamp(instant, zone).date() for instant in instants]
            assert [local_date(zone, instant) for instant in instants] == dates
            assert local_days(zone, instants) == [day_number(on) for on in dates]
            for on in sorted(set(dates))[:-1]:
                start, end = day_span(zone, on)
                assert local_date(zone, start) == local_date(zone, end - 1) == on
                assert local_date(zone, start - 1) < on < local_date(zone, end), (zone.key, on)


def test_a_date_that_no_clock_showed_has_no_instants() -> None:
    skipped = day_number(date(2011, 12, 30))
    assert wall_spans(ZoneInfo("Pacific/Apia"), [skipped], 0, DAY) == []


def test_a_date_that_comes_back_after_midnight_has_two_spans() -> None:
    """At 00:01 on 2010-11-07 the clocks of St. John's went back to 23:01 of the day before."""
    zone, sixth = ZoneInfo("America/St_Johns"), day_number(date(2010, 11, 6))
    back = int(datetime(2010, 11, 7, 2, 31, tzinfo=UTC).timestamp())
    spans = wall_spans(zone, [sixth], 23 * 3_600, DAY)
    assert spans == [(back - 61 * 60, back - 60), (back, back + 59 * 60)]
    again = wall_spans(zone, [sixth + 1], 0, 3_600)
    assert again == [(back - 60, back), (back + 59 * 60, back + 119 * 60)]


def test_every_day_of_a_quiet_year_is_24_hours() -> None:
    noon = date(2027, 5, 1)
    for on in (noon + timedelta(days=n) for n in range(60)):
        start, end = day_span(ZoneInfo("Asia/Kolkata"), on)
        assert end - start == DAY
