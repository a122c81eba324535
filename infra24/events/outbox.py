"""The outbox: events ride the transaction that made them, and so do the jobs that tell of them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from infra24.db import Statement, Tx
from infra24.events import queries
from infra24.events.model import Event, Recorded

Deferral = Callable[[UUID, Sequence[Event]], Statement | None]
"""Queues the delivery of an organization's events, in the transaction that records them."""


def record(tx: Tx, type_: str, subject_id: UUID, data: dict[str, Any], now: datetime) -> None:
    """Say that something happened. It is written when the transaction ends, or not at all."""
    tx.pending.append(Event(type_, subject_id, data, now))


def write(tx: Tx, deferral: Deferral) -> list[Statement]:
    """The statements that queue the delivery of the pending events and write them, to go with the COMMIT."""
    queued = deferral(tx.org_id, tx.pending)
    return [*([queued] if queued else []), queries.append(tx.org_id, tx.pending)]


async def after(tx: Tx, seq: int, limit: int = 100) -> list[Recorded]:
    """The events after a place in the sequence, at most 1,000, in order."""
    return await queries.after(tx, seq, min(limit, 1_000))


async def head(tx: Tx) -> int:
    """The place of the newest event."""
    return await queries.head(tx)
