"""A sender: a service that carries messages, as whom, and how many a minute."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from infra24.channels import Channel
from infra24.mail import Email, MailTransport, MessageHeaders
from infra24.sms import Sms, SmsTransport


class Provider(StrEnum):
    """A service that carries messages. The connection that keeps its secret has the same kind."""

    SMTP = "smtp"
    RESEND = "resend"
    TWILIO = "twilio"

    @property
    def channel(self) -> Channel:
        """What it carries."""
        return Channel.SMS if self is Provider.TWILIO else Channel.EMAIL


PER_MINUTE: Mapping[Provider, int] = {Provider.SMTP: 300, Provider.RESEND: 120, Provider.TWILIO: 60}
"""How many messages a minute an organization's own sender takes if nothing else is said: Resend allows two
requests a second (https://resend.com/docs/api-reference/rate-limit), a Twilio long code one message a second
(https://help.twilio.com/articles/115002943027)."""


@dataclass(frozen=True, slots=True)
class SenderDraft:
    """A sender as it is typed: the fields of its provider, and what opens it. Blank secrets stay."""

    provider: Provider
    fields: Mapping[str, str]
    secret: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class MailSender:
    """Sends e-mail; at most `per_minute`, None: as fast as it goes."""

    transport: MailTransport
    per_minute: int | None = None

    @property
    def address(self) -> str:
        """The address that e-mail comes from, without a name."""
        return self.transport.sender

    async def send(self, message: Email | Sms, name: str, now: datetime) -> str:
        """Send an e-mail whose Message-ID begins with a name; what the provider calls it."""
        assert isinstance(message, Email)
        return await self.transport.send(message, MessageHeaders(f"{name}@{self.transport.domain}", now))


@dataclass(frozen=True, slots=True)
class SmsSender:
    """Sends text messages; at most `per_minute`, None: as fast as it goes."""

    transport: SmsTransport
    per_minute: int | None = None

    @property
    def address(self) -> str:
        """Nothing: a text message has no e-mail address to come from."""
        return ""

    async def send(self, message: Email | Sms, name: str, now: datetime) -> str:
        """Send a text message; what the provider calls it."""
        assert isinstance(message, Sms)
        return await self.transport.send(message, name)


Sender = MailSender | SmsSender


@dataclass(frozen=True, slots=True)
class InstallationSenders:
    """What organizations without a sender of their own use. `sms` None: they send no text messages."""

    mail: MailSender
    sms: SmsSender | None = None

    def of(self, channel: Channel) -> Sender | None:
        """The one of a channel."""
        return self.mail if channel is Channel.EMAIL else self.sms
