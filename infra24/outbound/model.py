"""A request to another server, what it answers, and why there is no answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra24.errors import Conflict, Invalid, Unavailable

_LONGEST_PAUSE = 3_600.0


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

    @property
    def fields(self) -> Mapping[str, Any]:
        """The body as a JSON object; empty where it is none."""
        try:
            said = json.loads(self.body)
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}

    @property
    def retry_after(self) -> float | None:
        """How many seconds it asks to be left alone for, an hour at most; None where it does not say."""
        said = self.headers.get("retry-after", "")
        if not (said.isascii() and said.isdigit() and len(said) < 7):
            return None
        return min(float(said), _LONGEST_PAUSE)
