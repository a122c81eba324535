"""Holidays of one's own and of countries, and what a change would break: exactly that, and without a trace."""

from datetime import timedelta
from typing import Any

import httpx2
import psycopg
import pytest

from infra24.resources import Draft
from infra24.settings import Settings
from tests.factories import Shop, found_shop, opening, rules
from tests.serving import Clock
from tests.studio import ANN, BEN, DAY, appointment, people_and_things
from tests.web.test_bookings_api import AT, book

WEEK, ONE = timedelta(weeks=1), timedelta(days=1)
THANKSGIVING = "2026-11-26"


@pytest.fixture
def shop(database_url: str, settings: Settings, clock: Clock) -> Shop:
    return found_shop(database_url, settings, clock, {
        **people_and_things(),
        "room": Draft("space", "Room", capacity=1, availability_rules=rules(opening(**DAY))),
        "stubborn": Draft("space", "Open on holidays", capacity=1,
                          availability_rules=rules(opening(**DAY), holidays=False)),
        "hosted": Draft("other", "Hosted", availability_rules=rules(
            opening(ANN, **DAY), opening(BEN, **DAY), pooling="collective")),
        "two": appointment("Two hosts", {"hosts": [ANN, BEN], "count": 2}),
        "either": appointment("Either room", {"any_of": ["room", "open-on-holidays"]},
                              rules={"windows": [opening(**DAY)], "holidays": False}),
        "turned": appointment("Turned", {"hosts": [ANN, BEN], "pooling": "round_robin"}),
    })  # fmt: skip


def put(http: httpx2.Client, shop: Shop, preview: bool = False, **said: Any) -> httpx2.Response:
    return http.put(f"/api/organizations/{shop.slug}/holidays", headers=shop.auth, json=said,
                    params={"preview": "true"} if preview else {})  # fmt: skip


def holidays(http: httpx2.Client, shop: Shop) -> dict[str, Any]:
    found: dict[str, Any] = http.get(f"/api/organizations/{shop.slug}/holidays").json()
    return found


def day(on: str, name: str = "Mill Day", is_closed: bool = True) -> dict[str, Any]:
    return {"date": on, "name": name, "is_closed": is_closed}


def impact(http: httpx2.Client, shop: Shop, **change: Any) -> list[str]:
    answer = http.post(f"/api/organizations/{shop.slug}/impact", headers=shop.auth, json=change)
    assert answer.status_code == 200, answer.text
    assert all(one["reasons"] for one in answer.json()["affected_bookings"])
    return [one["id"] for one in answer.json()["affected_bookings"]]


def slots(http: httpx2.Client, shop: Shop, name: str, on: str) -> list[str]:
    answer = http.get("/api/availability", params={"resource_id": str(shop.ids[name]), "start_date": on})
    return [slot["start"][11:16] for slot in answer.json()["slots"]]


def facts(owner: psycopg.Connection[Any], shop: Shop) -> list[Any]:
    """All that a look could have left behind."""
    found: list[Any] = []
    for query in (
        "SELECT version FROM catalogues WHERE org_id = %s",
        "SELECT count(*) FROM events WHERE org_id = %s",
        "SELECT array_agg(r::text ORDER BY id) FROM resources r WHERE org_id = %s",
        "SELECT array_agg(b::text ORDER BY id) FROM bookings b WHERE org_id = %s",
        "SELECT array_agg(c::text ORDER BY c::text) FROM claims c WHERE org_id = %s",
        "SELECT array_agg(h::text ORDER BY held_on) FROM holidays h WHERE org_id = %s",
        "SELECT array_agg(h::text ORDER BY country) FROM holiday_calendars h WHERE org_id = %s",
        "SELECT array_agg(h::text ORDER BY h::text) FROM resource_hosts h WHERE org_id = %s",
    ):
        found.append(owner.execute(query, (shop.org_id,)).fetchone())
    return found


# Holidays.


