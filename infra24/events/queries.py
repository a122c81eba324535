"""Every SQL statement about events and the cursors of their subscribers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from infra24.db import Row, Statement, Tx
from infra24.events.model import Event, Recorded


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a subscriber is: the place of the last event that it passed, and its failures on the next."""

    subscriber: str
    seq: int
    attempts: int = 0
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Parked:
    """An event that a subscriber failed on for good."""

    subscriber: str
    seq: int
    type: str
    error: str
    parked_at: datetime


def append(org_id: UUID, events: list[Event]) -> Statement:
    """Append events to the organization's sequence: the last statement of their transaction.

    It travels with the COMMIT, because the head's row stays locked until then: places are taken in the
    order of commits, a reader who has seen place n will never see a smaller one appear later, and nobody
    waits for more than one commit. The organization is due for delivery from then on.
    """
    return Statement(
        """
        WITH head AS (
            INSERT INTO event_heads AS h (org_id, seq, due_at) VALUES (%(org)s, %(n)s, '-infinity')
            ON CONFLICT (org_id) DO UPDATE SET seq = h.seq + excluded.seq, due_at = excluded.due_at
            RETURNING seq - %(n)s AS before
        )
        INSERT INTO events
            (org_id, seq, id, type, version, subject_id, data, actor_kind, actor_id, recorded_at)
        SELECT %(org)s, head.before + e.n, e.id, e.type, e.version, e.subject_id, e.data, e.actor_kind,
            e.actor_id, e.recorded_at
        FROM head, unnest(%(ids)s::uuid[], %(types)s::text[], %(versions)s::smallint[], %(subjects)s::uuid[],
            %(data)s::jsonb[], %(kinds)s::text[], %(actors)s::text[], %(at)s::timestamptz[]) WITH ORDINALITY
            AS e (id, type, version, subject_id, data, actor_kind, actor_id, recorded_at, n)
        RETURNING 1
        """,
        {
            "org": org_id,
            "n": len(events),
            "ids": [e.id for e in events],
            "types": [e.type for e in events],
            "versions": [e.version for e in events],
            "subjects": [e.subject_id for e in events],
            "data": [Jsonb(e.data, dumps=orjson.dumps) for e in events],
            "kinds": [e.actor_kind for e in events],
            "actors": [e.actor_id for e in events],
            "at": [e.recorded_at for e in events],
        },
    )


async def get(tx: Tx, seq: int) -> Recorded | None:
    """One event by its place."""
    row = await tx.row(
        """
        SELECT seq, type, version, subject_id, data, actor_kind, actor_id, recorded_at, id FROM events
        WHERE org_id = %s AND seq = %s
        """,
        (tx.org_id, seq),
    )
    return _recorded(tx, row) if row else None


async def after(tx: Tx, seq: int, limit: int) -> list[Recorded]:
    """The events after a place, in order."""
    rows = await tx.rows(
        """
        SELECT seq, type, version, subject_id, data, actor_kind, actor_id, recorded_at, id FROM events
        WHERE org_id = %s AND seq > %s ORDER BY seq LIMIT %s
        """,
        (tx.org_id, seq, limit),
    )
    return [_recorded(tx, row) for row in rows]


async def between(tx: Tx, since: datetime, until: datetime, after: int, limit: int) -> list[Recorded]:
    """The events of a time after a place, in order."""
    rows = await tx.rows(
        """
        SELECT seq, type, version, subject_id, data, actor_kind, actor_id, recorded_at, id FROM events
        WHERE org_id = %s AND seq > %s AND recorded_at >= %s AND recorded_at < %s ORDER BY seq LIMIT %s
        """,
        (tx.org_id, after, since, until, limit),
    )
    return [_recorded(tx, row) for row in rows]


async def of_transactions(tx: Tx, ids: Sequence[UUID]) -> list[tuple[UUID, Recorded]]:
    """The events of these transactions, with the transaction of each, in order."""
    rows = await tx.rows(
        """
        SELECT transaction_id, seq, type, version, subject_id, data, actor_kind, actor_id, recorded_at, id
        FROM events WHERE org_id = %s AND transaction_id = ANY(%s) ORDER BY seq
        """,
        (tx.org_id, list(ids)),
    )
    return [(row[0], _recorded(tx, row[1:])) for row in rows]


async def has_sibling(tx: Tx, seq: int, prefix: str) -> bool:
    """Whether the transaction of an event recorded another whose type begins like this."""
    row = await tx.row(
        """
        SELECT 1 FROM events e
        JOIN events other ON other.org_id = e.org_id AND other.transaction_id = e.transaction_id
        WHERE e.org_id = %s AND e.seq = %s AND starts_with(other.type, %s) LIMIT 1
        """,
        (tx.org_id, seq, prefix),
    )
    return row is not None


