"""Events and what follows from them: nothing lost, nothing doubled, whatever is killed."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from infra24 import announcements, bookings, events, mail
from infra24.app import compose
from infra24.bookings import ActorRole, Tokens
from infra24.db import Database, Statement
from infra24.settings import Settings
from infra24.subscribers import SUBSCRIBERS
from infra24.worker import JobQueue
from tests.conftest import opened
from tests.factories import Shop, wish
from tests.serving import NOW, Clock

AT = NOW + timedelta(days=3)


async def _drain(queue: JobQueue) -> None:
    async with queue.jobs.open_async():
        await queue.jobs.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)


@pytest.mark.usefixtures("empty_queue")
def test_a_booking_is_announced_to_the_staff_once(
    run: Callable[..., Any], shop: Shop, tokens: Tokens, settings: Settings, database_url: str, clock: Clock
) -> None:
    async def story(_: Database) -> Any:
        database, queue = compose(settings, database_url, clock)
        await database.open()
        try:
            async with database.transaction(shop.org_id) as tx:
                made = await bookings.book(
                    tx, wish(shop.ids["visit"], AT.replace(hour=10)), tokens=tokens, now=NOW
                )
            await _drain(queue)
            async with database.transaction(shop.org_id) as tx:
                await bookings.cancel(tx, made.id, by=ActorRole.STAFF, now=NOW, because="ill")
            await _drain(queue)
            await _drain(queue)
            async with database.transaction(shop.org_id) as tx:
                return await announcements.newest(tx)
        finally:
            await database.close()

    notices = run(story)
    assert sorted(notice.title for notice in notices) == ["Cancelled: Visit", "New booking: Visit"]
    new = next(notice for notice in notices if notice.kind == "booking.created")
    assert "Monday 23 November 2026, 10:00–10:30 (UTC)" in new.body
    assert "Ada Lovelace <ada@example.org>" in new.body
    assert "With Mo" in new.body


def test_delivering_the_same_event_again_changes_nothing(
    run: Callable[..., Any], shop: Shop, tokens: Tokens
) -> None:
    async def story(database: Database) -> int:
        async with database.transaction(shop.org_id) as tx:
            await bookings.book(tx, wish(shop.ids["room"], AT), tokens=tokens, now=NOW)
        async with database.transaction(shop.org_id) as tx:
            (*_, newest) = await events.after(tx, 0)
        for _ in range(3):
            await events.deliver(database, shop.org_id, newest.event.id, "announce", SUBSCRIBERS, NOW)
        async with database.transaction(shop.org_id) as tx:
            return len(await announcements.newest(tx))

    assert run(story) == 1


def test_what_a_savepoint_undoes_leaves_no_event_no_mail_and_no_last_statement(
    run: Callable[..., Any], shop: Shop
) -> None:
    async def story(database: Database) -> list[Any]:
        async with database.transaction(shop.org_id) as tx:
            events.record(tx, "a.before", shop.org_id, {}, NOW)
            with pytest.raises(ZeroDivisionError):
                async with tx.savepoint():
                    events.record(tx, "a.undone", shop.org_id, {}, NOW)
                    mail.enqueue(tx, "factor_changed", user=shop.org_id)
                    tx.run_last(Statement("INSERT INTO locations (org_id, name) VALUES (%(org)s, 'undone')",
                                          {"org": shop.org_id}))  # fmt: skip
                    raise ZeroDivisionError
        async with database.transaction(shop.org_id) as tx:
            assert await tx.rows("SELECT 1 FROM locations WHERE name = 'undone'") == []
            assert (
                await tx.rows("SELECT 1 FROM procrastinate_jobs WHERE args ->> 'kind' = 'factor_changed'")
                == []
            )
            return await tx.rows("SELECT type FROM events WHERE type LIKE 'a.%%'")

    assert run(story) == [("a.before",)]


def test_an_event_and_its_job_go_with_the_transaction_that_fails(
    run: Callable[..., Any], shop: Shop, tokens: Tokens, owner: psycopg.Connection[Any]
) -> None:
    class Broken(Exception):
        pass

    async def story(database: Database) -> None:
        with pytest.raises(Broken):
            async with database.transaction(shop.org_id) as tx:
                await bookings.book(tx, wish(shop.ids["room"], AT), tokens=tokens, now=NOW)
                for statement in database._flush(tx):  # written, and then it fails
                    await tx.run(statement.query, statement.args)
                raise Broken

    run(story)
    for table, only in (("events", "type = 'booking.created'"), ("bookings", "true"), ("claims", "true")):
        left = owner.execute(f"SELECT count(*) FROM {table} WHERE org_id = %s AND {only}", (shop.org_id,))
        assert left.fetchone() == (0,)
    jobs = owner.execute(
        "SELECT count(*) FROM procrastinate_jobs WHERE args->>'org_id' = %s", (str(shop.org_id),)
    )
    assert jobs.fetchone() == (0,)


def test_the_sequence_has_no_gaps_and_never_runs_ahead(
    run: Callable[..., Any], shop: Shop, tokens: Tokens
) -> None:
    """While many book at once, a reader who polls sees 1, 2, 3 … and never a smaller place later."""

    async def story(database: Database) -> tuple[list[int], list[int]]:
        seen: list[int] = []
        done = asyncio.Event()

        async def read() -> None:
            while not done.is_set():
                async with database.transaction(shop.org_id) as tx:
                    seen.extend(e.seq for e in await events.after(tx, seen[-1] if seen else 0, 1000))
                await asyncio.sleep(0)

        async def one(n: int) -> None:
            async with database.transaction(shop.org_id) as tx:
                at = AT + timedelta(minutes=30 * n)
                await bookings.book(tx, wish(shop.ids["room"], at), tokens=tokens, now=NOW)
                if n % 5 == 0:
                    raise RuntimeError("undone")

        reader = asyncio.create_task(read())
        await asyncio.gather(*(one(n) for n in range(40)), return_exceptions=True)
        done.set()
        await reader
        async with database.transaction(shop.org_id) as tx:
            everything = [e.seq for e in await events.after(tx, 0, 1000)]
        return seen, everything

    seen, everything = run(story)
    assert everything == list(range(1, len(everything) + 1))
    assert seen == everything[: len(seen)]


_STEPS = ("before the effect", "after the effect", "after the commit")


@pytest.mark.parametrize("step", _STEPS)
def test_a_worker_killed_between_two_steps_loses_nothing_and_doubles_nothing(
    make_database: Callable[[], str], settings: Settings, clock: Clock, tokens: Tokens, step: str
) -> None:
    """A worker process kills itself with SIGKILL at a step; the next one finishes its work."""
    from tests.factories import found_shop

    url = make_database()
    shop = found_shop(url, settings, clock)

    async def book(database: Database) -> None:
        async with database.transaction(shop.org_id) as tx:
            await bookings.book(tx, wish(shop.ids["room"], AT), tokens=tokens, now=NOW)

    async def main() -> None:
        async with opened(settings, url, clock) as database:
            await book(database)

    asyncio.run(main())
    script = f"""
