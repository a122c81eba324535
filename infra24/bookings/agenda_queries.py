"""Every SQL statement about what a calendar shows: the columns, and what stands in them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from infra24.db import Row, Tx


async def columns(tx: Tx) -> list[Row]:
    """Everything that can be occupied, by type and title, with what it may be found by."""
    return await tx.rows(
        """
        SELECT r.id, r.slug, r.title, r.type, r.category, coalesce(l.name, ''), coalesce(r.email, ''),
            r.capacity, r.tags, r.is_bookable
        FROM resources r LEFT JOIN locations l ON (l.org_id, l.id) = (r.org_id, r.location_id)
        WHERE r.org_id = %s AND r.is_active AND NOT r.is_link AND r.capacity IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM appointment_types t WHERE (t.org_id, t.id) = (r.org_id, r.id))
        ORDER BY array_position(ARRAY['space', 'equipment', 'person', 'other'], r.type), lower(r.title), r.id
        """,
        (tx.org_id,),
    )


async def agenda(
    tx: Tx, resource_ids: Sequence[UUID], since: datetime, until: datetime, now: datetime
) -> list[Row]:
    """The catalogue's version, and beside it what is claimed of these resources in a span, with whose it is.

    The claims come first and by themselves: from their b-tree, bounded by the longest that any of them
    ever was, whatever the planner believes of the rest. A row without a claim when there is none.
    """
    return await tx.rows(
        """
        WITH taken AS MATERIALIZED (
            SELECT c.org_id, c.booking_id, c.resource_id, c.unit, c.turnover, c.layout, c.starts_at, c.ends_at
            FROM claims c
            WHERE c.org_id = %(org)s AND c.resource_id = ANY(%(ids)s) AND c.starts_at < %(until)s
                AND c.starts_at > (SELECT %(since)s::timestamptz - interval '1 minute' - max(longest_claim)
                    FROM resources WHERE org_id = %(org)s AND id = ANY(%(ids)s))
                AND c.ends_at > %(since)s AND c.released_at IS NULL
                AND (c.expires_at IS NULL OR c.expires_at > %(now)s)
        )
        SELECT v.version, c.* FROM (
            SELECT coalesce((SELECT version FROM catalogues WHERE org_id = %(org)s), 0) AS version) v
        LEFT JOIN (
            SELECT t.booking_id, t.resource_id, t.unit, t.turnover, t.layout,
                date_part('epoch', t.starts_at)::bigint AS since, date_part('epoch', t.ends_at)::bigint,
                date_part('epoch', b.starts_at)::bigint AS start, date_part('epoch', b.ends_at)::bigint,
                b.status, o.title, b.booker_name, b.revision, b.series_id IS NOT NULL,
                b.resource_id AS offer_id,
                EXISTS (SELECT 1 FROM resource_parts p JOIN claims w ON w.org_id = p.org_id
                        AND w.booking_id = t.booking_id AND w.resource_id = p.whole_id
                        AND w.released_at IS NULL
                    WHERE p.org_id = t.org_id AND p.part_id = t.resource_id) AS linked
            FROM taken t
            JOIN bookings b ON b.org_id = t.org_id AND b.id = t.booking_id
            JOIN resources o ON o.org_id = b.org_id AND o.id = b.resource_id
        ) c ON true
        ORDER BY c.start, c.booking_id, c.turnover, c.unit, c.since
        """,
        {"org": tx.org_id, "ids": list(resource_ids), "since": since, "until": until, "now": now},
    )
