"""Real mail servers on loopback, with certificates made for the occasion."""

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.serving import free_port


@dataclass
class Mailbox:
    """Takes e-mails, and answers as it was told: `to_mail`, `to_rcpt` and `to_data` are answers, the first one
    first. `greylists` is whether a recipient is told to come back the first time.

    For each e-mail that came whole `on_data` says what the server does: None takes it.
    """

    on_data: "Callable[[EmailMessage], Fault | None]" = lambda _: None
    greylists: bool = False
    to_mail: list[str] = field(default_factory=list)
    to_rcpt: list[str] = field(default_factory=list)
    to_data: list[str] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    tried: int = 0
    came: Counter[str] = field(default_factory=Counter)

    @property
    def sent_emails(self) -> list[EmailMessage]:
        return [_read(raw) for raw in self.raw]

    async def handle_MAIL(self, _: SMTP, __: Session, envelope: Envelope, by: str, options: list[str]) -> str:
        if self.to_mail:
            return self.to_mail.pop(0)
        envelope.mail_from = by
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, _: SMTP, session: Session, envelope: Envelope, to: str, __: Any) -> str:
        self.tried += 1
        self.came[to] += 1
        if self.to_rcpt:
            return self.to_rcpt.pop(0)
        if self.greylists and self.came[to] == 1:
            return "451 greylisted, come back later"
        envelope.rcpt_tos.append(to)
        self.recipients.append(to)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.to_data:
            return self.to_data.pop(0)
        assert isinstance(envelope.content, bytes)
        fault = self.on_data(_read(envelope.content))
        if fault is None or fault.keeps:
            self.raw.append(envelope.content)
            self.sessions.append(session)
        if fault is not None and fault.hangs:
            await asyncio.Event().wait()  # until whoever asks is gone
        if fault is not None:
            assert server.transport is not None
            server.transport.abort()
        return "250 OK"

    def lets_in(self, _: SMTP, __: Session, ___: Envelope, mechanism: str, data: LoginPassword) -> AuthResult:
        self.logins.append(mechanism)
        good = (data.login, data.password) == (b"infra24", b"p@ss/word")
        return AuthResult(success=good, handled=good)


@dataclass(frozen=True)
class Fault:
    """What goes wrong once an e-mail has come: the connection breaks, or nothing more is said. `keeps` is
    whether the server has it all the same."""

    hangs: bool = False
    keeps: bool = False


def _read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)  # type: ignore[return-value]


class _Hooks:
    """What the server calls. It looks at every attribute for each connection: a mailbox would read its e-mails."""

    def __init__(self, box: Mailbox, more: Any) -> None:
        self.handle_MAIL, self.handle_RCPT, self.handle_DATA = (
            box.handle_MAIL,
            box.handle_RCPT,
            box.handle_DATA,
        )
        if more is not None:
            self.auth_XOAUTH2 = more.auth_XOAUTH2


class _Controller(Controller):
    def _trigger_server(self) -> None:
        """The probe that begins the server; one that wants TLS from the first byte gets it."""
        if self.ssl_context is None:
            super()._trigger_server()
            return
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        with (
            socket.create_connection((self.hostname, self.port), 5) as probe,
            trusting.wrap_socket(probe) as encrypted,
        ):
            encrypted.recv(64)


@contextmanager
def mail_server(box: Mailbox, more: Any = None, port: int | None = None, **options: Any) -> Iterator[int]:
    """Run a server for a mailbox; its port. `more` signs in by XOAUTH2."""
    port = port or free_port()
    controller = _Controller(
        _Hooks(box, more),
        hostname="127.0.0.1",
        port=port,
        authenticator=box.lets_in,
        **{"enable_SMTPUTF8": False, **options},
    )
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@dataclass(frozen=True)
class Certificate:
    """A certificate that signs itself, and the server's side of it."""

    path: Path
    context: ssl.SSLContext


def self_made(folder: Path) -> Certificate:
    """A certificate for this machine that nobody else has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path, key_path = folder / "certificate.pem", folder / "key.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key_path)
    return Certificate(path, context)
