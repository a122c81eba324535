"""Composers: an e-mail is composed when it is sent, from what is true then."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from infra24.db import Database
from infra24.mail.model import Email


class TokenSigner(Protocol):
    """Makes from ids the secrets that links carry, as often as needed."""

    def of(self, org_id: UUID, booking_id: UUID) -> str:
        """The token of a booking."""
        ...

    def sign(self, purpose: str, message: bytes) -> bytes:
        """A proof, for one purpose, that this installation wrote a message."""
        ...


@dataclass(frozen=True, slots=True)
class ComposeContext:
    """What a composer can use."""

    database: Database
    base_url: str
    sender: str
    tokens: TokenSigner
    now: datetime


Composer = Callable[[ComposeContext, dict[str, Any]], Awaitable[Email | None]]
"""Composes one e-mail from its job's arguments (ids as text); None when it is out of date."""

Composers = Mapping[str, Composer]
"""Kind of e-mail → its composer. A kind, once used, stays: waiting jobs refer to it."""
