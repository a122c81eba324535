"""Deleting deliveries that were done long ago."""

from datetime import datetime

from infra24.db import Database
from infra24.purging import purge
from infra24.webhooks import queries
from infra24.webhooks.model import KEPT


async def delete_old(database: Database, now: datetime) -> int:
    """Delete what was done 30 days ago, with its attempts; how many deliveries."""
    before = now - KEPT
    found = await queries.organizations_with_old(database, before)
    return await purge(database, found, lambda tx, most: queries.delete_done(tx, before, most))
