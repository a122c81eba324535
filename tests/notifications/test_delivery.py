"""Sending: nothing lost and nothing sent twice knowingly, by one worker or two."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from infra24.auth.tokens import Tokens
from infra24.db import Database
from infra24.notifications import NotificationDelivery, queries
from infra24.settings import Settings
from tests.factories import Shop, found_shop
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
