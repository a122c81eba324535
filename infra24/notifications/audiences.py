"""Who is told what when something happens to a booking: one table, and how each event is turned into rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from infra24 import bookings, events, people, resources
from infra24.bookings import Booking, ParticipantRole, Status
from infra24.bookings import events as booking_events
from infra24.channels import Channel
from infra24.db import Tx
from infra24.events import Event, EventType, Handler, Recorded
from infra24.notifications import queries, reminders, text_content, texting
from infra24.notifications.model import NewNotification
from infra24.people import SCOPES, Scope

_BEFORE_LAPSE = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Told:
    """What an event tells to whom: kinds of notifications, by audience; None: nothing."""

    booker: str | None = None
    hosts: str | None = None
    approvers: str | None = None


def _rescheduled(facts: Mapping[str, Any]) -> Told:
    if facts["status"] == "pending":
        return Told("booking_requested", "host_pending", "approval_wanted")
    same_time = facts.get("from") is not None and facts.get("from") == facts.get("to")
    return Told("booking_changed" if same_time else "booking_moved", "host_moved")


AUDIENCES: Mapping[EventType, Callable[[Mapping[str, Any]], Told]] = {
    booking_events.CREATED: lambda _: Told("booking_confirmed", "host_booked"),
    booking_events.REQUESTED: lambda _: Told("booking_requested", None, "approval_wanted"),
    booking_events.CONFIRMED: lambda _: Told("booking_approved", "host_booked"),
    booking_events.DECLINED: lambda _: Told("booking_declined"),
    booking_events.LAPSED: lambda _: Told("booking_lapsed"),
    booking_events.NO_SHOW: lambda _: Told("booking_missed"),
    booking_events.RESCHEDULED: _rescheduled,
    booking_events.CANCELLED: lambda facts: Told(
        "booking_cancelled", None if facts.get("from_status") == "pending" else "host_cancelled"
    ),
}
"""The one table of what is sent about bookings. What is no longer true when it is sent is not sent."""


_BY_NAME = {type_.name: told for type_, told in AUDIENCES.items()}


def handlers() -> dict[EventType, Handler]:
    """What the subscriber `notifications` does on each type of event."""
    return {**dict.fromkeys(AUDIENCES, _queue), booking_events.UPDATED: _readdress}


async def _queue(tx: Tx, recorded: Recorded) -> None:
    """Queue what an event tells, and keep the booking's reminders as it is now."""
    event = recorded.event
    booking = await bookings.get(tx, event.subject_id)
    now = event.recorded_at
    await reminders.follow(tx, booking, now)
    if booking.series_id and await events.has_sibling(tx, recorded, "series"):
        return  # the series tells of all its dates at once
    told = _BY_NAME[event.type](event.data)
    if event.data.get("notify") is False:
        told = replace(told, booker=None)
    facts = {"starts_at": event.data["starts_at"], **_kept(event.data)}
    acted = await _acting(tx, event)
    queued = [
        NewNotification(kind, to, f"{event.id}:{kind}:{to}", booking.id, facts)
        for kind, to in dict.fromkeys(await _recipients(tx, booking, told, event.data))
        if to != acted or kind == told.booker
    ]
    texts = _texts(event, booking, told.booker, facts)
    await queries.insert(tx, [*queued, *texts, *_lapses(event, booking, queued)], now)


def _lapses(event: Event, booking: Booking, queued: Sequence[NewNotification]) -> list[NewNotification]:
    """To whoever decides, while nobody has: that the request is about to be declined by itself."""
    if booking.request_expires_at is None:
        return []
    at = booking.request_expires_at - _BEFORE_LAPSE
    asked = [one for one in queued if one.kind == "approval_wanted"]
    return [
        replace(one, kind="approval_lapses", once=f"{event.id}:approval_lapses:{one.recipient}", at=at)
        for one in asked
        if at > event.recorded_at
    ]


def _texts(
    event: Event, booking: Booking, kind: str | None, facts: Mapping[str, Any]
) -> list[NewNotification]:
    """What the booker is texted, if they asked for it."""
    number = texting.texted_number(booking)
    if kind is None or number is None or kind not in text_content.COMPOSERS:
        return []
    return [NewNotification(kind, number, f"{event.id}:{kind}:{number}", booking.id, facts, Channel.SMS)]


async def _acting(tx: Tx, event: Event) -> str | None:
    """The address of the member who caused it: they need not be told of what they did, but as the booker."""
    if event.actor_kind != "user":
        return None
    member = await people.memberships.find(tx, UUID(event.actor_id))
    return member.email if member else None


async def _readdress(tx: Tx, recorded: Recorded) -> None:
    """Tell a corrected address what the booking is, once; what waits for the former one is not sent."""
    booking, now = await bookings.get(tx, recorded.event.subject_id), recorded.event.recorded_at
    await reminders.follow(tx, booking, now)
    kind = {Status.CONFIRMED: "booking_confirmed", Status.PENDING: "booking_requested"}.get(booking.status)
    email = booking.booker_email
    if kind is None or not email or await queries.was_told(tx, booking.id, email):
        return
    facts = {"starts_at": booking.starts_at.isoformat()}
    told = NewNotification(kind, email, f"{recorded.event.id}:{kind}:{email}", booking.id, facts)
    await queries.insert(tx, [told], now)


async def _recipients(
    tx: Tx, booking: Booking, told: Told, facts: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """Kinds with addresses."""
    found = []
    if told.booker and booking.booker_email:
        found.append((told.booker, booking.booker_email))
    if told.hosts:
        found += await _hosts(tx, booking, told.hosts, facts.get("from_host_ids"))
    if told.approvers:
        members = await people.memberships.listed(tx)
        found += [(told.approvers, m.email) for m in members if Scope.BOOKINGS_APPROVE in SCOPES[m.role]]
    return found


async def _hosts(tx: Tx, booking: Booking, kind: str, before: Sequence[str] | None) -> list[tuple[str, str]]:
    """The hosts with what each is told: new ones that they host it, former ones that they do not."""
    now_hosts = {p.resource_id: p.email for p in booking.participants if p.role is ParticipantRole.HOST}
    former = {UUID(id_) for id_ in before} if before is not None else set(now_hosts)
    found = [(kind if id_ in former else "host_booked", email) for id_, email in now_hosts.items() if email]
    for id_ in former - now_hosts.keys():
        email = (await resources.get(tx, id_)).email if id_ else None
        found += [("host_removed", email)] if email else []
    return found


def _kept(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a message says of the change itself: who made it, and when the booking was before."""
    return {name: data[name] for name in ("by", "from") if name in data}
