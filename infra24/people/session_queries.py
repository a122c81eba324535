"""SQL of sessions: who is signed in, since when, on which device."""

from datetime import datetime
from typing import Any
from uuid import UUID

from infra24.db import Row, Tx
from infra24.people.model import AuthenticatedUser, OrgAccess, SessionView
from infra24.people.permissions import Role


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


def _signed_in(row: Row) -> AuthenticatedUser:
    *facts, places = row
    listed = tuple(
        OrgAccess(UUID(id_), slug, name, Role(role), bool(asks)) for id_, slug, name, role, asks in places
    )
    known: tuple[Any, ...] = (*facts, listed)  # the statements have the order of the fields
    return AuthenticatedUser(*known)
