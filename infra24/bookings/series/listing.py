"""All series of an organization on a page: what recurs, for whom, and how much of it is still to come."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from infra24.bookings.series import queries
from infra24.bookings.series.model import Series
from infra24.db import Tx


@dataclass(frozen=True, slots=True)
class Listed:
    """A series in a list. `next_at` is its next date that stands, `last_at` its last of all that stand."""

    series: Series
    slug: str
    title: str
    booker: str
    dates: int
    to_come: int
    next_at: datetime | None
    last_at: datetime | None
    made_at: datetime


async def listed(
    tx: Tx,
    now: datetime,
    *,
    coming: bool = True,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[Listed]:
    """Series, the newest first, in one statement: those with dates to come, or those that are over.

    `after` is when the last one seen was made, and its id.
    """
    rows = await queries.listed(tx, now, coming=coming, after=after, limit=min(limit, 200))
    return [Listed(Series(*row[:7]), *row[7:]) for row in rows]