def test_an_own_holiday_closes_whatever_keeps_holidays(http: httpx2.Client, shop: Shop) -> None:
    assert len(slots(http, shop, "room", "2026-11-24")) == 20
    assert put(http, shop, days=[day("2026-11-24")]).status_code == 200
    for name in ("room", "chosen", "hosted", "lesson", "quiet"):
        assert slots(http, shop, name, "2026-11-24") == [], name
    assert len(slots(http, shop, "stubborn", "2026-11-24")) == 20
    assert len(slots(http, shop, "room", "2026-11-25")) == 20
    why = http.get("/api/availability/explain",
                   params={"resource_id": str(shop.ids["room"]), "start_time": (AT + ONE).isoformat()}).json()  # fmt: skip
    assert "Closed for Mill Day." in [reason["sentence"] for reason in why["reasons"]]
    assert put(http, shop).status_code == 200
    assert len(slots(http, shop, "room", "2026-11-24")) == 20, "what is not said again is no holiday any more"


def test_a_countrys_holidays_and_those_of_its_parts(http: httpx2.Client, shop: Shop) -> None:
    said = put(http, shop, countries=["US"]).json()
    assert said["countries"] == ["US"]
    assert THANKSGIVING in {on["date"] for on in said["coming"]}
    assert all("2026-11-20" <= on["date"] <= "2027-12-25" for on in said["coming"])
    assert slots(http, shop, "room", THANKSGIVING) == []
    whole = {on["date"] for on in said["coming"]}
    part = {on["date"] for on in put(http, shop, countries=["us-tx"]).json()["coming"]}
    assert part - whole, "Texas keeps days that others do not"
    assert holidays(http, shop)["countries"] == ["US-TX"]


def test_one_can_be_open_on_a_countrys_holiday(http: httpx2.Client, shop: Shop) -> None:
    said = put(http, shop, countries=["US"], days=[day(THANKSGIVING, "Open house", is_closed=False)]).json()
    assert THANKSGIVING not in {on["date"] for on in said["coming"]}
    assert len(slots(http, shop, "room", THANKSGIVING)) == 20
    assert slots(http, shop, "room", "2026-12-25") == []


@pytest.mark.parametrize(("said", "path"), [
    ({"countries": ["Atlantis"]}, "countries[0]"),
    ({"countries": ["US", "US-XX"]}, "countries[1]"),
    ({"countries": [""]}, "countries[0]"),
    ({"days": [{"date": "2026-02-30", "name": "x"}]}, "days[0].date"),
    ({"days": [{"date": "2026-02-20"}]}, "days[0].name"),
])  # fmt: skip
def test_wrong_holidays_are_refused_by_their_path(
    http: httpx2.Client, shop: Shop, said: dict[str, Any], path: str
) -> None:
    answer = put(http, shop, **said)
    assert answer.status_code == 422, answer.text
    assert path in {e["path"] for e in answer.json()["errors"]}
    assert holidays(http, shop)["countries"] == []


def test_only_staff_say_what_is_a_holiday(http: httpx2.Client, shop: Shop) -> None:
    here = f"/api/organizations/{shop.slug}"
    assert http.put(f"{here}/holidays", json={}).status_code == 401
    assert http.post(f"{here}/impact", json={"holidays": {}}).status_code == 401
    assert http.get(f"{here}/shifted-bookings").status_code == 401


def test_a_holiday_lists_the_bookings_it_breaks_and_they_stay(http: httpx2.Client, shop: Shop) -> None:
    hours = enumerate(("room", "chosen", "hosted"))
    hit = [book(http, shop, name, at=AT + ONE + timedelta(hours=n))["id"] for n, name in hours]
    others = [book(http, shop, "room"), book(http, shop, "stubborn", at=AT + ONE)]
    gone = book(http, shop, "room", at=AT + ONE + timedelta(hours=5))
    http.delete(f"/api/bookings/{gone['token']}")
    said = put(http, shop, preview=True, days=[day("2026-11-24")]).json()["affected_bookings"]
    assert {one["id"] for one in said} == set(hit)
    assert len(slots(http, shop, "room", "2026-11-24")) == 19, "it was only looked at"
    said = put(http, shop, days=[day("2026-11-24")]).json()["affected_bookings"]
    assert {one["id"] for one in said} == set(hit)
    assert {one["status"] for one in said} == {"confirmed"}
    for one in others:
        assert http.get(f"/api/bookings/{one['token']}").json()["status"] == "confirmed"
    again = put(http, shop, days=[day("2026-11-24"), day("2026-12-24")]).json()["affected_bookings"]
    assert again == [], "what was broken before is not broken by this"


