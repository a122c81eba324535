"""The bookings API: the seeds' own calls, the booking's whole life, and who may do what."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from tests.factories import Shop
from tests.serving import NOW, Clock

AT = NOW + timedelta(days=3)


def body(shop: Shop, name: str = "room", at: datetime = AT, minutes: int = 30, **more: Any) -> dict[str, Any]:
    return {
        "org_id": str(shop.org_id),
        "resource_id": str(shop.ids[name]),
        "start_time": at.isoformat(),
        "end_time": (at + timedelta(minutes=minutes)).isoformat(),
        "artist_name": "Test Artist",
        "artist_email": "Test@Example.org",
        "goal_text": "Testing booking system",
        **more,
    }


def book(http: httpx2.Client, shop: Shop, *args: Any, **more: Any) -> dict[str, Any]:
    answer = http.post("/api/bookings", json=body(shop, *args, **more))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_new_booking_is_confirmed_and_carries_its_token_once(http: httpx2.Client, shop: Shop) -> None:
    made = book(http, shop)
    assert made["status"] == "confirmed"
    assert made["artist_email"] == "test@example.org"
    assert len(made["token"]) == 64
    assert made["links"]["cancel"].endswith(f"/bookings/cancel/{made['token']}")
    read = http.get(f"/api/bookings/{made['id']}", headers=shop.auth).json()
    assert "token" not in read
    assert read["participants"] == [{"role": "booker", "name": "Test Artist", "email": "test@example.org"}]


def test_the_calls_of_the_seeds_work_with_only_ids_replaced(
    http: httpx2.Client, database_url: str, settings: Any, clock: Clock
) -> None:
    """Word for word, on the day they were written: the booking's token stands where they wrote its id."""
    from infra24.resources import Draft
    from tests.factories import found_shop

    clock.at = datetime(2025, 1, 10, 12, 0, tzinfo=UTC)
    rules = {
        "timezone": "America/New_York", "slot_minutes": 30, "buffer_before": 10, "buffer_after": 10,
        "max_per_day_per_host": 4,
        "windows": [{"by": "host", "host": "mo@oolite.org", "days": ["Tuesday", "Wednesday", "Thursday"],
                     "start": "12:00", "end": "16:00"}],
        "blackouts": [{"date": "2025-10-21"}, {"range": ["2025-11-25", "2025-11-28"]}],
        "pooling": "round_robin",
    }  # fmt: skip
    shop = found_shop(
        database_url, settings, clock,
        {"mo": Draft("person", "Mo", email="mo@oolite.org"),
         "visit": Draft("other", "Remote Studio Visit", availability_rules=rules)},
    )  # fmt: skip
    resource = shop.ids["visit"]
    day = http.get(f"/api/availability?resource_id={resource}&start_date=2025-01-15&end_date=2025-01-15")
    assert [slot["start"] for slot in day.json()["slots"]][:2] == [
        "2025-01-15T17:00:00Z",
        "2025-01-15T17:30:00Z",
    ]
    week = http.get(f"/api/availability?resource_id={resource}&start_date=2025-01-15&end_date=2025-01-22")
    assert len(week.json()["slots"]) == 8 * 4  # Wednesday, Thursday, Tuesday, Wednesday
    made = http.post(
        "/api/bookings",
        json={
            "org_id": str(shop.org_id),
            "resource_id": str(resource),
            "start_time": "2025-01-14T17:30:00.000Z",
            "end_time": "2025-01-14T18:00:00.000Z",
            "artist_name": "Test Artist",
            "artist_email": "test@example.com",
            "goal_text": "Testing booking system",
        },
    )
    assert made.status_code == 201, made.text
    booking_id = made.json()["token"]
    assert http.get(f"/api/bookings/{booking_id}").json()["status"] == "confirmed"
    changed = http.put(f"/api/bookings/{booking_id}", json={"status": "confirmed"})
    assert changed.status_code == 200
    assert "google" in http.get(f"/api/bookings/{booking_id}/calendar-urls").json()
    assert http.get(f"/api/bookings/{booking_id}/ics").text.startswith("BEGIN:VCALENDAR")
    assert http.get("/api/test/booking-system").json()["success"]


def test_a_conflict_answers_409_with_the_nearest_free_times(http: httpx2.Client, shop: Shop) -> None:
    book(http, shop)
    answer = http.post("/api/bookings", json=body(shop))
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "slot_taken"
    starts = [slot["start"] for slot in problem["alternatives"]]
    assert starts == ["2026-11-23T11:00:00Z", "2026-11-23T11:30:00Z", "2026-11-23T12:30:00Z"]


