"""The pool and the transaction: the only place that begins, commits or rolls back."""

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import AsyncClientCursor, AsyncConnection
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from infra24 import roles
from infra24.errors import Unavailable

log = logging.getLogger("infra24.db")

Row = TupleRow
_NOBODY = UUID(int=0)
_KEEPALIVE = {
    "tcp_user_timeout": "30000",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "4",
}
"""After half a minute without a word from the server's machine a connection counts as lost; what a URL says
for itself stays."""
_UNDO = "ROLLBACK TO SAVEPOINT attempt; RELEASE SAVEPOINT attempt"


class DatabaseDown(Unavailable):
    """The database cannot be reached. Nothing was changed; try again in a moment."""


class OutcomeUnknown(Unavailable):
    """The connection to the database was lost while this was saved: it may have been done. Repeat it with
    the same Idempotency-Key, and it is done once; without a key, look first whether it is there."""


class TransactionConflict(Unavailable):
    """Too many changes met at once. Nothing was changed; try again."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something, as the audit writes it: a user, a key, a booker, a visitor, or the system."""

    kind: str
    id: str = ""
    name: str = ""
    address: str = ""

    def written(self) -> bytes:
        """As the setting that the audit's triggers read: JSON in ASCII, without the one character it bars."""
        facts = {"kind": self.kind, "id": self.id, "name": self.name, "address": self.address}
        plain = {key: value.replace("\0", "") for key, value in facts.items() if value}
        return json.dumps(plain).replace("'", "''").encode()


SYSTEM = Actor("system")


def like_pattern(text: str) -> str:
    """What LIKE takes for anything that has this text in it."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement and its parameters."""

    query: LiteralString
    args: dict[str, Any]


