"""The outbox: events ride the transaction that made them, and so do the jobs that tell of them."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from infra24.db import Statement, Tx
from infra24.events import queries
from infra24.events.model import Event, Recorded

Defer = Callable[[Tx, list[Event]], Awaitable[None]]
"""Queues the delivery of events inside the transaction that records them."""


def record(tx: Tx, type_: str, subject_id: UUID, data: dict[str, Any], now: datetime) -> None:
    """Say that something happened. It is written when the transaction ends, or not at all."""
    tx.pending.append(Event(type_, subject_id, data, now))


async def write(tx: Tx, defer: Defer) -> Statement:
    """Queue the delivery of the pending events; the statement that writes them, to go with the commit."""
    await defer(tx, tx.pending)
    return queries.append(tx.org_id, tx.pending)


async def after(tx: Tx, seq: int, limit: int = 100) -> list[Recorded]:
    """The events after a place in the sequence, at most 1,000, in order."""
    return await queries.after(tx, seq, min(limit, 1_000))


async def head(tx: Tx) -> int:
    """The place of the newest event."""
    return await queries.head(tx)
