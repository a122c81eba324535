"""Every SQL statement about claims: who and what is taken when."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

from infra24.bookings.claims import Claim
from infra24.db import Row, Tx

_LOOK: LiteralString = """
    SELECT v.version, c.resource_id, coalesce(c.expired, 0), c.starts, c.ends
"""

_LOOK_CLOSER: LiteralString = ", c.units, c.booked, c.until, c.layouts, c.turnovers"

_GROUPED: LiteralString = """
    FROM (SELECT coalesce((SELECT version FROM catalogues WHERE org_id = %(org)s), 0) AS version) v
    LEFT JOIN (
        SELECT resource_id, count(*) FILTER (WHERE NOT live) AS expired,
            array_agg(date_part('epoch', starts_at)::bigint) FILTER (WHERE live) AS starts,
            array_agg(date_part('epoch', ends_at)::bigint) FILTER (WHERE live) AS ends
"""

_GROUPED_CLOSER: LiteralString = """,
            array_agg(unit) FILTER (WHERE live) AS units,
            array_agg(date_part('epoch', booked_at)::bigint) FILTER (WHERE live) AS booked,
            array_agg(date_part('epoch', booked_until)::bigint) FILTER (WHERE live) AS until,
            array_agg(layout) FILTER (WHERE live) AS layouts,
            array_agg(turnover) FILTER (WHERE live) AS turnovers
"""

_OF_A_SPAN: LiteralString = """
        FROM (
            SELECT resource_id, unit, starts_at, ends_at, booked_at, booked_until, layout, turnover,
                expires_at IS NULL OR expires_at > %(now)s AS live
            FROM claims
            WHERE org_id = %(org)s AND resource_id = ANY(%(members)s) AND (%(closer)s OR unit = 1)
                AND starts_at < %(to)s AND starts_at > %(since)s AND ends_at > %(from)s
                AND (%(ignoring)s::uuid[] IS NULL OR booking_id <> ALL(%(ignoring)s))
        ) c GROUP BY resource_id
    ) c ON true
"""


async def claims_in_span(
    tx: Tx,
    members: Sequence[UUID],
    span: tuple[datetime, datetime],
    since: datetime,
    now: datetime,
    ignoring: Sequence[UUID],
    *,
    closer: bool,
) -> list[Row]:
    """The version of the catalogue and the claims on these members that overlap a span.

    `since` is the span's start less the longest claim, which lets the b-tree bound the read. A row for
    each member that has claims, or one without any: the version, the member, how many expired claims of
    holds stand there, then parallel arrays of start and end (seconds since 1970) of what is claimed of
    the first unit. `closer` takes all units and adds the unit, the booking's start and end, the layout
    and whether it is a turnover.
    """
    return await tx.rows(
        (_LOOK + _LOOK_CLOSER + _GROUPED + _GROUPED_CLOSER if closer else _LOOK + _GROUPED) + _OF_A_SPAN,
        {
            "org": tx.org_id,
            "members": list(members),
            "from": span[0],
            "to": span[1],
            "since": since,
            "now": now,
            "ignoring": list(ignoring) or None,
            "closer": closer,
        },
    )


async def booking_spans(
    tx: Tx,
    resource_id: UUID,
    since: datetime,
    until: datetime,
    now: datetime,
    ignoring: Sequence[UUID],
    *,
    email: str | None = None,
) -> list[tuple[int, int]]:
    """The bookings of an offer that begin in a range, of all or of one booker: begin and end in seconds."""
    rows = await tx.rows(
        """
        SELECT extract(epoch FROM starts_at)::bigint, extract(epoch FROM ends_at)::bigint FROM bookings
        WHERE org_id = %s AND resource_id = %s AND starts_at >= %s AND starts_at < %s AND id <> ALL(%s)
            AND status <> 'cancelled' AND (expires_at IS NULL OR expires_at > %s)
            AND (%s::text IS NULL OR booker_email = %s AND status <> 'no_show') ORDER BY starts_at
        """,
        (tx.org_id, resource_id, since, until, list(ignoring), now, email, email),
    )
    return [(start, end) for start, end in rows]


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
                AND starts_at < %s AND starts_at > %s AND expires_at <= %s
            RETURNING resource_id, unit, starts_at, ends_at, layout
        )
        SELECT resource_id, unit, starts_at, ends_at FROM gone WHERE layout <> '' ORDER BY 1, 2, 3
        """,
        (tx.org_id, list(members), until, since, now),
    )


async def release_claims(tx: Tx, booking_id: UUID, *, hosts_too: bool) -> list[Row]:
    """Release everything that a booking claims; with `hosts_too` its hosts leave it as well.

    Returns what was laid out for it: resource, unit, start, end.
    """
    rows = await tx.rows(
        """
        WITH freed AS (
            DELETE FROM claims WHERE org_id = %s AND booking_id = %s
            RETURNING resource_id, unit, starts_at, ends_at, layout
        )
        SELECT resource_id, unit, starts_at, ends_at FROM freed WHERE layout <> '' ORDER BY 1, 2, 3
        """,
        (tx.org_id, booking_id),
    )
    if hosts_too:
        await tx.run(
            "DELETE FROM participants WHERE org_id = %s AND booking_id = %s AND role = 'host'",
            (tx.org_id, booking_id),
        )
    return rows


