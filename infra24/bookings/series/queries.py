"""Every SQL statement about series."""

from datetime import datetime
from uuid import UUID

from infra24.bookings.series.model import Series
from infra24.db import Row, Tx


async def insert(tx: Tx, series: Series, now: datetime) -> None:
    """A new series; its bookings come after it."""
    await tx.run(
        """
        INSERT INTO series (org_id, id, resource_id, rule, starts_local, time_zone, minutes,
            skips_holidays, created_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            tx.org_id,
            series.id,
            series.resource_id,
            series.rule,
            series.starts_local,
            series.time_zone,
            series.minutes,
            series.skips_holidays,
            now,
        ),
    )


async def get(tx: Tx, series_id: UUID, *, lock: bool = False) -> Series | None:
    """One series; `lock` keeps others from changing it until the end of the transaction."""
    if lock:
        await tx.run("SELECT 1 FROM series WHERE org_id = %s AND id = %s FOR UPDATE", (tx.org_id, series_id))
    row = await tx.row(
        """
        SELECT id, resource_id, rule, starts_local, time_zone, minutes, skips_holidays
        FROM series WHERE org_id = %s AND id = %s
        """,
        (tx.org_id, series_id),
    )
    return Series(*row) if row else None


async def set_rule(tx: Tx, series: Series) -> None:
    """Another rule, first date or length for a series."""
    await tx.run(
        "UPDATE series SET rule = %s, starts_local = %s, minutes = %s WHERE org_id = %s AND id = %s",
        (series.rule, series.starts_local, series.minutes, tx.org_id, series.id),
    )


async def set_series(tx: Tx, booking_ids: list[UUID], series_id: UUID) -> None:
    """Let these bookings belong to another series: the later part of one that was split."""
    await tx.run(
        "UPDATE bookings SET series_id = %s WHERE org_id = %s AND id = ANY(%s)",
        (series_id, tx.org_id, booking_ids),
    )


async def listed(
    tx: Tx, now: datetime, *, coming: bool, after: tuple[datetime, UUID] | None, limit: int
) -> list[Row]:
    """Series with dates to come or without, the newest first, each with its offer, booker and numbers."""
    return await tx.rows(
        """
        SELECT s.id, s.resource_id, s.rule, s.starts_local, s.time_zone, s.minutes, s.skips_holidays,
            r.slug, r.title, coalesce(d.booker, ''), coalesce(d.dates, 0), coalesce(d.to_come, 0), d.next_at,
            d.last_at, s.created_at
        FROM series s JOIN resources r ON (r.org_id, r.id) = (s.org_id, s.resource_id)
            CROSS JOIN LATERAL (
                SELECT max(b.booker_name) AS booker, count(*)::int AS dates, max(b.starts_at) AS last_at,
                    count(*) FILTER (WHERE b.ends_at > %(now)s)::int AS to_come,
                    min(b.starts_at) FILTER (WHERE b.ends_at > %(now)s) AS next_at
                FROM bookings b WHERE b.org_id = s.org_id AND b.series_id = s.id
                    AND b.status NOT IN ('hold', 'cancelled')) d
        WHERE s.org_id = %(org)s AND (d.to_come > 0) = %(coming)s
            AND (%(at)s::timestamptz IS NULL OR (s.created_at, s.id) < (%(at)s, %(id)s::uuid))
        ORDER BY s.created_at DESC, s.id DESC LIMIT %(limit)s
        """,
        {
            "org": tx.org_id,
            "now": now,
            "coming": coming,
            "at": after[0] if after else None,
            "id": after[1] if after else None,
            "limit": limit,
        },
    )
