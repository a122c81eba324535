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
