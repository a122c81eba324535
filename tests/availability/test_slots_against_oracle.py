"""Random rules, claims and closings around changes of the clocks: the engine must equal the brute force."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra24.availability import (
    Blackout,
    Busy,
    Explanation,
    Member,
    Timetable,
    explain,
    free_hosts,
    free_starts,
    nearest,
    parse,
)
from tests.availability.oracle import Oracle

DAY = 86_400
PEOPLE = ("ann@example.org", "bob@example.org", "cyd@example.org")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOMENTS = (
    ("America/New_York", "2025-03-09"),
    ("America/New_York", "2025-11-02"),
    ("Europe/London", "2025-03-30"),
    ("Europe/London", "2025-10-26"),
    ("Australia/Lord_Howe", "2025-04-06"),
    ("Australia/Lord_Howe", "2025-10-05"),
    ("Africa/Casablanca", "2025-02-23"),
    ("Africa/Casablanca", "2025-04-06"),
    ("Asia/Beirut", "2025-03-30"),
    ("Asia/Beirut", "2025-10-26"),
    ("America/Havana", "2025-03-09"),
    ("America/Havana", "2025-11-02"),
    ("Pacific/Chatham", "2025-04-06"),
    ("Pacific/Chatham", "2025-09-28"),
    ("America/St_Johns", "2010-11-07"),  # 00:01 went back to 23:01 of the day before
    ("Pacific/Apia", "2011-12-30"),  # a date that no clock showed
    ("Pacific/Kiritimati", "2026-01-01"),
    ("Etc/GMT+12", "2025-12-31"),
)
ZONES = sorted({name for name, _ in MOMENTS})
FAST = settings(
    max_examples=300,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def clock(minutes: int) -> str:
    """HH:MM."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def few(what: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[list[Any]]:
    """None at all, or some: most timetables shall offer something."""
    return st.just([]) | st.lists(what, max_size=most)


