"""Every SQL statement about connections to services outside."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from infra24.db import Database, Tx
from infra24.org_connections.model import OrgConnection


async def insert(tx: Tx, kept: OrgConnection, secret: bytes | None) -> None:
    """Keep a connection with its sealed secret."""
    await tx.run(
        "INSERT INTO org_connections (org_id, id, kind, label, settings, secret, secret_changed_at, "
        "created_at, updated_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            tx.org_id,
            kept.id,
            kept.kind,
            kept.label,
            Jsonb(kept.settings),
            secret,
            None if secret is None else kept.created_at,
            kept.created_at,
            kept.updated_at,
        ),
    )


async def update(
    tx: Tx,
    id_: UUID,
    label: str | None,
    settings: Mapping[str, Any] | None,
    secret: bytes | None,
    now: datetime,
) -> bool:
    """Change what is not None. False where there is no such connection."""
    changed = await tx.run(
        "UPDATE org_connections SET label = coalesce(%(label)s, label), "
        "settings = coalesce(%(settings)s, settings), secret = coalesce(%(secret)s, secret), "
        "updated_at = %(now)s, "
        "secret_changed_at = CASE WHEN %(secret)s::bytea IS NULL THEN secret_changed_at ELSE %(now)s END "
        "WHERE org_id = %(org)s AND id = %(id)s",
        {
            "label": label,
            "settings": None if settings is None else Jsonb(settings),
            "secret": secret,
            "now": now,
            "org": tx.org_id,
            "id": id_,
        },
    )
    return changed == 1


async def delete(tx: Tx, id_: UUID) -> bool:
    """False where there is no such connection."""
    return await tx.run("DELETE FROM org_connections WHERE org_id = %s AND id = %s", (tx.org_id, id_)) == 1


async def one(tx: Tx, id_: UUID) -> OrgConnection | None:
    """One connection, without its secret."""
    row = await tx.row(
        "SELECT id, kind, label, settings, secret IS NOT NULL, created_at, updated_at "
        "FROM org_connections WHERE org_id = %s AND id = %s",
        (tx.org_id, id_),
    )
    return OrgConnection(*row) if row else None


async def listed(tx: Tx, kinds: Sequence[str] | None) -> list[OrgConnection]:
    """The connections of these kinds or all of them, by label."""
    rows = await tx.rows(
        "SELECT id, kind, label, settings, secret IS NOT NULL, created_at, updated_at FROM org_connections "
        "WHERE org_id = %(org)s AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s)) ORDER BY label, id",
        {"org": tx.org_id, "kinds": None if kinds is None else list(kinds)},
    )
    return [OrgConnection(*row) for row in rows]


async def secret(tx: Tx, id_: UUID) -> bytes | None:
    """The sealed secret of a connection."""
    row = await tx.row("SELECT secret FROM org_connections WHERE org_id = %s AND id = %s", (tx.org_id, id_))
    return row[0] if row else None


async def sealed_otherwise(tx: Tx, mark: bytes, after: UUID, most: int) -> list[tuple[UUID, bytes]]:
    """Ids and secrets that do not begin with a mark, in the order of ids; locked."""
    rows = await tx.rows(
        "SELECT id, secret FROM org_connections WHERE org_id = %(org)s AND id > %(after)s "
        "AND secret IS NOT NULL AND substring(secret FOR length(%(mark)s)) <> %(mark)s "
        "ORDER BY id LIMIT %(most)s FOR UPDATE",
        {"org": tx.org_id, "after": after, "mark": mark, "most": most},
    )
    return [(id_, bytes(sealed)) for id_, sealed in rows]


async def set_secrets(tx: Tx, sealed: Mapping[UUID, bytes]) -> None:
    """Other sealed secrets of the same connections."""
    await tx.run(
        "UPDATE org_connections SET secret = n.sealed "
        "FROM unnest(%s::uuid[], %s::bytea[]) AS n (id, sealed) "
        "WHERE org_connections.org_id = %s AND org_connections.id = n.id",
        (list(sealed), list(sealed.values()), tx.org_id),
    )


async def organizations(database: Database) -> list[UUID]:
    """The organizations that have any connection."""
    found = await database.sweep(
        "organizations with connections", "SELECT DISTINCT org_id FROM org_connections ORDER BY org_id"
    )
    return [row[0] for row in found]
