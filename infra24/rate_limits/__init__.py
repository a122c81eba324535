"""How often something may be asked, tried or kept: counted by network address, account, key, organization."""

from infra24.rate_limits.attempts import count_attempt, delete_expired_attempts, undo_attempt
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
    RateLimit,
    RateLimited,
    TooManyBookings,
    TooManyHolds,
    TooManyPending,
)
from infra24.rate_limits.networks import network_prefix

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
    "RateLimit",
    "RateLimited",
    "TooManyBookings",
    "TooManyHolds",
    "TooManyPending",
    "Usage",
    "count_attempt",
    "delete_expired_attempts",
    "network_prefix",
    "undo_attempt",
]
