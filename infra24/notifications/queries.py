"""The SQL of notifications."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from infra24.channels import Channel
from infra24.db import Database, Statement, Tx
from infra24.notifications.model import (
    FailedNotification,
    NewNotification,
    Notification,
    SentNotification,
    State,
)


async def organizations_due(connection: AsyncConnection[TupleRow], now: datetime, most: int) -> list[UUID]:
    """The organizations that have something to send, the longest overdue first."""
    cursor = await connection.execute(
        "SELECT org_id FROM notification_organizations_due(%s, %s)", (now, most)
    )
    return [org_id for (org_id,) in await cursor.fetchall()]


async def backlog(database: Database, now: datetime) -> int:
    """How many notifications of the whole installation are due."""
    ((count,),) = await database.sweep(
        "notifications that are due", "SELECT count(*) FROM notifications WHERE due_at <= %s", (now,)
    )
    return int(count)


async def anyone_waits_since(database: Database, before: datetime) -> bool:
    """Whether a notification of any organization has been due since before an instant."""
    async with database.connection() as connection:
        return bool(await organizations_due(connection, before, 1))


async def is_late(tx: Tx, before: datetime) -> bool:
    """Whether an organization's events or notifications have waited since before an instant."""
    row = await tx.row(
        """
        SELECT EXISTS (SELECT 1 FROM notifications n WHERE n.org_id = %(org)s AND n.due_at < %(before)s)
            OR EXISTS (SELECT 1 FROM event_cursors c
                JOIN events e ON e.org_id = c.org_id AND e.seq = c.seq + 1
                WHERE c.org_id = %(org)s AND e.recorded_at < %(before)s)
        """,
        {"org": tx.org_id, "before": before},
    )
    return row is not None and bool(row[0])


async def insert(tx: Tx, queued: Sequence[NewNotification], now: datetime) -> None:
    """Queue notifications. One that is there is left alone, unless it was suppressed: it is queued again."""
    statements = [
        Statement(
            """
            INSERT INTO notifications AS n (org_id, id, kind, channel, recipient, booking_id, facts,
                dedupe_key, planned_at, due_at, created_at)
            VALUES (%(org)s, %(id)s, %(kind)s, %(channel)s, %(recipient)s, %(booking)s, %(facts)s, %(key)s,
                %(at)s, %(at)s, %(now)s)
            ON CONFLICT (org_id, dedupe_key) DO UPDATE
            SET state = 'queued', reason = '', due_at = excluded.due_at, planned_at = excluded.planned_at,
                done_at = NULL, attempts = 0
            WHERE n.state = 'suppressed'
            """,
            {
                "org": tx.org_id,
                "id": uuid4(),
                "kind": one.kind,
                "channel": one.channel,
                "recipient": one.recipient,
                "booking": one.booking_id,
                "facts": Jsonb(dict(one.facts)),
                "key": one.once,
                "at": one.at or now,
                "now": now,
            },
        )
        for one in queued
    ]
    if statements:
        await tx.run_together(statements)


async def claim(
    tx: Tx, channels: Sequence[Channel], now: datetime, lease: timedelta, most: int
) -> list[Notification]:
    """Take what is due by these channels to send it: nobody else does until the lease is over.

    The choice is materialized: as a subquery it may be made again for each row, and take more.
    """
    rows = await tx.rows(
        """
        WITH due AS MATERIALIZED (
            SELECT d.org_id, d.id FROM notifications d
            WHERE d.org_id = %(org)s AND d.due_at <= %(now)s AND d.channel = ANY(%(channels)s)
            ORDER BY d.due_at LIMIT %(most)s
            FOR UPDATE SKIP LOCKED)
        UPDATE notifications n
        SET state = 'sending', attempts = n.attempts + 1, due_at = %(until)s
        FROM due WHERE n.org_id = due.org_id AND n.id = due.id
        RETURNING n.id, n.kind, n.channel, n.recipient, n.booking_id, n.facts, n.attempts, n.planned_at
        """,
        {"org": tx.org_id, "now": now, "until": now + lease, "most": most, "channels": list(channels)},
    )
    found = [Notification(id_, kind, Channel(channel), *rest) for id_, kind, channel, *rest in rows]
    return sorted(found, key=lambda one: (one.planned_at, one.id))


async def finish(
    tx: Tx, id_: UUID, state: State, reason: str, subject: str, provider_id: str | None, now: datetime
) -> None:
    """Write down what came of one that was claimed."""
    await tx.run(
        """
        UPDATE notifications SET state = %s, reason = %s, subject = %s, provider_id = %s, due_at = NULL,
            done_at = %s
        WHERE org_id = %s AND id = %s AND state = 'sending'
        """,
        (state, reason[:500], subject[:500], provider_id and provider_id[:200], now, tx.org_id, id_),
    )


async def reported(
    tx: Tx, provider_id: str, state: State, reason: str, now: datetime
) -> tuple[Channel, str] | None:
    """Write down what a provider said of a message that it took; to whom it went, None: not from here."""
    row = await tx.row(
        """
        UPDATE notifications SET state = %s, reason = %s, done_at = %s
        WHERE org_id = %s AND provider_id = %s AND state IN ('sent', 'delivered')
        RETURNING channel, recipient
        """,
        (state, reason[:500], now, tx.org_id, provider_id),
    )
    return (Channel(row[0]), row[1]) if row else None


