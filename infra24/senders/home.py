"""The senders that the installation's settings name."""

from email.headerregistry import Address
from urllib.parse import urlsplit

from infra24.clock import Clock
from infra24.mail import MailTransport
from infra24.mail.file import FileTransport
from infra24.mail.mime import sender
from infra24.mail.oauth import AccessTokens, OAuthClient
from infra24.mail.resend import ResendTransport
from infra24.mail.smtp import Server, SmtpTransport
from infra24.outbound import OutboundClient
from infra24.senders.model import PER_MINUTE, InstallationSenders, MailSender, Provider, SmsSender
from infra24.settings import Settings
from infra24.sms.file import SmsFiles
from infra24.sms.twilio import TwilioAccount, TwilioTransport


def home_senders(settings: Settings, outside: OutboundClient, now: Clock) -> InstallationSenders:
    """The mail server, Resend, or files beside the embedded database; Twilio, or files where an inbox shows
    them. Raises InvalidMailServer and InvalidSender."""
    mail = MailSender(home_mail(settings, outside), settings.mail_per_minute)
    if settings.twilio_account_sid:
        account = TwilioAccount(
            settings.twilio_account_sid,
            settings.twilio_auth_token.get_secret_value(),
            settings.twilio_number,
        )
        sms = SmsSender(TwilioTransport(outside, account, settings.twilio_url), PER_MINUTE[Provider.TWILIO])
        return InstallationSenders(mail, sms)
    return InstallationSenders(
        mail, SmsSender(SmsFiles(settings.mail_folder, now)) if settings.shows_inbox else None
    )


def home_mail(settings: Settings, outside: OutboundClient) -> MailTransport:
    """The transport of e-mail. Raises InvalidMailServer and InvalidSender."""
    if settings.mail_server is not None:
        server = Server.of(settings.mail_server)
        return SmtpTransport(
            server, _by(settings.mail_from or server.by, settings), _tokens(settings, outside)
        )
    if settings.resend_api_key is not None:
        by = _by(settings.resend_from or settings.mail_from, settings)
        return ResendTransport(outside, settings.resend_api_key.get_secret_value(), by, settings.resend_url)
    return FileTransport(settings.mail_folder, _by(settings.mail_from, settings))


def _by(written: str | None, settings: Settings) -> Address:
    host = urlsplit(settings.base_url).hostname or ""
    return sender(written or f"Infra24 Booking <booking@{host if host and ':' not in host else 'localhost'}>")


def _tokens(settings: Settings, outside: OutboundClient) -> AccessTokens | None:
    if not settings.smtp_oauth_token_url:
        return None
    client = OAuthClient(
        settings.smtp_oauth_token_url,
        settings.smtp_oauth_client_id,
        settings.smtp_oauth_client_secret.get_secret_value(),
        settings.smtp_oauth_refresh_token.get_secret_value(),
        settings.smtp_oauth_scope,
    )
    return AccessTokens(outside, client, trusted=True)