@st.composite
def times(draw: st.DrawFn) -> dict[str, str]:
    """A start and an end of day, more often in the night, when clocks change."""
    quarters = st.integers(0, 95).map(lambda quarter: quarter * 15)
    start = draw(st.sampled_from((0, 1, 15, 30, 60, 90, 120, 165, 180)) | quarters | st.integers(0, 1_439))
    longest = 1_440 - start
    lengths = st.sampled_from((longest, (longest + 1) // 2, 30, 60)) | st.integers(1, 240)
    length = min(longest, draw(lengths))
    return {"start": clock(start), "end": clock(start + length)}


@st.composite
def windows(draw: st.DrawFn, hosts: tuple[str | None, ...]) -> dict[str, Any]:
    """A window of one of some hosts; None is the resource itself."""
    host = draw(st.sampled_from(hosts))
    by = {"by": "resource"} if host is None else {"by": "host", "host": host}
    days = draw(st.just(list(WEEKDAYS)) | st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=4))
    return {**by, "days": days, **draw(times())}


@st.composite
def blackouts(draw: st.DrawFn, around: date) -> dict[str, Any]:
    """A date or a range near a date, for all of the day or part of it."""
    first = around + timedelta(days=draw(st.integers(-3, 3)))
    last = first + timedelta(days=draw(st.integers(0, 2)))
    on: dict[str, Any] = {"range": [str(first), str(last)]} if draw(st.booleans()) else {"date": str(first)}
    return {**on, **draw(times() | st.just({"reason": "away"}))}


@st.composite
def documents(draw: st.DrawFn, zone: str, around: date) -> dict[str, Any]:
    """The rules of one resource as JSON."""
    opening_whom = draw(st.sampled_from(((None,), PEOPLE, PEOPLE[:1], (None, *PEOPLE[:2]))))
    opened = draw(st.lists(windows(opening_whom), min_size=1, max_size=5))
    named = sorted({window["host"] for window in opened if "host" in window})
    ways = ("any", "round_robin", "collective", "fixed") if named else ("any", "round_robin", "collective")
    pooling = draw(st.sampled_from(ways))
    most = st.none() | st.integers(1, 4)
    document = {
        "timezone": zone,
        "windows": opened,
        "pooling": pooling,
        "slot_minutes": draw(st.sampled_from((15, 30, 45, 60, 90)) | st.integers(1, 200)),
        "step_minutes": draw(st.sampled_from((15, 20, 30, 60, 90)) | st.integers(7, 200)),
        "buffer_before": draw(st.sampled_from((0, 0, 10, 45))),
        "buffer_after": draw(st.sampled_from((0, 0, 5, 60))),
        "min_notice_minutes": draw(st.sampled_from((0, 0, 0, 1, 90, 1_500))),
        "horizon_days": draw(st.sampled_from((30, 30, 30, 3, 1))),
        "max_per_day_per_host": draw(most),
        "max_per_week_per_host": draw(most),
        "blackouts": draw(few(blackouts(around), 2)),
    }
    if draw(st.booleans()):
        document["durations"] = draw(st.lists(st.sampled_from((30, 45, 60, 240)), min_size=1, max_size=2))
    if pooling == "fixed":
        document["fixed_host"] = draw(st.sampled_from(named))
    return document


@st.composite
def claims(draw: st.DrawFn, anchor: int, units: int, number: int) -> Busy:
    """A claim near the anchor; some begin on the quarter of the hour and some anywhere."""
    near = st.integers(-3 * 96, 3 * 96).map(lambda n: n * 900)
    start = anchor + draw(near | st.integers(-2 * DAY, 2 * DAY))
    length = draw(st.sampled_from((1, 600, 1_800, 3_600, 7_200, 30_000)))
    booked = start + draw(st.integers(0, length - 1))
    return Busy(start, start + length, draw(st.integers(1, units)), booked, f"claim {number}")


@st.composite
def members(draw: st.DrawFn, key: str, email: str | None, anchor: int, around: date) -> Member:
    """A host, or the resource itself when there is no e-mail, with claims and time off."""
    capacity = 1 if email else draw(st.integers(1, 3))
    units = 1 if email else capacity + 1  # a unit that is gone may still have a claim
    numbers = range(draw(st.sampled_from((0, 1, 2, 4, 6 * capacity))))
    zone = draw(st.none() | st.sampled_from(ZONES).map(ZoneInfo))
    off = draw(few(blackouts(around), 1))
    closed = parse({"blackouts": off}, zone="UTC", people=()).blackouts
    busy = tuple(draw(claims(anchor, units, number)) for number in numbers)
    return Member(key, email, capacity, busy, closed, zone)


@st.composite
def timetables(draw: st.DrawFn) -> Timetable:
    """All that decides what is offered, within some days of a change of the clocks."""
    zone, moment = draw(st.sampled_from(MOMENTS))
    around = date.fromisoformat(moment)
    anchor = int(datetime(around.year, around.month, around.day, 5, tzinfo=UTC).timestamp())
    rules = parse(draw(documents(zone, around)), zone="UTC", people=PEOPLE)
    present = list(rules.hosts)
    if present and draw(st.integers(0, 4)) == 4:
        present = draw(st.lists(st.sampled_from(present), unique=True))
    hosts = tuple(draw(members(email.upper(), email, anchor, around)) for email in present)
    has_place = rules.opens_itself or draw(st.booleans())
    place = draw(members("place", None, anchor, around)) if has_place else None
    first = anchor + draw(st.integers(-30, 12)) * 3_600 + draw(st.sampled_from((0, 0, 1, 1_799)))
    last = first + draw(st.sampled_from((3 * DAY, DAY)) | st.integers(0, 3 * DAY))
    now = draw(st.sampled_from((first - 2 * DAY, first - 60)) | st.integers(first - DAY, first + DAY))
    offered = st.sampled_from(rules.durations).map(lambda minutes: minutes * 60)
    length = draw(st.sampled_from((60, 2_700)) if draw(st.integers(0, 19)) == 19 else offered)
    return Timetable(rules, now, (first, last), length, hosts, place)


def near(oracle: Oracle, data: st.DataObject) -> list[int]:
    """Starts to ask about: some of every grid, offered or not, and some between or outside."""
    timetable = oracle.timetable
    first, last = timetable.span
    emails = [None, *(host.email for host in timetable.hosts)]
    grid = sorted(set().union(*(oracle.grid(email) for email in emails)))
    some = data.draw(st.lists(st.sampled_from(grid), max_size=12)) if grid else []
    off = [start + data.draw(st.sampled_from((-60, -1, 1, 60, 420))) for start in some[:4]]
    any_at_all = data.draw(st.lists(st.integers(first - DAY, last + DAY), max_size=4))
    return [*some, *off, *any_at_all, first, last]


@FAST
@given(timetables())
def test_exactly_the_starts_of_the_brute_force_are_offered(timetable: Timetable) -> None:
    assert free_starts(timetable) == Oracle(timetable).free_starts()


@FAST
@given(timetables())
def test_each_offered_start_lists_exactly_the_hosts_who_are_free(timetable: Timetable) -> None:
    oracle = Oracle(timetable)
    expected = {
        start: [host.key for host in oracle.pool() if oracle.host_is_free(host, start)]
        for start in oracle.free_starts()
    }
    found = free_hosts(timetable)
    assert found == expected
    assert list(found) == sorted(found)


@FAST
@given(timetables(), st.data())
def test_a_start_is_explained_as_free_exactly_when_it_is_offered(
    timetable: Timetable, data: st.DataObject
) -> None:
    oracle = Oracle(timetable)
    offered = set(free_starts(timetable))
    for start in [*sorted(offered)[:10], *near(oracle, data)]:
        answer = explain(timetable, start)
        assert answer.start == start
        assert answer.free == (start in offered)
        assert answer.free == (not answer.reasons)
        assert all(reason.sentence for reason in answer.reasons)


@FAST
@given(timetables(), st.data())
def test_each_reason_given_is_true_and_none_that_is_true_is_missing(
    timetable: Timetable, data: st.DataObject
) -> None:
    oracle = Oracle(timetable)
    first, last = timetable.span
    windows = {"outside_hours", "off_grid", "no_hosts"}
    for start in near(oracle, data):
        if not first <= start < last:
            continue
        answer = explain(timetable, start)
        if oracle.wrong_length():  # then nothing of that length is looked at
            assert codes(answer) == {"wrong_length"}
            continue
        assert codes(answer) - windows == oracle.common_reasons(start)
        for host in oracle.pool():
            told = {reason.code for reason in answer.hosts[host.key]}
            assert told == host_reasons(oracle, host, start)


def codes(answer: Explanation) -> set[str]:
    """The codes that hold for everyone."""
    return {reason.code for reason in answer.common}


def host_reasons(oracle: Oracle, host: Member, start: int) -> set[str]:
    """The codes that hold for one host."""
    on_grid = start in oracle.grid(host.email)
    fits = oracle.fits(host.email, start)
    found = {
        "outside_hours": not fits,
        "off_grid": fits and not on_grid,
        "time_off": oracle.time_off(host, start),
        "taken": oracle.taken(host, start),
        "day_limit": oracle.day_limit(host, start),
        "week_limit": oracle.week_limit(host, start),
    }
    return {code for code, holds in found.items() if holds}


@FAST
@given(timetables(), st.integers(1, 90))
def test_asking_for_part_of_a_span_gives_part_of_the_answer(timetable: Timetable, hours: int) -> None:
    first, last = timetable.span
    middle = min(last, first + hours * 3_600)
    halves = [
        Timetable(timetable.rules, timetable.now, span, timetable.length, timetable.hosts, timetable.place)
        for span in ((first, middle), (middle, last))
    ]
    assert free_starts(halves[0]) + free_starts(halves[1]) == free_starts(timetable)


@given(st.lists(st.integers(0, 50), unique=True).map(sorted), st.integers(-5, 55), st.integers(1, 5))
@settings(deadline=None, database=None)
def test_the_nearest_starts_are_closer_than_all_others(starts: list[int], wanted: int, count: int) -> None:
    found = nearest(starts, wanted, count)
    assert found == sorted(found)
    assert len(found) == min(count, len(starts))
    others = set(starts) - set(found)
    assert all((abs(f - wanted), f) < (abs(o - wanted), o) for f in found for o in others)


# What the random tests found, as small as it gets.


def opening(**changes: Any) -> dict[str, Any]:
    """Rules that open Ann from 9 to 12 on every day, in UTC, with changes."""
    window = {"by": "host", "host": PEOPLE[0], "days": list(WEEKDAYS), "start": "09:00", "end": "12:00"}
    return {"timezone": "UTC", "slot_minutes": 60, "windows": [window], **changes}


def by_itself(**changes: Any) -> dict[str, Any]:
    """Rules that open the resource itself from 9 to 12."""
    window = {"by": "resource", "days": list(WEEKDAYS), "start": "09:00", "end": "12:00"}
    return opening(windows=[window], **changes)


def on_a_monday(document: dict[str, Any], hosts: tuple[Member, ...], place: Member | None) -> Timetable:
    """The timetable of 2025-06-02, an hour at a time."""
    midnight = int(datetime(2025, 6, 2, tzinfo=UTC).timestamp())
    rules = parse(document, zone="UTC", people=PEOPLE)
    return Timetable(rules, midnight, (midnight, midnight + DAY), 3_600, hosts, place)


def test_a_start_is_refused_with_a_reason_when_the_fixed_host_is_gone() -> None:
    other = {"by": "host", "host": PEOPLE[1], "days": list(WEEKDAYS), "start": "09:00", "end": "12:00"}
    document = opening(pooling="fixed", fixed_host=PEOPLE[0])
    document["windows"].append(other)
    timetable = on_a_monday(document, (Member("bob", PEOPLE[1]),), None)
    answer = explain(timetable, timetable.now + 9 * 3_600)
    assert not answer.free
    assert [reason.code for reason in answer.reasons] == ["no_hosts"]


@pytest.mark.parametrize("capacity", [1, 2, 3])
def test_a_claim_on_a_unit_that_is_gone_takes_nothing(capacity: int) -> None:
    """All units but the last are taken, and so is one that was there before."""
    nine = on_a_monday(by_itself(), (), None).now + 9 * 3_600
    units = [*range(1, capacity), capacity + 1]
    busy = tuple(Busy(nine, nine + 3_600, unit, nine, f"claim {unit}") for unit in units)
    timetable = on_a_monday(by_itself(), (), Member("room", None, capacity, busy))
    assert free_starts(timetable) == [nine, nine + 3_600, nine + 7_200]


def test_a_booking_may_touch_what_is_closed_and_what_is_taken() -> None:
    closed = {"date": "2025-06-02", "start": "10:00", "end": "11:00"}
    timetable = on_a_monday(by_itself(blackouts=[closed]), (), None)
    nine, eleven = (timetable.now + hour * 3_600 for hour in (9, 11))
    assert free_starts(timetable) == [nine, eleven]
    claim = Busy(nine + 3_600, eleven, 1, nine + 3_600, "claim")
    timetable = on_a_monday(by_itself(), (), Member("room", None, 1, (claim,)))
    assert free_starts(timetable) == [nine, eleven]
    buffered = on_a_monday(by_itself(buffer_after=1), (), Member("room", None, 1, (claim,)))
    assert free_starts(buffered) == [eleven]


def test_a_host_away_in_another_zone_is_away_by_their_own_clock() -> None:
    away = Blackout(date(2025, 6, 2), date(2025, 6, 2), 0, DAY)
    host = Member("ann", PEOPLE[0], closed=(away,), zone=ZoneInfo("Pacific/Kiritimati"))
    timetable = on_a_monday(opening(), (host,), None)
    nine = timetable.now + 9 * 3_600
    assert free_starts(timetable) == [nine + 3_600, nine + 7_200]  # 10:00 UTC begins their Tuesday
