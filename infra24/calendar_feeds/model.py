"""A calendar feed, and why there is none."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from infra24.errors import NotFound


class UnknownFeed(NotFound):
    """There is no such calendar feed, or it was revoked already."""


@dataclass(frozen=True, slots=True)
class CalendarFeed:
    """Whose bookings are read (None: all of the organization), and what stands in its address."""

    id: UUID
    resource_id: UUID | None
    label: str
    made_by: str
    created_at: datetime
    revoked_at: datetime | None
    token: str
