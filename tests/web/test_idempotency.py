"""The same Idempotency-Key gets the first answer again."""

import asyncio
from datetime import timedelta

import httpx2

from infra24.people import Role
from infra24.settings import Settings
from tests import loopback
from tests.factories import Shop
from tests.people import sign_in
from tests.serving import Clock
from tests.web.test_bookings_api import AT, body


def test_the_same_key_and_body_get_the_first_answer(http: httpx2.Client, shop: Shop) -> None:
    headers = {"idempotency-key": "one-9f1c7e0ab34d4c52a6b1"}
    first = http.post("/api/bookings", json=body(shop), headers=headers)
    again = http.post("/api/bookings", json=body(shop), headers=headers)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    listed = http.get("/api/bookings", headers=shop.auth).json()["bookings"]
    assert len(listed) == 1


def test_the_token_of_a_kept_answer_is_not_stored(http: httpx2.Client, shop: Shop, owner) -> None:  # type: ignore[no-untyped-def]
    made = http.post(
        "/api/bookings", json=body(shop), headers={"idempotency-key": "one-9f1c7e0ab34d4c52a6b1"}
    ).json()
    (kept,) = owner.execute(
        "SELECT answer FROM idempotency_keys WHERE org_id = %s", (shop.org_id,)
    ).fetchone()
    assert made["token"] not in kept


