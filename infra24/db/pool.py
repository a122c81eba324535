"""The pool of connections: opens transactions and commits them."""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from infra24 import roles
from infra24.db.transaction import (
    SYSTEM,
    Actor,
    DatabaseDown,
    OutcomeUnknown,
    Reader,
    Row,
    Statement,
    TransactionConflict,
    Tx,
)

log = logging.getLogger("infra24.db")

_NO_ORGANIZATION = UUID(int=0)
_KEEPALIVE = {
    "tcp_user_timeout": "30000",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "4",
}
"""After half a minute without a word from the server's machine a connection counts as lost; what a URL says
for itself stays."""

Flush = Callable[[Tx], list[Statement]]
"""The statements that write the side effects of a transaction, to send with its COMMIT."""


class Database:
    """A pool of connections that act as the application's role, which owns nothing (see roles.py)."""

    def __init__(
        self,
        url: str,
        *,
        flush: Flush,
        size: int = 10,
        timeout: float,
    ) -> None:
        self.url = url
        self._flush = flush
        kwargs: dict[str, Any] = {
            **{name: value for name, value in _KEEPALIVE.items() if name not in conninfo_to_dict(url)},
            "autocommit": True,
            "prepare_threshold": 0,
            "application_name": "infra24",
        }
        self.pool: AsyncConnectionPool[AsyncConnection[Row]] = AsyncConnectionPool(
            url,
            min_size=min(2, size),
            max_size=size,
            open=False,
            kwargs=kwargs,
            configure=roles.become_application,
            timeout=timeout,
        )

    async def open(self) -> None:
        await self.pool.open(wait=True)

    async def close(self) -> None:
        await self.pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[Row]]:
        """A connection outside any organization: it can read nothing that belongs to one."""
        try:
            async with self.pool.connection() as connection:
                yield connection
        except (PoolTimeout, psycopg.OperationalError) as error:
            if isinstance(error, psycopg.errors.DeadlockDetected | psycopg.errors.SerializationFailure):
                raise TransactionConflict() from error
            log.error("the database cannot be used: %s: %s", type(error).__name__, error)
            raise DatabaseDown() from error

    @asynccontextmanager
    async def transaction(self, org_id: UUID, by: Actor = SYSTEM) -> AsyncIterator[Tx]:
        """One transaction that sees one organization only; the audit says that `by` did what it changes.

        The tenant is set by the statement SET LOCAL (the function set_config is not carried to the
        workers of a sharded cluster). Raises DatabaseDown when there is no connection to be had, and
        OutcomeUnknown when it is lost while the COMMIT is under way.
        """
        async with self.connection() as connection:
            await connection.execute(_begin(org_id, b"BEGIN", by), prepare=False)
            tx = Tx(connection, org_id, by)
            try:
                yield tx
                await self._commit(tx)
            except BaseException:
                if not connection.closed:
                    await connection.execute(b"ROLLBACK", prepare=False)
                raise

    async def _commit(self, tx: Tx) -> None:
        """Commit; the side effects go along in the same round trip. Raises OutcomeUnknown."""
        statements = self._flush(tx)
        if not statements:
            async with _saving(tx.connection):
                await tx.connection.execute(b"COMMIT", prepare=False)
            return
        async with _saving(tx.connection), tx.connection.pipeline():
            for statement in statements:
                await tx.connection.execute(statement.query, statement.args, prepare=True)
            await tx.connection.execute(b"COMMIT", prepare=False)

    @asynccontextmanager
    async def read(self, org_id: UUID) -> AsyncIterator[Tx]:
        """Reads of one organization, each in a transaction of its own and one round trip."""
        async with self.connection() as connection:
            yield Reader(connection, org_id, _begin(org_id, b"BEGIN READ ONLY"))

    @asynccontextmanager
    async def accounts(self, by: Actor = SYSTEM) -> AsyncIterator[Tx]:
        """One transaction on accounts: people and how they prove who they are. It sees no bookings."""
        async with self.connection() as connection:
            begin = b"BEGIN; %b; SET LOCAL app.actor = '%b'" % (_as_accounts(connection), by.as_setting())
            await connection.execute(begin, prepare=False)
            tx = Tx(connection, _NO_ORGANIZATION, by)
            try:
                yield tx
                await self._commit(tx)
            except BaseException:
                if not connection.closed:
                    await connection.execute(b"ROLLBACK", prepare=False)
                raise

    @asynccontextmanager
    async def read_accounts(self) -> AsyncIterator[Tx]:
        """Reads of accounts, each in a transaction of its own and one round trip: who is asking?"""
        async with self.connection() as connection:
            yield Reader(connection, _NO_ORGANIZATION, b"BEGIN READ ONLY; " + _as_accounts(connection))

    async def sweep(
        self, name: str, query: LiteralString, args: Sequence[Any] | dict[str, Any] = ()
    ) -> list[Row]:
        """Read across organizations, as the role that may, leaving a row that says so."""
        async with self.connection() as connection, connection.transaction():
            sweep = roles.of_connection(connection).sweep
            await connection.execute(f"SET LOCAL ROLE {sweep}".encode(), prepare=False)
            cursor = await connection.execute(query, args)
            rows = await cursor.fetchall()
            await connection.execute("INSERT INTO sweeps (name, found) VALUES (%s, %s)", (name, len(rows)))
            return rows


def _as_accounts(connection: AsyncConnection[Row]) -> bytes:
    return f"SET LOCAL ROLE {roles.of_connection(connection).accounts}".encode()


@asynccontextmanager
async def _saving(connection: AsyncConnection[Row]) -> AsyncIterator[None]:
    """Around a COMMIT: when the connection is lost meanwhile, nobody can say whether it was done."""
    try:
        yield
    except psycopg.Error as error:
        if connection.closed:
            raise OutcomeUnknown() from error
        raise


def _begin(org_id: UUID, begin: bytes, by: Actor = SYSTEM) -> bytes:
    """Begin a transaction of one organization. A UUID is written in digits and hyphens only."""
    tenant = b"%b; SET LOCAL app.org_id = '%b'" % (begin, str(UUID(int=org_id.int)).encode())
    return tenant if by is SYSTEM else tenant + b"; SET LOCAL app.actor = '%b'" % by.as_setting()
