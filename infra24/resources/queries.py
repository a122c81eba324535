"""Every SQL statement about resources."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from infra24.db import Tx
from infra24.resources.model import Draft, Resource
from infra24.resources.needs import ResourceRef

RESOURCE: LiteralString = """
    SELECT r.org_id, r.id, r.slug, r.type, r.title, r.description, r.category, r.email, r.capacity,
        r.price, r.currency, r.location_id, l.name, l.address, r.meeting_url, r.requirements,
        r.metadata, r.availability_rules, r.is_active, r.is_bookable, r.version,
        r.created_at, r.updated_at, r.tags, r.layouts,
        ARRAY(SELECT p.slug FROM resource_parts rp JOIN resources p
            ON (p.org_id, p.id) = (rp.org_id, rp.part_id)
            WHERE (rp.org_id, rp.whole_id) = (r.org_id, r.id) AND NOT p.is_link ORDER BY p.slug),
        ARRAY(SELECT w.slug FROM resource_parts rp JOIN resources p
            ON (p.org_id, p.id) = (rp.org_id, rp.part_id) AND p.is_link
            JOIN resource_parts other ON (other.org_id, other.part_id) = (p.org_id, p.id)
            JOIN resources w ON (w.org_id, w.id) = (other.org_id, other.whole_id)
            WHERE (rp.org_id, rp.whole_id) = (r.org_id, r.id) AND w.id <> r.id ORDER BY w.slug),
        t.needs, coalesce(t.questions, '[]'), coalesce(t.prices, '{}'), coalesce(t.meets, ''),
        coalesce(t.layout, '')
    FROM resources r LEFT JOIN locations l ON (l.org_id, l.id) = (r.org_id, r.location_id)
        LEFT JOIN appointment_types t ON (t.org_id, t.id) = (r.org_id, r.id)
