"""A receiver, and scenarios with endpoints and a worker."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from infra24 import bookings, webhooks
from infra24.app import compose
from infra24.auth import SecretBox
from infra24.auth.tokens import Tokens
from infra24.bookings import Booking
from infra24.db import Database
from infra24.event_catalogue import EVENT_TYPES
from infra24.settings import Settings
from infra24.webhooks import DeliveryState, EndpointDraft
from infra24.worker import Worker
from tests.factories import Shop, booking_request
from tests.serving import NOW, Clock
from tests.webhooks.receiving import Receiver, receiver


@pytest.fixture
def got() -> Iterator[Receiver]:
    with receiver() as one:
        yield one


@pytest.fixture
def near(settings: Settings) -> Settings:
    """Settings under which loopback may be asked."""
    return settings.model_copy(update={"inner_networks": "127.0.0.0/8"})


@dataclass
class Site:
    """An installation: its database, its worker, and what tests do with webhooks of one organization."""

    database: Database
    worker: Worker
    settings: Settings
    shop: Shop
    clock: Clock
    tokens: Tokens

    @property
    def seals(self) -> SecretBox:
        return SecretBox(self.settings.keyring())

    async def endpoint(self, url: str, *types: str, payload: str = "full") -> tuple[UUID, str]:
        draft = EndpointDraft(url, "", types, payload)
        async with self.database.transaction(self.shop.org_id) as tx:
            made, secret = await webhooks.create(
                tx, self.seals, draft, EVENT_TYPES, allowed=self.settings.outbound_networks, now=self.clock()
            )
        return made.id, secret

    async def book(self, at: datetime | None = None, **more: Any) -> Booking:
        async with self.database.transaction(self.shop.org_id) as tx:
            wanted = booking_request(self.shop.ids["room"], at or NOW + timedelta(days=9), **more)
            return await bookings.book(tx, wanted, tokens=self.tokens, now=self.clock())

    async def work(self) -> None:
        """Deliver events, then send what is due."""
        while await self.worker.delivery.deliver_due():
            pass
        await self.worker.webhooks.process(30)

    async def states(self, endpoint: UUID) -> list[tuple[str, DeliveryState, int]]:
        async with self.database.transaction(self.shop.org_id) as tx:
            found = await webhooks.deliveries(tx, endpoint, limit=200)
        return [(one.event_type, one.state, one.attempts) for one in reversed(found)]


@pytest.fixture
def site(
    near: Settings, database_url: str, clock: Clock, shop: Shop, tokens: Tokens, empty_queue: None
) -> Any:
    """Runs a scenario."""

    def go(scenario: Any) -> Any:
        async def main() -> Any:
            database, worker = compose(near, database_url, clock)
            await database.open()
            try:
                return await scenario(Site(database, worker, near, shop, clock, tokens))
            finally:
                await worker.aclose()
                await database.close()

        return asyncio.run(main())

    return go
