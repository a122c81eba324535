"""From the rows to the people: claim a batch, compose and send each, write down what came of it."""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from infra24 import consent, due_work
from infra24.channels import (
    Channel,
    PermanentFailure,
    RecipientOptedOut,
    ServerUnavailable,
    TemporaryFailure,
)
from infra24.clock import Clock
from infra24.consent import SuppressionCause
from infra24.db import Database, Tx
from infra24.errors import Unavailable
from infra24.mail import ComposeContext, Email
from infra24.mail.model import InvalidAddress
from infra24.mail.retry import ATTEMPTS, delay_seconds
from infra24.notifications import queries
from infra24.notifications.model import (
    Notification,
    NotificationComposers,
    Postponed,
    State,
    Suppressed,
    SuppressionReason,
)
from infra24.notifications.purposes import purpose_of
from infra24.senders import Sender, SenderResolver, count_sent, may_send

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
    """What came of one attempt. With `pause` it is tried again; `stops` is whether all others wait too.

    With `until` it was no attempt, and is looked at then.
    """

    state: State
    reason: str = ""
    subject: str = ""
    pause: float | None = None
    stops: bool = False
    provider_id: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Batch:
    """Notifications of one organization that were claimed, what sends them, and which must not be sent."""

    senders: Mapping[Channel, Sender]
    claimed: list[Notification]
    refused: Mapping[UUID, SuppressionReason]


