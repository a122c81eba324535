"""Recurring wall times in every zone, through every change of its clocks, against the definition; and rules."""

import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from infra24.availability.hours import stretches
from infra24.bookings.series.recurrence import in_wall_time, instant_of, moved, occurrences, written
from infra24.errors import ValidationFailed
from tests.availability.zones import FIRST, LAST, zones


@cache
def changes(zone: ZoneInfo) -> list[tuple[int, int, int]]:
    """Each change of a zone's clocks: when, the offset before and the one after."""
    found = stretches(zone, FIRST, LAST)
    return [
        (since, before, after) for (_, _, before), (since, _, after) in pairwise(found) if before != after
    ]


def shows(zone: ZoneInfo, instant: int) -> datetime:
    return datetime.fromtimestamp(instant, UTC).astimezone(zone).replace(tzinfo=None)


def by_definition(zone: ZoneInfo, wall: datetime, change: tuple[int, int, int]) -> int:
    """The first instant at which the clocks show a wall time; in a gap, by the offset before it (RFC 5545)."""
    _, before, after = change
    naive = int(wall.replace(tzinfo=UTC).timestamp())
    readings = sorted(at for at in {naive - before, naive - after} if shows(zone, at) == wall)
    return readings[0] if readings else naive - before


def test_a_weekly_series_keeps_its_wall_time_through_every_change_in_every_zone() -> None:
    tried = gaps = folds = 0
    for zone in zones():
        for change in changes(zone):
            since, before, after = change
            for minutes in (-90, -1, 0, 15, 29, 30, 45, 60, 90, 119):  # around both readings of the change
                wall = datetime.fromtimestamp(since + before, UTC).replace(tzinfo=None) + timedelta(
                    minutes=minutes
                )
                first = wall - timedelta(weeks=2)
                dates = occurrences("FREQ=WEEKLY;COUNT=4", first, zone)
                assert dates == [first + timedelta(weeks=n) for n in range(4)]
                found = int(instant_of(zone, wall).timestamp())
                assert found == by_definition(zone, wall, change), (zone.key, wall)
                naive = int(wall.replace(tzinfo=UTC).timestamp())
                both = {at for at in (naive - before, naive - after) if shows(zone, at) == wall}
                gaps += not both
                folds += len(both) == 2
                tried += 1
    assert tried > 3_000
    assert gaps > 200
    assert folds > 200


def test_rules_are_read_as_rfc_5545_has_them() -> None:
    zone, first = ZoneInfo("Europe/Madrid"), datetime(2026, 11, 30, 10, 0)
    assert [d.day for d in occurrences("FREQ=MONTHLY;BYDAY=-1MO;COUNT=3", first, zone)] == [30, 28, 25]
    assert [d.day for d in occurrences("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=4", first, zone)] == [
        30,
        2,
        14,
        16,
    ]
    assert len(occurrences("FREQ=DAILY;UNTIL=20261204", first, zone)) == 5
    assert len(occurrences("FREQ=DAILY;UNTIL=20261204T085959Z", first, zone)) == 4, "9:59:59 in Madrid"
    leap = occurrences("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=2", first, zone)
    assert leap == [datetime(2028, 2, 29, 10), datetime(2032, 2, 29, 10)]


@pytest.mark.parametrize(("rule", "said"), [
    ("", "needs FREQ"),
    ("FREQ=HOURLY;COUNT=3", "has an invalid"),
    ("FREQ=WEEKLY", "needs one end"),
    ("FREQ=WEEKLY;COUNT=3;UNTIL=20270101", "needs one end"),
    ("FREQ=WEEKLY;COUNT=0", "has an invalid"),
    ("FREQ=DAILY;COUNT=367", "more than 366"),
    ("FREQ=DAILY;COUNT=3;BYDAY=MO RDATE:20270101", "has an invalid"),
    ("FREQ=YEARLY;COUNT=40", "within 10 years"),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=1", "within 10 years"),
    ("FREQ=MONTHLY;INTERVAL=12;BYMONTH=2;COUNT=1", "within 10 years"),
    ("FREQ=DAILY;UNTIL=20261301T000000Z", "does not exist"),
    ("FREQ=MONTHLY;BYDAY=+53MO;COUNT=3", "has an invalid"),
    ("FREQ=WEEKLY;BYDAY=1MO;COUNT=3", "has an invalid"),
    ("FREQ=MONTHLY;BYMONTHDAY=0;COUNT=3", "has an invalid"),
    ("FREQ=YEARLY;BYMONTH=13;COUNT=3", "has an invalid"),
])  # fmt: skip
def test_what_is_no_rule_is_refused_with_a_sentence(rule: str, said: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        occurrences(rule, datetime(2026, 11, 30, 10, 0), ZoneInfo("UTC"))
    assert said in refused.value.errors["rule"]


def test_little_is_searched_for_a_date_that_never_comes() -> None:
    """A thirtieth of February is looked for in the last years of the cycle, not in eight thousand."""
    calls = Counter[str]()
    sys.setprofile(lambda _, event, __: calls.update([event]))
    try:
        with pytest.raises(ValidationFailed):
            occurrences("FREQ=DAILY;COUNT=1;BYMONTH=2;BYMONTHDAY=30", datetime(2026, 11, 30), ZoneInfo("UTC"))
    finally:
        sys.setprofile(None)
    assert calls.total() < 3_000_000, calls


def test_a_moved_rule_has_its_dates_later_by_as_much() -> None:
    zone, first = ZoneInfo("America/New_York"), datetime(2026, 11, 30, 10, 0)
    for rule in (
        "FREQ=WEEKLY;COUNT=5",
        "FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20270131T100000",
        "FREQ=DAILY;COUNT=9",
    ):
        for by in (timedelta(hours=2), timedelta(days=1), timedelta(days=-2, hours=3), timedelta(hours=-11)):
            before = occurrences(rule, first, zone)
            after = occurrences(moved(rule, first, by, zone), first + by, zone)
            assert {wall + by for wall in before} >= set(after), (rule, by)
            assert len(after) >= len(before) - 1, (rule, by)


def test_an_end_is_kept_in_wall_time() -> None:
    zone = ZoneInfo("America/New_York")
    assert in_wall_time("RRULE:FREQ=DAILY;UNTIL=20261105T150000Z", zone) == "FREQ=DAILY;UNTIL=20261105T100000"
    assert in_wall_time("freq=daily;until=20261105", zone) == "FREQ=DAILY;UNTIL=20261105T235959"
    assert written({"COUNT": "3", "FREQ": "DAILY"}) == "FREQ=DAILY;COUNT=3"
