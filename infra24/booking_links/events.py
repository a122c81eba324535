"""The events of booking links."""

from infra24.events import EventType, Field

_FIELDS = (
    Field("slug", "its address"),
    Field("kind", "individual, team, collective or round_robin"),
)

CREATED = EventType("booking_link.created", "a booking link was made", _FIELDS)
UPDATED = EventType("booking_link.updated", "a booking link was changed or closed", _FIELDS)
TYPES = (CREATED, UPDATED)
