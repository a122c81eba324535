"""What a visitor reads when a time cannot be had, that the times offered instead can, and who is not bound."""

import re
from datetime import timedelta
from html import unescape

import httpx2
import pytest

from infra24.resources import Draft
from infra24.settings import Settings
from tests.factories import Shop, found_shop, opening, rules
from tests.serving import Clock
from tests.web.test_bookings_api import AT, body, book

HALF = timedelta(minutes=30)


@pytest.fixture
def shop(database_url: str, settings: Settings, clock: Clock) -> Shop:
    return found_shop(database_url, settings, clock, {
        "tour": Draft("space", "Tour", capacity=1, availability_rules=rules(opening(), max_per_day=1)),
        "desk": Draft("space", "Desk", capacity=1, availability_rules=rules(
            opening(), durations=[30, 60], max_minutes_per_day_per_booker=30)),
    })  # fmt: skip


def test_a_limit_is_named_in_the_visitors_language(http: httpx2.Client, shop: Shop) -> None:
    book(http, shop, "tour")
    wanted = {"start": (AT + HALF).isoformat(), "duration": "30"}
    page = http.post(f"/{shop.slug}/book/tour", data=wanted)
    assert page.status_code == 409
    assert "The limit for this day is reached (bookings: 1)." in page.text
    page = http.post(f"/{shop.slug}/book/tour?lang=es", data=wanted)
    assert "Se ha alcanzado el límite de este día (reservas: 1)." in page.text
    http.cookies.clear()


def test_the_times_beside_a_length_that_is_not_offered_can_be_held(http: httpx2.Client, shop: Shop) -> None:
    page = http.post(f"/{shop.slug}/book/desk", data={"start": AT.isoformat(), "duration": "45"})
    assert page.status_code == 409
    form = page.text[page.text.index('id="notice"') :]
    found = (
        re.search(r'name="start" value="([^"]+)"', form),
        re.search(r'name="duration" value="(\d+)"', form),
    )
    assert all(found)
    sent = {"start": found[0][1], "duration": found[1][1]}  # type: ignore[index]
    assert sent["duration"] == "30"
    held = http.post(f"/{shop.slug}/book/desk", data=sent)
    assert held.status_code == 303
    book(http, shop, "desk", at=AT + timedelta(hours=3))
    details = {"name": "Test Artist", "email": "test@example.org"}
    full = http.post(held.headers["location"], data=details)
    assert full.status_code == 409
    assert "One person's limit for this day is reached (minutes: 30)." in unescape(full.text)
    http.cookies.clear()


def test_a_key_of_the_staff_is_not_bound_by_limits_on_any_endpoint(http: httpx2.Client, shop: Shop) -> None:
    made = book(http, shop, "tour", at=AT + timedelta(days=1))
    wanted = [body(shop, "tour", at=AT + n * HALF) for n in range(4)]
    staffed = {"appointment_type_id": wanted[2]["resource_id"], "start_time": wanted[2]["start_time"],
               "attendee_name": "Ada", "attendee_email": "ada@example.org"}  # fmt: skip
    hold = {name: wanted[1][name] for name in ("org_id", "resource_id", "start_time", "end_time")}
    moved = {name: wanted[3][name] for name in ("start_time", "end_time")}
    asked = [("POST", "/api/bookings", wanted[0]), ("POST", "/api/holds", hold),
             ("POST", "/api/booking/create", staffed), ("PATCH", f"/api/bookings/{made['id']}", moved)]  # fmt: skip
    answers = [http.request(verb, url, headers=shop.auth, json=json) for verb, url, json in asked]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 200]
    visitor = http.patch(f"/api/bookings/{made['token']}", json={"start_time": (AT + 5 * HALF).isoformat()})
    assert (visitor.status_code, visitor.json()["code"]) == (409, "limit_reached")


@pytest.mark.parametrize(
    ("lang", "told"),
    [("en", "Error: Choose another time"), ("es", "Error: Elegir otra hora")],
)
def test_a_move_that_cannot_be_is_refused_with_times_that_can(
    http: httpx2.Client, shop: Shop, lang: str, told: str
) -> None:
    made = book(http, shop, "desk", at=AT + timedelta(days=2))
    taken = book(http, shop, "desk", at=AT + timedelta(days=3), artist_email="other@example.org")
    address = f"/bookings/reschedule/{made['token']}?lang={lang}"
    page = http.post(address, data={"start": taken["start_time"]})
    assert page.status_code == 409
    assert told in unescape(page.text)
    offered = re.findall(r'name="start" value="([^"]+)"', page.text)
    assert offered, "the nearest times"
    assert http.post(address, data={"start": offered[0]}).status_code == 303
    past = http.post(address, data={"start": (AT - timedelta(days=30)).isoformat()})
    assert past.status_code == 409
    http.cookies.clear()


def test_what_was_typed_stays_when_the_hold_has_ended_and_books_where_the_time_is_free(
    http: httpx2.Client, shop: Shop
) -> None:
    """Another tab has replaced the hold meanwhile."""
    at = AT + timedelta(days=5)
    held = http.post(f"/{shop.slug}/book/desk", data={"start": at.isoformat(), "duration": "30"})
    address = held.headers["location"]
    assert http.post(address.replace("/details/", "/release/")).status_code == 303
    rival = book(http, shop, "desk", at=at, artist_email="rival@example.org")
    details = {"name": "Ada Lovelace", "email": "ada@example.org", "goal": "My portfolio"}
    page = http.post(address, data=details)
    assert page.status_code == 409
    assert 'value="Ada Lovelace"' in page.text
    assert http.delete(f"/api/bookings/{rival['token']}").status_code == 200
    booked = http.post(address, data=details)
    assert booked.status_code == 303
    assert http.get(booked.headers["location"]).status_code == 200
    assert http.post(address, data=details).headers["location"] == booked.headers["location"]
    http.cookies.clear()
