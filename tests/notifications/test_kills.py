"""Workers that are killed at random moments, hundreds of times: all are told what is true, by messages that stay
the same."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest

from infra24 import bookings
from infra24.app import compose
from infra24.auth.tokens import Tokens
from infra24.bookings import Booking
from infra24.db import Database
from infra24.resources import Draft
from infra24.settings import Settings
from tests.factories import ADA, STAFF, Shop, booking_request, found_shop, opening, rules
from tests.mail.servers import Mailbox
from tests.serving import Clock

MO = "mo@shop.example"
COUNT, STOPS, KILLED_AT = 150, 200, (30, 70, 110, 150, 190)
KINDS = {
    "made": ("booking_confirmed", "host_booked"),
    "moved": ("booking_moved", "host_moved"),
    "cancelled": ("booking_cancelled", "host_cancelled"),
}
"""What the booker and the host are told of each."""
_HURRY: LiteralString = (
    "UPDATE notifications SET due_at = '-infinity' WHERE due_at IS NOT NULL AND kind <> 'booking_reminder'"
)
"""A lease is over at once here: otherwise it would be minutes."""


@dataclass
class Life:
    """What happens to a booking, and before which stop."""

    n: int
    plan: list[tuple[int, str]]
    booking: Booking | None = None


@dataclass
class Site:
    """An installation with one offer of one host."""

    settings: Settings
    url: str
    shop: Shop
    tokens: Tokens
    began: datetime
    lives: list[Life] = field(default_factory=list)

    async def live(self, database: Database, stop: int) -> None:
        """Whatever happens before this stop."""
        for life in self.lives:
            for step in [step for at, step in life.plan if at == stop]:
                async with database.transaction(self.shop.org_id) as tx:
                    life.booking = await self._step(tx, life, step)

    async def _step(self, tx: Any, life: Life, step: str) -> Booking:
        at, now = self.began + timedelta(days=9, hours=life.n), datetime.now(UTC)
        if step == "made":
            return await bookings.book(
                tx, booking_request(self.shop.ids["visit"], at), tokens=self.tokens, now=now
            )
        assert life.booking is not None
        id_, to = life.booking.id, at + timedelta(minutes=30)
        if step == "moved":
            return await bookings.reschedule(tx, id_, to, to + life.booking.length, STAFF, now=now)
        return await bookings.cancel(tx, id_, STAFF, now=now)

    async def work_for(self, seconds: float) -> None:
        """A worker that is stopped wherever it happens to wait. What it was sending still arrives, and nothing
        is written down; the next begins after that."""
        database, worker = compose(self.settings, self.url)
        await database.open()
        threads, stop = ThreadPoolExecutor(4), asyncio.Event()
        asyncio.get_running_loop().set_default_executor(threads)
        working = asyncio.gather(worker.delivery.run(stop), worker.notifications.run(stop))
        await asyncio.sleep(seconds)
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
        threads.shutdown()
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(4))
        await worker.aclose()
        await database.close()

    def kill_after(self, seconds: float) -> None:
        """A worker of its own process, killed by the system."""
        assert self.settings.smtp_url is not None
        assert self.settings.secret is not None
        environment = {
            **os.environ,
            "INFRA24_SMTP_URL": self.settings.smtp_url.get_secret_value(),
            "INFRA24_SECRET": self.settings.secret.get_secret_value(),
            "INFRA24_DATA_DIR": str(self.settings.data_dir),
        }
        with subprocess.Popen(
            [sys.executable, "-c", _SCRIPT, self.url], env=environment, stdout=subprocess.PIPE
        ) as worker:
            assert worker.stdout is not None
            assert worker.stdout.readline() == b"ready\n"
            with suppress(subprocess.TimeoutExpired):
                worker.wait(seconds)
                pytest.fail("it ended by itself")
            worker.send_signal(signal.SIGKILL)


_SCRIPT = """
import asyncio, sys
from infra24.app import compose
from infra24.settings import Settings

async def main():
    database, worker = compose(Settings(), sys.argv[1])
    await database.open()
    print("ready", flush=True)
    stop = asyncio.Event()
    await asyncio.gather(worker.delivery.run(stop), worker.notifications.run(stop))

asyncio.run(main())
"""


def planned(dice: random.Random) -> list[Life]:
    """Half of the bookings are moved, half of all are cancelled, soon or later."""
    lives = []
    for n in range(COUNT):
        steps = ["made", *(["moved"] * dice.randrange(2)), *(["cancelled"] * dice.randrange(2))]
        moments = sorted(dice.sample(range(15), len(steps)))
        first = dice.randrange(STOPS - 15)
        lives.append(Life(n, [(first + at, step) for at, step in zip(moments, steps, strict=True)]))
    return lives


@pytest.fixture
def site(by_mail: Settings, database_url: str, clock: Clock, tokens: Tokens, empty_queue: None) -> Site:
    """One whose clock is the machine's, as that of the workers which the system kills."""
    visit = Draft("other", "Visit", availability_rules=rules(opening(MO), pooling="fixed"))
    shop = found_shop(
        database_url,
        by_mail,
        clock,
        {"mo": Draft("person", "Mo", email=MO, is_bookable=False), "visit": visit},
    )
    began = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return Site(by_mail, database_url, shop, tokens, began)


