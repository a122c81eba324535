"""Every SQL statement about organizations, their locations and keys."""

from collections.abc import Sequence
from datetime import date
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from infra24.db import Row, Tx
from infra24.organizations.model import Location, Organization


async def find(connection: AsyncConnection[Row], wanted: str) -> Organization | None:
    """One organization by slug or id."""
    return await _one(
        connection,
        "SELECT id, slug, name, time_zone, locale, currency, theme, settings, logo_type "
        "FROM organizations WHERE slug = %(w)s OR id::text = %(w)s",
        {"w": wanted},
    )


async def listed(connection: AsyncConnection[Row]) -> list[Organization]:
    """All organizations, by name."""
    async with connection.cursor(row_factory=class_row(Organization)) as cursor:
        await cursor.execute(
            "SELECT id, slug, name, time_zone, locale, currency, theme, settings, "
            "logo_type FROM organizations ORDER BY name"
        )
        return await cursor.fetchall()


async def org_of_resource(connection: AsyncConnection[Row], resource_id: UUID) -> UUID | None:
    """The organization of a resource, for addresses that name only the resource."""
    cursor = await connection.execute("SELECT organization_of_resource(%s)", (resource_id,))
    row = await cursor.fetchone()
    return row[0] if row else None


async def locations(tx: Tx) -> list[Location]:
    """The locations, by name."""
    rows = await tx.rows(
        "SELECT id, name, address FROM locations WHERE org_id = %s ORDER BY name", (tx.org_id,)
    )
    return [Location(*row) for row in rows]


async def add_location(tx: Tx, name: str, address: str) -> Location | None:
    """A new location, or None when the name is taken."""
    row = await tx.row(
        """
        INSERT INTO locations (org_id, name, address) VALUES (%s, %s, %s)
        ON CONFLICT (org_id, name) DO NOTHING RETURNING id, name, address
        """,
        (tx.org_id, name, address),
    )
    return Location(*row) if row else None


async def _one(
    connection: AsyncConnection[Row], query: LiteralString, args: dict[str, Any]
) -> Organization | None:
    async with connection.cursor(row_factory=class_row(Organization)) as cursor:
        await cursor.execute(query, args)
        return await cursor.fetchone()


async def holiday_countries(tx: Tx) -> list[Row]:
    """The countries whose holidays are kept: code and subdivision."""
    return await tx.rows(
        "SELECT country, subdivision FROM holiday_calendars WHERE org_id = %s ORDER BY 1, 2", (tx.org_id,)
    )


async def holidays(tx: Tx) -> list[Row]:
    """The organization's own days: date, name, and whether it is closed."""
    return await tx.rows(
        "SELECT held_on, name, is_closed FROM holidays WHERE org_id = %s ORDER BY held_on", (tx.org_id,)
    )


async def set_holidays(
    tx: Tx, countries: Sequence[tuple[str, str]], days: Sequence[tuple[date, str, bool]]
) -> None:
    """Exactly these countries and days."""
    await tx.run("DELETE FROM holiday_calendars WHERE org_id = %s", (tx.org_id,))
    await tx.run("DELETE FROM holidays WHERE org_id = %s", (tx.org_id,))
    await tx.run(
        "INSERT INTO holiday_calendars (org_id, country, subdivision) "
        "SELECT %s, * FROM unnest(%s::text[], %s::text[]) RETURNING 1",
        (tx.org_id, [c for c, _ in countries], [s for _, s in countries]),
    )
    await tx.run(
        "INSERT INTO holidays (org_id, held_on, name, is_closed) "
        "SELECT %s, * FROM unnest(%s::date[], %s::text[], %s::boolean[]) RETURNING 1",
        (tx.org_id, [d[0] for d in days], [d[1] for d in days], [d[2] for d in days]),
    )


async def change(tx: Tx, wanted: dict[str, Any]) -> None:
    """What the organization says of itself."""
    await tx.run(
        """
        UPDATE organizations SET name = %(name)s, time_zone = %(time_zone)s, locale = %(locale)s,
            theme = %(theme)s, settings = %(settings)s WHERE id = %(org)s
        """,
        {
            **wanted,
            "theme": Jsonb(wanted["theme"]),
            "settings": Jsonb(wanted["settings"]),
            "org": tx.org_id,
        },
    )


async def set_logo(tx: Tx, picture: bytes | None, kind: str) -> None:
    """Another logo, or none."""
    await tx.run(
        "UPDATE organizations SET logo = %s, logo_type = %s WHERE id = %s", (picture, kind, tx.org_id)
    )


async def logo(tx: Tx) -> tuple[bytes, str] | None:
    """The logo and its media type."""
    row = await tx.row("SELECT logo, logo_type FROM organizations WHERE id = %s", (tx.org_id,))
    return (bytes(row[0]), row[1]) if row and row[0] is not None else None
