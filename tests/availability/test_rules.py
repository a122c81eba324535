"""The rules JSON is read as the mission wrote it, and everything wrong with it is named at once."""

import json
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra24.availability import (
    NO_HOLIDAYS,
    Holidays,
    HostTerms,
    Kind,
    Limit,
    LimitScope,
    Override,
    Period,
    Pooling,
    Rules,
    TravelPeriod,
    Window,
    parse,
)
from infra24.availability.rules_reader import KEYS, LIMITS
from infra24.errors import ValidationFailed

FAST = settings(max_examples=400, deadline=None, database=None)
PEOPLE = ("mo@oolite.org", "Ann@Example.org")
MISSION: dict[str, Any] = json.loads("""{
  "timezone": "America/New_York", "slot_minutes": 30, "buffer_before": 10, "buffer_after": 10,
  "max_per_day_per_host": 4,
  "windows": [{"by": "host", "host": "mo@oolite.org", "days": ["Tuesday", "Wednesday", "Thursday"],
               "start": "12:00", "end": "16:00"}],
  "blackouts": [{"date": "2025-10-21"}, {"range": ["2025-11-25", "2025-11-28"]}],
  "pooling": "round_robin"}""")
WINDOW: dict[str, Any] = MISSION["windows"][0]
TOO_BIG = 10**30
DAY = 86_400
HOUR = 3_600
FEASTS = Holidays({20_000: "Feast"}, ZoneInfo("Europe/London"))


def read(document: Any) -> Rules:
    """The rules of an organization in London with two people."""
    return parse(document, zone="Europe/London", people=PEOPLE)


def problems(document: Any) -> dict[str, str]:
    """What is wrong, by path."""
    with pytest.raises(ValidationFailed) as refused:
        read(document)
    return refused.value.errors


def window(**changes: Any) -> dict[str, Any]:
    """Rules with one window that differs from the mission's."""
    return {"windows": [{**WINDOW, **changes}]}


def opened(**changes: Any) -> dict[str, Any]:
    """Rules with Mo's window and something else."""
    return {"windows": [WINDOW], **changes}


def without(key: str) -> dict[str, Any]:
    """Rules with one window that lacks a key."""
    return {"windows": [{k: v for k, v in WINDOW.items() if k != key}]}


def off(first: date, last: date, start: int = 0, end: int = DAY, reason: str = "") -> Override:
    """A blackout."""
    return Override(first, last, Kind.OFF, ((start, end),), reason)


# What is right.


def test_the_rules_of_the_mission_are_read_as_they_stand() -> None:
    rules = read(MISSION)
    assert rules.zone == ZoneInfo("America/New_York")
    assert (rules.slot_minutes, rules.step_minutes, rules.durations) == (30, 30, (30,))
    assert (rules.buffer_before, rules.buffer_after) == (10, 10)
    assert rules.limits == (Limit(LimitScope.HOST, Period.DAY, 4),)
    assert rules.windows == (Window("mo@oolite.org", (1, 2, 3), 12 * 3_600, 16 * 3_600),)
    assert rules.blackouts == (
        off(date(2025, 10, 21), date(2025, 10, 21)),
        off(date(2025, 11, 25), date(2025, 11, 28)),
    )
    assert rules.pooling is Pooling.ROUND_ROBIN
    assert rules.hosts == ("mo@oolite.org",)
    assert (rules.overrides, rules.travels, rules.keeps_holidays, rules.series_most) == ((), (), True, 0)
    assert rules.longest_minutes == 50


@pytest.mark.parametrize("document", [{}, None])
def test_no_rules_are_rules_that_open_nothing(document: Any) -> None:
    rules = read(document)
    assert rules.zone == ZoneInfo("Europe/London")
    assert (rules.windows, rules.blackouts, rules.hosts) == ((), (), ())
    assert (rules.slot_minutes, rules.pooling, rules.horizon_days) == (30, Pooling.ANY, 180)


