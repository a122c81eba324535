"""The SQL of calendar feeds."""

from datetime import datetime
from uuid import UUID

from infra24.db import Row, Tx


async def insert(
    tx: Tx, id_: UUID, resource_id: UUID | None, label: str, made_by: str, now: datetime
) -> None:
    """One feed more."""
    await tx.run(
        """
        INSERT INTO calendar_feeds (org_id, id, resource_id, label, made_by, created_at)
        VALUES (%s, %s, %s, %s, %s, %s)
        """,
        (tx.org_id, id_, resource_id, label, made_by, now),
    )


async def listed(tx: Tx) -> list[Row]:
    """All feeds, those in use first, then by label."""
    return await tx.rows(
        """
        SELECT id, resource_id, label, made_by, created_at, revoked_at FROM calendar_feeds
        WHERE org_id = %s ORDER BY revoked_at IS NOT NULL, label, id LIMIT 500
        """,
        (tx.org_id,),
    )


async def get(tx: Tx, id_: UUID) -> Row | None:
    """One feed."""
    return await tx.row(
        """
        SELECT id, resource_id, label, made_by, created_at, revoked_at FROM calendar_feeds
        WHERE org_id = %s AND id = %s
        """,
        (tx.org_id, id_),
    )


async def revoke(tx: Tx, id_: UUID, now: datetime) -> bool:
    """End one; False where there is none in use."""
    found = await tx.run(
        "UPDATE calendar_feeds SET revoked_at = %s WHERE org_id = %s AND id = %s AND revoked_at IS NULL",
        (now, tx.org_id, id_),
    )
    return found == 1
