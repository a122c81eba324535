"""What the random tests found, and what is easily done wrong, as small as it gets."""

from collections.abc import Hashable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from infra24.availability import (
    AvailabilityInput,
    BookingRules,
    Busy,
    Holidays,
    Kind,
    Limit,
    LimitScope,
    Member,
    Need,
    Override,
    Period,
    Reason,
    Schedule,
    explain,
    free_hosts,
    free_starts,
    parse,
    pick_members,
)

HOUR, DAY = 3_600, 86_400
MONDAY = int(datetime(2025, 6, 2, tzinfo=UTC).timestamp())
NINE, TEN, ELEVEN, NOON = (MONDAY + hour * HOUR for hour in (9, 10, 11, 12))
MORNING = Schedule(ZoneInfo("UTC"), ((tuple(range(7)), 9 * HOUR, 12 * HOUR),))
TERMS = parse({"slot_minutes": 60}, zone="UTC", people=())


def member(key: Hashable, **more: Any) -> Member:
    """Someone or something that is open from 9 to 12."""
    return Member(key, **{"schedule": MORNING, **more})


def monday(*needs: Need, terms: BookingRules = TERMS, **more: Any) -> AvailabilityInput:
    """An hour of 2025-06-02, at 9, 10 or 11."""
    return AvailabilityInput(terms, MONDAY, (MONDAY, MONDAY + DAY), HOUR, needs, **more)


def claim(start: int, end: int, unit: int = 1, **more: Any) -> Busy:
    """A claim whose booking begins and ends with it."""
    return Busy(start, end, unit, start, end, **more)


# What random timetables found wrong once.


def test_units_come_from_the_member_that_others_leave() -> None:
    """Two units of X or Y, and one of X: Y gives the two."""
    x, y = member("x", capacity=2), member("y", capacity=2)
    timetable = monday(Need((x, y), units=2), Need((x,)))
    assert free_starts(timetable) == [NINE, TEN, ELEVEN]
    assert pick_members(timetable, NINE) == [("y",), ("x",)]


def test_a_whole_is_not_given_with_a_part_that_is_given_already() -> None:
    """One seat of two in the left half, and then two seats there or the hall, which is all of it."""
    left = member("left", capacity=2)
    hall = member("hall", capacity=2, parts=frozenset({"left"}))
    assert pick_members(monday(Need((left,)), Need((hall, left))), NINE) == [("left",), ("left",)]
    assert free_starts(monday(Need((left,)), Need((left, hall), units=2))) == []


def test_hosts_who_come_in_twos_are_listed() -> None:
    """Two of three hosts, and a room that the first could be too."""
    ann, bob, cyd = (member(key, capacity=2) for key in ("ann", "bob", "cyd"))
    timetable = monday(Need((ann, bob, cyd), count=2, staffed=True), Need((ann,)))
    assert free_hosts(timetable)[NINE] == ["ann", "bob", "cyd"]


def test_a_host_is_listed_when_an_earlier_need_can_do_without_them() -> None:
    ann, bob = member("ann"), member("bob")
    timetable = monday(Need((ann, bob)), Need((ann, bob), staffed=True))
    assert free_hosts(timetable)[NINE] == ["ann", "bob"]


def test_a_stand_in_in_one_pool_keeps_all_units_in_another() -> None:
    ann = member("ann", capacity=2)
    standing_in = replace(ann, within=((MONDAY, NINE),))
    timetable = monday(Need((ann,), units=2), Need((standing_in, member("bob"))))
    assert pick_members(timetable, NINE) == [("ann",), ("bob",)]
    assert free_starts(timetable) == [NINE, TEN, ELEVEN]


def test_the_same_need_twice_is_two_needs() -> None:
    ann = member("ann")
    later = Schedule(ZoneInfo("UTC"), ((tuple(range(7)), 12 * HOUR, 15 * HOUR),))
    need = Need((ann, member("bob", schedule=later)))
    assert free_starts(monday(need, need)) == []


def test_an_order_of_nobody_leaves_nobody() -> None:
    assert pick_members(monday(Need((member("ann"),))), NINE, {0: []}) is None


def test_refs_of_any_kind_can_be_counted() -> None:
    terms = parse({"slot_minutes": 60, "max_per_day_per_host": 2}, zone="UTC", people=())
    busy = (claim(NINE, TEN, ref="one"), claim(NINE, TEN, unit=2))
    ann = member("ann", capacity=3, busy=busy, person=True)
    assert free_starts(monday(Need((ann,)), terms=terms)) == []


