"""A series, the request for one, and its plan: each date free, in conflict or skipped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from infra24.availability import Reason
from infra24.bookings import BookerDetails
from infra24.errors import Conflict, NotFound
from infra24.rate_limits import Client
from infra24.resources import ANYONE, HostPreference


class UnknownSeries(NotFound):
    """Series not found. Check its id."""


@dataclass(frozen=True, slots=True)
class SeriesRequest:
    """A request for a time that recurs. `first` is its first date, an instant.

    `excluded_dates` are left out and `moved_dates` have another time, both by the wall time that the rule
    gives them. `client` is as whom its bookings are counted.
    """

    resource_id: UUID
    first: datetime
    minutes: int
    rule: str
    person: BookerDetails
    choice: HostPreference = ANYONE
    skips_holidays: bool = True
    excluded_dates: frozenset[datetime] = frozenset()
    moved_dates: Mapping[datetime, datetime] = field(default_factory=dict)
    client: Client | None = None


@dataclass(frozen=True, slots=True)
class PlannedDate:
    """One date: `wall` is where the rule puts it. `state` is free, conflict or skipped."""

    wall: datetime
    start: datetime
    end: datetime
    state: str
    reasons: Sequence[Reason] = ()
    hosts: Sequence[str] = ()
    alternatives: Sequence[tuple[datetime, Sequence[str]]] = ()

    def view(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "local_start": self.wall.isoformat(),
            "start": self.start,
            "end": self.end,
            "state": self.state,
            "reasons": [{"code": r.code, "sentence": r.sentence} for r in self.reasons],
            "hosts": list(self.hosts),
            "alternatives": [
                {"start": at, "end": at + (self.end - self.start), "hosts": list(hosts)}
                for at, hosts in self.alternatives
            ],
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """The dates of a series in order."""

    time_zone: str
    dates: Sequence[PlannedDate]

    @property
    def conflicts(self) -> list[PlannedDate]:
        """The dates that cannot be had."""
        return [date for date in self.dates if date.state == "conflict"]

    def view(self) -> dict[str, Any]:
        """As JSON."""
        states = [date.state for date in self.dates]
        counts = {state: states.count(state) for state in ("free", "conflict", "skipped")}
        return {"timezone": self.time_zone, **counts, "dates": [date.view() for date in self.dates]}


class SeriesConflicts(Conflict):
    """Some of these dates cannot be had. Nothing was booked: leave them out or choose other times."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan=plan.view())
        self.planned = plan


@dataclass(frozen=True, slots=True)
class Series:
    """A series as it stands: its rule, and its first date in wall time."""

    id: UUID
    resource_id: UUID
    rule: str
    starts_local: datetime
    time_zone: str
    minutes: int
    skips_holidays: bool
