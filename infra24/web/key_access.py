"""Whose a key is: an organization's, or the installation's own."""

import secrets
from dataclasses import replace
from uuid import UUID

from infra24 import people, rate_limits
from infra24.db import Actor
from infra24.errors import Unauthenticated
from infra24.organizations import org_of_key
from infra24.rate_limits import RateLimited
from infra24.web.caller import Caller, Credentials, KeyRefused
from infra24.web.services import Services


class AdminKeyNeeded(Unauthenticated):
    """Send `Authorization: Bearer` with the key that ADMIN_API_KEY has on the server."""


async def caller_by_key(app: Services, shown: Credentials, asked: UUID | None, visitor: Caller) -> Caller:
    """Whose key it is. One of another organization is as somebody who does not belong here.

    Raises KeyRefused for what is no key of any, and RateLimited for who guesses.
    """
    key, now, address = shown.key or "", app.clock(), visitor.actor.address
    org_id = org_of_key(key)
    if org_id is None:
        raise KeyRefused()
    async with app.database.read_accounts() as tx:
        holder = await people.keys.holder(tx, org_id, key, now)
    if holder is None:
        await _count_bad_key(app, address)
        raise KeyRefused()
    if asked is not None and asked != org_id:
        return replace(visitor, org_id=asked, is_from_elsewhere=True)
    if holder.needs_touch:
        async with app.database.accounts() as tx:
            await people.keys.touch(tx, org_id, holder.id, now)
    actor = Actor("key", str(holder.id), holder.label, address)
    return Caller(actor, holder.scopes, org_id=org_id, credentials=shown)


async def check_admin_key(app: Services, shown: Credentials, address: str) -> None:
    """Raises AdminKeyNeeded for another key than the installation's, and RateLimited for who guesses."""
    key = app.settings.admin_api_key
    if key is not None and secrets.compare_digest(
        key.get_secret_value().encode(), (shown.key or "").encode()
    ):
        return
    await _count_bad_key(app, address)
    raise AdminKeyNeeded()


async def _count_bad_key(app: Services, address: str) -> None:
    """Raises RateLimited when too many wrong keys came from an address."""
    async with app.database.accounts() as tx:
        wait = await rate_limits.count_attempt(tx, "bad keys from an address", address, app.clock())
    if wait is not None:
        raise RateLimited("bad keys from an address", wait)
