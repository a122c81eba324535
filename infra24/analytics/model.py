"""What analytics speak of: a range of dates, counts of bookings, use of a resource, and the whole report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from infra24.availability.hours import DAY, day_span
from infra24.bookings import Status

LONGEST_DAYS = 731
RANGES = ("last-7", "last-30", "last-90", "last-365", "this-month", "last-month", "this-year", "next-30")
"""Ranges by name: they move on with the days, so that an address that names one stays of use."""

MADE = (Status.PENDING, Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW, Status.CANCELLED)
"""The states that are counted. What was only held and never became a booking is not."""

ENDED_BY = ("booker", "staff", "system", "unknown")

LEADS = (3_600, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 91 * DAY)
"""Where one class of lead times ends and the next begins, in seconds."""


class Step(StrEnum):
    """The width of one step of a trend. Weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Range:
    """From one date to another, both included, by the clocks of a zone."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def days(self) -> int:
        """How many dates it has."""
        return (self.last - self.first).days + 1

    @property
    def span(self) -> tuple[int, int]:
        """From its first instant to the one after its last, in seconds since 1970."""
        return day_span(self.zone, self.first)[0], day_span(self.zone, self.last)[1]

    @property
    def before(self) -> "Range":
        """As many dates, just before."""
        return Range(self.first - timedelta(days=self.days), self.first - timedelta(days=1), self.zone)


@dataclass(frozen=True, slots=True)
class Filters:
    """Only bookings of this offer, that take this resource, that this person hosts."""

    offer: UUID | None = None
    resource: UUID | None = None
    host: UUID | None = None

    @property
    def any(self) -> bool:
        """Whether anything is left out."""
        return bool(self.offer or self.resource or self.host)


@dataclass(frozen=True, slots=True)
class ResourceInfo:
    """A resource as the reckoning of its hours needs it. `parts` are the direct ones."""

    id: UUID
    slug: str
    title: str
    type: str
    email: str | None
    capacity: int | None
    is_active: bool
    is_type: bool
    rules: Mapping[str, object]
    longest: timedelta
    parts: tuple[UUID, ...] = ()

    @property
    def is_offer(self) -> bool:
        """Whether it can be booked as it is: it needs something, or opens something."""
        return self.is_type or bool(self.rules.get("windows") or self.rules.get("overrides"))


@dataclass(frozen=True, slots=True)
class Tally:
    """Bookings by state, those that were due to have taken place, and the seconds of those that stand.

    `ended_by` are the cancelled ones by who cancelled.
    """

    by_status: Mapping[Status, int] = field(default_factory=dict)
    due: int = 0
    seconds: int = 0
    ended_by: Mapping[str, int] = field(default_factory=dict)

    def of(self, status: Status) -> int:
        """How many are in a state."""
        return self.by_status.get(status, 0)

    @property
    def made(self) -> int:
        """All that were made, whatever became of them."""
        return sum(self.by_status.values())

    @property
    def standing(self) -> int:
        """Those that were not cancelled."""
        return self.made - self.of(Status.CANCELLED)

    @property
    def cancelled_rate(self) -> float | None:
        """Cancelled ones of all that were made."""
        return self.of(Status.CANCELLED) / self.made if self.made else None

    @property
    def no_show_rate(self) -> float | None:
        """No-shows of all that were due: whose time is over and that were neither cancelled nor pending."""
        return self.of(Status.NO_SHOW) / self.due if self.due else None


@dataclass(frozen=True, slots=True)
class Bucket:
    """One step of the trend: its first date, what begins in it, and how many began in the period before,
    as many dates after its start."""

    first: date
    counts: Mapping[Status, int]
    before: int

    @property
    def made(self) -> int:
        """All that begin in it."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Use:
    """How much of its open hours a resource was taken. Seconds, of all its units together.

    `booked` is without the buffers. `always`: it says no hours, so it is open day and night.
    """

    thing: ResourceInfo
    open: int
    booked: int
    buffers: int
    always: bool

    @property
    def rate(self) -> float | None:
        """Booked time of open time; above 1 where it was booked outside its hours."""
        return self.booked / self.open if self.open else None


@dataclass(frozen=True, slots=True)
class Lead:
    """How long before their start bookings were made: counts by class of LEADS, the median in seconds."""

    counts: Sequence[int] = (0,) * (len(LEADS) + 1)
    median: int | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """The bookings of one offer, or with one host."""

    id: UUID | None
    name: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Bookers:
    """How many people booked: for the first time, or again."""

    new: int = 0
    returning: int = 0

    @property
    def all(self) -> int:
        """Both together."""
        return self.new + self.returning


@dataclass(frozen=True, slots=True)
class Figures:
    """The sums of one period."""

    tally: Tally
    lead: Lead
    bookers: Bookers
    uses: Sequence[Use]

    @property
    def open(self) -> int:
        """Open seconds of all resources that say when they are open."""
        return sum(use.open for use in self.uses if not use.always)

    @property
    def booked(self) -> int:
        """Booked seconds of the same resources."""
        return sum(use.booked for use in self.uses if not use.always)

    @property
    def use_rate(self) -> float | None:
        """Booked time of open time, of all resources that say when they are open."""
        return self.booked / self.open if self.open else None


@dataclass(frozen=True, slots=True)
class Report:
    """All that is told of a range: its sums, those of the period before, and the parts in detail.

    `hours` are the bookings under way by weekday (Monday 0) and hour of the wall clock.
    """

    range: Range
    step: Step
    filters: Filters
    things: Sequence[ResourceInfo]
    now: Figures
    before: Figures
    trend: Sequence[Bucket]
    hours: Sequence[Sequence[int]]
    offers: Sequence[Offered]
    hosts: Sequence[Offered]
    currency: str
    made_at: datetime

    @property
    def revenue(self) -> int:
        """In minor units. Nothing is paid through the platform yet, so it is nothing."""
        return 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell of."""
        return self.now.tally.made == 0
