"""An e-mail to one person, and the headers that make it the same message when it is sent again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address

from infra24.errors import Invalid, operator_text

CONTROL_CHARACTERS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that end a line, change the reading direction or cannot be encoded: not in headers."""


class InvalidAddress(Invalid):
    """An e-mail needs one address to go to."""


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """An iCalendar object for the recipient's mail program; `method` is REQUEST or CANCEL (RFC 5546)."""

    content: bytes
    method: str


@dataclass(frozen=True, slots=True)
class Email:
    """Plain text to one address, with the same as HTML where there is any.

    `sender_name` is whom it comes from, at the sender's address. Where there is an `unsubscribe_url`, one
    click in a mail program unsubscribes (RFC 8058). What goes into headers stands on one line; Invalid
    otherwise, so that nobody's name adds a header.
    """

    to: str
    subject: str
    text: str = field(repr=False)  # its links let people in
    html: str | None = field(default=None, repr=False)
    calendar: CalendarPart | None = field(default=None, repr=False)
    reply_to: str | None = None
    language: str = "en"
    sender_name: str = ""
    unsubscribe_url: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        address(self.to)
        if self.reply_to is not None:
            address(self.reply_to)
        if CONTROL_CHARACTERS.search(self.sender_name):
            raise Invalid(operator_text("The name of a sender is one line."))
        for said in (self.subject, self.language):
            if not said.strip() or CONTROL_CHARACTERS.search(said):
                raise Invalid(operator_text("An e-mail's subject and language are one line each."))

    @property
    def list_headers(self) -> Mapping[str, str]:
        """The headers of what one can unsubscribe from; none for what concerns a booking of one's own."""
        if self.unsubscribe_url is None:
            return {}
        return {
            "List-Unsubscribe": f"<{self.unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }


@dataclass(frozen=True, slots=True)
class MessageHeaders:
    """The Message-ID of an e-mail, the same each time it is tried, and when it is sent."""

    id: str
    at: datetime


def address(written: str) -> Address:
    """One e-mail address, its domain in ASCII. Refuses several, a name beside it, and anything else."""
    try:
        local, _, domain = written.rpartition("@")
        if not (local and domain and written.isprintable()):
            raise InvalidAddress()
        host = domain.encode("idna").decode("ascii")
        plain = "".join(c if c.isascii() else "x" for c in local)  # the library takes no other script here
        found = Address(addr_spec=f"{plain}@{host}")
        return found if plain == local else Address(username=local, domain=host)
    except (ValueError, IndexError) as error:
        raise InvalidAddress() from error
