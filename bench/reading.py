"""(b) availability over HTTP against the same reads by pgbench; (d) growth of the database under it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import AsyncClientCursor

from bench.load import load
from bench.world import World, fill, opening, pgbench, rules
from infra24 import bookings, resources
from infra24.app import open_database
from infra24.resources import Draft
from tests.factories import Shop

SECONDS = 6


def _monday() -> datetime:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=7 - today.weekday())


def prepare(world: World) -> Shop:
    """One room open day and night, a hundred bookings in the week asked for."""
    room = Draft("space", "Room", capacity=1, availability_rules=rules(opening(start="08:00", end="20:00")))
    shop = world.shop({"room": room})
    with world.owner() as owner:
        fill(owner, shop, "room", 100, every="100 minutes", first=_monday().isoformat())
        owner.execute("ANALYZE")
    return shop


def path_of(shop: Shop) -> str:
    first = _monday().date()
    return f"/api/availability?resource_id={shop.ids['room']}&start_date={first}&end_date={first + timedelta(days=6)}"


def exact_script_of(world: World, shop: Shop) -> str:
    """The one read of a request, to the letter: caught from the server's own code on its way out."""
    sent: list[bytes] = []

    class Caught(Exception):
        pass

    async def main() -> None:
        database = open_database(world.settings, world.url)
        await database.open()
        try:
            async with database.read(shop.org_id) as tx:
                await resources.offer(tx, shop.ids["room"])
                first, now = _monday(), datetime.now(UTC)
                spelled = AsyncClientCursor(tx.connection)

                async def catch(query: str, args: Any = ()) -> None:
                    sent.append(spelled.mogrify(query, args).encode())
                    raise Caught

                tx.rows = catch  # type: ignore[method-assign, assignment]
                await bookings.day_slots(
                    tx, shop.ids["room"], first.date(), first.date() + timedelta(days=6), None, now
                )
        except Caught:
            pass
        finally:
            await database.close()

    asyncio.run(main())
    look = " ".join(sent[0].decode().split())
    return f"BEGIN READ ONLY;\nSET LOCAL app.org_id = '{shop.org_id}';\n{look};\nCOMMIT;\n"


def plain_script_of(shop: Shop) -> str:
    """The leanest statements that could answer: the rows by the covering index, and the offer's version."""
    first, room = _monday(), shop.ids["room"]
    return f"""BEGIN READ ONLY;
SET LOCAL app.org_id = '{shop.org_id}';
SELECT starts_at, ends_at, unit, expires_at FROM claims WHERE org_id = '{shop.org_id}' AND resource_id = '{room}'
AND starts_at < '{first + timedelta(days=7)}' AND starts_at > '{first - timedelta(hours=1)}' AND ends_at > '{first}';
SELECT version FROM resources WHERE org_id = '{shop.org_id}' AND id = '{room}';
COMMIT;
""".replace("\nAND", " AND")


def run(world: World) -> None:
    shop = prepare(world)
    requests = [("GET", path_of(shop), "")]
    load(world.base, requests, clients=8, seconds=2)
    before = world.cpu_seconds()
    ours = load(world.base, requests, clients=8, seconds=SECONDS)
    each = 1e6 * (world.cpu_seconds() - before) / sum(ours.statuses.values())
    assert set(ours.statuses) == {200}, ours.statuses
    print(f"(b) availability, one room, 7 days, 100 bookings, 8 clients, one process: {ours.per_second:.0f}/s, "
          f"median {ours.median_ms:.1f} ms, {each:.0f} µs of processor each")  # fmt: skip
    for name, script in (("the same statement", exact_script_of(world, shop)),
                         ("the leanest statements", plain_script_of(shop))):  # fmt: skip
        for mode in ("simple", "prepared"):
            limit = pgbench(world.url, script, seconds=SECONDS, mode=mode)
            ratio = ours.per_second / limit
            print(f"    pgbench, {name}, {mode}: {limit:.0f}/s; ratio {ratio:.2f} (target 0.25)")


if __name__ == "__main__":
    from bench.world import world as opened

    with opened() as served:
        run(served)
