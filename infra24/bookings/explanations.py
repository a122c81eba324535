"""Why every start of a span is offered or not, by the engine that offers them: one look, one answer each."""

from datetime import datetime, timedelta
from uuid import UUID

from infra24 import resources
from infra24.availability import Explanation
from infra24.availability import explain_all as explain_starts
from infra24.bookings.snapshots import load_snapshot, run_engine
from infra24.db import Tx
from infra24.resources import ANYONE, HostPreference


async def explain_all(
    tx: Tx,
    resource_id: UUID,
    span: tuple[datetime, datetime],
    minutes: int | None,
    now: datetime,
    *,
    choice: HostPreference = ANYONE,
) -> tuple[resources.Offer, list[Explanation]]:
    """The offer and, for every start that its hours give in a span, why it is free or is not.

    Where the hours give none, the one answer is of the first moment. Raises UnknownResource.
    """
    length = timedelta(minutes=minutes) if minutes else None
    seen = await load_snapshot(tx, resource_id, span, length, now, choice=choice)
    return seen.offer, await run_engine(explain_starts, seen.timetable)
