"""How often something may be asked, tried or kept: counted by network address, account, key, organization."""

from infra24.rate_limits.attempts import attempt, forget_attempts, give_back
from infra24.rate_limits.buckets import Buckets, Usage
from infra24.rate_limits.locks import Locks
from infra24.rate_limits.model import (
    ATTEMPTS,
    EFFECTS,
    ORGANIZATION,
    REQUESTS,
    TRUSTED,
    Charge,
    Client,
    Effect,
    Limit,
    Policy,
    RateLimited,
    TooManyBookings,
    TooManyHolds,
    TooManyPending,
)
from infra24.rate_limits.networks import network_of

__all__ = [
    "ATTEMPTS",
    "EFFECTS",
    "ORGANIZATION",
    "REQUESTS",
    "TRUSTED",
    "Buckets",
    "Charge",
    "Client",
    "Effect",
    "Limit",
    "Locks",
    "Policy",
    "RateLimited",
    "TooManyBookings",
    "TooManyHolds",
    "TooManyPending",
    "Usage",
    "attempt",
    "forget_attempts",
    "give_back",
    "network_of",
]