def test_every_key_is_read() -> None:
    document = {
        "timezone": "Asia/Beirut",
        "slot_minutes": 45,
        "step_minutes": 15,
        "durations": [90, 45, 90],
        "buffer_before": 1,
        "buffer_after": 2,
        "min_notice_minutes": 3,
        "horizon_days": 4,
        **{key: n for n, key in enumerate(LIMITS, 5)},
        "cancel_notice_minutes": 9,
        "reschedule_notice_minutes": 10,
        "hold_minutes": 11,
        "reminder_hours": [48, 1, 48],
        "approval": True,
        "series_most": 12,
        "holidays": False,
        "travel": [{"date": "2025-01-03", "timezone": "Asia/Tokyo"}],
        "overrides": [
            {"date": "2025-01-02", "hours": []},
            {"range": ["2025-01-04", "2025-01-05"], "extra": [{"start": "20:00", "end": "24:00"}]},
            {
                "date": "2025-01-06",
                "off": True,
                "reason": "ill",
                "colleague": " ANN@example.org",
                "host": "Mo@oolite.org",
            },
        ],
        "windows": [WINDOW, {"by": "resource", "days": ["mon", "SUNDAY"], "start": "00:00", "end": "24:00"}],
        "blackouts": [{"date": "2025-01-01", "start": "10:00", "end": "11:30", "reason": "stocktaking"}],
        "pooling": "fixed",
        "fixed_host": "MO@oolite.org",
        "hosts": [{"host": "Mo@Oolite.org", "priority": 2, "weight": 50}],
    }
    rules = read(document)
    assert set(document) == set(KEYS)
    assert rules.zone == ZoneInfo("Asia/Beirut")
    assert (rules.slot_minutes, rules.step_minutes, rules.durations) == (45, 15, (45, 90))
    assert (rules.buffer_before, rules.buffer_after, rules.min_notice_minutes) == (1, 2, 3)
    assert rules.horizon_days == 4
    assert rules.limits == tuple(
        Limit(scope, period, n, minutes) for n, (scope, period, minutes) in enumerate(LIMITS.values(), 5)
    )
    assert (rules.series_most, rules.keeps_holidays) == (12, False)
    assert rules.travels == (TravelPeriod(date(2025, 1, 3), date(2025, 1, 3), ZoneInfo("Asia/Tokyo")),)
    ann, mo = "ann@example.org", "mo@oolite.org"
    assert rules.overrides == (
        Override(date(2025, 1, 2), date(2025, 1, 2), Kind.INSTEAD, ()),
        Override(date(2025, 1, 4), date(2025, 1, 5), Kind.EXTRA, ((20 * HOUR, DAY),)),
        Override(date(2025, 1, 6), date(2025, 1, 6), Kind.OFF, ((0, DAY),), "ill", ann, mo),
    )
    assert (rules.cancel_notice_minutes, rules.reschedule_notice_minutes) == (9, 10)
    assert (rules.hold_minutes, rules.approval, rules.reminder_hours) == (11, True, (1, 48))
    assert rules.windows[1] == Window(None, (0, 6), 0, 86_400)
    assert rules.blackouts == (off(date(2025, 1, 1), date(2025, 1, 1), 36_000, 41_400, "stocktaking"),)
    assert (rules.pooling, rules.fixed_host) == (Pooling.FIXED, "mo@oolite.org")
    assert rules.terms == {"mo@oolite.org": HostTerms(2, 50)}


@pytest.mark.parametrize(
    "document",
    [
        {"windows": [{**WINDOW, "host": " MO@Oolite.org "}], "fixed_host": " MO@Oolite.org "},
        {"windows": [{**WINDOW, "host": " MO@Oolite.org "}], "hosts": [{"host": " MO@Oolite.org "}]},
        {"windows": [{**WINDOW, "host": "ann@example.ORG"}]},
    ],
)
def test_a_host_is_known_wherever_they_are_named_whatever_the_case_and_the_spaces(document: Any) -> None:
    assert read(document).hosts in (("mo@oolite.org",), ("ann@example.org",))


def test_the_only_host_is_the_fixed_one_when_none_is_named() -> None:
    assert read(opened(pooling="fixed")).fixed_host == "mo@oolite.org"


