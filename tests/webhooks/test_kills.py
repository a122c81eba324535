"""Workers that are killed at random moments, hundreds of times: every event reaches every endpoint, in order."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from infra24 import bookings
from infra24.app import compose
from infra24.bookings import BY_STAFF
from tests.factories import Shop
from tests.serving import NOW
from tests.webhooks.conftest import Site
from tests.webhooks.receiving import Receiver

TYPES = ("booking.created", "booking.rescheduled", "booking.cancelled")
_HURRY = (
    "UPDATE webhook_deliveries SET due_at = '-infinity' WHERE due_at IS NOT NULL",
    "UPDATE webhook_queues SET due_at = '-infinity', paused_until = NULL WHERE due_at IS NOT NULL",
)
"""A lease and a pause are over at once here: otherwise they would be minutes."""


async def lifecycle(site: Site, n: int) -> None:
    """A booking that is made, moved and cancelled: three events, in one order."""
    made = await site.book(NOW + timedelta(days=9, minutes=60 * n))
    async with site.database.transaction(site.shop.org_id) as tx:
        to = made.starts_at + timedelta(minutes=30)
        await bookings.reschedule(tx, made.id, to, to + made.length, BY_STAFF, now=NOW)
    async with site.database.transaction(site.shop.org_id) as tx:
        await bookings.cancel(tx, made.id, BY_STAFF, now=NOW)


def check(got: Receiver, paths: list[str], count: int) -> Counter[str]:
    """Each endpoint had each of the events, those of a booking in order; how often each message came."""
    for path in paths:
        first: dict[str, list[str]] = {}
        seen = set()
        for one in got.at(path):
            if one.id not in seen:
                seen.add(one.id)
                first.setdefault(one.json["data"]["id"], []).append(one.json["type"])
        assert len(first) == count
        assert all(tuple(types) == TYPES for types in first.values())
    return Counter(one.path + one.id for one in got.seen)


def test_workers_stopped_at_hundreds_of_moments_lose_nothing(
    site: Any, got: Receiver, database_url: str
) -> None:
    """Each is cancelled where it happens to wait, its connections are closed, and nothing is written down."""
    dice, paths, stops = random.Random(11), ["/one", "/two"], 200

    async def scenario(site: Site) -> None:
        for path in paths:
            await site.endpoint(got.url + path, *TYPES)
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as owner:
            for n in range(stops):
                making = asyncio.create_task(lifecycle(site, n))
                await _work_for(site, 0.4 * dice.random() ** 3)
                await making
                for statement in _HURRY:
                    await owner.execute(statement)
        async with asyncio.timeout(30):
            while await _waiting(site):  # the server may not have noticed yet that the last is gone
                await site.work()

    site(scenario)
    times = check(got, paths, stops)
    assert len(times) == 3 * stops * len(paths)
    assert max(times.values()) > 1, "some were killed between sending and writing down"


async def _work_for(site: Site, seconds: float) -> None:
    database, worker = compose(site.settings, site.database.url, site.clock)
    await database.open()
    stop = asyncio.Event()
    working = asyncio.gather(worker.delivery.run(stop), worker.webhooks.run(stop))
    await asyncio.sleep(seconds)
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    await worker.aclose()
    await database.close()


async def _waiting(site: Site) -> int:
    async with site.database.transaction(site.shop.org_id) as tx:
        row = await tx.row(
            """
            SELECT (SELECT count(*) FROM webhook_deliveries WHERE org_id = %(org)s AND done_at IS NULL)
                + (SELECT h.seq - c.seq FROM event_heads h JOIN event_cursors c ON c.org_id = h.org_id
                    WHERE h.org_id = %(org)s AND c.subscriber = 'webhooks')
            """,
            {"org": tx.org_id},
        )
    return int(row[0]) if row else 0


_SCRIPT = """
import asyncio
from infra24.app import compose
from infra24.settings import Settings

async def main():
    database, worker = compose(Settings(data_dir={folder!r}, secret={secret!r}), {url!r})
    await database.open()
    print("ready", flush=True)
    stop = asyncio.Event()
    await asyncio.gather(worker.delivery.run(stop), worker.webhooks.run(stop))

asyncio.run(main())
"""


def test_workers_killed_by_the_system_lose_nothing(
    site: Any, got: Receiver, shop: Shop, database_url: str
) -> None:
    dice, paths, count = random.Random(5), ["/one", "/two"], 40

    async def scenario(site: Site) -> int:
        for path in paths:
            await site.endpoint(got.url + path, *TYPES)
        for n in range(count):
            await lifecycle(site, n)
        kills = 0
        while kills < 60 and await _waiting(site):
            await asyncio.to_thread(_kill_after, dice.random() * 0.6, site, database_url)
            kills += 1
            with psycopg.connect(database_url, autocommit=True) as owner:
                for statement in _HURRY:
                    owner.execute(statement)
        return kills

    kills = site(scenario)
    check(got, paths, count)
    assert kills >= 2


def _kill_after(seconds: float, site: Site, url: str) -> None:
    """Let a worker work for so long, then kill it."""
    settings = site.settings
    assert settings.secret is not None
    script = _SCRIPT.format(folder=str(settings.data_dir), url=url, secret=settings.secret.get_secret_value())
    environment = {**os.environ, "INFRA24_INNER_NETWORKS": settings.inner_networks}
    with subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"ready\n"
        with suppress(subprocess.TimeoutExpired):
            worker.wait(seconds)
            pytest.fail("it ended by itself")
        worker.send_signal(signal.SIGKILL)
