"""The events of series as a whole; each of their bookings has its own."""

from infra24.events import EventType, Field

_DATES = Field("dates", "how many bookings")
_NOTIFY = Field("notify", "false: whoever changed it chose that the booker is not told", optional=True)
_RULE = Field("rule", "the recurrence rule (RFC 5545)")

CREATED = EventType("series.created", "a series was booked", (_RULE, _DATES, Field("title", "its name")))
MOVED = EventType(
    "series.moved",
    "dates of a series were moved together; from the first on they are a series of their own",
    (_DATES, _RULE, Field("from_series", "the series that they were part of"), _NOTIFY),
)
CANCELLED = EventType(
    "series.cancelled",
    "the dates to come were cancelled",
    (_DATES, Field("reason", "the reason given", personal=True), _NOTIFY),
)
TYPES = (CREATED, MOVED, CANCELLED)