@pytest.mark.parametrize(
    ("key", "scope", "period", "minutes"),
    [
        ("max_per_day_per_host", LimitScope.HOST, Period.DAY, False),
        ("max_per_week_per_booker", LimitScope.BOOKER, Period.WEEK, False),
        ("max_per_month", LimitScope.OFFER, Period.MONTH, False),
        ("max_minutes_per_day", LimitScope.OFFER, Period.DAY, True),
        ("max_minutes_per_week_per_host", LimitScope.HOST, Period.WEEK, True),
        ("max_minutes_per_month_per_booker", LimitScope.BOOKER, Period.MONTH, True),
    ],
)
def test_a_limit_counts_bookings_or_minutes_of_someone_in_a_period(
    key: str, scope: LimitScope, period: Period, minutes: bool
) -> None:
    rules = read({key: 5})
    assert rules.limits == rules.limits_of(scope) == (Limit(scope, period, 5, minutes),)
    assert read({key: None}).limits == ()
    most = 44_640 if minutes else 1_000
    assert read({key: most}).limits[0].most == most
    assert problems({key: most + 1}) == {key: f"must be a whole number from 1 to {most}"}
    assert problems({key: 0}) == {key: f"must be a whole number from 1 to {most}"}


def test_there_are_limits_of_each_kind() -> None:
    assert len(LIMITS) == len(LimitScope) * len(Period) * 2
    assert set(LIMITS) <= set(KEYS)


@pytest.mark.parametrize(
    ("said", "kind", "hours"),
    [
        ({"hours": []}, Kind.INSTEAD, ()),
        ({"hours": [{"start": "08:00", "end": "09:00"}]}, Kind.INSTEAD, ((8 * HOUR, 9 * HOUR),)),
        (
            {"extra": [{"start": "08:00", "end": "09:00"}, {"start": "08:30", "end": "24:00"}]},
            Kind.EXTRA,
            ((8 * HOUR, 9 * HOUR), (8 * HOUR + 1_800, DAY)),
        ),
        ({"off": True}, Kind.OFF, ((0, DAY),)),
        ({"off": [{"start": "00:00", "end": "09:00"}]}, Kind.OFF, ((0, 9 * HOUR),)),
    ],
)
def test_an_override_says_hours_instead_besides_or_off(
    said: dict[str, Any], kind: Kind, hours: tuple[tuple[int, int], ...]
) -> None:
    day = date(2025, 10, 21)
    assert read({"overrides": [{"date": "2025-10-21", **said}]}).overrides == (
        Override(day, day, kind, hours),
    )
    (found,) = read({"overrides": [{"range": ["2025-10-21", "2025-10-23"], **said}]}).overrides
    assert (found.first, found.last, found.hours) == (day, date(2025, 10, 23), hours)


def test_each_host_has_their_own_schedule_and_the_resource_its_own() -> None:
    document = {
        "windows": [WINDOW, {"by": "resource", "days": ["Mon"], "start": "00:00", "end": "24:00"}],
        "overrides": [{"date": "2025-10-21", "off": True, "host": WINDOW["host"]},
                      {"date": "2025-10-22", "hours": []}],
        "blackouts": [{"date": "2025-10-23"}],
        "travel": [{"date": "2025-10-24", "timezone": "Asia/Tokyo"}],
    }  # fmt: skip
    rules = read(document)
    mo, own = rules.schedule("mo@oolite.org", FEASTS), rules.schedule(None, FEASTS)
    assert (mo.weekly, own.weekly) == ((((1, 2, 3), 12 * HOUR, 16 * HOUR),), (((0,), 0, DAY),))
    assert [o.first.day for o in mo.overrides] == [21]
    assert [o.first.day for o in own.overrides] == [22]
    assert (mo.travels, own.travels) == ((), rules.travels)
    assert mo.holidays is own.holidays is FEASTS
    assert mo.zone == own.zone == ZoneInfo("Europe/London")
    assert rules.schedule("ann@example.org").has_hours is False
    everywhere = rules.own_schedule(FEASTS, "blackout")
    assert [o.first.day for o in everywhere.overrides] == [22, 23]
    assert (everywhere.off_code, rules.own_schedule().off_code) == ("blackout", "time_off")


def test_rules_that_keep_no_holidays_have_none() -> None:
    rules = read({"holidays": False})
    assert rules.holidays_kept(FEASTS.names) is NO_HOLIDAYS
    kept = read({"timezone": "Asia/Tokyo"}).holidays_kept(FEASTS.names)
    assert (kept.names, kept.zone) == (FEASTS.names, ZoneInfo("Asia/Tokyo"))


def test_reading_leaves_the_document_as_it_was() -> None:
    document = json.loads(json.dumps(MISSION))
    read(document)
    assert document == MISSION


# What is wrong: one path, one sentence.

WHOLE = "must be a whole number from"


