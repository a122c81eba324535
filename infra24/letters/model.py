"""A letter: what one person is told by e-mail, and what makes it the same letter when it is sent again."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address

from infra24.errors import Invalid


class NoAddress(Invalid):
    """A letter needs one e-mail address to go to."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Plain text to one address, with the same as HTML where there is any.

    What goes into headers stands on one line; Invalid otherwise, so that nobody's name adds a header.
    """

    to: str
    subject: str
    text: str
    html: str | None = None
    reply_to: str | None = None
    language: str = "en"

    def __post_init__(self) -> None:
        address(self.to)
        if self.reply_to is not None:
            address(self.reply_to)
        for said in (self.subject, self.language):
            if not said or not said.isprintable():
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
        return Address(addr_spec=f"{local}@{domain.encode('idna').decode('ascii')}")
    except (ValueError, IndexError) as error:
        raise NoAddress() from error
