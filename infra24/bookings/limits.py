"""How much one booker may book: counted under a lock, because no constraint sees a count."""

from datetime import datetime, timedelta
from uuid import UUID

from infra24.bookings import queries
from infra24.bookings.model import BookerLimit
from infra24.db import Tx
from infra24.resources import Offer


async def check_booker(tx: Tx, offer: Offer, email: str, start: datetime, own: UUID | None) -> None:
    """Refuses with BookerLimit when this person has all the bookings they may have that day or week.

    `own` is the booking that is being changed, which does not count. To be called after the members are
    locked and before anything is claimed: everyone waits in that order.
    """
    rules = offer.rules
    if not (rules.max_per_day_per_booker or rules.max_per_week_per_booker):
        return
    await queries.lock_booker(tx, email)
    local = start.astimezone(rules.zone)
    day = datetime(local.year, local.month, local.day, tzinfo=rules.zone)
    week = day - timedelta(days=day.weekday())
    for most, since, days in (
        (rules.max_per_day_per_booker, day, 1),
        (rules.max_per_week_per_booker, week, 7),
    ):
        if most is None:
            continue
        until = datetime.combine(since.date() + timedelta(days=days), since.timetz())
        had = await queries.count_of_booker(tx, offer.resource.id, email, since, until, own)
        if had >= most:
            raise BookerLimit(most=most)
