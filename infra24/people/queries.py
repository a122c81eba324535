"""Every SQL statement about the people of one organization: members, invitations, keys, requests."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from infra24.db import Tx
from infra24.people.model import ApiKey, Invitation, Membership
from infra24.people.permissions import Role


async def members(tx: Tx, text: str | None = None) -> list[Membership]:
    """Everyone who belongs here, by name."""
    rows = await tx.rows(
        """
        SELECT user_id, role, name, email, joined_at, seen_at FROM memberships
        WHERE org_id = %(org)s AND (%(text)s::text IS NULL OR name ILIKE %(text)s OR email ILIKE %(text)s)
        ORDER BY array_position(ARRAY['owner', 'admin', 'staff', 'host', 'instructor', 'resident_artist',
            'member'], role), name LIMIT 2000
        """,
        {"org": tx.org_id, "text": text},
    )
    return [Membership(row[0], Role(row[1]), *row[2:]) for row in rows]


async def member(tx: Tx, user_id: UUID, *, lock: bool = False) -> Membership | None:
    """One member."""
    if lock:  # who changes roles waits for each other: an organization keeps an owner
        await tx.run(
            "SELECT 1 FROM memberships WHERE org_id = %s AND (role = 'owner' OR user_id = %s) "
            "ORDER BY user_id FOR UPDATE",
            (tx.org_id, user_id),
        )
    row = await tx.row(
        "SELECT user_id, role, name, email, joined_at, seen_at FROM memberships "
        "WHERE org_id = %s AND user_id = %s",
        (tx.org_id, user_id),
    )
    return Membership(row[0], Role(row[1]), *row[2:]) if row else None


async def owners(tx: Tx) -> int:
    """How many owners there are."""
    row = await tx.row(
        "SELECT count(*)::int FROM memberships WHERE org_id = %s AND role = 'owner'", (tx.org_id,)
    )
    return int(row[0]) if row else 0


async def is_member(tx: Tx, email: str) -> bool:
    """Whether someone with this address is a member."""
    return bool(
        await tx.row("SELECT 1 FROM memberships WHERE org_id = %s AND email = %s", (tx.org_id, email))
    )


async def add_member(tx: Tx, user_id: UUID, role: Role, name: str, email: str, now: datetime) -> bool:
    """One member more; False when they are one already."""
    return (
        await tx.run(
            """
        INSERT INTO memberships (org_id, user_id, role, name, email, joined_at)
        VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
        """,
            (tx.org_id, user_id, role, name, email, now),
        )
        == 1
    )


async def set_role(tx: Tx, user_id: UUID, role: Role) -> None:
    """Another role."""
    await tx.run(
        "UPDATE memberships SET role = %s WHERE org_id = %s AND user_id = %s", (role, tx.org_id, user_id)
    )


async def remove_member(tx: Tx, user_id: UUID) -> None:
    """They leave."""
    await tx.run("DELETE FROM memberships WHERE org_id = %s AND user_id = %s", (tx.org_id, user_id))


async def invite(tx: Tx, wanted: Invitation) -> bool:
    """A new invitation; one that stood open for the same address is over."""
    await tx.run(
        "UPDATE invitations SET ended_at = %s WHERE org_id = %s AND email = %s AND ended_at IS NULL",
        (wanted.created_at, tx.org_id, wanted.email),
    )
    return (
        await tx.run(
            """
        INSERT INTO invitations (org_id, id, email, name, role, invited_by, created_at, expires_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
        """,
            (tx.org_id, wanted.id, wanted.email, wanted.name, wanted.role, wanted.invited_by,
             wanted.created_at, wanted.expires_at),
        )
        == 1
    )  # fmt: skip


async def invitations(tx: Tx, now: datetime) -> list[Invitation]:
    """The invitations that stand open, newest first."""
    rows = await tx.rows(
        "SELECT id, email, name, role, invited_by, created_at, expires_at FROM invitations "
        "WHERE org_id = %s AND ended_at IS NULL AND expires_at > %s ORDER BY created_at DESC LIMIT 500",
        (tx.org_id, now),
    )
    return [Invitation(row[0], row[1], row[2], Role(row[3]), *row[4:]) for row in rows]


async def end_invitation(tx: Tx, invitation_id: UUID, now: datetime) -> Invitation | None:
    """Accept an invitation or take it back, once."""
    row = await tx.row(
        """
        UPDATE invitations SET ended_at = %(now)s WHERE org_id = %(org)s AND id = %(id)s
            AND ended_at IS NULL AND expires_at > %(now)s
        RETURNING id, email, name, role, invited_by, created_at, expires_at
        """,
        {"org": tx.org_id, "id": invitation_id, "now": now},
    )
    return Invitation(row[0], row[1], row[2], Role(row[3]), *row[4:]) if row else None


async def keys(tx: Tx) -> list[ApiKey]:
    """All keys, newest first."""
    rows = await tx.rows(
        "SELECT id, label, scopes, made_by, created_at, last_used_at, revoked_at FROM organization_keys "
        "WHERE org_id = %s ORDER BY revoked_at IS NOT NULL, created_at DESC LIMIT 500",
        (tx.org_id,),
    )
    return [ApiKey(*row) for row in rows]


async def add_key(
    tx: Tx, key_hash: bytes, label: str, scopes: Sequence[str], made_by: str, now: datetime
) -> None:
    """One key more."""
    await tx.run(
        "INSERT INTO organization_keys (org_id, key_hash, label, scopes, made_by, created_at) "
        "VALUES (%s, %s, %s, %s, %s, %s)",
        (tx.org_id, key_hash, label, list(scopes), made_by, now),
    )


async def revoke_key(tx: Tx, key_id: UUID, now: datetime) -> bool:
    """From now on it opens nothing; False when there is none that did."""
    return (
        await tx.run(
            "UPDATE organization_keys SET revoked_at = %s WHERE org_id = %s AND id = %s "
            "AND revoked_at IS NULL",
            (now, tx.org_id, key_id),
        )
        == 1
    )


async def feed(tx: Tx, user_id: UUID) -> int | None:
    """The number of a member's private calendar feed."""
    row = await tx.row(
        "SELECT feed FROM memberships WHERE org_id = %s AND user_id = %s", (tx.org_id, user_id)
    )
    return int(row[0]) if row else None


async def new_feed(tx: Tx, user_id: UUID) -> None:
    """Another number for it: the former address opens nothing any more."""
    await tx.run(
        "UPDATE memberships SET feed = feed + 1 WHERE org_id = %s AND user_id = %s", (tx.org_id, user_id)
    )
