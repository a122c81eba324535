"""Every SQL statement about how much one booker has booked."""

from datetime import datetime
from uuid import UUID

from infra24.db import Tx


async def lock(tx: Tx, email: str) -> None:
    """One booking at a time by one booker, until the end of the transaction."""
    await tx.run("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"{tx.org_id} {email}",))


async def booked(
    tx: Tx, resource_id: UUID, email: str, start: datetime, end: datetime, ignoring: UUID | None
) -> tuple[int, int]:
    """How many bookings of an offer a booker has that begin in a range, and their minutes."""
    row = await tx.row(
        """
        SELECT count(*), coalesce(sum(extract(epoch FROM ends_at - starts_at) / 60), 0)::bigint
        FROM bookings WHERE org_id = %s AND booker_email = %s AND resource_id = %s
            AND starts_at >= %s AND starts_at < %s AND id IS DISTINCT FROM %s
            AND status IN ('pending', 'confirmed', 'completed')
        """,
        (tx.org_id, email, resource_id, start, end, ignoring),
    )
    return (int(row[0]), int(row[1])) if row else (0, 0)
