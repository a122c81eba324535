"""Mail transports, and the two ways in which sending can fail."""

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from psycopg import AsyncConnection

from infra24.errors import Invalid, Unavailable
from infra24.mail.model import Email, MessageHeaders

Facts = Mapping[str, UUID | str | int]
"""The arguments of an e-mail's job: ids, numbers and short words. Never a secret, never an address."""


class InvalidMailServer(Invalid):
    """INFRA24_SMTP_URL is not smtp://user:password@host:587 or smtps://user:password@host."""


class InvalidSender(Invalid):
    """INFRA24_MAIL_FROM is not an address such as Infra24 <post@example.org>."""


class TemporaryFailure(Unavailable):
    """The e-mail could not be sent now. It will be tried again."""


class PermanentFailure(Unavailable):
    """The e-mail cannot be delivered. It will not be tried again."""


class MailTransport(Protocol):
    """Sends e-mail. Both methods raise Delayed or Refused, whose sentences name no recipient and no link."""

    @property
    def domain(self) -> str:
        """The domain that e-mail comes from."""
        ...

    async def send(self, email: Email, headers: MessageHeaders) -> str:
        """Send it; what a log may say of it. The same Message-ID makes it the same e-mail again."""
        ...

    async def check(self) -> str:
        """Whether e-mail can be sent, without sending any; where it goes."""
        ...


class MailQueue(Protocol):
    """Queues e-mails for the worker to compose and send."""

    async def enqueue(self, connection: AsyncConnection[Any], kind: str, facts: Facts) -> None:
        """Queue an e-mail in the connection's transaction: it is sent if that commits, and only then."""
        ...
