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
from uuid import UUID, uuid4

import psycopg
import pytest

from infra24 import announcements, bookings, events, mail, resources
from infra24.app import compose, side_effects
from infra24.auth.tokens import Tokens
from infra24.db import Actor, Database, DatabaseDown, Statement, Tx
from infra24.events import EventDelivery, Handler, Recorded, Subscriber, UndeclaredFacts
from infra24.i18n import locale_format
from infra24.organizations.events import UPDATED
from infra24.settings import Settings
from infra24.subscribers import SUBSCRIBERS
from infra24.web.presenters import announcements as announced
from infra24.worker import Worker
from tests.conftest import opened
from tests.factories import STAFF, Shop, booking_request
from tests.serving import NOW, Clock

AT = NOW + timedelta(days=3)

pytestmark = pytest.mark.usefixtures("empty_queue")


async def _all_due(worker: Worker) -> None:
    """Deliver until nothing is due, for so long that others who deliver are done too."""
    for _ in range(100):
        if not await worker.delivery.deliver_due():
            await asyncio.sleep(0.01)
            if not await worker.delivery.deliver_due():
                return
    raise AssertionError("there is always something due")


def _delivery(worker: Worker, handlers: dict[str, Handler]) -> EventDelivery:
    """Delivery to subscribers of the tests, each acting on changes of the organization."""
    found = [Subscriber.of(name, {UPDATED: handler}) for name, handler in handlers.items()]
    return EventDelivery(worker.database, found, worker.clock)


def _appending(seen: list[Any]) -> Handler:
    async def append(tx: Tx, recorded: Recorded) -> None:
        await asyncio.sleep(0)
        seen.append(recorded.seq)

    return append


def test_a_booking_is_announced_to_the_staff_once(
    run: Callable[..., Any], shop: Shop, tokens: Tokens, settings: Settings, database_url: str, clock: Clock
) -> None:
    async def scenario(_: Database) -> Any:
        database, worker = compose(settings, database_url, clock)
        await database.open()
        try:
            async with database.transaction(shop.org_id) as tx:
                made = await bookings.book(
                    tx, booking_request(shop.ids["visit"], AT.replace(hour=10)), tokens=tokens, now=NOW
                )
            await worker.run_until_idle()
            async with database.transaction(shop.org_id) as tx:
                await bookings.cancel(tx, made.id, policy=STAFF, now=NOW, reason="ill")
            await worker.run_until_idle()
            await worker.run_until_idle()
            async with database.transaction(shop.org_id) as tx:
                return await announcements.newest(tx)
        finally:
            await database.close()

    notices = run(scenario)
    english, spanish = (locale_format(language, "en_US") for language in ("en", "es"))
    shown = {notice.kind: announced.view(notice, english) for notice in notices}
    assert {kind: one["title"] for kind, one in shown.items()} == {
        "booking.cancelled": "Cancelled: Visit",
        "booking.created": "New booking: Visit",
    }
    when, who, with_whom, *_ = shown["booking.created"]["body"].splitlines()
    assert when == "Monday, November 23, 2026, 10:00\u00a0AM–10:30\u00a0AM (UTC)"
    assert (who, with_whom) == ("Ada Lovelace <ada@example.org>", "With Mo")
    assert shown["booking.cancelled"]["body"].endswith("Reason: ill")
    assert {announced.title(notice, spanish) for notice in notices} == {
        "Cancelada: Visit",
        "Nueva reserva: Visit",
    }


def test_two_workers_that_deliver_at_once_act_on_each_event_once_and_in_order(
    run: Callable[..., Any], shop: Shop, settings: Settings, database_url: str, clock: Clock
) -> None:
    async def scenario(_: Database) -> list[int]:
        seen: list[int] = []
        (one, first), (two, second) = (compose(settings, database_url, clock) for _ in range(2))
        await one.open()
        await two.open()
        try:
            async with one.transaction(shop.org_id) as tx:
                for _ in range(250):
                    events.record(tx, UPDATED, shop.org_id, {"name": "x"}, NOW)
                before = await events.head(tx)
            for worker in (first, second):
                worker.delivery = _delivery(worker, {"announcements": _appending(seen)})
            await asyncio.gather(*(_all_due(worker) for worker in (first, second) for _ in range(3)))
        finally:
            await one.close()
            await two.close()
        return [seq - before for seq in seen]

    assert run(scenario) == list(range(1, 251))


