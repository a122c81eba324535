"""Wall time to instants: what the clocks on the wall of a zone say, through every gap and fold.

The definition is one sentence: a wall-time window on a date is *the set of instants at which a clock
in that zone shows that date and a time inside the window*. In a gap those instants do not exist, in a
fold they exist twice; nothing is guessed.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from infra24.availability.intervals import Span, union

DAY = 86_400
_EPOCH = date(1970, 1, 1)
_STEP = 6 * 3_600
"""No zone changes its offset twice within six hours (tests walk every zone, 2024 to 2030)."""

Stretch = tuple[int, int, int]
"""(from, to, offset): between two changes of the clocks, wall = instant + offset."""


def _offset(zone: ZoneInfo, instant: int) -> int:
    moved = datetime.fromtimestamp(instant, UTC).astimezone(zone).utcoffset()
    return int(moved.total_seconds()) if moved else 0


@lru_cache(maxsize=4_096)
def _stretches_of_year(zone: ZoneInfo, year: int) -> tuple[Stretch, ...]:
    first = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    last = int(datetime(year + 1, 1, 1, tzinfo=UTC).timestamp())
    found: list[Stretch] = []
    since, offset = first, _offset(zone, first)
    for instant in range(first, last, _STEP):
        here = min(instant + _STEP, last)
        after = _offset(zone, here)
        if after == offset:
            continue
        low, high = instant, here
        while high - low > 1:
            middle = (low + high) // 2
            if _offset(zone, middle) == offset:
                low = middle
            else:
                high = middle
        if high < last:
            found.append((since, high, offset))
            since, offset = high, after
    found.append((since, last, offset))
    return tuple(found)


def stretches(zone: ZoneInfo, start: int, end: int) -> list[Stretch]:
    """The stretches of constant offset that cover [start, end)."""
    first = datetime.fromtimestamp(start, UTC).year
    last = datetime.fromtimestamp(max(start, end - 1), UTC).year
    return [
        (max(since, start), min(until, end), offset)
        for year in range(first, last + 1)
        for since, until, offset in _stretches_of_year(zone, year)
        if since < end and until > start
    ]


def wall_spans(zone: ZoneInfo, days: Sequence[int], start: int, end: int) -> list[Span]:
    """The instants at which a wall clock shows one of `days` and a time in [start, end).

    `days` are sorted numbers of days since 1970, times are seconds of the day. Per day the spans are
    sorted and apart; a fold may give two, a gap none.
    """
    if not days:
        return []
    pieces = stretches(zone, (days[0] - 1) * DAY, (days[-1] + 2) * DAY)
    spans: list[Span] = []
    for day in days:
        opens, closes = day * DAY + start, day * DAY + end
        found = []
        for since, until, offset in pieces:
            first = opens - offset if opens - offset > since else since
            last = closes - offset if closes - offset < until else until
            if first < last:
                found.append((first, last))
        spans += found if len(found) == 1 else union(found)
    return spans


def day_number(on: date) -> int:
    """The days from 1970-01-01 to `on`."""
    return (on - _EPOCH).days


def date_of(day: int) -> date:
    """The date that is so many days from 1970-01-01."""
    return _EPOCH + timedelta(days=day)


def day_span(zone: ZoneInfo, on: date) -> Span:
    """From the first instant of a date to its last: one span even where the clocks change."""
    spans = wall_spans(zone, [day_number(on)], 0, DAY)
    return (spans[0][0], spans[-1][1]) if spans else (0, 0)


def local_date(zone: ZoneInfo, instant: int) -> date:
    """The date that a wall clock shows at an instant."""
    return datetime.fromtimestamp(instant, UTC).astimezone(zone).date()


def is_ambiguous(zone: ZoneInfo, at: datetime) -> bool:
    """Whether a wall clock shows twice what it shows at this instant, because it is put back."""
    wall = at.astimezone(zone)
    return wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset()


def local_days(zone: ZoneInfo, moments: list[int]) -> list[int]:
    """For sorted instants, the days since 1970 that a wall clock shows, in one pass."""
    if not moments:
        return []
    days: list[int] = []
    position = 0
    for _, until, offset in stretches(zone, moments[0], moments[-1] + 1):
        while position < len(moments) and moments[position] < until:
            days.append((moments[position] + offset) // DAY)
            position += 1
    return days
