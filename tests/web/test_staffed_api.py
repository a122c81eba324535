"""/api/booking/availability, create and manage: by organization, type, staff and link, in the asker's zone."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest

from infra24.resources import Draft
from infra24.settings import Settings
from tests.factories import Shop, found_shop, opening, rules
from tests.serving import Clock
from tests.studio import ANN, BEN, appointment, people_and_things
from tests.web.test_bookings_api import AT, book

HALF = timedelta(minutes=30)


@pytest.fixture
def shop(database_url: str, settings: Settings, clock: Clock) -> Shop:
    return found_shop(database_url, settings, clock, {
        **people_and_things(),
        "pair": appointment("Two of three", {"skill": "glass", "count": 2}),
        "anyone": appointment("Anyone", {"hosts": [ANN, BEN]}),
        "hidden": appointment("Hidden", {"hosts": [ANN]}, is_bookable=False),
        "always": Draft("space", "Always open", capacity=1,
                        availability_rules=rules(opening(), durations=[30, 60])),
    })  # fmt: skip


def ask(http: httpx2.Client, **params: Any) -> httpx2.Response:
    return http.get("/api/booking/availability", params={k: str(v) for k, v in params.items()})


def slots(http: httpx2.Client, **params: Any) -> list[dict[str, Any]]:
    answer = ask(http, **params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["slots"]
    return found


def create(http: httpx2.Client, headers: dict[str, str] | None = None, **body: Any) -> httpx2.Response:
    wanted = {
        "attendee_name": "Ada",
        "attendee_email": "ada@example.org",
        "start_time": AT.isoformat(),
        **body,
    }
    return http.post("/api/booking/create", json=wanted, headers=headers or {})


def test_the_answer_has_the_form_of_the_contract(http: httpx2.Client, shop: Shop) -> None:
    answer = ask(http, org=shop.slug, appointment_type_id=shop.ids["chosen"], date="2026-11-23").json()
    assert (answer["success"], answer["timezone"], answer["booking_link"]) == (True, "UTC", None)
    assert set(answer["slots"][0]) == {
        "start",
        "end",
        "duration",
        "staff_id",
        "staff_name",
        "appointment_type_id",
    }
    first = [s for s in answer["slots"] if datetime.fromisoformat(s["start"]) == AT.replace(hour=8)]
    assert [(s["staff_name"], s["duration"]) for s in first] == [("Ann", 30), ("Ben", 30)]


@pytest.mark.parametrize(("name", "named"), [
    ("chosen", {"Ann", "Ben"}),
    ("anyone", {"Ann", "Ben"}),
    ("turns", {None}),
    ("everyone", {None}),
    ("pair", {None}),
    ("always", {None}),
])  # fmt: skip
def test_a_slot_names_its_host_where_that_is_known(
    http: httpx2.Client, shop: Shop, name: str, named: set[str | None]
) -> None:
    found = slots(http, appointment_type_id=shop.ids[name], date="2026-11-23")
    assert {s["staff_name"] for s in found} == named
    if None in named:
        starts = [s["start"] for s in found]
        assert len(set(starts)) == len(starts), "one slot for each start"


def test_one_host_is_asked_for(http: httpx2.Client, shop: Shop) -> None:
    book(http, shop, "chosen", staff_id=str(shop.ids["ann"]))
    found = slots(http, appointment_type_id=shop.ids["chosen"], staff_id=shop.ids["ann"], date="2026-11-23")
    assert {s["staff_name"] for s in found} == {"Ann"}
    assert AT.isoformat() not in {datetime.fromisoformat(s["start"]).isoformat() for s in found}
    both = slots(http, appointment_type_id=shop.ids["chosen"], date="2026-11-23")
    assert [s["staff_name"] for s in both if datetime.fromisoformat(s["start"]) == AT] == ["Ben"]


def test_a_wish_for_a_host_that_create_refuses_is_not_offered(http: httpx2.Client, shop: Shop) -> None:
    """Hosts are given by turn, or all are needed: what is offered must be what can be booked."""
    for name in ("turns", "everyone"):
        wanted = {"appointment_type_id": str(shop.ids[name]), "staff_id": str(shop.ids["ben"])}
        answer = ask(http, date="2026-11-23", **wanted)
        offered = answer.json().get("slots", [])
        refused = create(http, **wanted)
        assert refused.status_code == 422, name
        assert not [s for s in offered if s["staff_id"] == str(shop.ids["ben"])], name


def test_all_types_of_an_organization_are_answered_for_at_once(http: httpx2.Client, shop: Shop) -> None:
    found = slots(http, org=shop.slug, date="2026-11-23")
    types = {s["appointment_type_id"] for s in found}
    assert {
        str(shop.ids[name]) for name in ("chosen", "turns", "lesson", "room" if "room" in shop.ids else "saw")
    } <= types
    assert str(shop.ids["hidden"]) not in types
    assert [s["start"] for s in found] == sorted(s["start"] for s in found)


def test_dates_and_times_are_the_askers(http: httpx2.Client, shop: Shop) -> None:
    found = slots(http, appointment_type_id=shop.ids["always"], date="2026-11-23", timezone="Asia/Tokyo")
    assert (found[0]["start"], found[-1]["start"]) == (
        "2026-11-23T00:00:00+09:00",
        "2026-11-23T23:30:00+09:00",
    )
    assert len(found) == 48
    week = slots(http, appointment_type_id=shop.ids["always"], timezone="America/New_York",
                 start_date="2026-11-23", end_date="2026-11-24")  # fmt: skip
    assert len(week) == 96
    assert week[0]["start"] == "2026-11-23T00:00:00-05:00"


@pytest.mark.parametrize(("zone", "day", "count"), [
    ("America/New_York", "2027-03-14", 46),
    ("America/New_York", "2027-11-07", 50),
    ("Australia/Lord_Howe", "2027-04-04", 49),
    ("Pacific/Apia", "2027-01-01", 48),
])  # fmt: skip
@pytest.mark.parametrize("duration", [30, 60])
def test_a_slot_lasts_as_long_as_it_says_when_the_clocks_change(
    http: httpx2.Client, shop: Shop, clock: Clock, zone: str, day: str, count: int, duration: int
) -> None:
    clock.at = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(days=10)
    found = slots(http, appointment_type_id=shop.ids["always"], date=day, timezone=zone, duration=duration)
    assert len(found) == count
    instants = [datetime.fromisoformat(s["start"]).astimezone(UTC) for s in found]
    assert len(set(instants)) == count
    for slot in found:
        start, end = (datetime.fromisoformat(slot[key]) for key in ("start", "end"))
        assert end - start == timedelta(minutes=duration), slot
        assert start.utcoffset() == start.astimezone(ZoneInfo(zone)).utcoffset(), slot
        assert end.utcoffset() == end.astimezone(ZoneInfo(zone)).utcoffset(), slot


def test_lengths_are_those_on_offer(http: httpx2.Client, shop: Shop) -> None:
    hours = slots(http, appointment_type_id=shop.ids["always"], date="2026-11-23", duration=60)
    assert {s["duration"] for s in hours} == {60}
    assert slots(http, appointment_type_id=shop.ids["always"], date="2026-11-23", duration=45) == []
    made = create(http, appointment_type_id=str(shop.ids["always"]), end_time=(AT + 2 * HALF).isoformat())
    assert made.json()["end_time"][11:16] == "13:00"
    assert create(http, appointment_type_id=str(shop.ids["always"]), start_time=(AT + 6 * HALF).isoformat(),
                  end_time=(AT + 7.5 * HALF).isoformat()).status_code == 409  # fmt: skip


@pytest.mark.parametrize(("params", "status"), [
    ({"date": "2026-11-23"}, 422),
    ({"org": "nobody-here", "date": "2026-11-23"}, 404),
    ({"link": "no-such-link", "date": "2026-11-23"}, 404),
    ({"appointment_type_id": "00000000-0000-0000-0000-000000000001", "date": "2026-11-23"}, 404),
    ({"org": "SHOP"}, 422),
    ({"org": "SHOP", "end_date": "2026-11-23"}, 422),
    ({"org": "SHOP", "date": "soon"}, 422),
    ({"org": "SHOP", "date": "2026-11-23", "timezone": "Mars/Olympus"}, 422),
    ({"org": "SHOP", "date": "2026-11-23", "timezone": "../../etc/passwd"}, 422),
    ({"org": "SHOP", "date": "2026-11-23", "duration": "0"}, 422),
    ({"org": "SHOP", "start_date": "2026-11-23", "end_date": "2026-11-22"}, 422),
    ({"org": "SHOP", "start_date": "2026-11-23", "end_date": "2027-11-22"}, 422),
    ({"org": "SHOP", "date": "2026-11-23", "link": "no-such-link"}, 404),
])  # fmt: skip
def test_wrong_questions_are_refused(
    http: httpx2.Client, shop: Shop, params: dict[str, str], status: int
) -> None:
    asked = {key: shop.slug if value == "SHOP" else value for key, value in params.items()}
    answer = ask(http, **asked)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["code"]


def test_hidden_types_and_those_of_others_are_not_found(
    http: httpx2.Client, shop: Shop, database_url: str, settings: Settings, clock: Clock
) -> None:
    other = found_shop(database_url, settings, clock, people_and_things())
    assert ask(http, appointment_type_id=shop.ids["hidden"], date="2026-11-23").status_code == 404
    assert (
        ask(http, org=shop.slug, appointment_type_id=other.ids["chosen"], date="2026-11-23").status_code
        == 404
    )
    assert create(http, org=shop.slug, appointment_type_id=str(other.ids["chosen"])).status_code == 404
    assert create(http, appointment_type_id=str(shop.ids["hidden"])).status_code == 404


def test_a_booking_is_made_read_moved_and_cancelled(http: httpx2.Client, shop: Shop) -> None:
    answer = create(http, appointment_type_id=str(shop.ids["chosen"]), staff_id=str(shop.ids["ben"]),
                    attendee_phone="+1 305 555 0100", description="Two prints", location_details="Back door")  # fmt: skip
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["phone"], made["goal_text"], made["location_details"]) == (
        "+1 305 555 0100",
        "Two prints",
        "Back door",
    )
    assert [p["name"] for p in made["participants"] if p["role"] == "host"] == ["Ben"]
    manage = {"params": {"token": made["token"]}}
    assert http.get("/api/booking/manage", **manage).json()["id"] == made["id"]
    put = http.put("/api/booking/manage", json={"start_time": (AT + HALF).isoformat()}, **manage)
    assert put.json()["start_time"][11:16] == "12:30"
    assert [p["name"] for p in put.json()["participants"] if p["role"] == "host"] == ["Ben"]
    gone = http.delete("/api/booking/manage", **manage)
    assert gone.json()["status"] == "cancelled"
    again = create(http, appointment_type_id=str(shop.ids["chosen"]), staff_id=str(shop.ids["ben"]))
    assert again.status_code == 201, "its time is free again"


def test_a_wrong_token_opens_nothing(http: httpx2.Client, shop: Shop) -> None:
    made = create(http, appointment_type_id=str(shop.ids["chosen"])).json()
    forged = made["token"][:-1] + ("0" if made["token"][-1] != "0" else "1")
    for token in (forged, made["id"], "", "x" * 500):
        answer = http.get("/api/booking/manage", params={"token": token})
        assert answer.status_code in (401, 404, 422), token
        assert "ada@example.org" not in answer.text
    assert http.get("/api/booking/manage").status_code in (401, 422)


def test_a_taken_time_is_refused_with_the_nearest_free_ones(http: httpx2.Client, shop: Shop) -> None:
    wanted = {"appointment_type_id": str(shop.ids["chosen"]), "staff_id": str(shop.ids["ann"])}
    assert create(http, **wanted).status_code == 201
    refused = create(http, **wanted)
    assert (refused.status_code, refused.json()["code"]) == (409, "slot_taken")
    assert len(refused.json()["alternatives"]) == 3
    other = create(http, appointment_type_id=str(shop.ids["chosen"]))
    assert [p["name"] for p in other.json()["participants"] if p["role"] == "host"] == ["Ben"]


@pytest.mark.parametrize("change", [
    {"attendee_email": "nobody"},
    {"attendee_name": ""},
    {"start_time": "2026-11-23T12:00:00"},
    {"start_time": "soon"},
    {"surprise": 1},
    {"attendee_phone": "call me"},
    {"staff_id": ""},
    {"end_time": "2026-11-23T11:00:00Z"},
])  # fmt: skip
def test_wrong_bookings_are_refused(http: httpx2.Client, shop: Shop, change: dict[str, Any]) -> None:
    answer = create(http, appointment_type_id=str(shop.ids["chosen"]), **change)
    assert answer.status_code == 422, answer.text


def test_an_organization_alone_does_not_say_what_to_book(http: httpx2.Client, shop: Shop) -> None:
    assert create(http, org=shop.slug).status_code == 422
    assert create(http).status_code == 422


def test_a_repeated_request_gets_the_first_answer(http: httpx2.Client, shop: Shop) -> None:
    wanted = {"appointment_type_id": str(shop.ids["always"])}
    first = create(http, {"idempotency-key": "9f1c7e0a-b34d-4c52-a6b1-0d7c5e2f8a90"}, **wanted)
    again = create(http, {"idempotency-key": "9f1c7e0a-b34d-4c52-a6b1-0d7c5e2f8a90"}, **wanted)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()


def test_questions_of_a_type_are_asked_here_too(http: httpx2.Client, shop: Shop) -> None:
    wanted = {"appointment_type_id": str(shop.ids["asking"])}
    assert create(http, **wanted).status_code == 422
    made = create(http, **wanted, attendee_phone="+1 305 555 0100", answers={"q1": "ink", "ok": True})
    assert (made.status_code, made.json()["price"]) == (201, 5000)
