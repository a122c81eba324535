"""Founding an organization, and giving it keys: by the owner's role, from the command line."""

from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from infra24.organizations.keys import new_key


def found(
    owner: psycopg.Connection[Any],
    *,
    slug: str,
    name: str,
    time_zone: str,
    locale: str = "en_US",
    currency: str = "USD",
    theme: dict[str, Any] | None = None,
) -> UUID | None:
    """A new organization; None when the slug is taken. The caller has checked the zone."""
    row = owner.execute(
        """
        INSERT INTO organizations (slug, name, time_zone, locale, currency, theme)
        VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (slug) DO NOTHING RETURNING id
        """,
        (slug, name, time_zone, locale, currency, Jsonb(theme or {})),
    ).fetchone()
    return row[0] if row else None


def give_key(owner: psycopg.Connection[Any], slug: str, label: str) -> str | None:
    """A fresh key for an organization, shown this once; None when there is no such organization."""
    row = owner.execute("SELECT id FROM organizations WHERE slug = %s", (slug,)).fetchone()
    if row is None:
        return None
    key, key_hash = new_key(row[0])
    owner.execute(
        "INSERT INTO organization_keys (org_id, key_hash, label) VALUES (%s, %s, %s)",
        (row[0], key_hash, label),
    )
    return key
