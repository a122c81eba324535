"""The delivery log: what came of each delivery, sending it again, and tests."""

from datetime import datetime, timedelta
from uuid import UUID

from infra24 import events
from infra24.db import Tx
from infra24.webhooks import endpoints, log_queries, payload, queries
from infra24.webhooks.model import (
    Attempt,
    Delivery,
    DeliveryState,
    EndpointDisabled,
    UnknownDelivery,
)

MOST_MISSED = 10_000
"""How many events that an endpoint was never sent one replay adds."""


async def deliveries(
    tx: Tx, endpoint_id: UUID, state: DeliveryState | None = None, before: UUID | None = None, limit: int = 50
) -> list[Delivery]:
    """Deliveries of an endpoint without their bodies, the newest first; those older than another.

    Raises UnknownEndpoint.
    """
    await endpoints.get(tx, endpoint_id)
    return await log_queries.page(tx, endpoint_id, state, before, min(limit, 200))


async def delivery(tx: Tx, endpoint_id: UUID, id_: UUID) -> tuple[Delivery, list[Attempt]]:
    """One delivery with its body, and the requests that were made for it. Raises UnknownDelivery."""
    found = await log_queries.get(tx, endpoint_id, id_)
    if found is None:
        raise UnknownDelivery()
    return found, await log_queries.attempts(tx, id_)


async def failures(tx: Tx) -> dict[UUID, int]:
    """How many deliveries of each endpoint failed for good; endpoints without any are left out."""
    return await log_queries.count_failed(tx)


async def retrying(tx: Tx) -> dict[UUID, int]:
    """How many deliveries of each endpoint wait after a failed attempt; those without any are left out."""
    return await log_queries.count_retrying(tx)


async def failed(tx: Tx, since: datetime, most: int) -> list[tuple[str, Delivery]]:
    """Deliveries that failed for good since then, the newest first, with their endpoints' addresses."""
    return await log_queries.failed(tx, since, most)


async def count_failed(tx: Tx, since: datetime) -> int:
    """How many deliveries failed for good since then."""
    return await log_queries.count_failed_since(tx, since)


async def retry_failed(tx: Tx, since: datetime, now: datetime) -> int:
    """Send again what failed for good since then of the endpoints that are enabled; how many."""
    count = 0
    for endpoint in sorted(await endpoints.listed(tx), key=lambda one: one.id):
        await queries.lock(tx, endpoint.id)
        if (await endpoints.get(tx, endpoint.id)).is_enabled:
            count += await log_queries.requeue_failed(tx, endpoint.id, since, now)
            await _release(tx, endpoint.id, None, now)
    return count


async def test(tx: Tx, endpoint_id: UUID, now: datetime) -> UUID:
    """Send a test to an endpoint; the id of its delivery. Raises UnknownEndpoint and EndpointDisabled."""
    await _lock_enabled(tx, endpoint_id)
    body = payload.test_body(tx.org_id, now)
    made = await log_queries.queue_test(tx, endpoint_id, payload.TEST_TYPE, body, now)
    await tx.run_together([queries.look_at(tx.org_id, endpoint_id, now)])
    return made


async def replay(tx: Tx, endpoint_id: UUID, id_: UUID, now: datetime) -> None:
    """Send a delivery again, with the same id and body; one that waits for its next attempt is tried now.

    Raises UnknownEndpoint, EndpointDisabled and UnknownDelivery.
    """
    await _lock_enabled(tx, endpoint_id)
    found, _ = await delivery(tx, endpoint_id, id_)
    if not await log_queries.requeue(tx, endpoint_id, id_, now):
        await log_queries.bring_forward(tx, endpoint_id, id_, now)
    await _release(tx, endpoint_id, [found.subject_id], now)


async def replay_recent(tx: Tx, endpoint_id: UUID, span: timedelta, now: datetime) -> int:
    """Send again what failed or was missed lately, of the time since the endpoint was added; how many.

    Raises UnknownEndpoint and EndpointDisabled.
    """
    added_at = (await endpoints.get(tx, endpoint_id)).created_at
    return await replay_range(tx, endpoint_id, max(now - span, added_at), now, now)


async def replay_range(
    tx: Tx, endpoint_id: UUID, since: datetime, until: datetime, now: datetime, *, only_failed: bool = True
) -> int:
    """Send again what failed of the events of a time, and what the endpoint was never sent (10,000 events at
    most); with `only_failed` False, what it has got too. All that waits for its next attempt is tried now.
    How many are sent.

    Raises UnknownEndpoint and EndpointDisabled.
    """
    await _lock_enabled(tx, endpoint_id)
    count = await log_queries.requeue_range(tx, endpoint_id, since, until, only_failed, now)
    count += await _add_missed(tx, endpoint_id, since, until, now)
    (waiting,) = await tx.run_together([queries.retry_now(tx.org_id, endpoint_id, now)])
    count += waiting
    await _release(tx, endpoint_id, None, now)
    return count


async def _add_missed(tx: Tx, endpoint_id: UUID, since: datetime, until: datetime, now: datetime) -> int:
    endpoint = await endpoints.get(tx, endpoint_id)
    wanted, after, added, seen = set(endpoint.event_types), 0, 0, 0
    while seen < MOST_MISSED:
        found = await events.between(tx, since, until, after)
        if not found:
            break
        missed = [r for r in found if not wanted or f"{r.event.type}@{r.event.version}" in wanted]
        added += await log_queries.insert_missed(tx, endpoint_id, missed, now)
        after, seen = found[-1].seq, seen + len(found)
    return added


async def _lock_enabled(tx: Tx, endpoint_id: UUID) -> None:
    await queries.lock(tx, endpoint_id)  # then what is read stays so
    if not (await endpoints.get(tx, endpoint_id)).is_enabled:
        raise EndpointDisabled()


async def _release(tx: Tx, endpoint_id: UUID, subjects: list[UUID] | None, now: datetime) -> None:
    await tx.run_together(
        [
            queries.release(tx.org_id, endpoint_id, subjects, now),
            queries.look_at(tx.org_id, endpoint_id, now),
        ]
    )
