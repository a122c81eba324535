"""Writes the notice of what happened to a booking, from its event."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_time

from infra24 import bookings, organizations
from infra24.announcements import queries
from infra24.db import Tx
from infra24.events import EventType, Recorded

TITLES: dict[EventType, str] = {
    bookings.events.CREATED: "New booking: {title}",
    bookings.events.REQUESTED: "Waiting for approval: {title}",
    bookings.events.CONFIRMED: "Confirmed: {title}",
    bookings.events.RESCHEDULED: "Moved: {title}",
    bookings.events.CANCELLED: "Cancelled: {title}",
    bookings.events.DECLINED: "Declined: {title}",
    bookings.events.LAPSED: "Nobody decided in time: {title}",
    bookings.events.NO_SHOW: "No-show: {title}",
}
"""The events that the staff hear of."""
_TITLES = {type_.name: title for type_, title in TITLES.items()}


@dataclass(frozen=True, slots=True)
class Announcement:
    """A notice for the staff."""

    id: UUID
    kind: str
    title: str
    body: str
    booking_id: UUID | None
    created_at: datetime


async def announce_event(tx: Tx, recorded: Recorded) -> None:
    """Announce what happened to a booking: who, when, with whom, in the organization's own time."""
    event, organization = recorded.event, await organizations.get(tx)
    facts = event.data
    zone = ZoneInfo(facts["time_zone"])
    start = datetime.fromisoformat(facts["starts_at"]).astimezone(zone)
    end = datetime.fromisoformat(facts["ends_at"]).astimezone(zone)
    when = format_datetime(start, "EEEE d MMMM y, H:mm", locale=organization.locale, tzinfo=zone)
    lines = [f"{when}–{format_time(end, 'H:mm', tzinfo=zone, locale=organization.locale)} ({zone.key})"]
    if facts.get("booker_name"):
        lines.append(f"{facts['booker_name']} <{facts['booker_email']}>")
    if facts.get("hosts"):
        lines.append("With " + ", ".join(facts["hosts"]))
    if facts.get("goal_text"):
        lines.append(facts["goal_text"])
    if facts.get("reason"):
        lines.append(f"Reason: {facts['reason']}")
    title = _TITLES[event.type].format(title=facts["title"])
    await queries.add(tx, event.type, title, "\n".join(lines), event.subject_id, event.recorded_at)


async def newest(tx: Tx, limit: int = 50) -> list[Announcement]:
    """The newest notices first, at most 100."""
    return [Announcement(*row) for row in await queries.newest(tx, min(limit, 100))]


async def of_booking(tx: Tx, booking_id: UUID) -> list[Announcement]:
    """What was announced of one booking, oldest first."""
    return [Announcement(*row) for row in await queries.of_booking(tx, booking_id)]