def test_a_time_that_is_not_offered_says_why(http: httpx2.Client, shop: Shop) -> None:
    answer = http.post("/api/bookings", json=body(shop, at=AT + timedelta(minutes=7)))
    assert (answer.status_code, answer.json()["code"]) == (409, "slot_not_offered")
    assert answer.json()["reasons"][0]["code"] == "off_grid"
    past = http.post("/api/bookings", json=body(shop, at=NOW - timedelta(days=1)))
    assert "past" in {reason["code"] for reason in past.json()["reasons"]}
    long = http.post("/api/bookings", json=body(shop, minutes=45))
    assert "wrong_length" in {reason["code"] for reason in long.json()["reasons"]}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"artist_email": "nobody"}, "artist_email"),
        ({"artist_name": "  "}, "artist_name"),
        ({"start_time": "2026-11-23T12:00:00"}, "start_time"),
        ({"start_time": "0001-01-01T00:00:00Z"}, "start_time"),
        ({"start_time": "2026-11-23T12:00:00.5Z"}, "start_time"),
        ({"surprise": 1}, "surprise"),
        ({"goal_text": "x" * 2001}, "goal_text"),
        ({"goal_text": "nul \u0000"}, "goal_text"),
        ({"resource_id": ""}, "resource_id"),
    ],
)
def test_a_wrong_field_is_named(http: httpx2.Client, shop: Shop, change: dict[str, Any], path: str) -> None:
    answer = http.post("/api/bookings", json={**body(shop), **change})
    assert answer.status_code == 422
    assert path in {error["path"] for error in answer.json()["errors"]}


def test_an_end_before_its_start_is_refused(http: httpx2.Client, shop: Shop) -> None:
    answer = http.post("/api/bookings", json=body(shop, minutes=-30))
    assert (answer.status_code, answer.json()["code"]) == (422, "ends_before_it_starts")


def test_a_resource_of_another_organization_is_unknown(http: httpx2.Client, shop: Shop) -> None:
    wrong = {**body(shop), "org_id": "00000000-0000-4000-8000-000000000000"}
    assert http.post("/api/bookings", json=wrong).status_code == 404


def test_without_credentials_nothing_is_told(http: httpx2.Client, shop: Shop) -> None:
    made = book(http, shop)
    for path in (made["id"], "00000000-0000-4000-8000-000000000000"):
        assert http.get(f"/api/bookings/{path}").status_code == 401
    wrong = made["token"][:-4] + ("aaaa" if made["token"][-4:] != "aaaa" else "bbbb")
    for verb in ("get", "delete"):
        answer = getattr(http, verb)(f"/api/booking/manage?token={wrong}")
        assert answer.status_code == 404
        assert "artist" not in answer.text


def test_the_token_moves_and_cancels_its_own_booking(http: httpx2.Client, shop: Shop) -> None:
    made = book(http, shop)
    to = AT + timedelta(hours=2)
    manage = f"/api/booking/manage?token={made['token']}"
    moved = http.put(manage, json={"start_time": to.isoformat()})
    assert moved.json()["start_time"] == "2026-11-23T14:00:00Z"
    assert moved.json()["end_time"] == "2026-11-23T14:30:00Z"
    assert book(http, shop)["status"] == "confirmed", "the old time is free again"
    assert http.delete(manage).json()["status"] == "cancelled"
    assert http.delete(manage).json()["status"] == "cancelled", "twice is once"
    other = http.get(f"/api/bookings/{book(http, shop, 'wheels')['id']}?token={made['token']}")
    assert other.status_code == 404


def test_notice_binds_the_booker_but_not_the_staff(http: httpx2.Client, shop: Shop, clock: Clock) -> None:
    made = book(http, shop, "asked")
    assert made["status"] == "pending"
    staff = http.patch(f"/api/bookings/{made['id']}", json={"status": "confirmed"}, headers=shop.auth)
    assert staff.json()["status"] == "confirmed"
    clock.at = AT - timedelta(hours=3)
    late = http.delete(f"/api/bookings/{made['token']}")
    assert (late.status_code, late.json()["code"]) == (409, "too_late")
    assert http.delete(f"/api/bookings/{made['id']}", headers=shop.auth).json()["status"] == "cancelled"


def test_the_policy_is_the_one_at_the_time_of_booking(http: httpx2.Client, shop: Shop, clock: Clock) -> None:
    made = book(http, shop)
    where = f"/api/organizations/{shop.slug}/resources/{shop.ids['room']}"
    rules = http.get(where, headers=shop.auth).json()["availability_rules"]
    stricter = {**rules, "cancel_notice_minutes": 7 * 1440}
    assert http.patch(where, json={"availability_rules": stricter}, headers=shop.auth).status_code == 200
    clock.at = AT - timedelta(hours=1)
    assert http.delete(f"/api/bookings/{made['token']}").json()["status"] == "cancelled"


