"""Reading the e-mails that an installation without a mail server keeps as files."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from urllib.parse import urlsplit

from infra24.settings import Settings


def sent_emails(settings: Settings) -> list[EmailMessage]:
    """All that were kept, the oldest first."""
    files = sorted((settings.data_dir / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]  # type: ignore[misc]


def body_of(mailed: EmailMessage) -> str:
    """What an e-mail says as text."""
    body = mailed.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\u00a0", " ")


def link_of(mailed: EmailMessage) -> str:
    """The address that an e-mail gives, alone on its line."""
    lines = [
        line
        for line in mailed.get_content().splitlines()
        if urlsplit(line.strip()).scheme in ("http", "https")
    ]
    assert len(lines) == 1, lines
    return str(lines[0].strip())
