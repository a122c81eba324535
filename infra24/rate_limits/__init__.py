"""How often something may be asked, tried or kept: counted by network address, account, key, organization."""

from infra24.rate_limits.attempts import count_attempt, delete_expired_attempts, undo_attempt
from infra24.rate_limits.buckets import Buckets, Usage
from infra24.rate_limits.locks import Locks
from infra24.rate_limits.model import (
    ATTEMPTS,
    CLIENT_QUOTAS,
    ORGANIZATION,
    REQUESTS,
    TRUSTED,
    Charge,
    Client,
    ClientQuota,
    RateLimit,
    RateLimited,
    RequestKind,
    TooManyBookings,
    TooManyHolds,
    TooManyPending,
)
from infra24.rate_limits.networks import network_prefix

__all__ = [
    "ATTEMPTS",
    "CLIENT_QUOTAS",
    "ORGANIZATION",
    "REQUESTS",
    "TRUSTED",
    "Buckets",
    "Charge",
    "Client",
    "ClientQuota",
    "Locks",
    "RateLimit",
    "RateLimited",
    "RequestKind",
    "TooManyBookings",
    "TooManyHolds",
    "TooManyPending",
    "Usage",
    "count_attempt",
    "delete_expired_attempts",
    "network_prefix",
    "undo_attempt",
]