import asyncio, os, signal
from infra24 import subscribers, events
from infra24.app import compose
from infra24.settings import Settings
from infra24.events import delivery

def die(): os.kill(os.getpid(), signal.SIGKILL)

step = {step!r}
original = subscribers.SUBSCRIBERS["booking.created"]["announce"]
async def announce(tx, recorded):
    if step == "before the effect": die()
    await original(tx, recorded)
    if step == "after the effect": die()
subscribers.SUBSCRIBERS["booking.created"]["announce"] = announce
if step == "after the commit":
    deliver = events.deliver
    async def then_die(*args):
        await deliver(*args); die()
    events.deliver = then_die

async def main():
    database, queue = compose(Settings(secret="x" * 32), {url!r})
    await database.open()
    async with queue.jobs.open_async():
        await queue.jobs.run_worker_async(wait=False)
asyncio.run(main())
"""
    killed = subprocess.run([sys.executable, "-c", script], timeout=60, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]

    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")

    async def again() -> list[announcements.Announcement]:
        database, queue = compose(settings, url, clock)
        await database.open()
        try:
            async with queue.jobs.open_async():
                await queue.requeue_stalled(0)
            with psycopg.connect(url, autocommit=True) as owner:  # the retry waits a moment: not in a test
                owner.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
            await _drain(queue)
            async with database.transaction(shop.org_id) as tx:
                return await announcements.newest(tx)
        finally:
            await database.close()

    notices = asyncio.run(again())
    assert [notice.title for notice in notices] == ["New booking: Room"]


def test_the_worker_ends_lapsed_holds(run: Callable[..., Any], shop: Shop, tokens: Tokens, settings: Settings,
                                      database_url: str) -> None:  # fmt: skip
    later = Clock(NOW + timedelta(minutes=11))

    async def story(database: Database) -> str:
        async with database.transaction(shop.org_id) as tx:
            held = await bookings.hold(tx, wish(shop.ids["room"], AT, person=None), tokens=tokens, now=NOW)
        other, queue = compose(settings, database_url, later)
        await other.open()
        try:
            await queue.end_lapsed_holds(0)
            async with other.transaction(shop.org_id) as tx:
                return (await bookings.get(tx, held.id)).status
        finally:
            await other.close()

    assert run(story) == "cancelled"


def test_the_worker_command_runs_stops_and_is_restarted_by_its_keeper(
    make_database: Callable[[], str], tmp_path: Any
) -> None:
    url = make_database()
    environment = {**os.environ, "DATABASE_URL": url, "INFRA24_DATA_DIR": str(tmp_path),
                   "INFRA24_SECRET": uuid4().hex}  # fmt: skip
    worker = subprocess.Popen([sys.executable, "-m", "infra24", "worker"], env=environment)
    try:
        deadline = time.monotonic() + 30
        with psycopg.connect(url, autocommit=True) as owner:
            beating = 0
            while not beating and time.monotonic() < deadline:
                row = owner.execute("SELECT count(*) FROM procrastinate_workers").fetchone()
                beating = row[0] if row else 0
                time.sleep(0.1)
        assert beating == 1
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
    finally:
        if worker.poll() is None:
            worker.kill()