class NotificationDelivery:
    """Sends the notifications that are due. Several workers share the work: a row is claimed by one.

    No transaction is open while a provider is asked. A worker that dies leaves its rows to the next one when
    their lease is over; sent again they have the same Message-ID.
    """

    def __init__(
        self,
        database: Database,
        composers: Mapping[Channel, NotificationComposers],
        senders: SenderResolver,
        context: Callable[[datetime], ComposeContext],
        clock: Clock,
        batch_seconds: float = _BATCH_SECONDS,
    ) -> None:
        self._database, self._composers, self._senders = database, composers, senders
        self._context, self._clock, self._batch_seconds = context, clock, batch_seconds

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
                batch = await self._claimed(tx)
            until = asyncio.get_running_loop().time() + self._batch_seconds
            waiting = {
                channel: [one for one in batch.claimed if one.channel is channel] for channel in Channel
            }
            for channel, ones in waiting.items():
                tally.add(await self._send_all(org_id, batch, channel, ones, until))
        except Exception as error:
            if not isinstance(error, Unavailable):
                log.exception("the notifications of %s cannot be sent", org_id, exc_info=error)
        return tally

    async def _claimed(self, tx: Tx) -> _Batch:
        """What may be sent of an organization now: no more than its senders take a minute."""
        senders, now = await self._senders.of(tx), self._clock()
        claimed: list[Notification] = []
        free = [one for one in Channel if one not in senders or senders[one].per_minute is None]
        if free:
            claimed += await queries.claim(tx, free, now, _LEASE, _BATCH)
        for channel, sender in senders.items():
            if sender.per_minute is None:
                continue
            most = await may_send(tx, channel, sender.per_minute, now)
            found = await queries.claim(tx, [channel], now, _LEASE, min(most, _BATCH)) if most else []
            if found:
                await count_sent(tx, channel, sender.per_minute, len(found))
            claimed += found
        return _Batch(senders, claimed, await _refused(tx, claimed))

    async def _send_all(
        self, org_id: UUID, batch: _Batch, channel: Channel, ones: list[Notification], until: float
    ) -> Tally:
        """Send those of one channel; when its provider cannot be used, the others wait too."""
        tally, waiting = Tally(), ones
        while waiting:
            one, *waiting = waiting
            outcome = await self._outcome(org_id, batch, one)
            tally.add(await self._write_down(org_id, one, outcome, bool(waiting)))
            if outcome.stops:
                await self._put_back(org_id, waiting, outcome.reason, outcome.pause or 0.0)
                break
            if waiting and asyncio.get_running_loop().time() > until:
                await self._give_up_claim(org_id, waiting, self._clock())
                break
        return tally

    async def _outcome(self, org_id: UUID, batch: _Batch, one: Notification) -> _Outcome:
        sender = batch.senders.get(one.channel)
        if one.id in batch.refused:
            return _Outcome(State.SUPPRESSED, batch.refused[one.id])
        if sender is None:
            return _Outcome(State.SUPPRESSED, SuppressionReason.NO_SENDER)
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                return await self._attempt(org_id, sender, one)
        except Suppressed as why:
            return _Outcome(State.SUPPRESSED, why.reason)
        except Postponed as later:
            return _Outcome(State.QUEUED, until=later.until)
        except RecipientOptedOut as error:
            await self._suppress(org_id, one, error.message)
            return _Outcome(State.SUPPRESSED, SuppressionReason.BLOCKED)
        except (PermanentFailure, InvalidAddress) as error:
            log.error("notification %s (%s) failed for good: %s", one.id, one.kind, error.message)
            return _Outcome(State.FAILED, error.message)
        except Exception as error:
            return _tried_again(one, error)

    async def _attempt(self, org_id: UUID, sender: Sender, one: Notification) -> _Outcome:
        now = self._clock()
        context = replace(self._context(now), sender=sender.address)
        composed = await self._composers[one.channel][one.kind](context, org_id, one)
        provider_id = await sender.send(composed, f"{one.kind}.{org_id.hex}.{one.id}", now)
        log.info("notification %s (%s) sent", one.id, one.kind)
        subject = composed.subject if isinstance(composed, Email) else composed.text
        return _Outcome(State.SENT, "", subject, provider_id=provider_id)

    async def _suppress(self, org_id: UUID, one: Notification, note: str) -> None:
        async with self._database.transaction(org_id) as tx:
            await consent.suppress(
                tx, one.channel, one.recipient, SuppressionCause.STOPPED, note, self._clock()
            )

    async def _write_down(
        self, org_id: UUID, one: Notification, outcome: _Outcome, others_wait: bool
    ) -> Tally:
        """What stops others waits twice as long as they: if it breaks each connection, they come first."""
        if outcome.until is not None:
            await self._give_up_claim(org_id, [one], outcome.until)
            return Tally(processed=1)
        if outcome.pause is not None:
            seconds = outcome.pause * (2 if outcome.stops and others_wait else 1)
            await self._put_back(org_id, [one], outcome.reason, seconds)
            return Tally(processed=1)
        async with self._database.transaction(org_id) as tx:
            await queries.finish(
                tx,
                one.id,
                outcome.state,
                outcome.reason,
                outcome.subject,
                outcome.provider_id,
                self._clock(),
            )
        return Tally(1, int(outcome.state is State.SENT), int(outcome.state is State.FAILED))

    async def _put_back(self, org_id: UUID, some: list[Notification], reason: str, seconds: float) -> None:
        async with self._database.transaction(org_id) as tx:
            due_at = self._clock() + timedelta(seconds=seconds)
            await queries.put_back(tx, [one.id for one in some], reason, due_at)

    async def _give_up_claim(self, org_id: UUID, some: list[Notification], due_at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            await queries.give_up_claim(tx, [one.id for one in some], due_at)


async def _refused(tx: Tx, claimed: Sequence[Notification]) -> dict[UUID, SuppressionReason]:
    """Those whose recipient is sent nothing, or does not want what they are for."""
    asked = {one.id: (one.channel, one.recipient, purpose_of(one.kind)) for one in claimed}
    blocked, declined = await consent.unwanted(tx, set(asked.values()))
    return {
        id_: SuppressionReason.BLOCKED if what in blocked else SuppressionReason.DECLINED
        for id_, what in asked.items()
        if what in blocked or what in declined
    }


def _tried_again(one: Notification, error: Exception) -> _Outcome:
    """What comes of an attempt that may succeed later: a day long, ever more slowly."""
    if not isinstance(error, Unavailable | TimeoutError):
        log.error("notification %s (%s) cannot be sent", one.id, one.kind, exc_info=error)
    reason = error.message if isinstance(error, Unavailable) else type(error).__name__
    if one.attempts >= ATTEMPTS:
        return _Outcome(State.FAILED, reason)
    seconds = delay_seconds(one.attempts - 1) * random.SystemRandom().uniform(0.5, 1.5)
    if isinstance(error, TemporaryFailure) and error.retry_after is not None:
        seconds = max(seconds, error.retry_after)
    return _Outcome(State.QUEUED, reason, "", seconds, isinstance(error, ServerUnavailable))
