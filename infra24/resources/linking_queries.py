"""Every SQL statement about wholes and their parts."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from infra24.db import Tx


async def all_parts(tx: Tx, resource_ids: Sequence[UUID]) -> dict[UUID, list[tuple[UUID, int]]]:
    """The parts of these, and the parts of those: with their units."""
    rows = await tx.rows(
        """
        WITH RECURSIVE inside (org_id, whole_id, part_id) AS (
            SELECT org_id, whole_id, part_id FROM resource_parts
            WHERE org_id = %(org)s AND whole_id = ANY(%(ids)s)
            UNION
            SELECT i.org_id, i.whole_id, p.part_id FROM inside i
            JOIN resource_parts p ON p.org_id = i.org_id AND p.whole_id = i.part_id
        )
        SELECT i.whole_id, i.part_id, r.capacity FROM inside i
        JOIN resources r ON r.org_id = i.org_id AND r.id = i.part_id ORDER BY 1, 2
        """,
        {"org": tx.org_id, "ids": list(resource_ids)},
    )
    found: dict[UUID, list[tuple[UUID, int]]] = {}
    for whole, part, units in rows:
        found.setdefault(whole, []).append((part, units or 1))
    return found


async def parts_of(tx: Tx, resource_id: UUID) -> list[UUID]:
    """The direct parts of a resource, shared links included."""
    rows = await tx.rows(
        "SELECT part_id FROM resource_parts WHERE org_id = %s AND whole_id = %s", (tx.org_id, resource_id)
    )
    return [row[0] for row in rows]


async def set_parts(tx: Tx, resource_id: UUID, part_ids: Sequence[UUID]) -> None:
    """Exactly these parts."""
    await tx.run(
        "DELETE FROM resource_parts WHERE org_id = %s AND whole_id = %s AND part_id <> ALL(%s)",
        (tx.org_id, resource_id, list(part_ids)),
    )
    await tx.run(
        "INSERT INTO resource_parts (org_id, whole_id, part_id) SELECT %s, %s, unnest(%s::uuid[]) "
        "ON CONFLICT DO NOTHING",
        (tx.org_id, resource_id, list(part_ids)),
    )


async def wholes_among(tx: Tx, resource_ids: Sequence[UUID], part_id: UUID) -> bool:
    """Whether one of these has another as a part, however deep."""
    inside = await all_parts(tx, resource_ids)
    return any(part == part_id for parts in inside.values() for part, _ in parts)


async def shared_link(tx: Tx, one: UUID, other: UUID) -> UUID | None:
    """The part by which two resources exclude each other."""
    row = await tx.row(
        """
        SELECT a.part_id FROM resource_parts a
        JOIN resource_parts b ON (b.org_id, b.part_id) = (a.org_id, a.part_id)
        JOIN resources r ON (r.org_id, r.id) = (a.org_id, a.part_id) AND r.is_link
        WHERE a.org_id = %s AND a.whole_id = %s AND b.whole_id = %s
        """,
        (tx.org_id, one, other),
    )
    return row[0] if row else None


async def add_link(tx: Tx, one: UUID, other: UUID, title: str) -> UUID:
    """A new part that the second of two resources has; the first is given it with its other parts."""
    row = await tx.row(
        """
        WITH made AS (
            INSERT INTO resources (org_id, slug, type, title, capacity, currency, is_bookable, is_link)
            VALUES (%(org)s, 'not-both-' || substr(md5(%(one)s::text || %(other)s::text), 1, 12), 'other',
                %(title)s, 1, 'XXX', false, true)
            ON CONFLICT (org_id, slug) DO UPDATE SET title = excluded.title RETURNING id
        ), linked AS (
            INSERT INTO resource_parts (org_id, whole_id, part_id) SELECT %(org)s, %(other)s, id FROM made
            RETURNING 1
        )
        SELECT id FROM made
        """,
        {"org": tx.org_id, "one": one, "other": other, "title": title},
    )
    assert row is not None
    found: UUID = row[0]
    return found


async def drop_lone_links(tx: Tx) -> None:
    """Links that no longer hold two resources apart go, unless claims still stand on them."""
    await tx.run(
        """
        DELETE FROM resource_parts rp USING resources p
        WHERE rp.org_id = %(org)s AND (p.org_id, p.id) = (rp.org_id, rp.part_id) AND p.is_link
            AND (SELECT count(*) FROM resource_parts o
                WHERE (o.org_id, o.part_id) = (rp.org_id, rp.part_id)) < 2
        """,
        {"org": tx.org_id},
    )
    await tx.run(
        """
        DELETE FROM resources r WHERE r.org_id = %(org)s AND r.is_link
            AND NOT EXISTS (SELECT 1 FROM resource_parts p WHERE (p.org_id, p.part_id) = (r.org_id, r.id))
            AND NOT EXISTS (SELECT 1 FROM claims c WHERE (c.org_id, c.resource_id) = (r.org_id, r.id))
        """,
        {"org": tx.org_id},
    )


async def has_coming_claims_without(
    tx: Tx, resource_id: UUID, part_ids: Sequence[UUID], now: datetime
) -> bool:
    """Whether a coming claim on a resource is by a booking that does not hold one of these."""
    row = await tx.row(
        """
        SELECT 1 FROM claims c CROSS JOIN unnest(%(parts)s::uuid[]) AS p (id)
        WHERE c.org_id = %(org)s AND c.resource_id = %(id)s AND c.ends_at > %(now)s
            AND c.released_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > %(now)s)
            AND NOT EXISTS (SELECT 1 FROM claims o WHERE o.org_id = c.org_id AND o.resource_id = p.id
                AND o.booking_id = c.booking_id AND o.released_at IS NULL) LIMIT 1
        """,
        {"org": tx.org_id, "id": resource_id, "parts": list(part_ids), "now": now},
    )
    return row is not None


async def is_part(tx: Tx, resource_id: UUID) -> bool:
    """Whether something else takes this with it."""
    row = await tx.row(
        "SELECT 1 FROM resource_parts WHERE org_id = %s AND part_id = %s LIMIT 1", (tx.org_id, resource_id)
    )
    return row is not None
