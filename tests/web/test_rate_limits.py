"""Rate limits as they are without any setting: per address, key and organization, and by what is kept."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from fastapi import FastAPI
from psycopg.types.json import Jsonb

from infra24.app import create_app
from infra24.people import Role
from infra24.rate_limits import ORGANIZATION, REQUESTS, Buckets, RateLimit, RequestKind, network_prefix
from infra24.resources import Draft
from infra24.settings import Settings
from infra24.web import routes
from tests import loopback
from tests.factories import Shop, found_shop, opening, rules
from tests.people import sign_in
from tests.serving import NOW, Clock

START = NOW + timedelta(days=3)
POLICY = RateLimit("test", 10, 60)


@dataclass
class Site:
    """The application in this process, and browsers at any address."""

    settings: Settings
    url: str
    clock: Clock
    app: FastAPI = field(init=False)

    def tell(self, scenario: Callable[["Site"], Awaitable[None]]) -> None:
        """Run a scenario while the application is up."""

        async def main() -> None:
            self.app = create_app(self.settings, self.url, self.clock)
            async with self.app.router.lifespan_context(self.app):
                await scenario(self)

        asyncio.run(main())

    def at(self, address: str, **headers: str) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(self.app, client=(address, 40_000))
        return loopback.AsyncClient(
            transport=transport, base_url="http://site.example", headers=headers, timeout=60
        )

    async def hold(
        self, shop: Shop, number: int, address: str, resource: str = "room", **headers: str
    ) -> httpx2.Response:
        async with self.at(address, **headers) as browser:
            return await browser.post("/api/holds", json=wanted(shop, resource, number))

    async def book(
        self, shop: Shop, number: int, address: str, resource: str = "room", email: str = "ada@example.org"
    ) -> httpx2.Response:
        body = {**wanted(shop, resource, number), "artist_name": "Ada", "artist_email": email}
        async with self.at(address) as browser:
            return await browser.post("/api/bookings", json=body)


def wanted(shop: Shop, resource: str, number: int) -> dict[str, Any]:
    at = START + timedelta(minutes=30 * number)
    return {
        "org_id": str(shop.org_id),
        "resource_id": str(shop.ids[resource]),
        "start_time": at.isoformat(),
        "end_time": (at + timedelta(minutes=30)).isoformat(),
    }


@pytest.fixture
def site(settings: Settings, database_url: str, clock: Clock) -> Site:
    return Site(settings, database_url, clock)


def allow(owner: psycopg.Connection[Any], shop: Shop, **limits: int) -> None:
    owner.execute("UPDATE organizations SET settings = %s WHERE id = %s", (Jsonb(limits), shop.org_id))


def test_every_address_has_a_limit(settings: Settings) -> None:
    """What the application answers is what the route table lists, and the route table says what each request costs."""
    app = create_app(settings, "postgresql://nowhere")
    listed = {a.path: a.charged for a in routes.API}
    for page in routes.PAGES:
        for method in page.methods:
            listed[page.path] = page.charged(method)
    answered = {getattr(route, "path", "").replace("{org:org}", "{org}") for route in app.routes}
    assert answered == set(listed)
    assert {charge.kind for charge in listed.values()} == set(REQUESTS)
    assert all(charge.cost >= 1 for charge in listed.values())
    changing = [a for a in routes.API if a.method != "GET" and a.charged.kind is RequestKind.READ]
    assert changing == []


def test_a_bucket_fills_steadily_and_a_refusal_takes_nothing() -> None:
    buckets = Buckets()
    left = [buckets.take("k", POLICY, 1_000.0).remaining for _ in range(10)]
    assert left == list(range(9, -1, -1))
    for _ in range(50):
        refused = buckets.take("k", POLICY, 1_000.0)
        assert (refused.remaining, math.ceil(refused.wait)) == (0, 6)
    assert buckets.take("k", POLICY, 1_006.0).wait == 0
    assert buckets.take("k", POLICY, 1_006.0).wait > 0
    assert buckets.take("k", POLICY, 2_000.0).remaining == 9, "full again, and no fuller"
    assert buckets.take("other", POLICY, 1_000.0).remaining == 9
    assert buckets.take("dear", POLICY, 1_000.0, cost=500).remaining == 0, (
        "what costs more than all takes all"
    )
    assert buckets.take("dear", POLICY, 1_000.0).wait > 0
    assert buckets.take("dear", POLICY, 0.0).remaining == 9, "the clock was put back"
    assert buckets.take("trusted", POLICY, 1_000.0, times=10).remaining == 99


def test_buckets_of_addresses_not_seen_for_longest_are_forgotten() -> None:
    buckets = Buckets(size=100)
    for number in range(1_000):
        buckets.take(number, POLICY, 1_000.0)
    assert len(buckets) == 100
    assert buckets.take(999, POLICY, 1_000.0).remaining == 8


def test_an_address_of_ipv6_counts_with_its_neighbours() -> None:
    assert network_prefix("2001:db8:1:2::5") == network_prefix("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert network_prefix("::ffff:192.0.2.1") == network_prefix("192.0.2.1") == "192.0.2.1"
    assert network_prefix("no address") == "no address"


def test_too_many_requests_are_refused_with_when_to_try_again(site: Site, shop: Shop) -> None:
    async def scenario(site: Site) -> None:
        async with site.at("192.0.2.1") as browser, site.at("192.0.2.2") as neighbour:
            first = await browser.post("/api/holds", json={})
            assert first.status_code == 422
            assert first.headers["ratelimit-policy"] == '"write";q=120;w=60'
            assert first.headers["ratelimit"] == '"write";r=119;t=1'
            for _ in range(119):
                await browser.post("/api/holds", json={})
            refused = await browser.post("/api/holds", json={})
            assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
            assert refused.headers["content-type"] == "application/problem+json"
            assert (refused.headers["retry-after"], refused.json()["retry_after"]) == ("1", 1)
            assert refused.headers["ratelimit"] == '"write";r=0;t=1'
            page = await browser.post("/sign-in", data={"email": "ada@example.org"})
            assert page.status_code == 429
            assert "You can try again in 1 second." in page.text
            assert (await neighbour.post("/api/holds", json={})).status_code == 422
            assert (await browser.get("/openapi.json")).status_code == 200, "reads are counted apart"
            site.clock.forward(seconds=1)
            assert (await browser.post("/api/holds", json={})).status_code == 422

    site.tell(scenario)


def test_a_range_costs_its_days_times_the_offers(site: Site, shop: Shop) -> None:
    async def scenario(site: Site) -> None:
        day = "start_date=2026-12-01&end_date=2026-12-31"
        async with site.at("192.0.2.1") as browser:
            answer = await browser.get(f"/api/availability?resource_id={shop.ids['room']}&{day}")
            assert answer.status_code == 200
            assert answer.headers["ratelimit"].startswith('"range";r=5969;')
        async with site.at("192.0.2.2") as browser:
            answer = await browser.get(f"/api/booking/availability?org={shop.slug}&{day}")
            offers = sum(name not in ("mo", "lena") for name in shop.ids)
            assert answer.headers["ratelimit"].startswith(f'"range";r={6_000 - 31 * offers};')
        async with site.at("192.0.2.3") as browser:
            page = await browser.get(f"/{shop.slug}/book/room")
            assert page.headers["ratelimit"].startswith('"range";r=5969;')

    site.tell(scenario)


def test_who_works_here_and_keys_that_may_write_may_ask_more(site: Site, shop: Shop) -> None:
    staff = sign_in(site.url, site.settings, site.clock, shop, Role.STAFF)
    member = sign_in(site.url, site.settings, site.clock, shop, Role.MEMBER)

    async def scenario(site: Site) -> None:
        path = f"/api/organizations/{shop.slug}/resources"
        said = {}
        for name, headers in (
            ("staff", staff.headers),
            ("member", member.headers),
            ("key", shop.auth),
            ("wrong key", {"authorization": f"Bearer {shop.key[:-4]}aaaa"}),
            ("stranger", {}),
        ):
            async with site.at("192.0.2.1", **headers) as browser:
                said[name] = (await browser.get(path)).headers["ratelimit"].split(";")[1]
        assert said == {"staff": "r=5999", "member": "r=599", "key": "r=5999",
                        "wrong key": "r=5996", "stranger": "r=599"}  # fmt: skip

    site.tell(scenario)


def test_all_visitors_of_an_organization_share_a_limit_that_does_not_bind_its_staff(
    site: Site, shop: Shop
) -> None:
    async def scenario(site: Site) -> None:
        now = site.clock().timestamp()
        site.app.state.services.buckets.take(shop.org_id.int, ORGANIZATION, now, cost=ORGANIZATION.quota)
        for path in (
            f"/{shop.slug}",
            f"/api/availability?resource_id={shop.ids['room']}&start_date=2026-12-01",
        ):
            async with site.at("192.0.2.1") as browser:
                answer = await browser.get(path)
                assert answer.status_code == 429, path
                assert answer.headers["ratelimit"].startswith('"organization";r=0;')
        async with site.at("192.0.2.1", **shop.auth) as key:
            assert (await key.get(f"/api/organizations/{shop.slug}/resources")).status_code == 200

    site.tell(scenario)


def test_addresses_that_do_not_exist_are_counted_too(site: Site) -> None:
    async def scenario(site: Site) -> None:
        async with site.at("192.0.2.1") as browser:
            answer = await browser.get("/api/nothing")
            assert (answer.status_code, answer.headers["ratelimit"]) == (404, '"read";r=599;t=1')
            for _ in range(599):
                await browser.get("/api/nothing")
            assert (await browser.get("/api/nothing")).status_code == 429
            assert (await browser.get("/no/such/page/here")).status_code == 429

    site.tell(scenario)


def test_of_fifty_holds_at_once_from_one_address_eight_are_kept(site: Site, shop: Shop) -> None:
    """Real commits. Between processes: tests/races/test_limits.py."""

    async def scenario(site: Site) -> None:
        answers = await asyncio.gather(*(site.hold(shop, n, "2001:db8::1") for n in range(50)))
        assert sorted(a.status_code for a in answers) == [201] * 8 + [429] * 42
        refused = next(a for a in answers if a.status_code == 429)
        assert refused.json()["policy"] == "holds_at_once"
        assert 0 < int(refused.headers["retry-after"]) <= 3_600
        assert (await site.hold(shop, 60, "2001:db8::2")).status_code == 429, (
            "a neighbour in the same network"
        )
        assert (await site.hold(shop, 60, "2001:db8:0:1::1")).status_code == 201
        for number in range(61, 70):
            assert (await site.hold(shop, number, "2001:db8::1", **shop.auth)).status_code == 201
        site.clock.forward(seconds=int(refused.headers["retry-after"]))
        assert (await site.hold(shop, 80, "2001:db8::1")).status_code == 201, "the first have lapsed"

    site.tell(scenario)


def test_a_stranger_cannot_hold_every_time_of_an_offer_on_its_page(
    site: Site, shop: Shop, owner: psycopg.Connection[Any]
) -> None:
    async def scenario(site: Site) -> None:
        statuses = []
        for number in range(10):
            start = (START + timedelta(minutes=30 * number)).strftime("%Y-%m-%dT%H:%M:%SZ")
            async with site.at("192.0.2.1") as browser:  # without the cookie of the hold before
                page = await browser.post(f"/{shop.slug}/book/room", data={"start": start, "duration": "30"})
                statuses.append(page.status_code)
        assert statuses == [303] * 8 + [429] * 2
        assert "Book one of them" in page.text
        async with site.at("192.0.2.2") as browser:
            for number in range(20, 32):  # with the cookie, each takes the place of the one before
                start = (START + timedelta(minutes=30 * number)).strftime("%Y-%m-%dT%H:%M:%SZ")
                page = await browser.post(f"/{shop.slug}/book/room", data={"start": start, "duration": "30"})
                assert page.status_code == 303

    site.tell(scenario)
    kept = owner.execute(
        "SELECT count(*) FROM bookings WHERE org_id = %s AND status = 'hold'", (shop.org_id,)
    ).fetchone()
    assert kept == (9,)


def test_pending_bookings_are_limited_by_address_and_by_email_wherever_it_comes_from(
    site: Site, shop: Shop, owner: psycopg.Connection[Any]
) -> None:
    allow(owner, shop, pending_at_once=3)

    async def scenario(site: Site) -> None:
        one = await asyncio.gather(
            *(site.book(shop, n, "192.0.2.1", "asked", f"p{n}@example.org") for n in range(6))
        )
        assert sorted(a.status_code for a in one) == [201] * 3 + [429] * 3
        same = await asyncio.gather(
            *(site.book(shop, 10 + n, f"192.0.2.{10 + n}", "asked") for n in range(6))
        )
        assert sorted(a.status_code for a in same) == [201] * 3 + [429] * 3
        assert {a.json()["policy"] for a in same if a.status_code == 429} == {"pending_at_once"}
        assert (await site.book(shop, 30, "192.0.2.1")).status_code == 201, "what needs no answer is free"
        held = (await site.hold(shop, 31, "192.0.2.50", "asked")).json()
        async with site.at("192.0.2.50") as browser:
            body = {"status": "confirmed", "artist_name": "Ada", "artist_email": "ada@example.org"}
            answer = await browser.put(f"/api/bookings/{held['token']}", json=body)
            assert (answer.status_code, answer.json()["policy"]) == (429, "pending_at_once")

    site.tell(scenario)


def test_moving_what_was_approved_asks_again_and_counts_as_pending(
    site: Site, shop: Shop, owner: psycopg.Connection[Any]
) -> None:
    allow(owner, shop, pending_at_once=2)

    async def scenario(site: Site) -> None:
        made = []
        for n in range(4):
            booked = (await site.book(shop, 100 + n, "192.0.2.1", "asked")).json()
            async with site.at("192.0.2.200", **shop.auth) as staff:
                change = {"status": "confirmed"}
                approved = await staff.patch(f"/api/bookings/{booked['id']}", json=change)
                assert (approved.status_code, approved.json()["status"]) == (200, "confirmed")
            made.append(booked)
        async with site.at("192.0.2.1") as browser:
            for n, status in enumerate((200, 200, 429, 429)):
                change = {"start_time": wanted(shop, "asked", 200 + n)["start_time"]}
                moved = await browser.patch(f"/api/bookings/{made[n]['token']}", json=change)
                assert moved.status_code == status, moved.text

    site.tell(scenario)


def test_strangers_do_not_use_up_what_the_owner_of_an_address_may_ask_for(
    site: Site, shop: Shop, owner: psycopg.Connection[Any]
) -> None:
    allow(owner, shop, pending_at_once=3)
    ada = sign_in(site.url, site.settings, site.clock, shop, Role.MEMBER)

    async def scenario(site: Site) -> None:
        for n in range(3):
            answer = await site.book(shop, n, f"192.0.2.{n}", "asked", ada.email)
            assert answer.status_code == 201
        assert (await site.book(shop, 10, "192.0.2.9", "asked", ada.email)).status_code == 429, "the control"
        async with site.at("192.0.2.9", **ada.headers) as browser:
            for n, status in ((10, 201), (11, 201), (12, 201), (13, 429)):
                body = {**wanted(shop, "asked", n), "artist_name": "Ada", "artist_email": ada.email}
                assert (await browser.post("/api/bookings", json=body)).status_code == status

    site.tell(scenario)


def test_bookings_of_a_day_are_limited_for_whoever_confirms_them(
    site: Site, shop: Shop, owner: psycopg.Connection[Any]
) -> None:
    allow(owner, shop, bookings_a_day=2)

    async def scenario(site: Site) -> None:
        statuses = [(await site.book(shop, n, "192.0.2.1")).status_code for n in range(3)]
        assert statuses == [201, 201, 429]
        held = (await site.hold(shop, 9, "192.0.2.2")).json()
        async with site.at("192.0.2.1") as browser:
            body = {"status": "confirmed", "artist_name": "Ada", "artist_email": "ada@example.org"}
            refused = await browser.put(f"/api/bookings/{held['token']}", json=body)
            assert (refused.status_code, refused.json()["policy"]) == (429, "bookings_a_day")
            page = await browser.post(
                f"/bookings/details/{held['token']}", data={"name": "Ada", "email": "ada@example.org"}
            )
            assert page.status_code == 429
            assert int(page.headers["retry-after"]) == 86_400
            assert "Try again later, or contact us to book." in page.text
            assert 'value="ada@example.org"' in page.text, "what was typed is kept"
        site.clock.forward(days=1, seconds=1)
        assert (await site.book(shop, 60, "192.0.2.1")).status_code == 201

    site.tell(scenario)


def test_a_series_counts_each_of_its_dates(site: Site, owner: psycopg.Connection[Any]) -> None:
    room = Draft("space", "Room", capacity=1, availability_rules=rules(opening(), series_most=20))
    shop = found_shop(site.url, site.settings, site.clock, {"room": room})
    allow(owner, shop, bookings_a_day=4)
    series = {
        "resource_id": str(shop.ids["room"]),
        "start_time": START.isoformat(),
        "duration": 30,
        "artist_name": "Ada",
        "artist_email": "ada@example.org",
    }

    async def scenario(site: Site) -> None:
        path = f"/api/organizations/{shop.slug}/series"
        async with site.at("192.0.2.1") as browser:
            for count, status in ((5, 429), (3, 201), (2, 429)):
                answer = await browser.post(path, json={**series, "rule": f"FREQ=DAILY;COUNT={count}"})
                assert answer.status_code == status, answer.text
        assert (await site.book(shop, 9, "192.0.2.1")).status_code == 201
        assert (await site.book(shop, 11, "192.0.2.1")).status_code == 429

    site.tell(scenario)


def test_a_refusal_by_a_limit_is_not_the_answer_kept_for_a_repeated_request(
    site: Site, shop: Shop, owner: psycopg.Connection[Any]
) -> None:
    allow(owner, shop, bookings_a_day=1)

    async def scenario(site: Site) -> None:
        assert (await site.book(shop, 0, "192.0.2.1")).status_code == 201
        body = {**wanted(shop, "room", 1), "artist_name": "Ada", "artist_email": "ada@example.org"}
        async with site.at("192.0.2.1", **{"idempotency-key": uuid4().hex}) as browser:
            assert (await browser.post("/api/bookings", json=body)).status_code == 429
            site.clock.forward(days=1, seconds=1)
            assert (await browser.post("/api/bookings", json=body)).status_code == 201

    site.tell(scenario)


def test_as_whom_a_booking_was_counted_is_forgotten(
    site: Site, shop: Shop, owner: psycopg.Connection[Any]
) -> None:
    from infra24.app import compose

    async def scenario(site: Site) -> None:
        assert (await site.book(shop, 0, "192.0.2.1")).status_code == 201

    async def night() -> None:
        database, worker = compose(site.settings, site.url, site.clock)
        await database.open()
        async with worker.jobs.open_async():
            await worker.cleanup(0)
        await database.close()

    def known() -> int:
        row = owner.execute(
            "SELECT count(*) FROM booking_clients WHERE org_id = %s", (shop.org_id,)
        ).fetchone()
        assert row
        return int(row[0])

    site.tell(scenario)
    site.clock.forward(days=90)
    asyncio.run(night())
    assert known() == 1
    site.clock.forward(days=2)
    asyncio.run(night())
    assert known() == 0
