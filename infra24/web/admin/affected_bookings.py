"""Bookings on closed times: where each could go; moving or cancelling many, each by itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Request

from infra24 import bookings
from infra24.bookings import AffectedBooking, Booking, BookingPolicy, Move, UnknownBooking
from infra24.db import Tx
from infra24.errors import DomainError, Message, ValidationFailed
from infra24.organizations import Organization
from infra24.web.admin import parsing
from infra24.web.admin.form_data import FormData
from infra24.web.caller import caller_of, current_org
from infra24.web.rendering import format_for
from infra24.web.services import services

MOST = 50
"""So many are shown with where they could go: each is a question of its own."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one booking; `refused` is why nothing did."""

    title: str
    booker: str
    when: str
    done: str
    refused: str = ""


async def with_ways(
    request: Request, tx: Tx, here: Organization, broken: list[AffectedBooking]
) -> list[dict[str, Any]]:
    """The first of these bookings with the choices that there are for each: value and words."""
    speech, now = format_for(request, here), services(request).clock()
    found = []
    for one in broken[:MOST]:
        ways = await bookings.alternatives_for(tx, one.booking, now)
        zone = ZoneInfo(one.booking.time_zone)
        times = [(f"at:{at.isoformat()}", f"{speech.short_day(at.astimezone(zone))}, {speech.time(at, zone)}")
                 for at in ways.starts]  # fmt: skip
        hosts = [(f"host:{id_}", name) for id_, name in ways.hosts]
        found.append({"broken": one, "booking": one.booking, "when": _when(speech, one.booking),
                      "times": times, "hosts": hosts})  # fmt: skip
    return found


@dataclass(frozen=True, slots=True)
class Rescue:
    """What is done with a booking on a closed time: by whom, when, and what was typed."""

    policy: BookingPolicy
    now: datetime
    typed: FormData


Action = Callable[[Tx, Booking, Rescue], Awaitable[tuple[Booking, str]]]
"""Does something with a booking: it as it is to be shown, and what was done."""


async def cancel(tx: Tx, booking: Booking, order: Rescue) -> tuple[Booking, str]:
    """Cancel it."""
    reason = order.typed.get("reason")
    await bookings.cancel(tx, booking.id, order.policy, now=order.now, reason=reason)
    return booking, "cancelled"


async def move(tx: Tx, booking: Booking, order: Rescue) -> tuple[Booking, str]:
    """Move it where its row says: to another time, or to another host at the same time."""
    to = order.typed.get(f"to-{booking.id}")
    if not to:
        raise ValidationFailed({"to": Message("Choose where it should go.")})
    return await _move(tx, booking, to, order.policy, order.now), "moved"


async def rescue(request: Request, typed: FormData, action: Action) -> list[Result]:
    """Do something with the ticked bookings. One that is refused stops no other."""
    policy = replace(caller_of(request).policy(), notifies=parsing.notifies(typed.values))
    order = Rescue(policy, services(request).clock(), typed)
    return [await _one(request, order, text, action) for text in dict.fromkeys(typed.all("booking"))]


async def _one(request: Request, order: Rescue, text: str, action: Action) -> Result:
    app, here, speech = services(request), current_org(request), format_for(request, current_org(request))
    title, booker, when = text[:8].upper(), "", ""
    try:
        id_ = _id(text)
        async with app.database.transaction(here.id, caller_of(request).actor) as tx:
            before = await bookings.get(tx, id_)
            title, booker, when = before.resource_title, before.booker_name, _when(speech, before)
            after, done = await action(tx, before, order)
        return Result(title, booker, _when(speech, after), done)
    except ValidationFailed as problem:
        return Result(title, booker, when, "", next(iter(problem.errors.values())))
    except DomainError as refused:
        return Result(title, booker, when, "", refused.message)


async def _move(tx: Tx, before: Booking, to: str, policy: BookingPolicy, now: datetime) -> Booking:
    """To another time, or to another host at the same time."""
    way, _, value = to.partition(":")
    if way == "host":
        host = next(iter(before.host_ids), None)
        if host is None:
            raise UnknownBooking()
        span = (before.starts_at, before.ends_at)
        return await bookings.move(
            tx, Move(before.id, host, _id(value), *span, notifies=policy.notifies), now=now
        )
    try:
        start = datetime.fromisoformat(value)
    except ValueError:
        raise UnknownBooking() from None
    if start.tzinfo is None:
        raise UnknownBooking()
    return await bookings.reschedule(tx, before.id, start, start + before.length, policy, now=now)


def _when(speech: Any, booking: Booking) -> str:
    zone = ZoneInfo(booking.time_zone)
    return f"{speech.short_day(booking.starts_at.astimezone(zone))}, {speech.time(booking.starts_at, zone)}"


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise UnknownBooking() from None
