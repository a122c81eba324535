"""An e-mail as a MIME message (RFC 5322)."""

from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, getaddresses

from infra24.mail.model import CalendarPart, Email, InvalidAddress, MessageHeaders, address
from infra24.mail.transport import InvalidSender


class _MimePolicy(EmailPolicy):
    """Folds long subjects with accents as encoded words; Python 3.11's own folding loses spaces in them."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() == "subject" and not value.isascii():
            folded = Header(value, "utf-8", header_name=name).encode(linesep=self.linesep)
            return f"{name}: {folded}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _MimePolicy(linesep="\r\n")


def sender(written: str) -> Address:
    """The address that e-mail comes from, as `Infra24 <post@example.org>`, or InvalidSender."""
    try:
        ((name, spec),) = getaddresses([written]) if written.isprintable() else [("", "")]
        found = address(spec)
    except (InvalidAddress, ValueError):  # none, or several
        raise InvalidSender() from None
    return Address(name, found.username, found.domain)


def _add_calendar(written: EmailMessage, part: CalendarPart) -> None:
    """As mail programs want it (RFC 6047): the last alternative, and a file for those that look for one."""
    parameters = {"method": part.method, "name": "invite.ics"}
    written.add_alternative(part.content.decode(), subtype="calendar", cte="base64", params=parameters)
    written.add_attachment(part.content, maintype="application", subtype="ics", filename="invite.ics")


def message(
    email: Email, headers: MessageHeaders, by: Address, encoding: str = "quoted-printable"
) -> EmailMessage:
    """The message of an e-mail, marked as sent by a machine (Auto-Submitted) so that no machine answers."""
    written = EmailMessage(policy=_POLICY)
    written["From"] = by if not email.sender_name else Address(email.sender_name, by.username, by.domain)
    written["To"] = address(email.to)
    written["Subject"] = email.subject
    written["Date"] = format_datetime(headers.at)
    written["Message-ID"] = f"<{headers.id}>"
    if email.reply_to is not None:
        written["Reply-To"] = address(email.reply_to)
    written["Auto-Submitted"] = "auto-generated"
    written["X-Auto-Response-Suppress"] = "All"
    written.set_content(email.text, cte=encoding)
    if email.html is not None:
        written.add_alternative(email.html, subtype="html", cte=encoding)
    if email.calendar is not None:
        _add_calendar(written, email.calendar)
    written["Content-Language"] = email.language.replace("_", "-")  # last: alternatives take it with them
    return written