def test_workers_killed_at_hundreds_of_moments_tell_everyone_what_is_true(
    site: Site, box: Mailbox, owner: psycopg.Connection[Any]
) -> None:
    dice = random.Random(11)
    site.lives = planned(dice)

    async def scenario() -> None:
        database, worker = compose(site.settings, site.url)
        await database.open()
        async with await psycopg.AsyncConnection.connect(site.url, autocommit=True) as hurry:
            for stop in range(STOPS):
                living = asyncio.create_task(site.live(database, stop))
                if stop in KILLED_AT:
                    await asyncio.to_thread(site.kill_after, 0.5 * dice.random())
                await site.work_for(0.15 * dice.random() ** 3)
                await living
                await hurry.execute(_HURRY)
            async with asyncio.timeout(30):
                while await _waiting(hurry, site.shop.org_id):  # the last may not be known to be gone yet
                    await worker.delivery.deliver_due()
                    await worker.notifications.process(1_000, 30)
        await worker.aclose()
        await database.close()

    asyncio.run(asyncio.wait_for(scenario(), 180))
    found = _rows(owner, site.shop.org_id)
    _each_event_is_told_once(site, found)
    _what_is_true_arrived(site, found, box)
    _reminders_are_of_what_stands(site, owner)


_WAITING: LiteralString = """
    SELECT (SELECT count(*) FROM notifications WHERE org_id = %(org)s AND due_at <= now())
        + (SELECT h.seq - c.seq FROM event_heads h JOIN event_cursors c ON c.org_id = h.org_id
            WHERE h.org_id = %(org)s AND c.subscriber = 'notifications')
"""


async def _waiting(connection: psycopg.AsyncConnection[Any], org_id: UUID) -> int:
    found = await (await connection.execute(_WAITING, {"org": org_id})).fetchone()
    assert found is not None
    return int(found[0])


@dataclass(frozen=True)
class Row:
    """What came of a notification."""

    message_id: str
    booking_id: UUID
    kind: str
    recipient: str
    state: str


def _rows(owner: psycopg.Connection[Any], org_id: UUID) -> list[Row]:
    found = owner.execute(
        "SELECT format('<%%s.%%s.%%s@example.org>', kind, replace(org_id::text, '-', ''), id), booking_id, kind, recipient, state "
        "FROM notifications WHERE org_id = %s AND kind <> 'booking_reminder'",
        (org_id,),
    )
    return [Row(*one) for one in found]


def _each_event_is_told_once(site: Site, found: list[Row]) -> None:
    """To the booker and to the host; sent, or no longer true. What happened last is true, and was sent."""
    told, last = Counter[tuple[UUID, str, str]](), set[tuple[UUID, str, str]]()
    for life in site.lives:
        assert life.booking is not None
        for _, step in life.plan:
            both = [(life.booking.id, *one) for one in zip(KINDS[step], (ADA.email, MO), strict=True)]
            told.update(both)
        last.update(both)
    assert Counter((row.booking_id, row.kind, row.recipient) for row in found) == told
    assert {row.state for row in found} == {"sent", "suppressed"}
    assert last <= {(row.booking_id, row.kind, row.recipient) for row in found if row.state == "sent"}


def _what_is_true_arrived(site: Site, found: list[Row], box: Mailbox) -> None:
    rows, arrived = {row.message_id: row for row in found}, box.sent_emails
    times = Counter(mailed["Message-ID"] for mailed in arrived)
    assert times.keys() <= rows.keys()
    assert {id_ for id_, row in rows.items() if row.state == "sent"} <= times.keys()
    assert max(times.values()) > 1, "some were killed between sending and writing down"
    assert all(mailed["To"] == rows[mailed["Message-ID"]].recipient for mailed in arrived)
    said = {(mailed["Message-ID"], mailed["To"], mailed["Subject"]) for mailed in arrived}
    assert len({(to, subject) for _, to, subject in said}) == len(said) == len(times), "a repeat is the same"
    withdrawn = set()
    for row in [rows[mailed["Message-ID"]] for mailed in arrived]:
        if row.kind in KINDS["cancelled"]:
            withdrawn.add((row.booking_id, row.recipient))
        else:
            assert (row.booking_id, row.recipient) not in withdrawn, row


def _reminders_are_of_what_stands(site: Site, owner: psycopg.Connection[Any]) -> None:
    """One waits for each booking that was not cancelled, of the time that it has."""
    waiting = owner.execute(
        "SELECT booking_id, facts ->> 'starts_at' FROM notifications "
        "WHERE org_id = %s AND kind = 'booking_reminder' AND state = 'queued'",
        (site.shop.org_id,),
    ).fetchall()
    standing = [life.booking for life in site.lives if life.booking and life.plan[-1][1] != "cancelled"]
    assert sorted(waiting) == sorted((one.id, one.starts_at.isoformat()) for one in standing)
