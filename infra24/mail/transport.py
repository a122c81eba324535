"""What a mail transport is."""

from typing import Protocol

from infra24.errors import Invalid
from infra24.mail.model import Email, MessageHeaders


class InvalidMailServer(Invalid):
    """INFRA24_SMTP_URL is not valid. Write smtp://user:password@host:587 or smtps://user:password@host."""


class InvalidSender(Invalid):
    """INFRA24_MAIL_FROM is not an address such as Infra24 <post@example.org>."""


class MailTransport(Protocol):
    """Sends e-mail. `send` and `check` raise TemporaryFailure or PermanentFailure (`channels`), and name no
    recipient."""

    @property
    def domain(self) -> str:
        """The domain that e-mail comes from."""
        ...

    @property
    def sender(self) -> str:
        """The address that e-mail comes from, without a name."""
        ...

    async def send(self, email: Email, headers: MessageHeaders) -> str:
        """Send it; what the provider calls it. The same Message-ID makes it the same e-mail again."""
        ...

    async def check(self) -> str:
        """Whether e-mail can be sent, without sending any; where it goes."""
        ...
