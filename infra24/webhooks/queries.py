"""The SQL of deliveries, their attempts, and the queue of each endpoint.

A queue's row is locked by whoever adds or finishes deliveries of its endpoint, in a statement of its own
before: so nobody decides by what another has not yet committed.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from infra24.db import Database, Statement, Tx
from infra24.events import Recorded
from infra24.webhooks.model import Attempt, Delivery, DeliveryState, message_id, read_delivery

Queue = tuple[UUID, UUID]
"""An organization and its endpoint."""


async def queues_due(connection: AsyncConnection[TupleRow], now: datetime, most: int) -> list[Queue]:
    """The endpoints that a worker must look at, the longest overdue first."""
    cursor = await connection.execute(
        "SELECT org_id, endpoint_id FROM webhook_queues_due(%s, %s)", (now, most)
    )
    return [(org_id, endpoint_id) for org_id, endpoint_id in await cursor.fetchall()]


async def queue_event(tx: Tx, recorded: Recorded) -> None:
    """Queue a delivery of an event for each endpoint that wants it; once, however often it is asked."""
    event = recorded.event
    args = {
        "org": tx.org_id,
        "seq": recorded.seq,
        "message": message_id(recorded),
        "type": event.type,
        "wanted": f"{event.type}@{event.version}",
        "subject": event.subject_id,
        "now": event.recorded_at,
    }
    await tx.run_together([_wake(args), _add(args)])


def _wake(args: dict[str, Any]) -> Statement:
    """Lock the queues of the endpoints that want an event, and have a worker look at them."""
    return Statement(
        """
        UPDATE webhook_queues q
        SET newest_seq = %(seq)s, due_at = least(q.due_at, greatest(%(now)s::timestamptz, q.paused_until))
        FROM webhook_endpoints w
        WHERE q.org_id = %(org)s AND w.org_id = q.org_id AND w.id = q.endpoint_id AND w.disabled_at IS NULL
            AND (w.event_types = '{}' OR %(wanted)s = ANY(w.event_types))
        """,
        args,
    )


def _add(args: dict[str, Any]) -> Statement:
    """Add the event to the queues that were locked for it: waiting, where one of its subject is open."""
    return Statement(
        """
        INSERT INTO webhook_deliveries
            (org_id, id, endpoint_id, message_id, seq, event_type, subject_id, state, due_at, queued_at,
            created_at)
        SELECT q.org_id, gen_random_uuid(), q.endpoint_id, %(message)s, %(seq)s, %(type)s, %(subject)s,
            CASE WHEN earlier.found THEN 'waiting' ELSE 'queued' END,
            CASE WHEN earlier.found THEN NULL ELSE %(now)s::timestamptz END, %(now)s, %(now)s
        FROM webhook_queues q
        JOIN webhook_endpoints w ON w.org_id = q.org_id AND w.id = q.endpoint_id
        CROSS JOIN LATERAL (SELECT EXISTS (
            SELECT 1 FROM webhook_deliveries d
            WHERE d.org_id = q.org_id AND d.endpoint_id = q.endpoint_id
                AND d.subject_id = %(subject)s AND d.done_at IS NULL) AS found) earlier
        WHERE q.org_id = %(org)s AND q.newest_seq = %(seq)s AND w.disabled_at IS NULL
        ON CONFLICT (org_id, endpoint_id, message_id) DO NOTHING
        RETURNING 1
        """,
        args,
    )


async def lock(tx: Tx, endpoint_id: UUID) -> tuple[int, datetime | None, datetime | None] | None:
    """Lock a queue; its failures, since when, and until when it is paused. None where there is none."""
    row = await tx.row(
        """
        SELECT failures, failing_since, paused_until FROM webhook_queues
        WHERE org_id = %s AND endpoint_id = %s FOR UPDATE
        """,
        (tx.org_id, endpoint_id),
    )
    return (int(row[0]), row[1], row[2]) if row else None


async def claim(tx: Tx, endpoint_id: UUID, now: datetime, lease: timedelta, most: int) -> list[Delivery]:
    """Take what is due to send it: nobody else does until the lease is over. The queue is locked."""
    rows = await tx.rows(
        """
        UPDATE webhook_deliveries c SET state = 'sending', due_at = %(until)s
        WHERE c.org_id = %(org)s AND c.id IN (
            SELECT d.id FROM webhook_deliveries d
            WHERE d.org_id = %(org)s AND d.endpoint_id = %(endpoint)s AND d.due_at <= %(now)s
            ORDER BY d.due_at, d.seq LIMIT %(most)s)
        RETURNING c.id, c.endpoint_id, c.message_id, c.seq, c.event_type, c.subject_id, c.body, c.state,
            c.reason, c.attempts, c.due_at, c.queued_at, c.created_at, c.done_at
        """,
        {"org": tx.org_id, "endpoint": endpoint_id, "now": now, "until": now + lease, "most": most},
    )
    return sorted(map(read_delivery, rows), key=lambda one: one.seq or 0)


def keep_bodies(org_id: UUID, composed: Sequence[Delivery]) -> Statement:
    """Keep what deliveries say, before their first attempt: every one says the same."""
    return Statement(
        """
        UPDATE webhook_deliveries d SET body = k.body
        FROM unnest(%(ids)s::uuid[], %(bodies)s::text[]) AS k (id, body)
        WHERE d.org_id = %(org)s AND d.id = k.id
        """,
        {"org": org_id, "ids": [one.id for one in composed], "bodies": [one.body for one in composed]},
    )


def write_down(
    org_id: UUID,
    one: Delivery,
    state: DeliveryState,
    reason: str,
    due_at: datetime | None,
    done_at: datetime | None,
) -> Statement:
    """What came of an attempt at a delivery that was claimed."""
    return Statement(
        """
        UPDATE webhook_deliveries
        SET state = %(state)s, reason = %(reason)s, due_at = %(due)s, done_at = %(done)s,
            attempts = %(attempts)s
        WHERE org_id = %(org)s AND id = %(id)s AND state = 'sending'
        """,
        {
            "org": org_id,
            "id": one.id,
            "state": state,
            "reason": reason[:100],
            "due": due_at,
            "done": done_at,
            "attempts": one.attempts,
        },
    )


def log_attempt(org_id: UUID, delivery_id: UUID, attempt: Attempt) -> Statement:
    """One request for the log."""
    return Statement(
        """
        INSERT INTO webhook_attempts
            (org_id, delivery_id, id, attempted_at, status, error, answer, duration_ms)
        VALUES (%(org)s, %(delivery)s, %(id)s, %(at)s, %(status)s, %(error)s, %(answer)s, %(ms)s)
        """,
        {
            "org": org_id,
            "delivery": delivery_id,
            "id": uuid4(),
            "at": attempt.attempted_at,
            "status": attempt.status,
            "error": attempt.error[:100],
            "answer": attempt.answer[:4_000],
            "ms": attempt.duration_ms,
        },
    )


def release(org_id: UUID, endpoint_id: UUID, subjects: Collection[UUID] | None, now: datetime) -> Statement:
    """Let the first that waits of each subject (None: of every one) be sent, where none before it is open."""
    return Statement(
        """
        UPDATE webhook_deliveries d SET state = 'queued', due_at = %(now)s
        WHERE d.org_id = %(org)s AND d.endpoint_id = %(endpoint)s AND d.done_at IS NULL
            AND d.state = 'waiting'
            AND (%(subjects)s::uuid[] IS NULL OR d.subject_id = ANY(%(subjects)s::uuid[]))
            AND NOT EXISTS (
                SELECT 1 FROM webhook_deliveries b
                WHERE b.org_id = d.org_id AND b.endpoint_id = d.endpoint_id AND b.subject_id = d.subject_id
                    AND b.done_at IS NULL AND (b.seq < d.seq OR b.state <> 'waiting'))
        """,
        {
            "org": org_id,
            "endpoint": endpoint_id,
            "subjects": None if subjects is None else list(subjects),
            "now": now,
        },
    )


def retry_now(org_id: UUID, endpoint_id: UUID, now: datetime) -> Statement:
    """Try everything that waits for its next attempt now: the endpoint answers again."""
    return Statement(
        """
        UPDATE webhook_deliveries SET due_at = %(now)s
        WHERE org_id = %(org)s AND endpoint_id = %(endpoint)s AND state = 'queued' AND due_at > %(now)s
        """,
        {"org": org_id, "endpoint": endpoint_id, "now": now},
    )


def set_queue(
    org_id: UUID,
    endpoint_id: UUID,
    failures: int,
    failing_since: datetime | None,
    paused_until: datetime | None,
) -> Statement:
    """How the endpoint does, and when it is looked at next: when its next delivery is due."""
    return Statement(
        """
        UPDATE webhook_queues q
        SET failures = %(failures)s, failing_since = %(since)s, paused_until = %(paused)s,
            due_at = (SELECT greatest(min(d.due_at), %(paused)s::timestamptz) FROM webhook_deliveries d
                WHERE d.org_id = %(org)s AND d.endpoint_id = %(endpoint)s AND d.due_at IS NOT NULL
                HAVING min(d.due_at) IS NOT NULL)
        WHERE q.org_id = %(org)s AND q.endpoint_id = %(endpoint)s
        """,
        {
            "org": org_id,
            "endpoint": endpoint_id,
            "failures": failures,
            "since": failing_since,
            "paused": paused_until,
        },
    )


async def has_open(tx: Tx, endpoint_id: UUID) -> bool:
    """Whether any delivery of an endpoint is not done."""
    row = await tx.row(
        "SELECT 1 FROM webhook_deliveries WHERE org_id = %s AND endpoint_id = %s AND done_at IS NULL LIMIT 1",
        (tx.org_id, endpoint_id),
    )
    return row is not None


async def postpone(tx: Tx, endpoint_id: UUID, until: datetime) -> None:
    """Leave an endpoint alone until then: something is wrong on our side."""
    await tx.run(
        "UPDATE webhook_queues SET due_at = %s, paused_until = %s WHERE org_id = %s AND endpoint_id = %s",
        (until, until, tx.org_id, endpoint_id),
    )


def look_at(org_id: UUID, endpoint_id: UUID, now: datetime) -> Statement:
    """Have a worker look at an endpoint now, paused or not: somebody asked for it."""
    return Statement(
        """
        UPDATE webhook_queues SET due_at = least(due_at, %(now)s::timestamptz), paused_until = NULL
        WHERE org_id = %(org)s AND endpoint_id = %(endpoint)s
        """,
        {"org": org_id, "endpoint": endpoint_id, "now": now},
    )


def fail_open(org_id: UUID, endpoint_id: UUID, reason: str, now: datetime) -> Statement:
    """Give up all that is not done; it can be replayed."""
    return Statement(
        """
        UPDATE webhook_deliveries SET state = 'failed', reason = %(reason)s, due_at = NULL, done_at = %(now)s
        WHERE org_id = %(org)s AND endpoint_id = %(endpoint)s AND done_at IS NULL
        """,
        {"org": org_id, "endpoint": endpoint_id, "reason": reason, "now": now},
    )


async def delete_done(tx: Tx, before: datetime, most: int) -> int:
    """Delete deliveries that were done before an instant, so many at most; how many."""
    return await tx.run(
        """
        DELETE FROM webhook_deliveries WHERE org_id = %(org)s AND id IN (
            SELECT d.id FROM webhook_deliveries d WHERE d.org_id = %(org)s AND d.done_at < %(before)s
            ORDER BY d.done_at LIMIT %(most)s)
        """,
        {"org": tx.org_id, "before": before, "most": most},
    )


async def organizations_with_old(database: Database, before: datetime) -> list[UUID]:
    """The organizations with deliveries that were done before an instant."""
    rows = await database.sweep(
        "old webhook deliveries",
        "SELECT DISTINCT org_id FROM webhook_deliveries WHERE done_at < %s",
        (before,),
    )
    return [row[0] for row in rows]
