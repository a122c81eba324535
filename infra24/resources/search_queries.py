"""The SQL statements that find resources among many."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, LiteralString
from uuid import UUID

from infra24.db import Row, Tx, like_pattern
from infra24.resources.model import Resource
from infra24.resources.queries import RESOURCE

if TYPE_CHECKING:
    from infra24.resources.search import ResourceFilter

_WANTED: LiteralString = """
    NOT r.is_link AND (t.id IS NOT NULL) = %(types)s
    AND (%(type)s = '' OR r.type = %(type)s)
    AND (%(location)s = '' OR l.name = %(location)s)
    AND (%(tag)s = '' OR %(tag)s = ANY(r.tags))
    AND r.is_active <> %(archived)s
    AND (%(text)s = '' OR concat_ws(' ', r.title, r.slug, r.email, r.category, r.description) ILIKE %(like)s)
"""


async def search(tx: Tx, wanted: "ResourceFilter", limit: int) -> list[Resource]:
    """Those resources by slug, a page of them."""
    rows = await tx.rows(
        RESOURCE
        + "WHERE r.org_id = %(org)s AND r.slug > %(after)s AND "
        + _WANTED
        + "ORDER BY r.slug LIMIT %(limit)s",
        {**_args(tx, wanted), "limit": limit},
    )
    return [Resource(*row) for row in rows]


async def count(tx: Tx, wanted: "ResourceFilter") -> int:
    """How many those are."""
    row = await tx.row(
        """
        SELECT count(*) FROM resources r LEFT JOIN locations l ON (l.org_id, l.id) = (r.org_id, r.location_id)
            LEFT JOIN appointment_types t ON (t.org_id, t.id) = (r.org_id, r.id)
        WHERE r.org_id = %(org)s AND
        """
        + _WANTED,
        _args(tx, wanted),
    )
    return int(row[0]) if row else 0


def _args(tx: Tx, wanted: "ResourceFilter") -> dict[str, Any]:
    return {**asdict(wanted), "org": tx.org_id, "like": like_pattern(wanted.text)}


async def with_blackouts(tx: Tx) -> list[Row]:
    """What is in use and has blackouts: id, slug, title, type, rules."""
    return await tx.rows(
        """
        SELECT id, slug, title, type, availability_rules FROM resources
        WHERE org_id = %s AND is_active AND NOT is_link
            AND jsonb_array_length(coalesce(availability_rules -> 'blackouts', '[]')) > 0
        ORDER BY title, id
        """,
        (tx.org_id,),
    )


async def counts_by_location(tx: Tx) -> dict[UUID, int]:
    """How many resources are at each location."""
    rows = await tx.rows(
        "SELECT location_id, count(*)::int FROM resources "
        "WHERE org_id = %s AND location_id IS NOT NULL GROUP BY location_id",
        (tx.org_id,),
    )
    return dict(rows)
