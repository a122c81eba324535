"""From the queues to the endpoints: claim a batch of one, send each, write down what came of it."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from infra24 import bookings, due_work, org_connections
from infra24 import events as outbox
from infra24.auth import SecretBox
from infra24.clock import Clock
from infra24.db import Database, Statement, Tx
from infra24.errors import NotFound, Unavailable
from infra24.mail import TokenSigner
from infra24.outbound import OutboundClient
from infra24.webhooks import endpoints, payload, queries, sending, signing
from infra24.webhooks.model import (
    MOST_ENDPOINTS,
    RETRY_SECONDS,
    Delivery,
    DeliveryState,
    DisabledReason,
    Endpoint,
    Secret,
    UnknownEndpoint,
)
from infra24.webhooks.queries import Queue
from infra24.webhooks.sending import Outcome

log = logging.getLogger("infra24.webhooks")

_LEASE = timedelta(minutes=3)
_BATCH, _AT_ONCE = 40, 8
_FIRST_BATCH, _SLOW_MS = 4, 1_000
_QUEUE_SECONDS = 20.0
_QUEUES_AT_ONCE, _MOST_QUEUES, _MOST_OF_ORGANIZATION = 8, 200, MOST_ENDPOINTS
_PAUSE_AFTER = 5
_OWN_FAULT_PAUSE = timedelta(minutes=1)
_FAILED_LONG = timedelta(seconds=0.8 * sum(RETRY_SECONDS))
"""The least time in which a message is given up; nothing got through since, and the endpoint is disabled."""
_SHORTEST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=15)
AT_ONCE = _MOST_QUEUES + _QUEUES_AT_ONCE * _AT_ONCE
"""How many connections the client should have."""


@dataclass(frozen=True, slots=True)
class _Work:
    """What was claimed of one endpoint, and what signs it."""

    endpoint: Endpoint
    secret: Secret
    claimed: list[Delivery]


class WebhookDelivery:
    """Sends the deliveries that are due. Several workers share the work: a delivery is claimed by one.

    No transaction is open while an endpoint is asked. A worker that dies leaves what it claimed to the next
    one when the lease is over; sent again it has the same webhook-id. Deliveries about one subject are sent
    one after the other. An endpoint that failed five times in a row is left alone for a while that doubles,
    then tried with one delivery; one that is slow holds no other up.
    """

    def __init__(
        self,
        database: Database,
        outside: OutboundClient,
        seals: SecretBox,
        tokens: TokenSigner,
        base_url: str,
        clock: Clock,
    ) -> None:
        self._database, self._outside, self._seals = database, outside, seals
        self._tokens, self._base_url, self._clock = tokens, base_url, clock
        self._quick: set[UUID] = set()  # those that answered at once; each of the others has one connection

    async def run(self, stop: asyncio.Event) -> None:
        """Send until stopped."""
        await due_work.work_until(
            stop,
            self._due,
            self._queue,
            at_once=_QUEUES_AT_ONCE,
            most=_MOST_QUEUES,
            group=lambda queue: queue[0],
            most_of_group=_MOST_OF_ORGANIZATION,
        )

    async def process(self, seconds: float) -> None:
        """Send what is due, until nothing is or the time is over."""
        until = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < until:
            due = await self._due(_QUEUES_AT_ONCE)
            if not any(await asyncio.gather(*map(self._queue, due))):
                break

    async def _due(self, most: int) -> list[Queue]:
        async with self._database.connection() as connection:
            return await queries.queues_due(connection, self._clock(), most)

    async def _queue(self, queue: Queue) -> int:
        """Send what is due to one endpoint, for some seconds; its fault holds no other back. How many were
        sent."""
        until, count = asyncio.get_running_loop().time() + _QUEUE_SECONDS, 0
        try:
            while sent := await self._batch(*queue):
                count += sent
                if asyncio.get_running_loop().time() > until:
                    break
        except Exception as error:
            if not isinstance(error, Unavailable | UnknownEndpoint):
                log.exception("webhooks to %s of %s cannot be sent", queue[1], queue[0], exc_info=error)
                await self._postpone(*queue)
        return count

    async def _postpone(self, org_id: UUID, endpoint_id: UUID) -> None:
        """Try an endpoint again in a minute, not twice a second: what is wrong is on our side."""
        with suppress(Unavailable):
            async with self._database.transaction(org_id) as tx:
                await queries.postpone(tx, endpoint_id, self._clock() + _OWN_FAULT_PAUSE)

    async def _batch(self, org_id: UUID, endpoint_id: UUID) -> int:
        async with self._database.transaction(org_id) as tx:
            work = await self._claim(tx, endpoint_id)
        if work is None:
            return 0
        limit = asyncio.Semaphore(_AT_ONCE if endpoint_id in self._quick else 1)
        found = await asyncio.gather(*(self._attempt(org_id, work, one, limit) for one in work.claimed))
        slowest = max(came.attempt.duration_ms for _, came in found)
        (self._quick.discard if slowest > _SLOW_MS else self._quick.add)(endpoint_id)
        async with self._database.transaction(org_id) as tx:
            await self._write_down(tx, endpoint_id, found)
        return len(found)

    async def _claim(self, tx: Tx, endpoint_id: UUID) -> _Work | None:
        now = self._clock()
        state = await queries.lock(tx, endpoint_id)
        if state is None:
            return None
        failures, failing_since, paused_until = state
        if paused_until is not None and paused_until > now:
            return None
        most = 1 if failures >= _PAUSE_AFTER else _BATCH if endpoint_id in self._quick else _FIRST_BATCH
        endpoint = await endpoints.get(tx, endpoint_id)
        if not endpoint.is_enabled:
            return None
        claimed = await queries.claim(tx, endpoint_id, now, _LEASE, most)
        secret = Secret.read(await org_connections.secret_of(tx, self._seals, endpoint_id))
        written = [found for one in claimed if (found := await self._with_body(tx, endpoint, one))]
        await tx.run_together(
            [
                queries.keep_bodies(tx.org_id, written),
                queries.set_queue(tx.org_id, endpoint_id, failures, failing_since, paused_until),
            ]
        )
        return _Work(endpoint, secret, written) if written else None

    async def _with_body(self, tx: Tx, endpoint: Endpoint, one: Delivery) -> Delivery | None:
        """The delivery with what it says: composed for the first attempt, kept for all others.

        None for one that cannot be composed, which has failed: its subject is gone.
        """
        if one.body is not None or one.seq is None:
            return one
        recorded = await outbox.get(tx, one.seq)
        assert recorded is not None
        try:
            return replace(one, body=await payload.body_of(tx, recorded, endpoint.payload))
        except NotFound:
            now = self._clock()
            failed = queries.write_down(tx.org_id, one, DeliveryState.FAILED, "not_composed", None, now)
            follows = queries.release(tx.org_id, endpoint.id, [one.subject_id], now)
            await tx.run_together([failed, follows])
            return None

    async def _attempt(
        self, org_id: UUID, work: _Work, one: Delivery, limit: asyncio.Semaphore
    ) -> tuple[Delivery, Outcome]:
        async with limit:
            now, token = self._clock(), self._tokens.of(org_id, one.subject_id)
            body = payload.with_links(one.body or "", bookings.holder_links(self._base_url, token))
            signed = signing.headers(work.secret.keys(now), one.message_id, now, body)
            attempt, answer = await sending.post(self._outside, work.endpoint.url, signed, body, now)
        if payload.repeats(attempt.answer, token):
            attempt = replace(attempt, answer="(left out: it repeats the links of the booking)")
        tried = replace(one, attempts=one.attempts + 1)
        return tried, sending.outcome_of(tried, attempt, answer, self._clock())

    async def _write_down(self, tx: Tx, endpoint_id: UUID, found: list[tuple[Delivery, Outcome]]) -> None:
        now, org_id = self._clock(), tx.org_id
        state = await queries.lock(tx, endpoint_id)
        if state is None:
            return
        statements: list[Statement] = []
        for one, came in found:
            done_at = None if came.due_at else now
            statements.append(queries.write_down(org_id, one, came.state, came.reason, came.due_at, done_at))
            statements.append(queries.log_attempt(org_id, one.id, came.attempt))
        done = {one.subject_id for one, came in found if came.due_at is None}
        if done:
            statements.append(queries.release(org_id, endpoint_id, done, now))
        if state[0] and any(came.state is DeliveryState.DELIVERED for _, came in found):
            statements.append(queries.retry_now(org_id, endpoint_id, now))
        failures, failing_since = _health(state[0], state[1], [came for _, came in found], now)
        paused_until = _pause(failures, [came for _, came in found], now)
        statements.append(queries.set_queue(org_id, endpoint_id, failures, failing_since, paused_until))
        await tx.run_together(statements)
        gave_up = any(came.state is DeliveryState.FAILED for _, came in found)
        if any(came.is_gone for _, came in found):
            await endpoints.disable(tx, endpoint_id, DisabledReason.GONE, now)
        elif gave_up and failing_since is not None and now - failing_since >= _FAILED_LONG:
            await endpoints.disable(tx, endpoint_id, DisabledReason.FAILING, now)
        elif failures and not await queries.has_open(tx, endpoint_id):
            await tx.run_together([queries.set_queue(org_id, endpoint_id, 0, None, None)])


def _health(
    failures: int, since: datetime | None, found: list[Outcome], now: datetime
) -> tuple[int, datetime | None]:
    """How many attempts failed in a row, and since when, after these."""
    for came in found:
        if came.state is DeliveryState.DELIVERED:
            failures, since = 0, None
        else:
            failures, since = failures + 1, since or now
    return failures, since


def _pause(failures: int, found: list[Outcome], now: datetime) -> datetime | None:
    """Until when an endpoint is left alone: it failed too often in a row, or asked for it."""
    asked = [came.wait_until for came in found if came.wait_until is not None]
    if failures >= _PAUSE_AFTER:
        doubled = _SHORTEST_PAUSE * 2 ** min(failures - _PAUSE_AFTER, 10)
        asked.append(now + min(doubled, _LONGEST_PAUSE))
    return max(asked, default=None)
