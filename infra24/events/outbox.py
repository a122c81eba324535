"""The outbox: events are written by the transaction that made them true, with its COMMIT."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from infra24.db import Statement, Tx
from infra24.events import queries
from infra24.events.model import Event, EventType, Recorded


def record(tx: Tx, type_: EventType, subject_id: UUID, data: dict[str, Any], now: datetime) -> None:
    """Say that something happened. It is written when the transaction commits, or not at all.

    Raises UndeclaredFacts for other facts than the type declares.
    """
    type_.check(data)
    actor = tx.actor
    tx.append_event(Event(type_.name, type_.version, subject_id, data, actor.kind, actor.id, now))


def statements(tx: Tx) -> list[Statement]:
    """What writes the recorded events of a transaction; sent with its COMMIT."""
    return [queries.append(tx.org_id, tx.events)] if tx.events else []


async def after(tx: Tx, seq: int, limit: int = 100) -> list[Recorded]:
    """The events after a place in the sequence, at most 1,000, in order."""
    return await queries.after(tx, seq, min(limit, 1_000))


async def of_transactions(tx: Tx, ids: Collection[UUID]) -> dict[UUID, list[Recorded]]:
    """What happened in these transactions, by transaction: what entries of the audit meant. In order."""
    found: dict[UUID, list[Recorded]] = {}
    for id_, event in await queries.of_transactions(tx, list(ids)):
        found.setdefault(id_, []).append(event)
    return found


async def has_sibling(tx: Tx, recorded: Recorded, subject: str) -> bool:
    """Whether the transaction of an event also recorded one about another kind of subject, a series."""
    return await queries.has_sibling(tx, recorded.seq, f"{subject}.")


async def skip_to_head(tx: Tx, subscriber: str) -> None:
    """Have a subscriber pass over everything that has happened until now in an organization."""
    await queries.skip_to_head(tx, subscriber)


async def get(tx: Tx, seq: int) -> Recorded | None:
    """One event by its place in the sequence."""
    return await queries.get(tx, seq)


async def between(
    tx: Tx, since: datetime, until: datetime, after: int = 0, limit: int = 1_000
) -> list[Recorded]:
    """The events that happened from an instant until before another, after a place, in order."""
    return await queries.between(tx, since, until, after, limit)


async def head(tx: Tx) -> int:
    """The place of the newest event."""
    return await queries.head(tx)
