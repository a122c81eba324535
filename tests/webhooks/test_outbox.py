"""What failed for good: listed with its reason, and tried again; who can mend a webhook is told."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from infra24 import outbox, webhooks
from infra24.db import Database
from infra24.outbox import FailedKind
from infra24.people import Role
from infra24.settings import Settings
from infra24.subscribers import SUBSCRIBERS
from infra24.worker import Worker
from tests.factories import Shop
from tests.mail.reading import body_of, sent_emails
from tests.people import sign_in
from tests.serving import NOW, Clock
from tests.webhooks.conftest import Site
from tests.webhooks.receiving import Receiver


def test_a_webhook_that_failed_is_listed_and_sent_again(site: Any, got: Receiver, clock: Clock) -> None:
    got.answers["/hook"] = [410]

    async def scenario(site: Site) -> None:
        endpoint, _ = await site.endpoint(f"{got.url}/hook", "booking.created")
        await site.book()
        await site.work()
        async with site.database.transaction(site.shop.org_id) as tx:
            (one,) = await outbox.failed(tx, NOW)
            assert (one.kind, one.what, one.to, one.reason) == (
                FailedKind.WEBHOOK, "booking.created", f"{got.url}/hook", "status_410",
            )  # fmt: skip
            assert await outbox.retry(tx, SUBSCRIBERS, list(FailedKind), NOW) == 0, "it is disabled"
            await webhooks.enable(tx, endpoint, NOW)
            assert await outbox.retry(tx, SUBSCRIBERS, list(FailedKind), NOW) == 1
        await site.work()
        async with site.database.transaction(site.shop.org_id) as tx:
            assert await outbox.failed(tx, NOW) == []
        assert len(got.at("/hook")) == 2

    site(scenario)


def test_a_message_that_failed_is_listed_for_a_month_and_sent_again(
    with_worker: Any,
    shop: Shop,
    settings: Settings,
    owner: psycopg.Connection[Any],
    clock: Clock,
    tokens: Any,
) -> None:
    async def scenario(database: Database, worker: Worker) -> None:
        one = Site(database, worker, settings, shop, clock, tokens)
        await one.book()
        await worker.run_until_idle()
        owner.execute(
            "UPDATE notifications SET state = 'failed', reason = '550 no such person', done_at = %s "
            "WHERE org_id = %s AND kind = 'booking_confirmed'", (NOW, shop.org_id)
        )  # fmt: skip
        async with database.transaction(shop.org_id) as tx:
            (failed,) = await outbox.failed(tx, NOW)
            assert (failed.kind, failed.to) == (FailedKind.MESSAGE, "ada@example.org")
            assert await outbox.failed(tx, NOW + timedelta(days=31)) == []
            assert await outbox.retry(tx, SUBSCRIBERS, [FailedKind.WEBHOOK], NOW) == 0
            assert await outbox.retry(tx, SUBSCRIBERS, [FailedKind.MESSAGE], NOW) == 1
        before = len(sent_emails(settings))
        await worker.run_until_idle()
        assert len(sent_emails(settings)) in (before, before + 1), "the same Message-ID: it may be one file"
        async with database.transaction(shop.org_id) as tx:
            assert await outbox.failed(tx, NOW) == []

    with_worker(scenario)


@pytest.mark.parametrize(
    ("answer", "told"),
    [(410, "It answered 410 Gone"), (500, "Nothing could be delivered to it for three days")],
)
def test_who_manages_webhooks_is_told_that_one_was_disabled(
    site: Any,
    got: Receiver,
    clock: Clock,
    settings: Settings,
    database_url: str,
    shop: Shop,
    answer: int,
    told: str,
) -> None:
    for role in (Role.OWNER, Role.ADMIN, Role.STAFF):
        sign_in(database_url, settings, clock, shop, role)
    got.answers["/always"] = [answer]

    async def scenario(site: Site) -> None:
        await site.endpoint(f"{got.url}/always", "booking.created")
        await site.book()
        await site.work()
        for _ in range(6):
            clock.forward(hours=25)
            await site.work()
        await site.worker.run_until_idle()

    site(scenario)
    mailed = [one for one in sent_emails(settings) if one["subject"].startswith("Webhook disabled")]
    assert len({one["to"] for one in mailed}) == len(mailed) == 2
    assert told in body_of(mailed[0])
    assert f"/{shop.slug}/admin/webhooks/" in body_of(mailed[0])


def test_what_was_done_long_ago_is_deleted_and_what_is_open_stays(
    site: Any, got: Receiver, clock: Clock
) -> None:
    async def scenario(site: Site) -> None:
        await site.endpoint(f"{got.url}/hook", "booking.created")
        await site.endpoint(f"{got.url}/later", "booking.created")
        got.answers["/later"] = [500]
        booking = await site.book()
        await site.worker.run_until_idle()

        async def counts() -> tuple[int, int]:
            async with site.database.transaction(site.shop.org_id) as tx:
                row = await tx.row(
                    "SELECT (SELECT count(*) FROM webhook_deliveries WHERE org_id = %(org)s), "
                    "(SELECT count(*) FROM notifications WHERE org_id = %(org)s AND booking_id = %(id)s)",
                    {"org": tx.org_id, "id": booking.id},
                )
            assert row is not None
            return row[0], row[1]

        async def clean() -> None:
            async with site.worker.jobs.open_async():
                await site.worker.cleanup(0)

        assert await counts() == (2, 2), "a confirmation and a reminder that is to come"
        clock.forward(days=29)
        await clean()
        assert await counts() == (2, 2)
        clock.forward(days=2)
        await clean()
        assert await counts() == (1, 2)
        clock.forward(days=400)
        await clean()
        assert await counts() == (1, 1)

    site(scenario)
