"""Mail transports, and the two ways in which sending can fail."""

from typing import Protocol

from infra24.errors import Invalid, Unavailable
from infra24.mail.model import Email, MessageHeaders


class InvalidMailServer(Invalid):
    """INFRA24_SMTP_URL is not valid. Write smtp://user:password@host:587 or smtps://user:password@host."""


class InvalidSender(Invalid):
    """INFRA24_MAIL_FROM is not an address such as Infra24 <post@example.org>."""


class TemporaryFailure(Unavailable):
    """The e-mail could not be sent now. It will be tried again."""


class ServerUnavailable(TemporaryFailure):
    """The mail server cannot be used now. E-mail waits, and will be tried again."""


class PermanentFailure(Unavailable):
    """The e-mail cannot be delivered. It will not be tried again."""


class MailTransport(Protocol):
    """Sends e-mail. `send` and `check` raise TemporaryFailure or PermanentFailure, and name no recipient."""

    @property
    def domain(self) -> str:
        """The domain that e-mail comes from."""
        ...

    @property
    def sender(self) -> str:
        """The address that e-mail comes from, without a name."""
        ...

    async def send(self, email: Email, headers: MessageHeaders) -> str:
        """Send it; what a log may say of it. The same Message-ID makes it the same e-mail again."""
        ...

    async def check(self) -> str:
        """Whether e-mail can be sent, without sending any; where it goes."""
        ...
