"""A letter on paper: the message as RFC 5322 writes it."""

from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, getaddresses

from infra24.mail.model import Letter, NoAddress, Stamp, address
from infra24.mail.transport import NoSender


class _Paper(EmailPolicy):
    """Folds long subjects with accents as encoded words; Python 3.11's own folding loses spaces in them."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() == "subject" and not value.isascii():
            folded = Header(value, "utf-8", header_name=name).encode(linesep=self.linesep)
            return f"{name}: {folded}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


_PAPER = _Paper(linesep="\r\n")


def sender(written: str) -> Address:
    """The address that letters come from, as `Infra24 <post@example.org>`, or NoSender."""
    try:
        ((name, spec),) = getaddresses([written]) if written.isprintable() else [("", "")]
        found = address(spec)
    except (NoAddress, ValueError):  # none, or several
        raise NoSender() from None
    return Address(name, found.username, found.domain)


def message(letter: Letter, stamp: Stamp, by: Address, encoding: str = "quoted-printable") -> EmailMessage:
    """The message of a letter. It says of itself that a machine sent it, so that no machine answers."""
    written = EmailMessage(policy=_PAPER)
    written["From"] = by
    written["To"] = address(letter.to)
    written["Subject"] = letter.subject
    written["Date"] = format_datetime(stamp.at)
    written["Message-ID"] = f"<{stamp.id}>"
    if letter.reply_to is not None:
        written["Reply-To"] = address(letter.reply_to)
    written["Auto-Submitted"] = "auto-generated"
    written["X-Auto-Response-Suppress"] = "All"
    written.set_content(letter.text, cte=encoding)
    if letter.html is not None:
        written.add_alternative(letter.html, subtype="html", cte=encoding)
    written["Content-Language"] = letter.language.replace("_", "-")  # last: alternatives take it with them
    return written
