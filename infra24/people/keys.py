"""API keys: they carry scopes, are shown once, stored hashed, and say when they were last used."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from infra24 import organizations
from infra24.db import Tx
from infra24.errors import Message, NotFound, ValidationFailed
from infra24.people import account_queries, queries
from infra24.people.model import ApiKey
from infra24.people.permissions import KEY_SCOPES, Scope, scopes_of_key

_SEEN_AGAIN = timedelta(minutes=1)


class UnknownKey(NotFound):
    """There is no such key, or it was revoked already."""


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """What a key says of whoever holds it. `needs_touch`: its last use is worth a write."""

    id: UUID
    label: str
    scopes: frozenset[Scope]
    needs_touch: bool


async def make(tx: Tx, label: str, scopes: Sequence[str], made_by: str, now: datetime) -> str:
    """A fresh key, shown this once. Raises ValidationFailed."""
    problems = {}
    if not 1 <= len(label) <= 100:
        problems["label"] = Message("say what it is for, in at most 100 characters")
    unknown = [scope for scope in scopes if scope not in KEY_SCOPES]
    if unknown or not scopes:
        problems["scopes"] = Message("choose from %(known)s", known=", ".join(KEY_SCOPES))
    if problems:
        raise ValidationFailed(problems)
    key, key_hash = organizations.new_key(tx.org_id)
    await queries.add_key(tx, key_hash, label, sorted(set(scopes)), made_by, now)
    return key


async def listed(tx: Tx) -> list[ApiKey]:
    """The organization's keys, without what they open with."""
    return await queries.keys(tx)


async def revoke(tx: Tx, key_id: UUID, now: datetime) -> None:
    """From now on it opens nothing. Raises UnknownKey."""
    if not await queries.revoke_key(tx, key_id, now):
        raise UnknownKey()


async def holder(tx: Tx, org_id: UUID, key: str, now: datetime) -> KeyHolder | None:
    """What a key opens, or None. `tx` is one on accounts."""
    wanted = organizations.hash_of(key)
    row = await account_queries.key(tx, org_id, wanted)
    if row is None or not hmac.compare_digest(bytes(row[4]), wanted):
        return None
    id_, label, scopes, last_used_at, _ = row
    is_news = last_used_at is None or now - last_used_at > _SEEN_AGAIN
    return KeyHolder(id_, label, scopes_of_key(scopes), is_news)


async def touch(tx: Tx, org_id: UUID, key_id: UUID, now: datetime) -> None:
    """Note that a key was used. `tx` is one on accounts."""
    await account_queries.touch_key(tx, org_id, key_id, now)
