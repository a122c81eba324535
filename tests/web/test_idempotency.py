"""The same Idempotency-Key gets the first answer again."""

import asyncio
from datetime import timedelta

import httpx2

from tests.factories import Shop
from tests.serving import Clock
from tests.web.test_bookings_api import AT, body


def test_the_same_key_and_body_get_the_first_answer(http: httpx2.Client, shop: Shop) -> None:
    headers = {"idempotency-key": "one"}
    first = http.post("/api/bookings", json=body(shop), headers=headers)
    again = http.post("/api/bookings", json=body(shop), headers=headers)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    listed = http.get("/api/bookings", headers=shop.auth).json()["bookings"]
    assert len(listed) == 1


def test_the_token_of_a_kept_answer_is_not_stored(http: httpx2.Client, shop: Shop, owner) -> None:  # type: ignore[no-untyped-def]
    made = http.post("/api/bookings", json=body(shop), headers={"idempotency-key": "one"}).json()
    (kept,) = owner.execute(
        "SELECT answer FROM idempotency_keys WHERE org_id = %s", (shop.org_id,)
    ).fetchone()
    assert made["token"] not in kept


def test_another_body_with_the_same_key_is_refused(http: httpx2.Client, shop: Shop) -> None:
    headers = {"idempotency-key": "one"}
    http.post("/api/bookings", json=body(shop), headers=headers)
    other = http.post("/api/bookings", json=body(shop, goal_text="other"), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


def test_a_refusal_is_an_answer_too(http: httpx2.Client, shop: Shop) -> None:
    http.post("/api/bookings", json=body(shop))
    headers = {"idempotency-key": "two"}
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
    headers = {"idempotency-key": "one"}
    one = http.post("/api/bookings", json=body(shop), headers=headers)
    two = http.post("/api/bookings", json=body(other), headers=headers)
    assert one.status_code == two.status_code == 201
    assert one.json()["id"] != two.json()["id"]


def test_the_first_still_running_is_said(http: httpx2.Client, shop: Shop, owner, clock: Clock) -> None:  # type: ignore[no-untyped-def]
    """A request that vanished half way keeps its key for a minute, then another may take over."""
    http.post("/api/bookings", json=body(shop), headers={"idempotency-key": "one"})
    owner.execute(
        "UPDATE idempotency_keys SET status = NULL, answer = NULL WHERE org_id = %s", (shop.org_id,)
    )
    running = http.post("/api/bookings", json=body(shop), headers={"idempotency-key": "one"})
    assert (running.status_code, running.json()["code"]) == (409, "still_running")
    clock.forward(minutes=2)
    taken = http.post("/api/bookings", json=body(shop), headers={"idempotency-key": "one"})
    assert taken.json()["code"] == "slot_taken"


def test_twenty_at_once_with_one_key_make_one_booking(base: str, http: httpx2.Client, shop: Shop) -> None:
    async def all_at_once() -> list[httpx2.Response]:
        async with httpx2.AsyncClient(base_url=base, timeout=30) as client:
            headers = {"idempotency-key": "storm"}
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
        async with httpx2.AsyncClient(base_url=base, timeout=60, limits=limits) as client:
            return await asyncio.gather(*(client.post("/api/bookings", json=body(shop)) for _ in range(200)))

    answers = asyncio.run(storm())
    assert sorted(a.status_code for a in answers) == [201] + [409] * 199
    assert all(len(a.json()["alternatives"]) == 3 for a in answers if a.status_code == 409)


def test_what_the_visitor_wrote_comes_back_as_they_wrote_it(http: httpx2.Client, shop: Shop) -> None:
    headers = {"idempotency-key": "words"}
    wanted = body(shop, goal_text="my %TOKEN% and my token here")
    first = http.post("/api/bookings", json=wanted, headers=headers)
    again = http.post("/api/bookings", json=wanted, headers=headers)
    assert first.json()["goal_text"] == "my %TOKEN% and my token here"
    assert first.content == again.content
