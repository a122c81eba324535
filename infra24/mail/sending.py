"""Sending a letter that was queued: write it now, stamp it, hand it to the post."""

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from infra24.db import Tx
from infra24.errors import Invalid
from infra24.mail.composers import Desk, Writers
from infra24.mail.model import Stamp
from infra24.mail.transport import Facts, Post, Refused

log = logging.getLogger("infra24.mail")

_WORD_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Office:
    """The letters of one installation: who writes them, who carries them, what writers have at hand."""

    writers: Writers
    post: Post
    desk: Callable[[datetime], Desk]

    async def send(self, kind: str, facts: dict[str, Any], job: int, now: datetime) -> None:
        """Write and send one letter; nothing when its writer has nothing to say any more.

        Raises Delayed and Refused as the post does, and LookupError for a kind that nobody writes (an older
        worker beside a newer server: it is tried again). The log has the kind, never whom or what.
        """
        letter = await self.writers[kind](self.desk(now), facts)
        if letter is None:
            log.debug("letter %s of job %s: nothing to say any more", kind, job)
            return
        try:
            went = await self.post.send(letter, Stamp(self._id(kind, facts, job), now))
        except Refused as error:
            log.error("letter %s of job %s was refused for good: %s", kind, job, error.sentence)
            raise
        log.info("letter %s: %s", kind, went)

    def _id(self, kind: str, facts: dict[str, Any], job: int) -> str:
        """The job's own, and of what it is about: a database begun anew counts its jobs from 1 again."""
        about = hashlib.sha256(json.dumps([kind, facts], sort_keys=True).encode()).hexdigest()[:16]
        return f"{kind}.{job}.{about}@{self.post.domain}"


def post(tx: Tx, kind: str, **facts: UUID | str | int) -> None:
    """Have a letter written and sent once the transaction has committed."""
    tx.letters.append((kind, facts))


def queued(facts: Facts) -> dict[str, Any]:
    """The facts as a job keeps them. Refuses what is not an id, a number or a short word of small letters."""
    kept: dict[str, Any] = {}
    for name, fact in facts.items():
        said = str(fact) if isinstance(fact, UUID) else fact
        if isinstance(said, str) and not _is_word(said):
            raise Invalid(f"{name} does not go into a job: give the id of the row that has it.")
        kept[name] = said
    return kept


def _is_word(said: str) -> bool:
    plain = said.replace("-", "").replace("_", "").replace(".", "")
    return len(said) <= _WORD_LONGEST and plain.isascii() and plain.isalnum() and plain == plain.lower()
