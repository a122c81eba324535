"""The events of an organization itself."""

from infra24.events import EventType, Field

UPDATED = EventType(
    "organization.updated",
    "name, zone, look or settings have changed",
    (
        Field("name", "what it is called now", optional=True),
        Field("logo", "whether it has a logo now", optional=True),
    ),
)
TYPES = (UPDATED,)
