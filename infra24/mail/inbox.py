"""Reading back the e-mails of an installation without a mail server: what `FileTransport` keeps."""

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,200}\.eml")


@dataclass(frozen=True, slots=True)
class KeptEmail:
    """An e-mail as it would arrive."""

    name: str
    sender: str
    recipient: str
    subject: str
    sent_at: datetime
    text: str
    html: str
    files: tuple[str, ...]


def kept(folder: Path) -> list[KeptEmail]:
    """All that are kept, the newest first."""
    found = []
    for path in folder.glob("*.eml"):
        try:
            found.append((path.stat().st_mtime_ns, path.name))
        except FileNotFoundError:  # a worker has just dropped it
            continue
    return [one for _, name in sorted(found, reverse=True) if (one := read(folder, name)) is not None]


def read(folder: Path, name: str) -> KeptEmail | None:
    """One of them; None when there is none by that name."""
    if not _NAME.fullmatch(name):
        return None
    try:
        content = (folder / name).read_bytes()
    except OSError:
        return None
    message: EmailMessage = message_from_bytes(content, policy=policy.default)
    sent_at: datetime = message["date"].datetime
    return KeptEmail(
        name,
        str(message["from"]),
        str(message["to"]),
        str(message["subject"]),
        sent_at,
        _body(message, "plain"),
        _body(message, "html"),
        tuple(part.get_filename() or "" for part in message.iter_attachments()),
    )


def _body(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    return str(found.get_content()) if found is not None else ""
