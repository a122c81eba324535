"""Appointment types through the API: needs met together, linked spaces, layouts, questions, choice."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import psycopg
import pytest

from infra24.settings import Settings
from tests.factories import Shop, found_shop
from tests.serving import Clock
from tests.studio import people_and_things
from tests.web.test_bookings_api import AT, body, book

HALF = timedelta(minutes=30)


@pytest.fixture
def studio(database_url: str, settings: Settings, clock: Clock) -> Shop:
    return found_shop(database_url, settings, clock, people_and_things())


def slots(http: httpx2.Client, shop: Shop, name: str) -> list[str]:
    answer = http.get(
        "/api/availability", params={"resource_id": str(shop.ids[name]), "start_date": "2026-11-23"}
    )
    assert answer.status_code == 200, answer.text
    return [slot["start"][11:16] for slot in answer.json()["slots"]]


def refused(http: httpx2.Client, shop: Shop, *args: Any, **more: Any) -> dict[str, Any]:
    answer = http.post("/api/bookings", json=body(shop, *args, **more))
    assert answer.status_code in (409, 422), answer.text
    found: dict[str, Any] = answer.json()
    return found


def paths(problem: dict[str, Any]) -> set[str]:
    return {wrong["path"] for wrong in problem["errors"]}


def claimed(owner: psycopg.Connection[Any], booking: dict[str, Any]) -> list[tuple[Any, ...]]:
    return owner.execute(
        "SELECT r.title, c.unit, to_char(c.starts_at AT TIME ZONE 'UTC', 'HH24:MI'), "
        "to_char(c.ends_at AT TIME ZONE 'UTC', 'HH24:MI'), c.turnover "
        "FROM claims c JOIN resources r USING (org_id) WHERE r.id = c.resource_id AND c.booking_id = %s "
        "ORDER BY 3, 1, 2", (booking["id"],),
    ).fetchall()  # fmt: skip


def test_a_lesson_takes_a_person_a_room_and_two_wheels_at_once(
    http: httpx2.Client, studio: Shop, owner: psycopg.Connection[Any]
) -> None:
    made = book(http, studio, "lesson")
    assert [p["name"] for p in made["participants"] if p["role"] == "host"] == ["Ann"]
    assert [row[:2] for row in claimed(owner, made)] == [
        ("Ann", 1),
        ("North room", 1),
        ("Wheels", 1),
        ("Wheels", 2),
    ]
    again = refused(http, studio, "lesson")
    assert again["code"] == "slot_taken"
    assert len(again["alternatives"]) == 3
    assert "12:00" not in slots(http, studio, "lesson")
    assert "12:30" in slots(http, studio, "lesson")


def test_one_member_serves_one_need_and_the_others_are_found(http: httpx2.Client, studio: Shop) -> None:
    """Ben can do both; who books glass gets Cyd when Ben is taken, and the room that is open."""
    nine = AT.replace(hour=9)
    first = book(http, studio, "quiet", at=nine)
    second = book(http, studio, "quiet", at=nine)
    names = {p["name"] for made in (first, second) for p in made["participants"] if p["role"] == "host"}
    assert names == {"Ben", "Cyd"}
    assert refused(http, studio, "quiet", at=nine)["code"] == "slot_taken"
    book(http, studio, "quiet", at=AT.replace(hour=15))
    assert refused(http, studio, "quiet", at=AT.replace(hour=15))["code"] in (
        "slot_taken",
        "slot_not_offered",
    )


def test_the_grid_is_the_persons_and_the_room_only_has_to_be_open(http: httpx2.Client, studio: Shop) -> None:
    offered = slots(http, studio, "lesson")
    assert (offered[0], offered[-1], len(offered)) == ("08:00", "17:30", 20)


def test_a_whole_takes_its_parts_and_a_part_takes_the_whole(
    http: httpx2.Client, studio: Shop, owner: psycopg.Connection[Any]
) -> None:
    hall = book(http, studio, "hall")
    assert [row[0] for row in claimed(owner, hall)] == ["Hall", "Left half", "Right half"]
    assert refused(http, studio, "left")["code"] == "slot_taken"
    later = AT + timedelta(hours=2)
    book(http, studio, "left", at=later)
    book(http, studio, "right", at=later)
    assert refused(http, studio, "hall", at=later)["code"] == "slot_taken"


def test_what_excludes_each_other_is_never_used_at_once(http: httpx2.Client, studio: Shop) -> None:
    book(http, studio, "saw")
    assert refused(http, studio, "booth")["code"] == "slot_taken"
    booth = book(http, studio, "booth", at=AT + timedelta(hours=1))
    assert refused(http, studio, "saw", at=AT + timedelta(hours=1))["code"] == "slot_taken"
    http.delete(f"/api/bookings/{booth['token']}")
    book(http, studio, "saw", at=AT + timedelta(hours=1))
    listed = http.get(f"/api/organizations/{studio.slug}/resources", headers=studio.auth).json()["resources"]
    assert not [r for r in listed if r["title"].startswith("Not both")]
    assert next(r for r in listed if r["slug"] == "saw")["excludes"] == ["sound-booth"]


def test_neighbours_of_one_layout_share_it_and_others_wait(
    http: httpx2.Client, studio: Shop, owner: psycopg.Connection[Any]
) -> None:
    first = book(http, studio, "talk")
    assert claimed(owner, first) == [
        ("Stage", 1, "11:30", "12:00", True),
        ("Stage", 1, "12:00", "12:30", False),
        ("Stage", 1, "12:30", "13:00", True),
    ]
    second = book(http, studio, "talk", at=AT + HALF)  # nothing has to be cleared away between them
    assert claimed(owner, first)[-1][2:] == ("12:00", "12:30", False)
    assert [row[2:] for row in claimed(owner, second)] == [
        ("12:30", "13:00", False),
        ("13:00", "13:30", True),
    ]
    assert refused(http, studio, "yoga", at=AT + 3 * HALF)["code"] == "slot_taken"
    book(http, studio, "yoga", at=AT + 5 * HALF)  # 13:30 mats go in, 14:30 they begin
    http.delete(f"/api/bookings/{second['token']}")
    assert claimed(owner, first)[-1][2:] == ("12:30", "13:00", True), "the clearing away came back"


def test_a_visitor_chooses_a_host_where_they_may(http: httpx2.Client, studio: Shop) -> None:
    made = book(http, studio, "chosen", staff_id=str(studio.ids["ben"]))
    assert [p["name"] for p in made["participants"] if p["role"] == "host"] == ["Ben"]
    assert refused(http, studio, "chosen", staff_id=str(studio.ids["ben"]))["code"] == "slot_taken"
    moved = http.put(
        f"/api/booking/manage?token={made['token']}", json={"start_time": (AT + HALF).isoformat()}
    )
    assert [p["name"] for p in moved.json()["participants"] if p["role"] == "host"] == ["Ben"]
    wrong = refused(http, studio, "turns", staff_id=str(studio.ids["ben"]))
    assert paths(wrong) == {"staff_id"}


def test_questions_are_asked_and_answers_kept(http: httpx2.Client, studio: Shop) -> None:
    wrong = refused(http, studio, "asking", answers={"q1": "oil", "size": 0, "more": 1})
    assert paths(wrong) == {"phone"}
    wrong = refused(
        http, studio, "asking", phone="+1 305 555 0100", answers={"q1": "oil", "size": 0, "more": 1}
    )
    assert paths(wrong) == {"answers.q1", "answers.size", "answers.ok", "answers.more"}
    made = book(http, studio, "asking", phone="+1 305 555 0100", answers={"q1": "ink", "ok": True})
    assert made["answers"] == [{"id": "q1", "label": "Medium", "answer": "ink"},
                               {"id": "ok", "label": "I agree", "answer": True}]  # fmt: skip
    assert (made["price"], made["phone"]) == (5000, "+1 305 555 0100")


def test_a_hold_is_confirmed_with_its_answers_or_stays(http: httpx2.Client, studio: Shop) -> None:
    wanted = body(studio, "asking")
    held = http.post(
        "/api/holds", json={k: wanted[k] for k in ("org_id", "resource_id", "start_time", "end_time")}
    )
    token = held.json()["token"]
    change = {"status": "confirmed", "artist_name": "Ada", "artist_email": "ada@example.org"}
    wrong = http.put(f"/api/bookings/{token}", json=change)
    assert wrong.status_code == 422
    right = http.put(f"/api/bookings/{token}", json={
        **change, "phone": "+44 20 7946 0000", "answers": {"q1": "clay", "ok": "yes"}})  # fmt: skip
    assert (right.status_code, right.json()["status"]) == (200, "confirmed")


@pytest.mark.parametrize(("needs", "path"), [
    ([{"hosts": ["nobody@studio.example"]}], "needs[0].hosts[0].host"),
    ([{"hosts": []}], "needs[0].hosts"),
    ([{"resource": "attic"}], "needs[0].resource"),
    ([{"resource": "wheels", "units": 4}], "needs[0].units"),
    ([{"any_of": ["north-room"], "count": 2}], "needs[0].count"),
    ([{"hosts": ["ann@studio.example"]}, {"skill": "glass"}], "needs"),
    ([{"hosts": ["ann@studio.example"], "pooling": "collective", "count": 2}], "needs[0].pooling"),
    ([{"resource": "lesson"}], "needs[0].resource"),
    ([{"tag": "quiet", "sort": "up"}], "needs[0].sort"),
    ([{}], "needs[0]"),
])  # fmt: skip
def test_what_is_wrong_with_needs_is_said_by_its_path(
    http: httpx2.Client, studio: Shop, needs: Any, path: str
) -> None:
    answer = http.post(f"/api/organizations/{studio.slug}/appointment-types", headers=studio.auth,
                       json={"title": "Wrong", "needs": needs})  # fmt: skip
    assert answer.status_code == 422, answer.text
    assert path in paths(answer.json())


def test_pooling_among_a_types_rules_is_refused_with_where_to_write_it(
    http: httpx2.Client, studio: Shop
) -> None:
    body = {"title": "Wrong", "needs": [{"hosts": ["ann@studio.example"]}],
            "availability_rules": {"pooling": "round_robin"}}  # fmt: skip
    here = f"/api/organizations/{studio.slug}"
    made = http.post(f"{here}/appointment-types", headers=studio.auth, json=body)
    changed = http.patch(f"{here}/resources/by-turns", headers=studio.auth,
                         json={"availability_rules": {"pooling": "any"}})  # fmt: skip
    for answer in (made, changed):
        assert (answer.status_code, paths(answer.json())) == (422, {"availability_rules.pooling"})
        assert "needs: write pooling there" in answer.json()["detail"]


def test_needs_follow_what_is_renamed_tagged_and_archived(http: httpx2.Client, studio: Shop) -> None:
    here = f"/api/organizations/{studio.slug}/resources"
    http.patch(f"{here}/north-room", headers=studio.auth, json={"slug": "quiet-room"})
    lesson = http.get(f"{here}/lesson", headers=studio.auth).json()
    assert lesson["needs"][1] == {"resource": "quiet-room"}
    http.patch(f"{here}/{studio.ids['cyd']}", headers=studio.auth, json={"is_active": False})
    nine = AT.replace(hour=9)
    book(http, studio, "quiet", at=nine)
    assert refused(http, studio, "quiet", at=nine)["code"] == "slot_taken"
    http.patch(f"{here}/{studio.ids['ann']}", headers=studio.auth, json={"tags": ["glass"]})
    book(http, studio, "quiet", at=nine)
    http.patch(f"{here}/wheels", headers=studio.auth, json={"is_active": False})
    assert slots(http, studio, "lesson") == []
    told = http.get("/api/availability/reasons",
                    params={"resource_id": str(studio.ids["lesson"]), "start_date": "2026-11-23"}).json()  # fmt: skip
    assert [reason["code"] for reason in told["reasons"]] == ["nothing_fits"]


def test_staff_see_each_need_explained_and_visitors_only_the_outcome(
    http: httpx2.Client, studio: Shop
) -> None:
    book(http, studio, "lesson")
    asked = {"resource_id": str(studio.ids["lesson"]), "start_time": AT.isoformat()}
    public = http.get("/api/availability/explain", params=asked).json()
    assert [r["code"] for r in public["reasons"]] == ["taken"]
    assert public["needs"] is None if "needs" in public else True
    full = http.get("/api/availability/explain", params=asked, headers=studio.auth).json()
    assert [need["enough"] for need in full["needs"]] == [True, False, False]
    assert full["needs"][2]["members"][0]["name"] == "Wheels"


def test_parts_cannot_go_in_a_circle_nor_leave_bookings_out(http: httpx2.Client, studio: Shop) -> None:
    here = f"/api/organizations/{studio.slug}/resources"
    circle = http.patch(f"{here}/left-half", headers=studio.auth, json={"parts": ["hall"]})
    assert circle.status_code == 422
    assert "parts" in paths(circle.json())
    book(http, studio, "saw")
    late = http.patch(f"{here}/saw", headers=studio.auth, json={"parts": ["right-half"]})
    assert (late.status_code, late.json()["code"]) == (409, "parts_in_use")


def test_limits_count_by_month_by_minutes_and_for_the_offer(
    http: httpx2.Client, studio: Shop, run: Callable[..., Any]
) -> None:
    here = f"/api/organizations/{studio.slug}/resources/lesson"
    for limit, code in (
        ({"max_per_day": 1}, "day_limit"),
        ({"max_minutes_per_week_per_host": 30}, None),
        ({"max_per_month_per_host": 1}, None),
    ):
        own = {"timezone": "UTC", "slot_minutes": 30, **limit}
        http.patch(here, headers=studio.auth, json={"availability_rules": own})
        made = book(http, studio, "lesson")
        if code:
            assert refused(http, studio, "lesson", at=AT + HALF)["reasons"][0]["code"] == code
        else:  # Ann is used up, Ben is not
            other = book(http, studio, "lesson", at=AT + HALF)
            assert [p["name"] for p in other["participants"] if p["role"] == "host"] == ["Ben"]
            third = refused(http, studio, "lesson", at=AT + 2 * HALF)
            assert (third["code"], third["reasons"][0]["limit"]) == ("limit_reached", *limit)
            http.delete(f"/api/bookings/{other['token']}")
        http.delete(f"/api/bookings/{made['token']}")
    own = {"timezone": "UTC", "slot_minutes": 30, "max_minutes_per_day_per_booker": 60}
    http.patch(here, headers=studio.auth, json={"availability_rules": own})
    book(http, studio, "lesson")
    book(http, studio, "lesson", at=AT + HALF)
    assert refused(http, studio, "lesson", at=AT + 2 * HALF)["code"] == "booker_limit"


def test_people_are_not_booked_by_themselves_unless_it_is_said(http: httpx2.Client, studio: Shop) -> None:
    here = f"/api/organizations/{studio.slug}/resources"
    rules = {"windows": [{"by": "resource", "days": ["Monday"], "start": "09:00", "end": "17:00"}]}
    dee = {"type": "person", "title": "Dee", "email": "dee@studio.example", "availability_rules": rules}
    assert http.post(here, json=dee, headers=studio.auth).json()["is_bookable"] is False
    eve = {**dee, "title": "Eve", "email": "eve@studio.example", "is_bookable": True}
    assert http.post(here, json=eve, headers=studio.auth).json()["is_bookable"] is True
    room = http.post(here, json={"type": "space", "title": "Attic"}, headers=studio.auth).json()
    assert room["is_bookable"] is True


def test_all_offers_of_one_person_can_be_asked_for(http: httpx2.Client, studio: Shop) -> None:
    """Rooms and round robins have nobody to ask for: they are passed over, not refused."""
    asked = {"org": studio.slug, "date": "2026-11-23", "staff_id": str(studio.ids["ben"])}
    answer = http.get("/api/booking/availability", params=asked)
    assert answer.status_code == 200, answer.text
    slots = answer.json()["slots"]
    assert {slot["staff_name"] for slot in slots} == {"Ben"}
    types = {slot["appointment_type_id"] for slot in slots}
    assert str(studio.ids["chosen"]) in types
    assert not types & {str(studio.ids[name]) for name in ("turns", "everyone", "left")}
    wrong = http.get("/api/availability/explain", params={
        "resource_id": str(studio.ids["turns"]), "start_time": AT.isoformat(), "staff_id": str(studio.ids["ben"])})  # fmt: skip
    assert paths(wrong.json()) == {"staff_id"}, "what cannot be booked is not explained as free"