def test_a_subscriber_that_fails_is_tried_again_then_parked_and_holds_nobody_else_back(
    run: Callable[..., Any], shop: Shop, settings: Settings, database_url: str, clock: Clock
) -> None:
    async def scenario(_: Database) -> None:
        fine, done, tries = [], [], []
        database, worker = compose(settings, database_url, clock)
        await database.open()

        async def broken(tx: Tx, recorded: Recorded) -> None:
            await tx.run("INSERT INTO locations (org_id, name) VALUES (%s, 'undone')", (tx.org_id,))
            tries.append(recorded.seq)
            if len(tries) <= events.ATTEMPTS:
                raise ValueError("the handler is at fault")
            done.append(recorded.seq)

        worker.delivery = _delivery(worker, {"announcements": broken, "notifications": _appending(fine)})
        try:
            async with database.transaction(shop.org_id) as tx:
                events.record(tx, UPDATED, shop.org_id, {"name": "first"}, NOW)
            await _all_due(worker)
            (first,) = fine
            assert tries == [first]
            async with database.transaction(shop.org_id) as tx:
                events.record(tx, UPDATED, shop.org_id, {"name": "second"}, NOW)
            await _all_due(worker)
            assert fine == [first, first + 1]  # the other goes on at once
            assert tries == [first]  # this one waits for its second try, and the later event with it
            for attempt in range(1, events.ATTEMPTS):
                clock.forward(seconds=2**attempt - 1)
                await _all_due(worker)
                assert len(tries) == attempt
                clock.forward(seconds=1)
                await _all_due(worker)
                assert tries[: attempt + 1] == [first] * (attempt + 1)
            assert tries == [first] * events.ATTEMPTS + [first + 1]
            async with database.transaction(shop.org_id) as tx:
                (parked,) = await events.parked(tx)
                assert (parked.subscriber, parked.seq) == ("announcements", first)
                assert parked.error == "ValueError: the handler is at fault"
                assert await tx.rows("SELECT count(*) FROM locations WHERE name = 'undone'") == [(1,)]
                await tx.run("DELETE FROM locations WHERE name = 'undone'")
                handler = Subscriber.of("announcements", {UPDATED: broken})
                assert await events.replay(tx, [handler]) == 1
                assert await events.parked(tx) == []
            assert done == [first + 1, first]
        finally:
            await database.close()

    run(scenario)


def test_what_fails_at_commit_waits_and_is_parked_as_a_handler_that_fails(
    run: Callable[..., Any], shop: Shop, settings: Settings, database_url: str, clock: Clock
) -> None:
    """The COMMIT undoes what all subscribers did: the others must not do it again and again for that."""

    async def scenario(_: Database) -> None:
        fine: list[int] = []
        database, worker = compose(settings, database_url, clock)
        await database.open()

        async def broken(tx: Tx, recorded: Recorded) -> None:
            tx.run_last(Statement("SELECT 1 / %(n)s", {"n": 0}))

        async def noted(tx: Tx, recorded: Recorded) -> None:
            await tx.run("INSERT INTO locations (org_id, name) VALUES (%s, 'once')", (tx.org_id,))
            fine.append(recorded.seq)

        worker.delivery = _delivery(
            worker, {"announcements": broken, "notifications": noted, "webhooks": _appending([])}
        )
        try:
            async with database.transaction(shop.org_id) as tx:
                events.record(tx, UPDATED, shop.org_id, {"name": "first"}, NOW)
            await _all_due(worker)
            async with database.transaction(shop.org_id) as tx:
                assert await tx.rows("SELECT count(*) FROM locations WHERE name = 'once'") == [(1,)]
                assert await events.parked(tx) == []
            for attempt in range(1, events.ATTEMPTS):
                clock.forward(seconds=2**attempt)
                await _all_due(worker)
            async with database.transaction(shop.org_id) as tx:
                (parked,) = await events.parked(tx)
                assert (parked.subscriber, parked.error[:15]) == ("announcements", "DivisionByZero:")
                ((due_at,),) = await tx.rows("SELECT due_at FROM event_heads WHERE org_id = %s", (tx.org_id,))
                assert due_at is None, "nobody waits for what is parked"
        finally:
            await database.close()

    run(scenario)


