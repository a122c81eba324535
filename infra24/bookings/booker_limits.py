"""How much one booker may book: counted under a lock, because no constraint sees a count."""

from datetime import datetime, timedelta
from uuid import UUID

from infra24.availability import LimitScope, period_of
from infra24.availability.hours import day_number, wall_spans
from infra24.bookings import booker_limit_queries as queries
from infra24.bookings.model import BookerLimit
from infra24.bookings.snapshots import instant
from infra24.db import Tx
from infra24.resources import Offer

_DAY = 86_400


async def check_booker(
    tx: Tx, offer: Offer, email: str, start: datetime, length: timedelta, own: UUID | None
) -> None:
    """Raises BookerLimit when this person has all they may have that day, week or month.

    `own` is the booking that is being changed, which does not count. To be called after the members are
    locked and before anything is claimed: everyone waits in that order.
    """
    limits = offer.rules.limits_of(LimitScope.BOOKER)
    if not limits:
        return
    await queries.lock(tx, email)
    zone = offer.rules.zone
    day = day_number(start.astimezone(zone).date())
    for limit in limits:
        first, last = period_of(limit.period, day)
        spans = wall_spans(zone, range(first, last), 0, _DAY)
        since, until = instant(spans[0][0]), instant(spans[-1][1])
        count, minutes = await queries.booked(tx, offer.resource.id, email, since, until, own)
        adds = int(length.total_seconds()) // 60
        if (minutes + adds if limit.minutes else count + 1) > limit.most:
            raise BookerLimit(limit)
