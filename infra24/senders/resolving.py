"""From an organization to what sends its messages: its own service, or the installation's."""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from infra24 import org_connections
from infra24.auth import SecretBox, Sign
from infra24.channels import Channel
from infra24.db import Tx
from infra24.mail.mime import sender as parse_sender
from infra24.mail.oauth import AccessTokens, OAuthClient
from infra24.mail.resend import ResendTransport
from infra24.mail.smtp import Server, SmtpTransport
from infra24.org_connections import OrgConnection
from infra24.outbound import OutboundClient
from infra24.senders.model import (
    PER_MINUTE,
    InstallationSenders,
    MailSender,
    Provider,
    Sender,
    SmsSender,
)
from infra24.senders.reports import report_url
from infra24.settings import Settings
from infra24.sms.twilio import TwilioAccount, TwilioTransport

_MOST_KEPT = 256
_IMPLICIT_TLS = 465
_Key = tuple[UUID, datetime]


class SenderResolver:
    """Makes the senders of organizations, and keeps those used last: an access token is fetched once."""

    def __init__(
        self,
        settings: Settings,
        seals: SecretBox,
        sign: Sign,
        outside: OutboundClient,
        home: InstallationSenders,
    ) -> None:
        self.home = home
        self._settings, self._seals, self._sign, self._outside = settings, seals, sign, outside
        self._kept: OrderedDict[_Key, Sender] = OrderedDict()

    async def of(self, tx: Tx) -> Mapping[Channel, Sender]:
        """By channel what an organization sends by now. A channel that is left out cannot be used."""
        found = {channel: sender for channel in Channel if (sender := self.home.of(channel)) is not None}
        for connection in await org_connections.listed(tx, tuple(Provider)):
            found[Provider(connection.kind).channel] = await self._own(tx, connection)
        return found

    async def _own(self, tx: Tx, connection: OrgConnection) -> Sender:
        key = (connection.id, connection.updated_at)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        secret = await org_connections.secret_of(tx, self._seals, connection.id)
        made = self._made(tx.org_id, connection, secret)
        self._kept[key] = made
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return made

    def _made(self, org_id: UUID, connection: OrgConnection, secret: Mapping[str, str]) -> Sender:
        provider, said = Provider(connection.kind), connection.settings
        rate = int(said["per_minute"]) or PER_MINUTE[provider]
        if provider is Provider.RESEND:
            by = parse_sender(said["from"])
            return MailSender(
                ResendTransport(self._outside, secret["key"], by, self._settings.resend_url), rate
            )
        if provider is Provider.TWILIO:
            told = report_url(self._settings.base_url, self._sign, provider, org_id, connection.id)
            account = TwilioAccount(said["account_sid"], secret["token"], said["number"], told)
            return SmsSender(TwilioTransport(self._outside, account, self._settings.twilio_url), rate)
        return MailSender(self._smtp(said, secret), rate)

    def _smtp(self, said: Mapping[str, str], secret: Mapping[str, str]) -> SmtpTransport:
        """A mail server that the organization named: encrypted, and at an address that was checked."""
        implicit = int(said["port"]) == _IMPLICIT_TLS
        server = Server(
            said["host"], int(said["port"]), said["user"], secret.get("password", ""), implicit, not implicit
        )
        tokens = None
        if said["auth"] == "oauth":
            client = OAuthClient(
                said["token_url"],
                said["client_id"],
                secret["client_secret"],
                secret.get("refresh_token", ""),
                said["scope"],
            )
            tokens = AccessTokens(self._outside, client, trusted=False)
        return SmtpTransport(server, parse_sender(said["from"]), tokens, self._outside.address_of)
