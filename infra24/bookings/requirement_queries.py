"""Every SQL statement about what must happen before bookings are confirmed."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from infra24.db import Tx

_DUE: LiteralString = """
    least(CASE WHEN b.starts_at > %(now)s THEN b.starts_at END,
        %(now)s + make_interval(hours => coalesce((o.settings->>'approval_hours')::int, 72)))
"""
"""As long as the organization waits, and not past the booking's start."""


async def require(tx: Tx, booking_ids: Sequence[UUID], kinds: Sequence[str], now: datetime) -> None:
    """Require something of bookings: anew, if it was met before."""
    await tx.run(
        """
        INSERT INTO booking_requirements (org_id, booking_id, kind, due_at)
        SELECT b.org_id, b.id, k.kind, """
        + _DUE
        + """
        FROM bookings b JOIN organizations o ON o.id = b.org_id, unnest(%(kinds)s::text[]) AS k (kind)
        WHERE b.org_id = %(org)s AND b.id = ANY(%(ids)s)
        ON CONFLICT (org_id, booking_id, kind) DO UPDATE SET due_at = excluded.due_at, met_at = NULL
        """,
        {"org": tx.org_id, "ids": list(booking_ids), "kinds": list(kinds), "now": now},
    )


async def renew(tx: Tx, booking_ids: Sequence[UUID], now: datetime) -> None:
    """Begin the time for what is not met anew: the bookings were moved."""
    await tx.run(
        """
        UPDATE booking_requirements q SET due_at = """
        + _DUE
        + """
        FROM bookings b JOIN organizations o ON o.id = b.org_id
        WHERE q.org_id = %(org)s AND q.booking_id = ANY(%(ids)s) AND q.met_at IS NULL
            AND b.org_id = q.org_id AND b.id = q.booking_id
        """,
        {"org": tx.org_id, "ids": list(booking_ids), "now": now},
    )


async def meet(tx: Tx, booking_id: UUID, kind: str, now: datetime) -> bool:
    """Meet a requirement; whether it was there and not met."""
    return bool(
        await tx.run(
            """
            UPDATE booking_requirements SET met_at = %s
            WHERE org_id = %s AND booking_id = %s AND kind = %s AND met_at IS NULL
            """,
            (now, tx.org_id, booking_id, kind),
        )
    )


async def are_met(tx: Tx, booking_id: UUID) -> bool:
    """Whether nothing is left to be met."""
    row = await tx.row(
        """
        SELECT 1 FROM booking_requirements WHERE org_id = %s AND booking_id = %s AND met_at IS NULL LIMIT 1
        """,
        (tx.org_id, booking_id),
    )
    return row is None


async def drop_unmet(tx: Tx, booking_id: UUID) -> None:
    """Require nothing more: the booking has ended."""
    await tx.run(
        "DELETE FROM booking_requirements WHERE org_id = %s AND booking_id = %s AND met_at IS NULL",
        (tx.org_id, booking_id),
    )
