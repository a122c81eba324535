"""Every SQL statement about who and what is taken when: what the engine decides by."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

from infra24.db import Row, Tx

_READ: LiteralString = """
    SELECT v.version, c.resource_id, coalesce(c.expired, 0), c.starts, c.ends
"""

_DETAILED: LiteralString = ", c.units, c.booked, c.until, c.layouts, c.turnovers"

_GROUPED: LiteralString = """
    FROM (SELECT coalesce((SELECT version FROM catalogues WHERE org_id = %(org)s), 0) AS version) v
    LEFT JOIN (
        SELECT resource_id, count(*) FILTER (WHERE NOT live) AS expired,
            array_agg(date_part('epoch', starts_at)::bigint) FILTER (WHERE live) AS starts,
            array_agg(date_part('epoch', ends_at)::bigint) FILTER (WHERE live) AS ends
"""

_GROUPED_DETAILED: LiteralString = """,
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
            WHERE org_id = %(org)s AND resource_id = ANY(%(members)s) AND released_at IS NULL
                AND (%(detailed)s OR unit = 1)
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
    detailed: bool,
) -> list[Row]:
    """The version of the catalogue and the claims on these members that overlap a span.

    `since` is the span's start less the longest claim, which lets the b-tree bound the read. A row for
    each member that has claims, or one without any: the version, the member, how many expired claims of
    holds stand there, then parallel arrays of start and end (seconds since 1970) of what is claimed of
    the first unit. `detailed` takes all units and adds the unit, the booking's start and end, the layout
    and whether it is a turnover.
    """
    return await tx.rows(
        (_READ + _DETAILED + _GROUPED + _GROUPED_DETAILED if detailed else _READ + _GROUPED) + _OF_A_SPAN,
        {
            "org": tx.org_id,
            "members": list(members),
            "from": span[0],
            "to": span[1],
            "since": since,
            "now": now,
            "ignoring": list(ignoring) or None,
            "detailed": detailed,
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
            AND c.ends_at > %s AND c.released_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > %s)
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
    """As detailed `claims_in_span`, at several spans that do not overlap: those of a series."""
    return await tx.rows(
        _READ
        + _DETAILED
        + _GROUPED
        + _GROUPED_DETAILED
        + """
        FROM (
            SELECT c.resource_id, c.unit, c.starts_at, c.ends_at, c.booked_at, c.booked_until, c.layout,
                c.turnover, c.expires_at IS NULL OR c.expires_at > %(now)s AS live
            FROM unnest(%(froms)s::timestamptz[], %(tos)s::timestamptz[]) AS w (since, until)
            CROSS JOIN unnest(%(members)s::uuid[]) AS m (id)
            JOIN claims c ON c.org_id = %(org)s AND c.resource_id = m.id AND c.released_at IS NULL
                AND c.starts_at < w.until
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
