"""The SQL of the delivery log: reading it, and queueing what is in it again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from infra24.db import Tx
from infra24.events import Recorded
from infra24.webhooks.model import Attempt, Delivery, message_id, read_delivery


async def page(
    tx: Tx, endpoint_id: UUID, state: str | None, before: UUID | None, limit: int
) -> list[Delivery]:
    """Deliveries of an endpoint, the newest first; of one state; those older than another."""
    rows = await tx.rows(
        """
        SELECT d.id, d.endpoint_id, d.message_id, d.seq, d.event_type, d.subject_id, NULL::text, d.state,
            d.reason, d.attempts, d.due_at, d.queued_at, d.created_at, d.done_at
        FROM webhook_deliveries d
        WHERE d.org_id = %(org)s AND d.endpoint_id = %(endpoint)s
            AND (%(state)s::text IS NULL OR d.state = %(state)s)
            AND (%(before)s::uuid IS NULL OR (d.created_at, coalesce(d.seq, 0), d.id) < (
                SELECT b.created_at, coalesce(b.seq, 0), b.id FROM webhook_deliveries b
                WHERE b.org_id = %(org)s AND b.id = %(before)s))
        ORDER BY d.created_at DESC, coalesce(d.seq, 0) DESC, d.id DESC LIMIT %(limit)s
        """,
        {"org": tx.org_id, "endpoint": endpoint_id, "state": state, "before": before, "limit": limit},
    )
    return [read_delivery(row) for row in rows]


async def get(tx: Tx, endpoint_id: UUID, id_: UUID) -> Delivery | None:
    """One delivery, with its body."""
    row = await tx.row(
        """
        SELECT d.id, d.endpoint_id, d.message_id, d.seq, d.event_type, d.subject_id, d.body, d.state,
            d.reason, d.attempts, d.due_at, d.queued_at, d.created_at, d.done_at
        FROM webhook_deliveries d WHERE d.org_id = %s AND d.endpoint_id = %s AND d.id = %s
        """,
        (tx.org_id, endpoint_id, id_),
    )
    return read_delivery(row) if row else None


async def attempts(tx: Tx, delivery_id: UUID) -> list[Attempt]:
    """The requests that were made for a delivery, the newest first, at most 50."""
    rows = await tx.rows(
        """
        SELECT attempted_at, status, error, answer, duration_ms FROM webhook_attempts
        WHERE org_id = %s AND delivery_id = %s ORDER BY attempted_at DESC, id LIMIT 50
        """,
        (tx.org_id, delivery_id),
    )
    return [Attempt(*row) for row in rows]


async def failed(tx: Tx, since: datetime, most: int) -> list[tuple[str, Delivery]]:
    """Deliveries that failed for good since then, the newest first, with the addresses of their endpoints."""
    rows = await tx.rows(
        """
        SELECT w.url, d.id, d.endpoint_id, d.message_id, d.seq, d.event_type, d.subject_id, NULL::text,
            d.state, d.reason, d.attempts, d.due_at, d.queued_at, d.created_at, d.done_at
        FROM webhook_deliveries d JOIN webhook_endpoints w ON w.org_id = d.org_id AND w.id = d.endpoint_id
        WHERE d.org_id = %s AND d.state = 'failed' AND d.done_at >= %s
        ORDER BY d.created_at DESC, d.id LIMIT %s
        """,
        (tx.org_id, since, most),
    )
    return [(row[0], read_delivery(row[1:])) for row in rows]


async def count_failed_since(tx: Tx, since: datetime) -> int:
    """How many deliveries failed for good since then."""
    row = await tx.row(
        "SELECT count(*) FROM webhook_deliveries WHERE org_id = %s AND state = 'failed' AND done_at >= %s",
        (tx.org_id, since),
    )
    return int(row[0]) if row else 0


async def requeue_failed(tx: Tx, endpoint_id: UUID, since: datetime, now: datetime) -> int:
    """Put back what failed for good since then of an endpoint; how many."""
    return await tx.run(
        """
        UPDATE webhook_deliveries
        SET state = 'waiting', reason = '', attempts = 0, done_at = NULL, queued_at = %s
        WHERE org_id = %s AND endpoint_id = %s AND state = 'failed' AND done_at >= %s
        """,
        (now, tx.org_id, endpoint_id, since),
    )


async def count_retrying(tx: Tx) -> dict[UUID, int]:
    """How many deliveries of each endpoint wait after a failed attempt, by endpoint."""
    rows = await tx.rows(
        """
        SELECT endpoint_id, count(*) FROM webhook_deliveries
        WHERE org_id = %s AND done_at IS NULL AND (attempts > 0 OR state = 'waiting') GROUP BY endpoint_id
        """,
        (tx.org_id,),
    )
    return {endpoint_id: int(number) for endpoint_id, number in rows}


async def count_failed(tx: Tx) -> dict[UUID, int]:
    """How many deliveries of each endpoint failed for good, by endpoint."""
    rows = await tx.rows(
        """
        SELECT endpoint_id, count(*) FROM webhook_deliveries
        WHERE org_id = %s AND state = 'failed' GROUP BY endpoint_id
        """,
        (tx.org_id,),
    )
    return {endpoint_id: int(number) for endpoint_id, number in rows}


async def queue_test(tx: Tx, endpoint_id: UUID, type_: str, body: str, now: datetime) -> UUID:
    """A test for one endpoint, about nothing but itself."""
    id_ = uuid4()
    await tx.run(
        """
        INSERT INTO webhook_deliveries
            (org_id, id, endpoint_id, message_id, event_type, subject_id, body, state, due_at, queued_at,
            created_at)
        VALUES (%(org)s, %(id)s, %(endpoint)s, %(message)s, %(type)s, %(id)s, %(body)s, 'queued', %(now)s,
            %(now)s, %(now)s)
        """,
        {
            "org": tx.org_id,
            "id": id_,
            "endpoint": endpoint_id,
            "message": f"msg_{id_.hex}",
            "type": type_,
            "body": body,
            "now": now,
        },
    )
    return id_


async def requeue(tx: Tx, endpoint_id: UUID, id_: UUID, now: datetime) -> int:
    """Put a delivery that is done back to the end of its subject's."""
    return await tx.run(
        """
        UPDATE webhook_deliveries
        SET state = 'waiting', reason = '', attempts = 0, done_at = NULL, queued_at = %s
        WHERE org_id = %s AND endpoint_id = %s AND id = %s AND done_at IS NOT NULL
        """,
        (now, tx.org_id, endpoint_id, id_),
    )


