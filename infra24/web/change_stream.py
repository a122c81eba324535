"""Tells open pages that something changed: one look a second per organization, however many watch."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Protocol
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from infra24 import events
from infra24.capacity import Capacity
from infra24.db import Database, Tx
from infra24.errors import TooMany, Unavailable
from infra24.events import Recorded
from infra24.rate_limits import network_prefix

_EVERY = 1.0
_PING = 15.0
_LONGEST = 300.0
_MOST = 1_000


class Subject(Protocol):
    """What some pages watch; those of one key share one."""

    @property
    def key(self) -> UUID | None: ...

    async def touched(self, tx: Tx, recorded: Sequence[Recorded]) -> bool:
        """Whether these events are about it."""


class Anything:
    """All that happens in an organization."""

    key = None

    async def touched(self, tx: Tx, recorded: Sequence[Recorded]) -> bool:
        """Always."""
        return True


class _Watched:
    """A subject, how many watch it, and what wakes them."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.count = 0
        self.changed = asyncio.Event()

    def tell(self) -> None:
        told, self.changed = self.changed, asyncio.Event()
        told.set()


class TooManyStreams(Unavailable):
    """Too many live pages are open right now, so this one cannot update. Reload it to see changes."""


class TooManyStreamsFromHere(TooMany):
    """Too many live pages are open from your network, so this one cannot update. Reload it to see changes."""


class ChangeStream:
    """Follows the events of the organizations that someone is watching, for as many as there is room."""

    def __init__(self, database: Database, capacity: Capacity) -> None:
        self.database, self.capacity = database, capacity
        self.streams: Counter[str] = Counter()
        self._watching: dict[UUID, dict[UUID | None, _Watched]] = {}
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._seen: dict[UUID, int] = {}

    async def changes(
        self, org_id: UUID, subject: Subject, after: int | None = None
    ) -> AsyncIterator[int | None]:
        """The place of the newest event whenever something happened to it; now and then None, a sign of life.

        What happened after the given place, before this line was open, is told first.
        """
        here = self._watching.setdefault(org_id, {})
        watched = here.setdefault(subject.key, _Watched(subject))
        watched.count += 1
        changed = watched.changed
        late = org_id in self._tasks  # others are told of what is new: what this one missed is looked up
        if not late:
            self._tasks[org_id] = asyncio.create_task(self._follow(org_id, after))
        try:
            if late and after is not None and (missed := await self._missed(org_id, subject, after)):
                yield missed
            while True:
                try:
                    async with asyncio.timeout(_PING):
                        await changed.wait()
                    changed = watched.changed  # before the page is told: what happens meanwhile is told next
                    yield self._seen[org_id]
                except TimeoutError:
                    yield None
        finally:
            self._leave(org_id, watched)

    def stream(
        self,
        org_id: UUID,
        event: str,
        retry_ms: int,
        address: str,
        subject: Subject,
        after: int | None = None,
    ) -> Response:
        """An answer that goes on: a server-sent event of that name whenever something happened to it.

        It begins after this place of the organization's events, or else now.
        Raises TooManyStreams and TooManyStreamsFromHere.
        """
        network = network_prefix(address)
        if self.streams.total() >= self.capacity.streams:
            raise TooManyStreams()
        if self.streams[network] >= self.capacity.streams_per_address:
            raise TooManyStreamsFromHere()

        async def lines() -> AsyncIterator[bytes]:
            yield f"retry: {retry_ms}\n\n".encode()
            until = asyncio.get_running_loop().time() + _LONGEST
            async for place in self.changes(org_id, subject, after):
                yield b": still here\n\n" if place is None else _line(event, place)
                if asyncio.get_running_loop().time() > until:
                    return  # the page asks again, and is let in again or not

        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return _Stream(self.streams, network, lines(), headers)

    async def close(self) -> None:
        """Stop following."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _leave(self, org_id: UUID, watched: _Watched) -> None:
        here = self._watching[org_id]
        watched.count -= 1
        if not watched.count:
            del here[watched.subject.key]
        if not here:
            del self._watching[org_id]
            self._seen.pop(org_id, None)
            self._tasks.pop(org_id).cancel()

    async def _missed(self, org_id: UUID, subject: Subject, after: int) -> int | None:
        """The place of the newest event after this one, of at most 1,000, if they are about it."""
        with suppress(Unavailable):
            async with self.database.transaction(org_id) as tx:
                recorded = await events.after(tx, after, _MOST)
                return recorded[-1].seq if recorded and await subject.touched(tx, recorded) else None
        return after  # it cannot be known: the page looks again

    async def _follow(self, org_id: UUID, after: int | None) -> None:
        while True:
            with suppress(Unavailable):
                async with self.database.transaction(org_id) as tx:
                    if org_id not in self._seen:
                        head = await events.head(
                            tx
                        )  # no page can know of later ones: an address is typed by anyone
                        self._seen[org_id] = head if after is None else min(after, head)
                    await self._tell(tx)
            await asyncio.sleep(_EVERY)

    async def _tell(self, tx: Tx) -> None:
        """Wake whoever watches what happened since the last look."""
        recorded = await events.after(tx, self._seen[tx.org_id], _MOST)
        if not recorded:
            return
        watching = list(self._watching.get(tx.org_id, {}).values())
        touched = [watched for watched in watching if await watched.subject.touched(tx, recorded)]
        self._seen[tx.org_id] = recorded[-1].seq
        for watched in touched:
            watched.tell()


def place_of(request: Request) -> int | None:
    """Of the last event that a page had, as the browser says it after a cut or else as the address does."""
    said = request.headers.get("last-event-id") or request.query_params.get("after", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else None


def _line(event: str, place: int) -> bytes:
    return f"id: {place}\nevent: {event}\ndata: 1\n\n".encode()


class _Stream(StreamingResponse):
    """An answer that goes on, counted with the others from its network while it does."""

    def __init__(
        self, streams: Counter[str], network: str, lines: AsyncIterator[bytes], headers: dict[str, str]
    ) -> None:
        super().__init__(lines, 200, headers, "text/event-stream")
        self.streams, self.network = streams, network

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.streams[self.network] += 1
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.streams[self.network] -= 1
            if not self.streams[self.network]:
                del self.streams[self.network]
