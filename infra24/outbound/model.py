"""A request to another server, what it answers, and why there is no answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from infra24.errors import Conflict, Invalid, Unavailable


class ServerUnreachable(Unavailable):
    """The other server does not answer. Try again in a minute; if it stays so, check its address."""


class ServerUnfit(Conflict):
    """The other server answers with what cannot be used here. Check its address."""


class AddressForbidden(Invalid):
    """This address is in a private network. Use a public address, or ask whoever runs this site to allow
    it."""


@dataclass(frozen=True, slots=True)
class OutboundRequest:
    """What is asked of another server: `seconds` for everything, `most_bytes` of the answer's body.

    `may_cut`: only the beginning of the answer is of interest, so a longer or compressed one is not refused.
    `trusted` says that whoever runs the installation chose the address (in its settings): it may be in an
    inner network. An address that an organization gives is never trusted.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    seconds: float = 8.0
    most_bytes: int = 256 * 1024
    may_cut: bool = False
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class OutboundAnswer:
    """What another server answered. Names of headers are in small letters; a redirect is not followed."""

    status: int
    headers: Mapping[str, str]
    body: bytes
