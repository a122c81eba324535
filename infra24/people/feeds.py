"""Private calendar feeds: an address that calendar programs can read without signing in.

It carries the organization, the member and a proof over both and the number of the feed: whoever makes a new
number ends the former address, and so does leaving the organization.
"""

import base64
from uuid import UUID

from infra24.auth import Sign, Signer
from infra24.db import Tx
from infra24.people import queries
from infra24.people.model import Membership


async def address_of(tx: Tx, sign: Sign, user_id: UUID) -> str | None:
    """What stands in the address of a member's feed; None for who is no member."""
    number = await queries.feed(tx, user_id)
    return None if number is None else _written(sign, tx.org_id, user_id, number)


async def renew(tx: Tx, user_id: UUID) -> None:
    """Another address for a member's feed: the former opens nothing any more."""
    await queries.new_feed(tx, user_id)


def org_of(token: str) -> UUID | None:
    """The organization that an address names, before anything is proved."""
    raw = _read(token)
    return UUID(bytes=raw[:16]) if raw else None


async def open_feed(tx: Tx, signer: Signer, token: str) -> Membership | None:
    """The member whose feed it is, or None: gone, renewed, or never ours."""
    raw = _read(token)
    if raw is None:
        return None
    user_id = UUID(bytes=raw[16:32])
    number = await queries.feed(tx, user_id)
    if number is None:
        return None
    signed = raw[:16] == tx.org_id.bytes and signer.is_signed("feed", _said(raw[:32], number), raw[32:])
    return await queries.member(tx, user_id) if signed else None


def _written(sign: Sign, org_id: UUID, user_id: UUID, number: int) -> str:
    facts = org_id.bytes + user_id.bytes
    return base64.urlsafe_b64encode(facts + sign("feed", _said(facts, number))).decode().rstrip("=")


def _said(facts: bytes, number: int) -> bytes:
    return facts + number.to_bytes(4, "big")


def _read(token: str) -> bytes | None:
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    return raw if len(raw) == 64 else None
