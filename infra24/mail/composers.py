"""Who writes which letter: a letter is written when it is sent, from what is true then."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from infra24.db import Database
from infra24.mail.model import Letter


class Secrets(Protocol):
    """Makes again, from ids, the secrets that links carry."""

    def of(self, org_id: UUID, booking_id: UUID) -> str:
        """The token of a booking."""
        ...

    def sign(self, purpose: str, message: bytes) -> bytes:
        """A proof, for one purpose, that this installation wrote a message."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What a writer has at hand."""

    database: Database
    base_url: str
    tokens: Secrets
    now: datetime


Writer = Callable[[Desk, dict[str, Any]], Awaitable[Letter | None]]
"""Writes one letter from its facts (ids as text); None when there is nothing to say any more."""

Writers = Mapping[str, Writer]
"""Kind of letter → who writes it. A kind, once used, stays: it is what waiting jobs remember."""
