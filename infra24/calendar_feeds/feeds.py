"""Making, opening and revoking calendar feeds.

An address carries the organization, the feed and a proof over both. It can be shown again as often as wanted,
and opens nothing once the feed is revoked.
"""

import base64
from datetime import datetime
from uuid import UUID, uuid4

from infra24 import organizations, resources
from infra24.auth import Sign, Signer
from infra24.calendar_feeds import queries
from infra24.calendar_feeds.model import CalendarFeed, UnknownFeed
from infra24.db import Row, Tx
from infra24.errors import Message, ValidationFailed

_PURPOSE = "calendar feed"
_LONGEST = 100


async def create(
    tx: Tx, sign: Sign, resource_id: UUID | None, label: str, made_by: str, now: datetime
) -> CalendarFeed:
    """A feed of the bookings that use a resource, or are of an offer; None: of all bookings.

    Without a label it is called as the resource or the organization is. Raises UnknownResource and
    ValidationFailed.
    """
    if resource_id is not None:
        named = (await resources.get(tx, resource_id)).title
    else:
        named = (await organizations.get(tx)).name
    label = label or named[:_LONGEST]
    if len(label) > _LONGEST:
        raise ValidationFailed({"label": Message("say what it is for, in at most 100 characters")})
    id_ = uuid4()
    await queries.insert(tx, id_, resource_id, label, made_by, now)
    return CalendarFeed(id_, resource_id, label, made_by, now, None, _token(sign, tx.org_id, id_))


async def listed(tx: Tx, sign: Sign) -> list[CalendarFeed]:
    """The organization's feeds, those in use first, at most 500."""
    return [_feed(row, sign, tx.org_id) for row in await queries.listed(tx)]


async def revoke(tx: Tx, id_: UUID, now: datetime) -> None:
    """From now on its address opens nothing. Raises UnknownFeed."""
    if not await queries.revoke(tx, id_, now):
        raise UnknownFeed()


async def open_feed(tx: Tx, signer: Signer, token: str) -> CalendarFeed | None:
    """The feed of an address, or None: revoked, or never ours."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    facts, proof = raw[:32], raw[32:]
    if facts[:16] != tx.org_id.bytes or not signer.is_signed(_PURPOSE, facts, proof):
        return None
    row = await queries.get(tx, UUID(bytes=facts[16:]))
    found = _feed(row, signer.sign, tx.org_id) if row else None
    return found if found and found.revoked_at is None else None


def _feed(row: Row, sign: Sign, org_id: UUID) -> CalendarFeed:
    id_, of, label, made_by, created_at, revoked_at = row
    token = _token(sign, org_id, id_)
    return CalendarFeed(id_, of, label, made_by, created_at, revoked_at, token)


def _token(sign: Sign, org_id: UUID, id_: UUID) -> str:
    facts = org_id.bytes + id_.bytes
    return base64.urlsafe_b64encode(facts + sign(_PURPOSE, facts)).decode().rstrip("=")
