"""The worker: runs jobs, delivers events, sends notifications and webhooks, ends what is overdue."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, LiteralString

import procrastinate
from procrastinate import JobContext, PsycopgConnector

from infra24 import bookings, idempotency, mail, notifications, people, webhooks
from infra24.channels import ServerUnavailable
from infra24.clock import Clock
from infra24.db import Database
from infra24.events import EventDelivery, Subscriber
from infra24.mail import Mailer
from infra24.mail.retry import MailRetry
from infra24.mailbox import MailboxReader
from infra24.notifications import NotificationDelivery, Tally
from infra24.outbound import OutboundClient
from infra24.roles import become_application
from infra24.webhooks import WebhookDelivery

log = logging.getLogger("infra24.worker")

_STALLED_SECONDS = 30
_KEYS_KEPT = timedelta(days=2)
_OVERDUE: dict[str, LiteralString] = {
    "expired holds": "SELECT org_id, id FROM bookings WHERE status = 'hold' AND expires_at <= %s "
    "ORDER BY expires_at LIMIT 1000",
    "lapsed requests": "SELECT org_id, booking_id FROM booking_requirements WHERE met_at IS NULL "
    "AND due_at <= %s ORDER BY due_at LIMIT 1000",
}


class Worker:
    """What runs beside the server, for one installation; several share the work."""

    def __init__(
        self,
        url: str,
        database: Database,
        mailer: Mailer,
        notifications: NotificationDelivery,
        webhooks: WebhookDelivery,
        outside: OutboundClient,
        subscribers: Sequence[Subscriber],
        clock: Clock,
        mailboxes: Sequence[MailboxReader] = (),
    ) -> None:
        self._mailboxes = mailboxes
        self.database, self.mailer, self.clock = database, mailer, clock
        self.notifications, self.webhooks, self._outside = notifications, webhooks, outside
        self.delivery = EventDelivery(database, subscribers, clock)
        self.jobs = procrastinate.App(
            connector=PsycopgConnector(conninfo=url, configure=become_application, min_size=1, max_size=4)
        )
        self.jobs.task(name=mail.TASK, queue=mail.QUEUE, pass_context=True, retry=MailRetry())(
            self.send_email
        )
        self._every("* * * * *", "end_overdue", self.end_overdue)
        self._every("* * * * *", "rescue", self.requeue_stalled)
        self._every("3 * * * *", "queue_digests", self.queue_digests)
        self._every("17 3 * * *", "forget", self.cleanup)

    def _every(self, cron: str, name: str, task: Callable[[int], Awaitable[None]]) -> None:
        self.jobs.periodic(cron=cron)(self.jobs.task(name=name, queueing_lock=name)(task))

    async def run(self) -> None:
        """Work until the process is told to stop. Its connections are open."""
        stop = asyncio.Event()
        delivering = asyncio.gather(
            self.delivery.run(stop),
            self.notifications.run(stop),
            self.webhooks.run(stop),
            *(mailbox.run(stop) for mailbox in self._mailboxes),
        )
        try:
            await self.requeue_stalled(0)
            await self.jobs.run_worker_async(
                concurrency=4, shutdown_graceful_timeout=5, delete_jobs="successful"
            )
        finally:
            stop.set()
            await delivering
            await self.aclose()

    async def aclose(self) -> None:
        """Close the connections to other servers."""
        await self._outside.aclose()

    async def run_until_idle(self, most: int = 10_000, seconds: float = 60) -> Tally:
        """Do once what `run` does all the time, and return: for tests, and where no worker runs.

        Of the notifications so many at most, and for so long; what came of them.
        """
        until = asyncio.get_running_loop().time() + seconds
        await self.end_overdue(0)
        for mailbox in self._mailboxes:
            with suppress(ServerUnavailable):
                await mailbox.read_once()
        while await self.delivery.deliver_due() and asyncio.get_running_loop().time() < until:
            pass
        tally = await self.notifications.process(most, max(1.0, until - asyncio.get_running_loop().time()))
        await self.webhooks.process(max(1.0, until - asyncio.get_running_loop().time()))
        async with self.jobs.open_async():
            await self.jobs.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)
        return tally

    async def send_email(self, context: JobContext, kind: str, facts: dict[str, Any]) -> None:
        """Compose and send one e-mail."""
        assert context.job.id is not None
        await self.mailer.send(kind, facts, context.job.id, self.clock())

    async def end_overdue(self, timestamp: int) -> None:
        """End the holds whose time is over and the requests that nobody decided in time, everywhere; each in
        a transaction of its own organization."""
        now = self.clock()
        for what, overdue in _OVERDUE.items():
            for org_id, booking_id in await self.database.sweep(what, overdue, (now,)):
                try:
                    async with self.database.transaction(org_id) as tx:
                        await bookings.expire(tx, booking_id, now=now)
                except Exception:  # the others end all the same; this one is tried again in a minute
                    log.exception("booking %s of %s could not be ended", booking_id, org_id)

    async def requeue_stalled(self, timestamp: int) -> None:
        """Put back the jobs of workers that stopped beating. Subscribers act once, however often asked."""
        manager = self.jobs.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_SECONDS):
            log.warning("rescuing job %s of a worker that died", job.id)
            await manager.retry_job(job)

    async def queue_digests(self, timestamp: int) -> None:
        """Queue the digests of the next hours."""
        await notifications.queue_digests(self.database, self.clock())

    async def cleanup(self, timestamp: int) -> None:
        """Delete stored responses, records of whom old bookings were counted for, messages, webhooks and
        jobs that are long done; e-mails that failed, too."""
        database, before = self.database, self.clock() - _KEYS_KEPT
        rows = await database.sweep(
            "old idempotency keys",
            "SELECT DISTINCT org_id FROM idempotency_keys WHERE claimed_at < %s",
            (before,),
        )
        for (org_id,) in rows:
            async with database.transaction(org_id) as tx:
                await idempotency.delete_expired(tx, before)
        rows = await database.sweep(
            "clients of old bookings",
            "SELECT DISTINCT org_id FROM booking_clients WHERE counted_at < %s",
            (self.clock() - bookings.CLIENTS_KEPT,),
        )
        for (org_id,) in rows:
            async with database.transaction(org_id) as tx:
                await bookings.forget_clients(tx, self.clock())
        await notifications.delete_old(database, self.clock())
        await webhooks.delete_old(database, self.clock())
        async with database.accounts() as tx:
            await people.sessions.delete_expired(tx, self.clock())
        await self.jobs.job_manager.delete_old_jobs(nb_hours=24 * 7, include_failed=False)
        await self.jobs.job_manager.delete_old_jobs(nb_hours=24 * 7, queue=mail.QUEUE, include_failed=True)
