"""Sending a queued e-mail: compose it, give it its Message-ID, hand it to the transport."""

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from infra24.channels import PermanentFailure
from infra24.db import Tx
from infra24.errors import Invalid, operator_text
from infra24.mail.composing import ComposeContext, Composers
from infra24.mail.model import MessageHeaders
from infra24.mail.transport import MailTransport

log = logging.getLogger("infra24.mail")

TASK, QUEUE = "send_email", "mail"
_WORD_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Mailer:
    """The e-mail of one installation: its composers, its transport, and what composers can use."""

    composers: Composers
    transport: MailTransport
    context: Callable[[datetime], ComposeContext]

    async def send(self, kind: str, facts: dict[str, Any], job: int, now: datetime) -> None:
        """Compose and send one e-mail; nothing when it is out of date.

        Raises TemporaryFailure and PermanentFailure as the transport does, and LookupError for a kind without
        a composer (an older worker beside a newer server: it is tried again). The log has the kind, never
        whom or what.
        """
        email = await self.composers[kind](self.context(now), facts)
        if email is None:
            log.debug("e-mail %s of job %s is out of date", kind, job)
            return
        try:
            went = await self.transport.send(email, MessageHeaders(self._message_id(kind, facts, job), now))
        except PermanentFailure as error:
            log.error("e-mail %s of job %s failed for good: %s", kind, job, error.message)
            raise
        log.info("e-mail %s: %s", kind, went)

    def _message_id(self, kind: str, facts: dict[str, Any], job: int) -> str:
        """The job's own, and of what it is about: a database begun anew counts its jobs from 1 again."""
        about = hashlib.sha256(json.dumps([kind, facts], sort_keys=True).encode()).hexdigest()[:16]
        return f"{kind}.{job}.{about}@{self.transport.domain}"


def enqueue(tx: Tx, kind: str, **facts: UUID | str | int) -> None:
    """Have an e-mail composed and sent once the transaction has committed.

    The job keeps ids, numbers and short words; Invalid for anything else. The text is composed later.
    """
    tx.enqueue(TASK, QUEUE, kind=kind, facts={name: _kept(name, fact) for name, fact in facts.items()})


def _kept(name: str, fact: UUID | str | int) -> str | int:
    kept = str(fact) if isinstance(fact, UUID) else fact
    if isinstance(kept, str) and not _is_word(kept):
        raise Invalid(operator_text(f"{name} does not go into a job: give the id of the row that has it."))
    return kept


def _is_word(said: str) -> bool:
    plain = said.replace("-", "").replace("_", "").replace(".", "")
    return len(said) <= _WORD_LONGEST and plain.isascii() and plain.isalnum() and plain == plain.lower()
