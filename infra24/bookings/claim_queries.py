"""Every SQL statement about what bookings claim: taken, released, taken again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from infra24.bookings.claims import Claim, ReleasedClaim
from infra24.bookings.model import Booking
from infra24.db import Row, Statement, Tx


async def remove_expired_claims(
    tx: Tx, members: Sequence[UUID], since: datetime, until: datetime, now: datetime
) -> list[Row]:
    """Remove what expired holds left on these members between two instants.

    Returns what was laid out for them: resource, unit, start, end.
    """
    return await tx.rows(
        """
        WITH gone AS (
            DELETE FROM claims WHERE org_id = %s AND resource_id = ANY(%s)
                AND starts_at < %s AND starts_at > %s AND expires_at <= %s AND released_at IS NULL
            RETURNING resource_id, unit, starts_at, ends_at, layout
        )
        SELECT resource_id, unit, starts_at, ends_at FROM gone WHERE layout <> '' ORDER BY 1, 2, 3
        """,
        (tx.org_id, list(members), until, since, now),
    )


async def release(tx: Tx, booking_id: UUID, now: datetime) -> list[Row]:
    """Release everything that a booking claims. What a hold claimed, and what was set up around it, goes.

    Returns what was laid out for it: resource, unit, start, end.
    """
    return await tx.rows(
        """
        WITH released AS (
            UPDATE claims SET released_at = %(now)s
            WHERE org_id = %(org)s AND booking_id = %(id)s AND released_at IS NULL
                AND NOT turnover AND expires_at IS NULL
            RETURNING resource_id, unit, starts_at, ends_at, layout
        ), gone AS (
            DELETE FROM claims WHERE org_id = %(org)s AND booking_id = %(id)s AND released_at IS NULL
                AND (turnover OR expires_at IS NOT NULL)
            RETURNING resource_id, unit, starts_at, ends_at, layout
        )
        SELECT resource_id, unit, starts_at, ends_at FROM (TABLE released UNION ALL TABLE gone) freed
        WHERE layout <> '' ORDER BY 1, 2, 3
        """,
        {"org": tx.org_id, "id": booking_id, "now": now},
    )


async def released(tx: Tx, booking_ids: Sequence[UUID]) -> list[ReleasedClaim]:
    """What these bookings have released, in the order in which they claimed it."""
    rows = await tx.rows(
        """
        SELECT booking_id, id, resource_id, unit FROM claims
        WHERE org_id = %s AND booking_id = ANY(%s) AND released_at IS NOT NULL ORDER BY booking_id, id
        """,
        (tx.org_id, list(booking_ids)),
    )
    return [ReleasedClaim(*row) for row in rows]


async def laid_out(tx: Tx, booking_id: UUID) -> list[UUID]:
    """The resources that are laid out for a booking."""
    rows = await tx.rows(
        """
        SELECT DISTINCT resource_id FROM claims
        WHERE org_id = %s AND booking_id = %s AND layout <> '' AND released_at IS NULL
        """,
        (tx.org_id, booking_id),
    )
    return [row[0] for row in rows]


async def make_permanent(tx: Tx, booking_id: UUID) -> int:
    """Make the claims of a hold permanent; how many there still are."""
    return await tx.run(
        "UPDATE claims SET expires_at = NULL WHERE org_id = %s AND booking_id = %s AND released_at IS NULL",
        (tx.org_id, booking_id),
    )


def insert(tx: Tx, claims: Sequence[tuple[Booking, Claim]]) -> Statement:
    """Claim for bookings: as many rows as could be claimed.

    The database, not this code, guarantees that no two claims overlap: a claim that would is left out,
    and the caller undoes the rest. Claims go in one order, so that two bookings cannot wait for each other.
    """
    return Statement(
        """
        INSERT INTO claims (org_id, booking_id, resource_id, unit, starts_at, ends_at, booked_at,
            booked_until, layout, expires_at)
        SELECT %(org)s, c.booking_id, c.resource_id, c.unit, c.since, c.until, c.booked_at, c.booked_until,
            c.layout, c.expires_at
        FROM unnest(%(bookings)s::uuid[], %(members)s::uuid[], %(units)s::smallint[],
            %(froms)s::timestamptz[], %(untils)s::timestamptz[], %(starts)s::timestamptz[],
            %(ends)s::timestamptz[], %(layouts)s::text[], %(expires)s::timestamptz[])
            AS c (booking_id, resource_id, unit, since, until, booked_at, booked_until, layout, expires_at)
        ORDER BY c.resource_id, c.unit, c.since
        ON CONFLICT DO NOTHING
        """,
        {
            "org": tx.org_id,
            "bookings": [booking.id for booking, _ in claims],
            "members": [claim.resource_id for _, claim in claims],
            "units": [claim.unit for _, claim in claims],
            "froms": [claim.since for _, claim in claims],
            "untils": [claim.until for _, claim in claims],
            "starts": [booking.starts_at for booking, _ in claims],
            "ends": [booking.ends_at for booking, _ in claims],
            "layouts": [claim.layout for _, claim in claims],
            "expires": [booking.expires_at for booking, _ in claims],
        },
    )


def take_again(tx: Tx, former: ReleasedClaim, booking: Booking, claim: Claim) -> Statement:
    """Have a released claim occupy something again. An ExclusionViolation when it is taken."""
    return Statement(
        """
        UPDATE claims SET resource_id = %(resource)s, unit = %(unit)s, starts_at = %(since)s,
            ends_at = %(until)s, booked_at = %(start)s, booked_until = %(end)s, layout = %(layout)s,
            expires_at = %(expires)s, released_at = NULL
        WHERE org_id = %(org)s AND booking_id = %(booking)s AND id = %(id)s
        """,
        {
            "org": tx.org_id,
            "booking": booking.id,
            "id": former.id,
            "resource": claim.resource_id,
            "unit": claim.unit,
            "since": claim.since,
            "until": claim.until,
            "start": booking.starts_at,
            "end": booking.ends_at,
            "layout": claim.layout,
            "expires": booking.expires_at,
        },
    )


def delete_released(tx: Tx, claims: Sequence[ReleasedClaim]) -> Statement:
    """Remove what a booking that was moved no longer has."""
    return Statement(
        """
        DELETE FROM claims WHERE org_id = %(org)s AND booking_id = ANY(%(bookings)s) AND id = ANY(%(ids)s)
            AND released_at IS NOT NULL
        """,
        {
            "org": tx.org_id,
            "bookings": list({one.booking_id for one in claims}),
            "ids": [one.id for one in claims],
        },
    )


async def claimed_by(tx: Tx, booking_ids: Sequence[UUID]) -> dict[UUID, set[UUID]]:
    """What each of these bookings claims."""
    rows = await tx.rows(
        "SELECT booking_id, array_agg(DISTINCT resource_id) FROM claims "
        "WHERE org_id = %s AND booking_id = ANY(%s) AND released_at IS NULL GROUP BY booking_id",
        (tx.org_id, list(booking_ids)),
    )
    return {booking: set(members) for booking, members in rows}
