"""Every SQL statement about booking links."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from infra24.booking_links.model import BookingLink, LinkDraft
from infra24.db import Row, Tx

_LINK: LiteralString = """
    SELECT l.id, l.slug, l.kind, l.title, l.description, l.theme, l.expires_at, l.max_uses, l.uses,
        l.is_private, l.is_active, l.sites,
        (SELECT coalesce(json_agg(json_build_array(r.id, r.slug, r.title) ORDER BY o.position), '[]')
            FROM booking_link_offers o JOIN resources r ON (r.org_id, r.id) = (o.org_id, o.offer_id)
            WHERE (o.org_id, o.link_id) = (l.org_id, l.id)),
        (SELECT coalesce(json_agg(json_build_array(r.id, r.email, r.title) ORDER BY h.position), '[]')
            FROM booking_link_hosts h JOIN resources r ON (r.org_id, r.id) = (h.org_id, h.host_id)
            WHERE (h.org_id, h.link_id) = (l.org_id, l.id))
    FROM booking_links l
"""


async def get(tx: Tx, slug: str) -> BookingLink | None:
    """One link by its slug or id."""
    row = await tx.row(
        _LINK + "WHERE l.org_id = %(org)s AND (l.slug = %(w)s OR l.id::text = %(w)s)",
        {"org": tx.org_id, "w": slug},
    )
    return _link(row) if row else None


async def listed(tx: Tx) -> list[BookingLink]:
    """All links, by slug."""
    rows = await tx.rows(_LINK + "WHERE l.org_id = %s ORDER BY l.slug LIMIT 500", (tx.org_id,))
    return [_link(row) for row in rows]


async def insert(tx: Tx, draft: LinkDraft) -> UUID | None:
    """A new link; None when its slug is taken."""
    row = await tx.row(
        """
        INSERT INTO booking_links (org_id, slug, kind, title, description, theme, expires_at, max_uses,
            is_private, is_active, sites)
        VALUES (%(org)s, %(slug)s, %(kind)s, %(title)s, %(description)s, %(theme)s, %(expires_at)s,
            %(max_uses)s, %(is_private)s, %(is_active)s, %(sites)s)
        ON CONFLICT DO NOTHING RETURNING id
        """,
        _columns(tx, draft),
    )
    return row[0] if row else None


async def rewrite(tx: Tx, link_id: UUID, draft: LinkDraft) -> None:
    """Replace what staff say of a link. A taken slug is a unique violation."""
    await tx.run(
        """
        UPDATE booking_links SET slug = %(slug)s, kind = %(kind)s, title = %(title)s,
            description = %(description)s, theme = %(theme)s, expires_at = %(expires_at)s,
            max_uses = %(max_uses)s, is_private = %(is_private)s, is_active = %(is_active)s,
            sites = %(sites)s WHERE org_id = %(org)s AND id = %(id)s
        """,
        {**_columns(tx, draft), "id": link_id},
    )


async def set_offers(tx: Tx, link_id: UUID, offers: Sequence[UUID], hosts: Sequence[UUID]) -> None:
    """Exactly these offers and hosts, in this order."""
    await tx.run("DELETE FROM booking_link_offers WHERE org_id = %s AND link_id = %s", (tx.org_id, link_id))
    await tx.run("DELETE FROM booking_link_hosts WHERE org_id = %s AND link_id = %s", (tx.org_id, link_id))
    await tx.run(
        "INSERT INTO booking_link_offers (org_id, link_id, offer_id, position) "
        "SELECT %s, %s, o.id, o.n FROM unnest(%s::uuid[]) WITH ORDINALITY AS o (id, n) RETURNING 1",
        (tx.org_id, link_id, list(offers)),
    )
    await tx.run(
        "INSERT INTO booking_link_hosts (org_id, link_id, host_id, position) "
        "SELECT %s, %s, h.id, h.n FROM unnest(%s::uuid[]) WITH ORDINALITY AS h (id, n) RETURNING 1",
        (tx.org_id, link_id, list(hosts)),
    )


async def org_of_link(connection: AsyncConnection[Row], slug: str) -> UUID | None:
    """The organization of a link, for addresses that name only the link."""
    cursor = await connection.execute("SELECT organization_of_link(%s)", (slug,))
    row = await cursor.fetchone()
    return row[0] if row else None


def _columns(tx: Tx, draft: LinkDraft) -> dict[str, Any]:
    return {
        "org": tx.org_id,
        "slug": draft.slug,
        "kind": draft.kind,
        "title": draft.title,
        "description": draft.description,
        "theme": Jsonb(draft.theme),
        "expires_at": draft.expires_at,
        "max_uses": draft.max_uses,
        "is_private": draft.is_private,
        "is_active": draft.is_active,
        "sites": draft.sites,
    }


def _link(row: Row) -> BookingLink:
    *columns, offers, hosts = row
    named = [[(UUID(id_), name, title) for id_, name, title in listed_] for listed_ in (offers, hosts)]
    facts: tuple[Any, ...] = (*columns, *named)
    return BookingLink(*facts)


async def lock(tx: Tx, link_id: UUID) -> None:
    """Hold a booking link until the end of the transaction: its uses are counted one after the other."""
    await tx.run(
        "SELECT 1 FROM booking_links WHERE org_id = %s AND id = %s FOR NO KEY UPDATE", (tx.org_id, link_id)
    )


async def use(tx: Tx, link_id: UUID, now: datetime | None) -> bool:
    """Count a use; False when none is left, or when it expired before `now`."""
    return (
        await tx.run(
            """
        UPDATE booking_links SET uses = uses + 1 WHERE org_id = %(org)s AND id = %(id)s
            AND (max_uses IS NULL OR uses < max_uses)
            AND (%(now)s::timestamptz IS NULL OR expires_at IS NULL OR expires_at > %(now)s)
        """,
            {"org": tx.org_id, "id": link_id, "now": now},
        )
        == 1
    )
