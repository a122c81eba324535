"""What is limited and to how much, in one table each; and how a request beyond a limit is refused."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from infra24.errors import TooMany


class RateLimited(TooMany):
    """Too many requests came from you or from your network. Wait a little and try again."""

    def __init__(self, policy: str, seconds: float) -> None:
        super().__init__(policy=policy, retry_after=max(1, math.ceil(seconds)))

    @property
    def code(self) -> str:
        return "rate_limited"


class TooManyHolds(RateLimited):
    """You are holding the maximum number of times. Book one of them, or wait until a hold expires."""


class TooManyPending(RateLimited):
    """You have the maximum number of bookings awaiting approval. Wait until one is decided."""


class TooManyBookings(RateLimited):
    """You have reached the daily booking limit. Try again later, or contact us to book."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So many (`quota`) in a stretch of time (`seconds`), by a name that answers can carry."""

    name: str
    quota: int
    seconds: int


_QUARTER = 15 * 60
ATTEMPTS: Mapping[str, RateLimit] = {
    policy.name: policy
    for policy in (
        RateLimit("sign in from an address", 40, _QUARTER),
        RateLimit("sign in to an account", 20, _QUARTER),
        RateLimit("emails to an account", 4, _QUARTER),
        RateLimit("emails from an address", 20, _QUARTER),
        RateLimit("codes of an account", 8, _QUARTER),
        RateLimit("bad keys from an address", 120, _QUARTER),
        RateLimit("answers to a challenge", 1, _QUARTER),
    )
}
"""What is tried to prove who someone is, and what sends an e-mail: counted alike with and without an account.

A link has no counter: its proof (HMAC-SHA-256) cannot be guessed, and a wrong one is refused without a row.
"""


class RequestKind(StrEnum):
    """The kinds of requests that are limited apart: each address of the route table is of one."""

    ASSETS = "assets"
    READ = "read"
    RANGE = "range"
    WRITE = "write"


_MINUTE = 60
REQUESTS: Mapping[RequestKind, RateLimit] = {
    RequestKind.ASSETS: RateLimit("assets", 3_000, _MINUTE),
    RequestKind.READ: RateLimit("read", 600, _MINUTE),
    RequestKind.RANGE: RateLimit("range", 6_000, _MINUTE),
    RequestKind.WRITE: RateLimit("write", 120, _MINUTE),
}
"""What one address, account or key may ask of one process. A range costs its days times the offers asked."""

ORGANIZATION = RateLimit("organization", 30_000, _MINUTE)
"""What all visitors together may ask of one organization, so that its neighbours are answered too."""

TRUSTED = 10
"""How many times the usual those may ask who work in an organization, and keys that may write."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What a request costs: of which kind, and how much of it."""

    kind: RequestKind
    cost: int = 1


@dataclass(frozen=True, slots=True)
class ClientQuota:
    """What one client may keep or make in an organization: the usual, and the most that it can be set to."""

    usual: int
    most: int


CLIENT_QUOTAS: Mapping[str, ClientQuota] = {
    "holds_at_once": ClientQuota(8, 1_000),
    "pending_at_once": ClientQuota(10, 1_000),
    "bookings_a_day": ClientQuota(60, 10_000),
}
"""By the names that an organization's settings give them. They bind visitors and members, not who may book
for others."""


@dataclass(frozen=True, slots=True)
class Client:
    """Who keeps and makes bookings, for counting: the keyed hash of a network address, an account or a key.

    `times`: how many times the usual they may have. `email`: the address that they proved to be theirs.
    """

    key: bytes
    times: int = 1
    email: str = ""