class Tx:
    """One open transaction of one organization, the events that it records and the e-mails that it causes.

    Events are kept until the end of the transaction, because their place in the organization's sequence
    is taken under a lock: whoever holds it must have nothing left to wait for. `remembers` is whether
    what is read may be remembered beyond the transaction: not after it changed what it reads.
    """

    def __init__(self, connection: AsyncConnection[Row], org_id: UUID) -> None:
        self.connection = connection
        self.org_id = org_id
        self.pending: list[Any] = []
        self.emails: list[Any] = []
        self.last: list[Statement] = []
        self.remembers = True

    async def rows(self, query: LiteralString, args: Sequence[Any] | dict[str, Any] = ()) -> list[Row]:
        """All rows of one statement."""
        cursor = await self.connection.execute(query, args, prepare=True, binary=True)
        return await cursor.fetchall()

    async def row(self, query: LiteralString, args: Sequence[Any] | dict[str, Any] = ()) -> Row | None:
        """The first row of one statement, or None."""
        cursor = await self.connection.execute(query, args, prepare=True, binary=True)
        return await cursor.fetchone()

    async def run(self, query: LiteralString, args: Sequence[Any] | dict[str, Any] = ()) -> int:
        """Run one statement; the number of rows that it touched."""
        cursor = await self.connection.execute(query, args, prepare=True)
        return cursor.rowcount

    async def row_after(self, first: Statement, then: Statement) -> Row | None:
        """The first row of a statement that sees what was committed until another ended; one round trip."""
        async with self.connection.pipeline():
            await self.connection.execute(first.query, first.args, prepare=True)
            cursor = await self.connection.execute(then.query, then.args, prepare=True, binary=True)
        return await cursor.fetchone()

    def run_last(self, statement: Statement) -> None:
        """Run a statement with the COMMIT; nothing in this transaction reads what it writes."""
        self.last.append(statement)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part that can fail alone: its rows, events, e-mails and last statements go when it raises."""
        written = [(kept, len(kept)) for kept in (self.pending, self.emails, self.last)]
        await self.connection.execute("SAVEPOINT attempt", prepare=False)
        try:
            yield
        except BaseException:
            for kept, before in written:
                del kept[before:]
            await self.connection.execute(_UNDO, prepare=False)
            raise
        await self.connection.execute("RELEASE SAVEPOINT attempt", prepare=False)


class Reader(Tx):
    """Reads of one organization without a transaction around them: each is one round trip, by itself.

    For the busiest question, "when is it free?", whose answer needs one statement. Parameters are bound
    by the client, because several statements travel as one text.
    """

    async def row(self, query: LiteralString, args: Sequence[Any] | dict[str, Any] = ()) -> Row | None:
        cursor = await self._read(query, args)
        return await cursor.fetchone()

    async def rows(self, query: LiteralString, args: Sequence[Any] | dict[str, Any] = ()) -> list[Row]:
        cursor = await self._read(query, args)
        return await cursor.fetchall()

    async def run(self, query: LiteralString, args: Sequence[Any] | dict[str, Any] = ()) -> int:
        raise RuntimeError("a glance only reads")

    def __init__(self, connection: AsyncConnection[Row], org_id: UUID, begin: bytes | None = None) -> None:
        super().__init__(connection, org_id)
        self._begin = begin or _begin(org_id, b"BEGIN READ ONLY")

    async def _read(
        self, query: LiteralString, args: Sequence[Any] | dict[str, Any]
    ) -> AsyncClientCursor[Row]:
        cursor = AsyncClientCursor(self.connection)
        text = self._begin + b"; " + query.encode() + b"; COMMIT"
        try:
            await cursor.execute(text, args)
        except BaseException:
            if not self.connection.closed:
                await self.connection.execute(b"ROLLBACK", prepare=False)
            raise
        cursor.nextset()  # past BEGIN
        cursor.nextset()  # past SET LOCAL: the tenant, or the role
        return cursor


Flush = Callable[[Tx], list[Statement]]
"""The statements that write the events of a transaction, to send with its COMMIT."""


class Database:
    """A pool of connections that act as the application's role, which owns nothing (see roles.py)."""

    def __init__(
        self,
        url: str,
        *,
        flush: Flush,
        send: Callable[[Tx], Awaitable[None]],
        size: int = 10,
        timeout: float,
    ) -> None:
        self.url = url
        self._flush, self._send = flush, send
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
            tx = Tx(connection, org_id)
            try:
                yield tx
                await self._commit(tx)
            except BaseException:
                if not connection.closed:
                    await connection.execute(b"ROLLBACK", prepare=False)
                raise

    async def _commit(self, tx: Tx) -> None:
        """Commit; the events go along in the same round trip. Raises OutcomeUnknown."""
        await self._send(tx)
        statements = [*tx.last, *(self._flush(tx) if tx.pending else [])]
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
            yield Reader(connection, org_id)

    @asynccontextmanager
    async def accounts(self, by: Actor = SYSTEM) -> AsyncIterator[Tx]:
        """One transaction on accounts: people and how they prove who they are. It sees no bookings."""
        async with self.connection() as connection:
            begin = b"BEGIN; %b; SET LOCAL app.actor = '%b'" % (_as_accounts(connection), by.written())
            await connection.execute(begin, prepare=False)
            try:
                yield Tx(connection, _NOBODY)
                async with _saving(connection):
                    await connection.execute(b"COMMIT", prepare=False)
            except BaseException:
                if not connection.closed:
                    await connection.execute(b"ROLLBACK", prepare=False)
                raise

    @asynccontextmanager
    async def read_accounts(self) -> AsyncIterator[Tx]:
        """Reads of accounts, each in a transaction of its own and one round trip: who is asking?"""
        async with self.connection() as connection:
            yield Reader(connection, _NOBODY, b"BEGIN READ ONLY; " + _as_accounts(connection))

    async def cross_tenant_read(
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
    return tenant if by is SYSTEM else tenant + b"; SET LOCAL app.actor = '%b'" % by.written()
