"""Requests of people to have their data deleted: asked, withdrawn, dealt with."""

from datetime import datetime
from uuid import UUID

from infra24.db import Tx
from infra24.people import deletion_queries as queries


async def ask(tx: Tx, email: str, name: str, now: datetime) -> None:
    """Note that someone asks for their data to be deleted. Safe to repeat."""
    await queries.insert(tx, email, name, now)


async def withdraw(tx: Tx, email: str, now: datetime) -> None:
    """They changed their mind."""
    await queries.close_of(tx, email, now)


async def listed(tx: Tx) -> list[tuple[UUID, str, str, datetime]]:
    """Who waits, longest first: id, e-mail, name, since when."""
    return await queries.open_requests(tx)


async def close(tx: Tx, request_id: UUID, now: datetime) -> None:
    """Note that it was dealt with. Safe to repeat."""
    await queries.close(tx, request_id, now)
