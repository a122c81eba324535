"""Recurring bookings: planned as a whole, made at once, changed one by one or together."""

from infra24.bookings.series.changing import NotInSeries, SeriesRange, cancel, get, move
from infra24.bookings.series.listing import Listed, listed
from infra24.bookings.series.model import (
    Plan,
    PlannedDate,
    Series,
    SeriesConflicts,
    SeriesRequest,
    UnknownSeries,
)
from infra24.bookings.series.planning import book, plan
from infra24.bookings.series.recurrence import instant_of, occurrences, wall_time

__all__ = [
    "Listed",
    "NotInSeries",
    "Plan",
    "PlannedDate",
    "Series",
    "SeriesConflicts",
    "SeriesRange",
    "SeriesRequest",
    "UnknownSeries",
    "book",
    "cancel",
    "get",
    "instant_of",
    "listed",
    "move",
    "occurrences",
    "plan",
    "wall_time",
]
