"""The transport by SMTP: one connection for each e-mail, in a thread; unencrypted only on this machine."""

import asyncio
import ipaddress
import re
import smtplib
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.headerregistry import Address
from functools import partial
from urllib.parse import parse_qs, unquote, urlsplit

from infra24.channels import PermanentFailure, ServerUnavailable, TemporaryFailure
from infra24.errors import DomainError, operator_text
from infra24.mail.mime import message
from infra24.mail.model import Email, MessageHeaders
from infra24.mail.oauth import AccessTokens
from infra24.mail.transport import InvalidMailServer

Resolve = Callable[[str, int], Awaitable[str]]
"""Which address to connect to for a name and a port. Raises DomainError where none may be."""

_SECONDS = 20.0
_LOOK_SECONDS = 3.0
_CLOSING, _SIGN_IN_FIRST, _TOO_LARGE = 421, 530, 552


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


@dataclass(frozen=True, slots=True)
class _Way:
    """Where to connect, and the access token to sign in by; none: by the password."""

    address: str
    token: str = field(default="", repr=False)


class _PlainAt(smtplib.SMTP):
    """A connection to one address of a name; certificates are still the name's."""

    def __init__(self, at: str, host: str, port: int, we: str, seconds: float) -> None:
        self._at = at
        super().__init__(host, port, we, timeout=seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return socket.create_connection((self._at, port), timeout)


class _EncryptedAt(smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""

    def __init__(self, at: str, host: str, port: int, we: str, seconds: float, trust: ssl.SSLContext) -> None:
        self._at = at
        super().__init__(host, port, we, timeout=seconds, context=trust)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connected = socket.create_connection((self._at, port), timeout)
        return self.context.wrap_socket(connected, server_hostname=host)


class SmtpTransport:
    """Sends e-mail through a mail server; with `tokens` it signs in by them instead of a password.

    `resolve` says which address of the server's name to connect to, where an organization gave the name: one
    that was checked. The server has so many `seconds` for each answer.
    """

    def __init__(
        self,
        server: Server,
        by: Address,
        tokens: AccessTokens | None = None,
        resolve: Resolve | None = None,
        seconds: float = _SECONDS,
    ) -> None:
        self.server, self.by, self._tokens, self._resolve = server, by, tokens, resolve
        self.seconds = seconds

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
        return await self._ask(partial(self._send, email, headers))

    async def check(self) -> str:
        """Connect, encrypt, sign in, and leave."""
        return await self._ask(self._check)

    async def _ask(self, ask: Callable[["_Way"], str]) -> str:
        """Ask the server in a thread, by the way to it: where it is, and what signs in."""
        at = await self._address()
        if self._tokens is None:
            return await asyncio.to_thread(ask, _Way(at))
        try:
            return await asyncio.to_thread(ask, _Way(at, await self._tokens.current()))
        except ServerUnavailable:
            self._tokens.forget()  # it may be the token: the next attempt has another
            raise

    async def _address(self) -> str:
        if self._resolve is None:
            return self.server.host
        try:
            return await self._resolve(self.server.host, self.server.port)
        except DomainError as error:
            raise ServerUnavailable(operator_text(f"{self.server.host}: {error.message}")) from error

    def _send(self, email: Email, headers: MessageHeaders, way: "_Way") -> str:
        with self._connected(self.seconds, way) as server:
            try:
                server.send_message(message(email, headers, self.by), self.by.addr_spec)
            except smtplib.SMTPRecipientsRefused as error:
                ((code, said),) = error.recipients.values()
                raise _failure(code, said, email.to) from None
            except smtplib.SMTPSenderRefused as error:
                refused = _failure(error.smtp_code, error.smtp_error, email.to)
                if error.smtp_code == _TOO_LARGE:
                    raise refused from None
                raise ServerUnavailable(
                    operator_text(f"{self.server.host} takes nothing from {self.sender}: {refused.message}")
                ) from None
            except smtplib.SMTPResponseException as error:
                raise _failure(error.smtp_code, error.smtp_error, email.to) from None
            except smtplib.SMTPNotSupportedError:
                raise PermanentFailure(operator_text("the server takes no address beyond ASCII")) from None
        return headers.id

    def _check(self, way: "_Way") -> str:
        with self._connected(min(self.seconds, _LOOK_SECONDS), way) as server:
            server.noop()
            version = server.sock.version() if isinstance(server.sock, ssl.SSLSocket) else "not encrypted"
        who = f", signed in as {self.server.user}" if self.server.user else ""
        return f"{self.server.host}:{self.server.port} answers ({version}{who})"

    @contextmanager
    def _connected(self, seconds: float, way: "_Way") -> Iterator[smtplib.SMTP]:
        """A connection, encrypted and signed in. What fails on the way there is never the e-mail's fault."""
        there = f"{self.server.host}:{self.server.port}"
        try:
            server = self._connect(seconds, way)
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

    def _connect(self, seconds: float, way: "_Way") -> smtplib.SMTP:
        to, we = self.server, self.by.domain  # our own name, or smtplib would ask the network for it
        if to.implicit_tls:
            trust = ssl.create_default_context(cafile=to.ca)
            server: smtplib.SMTP = _EncryptedAt(way.address, to.host, to.port, we, seconds, trust)
        else:
            server = _PlainAt(way.address, to.host, to.port, we, seconds)
        try:
            if to.starttls:
                server.starttls(context=ssl.create_default_context(cafile=to.ca))
            server.ehlo_or_helo_if_needed()
            if way.token:
                _sign_in_by_token(server, to.user, way.token)
            elif to.user:
                server.login(to.user, to.password)
        except BaseException:
            server.close()
            raise
        return server


def _sign_in_by_token(server: smtplib.SMTP, user: str, token: str) -> None:
    """XOAUTH2 (https://developers.google.com/workspace/gmail/imap/xoauth2-protocol). A refusal is first a
    challenge with the reason, which an empty answer acknowledges."""
    said = f"user={user}\x01auth=Bearer {token}\x01\x01"
    server.auth("XOAUTH2", lambda challenge=None: said if challenge is None else "")


def _leave(server: smtplib.SMTP) -> None:
    """Say goodbye; whether the server hears it is no matter, for it has the e-mail."""
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):
        server.close()


def _failure(code: int, said: bytes | str, to: str) -> TemporaryFailure | PermanentFailure:
    """What a refusal means, in the server's words without the recipient and without any link it repeats.

    A server that is closing, or wants a user or encryption first, refuses any e-mail and not this one.
    """
    words = said.decode(errors="replace") if isinstance(said, bytes) else said
    told = re.sub(r"\S*(://|@)\S*", "…", words.replace(to, "…"))
    sentence = operator_text(f"{code} {' '.join(told.split())[:200]}")
    if code in (_CLOSING, _SIGN_IN_FIRST):
        return ServerUnavailable(sentence)
    return PermanentFailure(sentence) if code >= 500 else TemporaryFailure(sentence)


def _on_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