def override(*, path: str, sentence: str, **changes: Any) -> tuple[dict[str, Any], str, str]:
    """Rules with one override, off on a date but for changes (... leaves a key out), and what is wrong."""
    return (
        one_of("overrides", {"date": "2025-10-21", "off": True}, changes),
        f"overrides[0].{path}".rstrip("."),
        sentence,
    )


def travel(*, path: str, sentence: str, **changes: Any) -> tuple[dict[str, Any], str, str]:
    """Rules with one journey, and what is wrong with it."""
    return (
        one_of("travel", {"date": "2025-10-21", "timezone": "Asia/Tokyo"}, changes),
        f"travel[0].{path}".rstrip("."),
        sentence,
    )


def one_of(key: str, item: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Rules with one item of a list."""
    return {key: [{k: v for k, v in {**item, **changes}.items() if v is not ...}]}


BY_PATH: list[Any] = [
    ({"slot": 30}, "slot", "is not a known key"),
    (window(colour="red"), "windows[0].colour", "is not a known key"),
    ({"blackouts": [{"date": "2025-10-21", "why": "x"}]}, "blackouts[0].why", "is not a known key"),
    (opened(hosts=[{"host": WINDOW["host"], "rank": 1}]), "hosts[0].rank", "is not a known key"),
    ({"timezone": "America/Nowhere"}, "timezone", "'America/Nowhere' is not a time zone"),
    ({"timezone": "../../etc/passwd"}, "timezone", "is not a time zone"),
    ({"timezone": "America"}, "timezone", "is not a time zone"),
    ({"timezone": ""}, "timezone", "is not a time zone"),
    ({"timezone": 5}, "timezone", "is not a time zone"),
    ({"timezone": "right/Europe/London"}, "timezone", "is not a time zone"),  # 27 leap seconds away
    ({"timezone": "localtime"}, "timezone", "is not a time zone"),  # whatever this machine says
    ({"timezone": "posixrules"}, "timezone", "is not a time zone"),
    (window(start="16:00", end="12:00"), "windows[0].end", "is not after the start"),
    (window(start="12:00", end="12:00"), "windows[0].end", "is not after the start"),
    (window(start="24:00", end="24:00"), "windows[0].end", "is not after the start"),
    (window(end="24:01"), "windows[0].end", "'24:01' is not a time of day"),
    (window(start="7:00"), "windows[0].start", "'7:00' is not a time of day"),
    (window(start="07:60"), "windows[0].start", "is not a time of day"),
    (window(start="12:00\n"), "windows[0].start", "is not a time of day"),
    (window(start="1٠:00"), "windows[0].start", "is not a time of day"),
    (window(start=12), "windows[0].start", "is not a time of day"),
    (window(start=True), "windows[0].start", "is not a time of day"),
    (without("start"), "windows[0].start", "is missing"),
    (without("end"), "windows[0].end", "is missing"),
    (window(days=["Tuesday", "Caturday"]), "windows[0].days[1]", "'Caturday' is not a day of the week"),
    (window(days=[1]), "windows[0].days[0]", "1 is not a day of the week"),
    (window(days=[True]), "windows[0].days[0]", "is not a day of the week"),
    (window(days="Tuesday"), "windows[0].days", "must be a list of days"),
    (window(days=[]), "windows[0].days", "list at least one day"),
    (without("days"), "windows[0].days", "list at least one day"),
    (window(host="who@oolite.org"), "windows[0].host", "'who@oolite.org' is not a person"),
    (window(host=7), "windows[0].host", "must be a text"),
    (without("host"), "windows[0].host", "names the host"),
    (window(by="resource"), "windows[0].host", "leave the host out"),
    (window(by="moon"), "windows[0].by", "'moon' is neither host nor resource"),
    (window(by=["host"]), "windows[0].by", "is neither host nor resource"),
    ({"windows": {}}, "windows", "must be a list"),
    ({"windows": None}, "windows", "must be a list"),
    ({"windows": ["Tuesday"]}, "windows[0]", "must be an object"),
    ({"windows": [WINDOW] * 501}, "windows", "at most 500"),
    ({"blackouts": "2025-10-21"}, "blackouts", "must be a list"),
    ({"blackouts": ["2025-10-21"]}, "blackouts[0]", "must be an object"),
    ({"blackouts": [{"date": "2025-02-29"}]}, "blackouts[0].date", "'2025-02-29' is not a date"),
    ({"blackouts": [{"date": "20251021"}]}, "blackouts[0].date", "is not a date"),
    ({"blackouts": [{"date": "21/10/2025"}]}, "blackouts[0].date", "write it as YYYY-MM-DD"),
    ({"blackouts": [{"date": 20251021}]}, "blackouts[0].date", "is not a date"),
    ({"blackouts": [{"date": None}]}, "blackouts[0].date", "is not a date"),
    ({"blackouts": [{"range": ["2025-11-28", "2025-11-25"]}]}, "blackouts[0].range", "ends before it starts"),
    ({"blackouts": [{"range": ["2025-11-25"]}]}, "blackouts[0].range", "two dates"),
    ({"blackouts": [{"range": "2025-11-25"}]}, "blackouts[0].range", "two dates"),
    ({"blackouts": [{"range": ["2025-11-25", "soon"]}]}, "blackouts[0].range", "'soon' is not a date"),
    ({"blackouts": [{}]}, "blackouts[0]", "either a date or a range"),
    ({"blackouts": [{"date": "2025-11-25", "range": ["2025-11-25"] * 2}]}, "blackouts[0]", "a date or"),
    ({"blackouts": [{"date": "2025-11-25", "end": "00:00"}]}, "blackouts[0].end", "is not after the start"),
    ({"blackouts": [{"date": "2025-11-25", "start": "noon"}]}, "blackouts[0].start", "is not a time of day"),
    ({"blackouts": [{"date": "2025-11-25", "reason": 5}]}, "blackouts[0].reason", "must be a text"),
    ({"blackouts": [{"date": "2025-11-25", "reason": "x" * 201}]}, "blackouts[0].reason", "200 characters"),
    ({"overrides": {}}, "overrides", "must be a list"),
    ({"overrides": None}, "overrides", "must be a list"),
    ({"overrides": ["2025-10-21"]}, "overrides[0]", "must be an object"),
    ({"overrides": [7]}, "overrides[0]", "must be an object"),
    ({"overrides": [{"date": "2025-10-21", "off": True}] * 501}, "overrides", "at most 500"),
    override(date="2025-02-29", path="date", sentence="'2025-02-29' is not a date"),
    override(date=20251021, path="date", sentence="is not a date"),
    override(range=["2025-11-25", "2025-11-28"], path="", sentence="either a date or a range"),
    override(date=..., path="", sentence="either a date or a range"),
    override(date=..., range=["2025-11-28", "2025-11-25"], path="range", sentence="ends before it starts"),
    override(date=..., range="2025-11-25", path="range", sentence="two dates"),
    override(off=..., path="", sentence="needs one of hours"),
    override(hours=[], path="", sentence="needs one of hours"),
    override(extra=[{"start": "08:00", "end": "09:00"}], path="", sentence="needs one of hours"),
    override(off=False, path="off", sentence="must be a list"),
    override(off=1, path="off", sentence="must be a list"),
    override(off=None, path="off", sentence="must be a list"),
    override(off=[], path="off", sentence="list at least one start and end, or true"),
    override(off=["08:00"], path="off[0]", sentence="must be an object"),
    override(off=[{"start": "08:00"}], path="off[0].end", sentence="is missing"),
    override(off=[{"end": "08:00"}], path="off[0].start", sentence="is missing"),
    override(off=[{"start": "8", "end": "09:00"}], path="off[0].start", sentence="'8' is not a time of day"),
    override(off=[{"start": "08:00", "end": "08:00"}], path="off[0].end", sentence="is not after the start"),
    override(off=[{"start": "08:00", "end": "09:00", "why": 1}], path="off[0].why", sentence="known key"),
    override(off=..., extra=[], path="extra", sentence="list at least one start and end"),
    override(off=..., extra=True, path="extra", sentence="must be a list"),
    override(off=..., hours=True, path="hours", sentence="must be a list"),
    override(off=..., hours={}, path="hours", sentence="must be a list"),
    override(off=..., hours=[{"start": "09:00", "end": "08:00"}], path="hours[0].end", sentence="after the"),
    override(
        off=..., hours=[], colleague="ann@example.org", path="colleague", sentence="only together with off"
    ),
    override(colleague="who@oolite.org", path="colleague", sentence="'who@oolite.org' is not a person"),
    override(colleague=5, path="colleague", sentence="must be a text"),
    override(host="who@oolite.org", path="host", sentence="'who@oolite.org' is not a person"),
    override(host=5, path="host", sentence="must be a text"),
    override(reason=5, path="reason", sentence="must be a text"),
    override(reason="x" * 201, path="reason", sentence="200 characters"),
    override(why="x", path="why", sentence="is not a known key"),
    ({"travel": {}}, "travel", "must be a list"),
    ({"travel": ["Asia/Tokyo"]}, "travel[0]", "must be an object"),
    travel(timezone=..., path="timezone", sentence="is missing; write an IANA name"),
    travel(timezone="Mars", path="timezone", sentence="'Mars' is not a time zone"),
    travel(timezone=9, path="timezone", sentence="is not a time zone"),
    travel(date=..., path="", sentence="either a date or a range"),
    travel(date="soon", path="date", sentence="'soon' is not a date"),
    travel(range=["2025-11-25", "2025-11-28"], path="", sentence="either a date or a range"),
    travel(why="x", path="why", sentence="is not a known key"),
    ({"holidays": 1}, "holidays", "must be true or false"),
    ({"holidays": None}, "holidays", "must be true or false"),
    ({"holidays": ["2025-12-25"]}, "holidays", "must be true or false"),
    ({"series_most": 367}, "series_most", f"{WHOLE} 0 to 366"),
    ({"max_per_year": 5}, "max_per_year", "is not a known key"),
    ({"max_per_day_per_resource": 5}, "max_per_day_per_resource", "is not a known key"),
    ({"pooling": "random"}, "pooling", "'random' is not a way of pooling; known are round_robin"),
    ({"pooling": ["any"]}, "pooling", "is not a way of pooling"),
    ({"pooling": None}, "pooling", "is not a way of pooling"),
    ({"pooling": "fixed"}, "fixed_host", "say which host is fixed"),
    (opened(fixed_host="ann@example.org"), "fixed_host", "is not a host of any window"),
    (opened(fixed_host=1), "fixed_host", "must be a text"),
    (opened(hosts={}), "hosts", "must be a list of hosts"),
    (opened(hosts=["mo@oolite.org"]), "hosts[0]", "must be an object"),
    (opened(hosts=[{"host": "ann@example.org"}]), "hosts[0].host", "is not a host of any window"),
    (opened(hosts=[{"weight": 5}]), "hosts[0].host", "is missing"),
    (opened(hosts=[{"host": 5}]), "hosts[0].host", "must be a text"),
    (opened(hosts=[{"host": WINDOW["host"], "weight": 0}]), "hosts[0].weight", f"{WHOLE} 1 to 1000"),
    (opened(hosts=[{"host": WINDOW["host"], "priority": -1}]), "hosts[0].priority", f"{WHOLE} 0 to 100"),
    (opened(hosts=[{"host": WINDOW["host"]}] * 2), "hosts[1].host", "twice"),
    ({"durations": 30}, "durations", "must be a list of lengths"),
    ({"durations": []}, "durations", "must be a list of lengths"),
    ({"durations": [30, 0]}, "durations", WHOLE),
    ({"durations": [True]}, "durations", WHOLE),
    ({"durations": [30, TOO_BIG]}, "durations", WHOLE),
    ({"reminder_hours": 24}, "reminder_hours", "must be a list of at most 5 numbers of hours"),
    ({"reminder_hours": [1, 2, 3, 4, 5, 6]}, "reminder_hours", "at most 5"),
    ({"reminder_hours": [0]}, "reminder_hours", f"{WHOLE} 1 to 720"),
    ({"reminder_hours": ["1"]}, "reminder_hours", WHOLE),
    ({"approval": 1}, "approval", "must be true or false"),
    ({"approval": "yes"}, "approval", "must be true or false"),
]
NUMBERS = [
    key for key in KEYS if key.endswith(("_minutes", "_days")) or key in LIMITS or key == "series_most"
]
NOT_NUMBERS = [True, False, "30", 30.0, float("nan"), float("inf"), -1, TOO_BIG, -TOO_BIG, [], {}]


@pytest.mark.parametrize(("document", "path", "sentence"), BY_PATH)
def test_what_is_wrong_is_named_by_its_path_and_nothing_else_is(
    document: dict[str, Any], path: str, sentence: str
) -> None:
    found = problems(document)
    assert list(found) == [path]
    assert sentence in found[path]


@pytest.mark.parametrize("value", NOT_NUMBERS, ids=repr)
@pytest.mark.parametrize("key", [*NUMBERS, "buffer_before", "buffer_after"])
def test_a_number_is_a_whole_number_in_its_range(key: str, value: Any) -> None:
    found = problems({key: value})
    assert list(found) == [key]
    assert found[key].startswith(WHOLE)


@pytest.mark.parametrize("document", [[], "rules", 5, True, float("nan"), [MISSION]])
def test_rules_that_are_no_object_are_refused(document: Any) -> None:
    assert problems(document) == {"rules": "must be an object"}


def test_everything_wrong_is_told_at_once() -> None:
    document = {
        "timezone": "Mars/Olympus",
        "slot_minutes": "half an hour",
        "windows": [{**WINDOW, "days": ["Funday", "Mon", "Payday"], "end": "11:00"}, {**WINDOW, "hots": 1}],
        "blackouts": [{"date": "2025-10-21"}, {"date": "tomorrow"}],
        "overrides": [{"date": "today", "hours": [{"start": "late", "end": "early"}]}, {"off": True}],
        "travel": [{"date": "2025-10-21"}],
        "max_per_month": -1,
        "pooling": "lottery",
        "surprise": True,
    }
    assert set(problems(document)) == {
        "timezone",
        "slot_minutes",
        "windows[0].days[0]",
        "windows[0].days[2]",
        "windows[0].end",
        "windows[1].hots",
        "blackouts[1].date",
        "overrides[0].date",
        "overrides[0].hours[0].start",
        "overrides[0].hours[0].end",
        "overrides[1]",
        "travel[0].timezone",
        "max_per_month",
        "pooling",
        "surprise",
    }


@pytest.mark.parametrize(
    "document",
    [
        {"timezone": "x" * 100_000},
        {"pooling": "x" * 100_000},
        {"pooling": ["any"] * 10_000},
        window(days=[["Tuesday"] * 10_000]),
        window(by="x" * 100_000),
        window(start="1" * 100_000),
        one_of("travel", {"date": "x" * 100_000, "timezone": "y" * 100_000}, {}),
        one_of("overrides", {"date": "2025-10-21", "off": True, "colleague": "x" * 200}, {}),
    ],
    ids=["timezone", "pooling", "pooling list", "day", "by", "start", "travel", "colleague"],
)
def test_a_sentence_stays_short_however_long_what_was_sent(document: dict[str, Any]) -> None:
    found = problems(document)
    assert all(len(sentence) < 1_000 for sentence in found.values())


# Anything at all.


def attempt(document: Any) -> tuple[Rules | None, dict[str, str]]:
    """The rules, or what is wrong with them; anything but a Problem escapes."""
    try:
        return read(document), {}
    except ValidationFailed as refused:
        return None, refused.errors


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
plausible = st.sampled_from(
    ["Monday", "host", "resource", "mo@oolite.org", "12:00", "24:00", "2025-10-21", "fixed", "UTC", 0, 1, 30]
)
values = plausible | json_values | st.lists(plausible, max_size=3)
inner_keys = (
    *("by", "host", "days", "start", "end", "date", "range", "reason", "priority", "weight"),
    *("hours", "extra", "off", "colleague", "timezone"),
)
objects = st.dictionaries(st.sampled_from(inner_keys) | st.text(max_size=5), values, max_size=6)
documents = st.dictionaries(
    st.sampled_from(KEYS) | st.text(max_size=5), values | st.lists(objects | values, max_size=3), max_size=6
)


@FAST
@given(documents | json_values)
def test_any_json_is_read_or_refused_with_sentences(document: Any) -> None:
    rules, refused = attempt(document)
    if rules is None:
        assert refused
        assert all(isinstance(path, str) and sentence for path, sentence in refused.items())
    else:
        assert rules.longest_minutes > 0
        assert rules.pooling is not Pooling.FIXED or rules.fixed_host in rules.hosts


@FAST
@given(st.sampled_from(KEYS), json_values)
def test_a_wrong_value_anywhere_in_the_mission_is_refused_at_its_path(key: str, value: Any) -> None:
    _, refused = attempt({**MISSION, key: value})
    assert all(path.split("[")[0].split(".")[0] in (key, "fixed_host") for path in refused)
