"""How an offer is booked, whoever and whatever it takes: lengths, buffers, notice, horizon, limits."""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Whose(StrEnum):
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

    whose: Whose
    period: Period
    most: int
    minutes: bool = False


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Terms:
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
    approval: bool
    series_most: int

    def offers(self, length: timedelta) -> bool:
        """Whether a length is one of those on offer."""
        return length in {timedelta(minutes=minutes) for minutes in self.durations}

    def limits_of(self, whose: Whose) -> tuple[Limit, ...]:
        """The limits that count someone's bookings."""
        return tuple(limit for limit in self.limits if limit.whose is whose)

    def without_limits(self, length: timedelta) -> "Terms":
        """The same hours with every start and this length allowed: who is open, whatever else is asked."""
        minutes = int(length.total_seconds()) // 60
        return replace(
            self, min_notice_minutes=0, horizon_days=36_500, limits=(), durations=(minutes,), step_minutes=1
        )

    @property
    def longest_minutes(self) -> int:
        """The longest claim that these terms can make, buffers included."""
        return max(self.durations) + self.buffer_before + self.buffer_after
