"""A transaction: what it reads and writes, and what goes with its COMMIT."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncClientCursor, AsyncConnection
from psycopg.rows import TupleRow

from infra24.errors import Unavailable

Row = TupleRow
_UNDO = "ROLLBACK TO SAVEPOINT attempt; RELEASE SAVEPOINT attempt"


class DatabaseDown(Unavailable):
    """The database cannot be reached. Nothing was changed; try again in a moment."""


class OutcomeUnknown(Unavailable):
    """The connection to the database was lost while saving: it may have been done. Retry with the same
    Idempotency-Key to do it only once; without a key, check first whether it was done."""


class TransactionConflict(Unavailable):
    """Another change was being saved at the same time. Nothing was changed; try again."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something, as audit and events have it: a user, a key, a booker, a visitor, the system."""

    kind: str
    id: str = ""
    name: str = ""
    address: str = ""

    def as_setting(self) -> bytes:
        """As the setting that the audit's triggers read: JSON in ASCII, without NUL, which jsonb refuses."""
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


@dataclass(frozen=True, slots=True)
class Job:
    """A task of the worker, its queue and its arguments, which are JSON: ids and short words, no secrets."""

    task: str
    queue: str
    args: dict[str, Any]


class Tx:
    """One open transaction of one organization, and its side effects: events, jobs, last statements.

    They are written with the COMMIT, and a savepoint undoes them with its rows. Events come last: their
    place in the organization's sequence is taken under a lock, which is then held only briefly.
    `actor` is who makes the changes. `remembers` is whether what is read may go into the process's cache:
    not once this transaction has changed the catalogue.
    """

    def __init__(self, connection: AsyncConnection[Row], org_id: UUID, actor: Actor = SYSTEM) -> None:
        self.connection = connection
        self.org_id = org_id
        self.actor = actor
        self.events: list[Any] = []
        self.jobs: list[Job] = []
        self.final_statements: list[Statement] = []
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

    async def run_together(self, statements: Sequence[Statement]) -> list[int]:
        """Run statements in their order and one round trip; how many rows each touched."""
        if len(statements) == 1:  # a pipeline costs the client more than a statement
            return [await self.run(statements[0].query, statements[0].args)]
        async with self.connection.pipeline():
            cursors = [await self.connection.execute(one.query, one.args, prepare=True) for one in statements]
        return [cursor.rowcount for cursor in cursors]

    async def row_after(self, first: Statement, then: Statement) -> Row | None:
        """Run `first` (it locks), then the first row of `then`, which sees what was committed until then; one
        round trip."""
        async with self.connection.pipeline():
            await self.connection.execute(first.query, first.args, prepare=True)
            cursor = await self.connection.execute(then.query, then.args, prepare=True, binary=True)
        return await cursor.fetchone()

    def append_event(self, event: Any) -> None:
        """Write an event with the COMMIT (see events.record)."""
        self.events.append(event)

    def enqueue(self, task: str, queue: str = "default", **args: Any) -> None:
        """Have the worker run a task once this has committed."""
        self.jobs.append(Job(task, queue, args))

    def run_last(self, statement: Statement) -> None:
        """Run a statement with the COMMIT; nothing in this transaction may read what it writes."""
        self.final_statements.append(statement)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part that can fail alone: its rows and side effects go when it raises."""
        lengths = [(kept, len(kept)) for kept in (self.events, self.jobs, self.final_statements)]
        await self.connection.execute("SAVEPOINT attempt", prepare=False)
        try:
            yield
        except BaseException:
            for kept, before in lengths:
                del kept[before:]
            await self.connection.execute(_UNDO, prepare=False)
            raise
        await self.connection.execute("RELEASE SAVEPOINT attempt", prepare=False)


class Reader(Tx):
    """Reads by themselves: each is one round trip with a read-only transaction of its own.

    For questions that one statement answers: when is it free, whose session is this. Parameters are bound by
    the client, because several statements travel as one text. It changes nothing and has no side effects.
    """

    def __init__(self, connection: AsyncConnection[Row], org_id: UUID, begin: bytes) -> None:
        super().__init__(connection, org_id)
        self._begin = begin

    async def row(self, query: LiteralString, args: Sequence[Any] | dict[str, Any] = ()) -> Row | None:
        cursor = await self._read(query, args)
        return await cursor.fetchone()

    async def rows(self, query: LiteralString, args: Sequence[Any] | dict[str, Any] = ()) -> list[Row]:
        cursor = await self._read(query, args)
        return await cursor.fetchall()

    async def run(self, query: LiteralString, args: Sequence[Any] | dict[str, Any] = ()) -> int:
        raise _only_reads()

    async def run_together(self, statements: Sequence[Statement]) -> list[int]:
        raise _only_reads()

    async def row_after(self, first: Statement, then: Statement) -> Row | None:
        raise _only_reads()

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        raise _only_reads()
        yield

    def append_event(self, event: Any) -> None:
        raise _only_reads()

    def enqueue(self, task: str, queue: str = "default", **args: Any) -> None:
        raise _only_reads()

    def run_last(self, statement: Statement) -> None:
        raise _only_reads()

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


def _only_reads() -> RuntimeError:
    return RuntimeError("a Reader only reads: open a transaction to change something")
