"""The statements behind lists of bookings: by org_id and when they begin, as row-level security lets them."""

from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from infra24.bookings.model import Booking
from infra24.bookings.queries import BOOKING, booking_of
from infra24.db import Tx

_WHERE: LiteralString = """
    WHERE b.org_id = %(org)s AND b.starts_at >= %(since)s AND b.starts_at < %(until)s
        AND (%(status)s::text IS NULL AND b.status <> 'hold' OR b.status = %(status)s)
        AND (%(offer)s::uuid IS NULL OR b.resource_id = %(offer)s)
        AND (%(booker)s::text IS NULL OR b.booker_email = %(booker)s)
        AND (%(coming_at)s::timestamptz IS NULL OR b.ends_at > %(coming_at)s AND b.status <> 'cancelled')
        AND (%(gone_at)s::timestamptz IS NULL OR b.ends_at <= %(gone_at)s OR b.status = 'cancelled')
        AND (%(uses)s::uuid IS NULL OR b.resource_id = %(uses)s OR EXISTS (
            SELECT 1 FROM claims c WHERE c.org_id = b.org_id AND c.booking_id = b.id
                AND c.resource_id = %(uses)s))
        AND (%(host)s::uuid IS NULL OR EXISTS (
            SELECT 1 FROM participants p WHERE p.org_id = b.org_id AND p.booking_id = b.id
                AND p.role = 'host' AND p.resource_id = %(host)s))
        AND (%(hosted_by)s::text IS NULL OR EXISTS (
            SELECT 1 FROM participants p WHERE p.org_id = b.org_id AND p.booking_id = b.id
                AND p.role = 'host' AND p.email = %(hosted_by)s))
        AND (%(text)s::text IS NULL OR b.booker_email ILIKE %(text)s OR b.booker_name ILIKE %(text)s
            OR b.id::text LIKE %(reference)s)
"""


async def oldest_first(tx: Tx, wanted: dict[str, Any]) -> list[Booking]:
    """By when they begin, from a place on."""
    rows = await tx.rows(
        BOOKING
        + _WHERE
        + """
            AND (%(after_at)s::timestamptz IS NULL
                OR (b.starts_at, b.id) > (%(after_at)s::timestamptz, %(after_id)s::uuid))
            AND b.starts_at >= coalesce(%(after_at)s, %(since)s)
        ORDER BY b.starts_at, b.id LIMIT %(limit)s
        """,
        {**wanted, "org": tx.org_id},
    )
    return [booking_of(row) for row in rows]


async def newest_first(tx: Tx, wanted: dict[str, Any]) -> list[Booking]:
    """The same, the last to begin first."""
    rows = await tx.rows(
        BOOKING
        + _WHERE
        + """
            AND (%(after_at)s::timestamptz IS NULL
                OR (b.starts_at, b.id) < (%(after_at)s::timestamptz, %(after_id)s::uuid))
            AND b.starts_at <= coalesce(%(after_at)s, %(until)s)
        ORDER BY b.starts_at DESC, b.id DESC LIMIT %(limit)s
        """,
        {**wanted, "org": tx.org_id},
    )
    return [booking_of(row) for row in rows]


async def count(tx: Tx, wanted: dict[str, Any]) -> int:
    """How many, counted no further than the limit."""
    row = await tx.row(
        "SELECT count(*)::int FROM (SELECT 1 FROM bookings b" + _WHERE + "LIMIT %(limit)s) counted",
        {**wanted, "org": tx.org_id},
    )
    return int(row[0]) if row else 0


async def several(tx: Tx, booking_ids: list[UUID]) -> list[Booking]:
    """These, by when they begin."""
    rows = await tx.rows(
        BOOKING + "WHERE b.org_id = %s AND b.id = ANY(%s) ORDER BY b.starts_at, b.id",
        (tx.org_id, booking_ids),
    )
    return [booking_of(row) for row in rows]


async def upcoming(tx: Tx, resource_id: UUID | None, now: datetime, limit: int) -> list[Booking]:
    """The bookings to come that are of a resource or claim it; of the whole organization without one."""
    rows = await tx.rows(
        BOOKING
        + """
        WHERE b.org_id = %(org)s AND b.ends_at > %(now)s AND b.status IN ('pending', 'confirmed')
            AND (%(id)s::uuid IS NULL OR b.resource_id = %(id)s OR EXISTS (
                SELECT 1 FROM claims h WHERE h.org_id = b.org_id AND h.booking_id = b.id
                    AND h.resource_id = %(id)s))
        ORDER BY b.starts_at, b.id LIMIT %(limit)s
        """,
        {"org": tx.org_id, "id": resource_id, "now": now, "limit": limit},
    )
    return [booking_of(row) for row in rows]
