"""Recurring bookings through the API: planned, made at once or not at all, moved, split, cancelled."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import psycopg
import pytest

from infra24.bookings.series import instant_of, occurrences
from infra24.resources import Draft
from infra24.settings import Settings
from tests import loopback
from tests.factories import Shop, found_shop, opening, rules
from tests.serving import Clock
from tests.studio import ANN, BEN, appointment, people_and_things
from tests.web.test_bookings_api import AT, body, book

NEW_YORK = ZoneInfo("America/New_York")
WEEK, DAY, HOUR = timedelta(weeks=1), timedelta(days=1), timedelta(hours=1)
MONDAYS = ["2026-11-23", "2026-11-30", "2026-12-07", "2026-12-14", "2026-12-21", "2026-12-28"]


def offers() -> dict[str, Draft]:
    """The studio, and spaces whose rules matter to a series."""
    hosts = {"hosts": [ANN, BEN]}

    def space(title: str, capacity: int = 1, **own: Any) -> Draft:
        return Draft("space", title, capacity=capacity, availability_rules=rules(opening(), **own))

    return {
        **people_and_things(),
        "room": space("Room"),
        "newyork": space("New York room", timezone="America/New_York", horizon_days=400),
        "public": space("Public room", series_most=4),
        "twice": space("Twice a week", series_most=10, max_per_week_per_booker=2, durations=[30, 60]),
        "minutes": space("An hour a month", series_most=10, max_minutes_per_month_per_booker=60),
        "weekly": space("Thrice a week", series_most=10, max_per_week=3),
        "pairs": space("Two at once", capacity=2),
        "asked": space("On request", approval=True),
        "busy-host": appointment("Once a day each", hosts, rules={"max_per_day_per_host": 1, "series_most": 10}),
        "trio": appointment("Person, room and wheels", hosts, {"resource": "north-room"},
                            {"resource": "wheels", "units": 2}),
    }  # fmt: skip


@pytest.fixture
def shop(database_url: str, settings: Settings, clock: Clock) -> Shop:
    return found_shop(database_url, settings, clock, offers())


def wanted(shop: Shop, name: str, rule: str, at: datetime = AT, **more: Any) -> dict[str, Any]:
    return {
        "resource_id": str(shop.ids[name]),
        "start_time": at.isoformat(),
        "duration": 30,
        "rule": rule,
        "artist_name": "Ada",
        "artist_email": "ada@example.org",
        **more,
    }


def plan(http: httpx2.Client, shop: Shop, *args: Any, auth: bool = True, **more: Any) -> dict[str, Any]:
    headers = shop.auth if auth else {}
    answer = http.post(f"/api/organizations/{shop.slug}/series/plan", headers=headers,
                       json=wanted(shop, *args, **more))  # fmt: skip
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def post(http: httpx2.Client, shop: Shop, *args: Any, auth: bool = True, **more: Any) -> httpx2.Response:
    return http.post(f"/api/organizations/{shop.slug}/series", headers=shop.auth if auth else {},
                     json=wanted(shop, *args, **more))  # fmt: skip


def make(http: httpx2.Client, shop: Shop, *args: Any, **more: Any) -> dict[str, Any]:
    answer = post(http, shop, *args, **more)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def move(http: httpx2.Client, shop: Shop, id_: str, start: datetime, **more: Any) -> httpx2.Response:
    return http.patch(f"/api/organizations/{shop.slug}/series/{id_}", headers=shop.auth,
                      json={"start_time": start.isoformat(), **more})  # fmt: skip


def moved(http: httpx2.Client, shop: Shop, *args: Any, **more: Any) -> dict[str, Any]:
    answer = move(http, shop, *args, **more)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def read(http: httpx2.Client, shop: Shop, id_: str) -> dict[str, Any]:
    answer = http.get(f"/api/organizations/{shop.slug}/series/{id_}", headers=shop.auth)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def starts(found: dict[str, Any]) -> list[str]:
    return [booking["start_time"][:16] for booking in found["bookings"]]


def states(planned: dict[str, Any]) -> list[str]:
    return [date["state"] for date in planned["dates"]]


def hosts(booking: dict[str, Any]) -> list[str]:
    return [p["name"] for p in booking["participants"] if p["role"] == "host"]


def count(owner: psycopg.Connection[Any], shop: Shop, table: str) -> int:
    row = owner.execute(f"SELECT count(*) FROM {table} WHERE org_id = %s", (shop.org_id,)).fetchone()
    assert row is not None
    return int(row[0])


def reads_back(found: dict[str, Any]) -> None:
    """The rule that is kept gives the dates that stand, but for those that were changed alone."""
    walls = occurrences(
        found["rule"], datetime.fromisoformat(found["local_start"]), ZoneInfo(found["timezone"])
    )
    told = {instant_of(ZoneInfo(found["timezone"]), wall).isoformat()[:16] for wall in walls}
    regular = {b["start_time"][:16] for b in found["bookings"]
               if not b["is_exception"] and b["status"] != "cancelled"}  # fmt: skip
    assert regular <= told, (found["rule"], found["local_start"])
    assert len(walls) >= len(regular)


# Planning.


def test_a_plan_says_of_each_date_whether_it_is_free_and_why_not(
    http: httpx2.Client, shop: Shop, owner: psycopg.Connection[Any]
) -> None:
    book(http, shop, "room", at=AT + WEEK)
    before = (count(owner, shop, "bookings"), count(owner, shop, "series"), count(owner, shop, "events"))
    planned = plan(http, shop, "room", "FREQ=WEEKLY;COUNT=3")
    assert (planned["timezone"], planned["free"], planned["conflict"], planned["skipped"]) == ("UTC", 2, 1, 0)
    assert states(planned) == ["free", "conflict", "free"]
    wrong = planned["dates"][1]
    assert wrong["local_start"] == "2026-11-30T12:00:00"
    assert [reason["code"] for reason in wrong["reasons"]] == ["taken"]
    assert {a["start"][:16] for a in wrong["alternatives"]} <= {
        "2026-11-30T11:00", "2026-11-30T11:30", "2026-11-30T12:30", "2026-11-30T13:00"}  # fmt: skip
    assert len(wrong["alternatives"]) == 3
    after = (count(owner, shop, "bookings"), count(owner, shop, "series"), count(owner, shop, "events"))
    assert after == before, "a plan changes nothing"


def test_alternatives_do_not_offer_what_the_series_itself_takes(http: httpx2.Client, shop: Shop) -> None:
    """Two dates of one day: the first takes 11:30, which the second may not be offered."""
    book(http, shop, "room", at=AT)
    early = (AT - timedelta(minutes=30)).isoformat()
    planned = plan(http, shop, "room", "FREQ=DAILY;COUNT=2", at=AT - DAY,
                   instead={"2026-11-22T12:00:00": early})  # fmt: skip
    assert states(planned) == ["free", "conflict"]
    assert early[:16] not in {a["start"][:16] for a in planned["dates"][1]["alternatives"]}


def test_a_date_that_is_closed_says_so_and_a_holiday_is_skipped_or_not(
    http: httpx2.Client, shop: Shop
) -> None:
    http.put(f"/api/organizations/{shop.slug}/holidays", headers=shop.auth,
             json={"days": [{"date": "2026-11-30", "name": "Mill Day"}]})  # fmt: skip
    planned = plan(http, shop, "room", "FREQ=WEEKLY;COUNT=3")
    assert states(planned) == ["free", "skipped", "free"]
    assert planned["dates"][1]["reasons"] == [{"code": "holiday", "sentence": "Closed for Mill Day."}]
    kept = plan(http, shop, "room", "FREQ=WEEKLY;COUNT=3", skip_holidays=False)
    assert states(kept) == ["free", "conflict", "free"]
    assert "holiday" in [r["code"] for r in kept["dates"][1]["reasons"]]
    made = make(http, shop, "room", "FREQ=WEEKLY;COUNT=3")
    assert [s[:10] for s in starts(made)] == ["2026-11-23", "2026-12-07"]


def test_another_time_that_is_named_for_a_holiday_is_taken(http: httpx2.Client, shop: Shop) -> None:
    """A date on a holiday is skipped; who says when instead does not want it skipped."""
    http.put(f"/api/organizations/{shop.slug}/holidays", headers=shop.auth,
             json={"days": [{"date": "2026-11-30", "name": "Mill Day"}]})  # fmt: skip
    planned = plan(http, shop, "room", "FREQ=WEEKLY;COUNT=3",
                   instead={"2026-11-30T12:00:00": (AT + WEEK + DAY).isoformat()})  # fmt: skip
    assert states(planned) == ["free", "free", "free"]
    assert planned["dates"][1]["start"][:10] == "2026-12-01"


def test_another_host_takes_the_date_on_which_the_first_is_busy(http: httpx2.Client, shop: Shop) -> None:
    book(http, shop, "chosen", at=AT + WEEK, staff_id=str(shop.ids["ann"]))
    planned = plan(http, shop, "lesson", "FREQ=WEEKLY;COUNT=3")
    assert [date["hosts"] for date in planned["dates"]] == [["Ann"], ["Ben"], ["Ann"]]
    made = make(http, shop, "lesson", "FREQ=WEEKLY;COUNT=3")
    assert [hosts(b) for b in made["bookings"]] == [["Ann"], ["Ben"], ["Ann"]]


def test_a_conflict_with_one_chosen_host_offers_the_other(http: httpx2.Client, shop: Shop) -> None:
    book(http, shop, "chosen", at=AT + WEEK, staff_id=str(shop.ids["ann"]))
    planned = plan(http, shop, "chosen", "FREQ=WEEKLY;COUNT=2", staff_id=str(shop.ids["ann"]))
    assert states(planned) == ["free", "conflict"]
    others = planned["dates"][1]["alternatives"]
    assert any("Ben" in other["hosts"] for other in others), others


# Making it.


def test_a_series_is_made_at_once_or_not_at_all(
    http: httpx2.Client, shop: Shop, owner: psycopg.Connection[Any]
) -> None:
    book(http, shop, "room", at=AT + 2 * WEEK)
    before = {t: count(owner, shop, t) for t in ("bookings", "claims", "series", "events", "participants")}
    refused = post(http, shop, "room", "FREQ=WEEKLY;COUNT=4")
    assert (refused.status_code, refused.json()["code"]) == (409, "series_conflicts")
    assert states(refused.json()["plan"]) == ["free", "free", "conflict", "free"]
    assert {t: count(owner, shop, t) for t in before} == before, "nothing was written"
    made = make(http, shop, "room", "FREQ=WEEKLY;COUNT=4", without=["2026-12-07T12:00:00"])
    assert [s[:10] for s in starts(made)] == ["2026-11-23", "2026-11-30", "2026-12-14"]
    assert {b["series_id"] for b in made["bookings"]} == {made["id"]}
    tokens = [b["token"] for b in made["bookings"]]
    assert len(set(tokens)) == 3
    assert http.get(f"/api/bookings/{tokens[2]}").json()["start_time"][:10] == "2026-12-14"


def test_some_dates_have_another_time_and_wrong_dates_are_named(http: httpx2.Client, shop: Shop) -> None:
    book(http, shop, "room", at=AT + WEEK)
    later = (AT + WEEK + HOUR).isoformat()
    made = make(http, shop, "room", "FREQ=WEEKLY;COUNT=3", instead={"2026-11-30T12:00:00": later})
    assert starts(made) == ["2026-11-23T12:00", "2026-11-30T13:00", "2026-12-07T12:00"]
    wrong = post(http, shop, "room", "FREQ=WEEKLY;COUNT=3", instead={"2026-12-01T12:00:00": later},
                 without=["2026-11-24T12:00:00"])  # fmt: skip
    assert wrong.status_code == 422
    assert {e["path"] for e in wrong.json()["errors"]} == {
        "without[2026-11-24T12:00:00]", "instead[2026-12-01T12:00:00]"}  # fmt: skip


def test_two_dates_put_on_one_time_are_a_conflict(http: httpx2.Client, shop: Shop) -> None:
    onto = (AT + WEEK).isoformat()
    refused = post(http, shop, "room", "FREQ=WEEKLY;COUNT=2", instead={"2026-11-23T12:00:00": onto})
    assert refused.status_code == 409
    assert states(refused.json()["plan"]) == ["free", "conflict"]


def test_a_time_chosen_instead_survives_a_move_of_all(http: httpx2.Client, shop: Shop) -> None:
    made = make(http, shop, "room", "FREQ=WEEKLY;COUNT=3",
                instead={"2026-11-30T12:00:00": (AT + WEEK + 4 * HOUR).isoformat()})  # fmt: skip
    after = moved(http, shop, made["id"], AT + HOUR)
    assert starts(after) == ["2026-11-23T13:00", "2026-11-30T16:00", "2026-12-07T13:00"]


def test_a_hold_that_lapsed_is_not_in_the_way_of_a_series(
    http: httpx2.Client, shop: Shop, clock: Clock
) -> None:
    held = {k: v for k, v in body(shop, "room", AT + WEEK).items()
            if k in ("org_id", "resource_id", "start_time", "end_time")}  # fmt: skip
    assert http.post("/api/holds", json=held).status_code == 201
    assert states(plan(http, shop, "room", "FREQ=WEEKLY;COUNT=3"))[1] == "conflict"
    clock.forward(minutes=20)
    assert states(plan(http, shop, "room", "FREQ=WEEKLY;COUNT=3"))[1] == "free"
    made = post(http, shop, "room", "FREQ=WEEKLY;COUNT=3")
    assert made.status_code == 201, made.text


def test_a_series_moves_onto_what_a_lapsed_hold_had(http: httpx2.Client, shop: Shop, clock: Clock) -> None:
    made = make(http, shop, "room", "FREQ=WEEKLY;COUNT=2")
    held = {k: v for k, v in body(shop, "room", AT + WEEK + HOUR).items()
            if k in ("org_id", "resource_id", "start_time", "end_time")}  # fmt: skip
    assert http.post("/api/holds", json=held).status_code == 201
    clock.forward(minutes=20)
    assert starts(moved(http, shop, made["id"], AT + HOUR)) == ["2026-11-23T13:00", "2026-11-30T13:00"]


def test_a_series_of_person_room_and_wheels_claims_all_on_every_date(
    http: httpx2.Client, shop: Shop, owner: psycopg.Connection[Any]
) -> None:
    made = make(http, shop, "trio", "FREQ=DAILY;COUNT=5")
    rows = owner.execute(
        "SELECT b.starts_at::date::text, array_agg(r.title || ' ' || c.unit ORDER BY r.title, c.unit) "
        "FROM claims c JOIN bookings b ON b.id = c.booking_id JOIN resources r ON r.id = c.resource_id "
        "WHERE b.series_id = %s GROUP BY 1 ORDER BY 1", (made["id"],)).fetchall()  # fmt: skip
    assert len(rows) == 5
    assert {tuple(claims) for _, claims in rows} == {("Ann 1", "North room 1", "Wheels 1", "Wheels 2")}
    refused = post(http, shop, "trio", "FREQ=DAILY;COUNT=2")
    assert states(refused.json()["plan"]) == ["conflict", "conflict"], "the room is taken"


def test_a_resource_for_two_holds_two_series_and_no_third(http: httpx2.Client, shop: Shop) -> None:
    make(http, shop, "pairs", "FREQ=WEEKLY;COUNT=3")
    make(http, shop, "pairs", "FREQ=WEEKLY;COUNT=3")
    assert states(plan(http, shop, "pairs", "FREQ=WEEKLY;COUNT=3")) == ["conflict"] * 3


def test_approval_makes_every_date_pending_and_pending_ones_move_too(http: httpx2.Client, shop: Shop) -> None:
    made = make(http, shop, "asked", "FREQ=WEEKLY;COUNT=3")
    assert {b["status"] for b in made["bookings"]} == {"pending"}
    after = moved(http, shop, made["id"], AT + HOUR)
    assert {b["status"] for b in after["bookings"]} == {"pending"}


# Limits.


def test_limits_per_week_and_per_host_count_the_dates_of_the_series_itself(
    http: httpx2.Client, shop: Shop
) -> None:
    planned = plan(http, shop, "weekly", "FREQ=DAILY;COUNT=8", auth=False)
    assert states(planned) == ["free"] * 3 + ["conflict"] * 4 + ["free"]
    assert [r["code"] for r in planned["dates"][3]["reasons"]] == ["week_limit"]
    twice = plan(http, shop, "busy-host", "FREQ=DAILY;COUNT=3", auth=False,
                 instead={"2026-11-24T12:00:00": (AT + HOUR).isoformat(),
                          "2026-11-25T12:00:00": (AT + 2 * HOUR).isoformat()})  # fmt: skip
    assert [date["hosts"] for date in twice["dates"]] == [["Ann"], ["Ben"], []]
    assert states(twice) == ["free", "free", "conflict"]


def test_a_bookers_limit_counts_the_dates_of_the_series_itself(http: httpx2.Client, shop: Shop) -> None:
    answer = post(http, shop, "twice", "FREQ=DAILY;COUNT=5", auth=False)
    assert answer.status_code == 409, "five bookings of one person in a week that allows two"
    assert post(http, shop, "twice", "FREQ=WEEKLY;COUNT=5", auth=False).status_code == 201


def test_a_bookers_minutes_count_the_dates_of_the_series_itself(http: httpx2.Client, shop: Shop) -> None:
    assert post(http, shop, "minutes", "FREQ=DAILY;COUNT=3", auth=False).status_code == 409
    assert post(http, shop, "minutes", "FREQ=DAILY;COUNT=2", auth=False).status_code == 201
    assert post(http, shop, "minutes", "FREQ=WEEKLY;COUNT=1", at=AT + 3 * HOUR, auth=False).status_code == 409


def test_a_plan_says_which_dates_are_beyond_the_bookers_limit(http: httpx2.Client, shop: Shop) -> None:
    assert "conflict" in states(plan(http, shop, "twice", "FREQ=DAILY;COUNT=5", auth=False))


def test_staff_plan_a_series_beyond_every_limit(http: httpx2.Client, shop: Shop) -> None:
    for name in ("weekly", "twice", "minutes"):
        assert states(plan(http, shop, name, "FREQ=DAILY;COUNT=5")) == ["free"] * 5, name


def test_visitors_have_a_series_only_where_it_is_offered_and_only_so_long(
    http: httpx2.Client, shop: Shop
) -> None:
    refused = post(http, shop, "room", "FREQ=WEEKLY;COUNT=3", auth=False)
    assert refused.status_code == 422
    assert [e["path"] for e in refused.json()["errors"]] == ["rule"]
    assert post(http, shop, "public", "FREQ=WEEKLY;COUNT=5", auth=False).status_code == 422
    made = post(http, shop, "public", "FREQ=WEEKLY;COUNT=4", auth=False)
    assert made.status_code == 201
    assert post(http, shop, "public", "FREQ=WEEKLY;COUNT=5", at=AT + HOUR).status_code == 201, "staff"
    bad = {"authorization": f"Bearer {shop.key[:-4]}0000"}
    wrong = http.post(f"/api/organizations/{shop.slug}/series", headers=bad,
                      json=wanted(shop, "public", "FREQ=WEEKLY;COUNT=2", at=AT + 2 * HOUR))  # fmt: skip
    assert wrong.status_code == 401


def test_only_staff_read_move_and_cancel_a_series(http: httpx2.Client, shop: Shop) -> None:
    made = make(http, shop, "room", "FREQ=WEEKLY;COUNT=2")
    here = f"/api/organizations/{shop.slug}/series/{made['id']}"
    assert http.get(here).status_code == 401
    assert http.patch(here, json={"start_time": AT.isoformat()}).status_code == 401
    assert http.delete(here).status_code == 401
    nobody = here.replace(made["id"], "00000000-0000-0000-0000-000000000001")
    assert http.get(nobody, headers=shop.auth).status_code == 404


# Rules.


@pytest.mark.parametrize("rule", [
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;COUNT=0",
    "FREQ=WEEKLY;COUNT=-1",
    "FREQ=HOURLY;COUNT=3",
    "FREQ=SECONDLY;COUNT=3",
    "FREQ=DAILY;COUNT=400",
    "FREQ=DAILY;UNTIL=20291231",
    "FREQ=DAILY;COUNT=3;UNTIL=20261231",
    "FREQ=DAILY;COUNT=3;COUNT=4",
    "FREQ=DAILY;COUNT=3;BYDAY=XX",
    "FREQ=DAILY;COUNT=3;BYDAY=",
    "FREQ=DAILY;COUNT=3;BYHOUR=3",
    "FREQ=DAILY;UNTIL=never",
    "FREQ=DAILY;UNTIL=20261301T000000Z",
    "FREQ=DAILY;UNTIL=Z",
    "FREQ=DAILY;UNTIL=20200101",
    "FREQ=DAILY;COUNT=3;INTERVAL=0",
    "FREQ=DAILY;COUNT=3;BYSETPOS=0",
    "FREQ=MONTHLY;COUNT=3;BYMONTHDAY=32",
    "FREQ=DAILY;COUNT=2;BYDAY=MO RDATE:20261125T101010",
    "FREQ=DAILY;COUNT=2;BYDAY=MO EXDATE:20261130T120000",
    "FREQ=DAILY;COUNT=2;BYDAY=MO\nDTSTART:20261130T120000",
    "every week for ever",
    "COUNT=3",
    ";;;;;",
    "FREQ=YEARLY;INTERVAL=119;COUNT=68",
])  # fmt: skip
def test_a_rule_that_cannot_be_is_refused_with_a_sentence(http: httpx2.Client, shop: Shop, rule: str) -> None:
    answer = http.post(f"/api/organizations/{shop.slug}/series/plan", headers=shop.auth,
                       json=wanted(shop, "room", rule, at=datetime(2026, 12, 31, 23, 30, tzinfo=UTC)))  # fmt: skip
    assert answer.status_code == 422, (rule, answer.text)
    assert [e["path"] for e in answer.json()["errors"]] == ["rule"]
    assert answer.json()["errors"][0]["sentence"]


def test_what_is_wrong_besides_the_rule_is_named_by_its_field(http: httpx2.Client, shop: Shop) -> None:
    wrong = post(http, shop, "room", "FREQ=WEEKLY;COUNT=2", duration=45)
    assert (wrong.status_code, [e["path"] for e in wrong.json()["errors"]]) == (422, ["duration"])
    wrong = post(http, shop, "room", "FREQ=WEEKLY;COUNT=2", instead={"soon": AT.isoformat()})
    assert wrong.status_code == 422


# Clocks.


@pytest.mark.parametrize(("first", "before", "after"), [
    (datetime(2026, 10, 26, 14, 0, tzinfo=UTC), "14:00", "15:00"),
    (datetime(2027, 3, 1, 15, 0, tzinfo=UTC), "15:00", "14:00"),
])  # fmt: skip
def test_ten_oclock_stays_ten_oclock_when_the_clocks_change(
    http: httpx2.Client, shop: Shop, clock: Clock, first: datetime, before: str, after: str
) -> None:
    clock.at = first - 10 * DAY
    made = make(http, shop, "newyork", "FREQ=WEEKLY;COUNT=4", at=first)
    instants = [datetime.fromisoformat(b["start_time"]) for b in made["bookings"]]
    assert [at.astimezone(NEW_YORK).strftime("%H:%M") for at in instants] == ["10:00"] * 4
    assert {before, after} == {at.strftime("%H:%M") for at in instants}
    assert instants[0].strftime("%H:%M") == before
    assert instants[-1].strftime("%H:%M") == after
    later = moved(http, shop, made["id"], first + HOUR)
    walls = [datetime.fromisoformat(b["start_time"]).astimezone(NEW_YORK).strftime("%H:%M")
             for b in later["bookings"]]  # fmt: skip
    assert walls == ["11:00"] * 4
    reads_back(later)


def test_a_date_in_a_gap_comes_an_hour_later_and_moves_with_the_others(
    http: httpx2.Client, shop: Shop, clock: Clock
) -> None:
    """14 March 2027, 02:30 does not exist in New York: RFC 5545 reads it as 03:30."""
    first = datetime(2027, 3, 13, 7, 30, tzinfo=UTC)
    clock.at = first - 10 * DAY
    made = make(http, shop, "newyork", "FREQ=DAILY;COUNT=3", at=first)
    assert starts(made) == ["2027-03-13T07:30", "2027-03-14T07:30", "2027-03-15T06:30"]
    shifted = http.get(f"/api/organizations/{shop.slug}/shifted-bookings", headers=shop.auth).json()
    assert shifted["bookings"] == [], "no law moved it"
    after = moved(http, shop, made["id"], first + HOUR)
    assert starts(after) == ["2027-03-13T08:30", "2027-03-14T07:30", "2027-03-15T07:30"]


def test_a_date_in_a_fold_is_the_first_of_the_two(http: httpx2.Client, shop: Shop, clock: Clock) -> None:
    """1 November 2026, 01:30 comes twice in New York."""
    first = datetime(2026, 10, 31, 5, 30, tzinfo=UTC)
    clock.at = first - 10 * DAY
    made = make(http, shop, "newyork", "FREQ=DAILY;COUNT=3", at=first)
    assert starts(made) == ["2026-10-31T05:30", "2026-11-01T05:30", "2026-11-02T06:30"]


def test_until_is_read_with_and_without_a_zone(http: httpx2.Client, shop: Shop) -> None:
    for until, dates in (("20261214", 4), ("20261214T120000", 4), ("20261214T115959", 3),
                         ("20261214T120000Z", 4), ("20261214T115959Z", 3)):  # fmt: skip
        planned = plan(http, shop, "room", f"FREQ=WEEKLY;UNTIL={until}")
        assert len(planned["dates"]) == dates, until


# Changing it.


def test_one_date_moved_alone_stays_where_it_is_when_all_move(http: httpx2.Client, shop: Shop) -> None:
    made = make(http, shop, "room", "FREQ=WEEKLY;COUNT=4")
    third = made["bookings"][2]
    alone = (AT + 2 * WEEK + 5 * HOUR).isoformat()
    one = http.put(f"/api/bookings/{third['id']}", headers=shop.auth, json={"start_time": alone}).json()
    assert one["is_exception"] is True
    after = moved(http, shop, made["id"], AT + HOUR)
    assert after["id"] == made["id"]
    assert starts(after) == ["2026-11-23T13:00", "2026-11-30T13:00", "2026-12-07T17:00", "2026-12-14T13:00"]
    assert [b["is_exception"] for b in after["bookings"]] == [False, False, True, False]
    reads_back(after)


def test_a_move_that_names_an_exception_does_not_shift_the_others_by_weeks(
    http: httpx2.Client, shop: Shop
) -> None:
    """Its third date was moved to 17:00; moving all by way of it moves by hours, or is refused."""
    made = make(http, shop, "room", "FREQ=WEEKLY;COUNT=4")
    third = made["bookings"][2]
    alone = (AT + 2 * WEEK + 5 * HOUR).isoformat()
    http.put(f"/api/bookings/{third['id']}", headers=shop.auth, json={"start_time": alone})
    answer = move(http, shop, made["id"], AT + 2 * WEEK + 2 * HOUR, booking_id=third["id"])
    found = read(http, shop, made["id"])
    dates = [start[:10] for start in starts(found)]
    assert dates == MONDAYS[:4], (answer.status_code, starts(found))


def test_past_dates_stay_and_what_is_to_come_is_a_series_of_its_own(
    http: httpx2.Client, shop: Shop, clock: Clock
) -> None:
    made = make(http, shop, "room", "FREQ=WEEKLY;COUNT=5")
    clock.at = AT + WEEK + HOUR
    after = moved(http, shop, made["id"], AT + 2 * WEEK + HOUR)
    assert after["id"] != made["id"]
    assert starts(after) == ["2026-12-07T13:00", "2026-12-14T13:00", "2026-12-21T13:00"]
    assert "COUNT=3" in after["rule"]
    former = read(http, shop, made["id"])
    assert starts(former) == ["2026-11-23T12:00", "2026-11-30T12:00"]
    reads_back(former)
    reads_back(after)
    walls = occurrences(former["rule"], datetime.fromisoformat(former["local_start"]), ZoneInfo("UTC"))
    assert len(walls) == 2


def test_this_and_later_splits_the_series_into_two_with_right_rules(http: httpx2.Client, shop: Shop) -> None:
    made = make(http, shop, "room", "FREQ=WEEKLY;COUNT=5;BYDAY=MO")
    fourth = made["bookings"][3]
    after = moved(
        http, shop, made["id"], AT + 3 * WEEK + DAY, booking_id=fourth["id"], scope="this_and_later"
    )
    assert starts(after) == ["2026-12-15T12:00", "2026-12-22T12:00"]
    assert "BYDAY=TU" in after["rule"]
    assert "COUNT=2" in after["rule"]
    former = read(http, shop, made["id"])
    assert starts(former) == [f"{day}T12:00" for day in MONDAYS[:3]]
    for found, dates in ((former, 3), (after, 2)):
        walls = occurrences(found["rule"], datetime.fromisoformat(found["local_start"]), ZoneInfo("UTC"))
        assert len(walls) == dates
        reads_back(found)


def test_the_rule_of_the_later_part_counts_dates_that_were_left_out(http: httpx2.Client, shop: Shop) -> None:
    """Five dates without the second; the fourth and fifth move: they are two."""
    made = make(http, shop, "room", "FREQ=WEEKLY;COUNT=5", without=["2026-11-30T12:00:00"])
    fourth = made["bookings"][2]
    after = moved(
        http, shop, made["id"], AT + 3 * WEEK + HOUR, booking_id=fourth["id"], scope="this_and_later"
    )
    assert len(after["bookings"]) == 2
    walls = occurrences(after["rule"], datetime.fromisoformat(after["local_start"]), ZoneInfo("UTC"))
    assert len(walls) == 2, after["rule"]


@pytest.mark.parametrize("rule", [
    "FREQ=WEEKLY;UNTIL=20261207T120000",
    "FREQ=WEEKLY;UNTIL=20261207T120000Z",
    "FREQ=WEEKLY;UNTIL=20261207",
])  # fmt: skip
def test_a_rule_with_an_end_still_has_its_last_date_after_a_move(
    http: httpx2.Client, shop: Shop, rule: str
) -> None:
    made = make(http, shop, "room", rule)
    assert len(made["bookings"]) == 3
    after = moved(http, shop, made["id"], AT + 2 * HOUR)
    walls = occurrences(after["rule"], datetime.fromisoformat(after["local_start"]), ZoneInfo("UTC"))
    assert len(walls) == 3, after["rule"]
    reads_back(after)


def test_an_end_written_with_hyphens_is_refused_or_can_be_moved(http: httpx2.Client, shop: Shop) -> None:
    made = post(http, shop, "room", "FREQ=WEEKLY;UNTIL=2026-12-08")
    if made.status_code == 201:
        assert move(http, shop, made.json()["id"], AT + DAY).status_code == 200
    else:
        assert made.status_code == 422


def test_a_monthly_rule_follows_only_where_it_can(http: httpx2.Client, shop: Shop) -> None:
    made = make(http, shop, "room", "FREQ=MONTHLY;BYDAY=4MO;COUNT=3")
    refused = move(http, shop, made["id"], AT + DAY)
    assert refused.status_code == 422
    assert [e["path"] for e in refused.json()["errors"]] == ["start_time"]
    assert starts(read(http, shop, made["id"])) == starts(made)
    after = moved(http, shop, made["id"], AT + HOUR)
    reads_back(after)


def test_a_monthly_rule_at_the_end_of_months_is_refused_or_still_true(
    http: httpx2.Client, shop: Shop
) -> None:
    """30 November, 30 December, 30 January a day later are 1 December, 31 December, 31 January: no rule."""
    made = make(http, shop, "room", "FREQ=MONTHLY;COUNT=3", at=AT + WEEK)
    answer = move(http, shop, made["id"], AT + WEEK + DAY)
    if answer.status_code == 200:
        reads_back(answer.json())
    else:
        assert answer.status_code == 422


def test_every_second_week_on_two_days_is_refused_or_still_true(http: httpx2.Client, shop: Shop) -> None:
    made = make(http, shop, "room", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=4")
    answer = move(http, shop, made["id"], AT + 5 * DAY)
    if answer.status_code == 200:
        reads_back(answer.json())
    else:
        assert answer.status_code == 422


def test_a_move_onto_what_others_have_moves_nothing(
    http: httpx2.Client, shop: Shop, owner: psycopg.Connection[Any]
) -> None:
    made = make(http, shop, "room", "FREQ=WEEKLY;COUNT=3")
    book(http, shop, "room", at=AT + WEEK + HOUR)
    events = count(owner, shop, "events")
    refused = move(http, shop, made["id"], AT + HOUR)
    assert (refused.status_code, refused.json()["code"]) == (409, "series_conflicts")
    assert states(refused.json()["plan"]) == ["free", "conflict", "free"]
    found = read(http, shop, made["id"])
    assert (starts(found), found["rule"]) == (starts(made), made["rule"])
    assert count(owner, shop, "events") == events


def test_a_series_moves_onto_its_own_times(http: httpx2.Client, shop: Shop) -> None:
    made = make(http, shop, "room", "FREQ=WEEKLY;COUNT=3")
    after = moved(http, shop, made["id"], AT + WEEK)
    assert starts(after) == [f"{day}T12:00" for day in MONDAYS[1:4]]
    again = moved(http, shop, made["id"], AT + WEEK - timedelta(minutes=30))
    assert starts(again) == [f"{day}T11:30" for day in MONDAYS[1:4]]


def test_dates_of_a_later_part_are_cancelled_and_the_others_stand(
    http: httpx2.Client, shop: Shop, clock: Clock, owner: psycopg.Connection[Any]
) -> None:
    made = make(http, shop, "room", "FREQ=WEEKLY;COUNT=5")
    here = f"/api/organizations/{shop.slug}/series/{made['id']}"
    one = http.delete(f"/api/bookings/{made['bookings'][1]['id']}", headers=shop.auth)
    assert one.json()["status"] == "cancelled"
    later = http.delete(here, headers=shop.auth,
                        params={"scope": "this_and_later", "booking_id": made["bookings"][3]["id"]})  # fmt: skip
    said = [b["status"] for b in later.json()["bookings"]]
    assert said == ["confirmed", "cancelled", "confirmed", "cancelled", "cancelled"]
    clock.at = AT + HOUR
    rest = http.delete(here, headers=shop.auth)
    said = [b["status"] for b in rest.json()["bookings"]]
    assert said == ["confirmed", "cancelled", "cancelled", "cancelled", "cancelled"], "what is past stays"
    claims = owner.execute("SELECT count(*) FROM claims c JOIN bookings b ON b.id = c.booking_id "
                           "WHERE b.series_id = %s AND c.released_at IS NULL", (made["id"],)).fetchone()  # fmt: skip
    assert claims == (1,)
    assert http.delete(here, headers=shop.auth).status_code == 200, "again, and nothing happens"
    told = owner.execute(
        "SELECT data->>'dates' FROM events WHERE type = 'series.cancelled' AND subject_id = %s ORDER BY seq",
        (made["id"],),
    ).fetchall()
    assert told == [("2",), ("1",)]
    assert http.delete(here, headers=shop.auth, params={"scope": "this_and_later"}).status_code == 422


def test_cancelled_dates_do_not_come_back_when_the_others_move(http: httpx2.Client, shop: Shop) -> None:
    made = make(http, shop, "room", "FREQ=WEEKLY;COUNT=4")
    http.delete(f"/api/bookings/{made['bookings'][0]['id']}", headers=shop.auth)
    http.delete(f"/api/bookings/{made['bookings'][2]['id']}", headers=shop.auth)
    after = moved(http, shop, made["id"], AT + WEEK + HOUR, booking_id=made["bookings"][1]["id"])
    standing = [b["start_time"][:16] for b in after["bookings"] if b["status"] == "confirmed"]
    assert standing == ["2026-11-30T13:00", "2026-12-14T13:00"]


def test_a_moved_series_keeps_its_hosts_and_takes_another_where_they_are_busy(
    http: httpx2.Client, shop: Shop
) -> None:
    made = make(http, shop, "lesson", "FREQ=WEEKLY;COUNT=3")
    book(http, shop, "chosen", at=AT + WEEK + HOUR, staff_id=str(shop.ids["ann"]))
    after = moved(http, shop, made["id"], AT + HOUR)
    assert [hosts(b) for b in after["bookings"]] == [["Ann"], ["Ben"], ["Ann"]]


# The ledger.


def test_the_ledger_holds_after_a_series_by_turns(http: httpx2.Client, shop: Shop) -> None:
    ledger = f"/api/organizations/{shop.slug}/resources/{shop.ids['turns']}/fairness"
    made = make(http, shop, "turns", "FREQ=WEEKLY;COUNT=4")
    assert len({hosts(b)[0] for b in made["bookings"]}) == 1, "the same host all along"
    said = http.get(ledger, headers=shop.auth).json()
    assert said["turns"] == 4
    assert said["wrong_lines"] == []
    assert said["holds"] is True
    for number in range(4):
        other = book(http, shop, "turns", at=AT + DAY + number * HOUR)
        assert hosts(other) != hosts(made["bookings"][0]), "who is owed turns gets them"
    assert http.get(ledger, headers=shop.auth).json()["holds"] is True


def test_the_ledger_has_one_turn_for_each_booking_after_a_series_moved(
    http: httpx2.Client, shop: Shop
) -> None:
    """One date goes to the other host: the turn goes with it, and is not paid for twice."""
    ledger = f"/api/organizations/{shop.slug}/resources/{shop.ids['turns']}/fairness"
    made = make(http, shop, "turns", "FREQ=WEEKLY;COUNT=2")
    first = hosts(made["bookings"][0])[0]
    book(http, shop, "chosen", at=AT + WEEK + HOUR, staff_id=str(shop.ids[first.lower()]))
    after = moved(http, shop, made["id"], AT + HOUR)
    assert hosts(after["bookings"][0]) != hosts(after["bookings"][1])
    said = http.get(ledger, headers=shop.auth).json()
    assert {host["name"]: host["given"] for host in said["hosts"]} == {"Ann": 1, "Ben": 1}
    assert (said["turns"], said["holds"]) == (2, True)


def test_a_cancelled_series_gives_all_its_turns_back(http: httpx2.Client, shop: Shop) -> None:
    ledger = f"/api/organizations/{shop.slug}/resources/{shop.ids['turns']}/fairness"
    made = make(http, shop, "turns", "FREQ=WEEKLY;COUNT=3")
    http.delete(f"/api/organizations/{shop.slug}/series/{made['id']}", headers=shop.auth)
    said = http.get(ledger, headers=shop.auth).json()
    assert [host["balance"] for host in said["hosts"]] == [0, 0]
    assert (said["turns"], said["holds"]) == (0, True)


def test_neighbours_of_one_layout_in_a_series_share_it(
    http: httpx2.Client, shop: Shop, owner: psycopg.Connection[Any]
) -> None:
    """Two dates of the series made neighbours: the stage is not cleared between them."""
    made = make(http, shop, "talk", "FREQ=DAILY;COUNT=2",
                instead={"2026-11-24T12:00:00": (AT + timedelta(minutes=30)).isoformat()})  # fmt: skip
    rows = owner.execute(
        "SELECT to_char(c.starts_at AT TIME ZONE 'UTC', 'HH24:MI'), c.turnover FROM claims c "
        "JOIN bookings b ON b.id = c.booking_id WHERE b.series_id = %s ORDER BY c.starts_at", (made["id"],)
    ).fetchall()  # fmt: skip
    assert rows == [("11:30", True), ("12:00", False), ("12:30", False), ("13:00", True)]


def test_a_series_can_be_planned_before_the_form_is_filled(http: httpx2.Client, shop: Shop) -> None:
    """A plan needs no name and no e-mail; it needs no answers and no phone number either."""
    bare = {"resource_id": str(shop.ids["asking"]), "start_time": AT.isoformat(), "duration": 30,
            "rule": "FREQ=WEEKLY;COUNT=2"}  # fmt: skip
    answer = http.post(f"/api/organizations/{shop.slug}/series/plan", headers=shop.auth, json=bare)
    assert answer.status_code == 200, answer.text
    assert states(answer.json()) == ["free", "free"]


def test_a_series_is_of_its_organization_only(
    http: httpx2.Client, shop: Shop, database_url: str, settings: Settings, clock: Clock
) -> None:
    other = found_shop(database_url, settings, clock, people_and_things())
    made = make(http, shop, "room", "FREQ=WEEKLY;COUNT=2")
    there = f"/api/organizations/{other.slug}/series"
    assert http.get(f"{there}/{made['id']}", headers=other.auth).status_code == 404
    assert move(http, other, made["id"], AT + HOUR).status_code == 404
    assert http.delete(f"{there}/{made['id']}", headers=other.auth).status_code == 404
    wanted_there = wanted(shop, "room", "FREQ=WEEKLY;COUNT=2", at=AT + HOUR)
    assert http.post(f"{there}/plan", headers=other.auth, json=wanted_there).status_code == 404
    assert http.post(there, headers=other.auth, json=wanted_there).status_code == 404
    assert starts(read(http, shop, made["id"])) == starts(made)


@pytest.mark.parametrize("name", ["room", "trio", "turns"])
def test_series_and_single_bookings_at_once_leave_nothing_half_made(
    http: httpx2.Client, shop: Shop, base: str, owner: psycopg.Connection[Any], name: str
) -> None:
    """Six series and eight single bookings want the same Mondays: each is whole or not there."""
    said: list[Any] = []
    gate = threading.Barrier(14)

    def series(client: httpx2.Client, number: int) -> httpx2.Response:
        return post(client, shop, name, "FREQ=WEEKLY;COUNT=5", at=AT + (number % 3) * WEEK)

    def single(client: httpx2.Client, number: int) -> httpx2.Response:
        return client.post("/api/bookings", json=body(shop, name, at=AT + (number % 7) * WEEK))

    def one(number: int) -> None:
        with loopback.Client(base_url=base, timeout=60) as client:
            gate.wait(20)
            answer = (series if number < 6 else single)(client, number)
            said.append(answer.json()["code"] if answer.status_code >= 500 else answer.status_code)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(14)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert set(said) == {201, 409}
    rows = owner.execute("SELECT count(*) FROM bookings WHERE org_id = %s AND series_id IS NOT NULL "
                         "GROUP BY series_id", (shop.org_id,)).fetchall()  # fmt: skip
    assert all(row == (5,) for row in rows)
    each = owner.execute(
        "SELECT starts_at, count(*) FROM bookings WHERE org_id = %s GROUP BY 1", (shop.org_id,)
    ).fetchall()
    assert max(number for _, number in each) <= (2 if name == "turns" else 1)
    loose = owner.execute("SELECT count(*) FROM bookings b WHERE org_id = %s AND claim_count <> "
                          "(SELECT count(*) FROM claims c WHERE c.booking_id = b.id AND released_at IS NULL)", (shop.org_id,)).fetchone()  # fmt: skip
    assert loose == (0,)
    assert count(owner, shop, "series") == len(rows)
