"""From the outbox to the subscribers: each acts on each event of an organization once, in order."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from infra24.clock import Clock
from infra24.db import Database, Tx
from infra24.errors import Unavailable
from infra24.events import queries
from infra24.events.model import EventType, Recorded
from infra24.events.queries import Cursor

log = logging.getLogger("infra24.events")

Handler = Callable[[Tx, Recorded], Awaitable[None]]
"""Acts on an event inside a transaction of its organization."""

ATTEMPTS = 8
"""After so many failures, some four minutes, an event is parked and the subscriber goes on with the next."""
_BATCH = 100
_AT_ONCE = 3
_POLL_SECONDS, _LONGEST_PAUSE = 0.25, 5.0
_REST, _LONGEST_REST = 2.0, 1.0
_LOOK_AGAIN = timedelta(seconds=2)


@dataclass(frozen=True)
class Subscriber:
    """Who acts on which events. The name is in the database: it stays, or its cursor is lost."""

    name: str
    handlers: Mapping[str, Handler]

    @classmethod
    def of(cls, name: str, handlers: Mapping[EventType, Handler]) -> "Subscriber":
        """One of that name, with what it does on each type of event."""
        return cls(name, {type_.name: handler for type_, handler in handlers.items()})


class EventDelivery:
    """Hands events to subscribers. Several workers share the work: a cursor is moved by one at a time.

    The effect and the cursor's move are one transaction, so an event is acted on once whatever is killed. A
    handler that fails is tried again after pauses that double, its subscriber's later events waiting; the
    other subscribers go on.
    """

    def __init__(self, database: Database, subscribers: Sequence[Subscriber], clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._subscribers = {one.name: one for one in subscribers}

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until stopped; when nothing is due, look four times a second, less often while it fails.

        Between batches it rests twice as long as one took: a backlog holds up no bookings.
        """
        pause, loop = _POLL_SECONDS, asyncio.get_running_loop()
        while not stop.is_set():
            began = loop.time()
            try:
                delivered = await self.deliver_due()
                took = loop.time() - began
                pause = min(_REST * took, _LONGEST_REST) if delivered else _POLL_SECONDS
            except Exception as error:  # whatever it is, the events wait and nobody else delivers them
                if not isinstance(error, Unavailable):
                    log.exception("events cannot be delivered", exc_info=error)
                pause = min(2 * max(pause, _POLL_SECONDS), _LONGEST_PAUSE)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)

    async def deliver_due(self) -> int:
        """Deliver what is due in a few organizations; how many cursors were moved."""
        async with self._database.connection() as connection:
            due = await queries.due(connection, self._clock(), _AT_ONCE)
        found = await asyncio.gather(*map(self._organization, due), return_exceptions=True)
        for fault in found:
            if isinstance(fault, BaseException):
                raise fault
        return sum(one for one in found if isinstance(one, int))

    async def _organization(self, org_id: UUID) -> int:
        """Deliver what is due in one organization; its fault holds no other back.

        What fails outside of a handler, as the COMMIT does, undoes what all subscribers did: then each of
        them is handed its next event alone, and the one that is at fault waits, and is parked, as if its
        handler had failed.
        """
        try:
            async with self._database.transaction(org_id) as tx:
                return await self._batch(tx, list(self._subscribers), self._clock())
        except Unavailable:
            raise
        except Exception:
            log.exception("the events of %s cannot be delivered together", org_id)
        return sum([await self._alone(org_id, name) for name in self._subscribers])

    async def _alone(self, org_id: UUID, subscriber: str) -> int:
        now = self._clock()
        try:
            async with self._database.transaction(org_id) as tx:
                return await self._batch(tx, [subscriber], now, most=1)
        except Unavailable:
            raise
        except Exception as error:
            async with self._database.transaction(org_id) as tx:
                for cursor in await queries.lock_cursors(tx, [subscriber]):
                    for item in await queries.after(tx, cursor.seq, 1):
                        failed = await self._failed(tx, cursor, item, error, now)
                        await queries.move(tx, [failed])
                        await self._note_due(tx, [failed], now)
            return 0

    async def _batch(self, tx: Tx, subscribers: list[str], now: datetime, most: int = _BATCH) -> int:
        cursors = await queries.lock_cursors(tx, subscribers)
        if not cursors:
            return 0  # another worker has them
        ready = [one for one in cursors if one.retry_at is None or one.retry_at <= now]
        batches = {seq: await queries.after(tx, seq, most) for seq in {one.seq for one in ready}}
        moved = [await self._deliver(tx, cursor, batches[cursor.seq], now) for cursor in ready]
        changed = [after for before, after in zip(ready, moved, strict=True) if after != before]
        await queries.move(tx, changed)
        waiting = [one for one in cursors if one not in ready]
        await self._note_due(tx, [*moved, *waiting], now)
        return len(changed)

    async def _deliver(self, tx: Tx, cursor: Cursor, recorded: Sequence[Recorded], now: datetime) -> Cursor:
        """Hand a subscriber the events after its cursor; the cursor afterwards."""
        handlers = self._subscribers[cursor.subscriber].handlers
        for item in recorded:
            handler = handlers.get(item.event.type)
            if handler is not None:
                try:
                    async with tx.savepoint():
                        await handler(tx, item)
                except Exception as error:
                    return await self._failed(tx, cursor, item, error, now)
            cursor = Cursor(cursor.subscriber, item.seq)
        return cursor

    async def _failed(
        self, tx: Tx, cursor: Cursor, item: Recorded, error: Exception, now: datetime
    ) -> Cursor:
        if tx.connection.closed:
            raise error
        attempts = cursor.attempts + 1
        log.exception("%s failed on event %s of %s, attempt %s of %s", cursor.subscriber, item.seq, tx.org_id,
                      attempts, ATTEMPTS, exc_info=error)  # fmt: skip
        if attempts < ATTEMPTS:
            return replace(cursor, attempts=attempts, retry_at=now + timedelta(seconds=2**attempts))
        await queries.park(tx, cursor.subscriber, item.seq, f"{type(error).__name__}: {error}", now)
        return Cursor(cursor.subscriber, item.seq)

    async def _note_due(self, tx: Tx, cursors: Sequence[Cursor], now: datetime) -> None:
        """When to look at this organization next: never while nobody is behind, and an event makes it now."""
        head = await queries.head(tx)
        times = [one.retry_at or now for one in cursors if one.seq < head]
        if await queries.others_behind(tx, [one.subscriber for one in cursors], head):
            times.append(now + _LOOK_AGAIN)  # cursors that another worker has, or that only a newer one knows
        tx.run_last(queries.set_due(tx.org_id, head, min(times, default=None)))


async def parked(tx: Tx) -> list[queries.Parked]:
    """The events that a subscriber failed on for good, oldest first, at most 1,000."""
    return await queries.parked(tx)


async def replay(tx: Tx, subscribers: Sequence[Subscriber]) -> int:
    """Hand each parked event to its subscriber once more; how many succeeded. The others stay parked."""
    known, done = {one.name: one for one in subscribers}, 0
    for item in await queries.parked(tx):
        recorded = await queries.get(tx, item.seq)
        subscriber = known.get(item.subscriber)
        handler = subscriber.handlers.get(recorded.event.type) if subscriber and recorded else None
        if recorded is None or handler is None:
            continue
        try:
            async with tx.savepoint():
                if not await queries.unpark(tx, item.subscriber, item.seq):
                    continue  # somebody else has replayed it meanwhile
                await handler(tx, recorded)
        except Exception as error:
            if tx.connection.closed:
                raise
            log.exception("%s failed again on event %s", item.subscriber, item.seq, exc_info=error)
        else:
            done += 1
    return done
