"""Every SQL statement about events."""

from datetime import datetime
from uuid import UUID

import orjson
from psycopg.types.json import Jsonb

from infra24.db import Statement, Tx
from infra24.events.model import Event, Recorded


def append(org_id: UUID, events: list[Event]) -> Statement:
    """Append events to the organization's sequence: the last statement of their transaction.

    It travels with the COMMIT, because the head's row stays locked until then: places are taken in the
    order of commits, a reader who has seen place n will never see a smaller one appear later, and nobody
    waits for more than one commit.
    """
    return Statement(
        """
        WITH head AS (
            INSERT INTO event_heads AS h (org_id, seq) VALUES (%(org)s, %(n)s)
            ON CONFLICT (org_id) DO UPDATE SET seq = h.seq + excluded.seq
            RETURNING seq - %(n)s AS before
        )
        INSERT INTO events (org_id, seq, id, type, subject_id, data, recorded_at)
        SELECT %(org)s, head.before + e.n, e.id, e.type, e.subject_id, e.data, e.recorded_at
        FROM head, unnest(%(ids)s::uuid[], %(types)s::text[], %(subjects)s::uuid[], %(data)s::jsonb[],
            %(at)s::timestamptz[]) WITH ORDINALITY AS e (id, type, subject_id, data, recorded_at, n)
        """,
        {
            "org": org_id,
            "n": len(events),
            "ids": [e.id for e in events],
            "types": [e.type for e in events],
            "subjects": [e.subject_id for e in events],
            "data": [Jsonb(e.data, dumps=orjson.dumps) for e in events],
            "at": [e.recorded_at for e in events],
        },
    )


async def get(tx: Tx, event_id: UUID) -> Recorded | None:
    """One event by its id."""
    row = await tx.row(
        """
        SELECT seq, type, subject_id, data, recorded_at, id FROM events WHERE org_id = %s AND id = %s
        """,
        (tx.org_id, event_id),
    )
    return _recorded(tx, row) if row else None


async def after(tx: Tx, seq: int, limit: int) -> list[Recorded]:
    """The events after a place, in order."""
    rows = await tx.rows(
        """
        SELECT seq, type, subject_id, data, recorded_at, id FROM events
        WHERE org_id = %s AND seq > %s ORDER BY seq LIMIT %s
        """,
        (tx.org_id, seq, limit),
    )
    return [_recorded(tx, row) for row in rows]


async def head(tx: Tx) -> int:
    """The place of the newest event; 0 before the first."""
    row = await tx.row("SELECT seq FROM event_heads WHERE org_id = %s", (tx.org_id,))
    return int(row[0]) if row else 0


async def claim_delivery(tx: Tx, seq: int, subscriber: str, now: datetime) -> bool:
    """Mark an event as had by a subscriber; False when it already was."""
    return (
        await tx.run(
            """
        INSERT INTO deliveries (org_id, seq, subscriber, delivered_at) VALUES (%s, %s, %s, %s)
        ON CONFLICT DO NOTHING
        """,
            (tx.org_id, seq, subscriber, now),
        )
        == 1
    )


def _recorded(tx: Tx, row: tuple[object, ...]) -> Recorded:
    seq, *facts = row
    return Recorded(tx.org_id, seq, Event(*facts))  # type: ignore[arg-type]
