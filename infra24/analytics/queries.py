"""Every SQL statement of the analytics: sums, never rows of bookings.

What the clocks of the zone show is reckoned from `changes` and `offsets`: from each of these instants on
they are so many seconds ahead of UTC. The database's own zones are asked nowhere, so that no other release
of the zone data can put a booking on another day than everything else does.
"""

from typing import Any, LiteralString

from infra24.analytics.model import ResourceInfo
from infra24.db import Row, Tx

_MATCHING: LiteralString = """
    (%(offer)s::uuid IS NULL OR b.resource_id = %(offer)s)
    AND (%(resource)s::uuid IS NULL OR b.resource_id = %(resource)s OR EXISTS (
        SELECT 1 FROM claims m WHERE m.org_id = b.org_id AND m.booking_id = b.id
            AND m.resource_id = %(resource)s))
    AND (%(host)s::uuid IS NULL OR EXISTS (
        SELECT 1 FROM participants m WHERE m.org_id = b.org_id AND m.booking_id = b.id AND m.role = 'host'
            AND m.resource_id = %(host)s))
"""

_MADE: LiteralString = (
    """
    WITH made AS (
        SELECT b.org_id, b.id, b.resource_id, b.status, b.starts_at, b.ends_at, b.created_at, b.booker_email,
            b.starts_at >= %(first)s AS is_now, b.ended_by AS by,
            b.status IN ('completed', 'no_show') OR b.status = 'confirmed' AND b.ends_at <= %(now)s AS is_due
        FROM bookings b
        WHERE b.org_id = %(org)s AND b.starts_at >= %(since)s AND b.starts_at < %(until)s
            AND b.status <> 'hold' AND coalesce(b.end_kind, '') NOT IN ('released', 'expired')
            AND """
    + _MATCHING
    + ")"
)
"""The bookings of a range and of the period before it. A hold that expired or was released never was one."""


async def things(tx: Tx) -> list[ResourceInfo]:
    """Every resource, archived ones too, with its rules and its direct parts, by title."""
    rows = await tx.rows(
        """
        SELECT r.id, r.slug, r.title, r.type, r.email, r.capacity, r.is_active, t.id IS NOT NULL,
            r.availability_rules, r.longest_claim,
            ARRAY(SELECT p.part_id FROM resource_parts p WHERE (p.org_id, p.whole_id) = (r.org_id, r.id))
        FROM resources r LEFT JOIN appointment_types t ON (t.org_id, t.id) = (r.org_id, r.id)
        WHERE r.org_id = %s AND NOT r.is_link ORDER BY lower(r.title), r.slug
        """,
        (tx.org_id,),
    )
    return [
        ResourceInfo(id_, slug, title, type_, email, units, active, is_type, rules, longest, tuple(parts))
        for id_, slug, title, type_, email, units, active, is_type, rules, longest, parts in rows
    ]


async def counted(tx: Tx, asked: dict[str, Any]) -> list[Row]:
    """Counts by day and state, then by offer, state and who cancelled; both periods.

    A row: whether it is of a day, of the range itself, the day (since 1970), the offer, the state, who
    cancelled, how many, how many were due, and the seconds of those that stand.
    """
    return await tx.rows(
        _MADE
        + """
        SELECT grouping(day) = 0, is_now, day, resource_id, status, by, count(*),
            count(*) FILTER (WHERE is_due),
            coalesce(sum(extract(epoch FROM ends_at - starts_at)) FILTER (WHERE status <> 'cancelled'),
                0)::bigint
        FROM (SELECT *, floor((extract(epoch FROM starts_at)
            + (%(offsets)s::int[])[width_bucket(starts_at, %(changes)s::timestamptz[])]) / 86400)::int AS day
            FROM made) made
        GROUP BY GROUPING SETS ((is_now, day, status), (is_now, resource_id, status, by))
        ORDER BY 1, 2, 3, 4, 5, 6
        """,
        {**asked, "org": tx.org_id},
    )


async def leads(tx: Tx, asked: dict[str, Any]) -> list[Row]:
    """How long before their start bookings were made: of each period the median, then counts by class.

    A row: of the range itself, the class (NULL: all), how many, the median in seconds.
    """
    return await tx.rows(
        _MADE
        + """
        SELECT is_now, class, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY lead)
        FROM (
            SELECT is_now, lead, width_bucket(lead, %(leads)s::float8[]) AS class
            FROM (SELECT is_now, greatest(0, extract(epoch FROM starts_at - created_at))::float8 AS lead
                FROM made) early
        ) classed
        GROUP BY GROUPING SETS ((is_now), (is_now, class)) ORDER BY 1, 2 NULLS FIRST
        """,
        {**asked, "org": tx.org_id},
    )


