"""Deleting notifications that were done long ago."""

from datetime import datetime, timedelta

from infra24.db import Database
from infra24.notifications import queries

KEPT = timedelta(days=400)
"""How long it is kept who was told what: a year, and what one looks back for."""
_BATCH = 5_000


async def delete_old(database: Database, now: datetime) -> int:
    """Delete what was done 400 days ago, a batch a transaction; how many."""
    before, count = now - KEPT, 0
    for org_id in await queries.organizations_with_old(database, before):
        deleted = _BATCH
        while deleted == _BATCH:
            async with database.transaction(org_id) as tx:
                deleted = await queries.delete_done(tx, before, _BATCH)
            count += deleted
    return count