def test_the_bookings_of_an_offer_come_in_any_order() -> None:
    terms = parse({"slot_minutes": 60, "max_per_day": 1}, zone="UTC", people=())
    ann = member("ann")
    later = (NOON + 40 * DAY, NOON + 40 * DAY + HOUR)
    made = (later, (NINE, TEN))
    assert free_starts(monday(Need((ann,)), terms=terms, made=made)) == []


def test_a_stand_in_may_take_what_lies_in_any_of_the_spans() -> None:
    ann = member("ann", within=((NINE, NOON), (NINE, TEN)))
    assert free_starts(monday(Need((ann,)))) == [NINE, TEN, ELEVEN]


def test_a_whole_without_a_capacity_is_taken_with_its_parts() -> None:
    hall = member("hall", capacity=None, parts=frozenset({"left"}), part_claims=(claim(TEN, ELEVEN),))
    assert free_starts(monday(Need((hall,)))) == [NINE, ELEVEN]


def test_a_whole_without_a_capacity_and_its_part_are_not_given_together() -> None:
    hall = member("hall", capacity=None, parts=frozenset({"left"}))
    assert free_starts(monday(Need((hall,)), Need((member("left"),)))) == []


def test_a_part_without_a_capacity_and_its_whole_are_not_given_together() -> None:
    hall = member("hall", parts=frozenset({"left"}))
    assert free_starts(monday(Need((hall,)), Need((member("left", capacity=None),)))) == []


def test_nothing_is_set_up_where_there_is_no_layout() -> None:
    busy = (claim(NINE, TEN, 1), claim(NINE, TEN, 2))
    room = member("room", capacity=2, busy=busy, setup=HOUR, teardown=HOUR)
    assert free_starts(monday(Need((room,)))) == [TEN, ELEVEN]


def test_a_whole_without_a_capacity_is_never_taken_itself() -> None:
    """Only what is claimed of its parts takes it."""
    busy = (claim(NINE, TEN), claim(NINE, TEN, 2))
    hall = member("hall", capacity=None, busy=busy, parts=frozenset({"left"}))
    assert free_starts(monday(Need((hall,)))) == [NINE, TEN, ELEVEN]
    assert free_starts(monday(Need((hall,), units=9))) == [NINE, TEN, ELEVEN]


# Dates without hours.


NO_HOURS = Override(date(2025, 6, 2), date(2025, 6, 2), Kind.INSTEAD, (), "the boiler")


def test_a_room_that_is_always_open_is_closed_only_on_the_date_without_hours() -> None:
    """It says no hours, and so it stays open on all other dates."""
    room = Schedule(ZoneInfo("UTC"), overrides=(NO_HOURS,), off_code="blackout")
    assert not room.has_hours
    ann, hall = Need((member("ann"),), staffed=True), Need((Member("room", room),))
    timetable = monday(ann, hall)
    assert free_starts(timetable) == []
    (status,) = [status for status in explain(timetable, NINE).need_statuses if status.need is hall]
    assert status.reasons["room"] == (Reason("blackout", private="the boiler"),)
    tomorrow = replace(timetable, span=(MONDAY + DAY, MONDAY + 2 * DAY))
    assert free_starts(tomorrow) == [NINE + DAY, TEN + DAY, ELEVEN + DAY]


@pytest.mark.parametrize("kind", [Kind.INSTEAD, Kind.EXTRA])
def test_other_hours_of_a_date_say_when_it_is_open(kind: Kind) -> None:
    other = Override(date(2025, 6, 2), date(2025, 6, 2), kind, ((10 * HOUR, 12 * HOUR),))
    room = Schedule(ZoneInfo("UTC"), overrides=(other,))
    assert room.has_hours
    timetable = monday(Need((member("ann"),), staffed=True), Need((Member("room", room),)))
    assert free_starts(timetable) == [TEN, ELEVEN]
    assert free_starts(replace(timetable, span=(MONDAY + DAY, MONDAY + 2 * DAY))) == []
    closed = replace(room, overrides=(other, NO_HOURS))
    assert free_starts(replace(timetable, needs=(timetable.needs[0], Need((Member("room", closed),))))) == []


def test_a_date_without_hours_has_none_of_the_weekly_ones_and_is_off() -> None:
    ann = member("ann", schedule=replace(MORNING, overrides=(NO_HOURS,)))
    timetable = monday(Need((ann,), staffed=True))
    assert free_starts(timetable) == []
    reasons = explain(timetable, NINE).hosts["ann"]
    assert {reason.code: reason.private for reason in reasons} == {
        "outside_hours": None,
        "time_off": "the boiler",
    }
    assert free_starts(replace(timetable, span=(MONDAY + DAY, MONDAY + 2 * DAY))) != []


