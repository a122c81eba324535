"""Token buckets of one process, in bounded memory: requests are counted without a round trip."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import NamedTuple

from infra24.rate_limits.model import RateLimit

_SIZE = 50_000
_ROUNDING = 1e-6


class Usage(NamedTuple):
    """What is left of a policy: `remaining` now, all in `reset` seconds; `wait` if too much was asked."""

    policy: RateLimit
    quota: int
    remaining: int
    reset: float
    wait: float = 0.0


class Buckets:
    """One number for each key: when its bucket will be full. The keys not seen for longest are forgotten.

    A bucket holds the policy's quota and fills at a steady rate, empty to full in the policy's seconds.
    """

    def __init__(self, size: int = _SIZE) -> None:
        self.size = size
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, key: Hashable, policy: RateLimit, now: float, cost: int = 1, times: int = 1) -> Usage:
        """Take `cost` from a key's bucket, which holds the quota so many `times`; nothing when it lacks it.

        What costs more than all of it takes all of it. When a clock is put back, buckets are full.
        """
        quota, window = policy.quota * times, policy.seconds
        missing = self._full_at.get(key, now) - now
        if not 0 <= missing <= window:  # full since long, or the clock was put back
            missing = 0.0
        wanted = missing + (cost if cost < quota else quota) * window / quota
        if wanted > window + _ROUNDING:
            return Usage(policy, quota, 0, wanted - window, wanted - window)
        self._full_at[key] = now + wanted
        self._full_at.move_to_end(key)
        if len(self._full_at) > self.size:
            self._full_at.popitem(last=False)
        return Usage(policy, quota, int((window - wanted) * quota / window + _ROUNDING), wanted)
