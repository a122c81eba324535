"""Sessions: kept by the server, opened by a cookie, ended by anyone who owns the account."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from infra24 import mail, rate_limits
from infra24.db import Tx
from infra24.people import account_queries as queries
from infra24.people import session_queries
from infra24.people.model import AuthenticatedUser, SessionView

IDLE = timedelta(days=14)
"""A session that was not seen for so long is over."""
LONGEST = timedelta(days=90)
"""No session lasts longer, seen or not."""
REAUTH_WINDOW = timedelta(minutes=30)
"""For so long after they proved who they are, people may change how they prove it."""
_SEEN_AGAIN = timedelta(minutes=5)


async def begin(
    tx: Tx, user_id: UUID, *, method: str, has_factor: bool, address: str, device: str, now: datetime
) -> tuple[str, UUID]:
    """A fresh session, never one that a browser brought along: its token (256 random bits) and its id.

    A session on a device that the person has none on is told them by e-mail.
    """
    token, device = secrets.token_urlsafe(32), device[:300]
    is_new_device = not await session_queries.knows_device(tx, user_id, device)
    session_id = await session_queries.begin_session(
        tx, user_id, token_hash(token), method, has_factor, address, device, now
    )
    if is_new_device:
        mail.enqueue(tx, "new_sign_in", session=session_id)
    return token, session_id


async def open_session(tx: Tx, token: str, now: datetime) -> AuthenticatedUser | None:
    """Whose session a token opens; None when it is over or never was."""
    return await session_queries.session(tx, token_hash(token), now - IDLE, now - LONGEST)


def needs_touch(seen: AuthenticatedUser, now: datetime) -> bool:
    """Whether it is worth a write that this session was seen."""
    return now - seen.seen_at > _SEEN_AGAIN


def is_fresh(seen: AuthenticatedUser, now: datetime) -> bool:
    """Whether they proved lately enough who they are to change how they prove it."""
    return now - seen.authenticated_at <= REAUTH_WINDOW


async def rotate(tx: Tx, session_id: UUID, *, has_factor: bool, now: datetime) -> str:
    """Another token for a session whose holder proved once more who they are; the old one opens nothing."""
    token = secrets.token_urlsafe(32)
    await session_queries.rotate(tx, session_id, token_hash(token), has_factor, now)
    return token


async def listed(tx: Tx, user_id: UUID, now: datetime) -> list[SessionView]:
    """A person's sessions, last seen first."""
    return await session_queries.sessions_of(tx, user_id, now - IDLE)


async def touch(tx: Tx, session_id: UUID, org_id: UUID | None, now: datetime) -> None:
    """Note that a session was seen, and where: an organization of the person, or none."""
    await session_queries.touch_session(tx, session_id, org_id, now)


async def end(tx: Tx, user_id: UUID, session_id: UUID) -> bool:
    """End a session of a person; False when it is over already."""
    return await session_queries.end_session(tx, user_id, session_id)


async def delete_expired(tx: Tx, now: datetime) -> None:
    """Clear away what is over: sessions, links, counted attempts."""
    await session_queries.forget_sessions(tx, now - IDLE, now - LONGEST)
    await queries.forget_links(tx, now - timedelta(days=7))
    await rate_limits.delete_expired_attempts(tx, now)


def token_hash(token: str) -> bytes:
    """What is stored of a session's token."""
    return hashlib.sha256(token.encode()).digest()
