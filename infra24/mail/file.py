"""The post of an installation without a mail server: each letter is a file that only its owner reads."""

import asyncio
import os
from email.headerregistry import Address
from pathlib import Path

from infra24.mail.mime import message
from infra24.mail.model import Letter, Stamp
from infra24.mail.transport import Delayed

_KEPT = 200


class FolderPost:
    """Writes letters as .eml files into a folder, and keeps the newest 200."""

    def __init__(self, folder: Path, by: Address) -> None:
        self.folder = folder
        self.by = by

    @property
    def domain(self) -> str:
        """The sender's."""
        return self.by.domain

    async def send(self, letter: Letter, stamp: Stamp) -> str:
        """Write the file, its links whole; its name. The same stamp is the same file."""
        name = f"{stamp.id.partition('@')[0]}.eml"
        return await self._try(name, bytes(message(letter, stamp, self.by, "8bit")))

    async def look(self) -> str:
        """The folder, if it can be written to."""
        await self._try(None, b"")
        return f"files in {self.folder}"

    async def _try(self, name: str | None, text: bytes) -> str:
        try:
            return await asyncio.to_thread(self._write, name, text)
        except OSError as error:
            raise Delayed(f"{self.folder} cannot be written to: {error.strerror}") from error

    def _write(self, name: str | None, text: bytes) -> str:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        draft = self.folder / f".{name or 'look'}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(text)
        if name is None:
            draft.unlink(missing_ok=True)
            return ""
        draft.replace(self.folder / name)
        self._forget()
        return name

    def _forget(self) -> None:
        """Drop all but the newest; another worker may be dropping them too."""
        aged = []
        for path in self.folder.glob("*.eml"):
            try:
                aged.append((path.stat().st_mtime_ns, path))
            except FileNotFoundError:
                continue
        for _, path in sorted(aged, reverse=True)[_KEPT:]:
            path.unlink(missing_ok=True)
