"""Every SQL statement about series."""

from datetime import datetime
from uuid import UUID

from infra24.bookings.series.model import Series
from infra24.db import Tx


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
