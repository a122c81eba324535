"""(a) bookings per second over HTTP against pgbench with the same statements; (e) a thousand on one slot."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg import AsyncClientCursor, AsyncCursor

from bench.load import load
from bench.world import World, opening, pgbench, rules
from infra24 import bookings
from infra24.app import open_database
from infra24.auth.tokens import Tokens
from infra24.rate_limits import Client
from infra24.resources import Draft
from tests.factories import Shop, booking_request

ROOMS = 8
BOOKINGS = 4_000
CLIENT = Client(bytes(range(16)), 100_000)
"""The visitor whose booking becomes the script."""


def prepare(world: World) -> Shop:
    """Rooms that are open day and night."""
    room = rules(opening(), horizon_days=365)
    return world.shop(
        {f"room{n}": Draft("space", f"Room {n}", capacity=1, availability_rules=room) for n in range(ROOMS)}
    )


def _first() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)


def request(shop: Shop, room: str, at: datetime) -> tuple[str, str, str]:
    body = {
        "org_id": str(shop.org_id),
        "resource_id": str(shop.ids[room]),
        "start_time": at.isoformat(),
        "end_time": (at + timedelta(minutes=30)).isoformat(),
        "artist_name": "Ada Lovelace",
        "artist_email": "ada@example.org",
        "goal_text": "Portfolio feedback",
    }
    return "POST", "/api/bookings", json.dumps(body)


def script_of(world: World, shop: Shop) -> str:
    """The statements of one booking, to the letter, with the id and the time drawn anew each time.

    They are caught on their way to the database; literals stand where the server binds parameters.
    """
    texts: list[str] = []
    at = _first()

    class Catching(AsyncCursor[Any]):
        async def execute(self, query: Any, params: Any = None, **more: Any) -> Any:
            spelled = AsyncClientCursor(self.connection).mogrify(query, params)
            texts.append(" ".join(spelled.split()))
            return await super().execute(query, params, **more)

    async def main() -> UUID:
        database = open_database(world.settings, world.url)
        database.pool.kwargs["cursor_factory"] = Catching
        await database.open()
        tokens = Tokens(world.settings.keyring())
        try:
            for n in (1, 2):  # the second finds the offer remembered, as the server does
                texts.clear()
                async with database.transaction(shop.org_id) as tx:
                    wanted = replace(
                        booking_request(shop.ids["room0"], at + timedelta(hours=n)), client=CLIENT
                    )
                    made = await bookings.book(tx, wanted, tokens=tokens, now=datetime.now(UTC))
            return made.id
        finally:
            await database.close()

    booking_id = asyncio.run(main())
    start = at + timedelta(hours=2)
    script = "\\set n random(1, 1000000000)\n" + ";\n".join(text.rstrip(";") for text in texts) + ";\n"
    drawn = "lpad(to_hex(:n::bigint), 32, '0')::uuid"
    hashed = f"'\\x{_hash_of(world, booking_id).hex()}'"
    visitor = "substr(sha256(:n::text::bytea), 1, 16)"
    swaps = {
        f"'{{{booking_id.hex}}}'::uuid[]": f"ARRAY[{drawn}]",
        f"'{booking_id.hex}'::uuid": drawn,
        f"'\\x{CLIENT.key.hex()}'::bytea": visitor,
        f"'\\x{CLIENT.key.hex()}'": visitor,
        f"'{{\"{shop.org_id} {CLIENT.key.hex()}\"}}'": f"ARRAY['{shop.org_id} ' || :n]",
        f"{hashed}::bytea": "sha256(:n::text::bytea)",
        hashed: "sha256(:n::text::bytea)",
    }
    for minutes in (-60, -30, 0, 30, 60):
        moment = start + timedelta(minutes=minutes)
        later = f"(timestamptz 'MOMENT{minutes}' + :n::bigint * interval '30 min')"
        swaps |= {f"'{moment}'::timestamptz": later, f"'{moment}'": later, f"MOMENT{minutes}'": f"{moment}'"}
    for spelled, anew in swaps.items():
        script = script.replace(spelled, anew)
    before, written, rest = script.partition("INSERT INTO events")
    return (
        before + written + re.sub(r"'\{[0-9a-f]{32}\}'::uuid\[\]", "ARRAY[gen_random_uuid()]", rest, count=1)
    )


def _hash_of(world: World, booking_id: UUID) -> bytes:
    with psycopg.connect(world.url) as owner:
        row = owner.execute("SELECT token_hash FROM bookings WHERE id = %s", (booking_id,)).fetchone()
    assert row is not None
    return bytes(row[0])


def run(world: World) -> None:
    """Book, and print what it came to."""
    shop = prepare(world)
    each = BOOKINGS // ROOMS
    requests = [
        request(shop, f"room{n % ROOMS}", _first() + timedelta(days=3, minutes=30 * (n // ROOMS)))
        for n in range(each * ROOMS)
    ]
    load(world.base, requests[:400], clients=8)
    with world.owner() as owner:  # as autovacuum does within a minute: plans made for empty tables are remade
        owner.execute("ANALYZE")
    before = world.cpu_seconds()
    ours = load(world.base, requests[400:], clients=8)
    spent = 1e6 * (world.cpu_seconds() - before) / sum(ours.statuses.values())
    assert set(ours.statuses) == {201}, ours.statuses
    print(f"(a) bookings, 8 clients, one process: {ours.per_second:.0f}/s, median {ours.median_ms:.1f} ms, "
          f"p95 {ours.p95_ms:.1f} ms, {spent:.0f} µs of processor each")  # fmt: skip
    script = script_of(world, shop)
    for mode in ("prepared", "simple"):
        limit = pgbench(world.url, script, seconds=8, mode=mode)
        print(f"    pgbench, the same statements, {mode}: {limit:.0f}/s; ratio {ours.per_second / limit:.2f} "
              f"(target 0.35)")  # fmt: skip


def storm(world: World) -> None:
    """A thousand clients want one slot."""
    shop = prepare(world)
    one = request(shop, "room0", _first() + timedelta(days=1, hours=3))
    ours = load(world.base, [one] * 1_000, clients=1_000)
    assert ours.statuses.get(201) == 1, ours.statuses
    assert set(ours.statuses) <= {201, 409}, ours.statuses
    print(f"(e) 1,000 clients on one slot: one winner, {ours.statuses[409]} answers 409 with alternatives; "
          f"median {ours.median_ms:.0f} ms, p95 {ours.p95_ms:.0f} ms")  # fmt: skip


if __name__ == "__main__":
    from bench.world import world as opened

    with opened() as served:
        run(served)
        storm(served)