def test_a_date_without_hours_closes_also_who_is_only_closed_by_the_schedule() -> None:
    closings = replace(MORNING, overrides=(NO_HOURS,), off_code="blackout")
    timetable = monday(Need((member("ann", also_closed=(closings,)),), staffed=True))
    assert free_starts(timetable) == []
    assert explain(timetable, NINE).hosts["ann"] == (Reason("blackout", private="the boiler"),)


def test_a_holiday_without_hours_is_closed_as_the_date_says() -> None:
    """Something was said of the date, and that is the reason."""
    feast = Holidays({(date(2025, 6, 2) - date(1970, 1, 1)).days: "Feast"}, ZoneInfo("UTC"))
    for overrides, code in (((), "holiday"), ((NO_HOURS,), "time_off")):
        ann = member("ann", also_closed=(Schedule(ZoneInfo("UTC"), overrides=overrides, holidays=feast),))
        reasons = explain(monday(Need((ann,), staffed=True)), NINE).hosts["ann"]
        assert [reason.code for reason in reasons] == [code]


# What is easily done wrong.


def test_a_start_is_refused_with_a_reason_when_nobody_is_there() -> None:
    for staffed, code in ((True, "no_hosts"), (False, "nothing_fits")):
        answer = explain(monday(Need((), staffed=staffed)), NINE)
        assert not answer.free
        assert [reason.code for reason in answer.reasons] == [code]


@pytest.mark.parametrize("capacity", [1, 2, 3])
def test_a_claim_on_a_unit_that_is_gone_takes_nothing(capacity: int) -> None:
    """All units but the last are taken, and so is one that was there before."""
    units = [*range(1, capacity), capacity + 1]
    busy = tuple(claim(NINE, TEN, unit) for unit in units)
    assert free_starts(monday(Need((member("room", capacity=capacity, busy=busy),)))) == [NINE, TEN, ELEVEN]


def test_a_booking_may_touch_what_is_closed_and_what_is_taken() -> None:
    closed = Override(date(2025, 6, 2), date(2025, 6, 2), Kind.OFF, ((10 * HOUR, 11 * HOUR),))
    assert free_starts(monday(Need((member("room"),)), closed=(closed,))) == [NINE, ELEVEN]
    taken = Need((member("room", busy=(claim(TEN, ELEVEN),)),))
    assert free_starts(monday(taken)) == [NINE, ELEVEN]
    buffered = parse({"slot_minutes": 60, "buffer_after": 1}, zone="UTC", people=())
    assert free_starts(monday(taken, terms=buffered)) == [ELEVEN]


def test_a_host_away_in_another_zone_is_away_by_their_own_clock() -> None:
    """10:00 UTC begins Tuesday on Kiritimati."""
    off = Override(date(2025, 6, 2), date(2025, 6, 2), Kind.OFF, ((0, DAY),))
    away = Schedule(ZoneInfo("Pacific/Kiritimati"), overrides=(off,))
    timetable = monday(Need((member("ann", also_closed=(away,)),), staffed=True))
    assert free_starts(timetable) == [TEN, ELEVEN]
    reasons = explain(timetable, NINE).hosts["ann"]
    assert [reason.code for reason in reasons] == ["time_off"]


def test_the_same_layout_needs_no_setting_up_between_two_bookings() -> None:
    """The hall is laid out in rows until ten; laying it out otherwise takes an hour."""
    turnover = Busy(TEN, ELEVEN, 1, NINE, TEN, "rows", True)
    busy = (Busy(NINE, TEN, 1, NINE, TEN, "rows"), turnover)
    rows = member("hall", layout="rows", setup=HOUR, teardown=HOUR, busy=busy)
    assert free_starts(monday(Need((rows,)))) == [TEN, ELEVEN]
    assert free_starts(monday(Need((replace(rows, layout="round"),)))) == []


def test_whoever_was_faster_is_the_reason_where_someone_else_was_not_open_anyway() -> None:
    """Where all are needed, every reason counts."""
    taken, away = member("ann", busy=(claim(NINE, TEN),)), member("bob", within=())
    for count, codes in ((1, ["taken"]), (2, ["taken", "outside_hours"])):
        answer = explain(monday(Need((taken, away), count=count)), NINE)
        assert [reason.code for reason in answer.reasons] == codes


def test_a_limit_smaller_than_the_booking_offers_nothing() -> None:
    limit = Limit(LimitScope.OFFER, Period.WEEK, 59, minutes=True)
    terms = parse({"slot_minutes": 60, "max_minutes_per_week": 59}, zone="UTC", people=())
    assert terms.limits == (limit,)
    timetable = monday(Need((member("ann"),)), terms=terms)
    assert free_starts(timetable) == []
    assert [reason.code for reason in explain(timetable, NINE).reasons] == ["week_limit"]
