"""Keeps for the staff what happened to bookings, from the events: the kind and the facts, no words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from infra24 import bookings
from infra24.announcements import queries
from infra24.db import Tx
from infra24.events import Recorded

ANNOUNCED = (
    bookings.events.CREATED,
    bookings.events.REQUESTED,
    bookings.events.CONFIRMED,
    bookings.events.RESCHEDULED,
    bookings.events.CANCELLED,
    bookings.events.DECLINED,
    bookings.events.LAPSED,
    bookings.events.NO_SHOW,
)
"""The events that the staff hear of."""
_FACTS = (
    "title", "starts_at", "ends_at", "time_zone", "booker_name", "booker_email", "hosts", "goal_text",
    "reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Announcement:
    """A notice for the staff: the type of its event, and the facts as they were then."""

    id: UUID
    kind: str
    facts: dict[str, Any]
    booking_id: UUID | None
    created_at: datetime


async def announce_event(tx: Tx, recorded: Recorded) -> None:
    """Announce what happened to a booking."""
    event = recorded.event
    facts = {name: event.data[name] for name in _FACTS if event.data.get(name)}
    await queries.add(tx, event.type, facts, event.subject_id, event.recorded_at)


async def newest(tx: Tx, limit: int = 50) -> list[Announcement]:
    """The newest notices first, at most 100."""
    return [Announcement(*row) for row in await queries.newest(tx, min(limit, 100))]


async def of_booking(tx: Tx, booking_id: UUID) -> list[Announcement]:
    """What was announced of one booking, oldest first."""
    return [Announcement(*row) for row in await queries.of_booking(tx, booking_id)]
