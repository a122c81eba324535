"""The transport of an installation without a mail server: each e-mail is a file that only its owner reads."""

import asyncio
import os
from email.headerregistry import Address
from pathlib import Path

from infra24.errors import operator_text
from infra24.mail.mime import message
from infra24.mail.model import Email, MessageHeaders
from infra24.mail.transport import TemporaryFailure

_KEPT = 200


class FileTransport:
    """Writes e-mails as .eml files into a folder and keeps the newest 200."""

    def __init__(self, folder: Path, by: Address) -> None:
        self.folder = folder
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
        """Write the file, its links whole; its name. The same Message-ID is the same file."""
        name = f"{headers.id.partition('@')[0]}.eml"
        return await self._attempt(name, bytes(message(email, headers, self.by, "8bit")))

    async def check(self) -> str:
        """The folder, if it can be written to."""
        await self._attempt(None, b"")
        return f"files in {self.folder}"

    async def _attempt(self, name: str | None, text: bytes) -> str:
        try:
            return await asyncio.to_thread(self._write, name, text)
        except OSError as error:
            raise TemporaryFailure(
                operator_text(f"{self.folder} cannot be written to: {error.strerror}")
            ) from error

    def _write(self, name: str | None, text: bytes) -> str:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        draft = self.folder / f".{name or 'check'}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(text)
        if name is None:
            draft.unlink(missing_ok=True)
            return ""
        draft.replace(self.folder / name)
        self._delete_old()
        return name

    def _delete_old(self) -> None:
        """Delete all but the newest; another worker may be dropping them too."""
        aged = []
        for path in self.folder.glob("*.eml"):
            try:
                aged.append((path.stat().st_mtime_ns, path))
            except FileNotFoundError:
                continue
        for _, path in sorted(aged, reverse=True)[_KEPT:]:
            path.unlink(missing_ok=True)