async def hosted(tx: Tx, asked: dict[str, Any]) -> list[Row]:
    """The bookings of the range by host: the host, a name, the state, how many, how many due, seconds."""
    return await tx.rows(
        _MADE
        + """
        SELECT p.resource_id, max(p.name), m.status, count(*), count(*) FILTER (WHERE m.is_due),
            coalesce(sum(extract(epoch FROM m.ends_at - m.starts_at)) FILTER (WHERE m.status <> 'cancelled'),
                0)::bigint
        FROM made m JOIN participants p ON p.org_id = m.org_id AND p.booking_id = m.id AND p.role = 'host'
        WHERE m.is_now GROUP BY p.resource_id, m.status ORDER BY 1, 3
        """,
        {**asked, "org": tx.org_id},
    )


async def bookers(tx: Tx, asked: dict[str, Any]) -> list[Row]:
    """The people with a booking that stands, by period: how many, and how many of them had one before it."""
    return await tx.rows(
        _MADE
        + """
        SELECT is_now, count(*), count(*) FILTER (WHERE EXISTS (
            SELECT 1 FROM bookings f WHERE f.org_id = %(org)s AND f.booker_email = people.booker_email
                AND f.starts_at < CASE WHEN is_now THEN %(first)s ELSE %(since)s END
                AND f.status NOT IN ('hold', 'cancelled')))
        FROM (SELECT DISTINCT is_now, booker_email FROM made
            WHERE status <> 'cancelled' AND booker_email <> '') people
        GROUP BY is_now ORDER BY 1
        """,
        {**asked, "org": tx.org_id},
    )


async def busy_hours(tx: Tx, asked: dict[str, Any]) -> list[Row]:
    """The bookings of the range that stand, under way in each hour of each weekday (Monday 0) of the wall."""
    return await tx.rows(
        _MADE
        + """
        SELECT (wall / 86400 + 3) %% 7, wall %% 86400 / 3600, count(*)
        FROM (
            SELECT starts_at, ends_at, floor(extract(epoch FROM starts_at))::bigint AS since,
                (%(offsets)s::int[])[width_bucket(starts_at, %(changes)s::timestamptz[])] AS ahead
            FROM made WHERE is_now AND status <> 'cancelled'
        ) m, LATERAL (
            SELECT at + (%(offsets)s::int[])[width_bucket(to_timestamp(at), %(changes)s::timestamptz[])]
                AS wall
            FROM generate_series(m.since - (m.since + m.ahead) %% 3600,
                ceil(extract(epoch FROM m.ends_at))::bigint - 1, 3600) AS at
        ) hours
        GROUP BY 1, 2 ORDER BY 1, 2
        """,
        {**asked, "org": tx.org_id},
    )


async def used(tx: Tx, asked: dict[str, Any]) -> list[Row]:
    """What is claimed of each resource in each period, in seconds: booked, and with the buffers.

    `longest` bounds the read. Setting up and clearing away count as buffers. Holds do not count.
    """
    return await tx.rows(
        """
        SELECT p.is_now, c.resource_id,
            coalesce(sum(greatest(0, extract(epoch FROM least(c.booked_until, c.ends_at, p.until)
                - greatest(c.booked_at, c.starts_at, p.since)))) FILTER (WHERE NOT c.turnover), 0)::bigint,
            sum(extract(epoch FROM least(c.ends_at, p.until) - greatest(c.starts_at, p.since)))::bigint
        FROM (VALUES (false, %(since)s::timestamptz, %(first)s::timestamptz),
            (true, %(first)s::timestamptz, %(until)s::timestamptz)) AS p (is_now, since, until)
        JOIN claims c ON c.org_id = %(org)s AND c.resource_id = ANY(%(members)s)
            AND c.starts_at < p.until AND c.starts_at > p.since - %(longest)s::interval
            AND c.ends_at > p.since
        WHERE c.released_at IS NULL AND c.expires_at IS NULL AND (NOT %(filtered)s OR EXISTS (
            SELECT 1 FROM bookings b WHERE b.org_id = c.org_id AND b.id = c.booking_id AND """
        + _MATCHING
        + """
        )) GROUP BY 1, 2 ORDER BY 1, 2
        """,
        {**asked, "org": tx.org_id},
    )
