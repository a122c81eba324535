"""A law changed a zone's clocks: which bookings now show another time than people agreed on."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from infra24.bookings import listing_queries
from infra24.bookings.model import Booking
from infra24.db import Tx


@dataclass(frozen=True, slots=True)
class Shifted:
    """A booking whose instant and whose agreed wall time have come apart.

    `agreed` is what the clock was to show; `shows` is what it will show at the instant that is kept;
    `instant_of_agreed` is the instant at which it will show what was agreed.
    """

    booking: Booking
    agreed: datetime
    shows: datetime
    instant_of_agreed: datetime


async def shifted_by_law(tx: Tx, now: datetime) -> list[Shifted]:
    """The bookings to come whose zone has other rules now than when they were made: both readings of each."""
    found = []
    for booking in await listing_queries.upcoming(tx, None, now, 10_000):
        zone = ZoneInfo(booking.time_zone)
        shows = booking.starts_at.astimezone(zone).replace(tzinfo=None)
        agreed = booking.local_start
        if agreed is not None and agreed != shows:
            found.append(Shifted(booking, agreed, shows, agreed.replace(tzinfo=zone).astimezone(UTC)))
    return found
