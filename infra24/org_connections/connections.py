"""Connecting an organization to a service outside, and keeping the secret that opens it."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from infra24.auth import Batch, DecryptionFailed, SecretBox
from infra24.db import Database, Tx
from infra24.org_connections import queries
from infra24.org_connections.model import OrgConnection, UnknownConnection

_PURPOSE = "org connection"
_BATCH = 100

Secret = Mapping[str, str]
"""What opens a connection, by name: a password, or the tokens of an authorization."""


async def connect(
    tx: Tx,
    seals: SecretBox,
    kind: str,
    label: str,
    settings: Mapping[str, Any],
    secret: Secret | None,
    now: datetime,
) -> OrgConnection:
    """Keep a connection. Its secret opens for this connection of this organization only."""
    made = OrgConnection(uuid4(), kind, label, settings, secret is not None, now, now)
    sealed = None if secret is None else _sealed(tx, seals, made.id, secret)
    await queries.insert(tx, made, sealed)
    return made


async def change(
    tx: Tx,
    seals: SecretBox,
    id_: UUID,
    *,
    now: datetime,
    label: str | None = None,
    settings: Mapping[str, Any] | None = None,
    secret: Secret | None = None,
) -> OrgConnection:
    """Another label, other settings, another secret; what is left out stays. Raises UnknownConnection."""
    sealed = None if secret is None else _sealed(tx, seals, id_, secret)
    if not await queries.update(tx, id_, label, settings, sealed, now):
        raise UnknownConnection()
    return await get(tx, id_)


async def disconnect(tx: Tx, id_: UUID) -> None:
    """Forget a connection and its secret. Raises UnknownConnection."""
    if not await queries.delete(tx, id_):
        raise UnknownConnection()


async def get(tx: Tx, id_: UUID) -> OrgConnection:
    """One connection. Raises UnknownConnection."""
    found = await queries.one(tx, id_)
    if found is None:
        raise UnknownConnection()
    return found


async def listed(tx: Tx, kinds: Sequence[str] | None = None) -> list[OrgConnection]:
    """The organization's connections of these kinds, or all of them, by label."""
    return await queries.listed(tx, kinds)


async def secret_of(tx: Tx, seals: SecretBox, id_: UUID) -> dict[str, str]:
    """What opens a connection. Raises UnknownConnection where there is none or it has no secret, and
    DecryptionFailed where it was sealed elsewhere."""
    sealed = await queries.secret(tx, id_)
    if sealed is None:
        raise UnknownConnection()
    opened: dict[str, str] = json.loads(seals.unseal(sealed, _PURPOSE, _about(tx, id_)))
    return opened


async def seal_secrets_anew(database: Database, seals: SecretBox) -> AsyncIterator[Batch]:
    """Seal anew the secrets that an earlier key sealed, in batches; what no key opens stays as it is.

    Begun again, it goes on where it was.
    """
    for org_id in await queries.organizations(database):
        after = UUID(int=0)
        while True:
            async with database.transaction(org_id) as tx:
                found = await queries.sealed_otherwise(tx, seals.mark, after, _BATCH)
                anew: dict[UUID, bytes] = {}
                for id_, sealed in found:
                    with suppress(DecryptionFailed):
                        anew[id_] = seals.seal_anew(sealed, _PURPOSE, _about(tx, id_))
                await queries.set_secrets(tx, anew)
            if not found:
                break
            after = found[-1][0]
            yield Batch(len(anew), len(found) - len(anew))


def _sealed(tx: Tx, seals: SecretBox, id_: UUID, secret: Secret) -> bytes:
    return seals.seal(json.dumps(dict(secret)).encode(), _PURPOSE, _about(tx, id_))


def _about(tx: Tx, id_: UUID) -> bytes:
    return tx.org_id.bytes + id_.bytes