# Impact.


def test_a_look_at_a_change_leaves_no_trace(
    http: httpx2.Client, shop: Shop, owner: psycopg.Connection[Any]
) -> None:
    book(http, shop, "room", at=AT + ONE)
    book(http, shop, "chosen", at=AT + ONE)
    names = ("room", "chosen", "hosted", "turned")
    free = {name: slots(http, shop, name, "2026-11-24") for name in names}
    before = facts(owner, shop)
    ann = {"timezone": "UTC", "windows": [opening(start="09:00", end="10:00")]}
    impact(http, shop, resource_id=str(shop.ids["ann"]), availability_rules=ann)
    impact(
        http,
        shop,
        resource_id=str(shop.ids["room"]),
        availability_rules=rules(opening(start="20:00", end="21:00")),
    )
    impact(http, shop, holidays={"days": [day("2026-11-24")], "countries": ["US"]})
    assert facts(owner, shop) == before
    assert {name: slots(http, shop, name, "2026-11-24") for name in names} == free
    assert book(http, shop, "room", at=AT + ONE + timedelta(hours=3))["status"] == "confirmed"


def test_a_preview_of_holidays_leaves_no_trace(
    http: httpx2.Client, shop: Shop, owner: psycopg.Connection[Any]
) -> None:
    book(http, shop, "room", at=AT + ONE)
    before = facts(owner, shop)
    assert put(http, shop, preview=True, days=[day("2026-11-24")]).status_code == 200
    assert facts(owner, shop) == before


def test_a_change_that_is_wrong_is_refused_and_leaves_no_trace(
    http: httpx2.Client, shop: Shop, owner: psycopg.Connection[Any]
) -> None:
    before = facts(owner, shop)
    here = f"/api/organizations/{shop.slug}/impact"
    room = {"resource_id": str(shop.ids["room"])}
    for wrong in ({}, room, {**room, "availability_rules": {}, "holidays": {}}, {"availability_rules": {}},
                  {**room, "availability_rules": {"windows": 3}}, {"holidays": {"countries": ["XX"]}}):  # fmt: skip
        answer = http.post(here, headers=shop.auth, json=wrong)
        assert answer.status_code == 422, (wrong, answer.text)
    nobody = {"resource_id": "00000000-0000-0000-0000-000000000001", "availability_rules": {}}
    assert http.post(here, headers=shop.auth, json=nobody).status_code == 404
    assert facts(owner, shop) == before


def test_other_hours_break_exactly_what_lies_outside(http: httpx2.Client, shop: Shop, clock: Clock) -> None:
    made = {hour: book(http, shop, "room", at=AT.replace(hour=hour))["id"] for hour in (8, 9, 12, 17)}
    past = rules(opening(start="09:00", end="17:00"), buffer_before=15, step_minutes=60, min_notice_minutes=500_000,
                 horizon_days=1, max_per_day=1, durations=[45])  # fmt: skip
    assert set(impact(http, shop, resource_id=str(shop.ids["room"]), availability_rules=past)) == {
        made[8],
        made[17],
    }
    clock.at = AT.replace(hour=8, minute=40)
    assert set(impact(http, shop, resource_id=str(shop.ids["room"]), availability_rules=past)) == {made[17]}
    closed = rules(opening(**DAY), blackouts=[{"date": "2026-11-23", "start": "12:15", "end": "12:20"}])
    assert impact(http, shop, resource_id=str(shop.ids["room"]), availability_rules=closed) == [made[12]]


