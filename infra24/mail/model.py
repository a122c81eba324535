"""A letter: what one person is told by e-mail, and what makes it the same letter when it is sent again."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address

from infra24.errors import Invalid

UNRULY = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What ends a line, turns the reading direction or cannot be written: no header has it."""


class NoAddress(Invalid):
    """A letter needs one e-mail address to go to."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Plain text to one address, with the same as HTML where there is any.

    What goes into headers stands on one line; Invalid otherwise, so that nobody's name adds a header.
    """

    to: str
    subject: str
    text: str = field(repr=False)  # its links let people in
    html: str | None = field(default=None, repr=False)
    reply_to: str | None = None
    language: str = "en"

    def __post_init__(self) -> None:
        address(self.to)
        if self.reply_to is not None:
            address(self.reply_to)
        for said in (self.subject, self.language):
            if not said.strip() or UNRULY.search(said):
                raise Invalid("A letter's subject and language stand on one line.")


@dataclass(frozen=True, slots=True)
class Stamp:
    """The Message-ID of a letter, the same each time it is tried, and when it is sent."""

    id: str
    at: datetime


def address(written: str) -> Address:
    """One e-mail address, its domain in ASCII. Refuses several, a name beside it, and anything else."""
    try:
        local, _, domain = written.rpartition("@")
        if not (local and domain and written.isprintable()):
            raise NoAddress()
        host = domain.encode("idna").decode("ascii")
        plain = "".join(c if c.isascii() else "x" for c in local)  # the library takes no other script here
        found = Address(addr_spec=f"{plain}@{host}")
        return found if plain == local else Address(username=local, domain=host)
    except (ValueError, IndexError) as error:
        raise NoAddress() from error
