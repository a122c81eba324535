"""An e-mail as a MIME message (RFC 5322)."""

import binascii
import secrets
from base64 import encodebytes
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.policy import EmailPolicy
from email.utils import format_datetime, getaddresses

from infra24.mail.model import Email, InvalidAddress, MessageHeaders, address
from infra24.mail.transport import InvalidSender


class _MimePolicy(EmailPolicy):
    """Folds long subjects with accents as encoded words; Python 3.11's own folding loses spaces in them.

    A Message-ID stays on its line: servers that take a folded one for none give it another.
    """

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() == "subject" and not value.isascii():
            folded = Header(value, "utf-8", header_name=name).encode(linesep=self.linesep)
            return f"{name}: {folded}{self.linesep}".encode("ascii")
        if name.lower() == "message-id":
            return f"{name}: {value}{self.linesep}".encode("ascii")
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


def message(
    email: Email, headers: MessageHeaders, by: Address, encoding: str = "quoted-printable"
) -> EmailMessage:
    """The message of an e-mail, marked as sent by a machine (Auto-Submitted) so that no machine answers.

    Its parts are of the older classes of the same library: their headers are not parsed as they are set,
    which takes most of the time otherwise.
    """
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
    for name, value in email.list_headers.items():
        written[name] = value
    written["Content-Language"] = email.language.replace("_", "-")
    content = _content(email, encoding)
    written["MIME-Version"] = "1.0"
    for name, value in content.items():
        written[name] = value
    written.set_payload(content.get_payload() if content.is_multipart() else _encoded(email.text, encoding))
    return written


def _content(email: Email, encoding: str) -> Message:
    """The text, with the same as HTML and for calendars where there is any.

    A calendar is as mail programs want it (RFC 6047): the last alternative, and a file for those that look
    for one.
    """
    text = _text(email.text, "text/plain", encoding)
    if email.html is None and email.calendar is None:
        return text
    alternatives: list[Message | str] = [text]
    if email.html is not None:
        alternatives.append(_text(email.html, "text/html", encoding))
    if email.calendar is None:
        return _multipart("alternative", alternatives)
    kind = f'text/calendar; method={email.calendar.method}; name="invite.ics"'
    alternatives.append(_base64(email.calendar.content, f'{kind}; charset="utf-8"'))
    file = _base64(email.calendar.content, "application/ics")
    file["Content-Disposition"] = 'attachment; filename="invite.ics"'
    return _multipart("mixed", [_multipart("alternative", alternatives), file])


def _multipart(kind: str, parts: list[Message | str]) -> Message:
    made = Message()
    made["Content-Type"] = f'multipart/{kind}; boundary="={secrets.token_hex(16)}="'
    made.set_payload(parts)
    return made


def _text(text: str, kind: str, encoding: str) -> Message:
    """A text in UTF-8, in an encoding of the body."""
    made = Message()
    made["Content-Type"] = f'{kind}; charset="utf-8"'
    made["Content-Transfer-Encoding"] = encoding
    made.set_payload(_encoded(text, encoding))
    return made


def _encoded(text: str, encoding: str) -> str:
    """A body as a message keeps it: bytes beyond ASCII as surrogates."""
    raw = text.encode("utf-8", "surrogateescape")
    return (binascii.b2a_qp(raw) if encoding == "quoted-printable" else raw).decode(
        "ascii", "surrogateescape"
    )


def _base64(content: bytes, kind: str) -> Message:
    made = Message()
    made["Content-Type"] = kind
    made["Content-Transfer-Encoding"] = "base64"
    made.set_payload(encodebytes(content).decode("ascii"))
    return made
