"""Every SQL statement about accounts and what proves them. Their role sees no bookings."""

from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from infra24.db import Row, Tx
from infra24.people.model import Account, AuthenticatedUser, OrgAccess, SessionView
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


async def forget_sessions(tx: Tx, idle: datetime, begun: datetime) -> None:
    """Forget sessions that were not seen since one instant, or began before another."""
    await tx.run("DELETE FROM sessions WHERE seen_at < %s OR created_at < %s", (idle, begun))


async def begin_session(
    tx: Tx, user_id: UUID, token_hash: bytes, method: str, has_factor: bool, address: str, device: str,
    now: datetime,
) -> UUID:  # fmt: skip
    """A new session."""
    row = await tx.row(
        """
        INSERT INTO sessions (user_id, token_hash, method, has_factor, address, device, created_at, seen_at,
            proved_at) VALUES (%(user)s, %(hash)s, %(method)s, %(factor)s, %(address)s, %(device)s, %(now)s,
            %(now)s, %(now)s) RETURNING id
        """,
        {"user": user_id, "hash": token_hash, "method": method, "factor": has_factor, "address": address,
         "device": device, "now": now},
    )  # fmt: skip
    assert row is not None
    found: UUID = row[0]
    return found


async def knows_device(tx: Tx, user_id: UUID, device: str) -> bool:
    """Whether there is a session on such a device."""
    return bool(
        await tx.row("SELECT 1 FROM sessions WHERE user_id = %s AND device = %s LIMIT 1", (user_id, device))
    )


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


async def email_about_session(tx: Tx, session_id: UUID) -> Row | None:
    """What an e-mail about a sign-in says: address, locale, zone, device, network address, when."""
    return await tx.row(
        "SELECT u.email, u.locale, u.time_zone, s.device, s.address, s.created_at FROM sessions s "
        "JOIN users u ON u.id = s.user_id WHERE s.id = %s",
        (session_id,),
    )


async def session(tx: Tx, token_hash: bytes, idle: datetime, begun: datetime) -> AuthenticatedUser | None:
    """Whose session a token opens, with all their organizations: one statement."""
    row = await tx.row(
        """
        SELECT s.id, u.id, u.name, u.email, u.locale, u.time_zone, s.method, s.has_factor,
            u.totp_secret IS NOT NULL OR EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = u.id),
            u.password_hash IS NOT NULL, s.created_at, s.seen_at, s.proved_at,
            (SELECT coalesce(json_agg(json_build_array(o.id, o.slug, o.name, m.role,
                    o.settings ->> 'second_factor' = 'true') ORDER BY o.name), '[]')
                FROM memberships m JOIN organizations o ON o.id = m.org_id WHERE m.user_id = u.id)
        FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE s.token_hash = %s AND s.seen_at > %s AND s.created_at > %s
        """,
        (token_hash, idle, begun),
    )
    return _signed_in(row) if row else None


async def person_of_identity(tx: Tx, issuer: str, subject: str) -> AuthenticatedUser | None:
    """Who a provider's subject is here, as a session would say it that never proved anything to us."""
    row = await tx.row(
        """
        SELECT u.id, u.id, u.name, u.email, u.locale, u.time_zone, 'bearer', false, true,
            u.password_hash IS NOT NULL, u.created_at, u.created_at, to_timestamp(0),
            (SELECT coalesce(json_agg(json_build_array(o.id, o.slug, o.name, m.role,
                    o.settings ->> 'second_factor' = 'true') ORDER BY o.name), '[]')
                FROM memberships m JOIN organizations o ON o.id = m.org_id WHERE m.user_id = u.id)
        FROM identities i JOIN users u ON u.id = i.user_id WHERE i.issuer = %s AND i.subject = %s
        """,
        (issuer, subject),
    )
    return _signed_in(row) if row else None


async def touch_session(tx: Tx, session_id: UUID, org_id: UUID | None, now: datetime) -> None:
    """Note that a session, and a member of an organization, was here."""
    await tx.run(
        """
        WITH member AS (UPDATE memberships m SET seen_at = %(now)s FROM sessions s
            WHERE s.id = %(id)s AND m.user_id = s.user_id AND m.org_id = %(org)s)
        UPDATE sessions SET seen_at = %(now)s WHERE id = %(id)s
        """,
        {"id": session_id, "org": org_id, "now": now},
    )


async def rotate(tx: Tx, session_id: UUID, token_hash: bytes, has_factor: bool, now: datetime) -> None:
    """Another token for a session whose holder proved once more who they are."""
    await tx.run(
        "UPDATE sessions SET token_hash = %s, has_factor = has_factor OR %s, proved_at = %s, seen_at = %s "
        "WHERE id = %s",
        (token_hash, has_factor, now, now, session_id),
    )


async def sessions_of(tx: Tx, user_id: UUID, idle: datetime) -> list[SessionView]:
    """A person's sessions, last seen first."""
    rows = await tx.rows(
        "SELECT id, method, address, device, created_at, seen_at FROM sessions "
        "WHERE user_id = %s AND seen_at > %s ORDER BY seen_at DESC LIMIT 100",
        (user_id, idle),
    )
    return [SessionView(*row) for row in rows]


async def end_session(tx: Tx, user_id: UUID, session_id: UUID) -> bool:
    """End one session of a person; False when it is not theirs."""
    return await tx.run("DELETE FROM sessions WHERE id = %s AND user_id = %s", (session_id, user_id)) == 1


async def end_sessions(tx: Tx, user_id: UUID, but: UUID | None) -> int:
    """End a person's sessions, but for one; how many."""
    return await tx.run("DELETE FROM sessions WHERE user_id = %s AND id IS DISTINCT FROM %s", (user_id, but))


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


async def invitation_anywhere(tx: Tx, org_id: UUID, invitation_id: UUID, now: datetime) -> Row | None:
    """An open invitation with its organization's name: for the page that its link opens."""
    return await tx.row(
        """
        SELECT i.email, i.name, i.role, i.invited_by, o.slug, o.name, o.locale, i.expires_at
        FROM invitations i
        JOIN organizations o ON o.id = i.org_id
        WHERE i.org_id = %s AND i.id = %s AND i.ended_at IS NULL AND i.expires_at > %s
        """,
        (org_id, invitation_id, now),
    )


async def is_empty(tx: Tx) -> bool:
    """Whether nobody has an account yet."""
    row = await tx.row("SELECT NOT EXISTS (SELECT 1 FROM users)")
    return bool(row and row[0])


def _signed_in(row: Row) -> AuthenticatedUser:
    *facts, places = row
    listed = tuple(
        OrgAccess(UUID(id_), slug, name, Role(role), bool(asks)) for id_, slug, name, role, asks in places
    )
    known: tuple[Any, ...] = (*facts, listed)  # the statements have the order of the fields
    return AuthenticatedUser(*known)