async def resources_to_lock(tx: Tx, booking_id: UUID) -> list[UUID]:
    """What must be held before a booking is released: where it was laid out, and the ledger of its turn."""
    rows = await tx.rows(
        """
        SELECT resource_id FROM claims WHERE org_id = %(org)s AND booking_id = %(id)s AND layout <> ''
        UNION SELECT offer_id FROM decisions WHERE org_id = %(org)s AND booking_id = %(id)s AND is_turn
        """,
        {"org": tx.org_id, "id": booking_id},
    )
    return [row[0] for row in rows]


async def make_permanent(tx: Tx, booking_id: UUID) -> int:
    """Make the claims of a hold permanent; how many there still are."""
    return await tx.run(
        "UPDATE claims SET expires_at = NULL WHERE org_id = %s AND booking_id = %s",
        (tx.org_id, booking_id),
    )


async def claims_with_bookings(
    tx: Tx, members: Sequence[UUID], start: datetime, end: datetime, since: datetime, now: datetime
) -> list[Row]:
    """The claims on these members that overlap a range, with whose they are: for staff."""
    return await tx.rows(
        """
        SELECT c.resource_id, c.booking_id, b.status, b.booker_name, r.title, b.starts_at, b.ends_at
        FROM claims c JOIN bookings b ON (b.org_id, b.id) = (c.org_id, c.booking_id)
            JOIN resources r ON (r.org_id, r.id) = (b.org_id, b.resource_id)
        WHERE c.org_id = %s AND c.resource_id = ANY(%s) AND c.starts_at < %s AND c.starts_at > %s
            AND c.ends_at > %s AND (c.expires_at IS NULL OR c.expires_at > %s)
        ORDER BY c.starts_at, c.resource_id
        """,
        (tx.org_id, list(members), end, since, start, now),
    )


async def claims_in_spans(
    tx: Tx,
    members: Sequence[UUID],
    spans: Sequence[tuple[datetime, datetime]],
    longest: timedelta,
    now: datetime,
    ignoring: Sequence[UUID],
) -> list[Row]:
    """As a closer `look`, at several spans that do not overlap: those of a series."""
    return await tx.rows(
        _LOOK
        + _LOOK_CLOSER
        + _GROUPED
        + _GROUPED_CLOSER
        + """
        FROM (
            SELECT c.resource_id, c.unit, c.starts_at, c.ends_at, c.booked_at, c.booked_until, c.layout,
                c.turnover, c.expires_at IS NULL OR c.expires_at > %(now)s AS live
            FROM unnest(%(froms)s::timestamptz[], %(tos)s::timestamptz[]) AS w (since, until)
            CROSS JOIN unnest(%(members)s::uuid[]) AS m (id)
            JOIN claims c ON c.org_id = %(org)s AND c.resource_id = m.id AND c.starts_at < w.until
                AND c.starts_at > w.since - %(longest)s::interval AND c.ends_at > w.since
            WHERE %(ignoring)s::uuid[] IS NULL OR c.booking_id <> ALL(%(ignoring)s)
        ) c GROUP BY resource_id
    ) c ON true
        """,
        {
            "org": tx.org_id,
            "members": list(members),
            "froms": [since for since, _ in spans],
            "tos": [until for _, until in spans],
            "longest": longest,
            "now": now,
            "ignoring": list(ignoring) or None,
        },
    )


async def claim_all(tx: Tx, claims: Sequence[tuple[UUID, Claim]]) -> int:
    """Make the claims of several bookings in one order; how many could be made."""
    row = await tx.row(
        """
        WITH claimed AS (
            INSERT INTO claims (org_id, booking_id, resource_id, unit, starts_at, ends_at, booked_at,
                booked_until, layout, expires_at)
            SELECT %(org)s, c.booking_id, c.resource_id, c.unit, c.since, c.until, b.starts_at, b.ends_at,
                c.layout, b.expires_at
            FROM unnest(%(bookings)s::uuid[], %(members)s::uuid[], %(units)s::smallint[],
                %(froms)s::timestamptz[], %(untils)s::timestamptz[], %(layouts)s::text[])
                AS c (booking_id, resource_id, unit, since, until, layout)
            JOIN bookings b ON b.org_id = %(org)s AND b.id = c.booking_id
            ORDER BY c.resource_id, c.unit, c.since
            ON CONFLICT DO NOTHING RETURNING 1
        )
        SELECT count(*) FROM claimed
        """,
        {
            "org": tx.org_id,
            "bookings": [booking for booking, _ in claims],
            "members": [claim.resource_id for _, claim in claims],
            "units": [claim.unit for _, claim in claims],
            "froms": [claim.since for _, claim in claims],
            "untils": [claim.until for _, claim in claims],
            "layouts": [claim.layout for _, claim in claims],
        },
    )
    return int(row[0]) if row else 0


async def claimed_by(tx: Tx, booking_ids: Sequence[UUID]) -> dict[UUID, set[UUID]]:
    """What each of these bookings claims."""
    rows = await tx.rows(
        "SELECT booking_id, array_agg(DISTINCT resource_id) FROM claims "
        "WHERE org_id = %s AND booking_id = ANY(%s) GROUP BY booking_id",
        (tx.org_id, list(booking_ids)),
    )
    return {booking: set(members) for booking, members in rows}
