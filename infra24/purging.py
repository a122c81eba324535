"""Deleting what is old, of every organization, a batch a transaction: no lock is held long."""

from collections.abc import Awaitable, Callable, Iterable
from uuid import UUID

from infra24.db import Database, Tx

_BATCH = 5_000


async def purge(
    database: Database, org_ids: Iterable[UUID], delete: Callable[[Tx, int], Awaitable[int]]
) -> int:
    """Delete in these organizations until none is left; how many rows. `delete` takes so many at most."""
    count = 0
    for org_id in org_ids:
        deleted = _BATCH
        while deleted == _BATCH:
            async with database.transaction(org_id) as tx:
                deleted = await delete(tx, _BATCH)
            count += deleted
    return count
