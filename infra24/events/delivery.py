"""From the outbox to the subscribers: each has each event once, in a job of its own."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from uuid import UUID

from infra24.db import Database, Tx
from infra24.events import queries
from infra24.events.model import Recorded

Subscriber = Callable[[Tx, Recorded], Awaitable[None]]
"""Acts on an event inside a transaction of its organization."""


Subscribers = Mapping[str, Mapping[str, Subscriber]]
"""Event type → the name of each consequence and what does it."""


async def deliver(
    database: Database, org_id: UUID, event_id: UUID, name: str, subscribers: Subscribers, now: datetime
) -> None:
    """Hand one event to one subscriber, exactly once whatever is killed in between."""
    async with database.transaction(org_id) as tx:
        recorded = await queries.get(tx, event_id)
        if recorded is None:
            return
        subscriber = subscribers.get(recorded.event.type, {}).get(name)
        if subscriber is not None and await queries.claim_delivery(tx, recorded.seq, name, now):
            await subscriber(tx, recorded)
