"""Sending: nothing lost and nothing sent twice knowingly, whatever the mail server does and whoever is killed."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest

from infra24 import bookings
from infra24.auth.tokens import Tokens
from infra24.db import Database
from infra24.notifications import NotificationDelivery, queries
from infra24.settings import Settings
from tests.factories import Shop, booking_request, found_shop
from tests.mail.servers import Mailbox
from tests.notifications.sending import process, queue, rows, send_through, with_server
from tests.serving import NOW, Clock, free_port


def test_when_nobody_listens_one_finds_out_and_all_wait(
    sending: Any, settings: Settings, shop: Shop, tokens: Tokens
) -> None:
    async def scenario(database: Database, one: NotificationDelivery, _: NotificationDelivery) -> None:
        await queue(database, shop, tokens, 5)
        assert await process(one) == (1, 0, 0)
        found = await rows(database, shop)
        assert {state for state, _, _ in found} == {"queued"}
        assert all("127.0.0.1" in reason for _, _, reason in found)

    sending(with_server(settings, free_port()), scenario)


def test_what_cannot_be_sent_for_a_day_has_failed(
    sending: Any, settings: Settings, shop: Shop, tokens: Tokens, clock: Clock
) -> None:
    async def scenario(database: Database, one: NotificationDelivery, _: NotificationDelivery) -> int:
        await queue(database, shop, tokens, 1)
        tries = 0
        while (await rows(database, shop))[0][0] == "queued":
            tries += 1
            assert tries < 100
            await process(one)
            clock.forward(minutes=91)
        assert (await rows(database, shop))[0][0] == "failed"
        return tries

    assert sending(with_server(settings, free_port()), scenario) == 32


@pytest.mark.race
def test_two_workers_send_each_notification_once(
    sending: Any, by_mail: Settings, box: Mailbox, shop: Shop, tokens: Tokens
) -> None:
    async def scenario(database: Database, *workers: NotificationDelivery) -> None:
        await queue(database, shop, tokens, 60)
        done = await asyncio.gather(*map(process, workers))
        assert sum(sent for _, sent, _ in done) == 60

    sending(by_mail, scenario)
    assert Counter(box.recipients) == {f"p{n}@example.org": 1 for n in range(60)}


@pytest.mark.race
def test_without_the_claim_they_would_be_sent_twice(
    sending: Any, by_mail: Settings, box: Mailbox, shop: Shop, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above."""
    claim = queries.claim

    async def unclaimed(tx: Any, *args: Any) -> Any:
        found = await claim(tx, *args)
        await tx.run("UPDATE notifications SET state = 'queued', due_at = %s", (NOW,))
        return found

    monkeypatch.setattr(queries, "claim", unclaimed)

    async def scenario(database: Database, *workers: NotificationDelivery) -> None:
        await queue(database, shop, tokens, 10)
        for worker in workers:
            await worker._organization(shop.org_id)

    sending(by_mail, scenario)
    assert max(Counter(box.recipients).values()) == 2


def test_an_organization_whose_server_hangs_holds_up_no_other(
    sending: Any, by_mail: Settings, shop: Shop, tokens: Tokens, database_url: str, clock: Clock
) -> None:
    other_shop = found_shop(database_url, by_mail, clock)

    async def scenario(database: Database, one: NotificationDelivery, _: NotificationDelivery) -> None:
        released, stop = asyncio.Event(), asyncio.Event()
        usual = one._senders.home.mail.transport

        class Hanging:
            domain, sender, check = usual.domain, usual.sender, usual.check

            async def send(self, email: Any, headers: Any) -> str:
                if email.to == "p0@example.org":
                    await released.wait()
                return await usual.send(email, headers)

        send_through(one, Hanging())
        await queue(database, shop, tokens, 3)
        running = asyncio.create_task(one.run(stop))
        async with asyncio.timeout(30):
            while (await rows(database, shop))[0][0] != "sending":
                await asyncio.sleep(0.05)
            await queue(database, other_shop, tokens, 2, first=7)
            while {state for state, _, _ in await rows(database, other_shop)} != {"sent"}:
                await asyncio.sleep(0.05)
            assert "sending" in {state for state, _, _ in await rows(database, shop)}
            released.set()
            stop.set()
            await running
        assert {state for state, _, _ in await rows(database, shop)} == {"sent"}

    sending(by_mail, scenario)


_SCRIPT = """
import asyncio
from infra24 import bookings
from infra24.app import compose
from infra24.senders import InstallationSenders, MailSender
from infra24.settings import Settings

async def main():
    database, worker = compose(Settings(data_dir={folder!r}, secret="x" * 32), {url!r})
    await database.open()
    print("ready", flush=True)
    stop = asyncio.Event()
    await asyncio.gather(worker.delivery.run(stop), worker.notifications.run(stop))

asyncio.run(main())
"""


def test_workers_killed_at_random_lose_nothing(
    run: Any,
    by_mail: Settings,
    box: Mailbox,
    shop: Shop,
    tokens: Tokens,
    database_url: str,
    empty_queue: None,
) -> None:
    """Killed again and again while it delivers events and sends: each booking's booker has one message."""
    count, dice = 60, random.Random(7)
    began = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)

    async def scenario(database: Database) -> set[UUID]:
        made = set()
        for n in range(count):
            async with database.transaction(shop.org_id) as tx:
                wanted = booking_request(shop.ids["room"], began + timedelta(days=9, minutes=30 * n))
                made.add((await bookings.book(tx, wanted, tokens=tokens, now=began)).id)
        return made

    made = run(scenario)
    with psycopg.connect(database_url, autocommit=True) as owner:
        kills = 0
        while kills < 60 and _sent(owner, shop) < count:
            _kill_after(1.5 * dice.random(), by_mail, database_url)
            kills += 1
            owner.execute(_HURRY)
        told = owner.execute(f"SELECT booking_id FROM notifications WHERE {_TOLD}", (shop.org_id,)).fetchall()
    assert sorted(id_ for (id_,) in told) == sorted(made), f"after {kills} kills"
    assert len({mailed["Message-ID"] for mailed in box.sent_emails}) == count
    assert kills >= 2


_TOLD: LiteralString = "kind = 'booking_confirmed' AND org_id = %s"
_HURRY: LiteralString = (
    "UPDATE notifications SET due_at = '-infinity' WHERE due_at IS NOT NULL AND kind <> 'booking_reminder'"
)
"""A lease is over at once here: otherwise it would be minutes."""


def _sent(owner: psycopg.Connection[Any], shop: Shop) -> int:
    found = owner.execute(
        f"SELECT count(*) FROM notifications WHERE {_TOLD} AND state = 'sent'", (shop.org_id,)
    ).fetchone()
    assert found is not None
    return int(found[0])


def _kill_after(seconds: float, settings: Settings, url: str) -> None:
    """Let a worker work for so long, then kill it."""
    assert settings.smtp_url is not None
    environment = {**os.environ, "INFRA24_SMTP_URL": settings.smtp_url.get_secret_value()}
    script = _SCRIPT.format(folder=str(settings.data_dir), url=url)
    with subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"ready\n"
        with suppress(subprocess.TimeoutExpired):
            worker.wait(seconds)
            raise AssertionError("it ended by itself")
        worker.send_signal(signal.SIGKILL)
