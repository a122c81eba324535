"""SQL of requests to delete someone's data."""

from datetime import datetime
from uuid import UUID

from infra24.db import Tx


async def insert(tx: Tx, email: str, name: str, now: datetime) -> None:
    """Note that someone asks for their data to be deleted. Safe to repeat."""
    await tx.run(
        "INSERT INTO deletion_requests (org_id, email, name, asked_at) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (org_id, email) WHERE done_at IS NULL DO NOTHING",
        (tx.org_id, email, name, now),
    )


async def open_requests(tx: Tx) -> list[tuple[UUID, str, str, datetime]]:
    """Who waits for their data to be deleted, longest first."""
    rows = await tx.rows(
        "SELECT id, email, name, asked_at FROM deletion_requests WHERE org_id = %s AND done_at IS NULL "
        "ORDER BY asked_at LIMIT 200",
        (tx.org_id,),
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


async def close_of(tx: Tx, email: str, now: datetime) -> None:
    """They changed their mind."""
    await tx.run(
        "UPDATE deletion_requests SET done_at = %s WHERE org_id = %s AND email = %s AND done_at IS NULL",
        (now, tx.org_id, email),
    )


async def close(tx: Tx, request_id: UUID, now: datetime) -> bool:
    """Note that a request for deletion was dealt with; False when it was already."""
    return (
        await tx.run(
            "UPDATE deletion_requests SET done_at = %s WHERE org_id = %s AND id = %s AND done_at IS NULL",
            (now, tx.org_id, request_id),
        )
        == 1
    )
