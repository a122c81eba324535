"""Every SQL statement about announcements."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from infra24.db import Row, Tx


async def add(tx: Tx, kind: str, facts: dict[str, Any], booking_id: UUID, at: datetime) -> None:
    """One notice more."""
    await tx.run(
        """
        INSERT INTO announcements (org_id, kind, facts, booking_id, created_at) VALUES (%s, %s, %s, %s, %s)
        """,
        (tx.org_id, kind, Jsonb(facts), booking_id, at),
    )


async def newest(tx: Tx, limit: int) -> list[Row]:
    """The newest first."""
    return await tx.rows(
        """
        SELECT id, kind, facts, booking_id, created_at FROM announcements
        WHERE org_id = %s ORDER BY created_at DESC, id LIMIT %s
        """,
        (tx.org_id, limit),
    )


async def of_booking(tx: Tx, booking_id: UUID) -> list[Row]:
    """Those about one booking, oldest first."""
    return await tx.rows(
        """
        SELECT id, kind, facts, booking_id, created_at FROM announcements
        WHERE org_id = %s AND booking_id = %s ORDER BY created_at, id LIMIT 100
        """,
        (tx.org_id, booking_id),
    )


async def mark_read(tx: Tx, user_id: UUID, now: datetime) -> None:
    """Everything until now is read by a member; never less than before."""
    await tx.run(
        """
        INSERT INTO announcement_readers (org_id, user_id, read_until) VALUES (%s, %s, %s)
        ON CONFLICT (org_id, user_id) DO UPDATE
        SET read_until = greatest(announcement_readers.read_until, excluded.read_until)
        """,
        (tx.org_id, user_id, now),
    )


async def readers(tx: Tx) -> list[Row]:
    """The members who read any: who, their names, and until when; by name."""
    return await tx.rows(
        """
        SELECT r.user_id, m.name, r.read_until FROM announcement_readers r
            JOIN memberships m ON (m.org_id, m.user_id) = (r.org_id, r.user_id)
        WHERE r.org_id = %s ORDER BY m.name, r.user_id
        """,
        (tx.org_id,),
    )


async def count_unread(tx: Tx, user_id: UUID, most: int) -> int:
    """How many came after a member last read, counted up to so many."""
    row = await tx.row(
        """
        SELECT count(*) FROM (
            SELECT 1 FROM announcements a
            WHERE a.org_id = %(org)s AND a.created_at > coalesce((SELECT r.read_until
                FROM announcement_readers r WHERE r.org_id = %(org)s AND r.user_id = %(user)s), '-infinity')
            LIMIT %(most)s) unread
        """,
        {"org": tx.org_id, "user": user_id, "most": most},
    )
    return int(row[0]) if row else 0
