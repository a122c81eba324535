"""The transport where no carrier is set: each text message is a file that only its owner reads."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from infra24.clock import Clock
from infra24.message_files import MessageFiles
from infra24.sms.model import Sms

SUFFIX = ".sms"


@dataclass(frozen=True, slots=True)
class KeptSms:
    """A text message as it would arrive."""

    name: str
    recipient: str
    sent_at: datetime
    text: str


class SmsFiles:
    """Writes text messages as .sms files into a folder and keeps the newest 200."""

    def __init__(self, folder: Path, now: Clock) -> None:
        self.files, self._now = MessageFiles(folder, SUFFIX), now

    async def send(self, sms: Sms, id_: str) -> str:
        """Write the file; its name. The same id is the same file."""
        said = {"to": sms.to, "at": self._now().isoformat(), "text": sms.text}
        return await self.files.write(id_, json.dumps(said).encode())

    async def check(self) -> str:
        """The folder, if it can be written to."""
        await self.files.check()
        return f"files in {self.files.folder}"


def kept(folder: Path) -> list[KeptSms]:
    """All that are kept, the newest first."""
    files = MessageFiles(folder, SUFFIX)
    return [one for name in files.names() if (one := read(folder, name)) is not None]


def read(folder: Path, name: str) -> KeptSms | None:
    """One of them; None when there is none by that name."""
    content = MessageFiles(folder, SUFFIX).read(name)
    if content is None:
        return None
    said = json.loads(content)
    return KeptSms(name, said["to"], datetime.fromisoformat(said["at"]), said["text"])
