"""Reads the mailbox now and then, and writes down what came."""

import asyncio
import logging
from contextlib import suppress

from infra24 import bookings, notifications
from infra24.channels import ServerUnavailable
from infra24.clock import Clock
from infra24.db import Database
from infra24.errors import DomainError, Unavailable
from infra24.mailbox.imap import ImapMailbox
from infra24.mailbox.reading import Bounce, CalendarReply, read

log = logging.getLogger("infra24.mailbox")

_EVERY_SECONDS, _LONGEST_PAUSE = 60.0, 900.0
_MOST = 50


class MailboxReader:
    """Reads what comes to the sender's address. What is not for it is left as it is, unseen."""

    def __init__(self, database: Database, mailbox: ImapMailbox, clock: Clock) -> None:
        self._database, self._mailbox, self._clock = database, mailbox, clock
        self._seen = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Read once a minute until stopped; more seldom while the mailbox cannot be read."""
        pause = _EVERY_SECONDS
        while not stop.is_set():
            try:
                while await self.read_once() == _MOST and not stop.is_set():
                    pass
                pause = _EVERY_SECONDS
            except Exception as error:  # whatever it is, the next look comes
                if isinstance(error, ServerUnavailable):
                    log.warning("%s", error.message)
                elif not isinstance(error, Unavailable):
                    log.exception("the mailbox cannot be read", exc_info=error)
                pause = min(2 * pause, _LONGEST_PAUSE)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)

    async def read_once(self) -> int:
        """Read what came; how many messages were looked at. Raises ServerUnavailable."""
        arrived = await self._mailbox.arrived(self._seen, _MOST)
        ours = []
        for one in arrived:
            found = read(one.content)
            if found is not None:
                await self._write_down(found)
                ours.append(one.uid)
        await self._mailbox.mark_seen(ours)
        if arrived:
            self._seen = arrived[-1].uid
        return len(arrived)

    async def _write_down(self, found: Bounce | CalendarReply) -> None:
        """Anybody can write such a message: it may name what is not there, and then is nothing."""
        now = self._clock()
        with suppress(DomainError):
            async with self._database.transaction(found.org_id) as tx:
                if isinstance(found, Bounce):
                    await notifications.bounced(
                        tx, found.message_id, found.words, lasting=found.is_lasting, now=now
                    )
                else:
                    await bookings.record_reply(
                        tx, found.booking_id, found.email, found.response, found.revision, now=now
                    )