def test_a_parked_event_that_two_replay_at_once_is_acted_on_once(
    run: Callable[..., Any], shop: Shop, settings: Settings, database_url: str, clock: Clock
) -> None:
    async def scenario(_: Database) -> list[int]:
        database, worker = compose(settings, database_url, clock)
        await database.open()
        tries: list[int] = []

        async def broken(tx: Tx, recorded: Recorded) -> None:
            if len(tries) < events.ATTEMPTS:
                tries.append(recorded.seq)
                raise ValueError
            await tx.run("INSERT INTO locations (org_id, name) VALUES (%s, 'replayed')", (tx.org_id,))

        worker.delivery = _delivery(worker, {"announcements": broken})
        handler = Subscriber.of("announcements", {UPDATED: broken})

        async def replay() -> int:
            async with database.transaction(shop.org_id) as tx:
                return await events.replay(tx, [handler])

        try:
            async with database.transaction(shop.org_id) as tx:
                events.record(tx, UPDATED, shop.org_id, {"name": "first"}, NOW)
            for attempt in range(events.ATTEMPTS):
                await _all_due(worker)
                clock.forward(seconds=2 ** (attempt + 1))
            found = await asyncio.gather(*(replay() for _ in range(4)))
            async with database.transaction(shop.org_id) as tx:
                assert await tx.rows("SELECT count(*) FROM locations WHERE name = 'replayed'") == [(1,)]
            return found
        finally:
            await database.close()

    assert sorted(run(scenario)) == [0, 0, 0, 1]