async def by_id(tx: Tx, id_: UUID) -> tuple[Channel, str, str] | None:
    """By which channel a notification went, to whom, and its kind."""
    row = await tx.row(
        "SELECT channel, recipient, kind FROM notifications WHERE org_id = %s AND id = %s", (tx.org_id, id_)
    )
    return (Channel(row[0]), row[1], row[2]) if row else None


async def put_back(tx: Tx, ids: Sequence[UUID], reason: str, due_at: datetime) -> None:
    """Have some that were claimed tried again later."""
    await tx.run(
        """
        UPDATE notifications SET state = 'queued', reason = %s, due_at = %s
        WHERE org_id = %s AND id = ANY(%s) AND state = 'sending'
        """,
        (reason[:500], due_at, tx.org_id, list(ids)),
    )


async def give_up_claim(tx: Tx, ids: Sequence[UUID], due_at: datetime) -> None:
    """Have some that were claimed and not tried looked at another time: it was no attempt."""
    await tx.run(
        """
        UPDATE notifications SET state = 'queued', attempts = attempts - 1, due_at = %s
        WHERE org_id = %s AND id = ANY(%s) AND state = 'sending'
        """,
        (due_at, tx.org_id, list(ids)),
    )


async def was_told(tx: Tx, booking_id: UUID, recipient: str) -> bool:
    """Whether anything about a booking was queued for an address, reminders aside."""
    row = await tx.row(
        """
        SELECT 1 FROM notifications
        WHERE org_id = %s AND booking_id = %s AND recipient = %s AND kind <> 'booking_reminder' LIMIT 1
        """,
        (tx.org_id, booking_id, recipient),
    )
    return row is not None


async def suppress_reminders(
    tx: Tx, booking_id: UUID, kind: str, starts_at: str, recipients: Sequence[str], now: datetime
) -> None:
    """Suppress the queued reminders of a booking that announce another start or go to others; all of them
    with ''."""
    await tx.run(
        """
        UPDATE notifications SET state = 'suppressed', reason = 'changed', due_at = NULL,
            done_at = %s
        WHERE org_id = %s AND booking_id = %s AND kind = %s AND state = 'queued'
            AND (facts ->> 'starts_at' <> %s OR recipient <> ALL(%s))
        """,
        (now, tx.org_id, booking_id, kind, starts_at, list(recipients)),
    )


async def failed(tx: Tx, since: datetime, most: int) -> list[FailedNotification]:
    """The notifications that failed for good since then, the newest first."""
    rows = await tx.rows(
        """
        SELECT id, kind, recipient, booking_id, reason, done_at FROM notifications
        WHERE org_id = %s AND state = 'failed' AND done_at >= %s ORDER BY done_at DESC, id LIMIT %s
        """,
        (tx.org_id, since, most),
    )
    return [FailedNotification(*row) for row in rows]


async def count_failed(tx: Tx, since: datetime) -> int:
    """How many failed for good since then."""
    row = await tx.row(
        "SELECT count(*) FROM notifications WHERE org_id = %s AND state = 'failed' AND done_at >= %s",
        (tx.org_id, since),
    )
    return int(row[0]) if row else 0


async def retry_failed(tx: Tx, since: datetime, now: datetime) -> int:
    """Queue what failed for good since then again; how many. What is no longer true is still not sent."""
    return await tx.run(
        """
        UPDATE notifications
        SET state = 'queued', reason = '', attempts = 0, due_at = %s, done_at = NULL
        WHERE org_id = %s AND state = 'failed' AND done_at >= %s
        """,
        (now, tx.org_id, since),
    )


async def organizations_with_old(database: Database, before: datetime) -> list[UUID]:
    """The organizations with notifications that were done before an instant."""
    rows = await database.sweep(
        "old notifications", "SELECT DISTINCT org_id FROM notifications WHERE done_at < %s", (before,)
    )
    return [org_id for (org_id,) in rows]


async def delete_done(tx: Tx, before: datetime, most: int) -> int:
    """Delete notifications that were done before an instant, so many at most; how many."""
    return await tx.run(
        """
        DELETE FROM notifications WHERE org_id = %(org)s AND id IN (
            SELECT d.id FROM notifications d WHERE d.org_id = %(org)s AND d.done_at < %(before)s
            ORDER BY d.done_at LIMIT %(most)s)
        """,
        {"org": tx.org_id, "before": before, "most": most},
    )


async def of_booking(tx: Tx, booking_id: UUID) -> list[SentNotification]:
    """The notifications about a booking, newest first, at most 200."""
    rows = await tx.rows(
        """
        SELECT kind, channel, recipient, state, reason, planned_at, done_at, subject
        FROM notifications WHERE org_id = %s AND booking_id = %s
        ORDER BY created_at DESC, id DESC LIMIT 200
        """,
        (tx.org_id, booking_id),
    )
    return [
        SentNotification(kind, Channel(channel), to, State(state), *rest)
        for kind, channel, to, state, *rest in rows
    ]
