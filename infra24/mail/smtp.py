"""The transport by SMTP: one connection for each e-mail, in a thread; unencrypted only on this machine."""

import asyncio
import ipaddress
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.headerregistry import Address
from urllib.parse import parse_qs, unquote, urlsplit

from infra24.errors import operator_text
from infra24.mail.mime import message
from infra24.mail.model import Email, MessageHeaders
from infra24.mail.transport import (
    InvalidMailServer,
    PermanentFailure,
    ServerUnavailable,
    TemporaryFailure,
)

_SECONDS = 20.0
_LOOK_SECONDS = 3.0
_SIGN_IN_FIRST = 530  # the server wants a user or encryption: our settings are wrong, not the e-mail


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server and how to speak to it. `starttls` is whether nothing is said before it."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    implicit_tls: bool = False
    starttls: bool = True
    ca: str | None = None
    by: str | None = None

    @classmethod
    def of(cls, url: str) -> "Server":
        """The server that an address names: smtp:// (STARTTLS, unless on this machine) or smtps://.

        `?from=` is the sender where none is set, `?ca=` a file with the certificates to trust instead of the
        system's; with it STARTTLS is wanted on this machine too. The error never repeats the password.
        """
        try:
            parts = urlsplit(url)
            options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise InvalidMailServer() from None
        if parts.scheme not in ("smtp", "smtps") or not host or options.keys() - {"from", "ca"}:
            raise InvalidMailServer()
        implicit, ca = parts.scheme == "smtps", options.get("ca")
        return cls(
            host,
            port or (465 if implicit else 587),
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            implicit,
            not implicit and (ca is not None or not _on_this_machine(host)),
            ca,
            options.get("from"),
        )


class SmtpTransport:
    """Sends e-mail through a mail server."""

    def __init__(self, server: Server, by: Address) -> None:
        self.server = server
        self.by = by

    @property
    def domain(self) -> str:
        """The sender's."""
        return self.by.domain

    @property
    def sender(self) -> str:
        """The sender's address."""
        return self.by.addr_spec

    async def send(self, email: Email, headers: MessageHeaders) -> str:
        """Hand the e-mail to the server; its Message-ID. 4xx is TemporaryFailure, 5xx PermanentFailure."""
        return await asyncio.to_thread(self._send, email, headers)

    async def check(self) -> str:
        """Connect, encrypt, sign in, and leave."""
        return await asyncio.to_thread(self._check)

    def _send(self, email: Email, headers: MessageHeaders) -> str:
        with self._connected(_SECONDS) as server:
            try:
                server.send_message(message(email, headers, self.by), self.by.addr_spec)
            except smtplib.SMTPRecipientsRefused as error:
                ((code, said),) = error.recipients.values()
                raise _failure(code, said, email.to) from None
            except smtplib.SMTPResponseException as error:
                raise _failure(error.smtp_code, error.smtp_error, email.to) from None
            except smtplib.SMTPNotSupportedError:
                raise PermanentFailure(operator_text("the server takes no address beyond ASCII")) from None
        return headers.id

    def _check(self) -> str:
        with self._connected(_LOOK_SECONDS) as server:
            server.noop()
            version = server.sock.version() if isinstance(server.sock, ssl.SSLSocket) else "not encrypted"
        who = f", signed in as {self.server.user}" if self.server.user else ""
        return f"{self.server.host}:{self.server.port} answers ({version}{who})"

    @contextmanager
    def _connected(self, seconds: float) -> Iterator[smtplib.SMTP]:
        """A connection, encrypted and signed in. What fails on the way there is never the e-mail's fault."""
        there = f"{self.server.host}:{self.server.port}"
        try:
            server = self._connect(seconds)
        except smtplib.SMTPAuthenticationError as error:
            raise ServerUnavailable(
                operator_text(f"{there} does not let {self.server.user} in ({error.smtp_code})")
            ) from None
        except smtplib.SMTPNotSupportedError as error:
            raise ServerUnavailable(operator_text(f"{there}: {error}")) from None
        except (smtplib.SMTPException, OSError) as error:
            raise ServerUnavailable(
                operator_text(f"{there} does not answer: {type(error).__name__}: {error}")
            ) from None
        try:
            yield server
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            raise ServerUnavailable(operator_text(f"{there} went away: {type(error).__name__}")) from None
        finally:
            _leave(server)

    def _connect(self, seconds: float) -> smtplib.SMTP:
        to, we = self.server, self.by.domain  # our own name, or smtplib would ask the network for it
        if to.implicit_tls:
            trust = ssl.create_default_context(cafile=to.ca)
            server: smtplib.SMTP = smtplib.SMTP_SSL(to.host, to.port, we, timeout=seconds, context=trust)
        else:
            server = smtplib.SMTP(to.host, to.port, we, timeout=seconds)
        try:
            if to.starttls:
                server.starttls(context=ssl.create_default_context(cafile=to.ca))
            server.ehlo_or_helo_if_needed()
            if to.user:
                server.login(to.user, to.password)
        except BaseException:
            server.close()
            raise
        return server


def _leave(server: smtplib.SMTP) -> None:
    """Say goodbye; whether the server hears it is no matter, for it has the e-mail."""
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):
        server.close()


def _failure(code: int, said: bytes | str, to: str) -> TemporaryFailure | PermanentFailure:
    """What a refusal means, in the server's words without the recipient and without any link it repeats."""
    words = said.decode(errors="replace") if isinstance(said, bytes) else said
    told = re.sub(r"\S*(://|@)\S*", "…", words.replace(to, "…"))
    sentence = f"{code} {' '.join(told.split())[:200]}"
    lasting = code >= 500 and code != _SIGN_IN_FIRST
    return PermanentFailure(operator_text(sentence)) if lasting else TemporaryFailure(operator_text(sentence))


def _on_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