"""
"""All that is said of a resource `r`, in the order of Resource; add a WHERE."""


async def get(tx: Tx, resource_id: UUID) -> Resource | None:
    """One resource by id, archived or not."""
    row = await tx.row(
        RESOURCE
        + """
        WHERE r.org_id = %s AND r.id = %s
        """,
        (tx.org_id, resource_id),
    )
    return Resource(*row) if row else None


async def several(tx: Tx, resource_ids: Sequence[UUID]) -> list[Resource]:
    """These resources, in this order."""
    rows = await tx.rows(
        RESOURCE
        + """
        WHERE r.org_id = %(org)s AND r.id = ANY(%(ids)s) ORDER BY array_position(%(ids)s, r.id)
        """,
        {"org": tx.org_id, "ids": list(resource_ids)},
    )
    return [Resource(*row) for row in rows]


async def id_of_slug(tx: Tx, slug: str) -> UUID | None:
    """The id behind a slug."""
    row = await tx.row("SELECT id FROM resources WHERE org_id = %s AND slug = %s", (tx.org_id, slug))
    return row[0] if row else None


async def listed(tx: Tx, *, bookable: bool, after: str, limit: int, types: bool = False) -> list[Resource]:
    """Resources by slug, from the one after `after`; only those a visitor can book if `bookable`.

    With `types` only the appointment types.
    """
    rows = await tx.rows(
        RESOURCE
        + """
        WHERE r.org_id = %(org)s AND r.slug > %(after)s AND NOT r.is_link
            AND (NOT %(bookable)s OR (r.is_active AND r.is_bookable))
            AND (NOT %(types)s OR t.id IS NOT NULL)
        ORDER BY r.slug LIMIT %(limit)s
        """,
        {"org": tx.org_id, "bookable": bookable, "after": after, "limit": limit, "types": types},
    )
    return [Resource(*row) for row in rows]


async def references(tx: Tx) -> list[ResourceRef]:
    """Every resource of the organization, as rules and needs may name it, by slug."""
    rows = await tx.rows(
        """
        SELECT r.id, r.slug, r.email, r.type, r.title, r.capacity, r.is_active, r.tags, t.id IS NOT NULL,
            r.layouts <> '{}', r.is_bookable
        FROM resources r LEFT JOIN appointment_types t ON (t.org_id, t.id) = (r.org_id, r.id)
        WHERE r.org_id = %s AND NOT r.is_link ORDER BY r.slug
        """,
        (tx.org_id,),
    )
    return [
        ResourceRef(id_, slug, email, type_, title, units, active, tuple(tags), *rest)
        for id_, slug, email, type_, title, units, active, tags, *rest in rows
    ]


async def needs(tx: Tx) -> list[dict[str, Any]]:
    """All that the appointment types in use need, each need once for each type."""
    rows = await tx.rows(
        """
        SELECT jsonb_array_elements(t.needs) FROM appointment_types t
        JOIN resources r ON (r.org_id, r.id) = (t.org_id, t.id) WHERE t.org_id = %s AND r.is_active
        """,
        (tx.org_id,),
    )
    return [need for (need,) in rows]


async def hosts(tx: Tx, resource_id: UUID) -> list[UUID]:
    """The active hosts that a resource's windows open, in their order."""
    rows = await tx.rows(
        """
        SELECT p.id FROM resource_hosts h JOIN resources p ON (p.org_id, p.id) = (h.org_id, h.host_id)
        WHERE h.org_id = %s AND h.resource_id = %s AND p.is_active ORDER BY h.position
        """,
        (tx.org_id, resource_id),
    )
    return [row[0] for row in rows]


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
            is_bookable, tags, layouts, longest_claim)
        VALUES (%(org)s, %(slug)s, %(type)s, %(title)s, %(description)s, %(category)s, %(email)s,
            %(capacity)s, %(price)s, %(currency)s, %(location_id)s, %(meeting_url)s, %(requirements)s,
            %(metadata)s, %(rules)s, %(is_active)s, %(is_bookable)s, %(tags)s, %(layouts)s, %(turnover)s)
        ON CONFLICT DO NOTHING RETURNING id
        """,
        values,
    )
    return row[0] if row else None


async def update_row(tx: Tx, resource_id: UUID, values: dict[str, Any]) -> None:
    """Replace what staff say of a resource. A taken slug or e-mail is a unique violation."""
    await tx.run(
        """
        UPDATE resources SET slug = %(slug)s, type = %(type)s, title = %(title)s,
            description = %(description)s, category = %(category)s, email = %(email)s,
            capacity = %(capacity)s, price = %(price)s, currency = %(currency)s,
            location_id = %(location_id)s, meeting_url = %(meeting_url)s,
            requirements = %(requirements)s, metadata = %(metadata)s, availability_rules = %(rules)s,
            is_active = %(is_active)s, is_bookable = %(is_bookable)s, tags = %(tags)s,
            layouts = %(layouts)s, longest_claim = greatest(longest_claim, %(turnover)s),
            version = version + 1, updated_at = now()
        WHERE org_id = %(org)s AND id = %(id)s
        """,
        {**values, "id": resource_id},
    )


async def rules_naming(tx: Tx, email: str) -> list[tuple[UUID, dict[str, Any]]]:
    """The rules in which an e-mail is written, with whose they are."""
    rows = await tx.rows(
        """
        SELECT id, availability_rules FROM resources
        WHERE org_id = %s AND position(%s in lower(availability_rules::text)) > 0 ORDER BY id
        """,
        (tx.org_id, email),
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


def values_of(tx: Tx, draft: Draft, *, slug: str, currency: str, location: UUID | None) -> dict[str, Any]:
    """A draft as the parameters of `insert` and `update_row`."""
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
        "tags": draft.tags,
        "layouts": Jsonb(draft.layouts),
        "turnover": _turnover(draft.layouts),
    }


def _turnover(layouts: Mapping[str, Mapping[str, int]]) -> timedelta:
    """The longest that anything can take to be cleared away and set up: a claim as well."""
    most = [max((of.get(key, 0) for of in layouts.values()), default=0) for key in ("setup", "teardown")]
    return timedelta(minutes=sum(most))


async def set_type(tx: Tx, resource_id: UUID, draft: Draft, needs: list[dict[str, Any]]) -> None:
    """Make a resource an appointment type, or change what it is as one."""
    await tx.run(
        """
        INSERT INTO appointment_types (org_id, id, needs, questions, prices, meets, layout)
        VALUES (%(org)s, %(id)s, %(needs)s, %(questions)s, %(prices)s, %(meets)s, %(layout)s)
        ON CONFLICT (org_id, id) DO UPDATE SET needs = excluded.needs, questions = excluded.questions,
            prices = excluded.prices, meets = excluded.meets, layout = excluded.layout
        """,
        {
            "org": tx.org_id,
            "id": resource_id,
            "needs": Jsonb(needs),
            "questions": Jsonb(draft.questions),
            "prices": Jsonb(draft.prices),
            "meets": draft.meets,
            "layout": draft.layout,
        },
    )
