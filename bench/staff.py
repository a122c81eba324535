"""(l) the staff's list: its first page with a hundred thousand bookings against a thousand, in each view."""

import statistics
import time
import urllib.request
from datetime import UTC, datetime, timedelta

from bench.world import World, fill, opening, rules
from infra24.people import Role
from infra24.resources import Draft
from tests.factories import Shop
from tests.people import Someone, sign_in
from tests.serving import Clock

SMALL, LARGE, ROOMS, ROUNDS = 1_000, 100_000, 10, 25
TARGET = 1.3
VIEWS = {
    "today": "view=today",
    "week": "view=week",
    "upcoming": "view=upcoming",
    "all": "view=all",
    "a host": "view=upcoming&host={host}",
    "a search": "view=upcoming&q=b9@",
}


def _grown(world: World, count: int) -> tuple[Shop, Someone]:
    """An organization with so many bookings: the same around today, the rest before and after."""
    drafts = {f"room{n}": Draft("space", f"Room {n}", capacity=1, availability_rules=rules(opening()))
              for n in range(ROOMS)}  # fmt: skip
    drafts["mo"] = Draft("person", "Mo", email="mo@bench.example", is_bookable=False)
    shop = world.shop(drafts)
    each = count // ROOMS
    first = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=each * 3 // 2)
    with world.owner() as owner:
        for n in range(ROOMS):
            fill(owner, shop, f"room{n}", each, every="3 hours", first=first.isoformat())
        owner.execute(
            "INSERT INTO participants (org_id, booking_id, role, name, email, resource_id) "
            "SELECT org_id, id, 'host', 'Mo', 'mo@bench.example', %s FROM bookings "
            "WHERE org_id = %s AND resource_id = %s",
            (shop.ids["mo"], shop.org_id, shop.ids["room0"]),
        )
    clock = Clock(datetime.now(UTC))
    return shop, sign_in(world.url, world.settings, clock, shop, Role.STAFF)


def _ask(world: World, shop: Shop, someone: Someone, query: str) -> float:
    url = f"{world.base}/{shop.slug}/bookings?{query.format(host=shop.ids['mo'])}"
    asked = urllib.request.Request(url, headers={"cookie": f"session={someone.cookie}"})
    began = time.perf_counter()
    with urllib.request.urlopen(asked, timeout=30) as answer:
        answer.read()
        assert answer.url == url, "not signed in"
    return 1_000 * (time.perf_counter() - began)


def run(world: World) -> None:
    """Measure each view of both in turn, so that what else the machine does meets both."""
    few, many = _grown(world, SMALL), _grown(world, LARGE)
    with world.owner() as owner:
        owner.execute("VACUUM ANALYZE")
    print(f"(l) the staff's list, first page, {LARGE:,} bookings against {SMALL:,}:")
    for name, query in VIEWS.items():
        took: tuple[list[float], list[float]] = ([], [])
        for _ in range(ROUNDS):
            for number, (shop, someone) in enumerate((few, many)):
                took[number].append(_ask(world, shop, someone, query))
        small, large = (statistics.median(times[3:]) for times in took)
        print(f"    {name}: {small:.1f} → {large:.1f} ms, ratio {large / small:.2f} (target ≤ {TARGET})")


if __name__ == "__main__":
    from bench.world import world as opened

    with opened() as served:
        run(served)
