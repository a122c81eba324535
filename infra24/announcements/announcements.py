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
    bookings.events.INVITATION_DECLINED,
)
"""The events that the staff hear of."""
_FACTS = (
    "title", "starts_at", "ends_at", "time_zone", "booker_name", "booker_email", "hosts", "goal_text",
    "reason", "who",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Announcement:
    """A notice for the staff: the type of its event, and the facts as they were then."""

    id: UUID
    kind: str
    facts: dict[str, Any]
    booking_id: UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Reader:
    """A member, and until when they have read."""

    user_id: UUID
    name: str
    read_until: datetime


async def announce_event(tx: Tx, recorded: Recorded) -> None:
    """Announce what happened to a booking."""
    event = recorded.event
    facts = {name: event.data[name] for name in _FACTS if event.data.get(name)}
    await queries.add(tx, event.type, facts, event.subject_id, event.recorded_at)


async def mark_read(tx: Tx, user_id: UUID, now: datetime) -> None:
    """Everything announced until now is read by a member."""
    await queries.mark_read(tx, user_id, now)


async def readers(tx: Tx) -> list[Reader]:
    """Who has read until when, by name: the members who ever read any."""
    return [Reader(*row) for row in await queries.readers(tx)]


async def count_unread(tx: Tx, user_id: UUID, most: int = 100) -> int:
    """How many a member has not read, counted up to so many."""
    return await queries.count_unread(tx, user_id, most)


async def newest(tx: Tx, limit: int = 50) -> list[Announcement]:
    """The newest notices first, at most 100."""
    return [Announcement(*row) for row in await queries.newest(tx, min(limit, 100))]


async def of_booking(tx: Tx, booking_id: UUID) -> list[Announcement]:
    """What was announced of one booking, oldest first."""
    return [Announcement(*row) for row in await queries.of_booking(tx, booking_id)]
