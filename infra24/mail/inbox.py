"""Reading back the e-mails of an installation without a mail server: what `FileTransport` keeps."""

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from infra24.message_files import MessageFiles


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
    names = MessageFiles(folder, ".eml").names()
    return [one for name in names if (one := read(folder, name)) is not None]


def read(folder: Path, name: str) -> KeptEmail | None:
    """One of them; None when there is none by that name."""
    content = MessageFiles(folder, ".eml").read(name)
    if content is None:
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
