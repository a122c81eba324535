"""The parts of an installation beside its database."""

import asyncio
import os
import sys
from zoneinfo import ZoneInfo, available_timezones

from infra24 import clock
from infra24.auth import SecretTooShort
from infra24.doctor.model import Check, Finding
from infra24.errors import DomainError
from infra24.i18n import LANGUAGES, catalogue
from infra24.mailbox import ImapMailbox
from infra24.outbound import OutboundClient
from infra24.senders import home_mail, home_senders
from infra24.server import PortInUse, check_port
from infra24.settings import Settings
from infra24.web import static_files


def checks(settings: Settings) -> list[tuple[str, Check]]:
    """Each part by its name."""
    return [
        ("Python", _python),
        ("Account", _account),
        ("Time zones", _zones),
        ("Front end", _front_end),
        ("Languages", _languages),
        ("Secret", lambda: _secret(settings)),
        ("Port", lambda: _port(settings)),
        ("Proxy", lambda: _proxy(settings)),
        ("Mail", lambda: _mail(settings)),
        ("Mailbox", lambda: _mailbox(settings)),
        ("Texts", lambda: _texts(settings)),
    ]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer")


def _account() -> Finding:
    """As whom this runs. Root works, in a container say; the rest of us use an account that may do less."""
    seen = "root: give it an account of its own" if os.geteuid() == 0 else f"number {os.geteuid()}"
    return Finding("Account", True, seen)


def _zones() -> Finding:
    count = len(available_timezones())
    ZoneInfo("America/New_York")
    return Finding("Time zones", count > 400, f"{count} zones", "pip install tzdata")


def _front_end() -> Finding:
    found = static_files.read()
    wanted = {"app.css", "book.js", "htmx.js", "figtree.woff2"}
    missing = wanted - set(found.files)
    seen = f"version {found.version}" if not missing else f"missing {', '.join(sorted(missing))}"
    return Finding("Front end", not missing, seen, "make frontend")


def _languages() -> Finding:
    empty = [code for code in LANGUAGES if code != "en" and catalogue(code).gettext("Continue") == "Continue"]
    return Finding(
        "Languages",
        not empty,
        ", ".join(LANGUAGES),
        f"translations are missing for {', '.join(empty)}: reinstall Infra24",
    )


def _secret(settings: Settings) -> Finding:
    """Whether there is one, long enough, the same for every process, that nobody else can read."""
    where = "INFRA24_SECRET" if settings.secret else str(settings.secret_file)
    try:
        ring = settings.keyring()
    except SecretTooShort as error:
        return Finding("Secret", False, f"too short, from {where}", error.message)
    if settings.secret is None and settings.secret_file.stat().st_mode & 0o077:
        return Finding(
            "Secret", False, f"others can read {where}", f"chmod 600 {where}; infra24 secrets rotate"
        )
    advice = "set INFRA24_SECRET to 32 random bytes or more; every process needs the same"
    shared = bool(settings.secret) or not settings.database_url
    earlier = f" and {len(ring.keys) - 1} earlier" if len(ring.keys) > 1 else ""
    return Finding("Secret", shared, f"{len(ring.current.secret)} characters{earlier}, from {where}", advice)


def _port(settings: Settings) -> Finding:
    try:
        check_port(settings.host, settings.port)
    except PortInUse:
        return Finding("Port", True, f"{settings.host}:{settings.port} is in use (by us, perhaps)")
    return Finding("Port", True, f"{settings.host}:{settings.port} is free")


def _proxy(settings: Settings) -> Finding:
    """Whether visitors are told apart: behind a proxy that is not trusted all have its address."""
    seen = f"trusted: {settings.trusted_proxies}" if settings.trusted_proxies else "none is trusted"
    if settings.missing_proxy:
        seen += ", but INFRA24_PUBLIC_URL is https: all visitors share one rate limit"
    advice = "set INFRA24_TRUSTED_PROXIES to the address from which the proxy connects, such as 127.0.0.1"
    return Finding("Proxy", not settings.missing_proxy, seen, advice)


def _mail(settings: Settings) -> Finding:
    """Where e-mail goes, and whether the server answers; without one nothing is sent."""
    wrong = "set INFRA24_SMTP_URL to smtp://user:password@host:587 and INFRA24_MAIL_FROM to the sender"
    try:
        seen = asyncio.run(home_mail(settings, OutboundClient()).check())
    except DomainError as error:
        return Finding("Mail", False, error.message, wrong)
    sends = settings.mail_server is not None or settings.resend_api_key is not None
    well = sends or not settings.public_url
    return Finding("Mail", well, seen if sends else f"{seen}; nothing is sent", wrong)


def _mailbox(settings: Settings) -> Finding:
    """Whether the mailbox can be read that answers come to, where one is set."""
    wrong = "set INFRA24_IMAP_URL to imaps://user:password@host/INBOX"
    if settings.imap_url is None:
        return Finding("Mailbox", True, "none is read: calendars' answers and bounces are not known", wrong)
    try:
        mailbox = ImapMailbox.of(settings.imap_url.get_secret_value())
        asyncio.run(mailbox.arrived(0, 1))
    except DomainError as error:
        return Finding("Mailbox", False, error.message, wrong)
    return Finding("Mailbox", True, f"{mailbox.folder} of {mailbox.user} at {mailbox.host}", wrong)


def _texts(settings: Settings) -> Finding:
    """Whether the carrier of text messages takes the account, where one is set."""
    wrong = "set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_PHONE_NUMBER"
    if settings.twilio_account_sid is None:
        return Finding("Texts", True, "no carrier is set", wrong)

    async def checked() -> str:
        outside = OutboundClient()
        try:
            sms = home_senders(settings, outside, clock.now).sms
            return await sms.transport.check() if sms else ""
        finally:
            await outside.aclose()

    try:
        return Finding("Texts", True, asyncio.run(checked()), wrong)
    except DomainError as error:
        return Finding("Texts", False, error.message, wrong)
