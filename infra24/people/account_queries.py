"""Every SQL statement about accounts and what proves them. Their role sees no bookings."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from infra24.db import Row, Tx
from infra24.people.model import Account, OpenInvitation
from infra24.people.permissions import Role

_ACCOUNT: LiteralString = """
    SELECT u.id, u.email, u.name, u.password_hash, u.totp_secret, u.totp_step,
        (SELECT count(*)::int FROM passkeys p WHERE p.user_id = u.id), u.locked_until
    FROM users u
"""


async def by_email(tx: Tx, email: str) -> Account | None:
    """The account of an address."""
    row = await tx.row(_ACCOUNT + "WHERE u.email = %s", (email,))
    return Account(*row) if row else None


async def by_id(tx: Tx, user_id: UUID) -> Account | None:
    """One account."""
    row = await tx.row(_ACCOUNT + "WHERE u.id = %s", (user_id,))
    return Account(*row) if row else None


async def lock(tx: Tx, user_id: UUID) -> Account | None:
    """One account, which nobody else changes meanwhile."""
    await tx.run("SELECT 1 FROM users WHERE id = %s FOR UPDATE", (user_id,))
    return await by_id(tx, user_id)


async def insert(tx: Tx, email: str, name: str, now: datetime) -> UUID | None:
    """A new account, or None when the address has one."""
    row = await tx.row(
        "INSERT INTO users (email, name, created_at) VALUES (%s, %s, %s) "
        "ON CONFLICT (email) DO NOTHING RETURNING id",
        (email, name, now),
    )
    return row[0] if row else None


async def set_password(tx: Tx, user_id: UUID, password_hash: str) -> None:
    """Another password; what was counted against the old one is forgotten."""
    await tx.run(
        "UPDATE users SET password_hash = %s, failures = 0, locked_until = NULL WHERE id = %s",
        (password_hash, user_id),
    )


async def set_profile(tx: Tx, user_id: UUID, name: str, locale: str, time_zone: str) -> None:
    """What a person calls themselves, the language they read and the zone they live in."""
    await tx.run(
        """
        WITH everywhere AS (UPDATE memberships SET name = %(name)s WHERE user_id = %(id)s)
        UPDATE users SET name = %(name)s, locale = %(locale)s, time_zone = %(zone)s WHERE id = %(id)s
        """,
        {"id": user_id, "name": name, "locale": locale, "zone": time_zone},
    )


async def set_email(tx: Tx, user_id: UUID, email: str) -> None:
    """Another address, in the account and in each membership."""
    await tx.run(
        """
        WITH everywhere AS (UPDATE memberships SET email = %(email)s WHERE user_id = %(id)s)
        UPDATE users SET email = %(email)s WHERE id = %(id)s
        """,
        {"id": user_id, "email": email},
    )


async def fail(tx: Tx, user_id: UUID, most: int, until: datetime) -> None:
    """Count a wrong password; after so many the account is locked for a while."""
    await tx.run(
        """
        UPDATE users SET failures = CASE WHEN failures + 1 >= %(most)s THEN 0 ELSE failures + 1 END,
            locked_until = CASE WHEN failures + 1 >= %(most)s THEN %(until)s ELSE locked_until END
        WHERE id = %(id)s
        """,
        {"id": user_id, "most": most, "until": until},
    )


async def succeed(tx: Tx, user_id: UUID) -> None:
    """Forget the wrong passwords."""
    await tx.run("UPDATE users SET failures = 0, locked_until = NULL WHERE id = %s", (user_id,))


async def forget_links(tx: Tx, before: datetime) -> None:
    """Forget one-time links that were over before an instant."""
    await tx.run("DELETE FROM one_time_links WHERE expires_at < %s", (before,))


async def email_recipient(tx: Tx, user_id: UUID) -> Row | None:
    """The recipient of an e-mail: address, name, locale."""
    return await tx.row("SELECT email, name, locale FROM users WHERE id = %s", (user_id,))


async def email_about_link(tx: Tx, link_id: UUID) -> Row | None:
    """What an e-mail with a link says: address, name, locale, the account's address, when it is over."""
    return await tx.row(
        "SELECT l.email, u.name, u.locale, u.email, l.expires_at FROM one_time_links l "
        "JOIN users u ON u.id = l.user_id WHERE l.id = %s AND l.used_at IS NULL",
        (link_id,),
    )


