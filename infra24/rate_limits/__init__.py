"""How often something may be asked, tried or kept: counted by network address, account, key, organization."""

from infra24.rate_limits.attempts import attempt, forget_attempts, give_back
from infra24.rate_limits.model import ATTEMPTS, Policy, RateLimited
from infra24.rate_limits.networks import network_of

__all__ = [
    "ATTEMPTS",
    "Policy",
    "RateLimited",
    "attempt",
    "forget_attempts",
    "give_back",
    "network_of",
]
