"""Attempts, counted in the database so that every process sees them: before the proof is looked at."""

import hashlib
from datetime import datetime, timedelta

from infra24.db import Tx
from infra24.rate_limits import queries
from infra24.rate_limits.model import ATTEMPTS
from infra24.rate_limits.networks import network_prefix


async def count_attempt(tx: Tx, what: str, key: str, now: datetime) -> float | None:
    """Count one more attempt; the seconds to wait when there were too many, else None.

    To be committed whatever comes of the attempt, and given back when it was a good one.
    """
    policy = ATTEMPTS[what]
    window = timedelta(seconds=policy.seconds)
    count, began_at = await queries.add_attempt(tx, what, _hash(what, key), now, now - window)
    return None if count <= policy.quota else (began_at + window - now).total_seconds()


async def undo_attempt(tx: Tx, what: str, key: str, counted_at: datetime) -> None:
    """An attempt that was counted at an instant was a good one: only failures count."""
    await queries.remove_attempt(tx, what, _hash(what, key), counted_at)


async def delete_expired_attempts(tx: Tx, now: datetime) -> None:
    """Forget what was counted more than a day ago."""
    await queries.forget_attempts(tx, now - timedelta(days=1))


def _hash(what: str, key: str) -> bytes:
    counted = network_prefix(key) if what.endswith("from an address") else key
    return hashlib.sha256(counted.encode()).digest()