def test_delivery_goes_on_after_a_fault_of_its_own(
    run: Callable[..., Any], shop: Shop, settings: Settings, database_url: str, clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    async def scenario(_: Database) -> list[int]:
        seen: list[int] = []
        database, worker = compose(settings, database_url, clock)
        await database.open()
        delivery = _delivery(worker, {"announcements": _appending(seen)})
        due, faults = delivery.deliver_due, [KeyError("a fault"), DatabaseDown()]

        async def faulty() -> int:
            if faults:
                raise faults.pop()
            return await due()

        delivery.deliver_due = faulty  # type: ignore[method-assign]
        stop = asyncio.Event()
        running = asyncio.create_task(delivery.run(stop))
        try:
            async with database.transaction(shop.org_id) as tx:
                events.record(tx, UPDATED, shop.org_id, {"name": "x"}, NOW)
            async with asyncio.timeout(60):
                while not seen:
                    await asyncio.sleep(0.05)
        finally:
            stop.set()
            await running
            await database.close()
        return seen

    assert len(run(scenario)) == 1
    assert "events cannot be delivered" in caplog.text


def test_a_worker_leaves_a_subscriber_that_it_does_not_know_to_one_that_does(
    run: Callable[..., Any], shop: Shop, settings: Settings, database_url: str, clock: Clock
) -> None:
    async def scenario(_: Database) -> None:
        seen: list[int] = []
        database, old = compose(settings, database_url, clock)
        new = compose(settings, database_url, clock)[1]
        old.delivery = _delivery(old, {"announcements": _appending([])})
        new.delivery = EventDelivery(database, [
            Subscriber.of(name, {UPDATED: _appending(seen if name == "notifications" else [])})
            for name in ("announcements", "notifications", "webhooks")
        ], clock)  # fmt: skip
        await database.open()
        try:
            async with database.transaction(shop.org_id) as tx:
                events.record(tx, UPDATED, shop.org_id, {"name": "x"}, NOW)
            await _all_due(old)
            assert seen == []
            clock.forward(seconds=3)  # it was not forgotten: it is due again
            await _all_due(new)
            assert len(seen) == 1
            async with database.transaction(shop.org_id) as tx:
                assert await tx.rows("SELECT due_at FROM event_heads WHERE org_id = %s", (shop.org_id,)) == [
                    (None,)
                ]
        finally:
            await database.close()

    run(scenario)


def test_a_new_subscriber_begins_at_the_newest_event(
    make_database: Callable[[], str], settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from infra24 import migrations
    from tests.factories import found_shop

    async def note(_: Tx, recorded: Recorded) -> None:
        seen.append((recorded.org_id, recorded.seq))

    url, seen = make_database(), list[tuple[UUID, int]]()
    shop = found_shop(url, settings, clock)
    newcomer = Subscriber.of("newcomer", {resources.events.CREATED: note, UPDATED: note})
    monkeypatch.setattr(migrations, "SUBSCRIBERS", (*SUBSCRIBERS, newcomer))
    migrations.migrate(url)
    later = found_shop(url, settings, clock, {"room": resources.Draft("space", "Room", capacity=1)})

    async def main() -> tuple[int, list[int]]:
        database, worker = compose(settings, url, clock)
        worker.delivery = EventDelivery(database, (*SUBSCRIBERS, newcomer), clock)
        await database.open()
        try:
            async with database.transaction(shop.org_id) as tx:
                before = await events.head(tx)
                events.record(tx, UPDATED, shop.org_id, {"name": "x"}, NOW)
            await _all_due(worker)
            of_shop = [seq for org_id, seq in seen if org_id == shop.org_id]
            return before, of_shop
        finally:
            await database.close()

    before, of_shop = asyncio.run(main())
    assert before > 0
    assert of_shop == [before + 1]
    assert next(seq for org_id, seq in seen if org_id == later.org_id) == 1  # of a later one it has all


def test_an_event_has_the_facts_that_its_type_declares_and_says_who_caused_it(
    run: Callable[..., Any], shop: Shop
) -> None:
    async def scenario(database: Database) -> Any:
        actor = Actor("user", "7", "Olive")
        async with database.transaction(shop.org_id, actor) as tx:
            for facts in ({}, {"title": "x", "type": "space", "colour": "red"}):
                with pytest.raises(UndeclaredFacts):
                    events.record(tx, resources.events.CREATED, shop.org_id, facts, NOW)
            before = await events.head(tx)
            events.record(tx, UPDATED, shop.org_id, {"name": "x"}, NOW)
        async with database.transaction(shop.org_id) as tx:
            (recorded,) = await events.after(tx, before)
            return recorded.event

    event = run(scenario)
    assert (event.type, event.version) == ("organization.updated", 1)
    assert (event.actor_kind, event.actor_id) == ("user", "7")


def test_what_only_reads_has_no_side_effects(run: Callable[..., Any], shop: Shop) -> None:
    async def scenario(database: Database) -> None:
        async with database.read(shop.org_id) as tx:
            with pytest.raises(RuntimeError):
                events.record(tx, UPDATED, shop.org_id, {"name": "x"}, NOW)
            with pytest.raises(RuntimeError):
                mail.enqueue(tx, "factor_changed", user=shop.org_id)
            with pytest.raises(RuntimeError):
                tx.run_last(Statement("SELECT 1", {}))

    run(scenario)


def test_what_a_savepoint_undoes_leaves_no_event_no_mail_and_no_last_statement(
    run: Callable[..., Any], shop: Shop
) -> None:
    async def scenario(database: Database) -> list[Any]:
        async with database.transaction(shop.org_id) as tx:
            events.record(tx, UPDATED, shop.org_id, {"name": "before"}, NOW)
            with pytest.raises(ZeroDivisionError):
                async with tx.savepoint():
                    events.record(tx, UPDATED, shop.org_id, {"name": "undone"}, NOW)
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
            return await tx.rows(
                "SELECT data ->> 'name' FROM events WHERE org_id = %s AND type = %s",
                (shop.org_id, UPDATED.name),
            )

    assert run(scenario) == [("before",)]


def test_an_event_and_its_job_go_with_the_transaction_that_fails(
    run: Callable[..., Any], shop: Shop, tokens: Tokens, owner: psycopg.Connection[Any]
) -> None:
    class Broken(Exception):
        pass

    async def scenario(database: Database) -> None:
        with pytest.raises(Broken):
            async with database.transaction(shop.org_id) as tx:
                await bookings.book(tx, booking_request(shop.ids["room"], AT), tokens=tokens, now=NOW)
                for statement in side_effects(tx):  # written, and then it fails
                    await tx.run(statement.query, statement.args)
                raise Broken

    run(scenario)
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

    async def scenario(database: Database) -> tuple[list[int], list[int]]:
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
                await bookings.book(tx, booking_request(shop.ids["room"], at), tokens=tokens, now=NOW)
                if n % 5 == 0:
                    raise RuntimeError("undone")

        reader = asyncio.create_task(read())
        await asyncio.gather(*(one(n) for n in range(40)), return_exceptions=True)
        done.set()
        await reader
        async with database.transaction(shop.org_id) as tx:
            everything = [e.seq for e in await events.after(tx, 0, 1000)]
        return seen, everything

    seen, everything = run(scenario)
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
            await bookings.book(tx, booking_request(shop.ids["room"], AT), tokens=tokens, now=NOW)

    async def main() -> None:
        async with opened(settings, url, clock) as database:
            await book(database)

    asyncio.run(main())
    script = f"""
import asyncio, os, signal
from infra24 import announcements, bookings
from infra24.app import compose
from infra24.events import EventDelivery, Subscriber
from infra24.settings import Settings

def die(): os.kill(os.getpid(), signal.SIGKILL)

step = {step!r}
async def announce(tx, recorded):
    if step == "before the effect": die()
    await announcements.announce_event(tx, recorded)
    if step == "after the effect": die()

async def main():
    database, worker = compose(Settings(secret="x" * 32), {url!r})
    handlers = {{bookings.events.CREATED: announce}}
    delivery = EventDelivery(database, [Subscriber.of("announcements", handlers)], worker.clock)
    await database.open()
    await delivery.deliver_due()
    die()
asyncio.run(main())
"""
    killed = subprocess.run([sys.executable, "-c", script], timeout=60, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]

    async def again() -> list[announcements.Announcement]:
        database, worker = compose(settings, url, clock)
        await database.open()
        try:
            await worker.run_until_idle()
            async with database.transaction(shop.org_id) as tx:
                return await announcements.newest(tx)
        finally:
            await database.close()

    notices = asyncio.run(again())
    assert [(notice.kind, notice.facts["title"]) for notice in notices] == [("booking.created", "Room")]


def test_the_worker_ends_lapsed_holds(run: Callable[..., Any], shop: Shop, tokens: Tokens, settings: Settings,
                                      database_url: str) -> None:  # fmt: skip
    later = Clock(NOW + timedelta(minutes=11))

    async def scenario(database: Database) -> str:
        async with database.transaction(shop.org_id) as tx:
            held = await bookings.hold(
                tx, booking_request(shop.ids["room"], AT, person=None), tokens=tokens, now=NOW
            )
        other, worker = compose(settings, database_url, later)
        await other.open()
        try:
            await worker.end_overdue(0)
            async with other.transaction(shop.org_id) as tx:
                return (await bookings.get(tx, held.id)).status
        finally:
            await other.close()

    assert run(scenario) == "cancelled"


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
