"""The job runner: hands events to subscribers, ends lapsed holds, rescues what a dead worker left."""

import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, LiteralString
from uuid import UUID

import procrastinate
from procrastinate import JobContext, PsycopgConnector, RetryStrategy
from psycopg import AsyncConnection

from infra24 import bookings, events, idempotency, people
from infra24.clock import Clock
from infra24.db import Database, Statement
from infra24.events import Event
from infra24.mail import Facts, Mailer, job_args
from infra24.mail.retry import MailRetry
from infra24.roles import become_application
from infra24.subscribers import SUBSCRIBERS

log = logging.getLogger("infra24.worker")

_RETRY = RetryStrategy(max_attempts=12, exponential_wait=2)
_MAIL = "mail"
_STALLED_SECONDS = 30
_KEYS_KEPT = timedelta(days=2)
_DEFER: LiteralString = """
    SELECT procrastinate_defer_jobs_v1(array_agg(
        ROW ('default', 'deliver', 0, NULL, NULL, a.args::jsonb, NULL)::procrastinate_job_to_defer_v1))
    FROM unnest(%(args)s::text[]) AS a (args)
"""
"""As procrastinate defers jobs, but as a statement that can go with the COMMIT."""


class JobQueue:
    """The jobs of one installation. Deferring needs no connection of its own: jobs ride transactions."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.clock = clock
        self.jobs = procrastinate.App(
            connector=PsycopgConnector(conninfo=url, configure=become_application, min_size=1, max_size=4)
        )
        self.jobs.task(name="deliver", retry=_RETRY)(self.deliver)
        self.jobs.task(name="send_email", queue=_MAIL, pass_context=True, retry=MailRetry())(self.send_email)
        self.jobs.periodic(cron="* * * * *")(
            self.jobs.task(name="end_lapsed_holds", queueing_lock="end_lapsed_holds")(self.end_lapsed_holds)
        )
        self.jobs.periodic(cron="* * * * *")(
            self.jobs.task(name="end_lapsed_requests", queueing_lock="end_lapsed_requests")(
                self.end_lapsed_requests
            )
        )
        self.jobs.periodic(cron="* * * * *")(
            self.jobs.task(name="rescue", queueing_lock="rescue")(self.requeue_stalled)
        )
        self.jobs.periodic(cron="17 3 * * *")(
            self.jobs.task(name="forget", queueing_lock="forget")(self.cleanup)
        )
        self.database: Database | None = None
        self.mailer: Mailer | None = None

    @staticmethod
    def deferral(org_id: UUID, recorded: Sequence[Event]) -> Statement | None:
        """Queues one job for each subscriber of each event; None when nobody wants them."""
        args = [
            json.dumps({"org_id": str(org_id), "event_id": str(event.id), "subscriber": name})
            for event in recorded
            for name in SUBSCRIBERS.get(event.type, ())
        ]
        return Statement(_DEFER, {"args": args}) if args else None

    async def enqueue(self, connection: AsyncConnection[Any], kind: str, facts: Facts) -> None:
        """Queue an e-mail in the connection's transaction: it is sent if that commits, and only then.

        The job keeps ids, numbers and short words; Invalid for anything else. The text is composed later.
        """
        assert kind in self._mailer().composers, f"{kind} has no composer"
        deferrer = self.jobs.configure_task("send_email", connection=connection)
        await deferrer.defer_async(kind=kind, facts=job_args(facts))

    async def send_email(self, context: JobContext, kind: str, facts: dict[str, Any]) -> None:
        """Compose and send one e-mail."""
        assert context.job.id is not None
        await self._mailer().send(kind, facts, context.job.id, self.clock())

    async def deliver(self, org_id: str, event_id: str, subscriber: str) -> None:
        """Hand one event to one subscriber."""
        await events.deliver(
            self._database(), UUID(org_id), UUID(event_id), subscriber, SUBSCRIBERS, self.clock()
        )

    async def end_lapsed_holds(self, timestamp: int) -> None:
        """Clear away the holds whose time is over, in every organization."""
        await self._end(
            "lapsed holds",
            "SELECT org_id, id FROM bookings WHERE status = 'hold' AND expires_at <= %s "
            "ORDER BY expires_at LIMIT 1000",
            bookings.expire_hold,
        )

    async def end_lapsed_requests(self, timestamp: int) -> None:
        """End the bookings that waited for approval for as long as their organization lets them."""
        await self._end(
            "lapsed requests",
            "SELECT org_id, id FROM bookings WHERE status = 'pending' AND lapses_at <= %s "
            "ORDER BY lapses_at LIMIT 1000",
            bookings.expire_request,
        )

    async def _end(self, what: str, lapsed: LiteralString, verb: Callable[..., Awaitable[Any]]) -> None:
        """End what has lapsed by now, each in a transaction of its own organization."""
        database, now = self._database(), self.clock()
        for org_id, booking_id in await database.cross_tenant_read(what, lapsed, (now,)):
            async with database.transaction(org_id) as tx:
                await verb(tx, booking_id, now=now)

    async def requeue_stalled(self, timestamp: int) -> None:
        """Put back the jobs of workers that stopped beating. Subscribers act once, however often asked."""
        manager = self.jobs.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_SECONDS):
            log.warning("rescuing job %s of a worker that died", job.id)
            await manager.retry_job(job)

    async def cleanup(self, timestamp: int) -> None:
        """Delete stored responses, records of whom old bookings were counted for, and jobs long done;
        e-mails that failed, too."""
        database, before = self._database(), self.clock() - _KEYS_KEPT
        rows = await database.cross_tenant_read(
            "old idempotency keys",
            "SELECT DISTINCT org_id FROM idempotency_keys WHERE claimed_at < %s",
            (before,),
        )
        for (org_id,) in rows:
            async with database.transaction(org_id) as tx:
                await idempotency.delete_expired(tx, before)
        rows = await database.cross_tenant_read(
            "clients of old bookings",
            "SELECT DISTINCT org_id FROM booking_clients WHERE counted_at < %s",
            (self.clock() - bookings.CLIENTS_KEPT,),
        )
        for (org_id,) in rows:
            async with database.transaction(org_id) as tx:
                await bookings.forget_clients(tx, self.clock())
        async with database.accounts() as tx:
            await people.sessions.delete_expired(tx, self.clock())
        await self.jobs.job_manager.delete_old_jobs(nb_hours=24 * 7, include_failed=False)
        await self.jobs.job_manager.delete_old_jobs(nb_hours=24 * 7, queue=_MAIL, include_failed=True)

    def _mailer(self) -> Mailer:
        assert self.mailer is not None, "the worker was not given a mailer"
        return self.mailer

    def _database(self) -> Database:
        assert self.database is not None, "the worker was not given a database"
        return self.database