async def add_link(
    tx: Tx, link_id: UUID, user_id: UUID, purpose: str, email: str, expires_at: datetime
) -> None:
    """A one-time link; those for the same purpose before it are over."""
    await tx.run(
        """
        WITH former AS (DELETE FROM one_time_links WHERE user_id = %(user)s AND purpose = %(purpose)s)
        INSERT INTO one_time_links (id, user_id, purpose, email, expires_at)
        VALUES (%(id)s, %(user)s, %(purpose)s, %(email)s, %(until)s)
        """,
        {"id": link_id, "user": user_id, "purpose": purpose, "email": email, "until": expires_at},
    )


async def end_links(tx: Tx, user_id: UUID) -> None:
    """The links that were sent to a person open nothing any more."""
    await tx.run("DELETE FROM one_time_links WHERE user_id = %s", (user_id,))


async def link(tx: Tx, link_id: UUID, now: datetime) -> Row | None:
    """A link that can still be used: user, purpose, address."""
    return await tx.row(
        "SELECT user_id, purpose, email FROM one_time_links "
        "WHERE id = %s AND used_at IS NULL AND expires_at > %s",
        (link_id, now),
    )


async def use_link(tx: Tx, link_id: UUID, now: datetime) -> Row | None:
    """Use a link, once: user, purpose, address."""
    return await tx.row(
        "UPDATE one_time_links SET used_at = %(now)s WHERE id = %(id)s AND used_at IS NULL "
        "AND expires_at > %(now)s RETURNING user_id, purpose, email",
        {"id": link_id, "now": now},
    )


async def add_identity(tx: Tx, issuer: str, subject: str, user_id: UUID, now: datetime) -> bool:
    """Remember as whom a provider knows a person; False when it knows someone by that name already."""
    return (
        await tx.run(
            "INSERT INTO identities (issuer, subject, user_id, created_at) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT DO NOTHING",
            (issuer, subject, user_id, now),
        )
        == 1
    )


async def identity_of(tx: Tx, issuer: str, subject: str) -> UUID | None:
    """The account behind a provider's subject."""
    row = await tx.row("SELECT user_id FROM identities WHERE issuer = %s AND subject = %s", (issuer, subject))
    return row[0] if row else None


async def identities_of(tx: Tx, user_id: UUID) -> list[Row]:
    """The providers by which a person can sign in: issuer, subject."""
    return await tx.rows(
        "SELECT issuer, subject FROM identities WHERE user_id = %s ORDER BY issuer", (user_id,)
    )


async def remove_identity(tx: Tx, user_id: UUID, issuer: str) -> bool:
    """Disconnect a provider; False when it was not connected."""
    return await tx.run("DELETE FROM identities WHERE user_id = %s AND issuer = %s", (user_id, issuer)) > 0


async def key(tx: Tx, org_id: UUID, key_hash: bytes) -> Row | None:
    """A key that is not revoked: id, label, scopes, last use."""
    return await tx.row(
        "SELECT id, label, scopes, last_used_at, key_hash FROM organization_keys "
        "WHERE org_id = %s AND key_hash = %s AND revoked_at IS NULL",
        (org_id, key_hash),
    )


async def touch_key(tx: Tx, org_id: UUID, key_id: UUID, now: datetime) -> None:
    """Note that a key was used."""
    await tx.run(
        "UPDATE organization_keys SET last_used_at = %s WHERE org_id = %s AND id = %s",
        (now, org_id, key_id),
    )


async def invitation_anywhere(
    tx: Tx, org_id: UUID, invitation_id: UUID, now: datetime
) -> OpenInvitation | None:
    """An open invitation of any organization."""
    row = await tx.row(
        """
        SELECT i.email, i.name, i.role, i.invited_by, o.slug, o.name, o.locale, i.expires_at
        FROM invitations i
        JOIN organizations o ON o.id = i.org_id
        WHERE i.org_id = %s AND i.id = %s AND i.ended_at IS NULL AND i.expires_at > %s
        """,
        (org_id, invitation_id, now),
    )
    return OpenInvitation(row[0], row[1], Role(row[2]), *row[3:]) if row else None


async def is_empty(tx: Tx) -> bool:
    """Whether nobody has an account yet."""
    row = await tx.row("SELECT NOT EXISTS (SELECT 1 FROM users)")
    return bool(row and row[0])
