"""Whether this installation works: the database answers and can write. Looked at every few seconds."""

import asyncio
import logging

import psycopg

from infra24.db import Database
from infra24.errors import Unavailable
from infra24.web import health_queries

log = logging.getLogger("infra24.web.health")

_EVERY = 5.0


class CannotWrite(Unavailable):
    """The database answers, and nothing can be written. See its log: the disk may be full."""


class Health:
    """What the last look found, for some seconds: many who ask cost one write."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._looking = asyncio.Lock()
        self._found: Unavailable | None = None
        self._until = 0.0

    async def check(self) -> None:
        """Raises DatabaseDown or CannotWrite."""
        async with self._looking:
            now = asyncio.get_running_loop().time()
            if now >= self._until:
                self._found = await self._look()
                self._until = now + _EVERY
        if self._found is not None:
            raise type(self._found)()

    async def _look(self) -> Unavailable | None:
        try:
            async with self.database.connection() as connection:
                try:
                    await health_queries.try_writing(connection)
                except psycopg.Error as error:
                    if connection.closed:
                        raise
                    log.error("the database cannot write: %s", error)
                    return CannotWrite()
        except Unavailable as down:
            return down
        return None