def test_time_off_of_one_host_breaks_only_the_bookings_with_them(http: httpx2.Client, shop: Shop) -> None:
    ann = book(http, shop, "chosen", staff_id=str(shop.ids["ann"]))["id"]
    book(http, shop, "chosen", staff_id=str(shop.ids["ben"]))
    lesson = book(http, shop, "lesson", at=AT + timedelta(hours=1))
    assert [p["name"] for p in lesson["participants"] if p["role"] == "host"] == ["Ann"]
    book(http, shop, "room")
    off = rules(opening(**DAY), overrides=[{"date": "2026-11-23", "off": True, "colleague": BEN}])
    found = impact(http, shop, resource_id=str(shop.ids["ann"]), availability_rules=off)
    assert set(found) == {ann, lesson["id"]}, "that a colleague would take over does not move what stands"


@pytest.mark.parametrize("name", ["everyone", "two", "hosted"])
def test_a_booking_with_several_hosts_breaks_when_one_of_them_is_off(
    http: httpx2.Client, shop: Shop, name: str
) -> None:
    made = book(http, shop, name)
    assert len([p for p in made["participants"] if p["role"] == "host"]) == 2
    off = rules(opening(**DAY), overrides=[{"date": "2026-11-23", "off": True}])
    assert impact(http, shop, resource_id=str(shop.ids["ben"]), availability_rules=off) == [made["id"]]


def test_a_booking_breaks_when_the_room_it_claims_closes_though_another_is_open(
    http: httpx2.Client, shop: Shop, owner: psycopg.Connection[Any]
) -> None:
    made = book(http, shop, "either")
    row = owner.execute("SELECT resource_id FROM claims WHERE booking_id = %s", (made["id"],)).fetchone()
    assert row is not None
    other = next(id_ for name, id_ in shop.ids.items() if name in ("room", "stubborn") and id_ != row[0])
    closed = rules(opening(**DAY), blackouts=[{"date": "2026-11-23"}])
    assert impact(http, shop, resource_id=str(other), availability_rules=closed) == []
    assert impact(http, shop, resource_id=str(row[0]), availability_rules=closed) == [made["id"]]


def test_a_whole_breaks_when_a_part_closes(http: httpx2.Client, shop: Shop) -> None:
    """Who takes the hall takes its halves; a closed half does not open for the hall either."""
    made = book(http, shop, "hall")
    closed = rules(opening(), blackouts=[{"date": "2026-11-23"}])
    changed = http.patch(f"/api/organizations/{shop.slug}/resources/left-half", headers=shop.auth,
                         json={"availability_rules": closed}).json()  # fmt: skip
    offered = slots(http, shop, "hall", "2026-11-23")
    listed = [one["id"] for one in changed["affected_bookings"]]
    assert (listed == [made["id"]]) == (offered == []), "what is offered and what is broken agree"


def test_a_change_of_rules_lists_what_it_breaks_as_the_look_did(http: httpx2.Client, shop: Shop) -> None:
    made = book(http, shop, "chosen", staff_id=str(shop.ids["ben"]))
    off = rules(opening(**DAY), overrides=[{"date": "2026-11-23", "off": [{"start": "11:00", "end": "13:00"}],
                                            "reason": "dentist"}])  # fmt: skip
    assert impact(http, shop, resource_id=str(shop.ids["ben"]), availability_rules=off) == [made["id"]]
    changed = http.patch(f"/api/organizations/{shop.slug}/resources/{shop.ids['ben']}", headers=shop.auth,
                         json={"availability_rules": off}).json()  # fmt: skip
    assert [one["id"] for one in changed["affected_bookings"]] == [made["id"]]
    assert "dentist" in changed["affected_bookings"][0]["reasons"][0]["detail"]
    assert impact(http, shop, resource_id=str(shop.ids["ben"]), availability_rules=off) == []


def test_other_hours_of_a_type_break_its_own_bookings_only(http: httpx2.Client, shop: Shop) -> None:
    mine = book(http, shop, "turned")
    book(http, shop, "chosen")
    own = {"timezone": "UTC", "slot_minutes": 30, "windows": [opening(start="15:00", end="18:00")]}
    assert impact(http, shop, resource_id=str(shop.ids["turned"]), availability_rules=own) == [mine["id"]]
