"""Deleting deliveries that were done long ago."""

from datetime import datetime

from infra24.db import Database
from infra24.webhooks import queries
from infra24.webhooks.model import KEPT

_BATCH = 5_000


async def delete_old(database: Database, now: datetime) -> int:
    """Delete what was done 30 days ago, with its attempts, a batch a transaction; how many deliveries."""
    before, count = now - KEPT, 0
    for org_id in await queries.organizations_with_old(database, before):
        deleted = _BATCH
        while deleted == _BATCH:
            async with database.transaction(org_id) as tx:
                deleted = await queries.delete_done(tx, before, _BATCH)
            count += deleted
    return count
