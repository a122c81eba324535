"""Whom to text about a booking, and at which hours."""

from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from infra24.bookings import Booking
from infra24.sms import InvalidNumber, region_of, to_e164

QUIET_FROM, QUIET_UNTIL = time(21), time(8)
"""Between these, on the clock of the place where the booking is, nobody is sent a text."""
SOON = timedelta(hours=1)
"""What begins within it may be told of at night too."""


def texted_number(booking: Booking) -> str | None:
    """The booker's number in E.164, if they asked for texts; without a country code it is one of where the
    booking takes place."""
    if not booking.wants_texts:
        return None
    with suppress(InvalidNumber):
        return to_e164(booking.phone, region_of(booking.time_zone))
    return None


def quiet_until(at: datetime, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours end that an instant lies in; None when it lies in none."""
    there = at.astimezone(zone)
    if QUIET_UNTIL <= there.time() < QUIET_FROM:
        return None
    morning = there.date() if there.time() < QUIET_UNTIL else there.date() + timedelta(days=1)
    return datetime.combine(morning, QUIET_UNTIL, zone).astimezone(UTC)


def reminder_time(booking: Booking, hours: int) -> datetime:
    """When a reminder is texted: so many hours before; in the morning instead of at night, or in the evening
    before where the morning would be too late."""
    planned, zone = booking.starts_at - timedelta(hours=hours), ZoneInfo(booking.time_zone)
    until = quiet_until(planned, zone)
    if until is None:
        return planned
    if until + SOON <= booking.starts_at:
        return until
    evening = until.astimezone(zone).date() - timedelta(days=1)
    return datetime.combine(evening, QUIET_FROM, zone).astimezone(UTC) - timedelta(minutes=1)
