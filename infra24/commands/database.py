"""The database as a command uses it: opened for one piece of work, as whoever types commands."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

import psycopg

from infra24 import organizations
from infra24.app import open_database
from infra24.db import Actor, Database, Tx
from infra24.organizations import UnknownOrganization
from infra24.server import Urls
from infra24.settings import Settings

COMMAND_LINE = Actor("system", name="command line")
"""Whoever types commands, as the audit names them."""
_Made = TypeVar("_Made")


def with_database(settings: Settings, urls: Urls, work: Callable[[Database], Awaitable[_Made]]) -> _Made:
    """Open the database, do something, close it."""

    async def run() -> _Made:
        database = open_database(settings, urls.app)
        await database.open()
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def in_organization(
    settings: Settings, urls: Urls, org_id: UUID, work: Callable[[Tx], Awaitable[_Made]]
) -> _Made:
    """Do something in one transaction of one organization."""

    async def within(database: Database) -> _Made:
        async with database.transaction(org_id, COMMAND_LINE) as tx:
            return await work(tx)

    return with_database(settings, urls, within)


def organization_named(urls: Urls, slug: str) -> UUID:
    """The id of an organization. Raises UnknownOrganization."""
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        found = organizations.id_of(owner, slug)
    if found is None:
        raise UnknownOrganization()
    return found
