"""From the rows to the people: claim a batch, compose and send each, write down what came of it."""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from infra24 import due_work
from infra24.clock import Clock
from infra24.db import Database
from infra24.errors import Unavailable
from infra24.mail import ComposeContext, MailTransport, MessageHeaders, PermanentFailure, ServerUnavailable
from infra24.mail.model import InvalidAddress
from infra24.mail.retry import ATTEMPTS, delay_seconds
from infra24.notifications import queries
from infra24.notifications.model import Notification, NotificationComposers, State, Suppressed

log = logging.getLogger("infra24.notifications")

_LEASE = timedelta(minutes=3)
_BATCH_SECONDS = 60.0
_SEND_SECONDS = 90.0
_BATCH = 20
_AT_ONCE, _MOST = 8, 32


@dataclass(slots=True)
class Tally:
    """What came of the notifications that were looked at. Suppressed ones are processed and neither."""

    processed: int = 0
    sent: int = 0
    failed: int = 0

    def add(self, other: "Tally") -> None:
        """Count another's too."""
        self.processed += other.processed
        self.sent += other.sent
        self.failed += other.failed


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of one attempt. With `pause` it is tried again; `stops` is whether all others wait too."""

    state: State
    reason: str = ""
    subject: str = ""
    pause: float | None = None
    stops: bool = False


class NotificationDelivery:
    """Sends the notifications that are due. Several workers share the work: a row is claimed by one.

    No transaction is open while a provider is asked. A worker that dies leaves its rows to the next one when
    their lease is over; sent again they have the same Message-ID.
    """

    def __init__(
        self,
        database: Database,
        composers: NotificationComposers,
        transport: MailTransport,
        context: Callable[[datetime], ComposeContext],
        clock: Clock,
    ) -> None:
        self._database, self._composers, self._transport = database, composers, transport
        self._context, self._clock = context, clock

    async def run(self, stop: asyncio.Event) -> None:
        """Send until stopped, for some organizations at once: one whose server hangs holds up no other."""
        await due_work.work_until(stop, self._due, self._organization, at_once=_AT_ONCE, most=_MOST)

    async def process(self, most: int, seconds: float) -> Tally:
        """Send what is due, until so many were looked at, nothing is due, or the time is over."""
        until, tally = asyncio.get_running_loop().time() + seconds, Tally()
        while tally.processed < most and asyncio.get_running_loop().time() < until:
            due = await self._due(_AT_ONCE)
            done = await asyncio.gather(*map(self._organization, due))
            for one in done:
                tally.add(one)
            if not any(one.processed for one in done):
                break
        return tally

    async def _due(self, most: int) -> list[UUID]:
        async with self._database.connection() as connection:
            return await queries.organizations_due(connection, self._clock(), most)

    async def _organization(self, org_id: UUID) -> Tally:
        """Send a batch of one organization; its fault holds no other back."""
        tally = Tally()
        try:
            async with self._database.transaction(org_id) as tx:
                claimed = await queries.claim(tx, self._clock(), _LEASE, _BATCH)
            until = asyncio.get_running_loop().time() + _BATCH_SECONDS
            while claimed:
                if asyncio.get_running_loop().time() > until:
                    await self._put_back(org_id, claimed, "", 0.0)
                    break
                one, *claimed = claimed
                outcome = await self._attempt(org_id, one)
                tally.add(await self._write_down(org_id, one, outcome))
                if outcome.stops:
                    await self._put_back(org_id, claimed, outcome.reason, outcome.pause or 0.0)
                    break
        except Exception as error:
            if not isinstance(error, Unavailable):
                log.exception("the notifications of %s cannot be sent", org_id, exc_info=error)
        return tally

    async def _attempt(self, org_id: UUID, one: Notification) -> _Outcome:
        now = self._clock()
        try:
            composed = await self._composers[one.kind](self._context(now), org_id, one)
            headers = MessageHeaders(f"{one.kind}.{one.id}@{self._transport.domain}", now)
            async with asyncio.timeout(_SEND_SECONDS):
                await self._transport.send(composed, headers)
        except Suppressed as why:
            return _Outcome(State.SUPPRESSED, why.reason)
        except (PermanentFailure, InvalidAddress) as error:
            log.error("notification %s (%s) failed for good: %s", one.id, one.kind, error.message)
            return _Outcome(State.FAILED, error.message)
        except Exception as error:
            if not isinstance(error, Unavailable | TimeoutError):
                log.exception("notification %s (%s) cannot be sent", one.id, one.kind)
            reason = error.message if isinstance(error, Unavailable) else type(error).__name__
            if one.attempts >= ATTEMPTS:
                return _Outcome(State.FAILED, reason)
            seconds = delay_seconds(one.attempts - 1) * random.SystemRandom().uniform(0.5, 1.5)
            return _Outcome(State.QUEUED, reason, "", seconds, isinstance(error, ServerUnavailable))
        log.info("notification %s (%s) sent", one.id, one.kind)
        return _Outcome(State.SENT, "", composed.subject)

    async def _write_down(self, org_id: UUID, one: Notification, outcome: _Outcome) -> Tally:
        if outcome.pause is not None:
            await self._put_back(org_id, [one], outcome.reason, outcome.pause)
            return Tally(processed=1)
        async with self._database.transaction(org_id) as tx:
            await queries.finish(tx, one.id, outcome.state, outcome.reason, outcome.subject, self._clock())
        return Tally(1, int(outcome.state is State.SENT), int(outcome.state is State.FAILED))

    async def _put_back(self, org_id: UUID, some: list[Notification], reason: str, seconds: float) -> None:
        async with self._database.transaction(org_id) as tx:
            due_at = self._clock() + timedelta(seconds=seconds)
            await queries.put_back(tx, [one.id for one in some], reason, due_at)