async def bring_forward(tx: Tx, endpoint_id: UUID, id_: UUID, now: datetime) -> int:
    """Try a delivery that waits for its next attempt now; how many."""
    return await tx.run(
        """
        UPDATE webhook_deliveries SET due_at = %s
        WHERE org_id = %s AND endpoint_id = %s AND id = %s AND state = 'queued' AND due_at > %s
        """,
        (now, tx.org_id, endpoint_id, id_, now),
    )


async def requeue_range(
    tx: Tx, endpoint_id: UUID, since: datetime, until: datetime, only_failed: bool, now: datetime
) -> int:
    """Put back what is done of the events of a time; how many."""
    return await tx.run(
        """
        UPDATE webhook_deliveries
        SET state = 'waiting', reason = '', attempts = 0, done_at = NULL, queued_at = %(now)s
        WHERE org_id = %(org)s AND endpoint_id = %(endpoint)s AND done_at IS NOT NULL AND seq IS NOT NULL
            AND created_at >= %(since)s AND created_at < %(until)s
            AND (NOT %(only_failed)s OR state = 'failed')
        """,
        {
            "org": tx.org_id,
            "endpoint": endpoint_id,
            "since": since,
            "until": until,
            "only_failed": only_failed,
            "now": now,
        },
    )


async def insert_missed(tx: Tx, endpoint_id: UUID, missed: Sequence[Recorded], now: datetime) -> int:
    """Add deliveries of events that an endpoint was never sent: it was disabled then, or new; how many."""
    return await tx.run(
        """
        INSERT INTO webhook_deliveries
            (org_id, id, endpoint_id, message_id, seq, event_type, subject_id, state, queued_at, created_at)
        SELECT %(org)s, gen_random_uuid(), %(endpoint)s, m.message, m.seq, m.type, m.subject, 'waiting',
            %(now)s, m.at
        FROM unnest(%(messages)s::text[], %(seqs)s::bigint[], %(types)s::text[], %(subjects)s::uuid[],
            %(at)s::timestamptz[]) AS m (message, seq, type, subject, at)
        ON CONFLICT (org_id, endpoint_id, message_id) DO NOTHING
        RETURNING 1
        """,
        {
            "org": tx.org_id,
            "endpoint": endpoint_id,
            "now": now,
            "messages": [message_id(one) for one in missed],
            "seqs": [one.seq for one in missed],
            "types": [one.event.type for one in missed],
            "subjects": [one.event.subject_id for one in missed],
            "at": [one.event.recorded_at for one in missed],
        },
    )
