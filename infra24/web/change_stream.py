"""Tells open pages that something changed: one look a second per organization, however many watch."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Protocol
from uuid import UUID

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

    async def changes(self, org_id: UUID, subject: Subject) -> AsyncIterator[bool]:
        """True when something happened to it; False now and then, to keep the line open."""
        here = self._watching.setdefault(org_id, {})
        watched = here.setdefault(subject.key, _Watched(subject))
        watched.count += 1
        if org_id not in self._tasks:
            self._tasks[org_id] = asyncio.create_task(self._follow(org_id))
        changed = watched.changed
        try:
            while True:
                try:
                    async with asyncio.timeout(_PING):
                        await changed.wait()
                    changed = watched.changed  # before the page is told: what happens meanwhile is told next
                    yield True
                except TimeoutError:
                    yield False
        finally:
            watched.count -= 1
            if not watched.count:
                del here[subject.key]
            if not here:
                del self._watching[org_id]
                self._tasks.pop(org_id).cancel()

    def stream(self, org_id: UUID, event: str, retry_ms: int, address: str, subject: Subject) -> Response:
        """An answer that goes on: a server-sent event of that name whenever something happened to it.

        Raises TooManyStreams and TooManyStreamsFromHere.
        """
        network = network_prefix(address)
        if self.streams.total() >= self.capacity.streams:
            raise TooManyStreams()
        if self.streams[network] >= self.capacity.streams_per_address:
            raise TooManyStreamsFromHere()
        named = f"event: {event}\ndata: 1\n\n".encode()

        async def lines() -> AsyncIterator[bytes]:
            yield f"retry: {retry_ms}\n\n".encode()
            until = asyncio.get_running_loop().time() + _LONGEST
            async for changed in self.changes(org_id, subject):
                yield named if changed else b": still here\n\n"
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

    async def _follow(self, org_id: UUID) -> None:
        seen: int | None = None
        while True:
            with suppress(Unavailable):
                async with self.database.transaction(org_id) as tx:
                    seen = await events.head(tx) if seen is None else await self._tell(tx, seen)
            await asyncio.sleep(_EVERY)

    async def _tell(self, tx: Tx, seen: int) -> int:
        """Wake whoever watches what happened since; the place of the last event that was looked at."""
        recorded = await events.after(tx, seen, _MOST)
        if not recorded:
            return seen
        for watched in list(self._watching.get(tx.org_id, {}).values()):
            if await watched.subject.touched(tx, recorded):
                watched.tell()
        return recorded[-1].seq


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
