"""The events of resources and appointment types."""

from infra24.events import EventType, Field

_FIELDS = (
    Field("title", "its name"),
    Field("type", "space, equipment, person or other"),
)

CREATED = EventType("resource.created", "a resource or an appointment type was added", _FIELDS)
UPDATED = EventType("resource.updated", "a resource or an appointment type has changed", _FIELDS)
TYPES = (CREATED, UPDATED)
