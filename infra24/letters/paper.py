"""A letter on paper: the message as RFC 5322 writes it."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from infra24.letters.model import Letter, NoAddress, Stamp, address


def sender(written: str) -> Address:
    """The address that letters come from, with or without a name: `Infra24 <post@example.org>`."""
    name, spec = parseaddr(written)
    if not written.isprintable():
        raise NoAddress()
    found = address(spec)
    return Address(name, found.username, found.domain)


def message(letter: Letter, stamp: Stamp, by: Address) -> EmailMessage:
    """The message of a letter. It says of itself that a machine sent it, so that no machine answers."""
    written = EmailMessage(policy=SMTP)
    written["From"] = by
    written["To"] = address(letter.to)
    written["Subject"] = letter.subject
    written["Date"] = format_datetime(stamp.at)
    written["Message-ID"] = f"<{stamp.id}>"
    if letter.reply_to is not None:
        written["Reply-To"] = address(letter.reply_to)
    written["Content-Language"] = letter.language.replace("_", "-")
    written["Auto-Submitted"] = "auto-generated"
    written["X-Auto-Response-Suppress"] = "All"
    written.set_content(letter.text, cte="quoted-printable")
    if letter.html is not None:
        written.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    return written
