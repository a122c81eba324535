"""The rules JSON is read as the mission wrote it, and everything wrong with it is named at once."""

import json
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra24.availability import Blackout, HostTerms, Pooling, Rules, Window, parse
from infra24.availability.rules import KEYS
from infra24.errors import Problem

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


def read(document: Any) -> Rules:
    """The rules of an organization in London with two people."""
    return parse(document, zone="Europe/London", people=PEOPLE)


def problems(document: Any) -> dict[str, str]:
    """What is wrong, by path."""
    with pytest.raises(Problem) as refused:
        read(document)
    return refused.value.problems


def window(**changes: Any) -> dict[str, Any]:
    """Rules with one window that differs from the mission's."""
    return {"windows": [{**WINDOW, **changes}]}


def opened(**changes: Any) -> dict[str, Any]:
    """Rules with Mo's window and something else."""
    return {"windows": [WINDOW], **changes}


def without(key: str) -> dict[str, Any]:
    """Rules with one window that lacks a key."""
    return {"windows": [{k: v for k, v in WINDOW.items() if k != key}]}


# What is right.


def test_the_rules_of_the_mission_are_read_as_they_stand() -> None:
    rules = read(MISSION)
    assert rules.zone == ZoneInfo("America/New_York")
    assert (rules.slot_minutes, rules.step_minutes, rules.durations) == (30, 30, (30,))
    assert (rules.buffer_before, rules.buffer_after) == (10, 10)
    assert (rules.max_per_day_per_host, rules.max_per_week_per_host) == (4, None)
    assert rules.windows == (Window("mo@oolite.org", (1, 2, 3), 12 * 3_600, 16 * 3_600),)
    assert rules.blackouts == (
        Blackout(date(2025, 10, 21), date(2025, 10, 21)),
        Blackout(date(2025, 11, 25), date(2025, 11, 28)),
    )
    assert rules.pooling is Pooling.ROUND_ROBIN
    assert rules.hosts == ("mo@oolite.org",)
    assert rules.counts
    assert not rules.opens_itself
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
        "max_per_day_per_host": 5,
        "max_per_week_per_host": 6,
        "max_per_day_per_booker": 7,
        "max_per_week_per_booker": None,
        "cancel_notice_minutes": 9,
        "reschedule_notice_minutes": 10,
        "hold_minutes": 11,
        "approval": True,
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
    assert (rules.horizon_days, rules.max_per_day_per_host, rules.max_per_week_per_host) == (4, 5, 6)
    assert (rules.max_per_day_per_booker, rules.max_per_week_per_booker) == (7, None)
    assert (rules.cancel_notice_minutes, rules.reschedule_notice_minutes) == (9, 10)
    assert (rules.hold_minutes, rules.approval) == (11, True)
    assert rules.windows[1] == Window(None, (0, 6), 0, 86_400)
    assert rules.blackouts == (Blackout(date(2025, 1, 1), date(2025, 1, 1), 36_000, 41_400, "stocktaking"),)
    assert (rules.pooling, rules.fixed_host) == (Pooling.FIXED, "mo@oolite.org")
    assert rules.terms == {"mo@oolite.org": HostTerms(2, 50)}
    assert rules.opens_itself


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


def test_reading_leaves_the_document_as_it_was() -> None:
    document = json.loads(json.dumps(MISSION))
    read(document)
    assert document == MISSION


# What is wrong: one path, one sentence.

WHOLE = "must be a whole number from"
BY_PATH: list[tuple[dict[str, Any], str, str]] = [
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
    ({"approval": 1}, "approval", "must be true or false"),
    ({"approval": "yes"}, "approval", "must be true or false"),
]
NUMBERS = [
    key for key in KEYS if key.endswith(("_minutes", "_days", "_host", "_booker")) and key != "fixed_host"
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
    ],
    ids=["timezone", "pooling", "pooling list", "day", "by", "start"],
)
def test_a_sentence_stays_short_however_long_what_was_sent(document: dict[str, Any]) -> None:
    found = problems(document)
    assert all(len(sentence) < 1_000 for sentence in found.values())


# Anything at all.


def attempt(document: Any) -> tuple[Rules | None, dict[str, str]]:
    """The rules, or what is wrong with them; anything but a Problem escapes."""
    try:
        return read(document), {}
    except Problem as refused:
        return None, refused.problems


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
plausible = st.sampled_from(
    ["Monday", "host", "resource", "mo@oolite.org", "12:00", "24:00", "2025-10-21", "fixed", "UTC", 0, 1, 30]
)
values = plausible | json_values | st.lists(plausible, max_size=3)
inner_keys = ("by", "host", "days", "start", "end", "date", "range", "reason", "priority", "weight")
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
