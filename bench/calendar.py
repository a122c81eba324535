"""(k) the staff's calendar: fifty resources, seven days, two thousand bookings, in one statement and one answer."""

import asyncio
import gzip
import statistics
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from bench.world import World, fill, opening, rules
from infra24 import bookings
from infra24.app import open_database
from infra24.resources import Draft
from tests.factories import Shop

COLUMNS, EACH, ROUNDS = 50, 40, 15
MOST_KB = 150


def _monday() -> datetime:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=7 - today.weekday())


def prepare(world: World) -> Shop:
    """Rooms that are open by day, each with forty bookings in the week and a year of them before."""
    hours = rules(
        opening(start="08:00", end="20:00"),
        blackouts=[{"date": (_monday() + timedelta(days=2)).date().isoformat()}],
    )
    shop = world.shop(
        {
            f"room{n}": Draft("space", f"Room {n}", capacity=1, availability_rules=hours)
            for n in range(COLUMNS)
        }
    )
    with world.owner() as owner:
        for n in range(COLUMNS):
            fill(owner, shop, f"room{n}", EACH, every="4 hours", first=_monday().isoformat())
            fill(
                owner,
                shop,
                f"room{n}",
                400,
                every="21 hours",
                first=(_monday() - timedelta(days=400)).isoformat(),
            )
        owner.execute("UPDATE bookings SET booker_name = 'Booker ' || left(id::text, 8)")
        owner.execute("ANALYZE")
    return shop


def statements(world: World, shop: Shop) -> tuple[int, int, float]:
    """How many statements the agenda takes, how many bookings it finds, and the median of its milliseconds."""

    async def main() -> tuple[int, int, float]:
        database = open_database(world.settings, world.url)
        await database.open()
        try:
            ids: list[UUID] = list(shop.ids.values())
            counted, took, found = 0, [], 0
            for _ in range(ROUNDS):
                async with database.transaction(shop.org_id) as tx:
                    original, counted = tx.rows, 0

                    async def counting(query: Any, args: Any = (), original: Any = original) -> Any:
                        nonlocal counted
                        counted += 1
                        return await original(query, args)

                    tx.rows = counting  # type: ignore[method-assign]
                    began = time.perf_counter()
                    seen = await bookings.agenda(
                        tx, ids, _monday(), _monday() + timedelta(days=7), datetime.now(UTC)
                    )
                    took.append(1_000 * (time.perf_counter() - began))
                    found = len(seen.entries)
            return counted, found, statistics.median(took)
        finally:
            await database.close()

    return asyncio.run(main())


def answers(world: World, shop: Shop, columns: int) -> tuple[float, int, int]:
    """The median of milliseconds of the answer, its bytes as they travel, and unpacked."""
    first = _monday().date()
    query = f"start_date={first}&end_date={first + timedelta(days=6)}"
    query += "".join(f"&resource_id={shop.ids[f'room{n}']}" for n in range(columns))
    asked = urllib.request.Request(
        f"{world.base}/api/calendar/events?{query}", headers={**shop.auth, "accept-encoding": "gzip"}
    )
    took, packed = [], b""
    for _ in range(ROUNDS):
        began = time.perf_counter()
        with urllib.request.urlopen(asked, timeout=20) as answer:
            packed = answer.read()
        took.append(1_000 * (time.perf_counter() - began))
    return statistics.median(took), len(packed), len(gzip.decompress(packed))


def run(world: World) -> None:
    """Measure the statement, the answer, and how it grows with the columns."""
    shop = prepare(world)
    few, _, _ = answers(world, shop, COLUMNS // 10)
    all_, packed, plain = answers(world, shop, COLUMNS)
    counted, found, read = statements(world, shop)
    print(f"(k) calendar, {COLUMNS} resources, 7 days, {found:,} bookings: {counted} statement (target 1); "
          f"{packed / 1000:.0f} KB compressed (target ≤ {MOST_KB}), {plain / 1000:.0f} KB plain")  # fmt: skip
    print(f"    {all_:.0f} ms over HTTP, {read:.0f} ms of them the agenda, ratio {read / all_:.2f}; "
          f"ten times the bookings take {all_ / few:.1f} times as long as {found // 10}")  # fmt: skip
    assert counted == 1
    assert packed <= MOST_KB * 1000, packed


if __name__ == "__main__":
    from bench.world import world as opened

    with opened() as served:
        run(served)
