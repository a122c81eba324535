"""Every SQL statement about resources."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from infra24.db import Row, Tx
from infra24.resources.model import Draft, Resource

_RESOURCE: LiteralString = """
    SELECT r.org_id, r.id, r.slug, r.type, r.title, r.description, r.category, r.email, r.capacity,
        r.price, r.currency, r.location_id, l.name, l.address, r.meeting_url, r.requirements,
        r.metadata, r.availability_rules, r.is_active, r.is_bookable, r.version,
        r.created_at, r.updated_at
    FROM resources r LEFT JOIN locations l ON (l.org_id, l.id) = (r.org_id, r.location_id)
"""


async def get(tx: Tx, resource_id: UUID) -> Resource | None:
    """One resource by id, archived or not."""
    row = await tx.row(
        _RESOURCE
        + """
        WHERE r.org_id = %s AND r.id = %s
        """,
        (tx.org_id, resource_id),
    )
    return Resource(*row) if row else None


async def id_of_slug(tx: Tx, slug: str) -> UUID | None:
    """The id behind a slug."""
    row = await tx.row("SELECT id FROM resources WHERE org_id = %s AND slug = %s", (tx.org_id, slug))
    return row[0] if row else None


async def listed(tx: Tx, *, bookable: bool, after: str, limit: int) -> list[Resource]:
    """Resources by slug, from the one after `after`; only those a visitor can book if `bookable`."""
    rows = await tx.rows(
        _RESOURCE
        + """
        WHERE r.org_id = %(org)s AND r.slug > %(after)s
            AND (NOT %(bookable)s OR (r.is_active AND r.is_bookable))
        ORDER BY r.slug LIMIT %(limit)s
        """,
        {"org": tx.org_id, "bookable": bookable, "after": after, "limit": limit},
    )
    return [Resource(*row) for row in rows]


async def people(tx: Tx) -> dict[str, tuple[UUID, bool]]:
    """The people of the organization by e-mail: id, and whether they are active."""
    rows = await tx.rows(
        "SELECT email, id, is_active FROM resources WHERE org_id = %s AND type = 'person'", (tx.org_id,)
    )
    return {email: (id_, active) for email, id_, active in rows}


async def hosts(tx: Tx, resource_id: UUID) -> list[Row]:
    """The active hosts of a resource: id, e-mail, name, position, and their own rules."""
    return await tx.rows(
        """
        SELECT p.id, p.email, p.title, h.position, p.availability_rules
        FROM resource_hosts h JOIN resources p ON (p.org_id, p.id) = (h.org_id, h.host_id)
        WHERE h.org_id = %s AND h.resource_id = %s AND p.is_active ORDER BY h.position
        """,
        (tx.org_id, resource_id),
    )


async def location_id(tx: Tx, name: str) -> UUID | None:
    """The location of a name."""
    row = await tx.row("SELECT id FROM locations WHERE org_id = %s AND name = %s", (tx.org_id, name))
    return row[0] if row else None


async def insert(tx: Tx, values: dict[str, Any]) -> UUID | None:
    """A new resource; None when its slug or e-mail is taken."""
    row = await tx.row(
        """
        INSERT INTO resources (org_id, slug, type, title, description, category, email, capacity, price,
            currency, location_id, meeting_url, requirements, metadata, availability_rules, is_active,
            is_bookable)
        VALUES (%(org)s, %(slug)s, %(type)s, %(title)s, %(description)s, %(category)s, %(email)s,
            %(capacity)s, %(price)s, %(currency)s, %(location_id)s, %(meeting_url)s, %(requirements)s,
            %(metadata)s, %(rules)s, %(is_active)s, %(is_bookable)s)
        ON CONFLICT DO NOTHING RETURNING id
        """,
        values,
    )
    return row[0] if row else None


async def rewrite(tx: Tx, resource_id: UUID, values: dict[str, Any]) -> None:
    """Replace what staff say of a resource. A taken slug or e-mail is a unique violation."""
    await tx.run(
        """
        UPDATE resources SET slug = %(slug)s, type = %(type)s, title = %(title)s,
            description = %(description)s, category = %(category)s, email = %(email)s,
            capacity = %(capacity)s, price = %(price)s, currency = %(currency)s,
            location_id = %(location_id)s, meeting_url = %(meeting_url)s,
            requirements = %(requirements)s, metadata = %(metadata)s, availability_rules = %(rules)s,
            is_active = %(is_active)s, is_bookable = %(is_bookable)s, version = version + 1,
            updated_at = now()
        WHERE org_id = %(org)s AND id = %(id)s
        """,
        {**values, "id": resource_id},
    )


async def lock(tx: Tx, resource_ids: Sequence[UUID]) -> None:
    """Hold these resources until the end of the transaction, in one order for everyone."""
    await tx.run(
        """
        SELECT 1 FROM resources WHERE org_id = %s AND id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
        """,
        (tx.org_id, list(resource_ids)),
    )


async def one_edit_at_a_time(tx: Tx) -> None:
    """Wait for whoever edits resources of this organization: an edit reads what it then writes."""
    await tx.run("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", (f"{tx.org_id} resources",))


async def lock_family(tx: Tx, resource_ids: Sequence[UUID]) -> None:
    """Hold these, and every offer that names one of them as a host: all that a change of them touches.

    In the same order as everyone who locks resources, so that nobody waits in a circle.
    """
    await tx.run(
        """
        SELECT 1 FROM resources WHERE org_id = %(org)s AND (id = ANY(%(ids)s) OR id IN (
            SELECT resource_id FROM resource_hosts WHERE org_id = %(org)s AND host_id = ANY(%(ids)s)))
        ORDER BY id FOR NO KEY UPDATE
        """,
        {"org": tx.org_id, "ids": list(resource_ids)},
    )


async def offers_naming(tx: Tx, host_id: UUID) -> list[tuple[UUID, dict[str, Any]]]:
    """The offers whose windows name a person, with their rules."""
    rows = await tx.rows(
        """
        SELECT r.id, r.availability_rules FROM resources r
        JOIN resource_hosts h ON (h.org_id, h.resource_id) = (r.org_id, r.id)
        WHERE h.org_id = %s AND h.host_id = %s ORDER BY r.id
        """,
        (tx.org_id, host_id),
    )
    return [(id_, rules) for id_, rules in rows]


async def set_rules(tx: Tx, resource_id: UUID, rules: dict[str, Any]) -> None:
    """Other rules for a resource."""
    await tx.run(
        "UPDATE resources SET availability_rules = %s, version = version + 1 WHERE org_id = %s AND id = %s",
        (Jsonb(rules), tx.org_id, resource_id),
    )


async def has_coming_bookings(tx: Tx, resource_id: UUID, now: datetime) -> bool:
    """Whether bookings of it are still to come."""
    row = await tx.row(
        """
        SELECT 1 FROM bookings WHERE org_id = %s AND resource_id = %s AND ends_at > %s
            AND status IN ('hold', 'pending', 'confirmed') LIMIT 1
        """,
        (tx.org_id, resource_id, now),
    )
    return row is not None


async def set_hosts(tx: Tx, resource_id: UUID, host_ids: Sequence[UUID]) -> None:
    """Exactly these hosts, in this order; who stays keeps the count of what was assigned."""
    await tx.run(
        "DELETE FROM resource_hosts WHERE org_id = %s AND resource_id = %s AND host_id <> ALL(%s)",
        (tx.org_id, resource_id, list(host_ids)),
    )
    await tx.run(
        """
        INSERT INTO resource_hosts (org_id, resource_id, host_id, position)
        SELECT %(org)s, %(id)s, h.id, h.n FROM unnest(%(hosts)s::uuid[]) WITH ORDINALITY AS h (id, n)
        ON CONFLICT (org_id, resource_id, host_id) DO UPDATE SET position = excluded.position
        """,
        {"org": tx.org_id, "id": resource_id, "hosts": list(host_ids)},
    )


async def lengthen(tx: Tx, resource_ids: Sequence[UUID], longest: timedelta) -> None:
    """Note that claims on these may be this long from now on; offers that read them read again."""
    await tx.run(
        """
        WITH grown AS (
            UPDATE resources SET longest_claim = %(longest)s
            WHERE org_id = %(org)s AND id = ANY(%(ids)s) AND longest_claim < %(longest)s RETURNING id
        )
        UPDATE resources r SET version = version + 1 FROM resource_hosts h
        WHERE h.org_id = %(org)s AND h.host_id IN (SELECT id FROM grown)
            AND (r.org_id, r.id) = (h.org_id, h.resource_id) AND r.id <> ALL(%(ids)s)
        """,
        {"longest": longest, "org": tx.org_id, "ids": list(resource_ids)},
    )


async def longest_claim(tx: Tx, resource_ids: Sequence[UUID]) -> timedelta:
    """The longest claim that was ever possible on any of these."""
    row = await tx.row(
        "SELECT coalesce(max(longest_claim), '0') FROM resources WHERE org_id = %s AND id = ANY(%s)",
        (tx.org_id, list(resource_ids)),
    )
    assert row is not None
    found: timedelta = row[0]
    return found


async def touch_offers_of_host(tx: Tx, host_id: UUID) -> None:
    """A host changed: so did every offer that names them."""
    await tx.run(
        """
        UPDATE resources r SET version = version + 1 FROM resource_hosts h
        WHERE h.org_id = %s AND h.host_id = %s AND (r.org_id, r.id) = (h.org_id, h.resource_id)
        """,
        (tx.org_id, host_id),
    )


def values_of(tx: Tx, draft: Draft, *, slug: str, currency: str, location: UUID | None) -> dict[str, Any]:
    """A draft as the parameters of `insert` and `rewrite`."""
    return {
        "org": tx.org_id,
        "slug": slug,
        "type": draft.type,
        "title": draft.title,
        "description": draft.description,
        "category": draft.category,
        "email": draft.email,
        "capacity": draft.capacity,
        "price": draft.price,
        "currency": currency,
        "location_id": location,
        "meeting_url": draft.meeting_url,
        "requirements": draft.requirements,
        "metadata": Jsonb(draft.metadata),
        "rules": Jsonb(draft.availability_rules),
        "is_active": draft.is_active,
        "is_bookable": draft.is_bookable,
    }