async def skip_to_head(tx: Tx, subscriber: str) -> None:
    """Put the cursor of a subscriber at the newest event."""
    await tx.run(
        """
        INSERT INTO event_cursors (org_id, subscriber, seq)
        SELECT org_id, %s, seq FROM event_heads WHERE org_id = %s
        ON CONFLICT (org_id, subscriber) DO UPDATE SET seq = excluded.seq, attempts = 0, retry_at = NULL
        """,
        (subscriber, tx.org_id),
    )


async def head(tx: Tx) -> int:
    """The place of the newest event; 0 before the first."""
    row = await tx.row("SELECT seq FROM event_heads WHERE org_id = %s", (tx.org_id,))
    return int(row[0]) if row else 0


async def due(connection: AsyncConnection[Row], now: datetime, limit: int) -> list[UUID]:
    """Organizations with events that a subscriber has not had, those that waited longest first."""
    cursor = await connection.execute("SELECT org_id FROM event_organizations_due(%s, %s)", (now, limit))
    return [row[0] for row in await cursor.fetchall()]


async def lock_cursors(tx: Tx, subscribers: Sequence[str]) -> list[Cursor]:
    """The cursors of these subscribers, which nobody else moves meanwhile; without those that another has.

    Cursors that are missing are made, for every subscriber of the installation: the organization is new.
    """
    rows = await tx.rows(
        """
        SELECT subscriber, seq, attempts, retry_at FROM event_cursors
        WHERE org_id = %s AND subscriber = ANY(%s) ORDER BY subscriber FOR UPDATE SKIP LOCKED
        """,
        (tx.org_id, list(subscribers)),
    )
    if len(rows) < len(subscribers):
        made = await tx.rows(
            """
            INSERT INTO event_cursors (org_id, subscriber)
            SELECT %s, name FROM event_subscribers ORDER BY name
            ON CONFLICT DO NOTHING RETURNING subscriber, seq, attempts, retry_at
            """,
            (tx.org_id,),
        )
        rows += [row for row in made if row[0] in subscribers]
    return [Cursor(*row) for row in rows]


async def move(tx: Tx, cursors: Sequence[Cursor]) -> None:
    """Write where the cursors are now. They are locked."""
    if cursors:
        await tx.run(
            """
            UPDATE event_cursors c SET seq = m.seq, attempts = m.attempts, retry_at = m.retry_at
            FROM unnest(%s::text[], %s::bigint[], %s::smallint[], %s::timestamptz[])
                AS m (subscriber, seq, attempts, retry_at)
            WHERE c.org_id = %s AND c.subscriber = m.subscriber
            """,
            (
                [one.subscriber for one in cursors],
                [one.seq for one in cursors],
                [one.attempts for one in cursors],
                [one.retry_at for one in cursors],
                tx.org_id,
            ),
        )


async def others_behind(tx: Tx, subscribers: Sequence[str], head: int) -> bool:
    """Whether a subscriber that is not among these has events before it."""
    row = await tx.row(
        """
        SELECT 1 FROM event_cursors WHERE org_id = %s AND subscriber <> ALL(%s) AND seq < %s LIMIT 1
        """,
        (tx.org_id, list(subscribers), head),
    )
    return row is not None


def set_due(org_id: UUID, head: int, due_at: datetime | None) -> Statement:
    """Say when the organization is looked at next (None: when something happens), unless something did."""
    return Statement(
        """
        UPDATE event_heads
        SET due_at = CASE WHEN seq = %(head)s THEN %(due)s::timestamptz ELSE '-infinity' END
        WHERE org_id = %(org)s
        """,
        {"org": org_id, "head": head, "due": due_at},
    )


async def park(tx: Tx, subscriber: str, seq: int, error: str, now: datetime) -> None:
    """Keep an event that a subscriber failed on for good."""
    await tx.run(
        """
        INSERT INTO parked_events (org_id, subscriber, seq, error, parked_at) VALUES (%s, %s, %s, %s, %s)
        """,
        (tx.org_id, subscriber, seq, error[:1_000], now),
    )


async def parked(tx: Tx) -> list[Parked]:
    """The events that are parked, oldest first."""
    rows = await tx.rows(
        """
        SELECT p.subscriber, p.seq, e.type, p.error, p.parked_at
        FROM parked_events p JOIN events e ON (e.org_id, e.seq) = (p.org_id, p.seq)
        WHERE p.org_id = %s ORDER BY p.seq, p.subscriber LIMIT 1000
        """,
        (tx.org_id,),
    )
    return [Parked(*row) for row in rows]


async def unpark(tx: Tx, subscriber: str, seq: int) -> bool:
    """Take a parked event, to be acted on after all; False when somebody else has."""
    found = await tx.run(
        "DELETE FROM parked_events WHERE org_id = %s AND subscriber = %s AND seq = %s",
        (tx.org_id, subscriber, seq),
    )
    return found == 1


def _recorded(tx: Tx, row: tuple[Any, ...]) -> Recorded:
    seq, *facts = row
    return Recorded(tx.org_id, seq, Event(*facts))