def test_the_booker_cannot_approve_their_own_request(http: httpx2.Client, shop: Shop) -> None:
    made = book(http, shop, "asked")
    answer = http.put(f"/api/bookings/{made['token']}", json={"status": "confirmed"})
    assert (answer.status_code, answer.json()["code"]) == (403, "staff_only")


def test_only_legal_moves(http: httpx2.Client, shop: Shop, clock: Clock) -> None:
    made = book(http, shop)
    mine = f"/api/bookings/{made['id']}"

    def move(status: str) -> tuple[int, str]:
        answer = http.patch(mine, json={"status": status}, headers=shop.auth)
        return answer.status_code, answer.json().get("code", answer.json()["status"])

    assert move("completed") == (409, "too_early")
    assert move("pending") == (409, "illegal_transition")
    clock.at = AT + timedelta(hours=1)
    assert move("no_show") == (200, "no_show")
    assert move("completed") == (200, "completed")
    assert move("cancelled") == (409, "illegal_transition")
    events = http.get(f"/api/organizations/{shop.slug}/events", headers=shop.auth).json()["events"]
    assert [e["type"] for e in events if e["subject_id"] == made["id"]] == [
        "booking.created",
        "booking.no_show",
        "booking.completed",
    ]


def test_a_hold_keeps_a_time_lapses_by_itself_and_is_converted_in_place(
    http: httpx2.Client, shop: Shop, clock: Clock
) -> None:
    wanted = {k: v for k, v in body(shop).items() if k in ("org_id", "resource_id", "start_time", "end_time")}
    held = http.post("/api/holds", json=wanted).json()
    assert (held["status"], held["expires_at"]) == ("hold", "2026-11-20T12:10:00Z")
    assert http.post("/api/bookings", json=body(shop)).status_code == 409
    nobody = http.put(f"/api/bookings/{held['token']}", json={"status": "confirmed"})
    assert nobody.status_code == 422
    ada = {"status": "confirmed", "artist_name": "Ada", "artist_email": "ada@example.org"}
    made = http.put(f"/api/bookings/{held['token']}", json=ada).json()
    assert (made["id"], made["status"]) == (held["id"], "confirmed")

    again = http.post("/api/holds", json={**wanted, "resource_id": str(shop.ids["wheels"])}).json()
    clock.forward(minutes=11)
    late = http.put(f"/api/bookings/{again['token']}", json=ada)
    assert late.json()["status"] == "confirmed", "the time was still free, so nothing is lost"

    third = http.post("/api/holds", json={**wanted, "resource_id": str(shop.ids["buffered"])}).json()
    clock.forward(minutes=11)
    assert book(http, shop, "buffered")["status"] == "confirmed", "no job ran, and it blocks nobody"
    lost = http.put(f"/api/bookings/{third['token']}", json=ada)
    assert (lost.status_code, lost.json()["code"]) == (409, "slot_taken")


def test_details_can_be_corrected(http: httpx2.Client, shop: Shop) -> None:
    made = book(http, shop)
    changed = http.patch(
        f"/api/bookings/{made['token']}", json={"artist_email": "new@example.org", "goal_text": ""}
    ).json()
    assert (changed["artist_email"], changed["goal_text"]) == ("new@example.org", "")
    assert [p["email"] for p in changed["participants"]] == ["new@example.org"]


