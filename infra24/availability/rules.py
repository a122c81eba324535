"""The availability rules of one resource: when it is open, who is opened by it, how it is booked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from infra24.availability.booking_rules import BookingRules
from infra24.availability.schedules import NO_HOLIDAYS, Holidays, Override, Schedule, TravelPeriod


class Pooling(StrEnum):
    """How hosts are chosen from those who are free."""

    ROUND_ROBIN = "round_robin"
    ANY = "any"
    FIXED = "fixed"
    COLLECTIVE = "collective"


@dataclass(frozen=True, slots=True)
class Window:
    """A weekly opening: of a host by e-mail, or of the resource itself when `host` is None."""

    host: str | None
    days: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class HostTerms:
    """A host's part in the pool: higher priority goes first, double weight gets double the bookings."""

    priority: int = 0
    weight: int = 100


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Rules(BookingRules):
    """When a resource is open, who is opened by it, and how it is booked."""

    windows: tuple[Window, ...] = ()
    blackouts: tuple[Override, ...] = ()
    overrides: tuple[Override, ...] = ()
    travels: tuple[TravelPeriod, ...] = ()
    keeps_holidays: bool = True
    pooling: Pooling = Pooling.ANY
    fixed_host: str | None = None
    terms: Mapping[str, HostTerms] | None = None

    @property
    def hosts(self) -> tuple[str, ...]:
        """The e-mails of the hosts that the windows open, in the order of their first window."""
        return tuple(dict.fromkeys(w.host for w in self.windows if w.host is not None))

    def terms_of(self, host: str) -> HostTerms:
        """A host's priority and weight."""
        return (self.terms or {}).get(host, HostTerms())

    def holidays_kept(self, names: Mapping[int, str]) -> Holidays:
        """Of an organization's holidays those that close what is booked by these rules, on its own dates."""
        return Holidays(names, self.zone) if self.keeps_holidays and names else NO_HOLIDAYS

    def schedule(
        self, host: str | None = None, holidays: Holidays = NO_HOLIDAYS, off_code: str = "blackout"
    ) -> Schedule:
        """When these rules open a host, or the resource itself, less the holidays that are kept."""
        return Schedule(
            self.zone,
            tuple((w.days, w.start, w.end) for w in self.windows if w.host == host),
            tuple(o for o in self.overrides if o.host == host),
            self.travels if host is None else (),
            holidays,
            off_code,
        )

    def own_schedule(self, holidays: Holidays = NO_HOLIDAYS, off_code: str = "time_off") -> Schedule:
        """The resource's own hours wherever it is needed, less its blackouts: they close it for all."""
        schedule = self.schedule(None, holidays, off_code)
        return replace(schedule, overrides=(*schedule.overrides, *self.blackouts))
