"""From the outbox to the subscribers: each has each event once, in a job of its own."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from infra24.db import Database, Tx
from infra24.events import queries
from infra24.events.model import Recorded

Subscriber = Callable[[Tx, Recorded], Awaitable[None]]
"""Acts on an event inside a transaction of its organization."""


async def claim_delivery(tx: Tx, seq: int, subscriber: str, now: datetime) -> bool:
    """Whether this subscriber has yet to act on this event; the claim commits with its effect."""
    return await queries.claim_delivery(tx, seq, subscriber, now)


async def deliver(
    database: Database, org_id: UUID, seq: int, name: str, subscriber: Subscriber, now: datetime
) -> None:
    """Hand one event to one subscriber, exactly once whatever is killed in between."""
    async with database.transaction(org_id) as tx:
        recorded = await queries.get(tx, seq)
        if recorded is not None and await claim_delivery(tx, seq, name, now):
            await subscriber(tx, recorded)
