"""Messages as files that only their owner reads: what is kept instead of sent where no provider is set."""

import asyncio
import os
import re
from pathlib import Path

from infra24.channels import TemporaryFailure
from infra24.errors import operator_text

_KEPT = 200
_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,200}")


class MessageFiles:
    """The files of one kind in a folder; the newest 200 are kept."""

    def __init__(self, folder: Path, suffix: str) -> None:
        self.folder, self.suffix = folder, suffix

    async def write(self, stem: str, content: bytes) -> str:
        """Keep a message; the file's name. The same stem is the same file. Raises TemporaryFailure."""
        return await self._attempt(f"{stem}{self.suffix}", content)

    async def check(self) -> None:
        """Raises TemporaryFailure if the folder cannot be written to."""
        await self._attempt(None, b"")

    def names(self) -> list[str]:
        """The names of what is kept, the newest first."""
        return [path.name for path in self._by_age()]

    def read(self, name: str) -> bytes | None:
        """One of them; None when there is none by that name."""
        if not (_NAME.fullmatch(name) and name.endswith(self.suffix)):
            return None
        try:
            return (self.folder / name).read_bytes()
        except OSError:
            return None

    async def _attempt(self, name: str | None, content: bytes) -> str:
        try:
            return await asyncio.to_thread(self._write, name, content)
        except OSError as error:
            raise TemporaryFailure(
                operator_text(f"{self.folder} cannot be written to: {error.strerror}")
            ) from error

    def _write(self, name: str | None, content: bytes) -> str:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        draft = self.folder / f".{name or 'check'}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        if name is None:
            draft.unlink(missing_ok=True)
            return ""
        draft.replace(self.folder / name)
        for path in self._by_age()[_KEPT:]:
            path.unlink(missing_ok=True)
        return name

    def _by_age(self) -> list[Path]:
        """The newest first; another worker may be deleting some."""
        aged = []
        for path in self.folder.glob(f"*{self.suffix}"):
            try:
                aged.append((path.stat().st_mtime_ns, path))
            except FileNotFoundError:
                continue
        return [path for _, path in sorted(aged, reverse=True)]
