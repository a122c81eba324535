"""Every SQL statement about setting up and clearing away."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from infra24.db import Row, Tx


async def layouts(tx: Tx, resource_id: UUID) -> dict[str, dict[str, int]]:
    """The layouts of a resource: minutes by name."""
    row = await tx.row(
        "SELECT layouts FROM resources WHERE org_id = %s AND id = %s", (tx.org_id, resource_id)
    )
    found: dict[str, dict[str, int]] = row[0] if row else {}
    return found


async def uses(tx: Tx, resource_id: UUID, unit: int, since: datetime, until: datetime) -> list[Row]:
    """The bookings of a unit that overlap a range: booking, start, end, layout."""
    return await tx.rows(
        """
        SELECT booking_id, starts_at, ends_at, layout FROM claims
        WHERE org_id = %s AND resource_id = %s AND unit = %s AND released_at IS NULL AND NOT turnover
            AND starts_at < %s AND ends_at > %s ORDER BY starts_at
        """,
        (tx.org_id, resource_id, unit, until, since),
    )


async def standing(tx: Tx, resource_id: UUID, unit: int, since: datetime, until: datetime) -> list[Row]:
    """The turnovers of a unit that overlap a range: booking, start, end, layout."""
    return await tx.rows(
        """
        SELECT booking_id, starts_at, ends_at, layout FROM claims
        WHERE org_id = %s AND resource_id = %s AND unit = %s AND released_at IS NULL AND turnover
            AND starts_at < %s AND ends_at > %s ORDER BY starts_at
        """,
        (tx.org_id, resource_id, unit, until, since),
    )


async def remove(tx: Tx, resource_id: UUID, unit: int, since: datetime, until: datetime, layout: str) -> None:
    """Remove the turnovers of a layout that overlap a range."""
    await tx.run(
        """
        DELETE FROM claims
        WHERE org_id = %s AND resource_id = %s AND unit = %s AND released_at IS NULL AND turnover
            AND starts_at < %s AND ends_at > %s AND layout = %s
        """,
        (tx.org_id, resource_id, unit, until, since, layout),
    )


async def drop(tx: Tx, resource_id: UUID, unit: int, wrong: Sequence[Any]) -> None:
    """Remove these turnovers."""
    await tx.run(
        """
        DELETE FROM claims c USING unnest(%s::uuid[], %s::timestamptz[]) AS w (booking_id, starts_at)
        WHERE c.org_id = %s AND c.resource_id = %s AND c.unit = %s AND c.released_at IS NULL
            AND c.turnover
            AND c.booking_id = w.booking_id AND c.starts_at = w.starts_at
        """,
        ([t[0] for t in wrong], [t[1] for t in wrong], tx.org_id, resource_id, unit),
    )


async def add(tx: Tx, resource_id: UUID, unit: int, wanted: Sequence[Any]) -> bool:
    """Add these turnovers; False when one of them is in the way of another claim.

    They last as long as the booking that they belong to: a hold's expire with it.
    """
    row = await tx.row(
        """
        WITH added AS (
            INSERT INTO claims (org_id, booking_id, resource_id, unit, starts_at, ends_at, booked_at,
                booked_until, layout, turnover, expires_at)
            SELECT %(org)s, w.booking_id, %(resource)s, %(unit)s, w.since, w.until, b.starts_at, b.ends_at,
                w.layout, true, b.expires_at
            FROM unnest(%(bookings)s::uuid[], %(froms)s::timestamptz[], %(untils)s::timestamptz[],
                %(layouts)s::text[]) AS w (booking_id, since, until, layout)
            JOIN bookings b ON b.org_id = %(org)s AND b.id = w.booking_id
            ORDER BY w.since ON CONFLICT DO NOTHING RETURNING 1
        )
        SELECT count(*) FROM added
        """,
        {
            "org": tx.org_id,
            "resource": resource_id,
            "unit": unit,
            "bookings": [t[0] for t in wanted],
            "froms": [t[1] for t in wanted],
            "untils": [t[2] for t in wanted],
            "layouts": [t[3] for t in wanted],
        },
    )
    return row is not None and row[0] == len(wanted)