def test_another_body_with_the_same_key_is_refused(http: httpx2.Client, shop: Shop) -> None:
    headers = {"idempotency-key": "one-9f1c7e0ab34d4c52a6b1"}
    http.post("/api/bookings", json=body(shop), headers=headers)
    other = http.post("/api/bookings", json=body(shop, goal_text="other"), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


def test_a_refusal_is_an_answer_too(http: httpx2.Client, shop: Shop) -> None:
    http.post("/api/bookings", json=body(shop))
    headers = {"idempotency-key": "two-9f1c7e0ab34d4c52a6b1"}
    first = http.post("/api/bookings", json=body(shop), headers=headers)
    assert first.status_code == 409
    token = http.get("/api/bookings", headers=shop.auth).json()["bookings"][0]["id"]
    http.delete(f"/api/bookings/{token}", headers=shop.auth)
    again = http.post("/api/bookings", json=body(shop), headers=headers)
    assert (again.status_code, again.content) == (409, first.content)


def test_keys_of_organizations_do_not_meet(
    http: httpx2.Client, shop: Shop, database_url, settings, clock
) -> None:  # type: ignore[no-untyped-def]
    from tests.factories import found_shop

    other = found_shop(database_url, settings, clock)
    headers = {"idempotency-key": "one-9f1c7e0ab34d4c52a6b1"}
    one = http.post("/api/bookings", json=body(shop), headers=headers)
    two = http.post("/api/bookings", json=body(other), headers=headers)
    assert one.status_code == two.status_code == 201
    assert one.json()["id"] != two.json()["id"]


def test_the_first_still_running_is_said(http: httpx2.Client, shop: Shop, owner, clock: Clock) -> None:  # type: ignore[no-untyped-def]
    """A request that vanished half way keeps its key for a minute, then another may take over."""
    http.post("/api/bookings", json=body(shop), headers={"idempotency-key": "one-9f1c7e0ab34d4c52a6b1"})
    owner.execute(
        "UPDATE idempotency_keys SET status = NULL, answer = NULL WHERE org_id = %s", (shop.org_id,)
    )
    running = http.post(
        "/api/bookings", json=body(shop), headers={"idempotency-key": "one-9f1c7e0ab34d4c52a6b1"}
    )
    assert (running.status_code, running.json()["code"]) == (409, "still_running")
    clock.forward(minutes=2)
    taken = http.post(
        "/api/bookings", json=body(shop), headers={"idempotency-key": "one-9f1c7e0ab34d4c52a6b1"}
    )
    assert taken.json()["code"] == "slot_taken"


def test_twenty_at_once_with_one_key_make_one_booking(base: str, http: httpx2.Client, shop: Shop) -> None:
    async def all_at_once() -> list[httpx2.Response]:
        async with loopback.AsyncClient(base_url=base, timeout=30) as client:
            headers = {"idempotency-key": "storm-9f1c7e0ab34d4c52a6b1"}
            wanted = body(shop, at=AT + timedelta(hours=1))
            return await asyncio.gather(
                *(client.post("/api/bookings", json=wanted, headers=headers) for _ in range(20))
            )

    answers = asyncio.run(all_at_once())
    made = {a.json()["id"] for a in answers if a.status_code == 201}
    assert len(made) == 1
    assert {a.json()["code"] for a in answers if a.status_code != 201} <= {"still_running"}
    assert len(http.get("/api/bookings", headers=shop.auth).json()["bookings"]) == 1


def test_two_hundred_press_book_on_the_same_time(base: str, shop: Shop) -> None:
    """One 201, 199 answers 409 that carry the next free times, and no error of the server."""

    async def storm() -> list[httpx2.Response]:
        limits = httpx2.Limits(max_connections=200)
        async with loopback.AsyncClient(base_url=base, timeout=60, limits=limits) as client:
            return await asyncio.gather(*(client.post("/api/bookings", json=body(shop)) for _ in range(200)))

    answers = asyncio.run(storm())
    assert sorted(a.status_code for a in answers) == [201] + [409] * 199
    assert all(len(a.json()["alternatives"]) == 3 for a in answers if a.status_code == 409)


def test_what_the_visitor_wrote_comes_back_as_they_wrote_it(http: httpx2.Client, shop: Shop) -> None:
    headers = {"idempotency-key": "words-9f1c7e0ab34d4c52a6b1"}
    wanted = body(shop, goal_text="my %TOKEN% and my token here")
    first = http.post("/api/bookings", json=wanted, headers=headers)
    again = http.post("/api/bookings", json=wanted, headers=headers)
    assert first.json()["goal_text"] == "my %TOKEN% and my token here"
    assert first.content == again.content


HEADERS = {"idempotency-key": "two-9f1c7e0ab34d4c52a6b1"}


def test_a_stranger_with_the_key_and_the_body_of_a_visitor_gets_nothing_of_the_booking(
    http: httpx2.Client, shop: Shop
) -> None:
    """Who read the request on its way may send it again, with a session of theirs or without, from elsewhere."""
    home = {**HEADERS, "x-forwarded-for": "203.0.113.7"}
    made = http.post("/api/bookings", json=body(shop, "wheels"), headers=home).json()
    stolen = http.post(
        "/api/bookings", json=body(shop, "wheels"), headers={**HEADERS, "x-forwarded-for": "203.0.113.8"}
    )
    assert (stolen.status_code, stolen.json()["code"]) == (409, "sent_from_elsewhere")
    for part in (made["token"], made["id"], made["reference"]):
        assert part not in stolen.text
    lost = http.post("/api/bookings", json=body(shop, "wheels"), headers=home)
    assert lost.json()["token"] == made["token"], "the visitor finds their answer again"
    listed = http.get("/api/bookings", headers=shop.auth).json()["bookings"]
    assert [one["id"] for one in listed] == [made["id"]]


def test_a_visitors_network_is_the_half_of_an_ipv6_address_that_stays(
    http: httpx2.Client, shop: Shop
) -> None:
    made, again, other = (
        http.post("/api/bookings", json=body(shop), headers={**HEADERS, "x-forwarded-for": address})
        for address in ("2001:db8:1:2::a", "2001:db8:1:2:3:4:5:6", "2001:db8:1:3::a")
    )
    assert made.json()["token"] == again.json()["token"]
    assert other.status_code == 409


def test_the_key_of_one_caller_is_not_that_of_another(
    http: httpx2.Client, shop: Shop, settings: Settings, database_url: str, clock: Clock
) -> None:
    """A visitor, a key of the organization and someone signed in: each finds only their own answer."""
    ada = sign_in(database_url, settings, clock, shop, Role.MEMBER)
    answers = [
        http.post("/api/bookings", json=body(shop, "wheels"), headers={**HEADERS, **shown})
        for shown in ({}, shop.auth, ada.headers)
    ]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.json()["token"] for answer in answers}) == 3
    again = http.post("/api/bookings", json=body(shop, "wheels"), headers={**HEADERS, **shop.auth})
    assert again.content == answers[1].content


def test_a_key_that_can_be_guessed_is_for_callers_who_are_known(http: httpx2.Client, shop: Shop) -> None:
    guessed = http.post("/api/bookings", json=body(shop), headers={"idempotency-key": "1"})
    assert (guessed.status_code, guessed.json()["code"]) == (422, "key_guessable")
    known = http.post("/api/bookings", json=body(shop), headers={"idempotency-key": "1", **shop.auth})
    assert known.status_code == 201
