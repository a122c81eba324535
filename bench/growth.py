"""(d) growth: both endpoints with ten thousand and with a million bookings in the database.

Then with half a million cancelled ones more, whose claims are kept: around the very weeks that are asked
about and booked.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from bench.load import load
from bench.reading import path_of, prepare
from bench.world import World, fill
from bench.writing import _first, request
from bench.writing import prepare as prepare_writing
from tests.factories import Shop

SMALL, LARGE, CANCELLED = 10_000, 1_000_000, 500_000
ROOM_HISTORY = 50_000
"""So many of the large number are the past of the very room that is asked about."""
Owner = psycopg.Connection[Any]


def _latencies(world: World, reading: Shop, writing: Shop, days: int) -> tuple[float, float]:
    gets = [("GET", path_of(reading), "")] * 600
    load(world.base, gets[:100], clients=4)
    read = load(world.base, gets, clients=4).median_ms
    first = _first() + timedelta(days=days)
    posts = [request(writing, f"room{n % 8}", first + timedelta(minutes=30 * (n // 8))) for n in range(480)]
    load(world.base, posts[:80], clients=4)
    written = load(world.base, posts[80:], clients=4)
    assert set(written.statuses) == {201}, written.statuses
    return read, written.median_ms


def run(world: World) -> None:
    """Measure, grow, measure again."""
    reading, writing = prepare(world), prepare_writing(world)
    with world.owner() as owner:
        fill(owner, reading, "room", SMALL, every="31 minutes", first="2024-01-01")
        owner.execute("VACUUM ANALYZE")
        small = min((_latencies(world, reading, writing, 3 + 2 * n) for n in range(3)), key=sum)
        fill(owner, reading, "room", ROOM_HISTORY, every="31 minutes", first="2015-01-01")
        for n in range(8):
            fill(owner, writing, f"room{n}", (LARGE - ROOM_HISTORY - SMALL) // 8, every="31 minutes",
                 first="2016-01-01")  # fmt: skip
        owner.execute("VACUUM ANALYZE")
        row = owner.execute("SELECT count(*) FROM bookings").fetchone()
    large = min((_latencies(world, reading, writing, 30 + 2 * n) for n in range(3)), key=sum)
    with world.owner() as owner:
        _cancel(owner, reading, writing)
    released = min((_latencies(world, reading, writing, 60 + 2 * n) for n in range(3)), key=sum)
    count = row[0] if row else 0
    _print(f"(d) growth from {SMALL:,} to {count:,} bookings", small, large)
    _print(f"    and with {CANCELLED:,} cancelled ones more, claims kept", large, released)


def _cancel(owner: Owner, reading: Shop, writing: Shop) -> None:
    """A fifth of the cancelled ones in the room that is asked about, the rest where bookings are made:
    every few minutes, so that the weeks of this run hold more than a thousand each.
    """
    around = (datetime.now(UTC) - timedelta(days=120)).date().isoformat()
    fill(owner, reading, "room", CANCELLED // 5, every="4 minutes", first=around, cancelled=True)
    for n in range(8):
        fill(owner, writing, f"room{n}", CANCELLED // 10, every="8 minutes", first=around, cancelled=True)
    owner.execute("VACUUM ANALYZE")


def _print(what: str, small: tuple[float, float], large: tuple[float, float]) -> None:
    print(f"{what}, median latency with 4 clients:")
    for name, before, after in zip(("availability", "booking"), small, large, strict=True):
        print(f"    {name}: {before:.2f} → {after:.2f} ms, ratio {after / before:.2f} (target ≤ 1.25)")


if __name__ == "__main__":
    from bench.world import world as opened

    with opened() as served:
        run(served)
