"""How an offer is booked, whoever and whatever it takes: lengths, buffers, notice, horizon, limits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Self
from zoneinfo import ZoneInfo

from infra24.availability.hours import DAY, day_number, local_date
from infra24.availability.intervals import Span
from infra24.availability.reasons import Reason
from infra24.errors import Message


class LimitScope(StrEnum):
    """Whose bookings a limit counts."""

    HOST = "host"
    BOOKER = "booker"
    OFFER = "offer"


class Period(StrEnum):
    """The stretch of a calendar that a limit counts in: weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most this many bookings, or minutes of them, that begin in one period."""

    scope: LimitScope
    period: Period
    most: int
    minutes: bool = False

    @property
    def key(self) -> str:
        """The key of the rules that sets it: max_per_day_per_host, max_minutes_per_week, …"""
        each = "" if self.scope is LimitScope.OFFER else f"_per_{self.scope}"
        return f"max{'_minutes' * self.minutes}_per_{self.period}{each}"

    @property
    def reason(self) -> Reason:
        """What is said where it is used up."""
        code = f"{'booker_' * (self.scope is LimitScope.BOOKER)}{self.period}_limit"
        counted = Message("minutes") if self.minutes else Message("bookings")
        return Reason(code, {"limit": self.key, "counted": counted, "most": self.most})

    def is_used_up(self, zone: ZoneInfo, made: Sequence[Span], adds: Span) -> bool:
        """Whether one more booking is too many beside those made: begin and end in seconds each."""

        def period(start: int) -> Span:
            return period_of(self.period, day_number(local_date(zone, start)))

        own = period(adds[0])
        counted = [*(times for times in made if period(times[0]) == own), adds]
        used = sum((end - start) // 60 if self.minutes else 1 for start, end in counted)
        return used > self.most


def period_of(period: Period, day: int) -> Span:
    """The first day of the period that a day (since 1970) is in, and the first one after it."""
    if period is Period.DAY:
        return day, day + 1
    if period is Period.WEEK:
        monday = day - (day + 3) % 7
        return monday, monday + 7
    on = datetime.fromtimestamp(day * DAY, UTC).date().replace(day=1)
    return day_number(on), day_number((on + timedelta(days=31)).replace(day=1))


STAFF_HORIZON_DAYS = 36_500
"""As far ahead as anybody books: for staff there is no horizon."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class BookingRules:
    """How an offer is booked. Compared by identity, so that caches are quick."""

    zone: ZoneInfo
    slot_minutes: int
    step_minutes: int
    durations: tuple[int, ...]
    buffer_before: int
    buffer_after: int
    min_notice_minutes: int
    horizon_days: int
    limits: tuple[Limit, ...]
    cancel_notice_minutes: int
    reschedule_notice_minutes: int
    hold_minutes: int
    reminder_hours: tuple[int, ...]
    approval: bool
    series_most: int

    def offers(self, length: timedelta) -> bool:
        """Whether a length is one of those on offer."""
        return length in {timedelta(minutes=minutes) for minutes in self.durations}

    def limits_of(self, scope: LimitScope) -> tuple[Limit, ...]:
        """The limits that count someone's bookings."""
        return tuple(limit for limit in self.limits if limit.scope is scope)

    def for_staff(self) -> Self:
        """The same for those who work here: no notice, horizon and limits. Hours, lengths and steps stay."""
        return replace(self, min_notice_minutes=0, horizon_days=STAFF_HORIZON_DAYS, limits=())

    def at_any_minute(self, length: timedelta) -> Self:
        """The same for staff who draw a time: every minute of the hours, for as long as this."""
        minutes = int(length.total_seconds()) // 60
        return replace(self.for_staff(), durations=(minutes,), step_minutes=1)

    @property
    def longest_minutes(self) -> int:
        """The longest claim that these terms can make, buffers included."""
        return max(self.durations) + self.buffer_before + self.buffer_after
