"""What is limited and to how much, in one table each; and how a request beyond a limit is refused."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from infra24.errors import TooMany


class RateLimited(TooMany):
    """Too many requests came from you or from your network. Wait a little and try again."""

    def __init__(self, policy: str, seconds: float) -> None:
        super().__init__(policy=policy, retry_after=max(1, math.ceil(seconds)))

    @property
    def code(self) -> str:
        return "rate_limited"


@dataclass(frozen=True, slots=True)
class Policy:
    """So many (`quota`) in a stretch of time (`seconds`), by a name that answers can carry."""

    name: str
    quota: int
    seconds: int


_QUARTER = 15 * 60
ATTEMPTS: Mapping[str, Policy] = {
    policy.name: policy
    for policy in (
        Policy("sign in from an address", 40, _QUARTER),
        Policy("sign in to an account", 20, _QUARTER),
        Policy("letters to an account", 4, _QUARTER),
        Policy("letters from an address", 20, _QUARTER),
        Policy("codes of an account", 8, _QUARTER),
        Policy("bad keys from an address", 120, _QUARTER),
        Policy("answers to a challenge", 1, _QUARTER),
    )
}
"""What is tried to prove who someone is, and what sends a letter: counted alike with and without an account.

A link has no counter: its proof (HMAC-SHA-256) cannot be guessed, and a wrong one is refused without a row.
"""
