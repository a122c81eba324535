"""The uses of a booking link: counted one after the other, never more than it allows."""

from datetime import datetime
from uuid import UUID

from infra24.booking_links import queries
from infra24.booking_links.model import LinkOver
from infra24.db import Tx


async def lock(tx: Tx, link_id: UUID) -> None:
    """Hold a link until the end of the transaction."""
    await queries.lock(tx, link_id)


async def use(tx: Tx, link_id: UUID, now: datetime | None) -> None:
    """Count a booking by the link. Raises LinkOver when none is left or it expired before `now`; None for
    who held the time while it was open, and may book it after it expired."""
    if not await queries.use(tx, link_id, now):
        raise LinkOver()
