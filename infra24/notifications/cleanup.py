"""Deleting notifications that were done long ago."""

from datetime import datetime, timedelta

from infra24.db import Database
from infra24.notifications import queries
from infra24.purging import purge

KEPT = timedelta(days=400)
"""How long it is kept who was told what: a year, and what one looks back for."""


async def delete_old(database: Database, now: datetime) -> int:
    """Delete what was done 400 days ago; how many."""
    before = now - KEPT
    found = await queries.organizations_with_old(database, before)
    return await purge(database, found, lambda tx, most: queries.delete_done(tx, before, most))
