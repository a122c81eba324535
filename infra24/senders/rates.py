"""How many messages an organization may send now, by one channel, whichever worker sends them.

The generic cell rate algorithm (ITU-T I.371) with one row for each organization and channel: messages are a
minute's share apart, and after a pause some may go at once.
"""

from datetime import datetime, timedelta

from infra24.channels import Channel
from infra24.db import Tx
from infra24.senders import queries

BURST = 20


async def may_send(tx: Tx, channel: Channel, per_minute: int, now: datetime) -> int:
    """How many may be sent now; until the transaction ends nobody else counts."""
    next_at = await queries.next_at(tx, channel, now - (BURST - 1) * _apart(per_minute))
    return 0 if next_at > now else int((now - next_at) / _apart(per_minute)) + 1


async def count_sent(tx: Tx, channel: Channel, per_minute: int, count: int) -> None:
    """Count what will be sent, after `may_send` in the same transaction."""
    await queries.put_off(tx, channel, count * _apart(per_minute))


def _apart(per_minute: int) -> timedelta:
    return timedelta(minutes=1) / per_minute
