"""Founding an organization, and giving it keys: by the owner's role, from the command line."""

import re
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from babel import Locale, UnknownLocaleError
from psycopg.types.json import Jsonb

from infra24.errors import Message, ValidationFailed
from infra24.organizations.keys import new_key

RESERVED = frozenset(
    {
        "account",
        "admin",
        "api",
        "book",
        "bookings",
        "dashboard",
        "docs",
        "embed.js",
        "health",
        "inbox",
        "invitations",
    }
    | {"openapi.json", "sign-in", "sign-out", "static", "theme"}
)
"""What no organization can be called: these addresses are taken."""


def create(
    owner: psycopg.Connection[Any],
    *,
    slug: str,
    name: str,
    time_zone: str,
    locale: str = "en_US",
    currency: str = "USD",
    theme: dict[str, Any] | None = None,
) -> UUID | None:
    """A new organization; None when the slug is taken. Raises ValidationFailed."""
    check_facts(slug, time_zone, locale, currency)
    row = owner.execute(
        """
        INSERT INTO organizations (slug, name, time_zone, locale, currency, theme)
        VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (slug) DO NOTHING RETURNING id
        """,
        (slug, name, time_zone, locale, currency, Jsonb(theme or {})),
    ).fetchone()
    return row[0] if row else None


def check_facts(slug: str, time_zone: str, locale: str, currency: str) -> None:
    """Raises ValidationFailed facts that are not well written: slug, zone, locale, currency."""
    problems = {}
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", slug):
        problems["slug"] = Message("must contain only lowercase letters, digits and hyphens")
    elif slug in RESERVED:
        problems["slug"] = Message("%(slug)s is reserved", slug=repr(slug))
    if not re.fullmatch(r"[A-Z]{3}", currency):
        problems["currency"] = Message("must be three capital letters, such as EUR")
    try:
        ZoneInfo(time_zone)
    except (ValueError, OSError, KeyError):
        problems["zone"] = Message(
            "%(value)s is not a time zone; write an IANA name such as America/New_York",
            value=repr(time_zone),
        )
    try:
        if not re.fullmatch(r"[a-z]{2,3}(_[A-Z]{2})?", locale):
            raise ValueError(locale)
        Locale.parse(locale)
    except (ValueError, UnknownLocaleError):
        problems["locale"] = Message(
            "%(locale)s is not a locale; write language and territory, such as es_ES", locale=repr(locale)
        )
    if problems:
        raise ValidationFailed(problems)


def update(
    owner: psycopg.Connection[Any],
    slug: str,
    *,
    name: str,
    time_zone: str,
    locale: str,
    currency: str,
    theme: dict[str, Any],
) -> None:
    """Other facts for an organization that is there. Raises ValidationFailed for what is not well written."""
    check_facts(slug, time_zone, locale, currency)
    owner.execute(
        """
        UPDATE organizations SET name = %s, time_zone = %s, locale = %s, currency = %s, theme = %s
        WHERE slug = %s
        """,
        (name, time_zone, locale, currency, Jsonb(theme), slug),
    )


def id_of(owner: psycopg.Connection[Any], slug: str) -> UUID | None:
    """The id of an organization, or None when there is none of that name."""
    row = owner.execute("SELECT id FROM organizations WHERE slug = %s", (slug,)).fetchone()
    return row[0] if row else None


def facts_of(owner: psycopg.Connection[Any], slug: str) -> dict[str, Any]:
    """The facts that `update` changes, as they are."""
    names = ("name", "time_zone", "locale", "currency", "theme")
    row = owner.execute(
        "SELECT name, time_zone, locale, currency, theme FROM organizations WHERE slug = %s", (slug,)
    ).fetchone()
    return dict(zip(names, row or (None,) * len(names), strict=True))


def delete(owner: psycopg.Connection[Any], slug: str) -> None:
    """Take back an organization that was founded a moment ago and could not be furnished."""
    owner.execute("DELETE FROM organizations WHERE slug = %s", (slug,))


def issue_key(owner: psycopg.Connection[Any], slug: str, label: str) -> str | None:
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