def test_staff_page_through_all_bookings_and_search(http: httpx2.Client, shop: Shop) -> None:
    for n in range(5):
        book(http, shop, at=AT + timedelta(hours=n), artist_name=f"Person {n} 100%")
    seen, cursor = [], None
    for _ in range(5):
        query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = http.get("/api/bookings", params=query, headers=shop.auth).json()
        seen += [b["artist_name"] for b in page["bookings"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [f"Person {n} 100%" for n in range(5)]
    found = http.get("/api/bookings", params={"q": "3 100%"}, headers=shop.auth).json()["bookings"]
    assert [b["artist_name"] for b in found] == ["Person 3 100%"]
    assert http.get("/api/bookings", params={"q": "%"}, headers=shop.auth).json()["bookings"]
    assert http.get("/api/bookings", params={"cursor": "@@"}, headers=shop.auth).status_code == 422
    assert http.get("/api/bookings").status_code == 401


def test_the_calendar_file_has_the_zone_and_the_links_have_the_time(http: httpx2.Client, shop: Shop) -> None:
    from icalendar import Calendar

    made = book(http, shop, "visit", at=AT.replace(hour=10))
    assert made["meeting_url"].startswith("https://meet.example/")
    assert len(made["meeting_url"]) > 30
    file = Calendar.from_ical(http.get(f"/api/bookings/{made['token']}/ics").content)
    event = file.walk("VEVENT")[0]
    assert event["DTSTART"].dt == AT.replace(hour=10)
    assert event["UID"].startswith(made["id"])
    urls = http.get(f"/api/bookings/{made['token']}/calendar-urls").json()
    assert "20261123T100000Z/20261123T103000Z" in urls["google"].replace("%2F", "/")
    assert set(urls) == {"google", "outlook", "yahoo", "apple", "ics"}


def test_a_large_request_is_refused(http: httpx2.Client, shop: Shop) -> None:
    answer = http.post("/api/bookings", content=b"x" * 300_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    chunks = (b"x" * 50_000 for _ in range(8))
    assert http.post("/api/bookings", content=chunks).status_code == 413


def test_an_absurd_length_costs_nothing(http: httpx2.Client, shop: Shop) -> None:
    """The length is checked before anything of that length is looked at."""
    from infra24.availability import opening as _opening

    before = _opening.cache_info().misses
    for n in range(5):
        end = {"end_time": f"2099-12-31T00:00:0{n}Z"}
        answer = http.post("/api/bookings", json={**body(shop, "visit", at=AT.replace(hour=10)), **end})
        assert answer.json()["reasons"][0]["code"] == "wrong_length"
    assert _opening.cache_info().misses - before <= 1, "only the alternatives were looked for"


def test_a_request_that_was_approved_is_asked_for_again_when_moved(http: httpx2.Client, shop: Shop) -> None:
    made = book(http, shop, "asked")
    http.patch(f"/api/bookings/{made['id']}", json={"status": "confirmed"}, headers=shop.auth)
    to = (AT + timedelta(hours=2)).isoformat()
    moved = http.put(f"/api/booking/manage?token={made['token']}", json={"start_time": to}).json()
    assert moved["status"] == "pending"
    http.patch(f"/api/bookings/{made['id']}", json={"status": "confirmed"}, headers=shop.auth)
    staff = http.patch(
        f"/api/bookings/{made['id']}",
        json={"start_time": (AT + timedelta(hours=4)).isoformat()},
        headers=shop.auth,
    )
    assert staff.json()["status"] == "confirmed"


def test_a_pool_that_is_taken_is_taken_though_others_do_not_work_that_day(
    http: httpx2.Client, database_url: str, settings: Any, clock: Clock
) -> None:
    from infra24.resources import Draft
    from tests.factories import found_shop, opening, rules

    tuesdays = {**opening("bo@x.example"), "days": ["Tuesday"]}
    pool = rules(opening("eva@x.example"), tuesdays)
    shop = found_shop(
        database_url, settings, clock,
        {"eva": Draft("person", "Eva", email="eva@x.example"), "bo": Draft("person", "Bo", email="bo@x.example"),
         "pool": Draft("other", "Pool", availability_rules=pool)},
    )  # fmt: skip
    book(http, shop, "pool")  # a Monday: only Eva works
    again = http.post("/api/bookings", json=body(shop, "pool")).json()
    assert (again["code"], [r["code"] for r in again["reasons"]]) == ("slot_taken", ["taken"])


def test_a_hold_is_confirmed_at_another_time_as_it_is_on_the_page_and_nothing_else_changes_it(
    http: httpx2.Client, shop: Shop
) -> None:
    wanted = {k: v for k, v in body(shop).items() if k in ("org_id", "resource_id", "start_time", "end_time")}
    held = http.post("/api/holds", json=wanted).json()
    address, ada = f"/api/bookings/{held['token']}", {"artist_name": "Ada", "artist_email": "a@example.org"}
    named = http.put(address, json=ada)
    assert (named.status_code, named.json()["code"]) == (409, "illegal_transition")
    start, end = (AT + timedelta(hours=5)).isoformat(), (AT + timedelta(hours=6)).isoformat()
    answer = http.put(address, json={"status": "confirmed", **ada, "start_time": start, "end_time": end})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["id"], answer.json()["status"]) == (held["id"], "confirmed")
    assert [datetime.fromisoformat(answer.json()[key]) for key in ("start_time", "end_time")] == [
        AT + timedelta(hours=5),
        AT + timedelta(hours=6),
    ]
    assert book(http, shop)["status"] == "confirmed", "the time that was held is free"
