"""A mailbox read by IMAP (RFC 9051): what has come and was not seen, without touching the rest."""

import asyncio
import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from infra24.channels import ServerUnavailable
from infra24.errors import Invalid, operator_text

_SECONDS = 20.0
_MOST_BYTES = 262_144
_LOCAL = ("localhost", "127.0.0.1", "::1")
_FOLDER = re.compile(r"[A-Za-z0-9 ._/-]{1,100}")


class InvalidMailbox(Invalid):
    """INFRA24_IMAP_URL is not valid. Write imaps://user:password@host/INBOX."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message as it lies there: its number, and its first 256 KiB."""

    uid: int
    content: bytes


@dataclass(frozen=True, slots=True)
class ImapMailbox:
    """A folder of an account. Unencrypted only on this machine."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    tls: bool = True

    @classmethod
    def of(cls, url: str) -> "ImapMailbox":
        """The mailbox that an address names; the error never repeats the password."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise InvalidMailbox() from None
        folder = unquote(parts.path.strip("/")) or "INBOX"
        local = parts.scheme == "imap" and host in _LOCAL
        if not host or not parts.username or not (parts.scheme == "imaps" or local):
            raise InvalidMailbox()
        if not _FOLDER.fullmatch(folder):
            raise InvalidMailbox()
        user, password = unquote(parts.username), unquote(parts.password or "")
        return cls(host, port or (143 if local else 993), user, password, folder, not local)

    async def arrived(self, after: int, most: int) -> list[Arrived]:
        """What is unseen behind a number, so many at most. Raises ServerUnavailable."""
        return await asyncio.to_thread(self._arrived, after, most)

    async def mark_seen(self, uids: Sequence[int]) -> None:
        """Mark messages as seen. Raises ServerUnavailable."""
        if uids:
            await asyncio.to_thread(self._mark_seen, uids)

    def _arrived(self, after: int, most: int) -> list[Arrived]:
        with self._opened(readonly=True) as server:
            _, found = server.uid("SEARCH", f"UID {after + 1}:*", "UNSEEN")
            uids = sorted(int(one) for one in (found[0] or b"").split() if int(one) > after)[:most]
            return [one for uid in uids if (one := _fetched(server, uid)) is not None]

    def _mark_seen(self, uids: Sequence[int]) -> None:
        with self._opened(readonly=False) as server:
            server.uid("STORE", ",".join(map(str, uids)), "+FLAGS.SILENT", r"(\Seen)")

    @contextmanager
    def _opened(self, *, readonly: bool) -> Iterator[imaplib.IMAP4]:
        there = f"{self.host}:{self.port}"
        try:
            server = self._connected()
            try:
                server.login(self.user, self.password)
                server.select(f'"{self.folder}"', readonly)
                yield server
            finally:
                with suppress(imaplib.IMAP4.error, OSError):
                    server.logout()
        except (imaplib.IMAP4.error, OSError) as error:
            raise ServerUnavailable(
                operator_text(f"the mailbox at {there} cannot be read: {type(error).__name__}")
            ) from None

    def _connected(self) -> imaplib.IMAP4:
        if not self.tls:
            return imaplib.IMAP4(self.host, self.port, _SECONDS)
        return imaplib.IMAP4_SSL(
            self.host, self.port, ssl_context=ssl.create_default_context(), timeout=_SECONDS
        )


def _fetched(server: imaplib.IMAP4, uid: int) -> Arrived | None:
    _, parts = server.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{_MOST_BYTES}>)")
    for part in parts:
        if isinstance(part, tuple) and isinstance(part[1], bytes):
            return Arrived(uid, part[1])
    return None
