"""Where letters leave the house: the post, and the two ways in which it can fail."""

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from psycopg import AsyncConnection

from infra24.errors import Invalid, Unavailable
from infra24.mail.model import Letter, Stamp

Facts = Mapping[str, UUID | str | int]
"""What a letter is about: ids, numbers and short words. Never a secret, never an address."""


class NoServer(Invalid):
    """INFRA24_SMTP_URL is not smtp://user:password@host:587 or smtps://user:password@host."""


class NoSender(Invalid):
    """INFRA24_MAIL_FROM is not an address such as Infra24 <post@example.org>."""


class Delayed(Unavailable):
    """The letter could not be sent now. It is tried again."""


class Refused(Unavailable):
    """The letter was refused for good. It is not tried again."""


class Post(Protocol):
    """Sends letters. Both verbs raise Delayed or Refused, whose sentences name no recipient and no link."""

    @property
    def domain(self) -> str:
        """The domain that letters come from."""
        ...

    async def send(self, letter: Letter, stamp: Stamp) -> str:
        """Send it; what a log may say of it. The same stamp makes it the same letter again."""
        ...

    async def look(self) -> str:
        """Whether letters would leave, without sending one: where they go."""
        ...


class Letterbox(Protocol):
    """Takes letters to be written and sent by the worker. The queue is one."""

    async def letter(self, connection: AsyncConnection[Any], kind: str, facts: Facts) -> None:
        """Queue a letter in the connection's transaction: it is sent if that commits, and only then."""
        ...
