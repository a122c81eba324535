"""Handling many bookings at once: each in a transaction of its own, so that one refusal stops no other."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from infra24 import bookings, resources
from infra24.bookings import BY_STAFF, Booking, BookingPolicy, Move
from infra24.db import Tx
from infra24.errors import DomainError, Message, ValidationFailed
from infra24.people import Scope
from infra24.web.admin import parsing
from infra24.web.admin.form_data import entries
from infra24.web.booking_access import authorize_booking, is_hosted_by
from infra24.web.caller import Caller, caller_of, current_org
from infra24.web.rendering import page
from infra24.web.services import services

MOST = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one booking; `refused` is why nothing did."""

    booking: Booking | None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class BulkCommand:
    """What to do with each: for whom, why, and with which other host."""

    who: Caller
    reason: str
    host_id: UUID | None
    now: datetime
    policy: BookingPolicy = BY_STAFF


async def approve(tx: Tx, booking: Booking, order: BulkCommand) -> Booking:
    """Approve what waits; what is confirmed stays so."""
    return await bookings.approve(tx, booking.id, order.policy, now=order.now)


async def decline(tx: Tx, booking: Booking, order: BulkCommand) -> Booking:
    """Decline what waits."""
    return await bookings.decline(tx, booking.id, order.policy, now=order.now, reason=order.reason)


async def cancel(tx: Tx, booking: Booking, order: BulkCommand) -> Booking:
    """Cancel; what only waits is declined."""
    return await bookings.cancel(tx, booking.id, order.policy, now=order.now, reason=order.reason)


async def complete(tx: Tx, booking: Booking, order: BulkCommand) -> Booking:
    """They came."""
    return await bookings.complete(tx, booking.id, order.policy, now=order.now)


async def no_show(tx: Tx, booking: Booking, order: BulkCommand) -> Booking:
    """They did not come."""
    return await bookings.mark_no_show(tx, booking.id, order.policy, now=order.now)


async def hand_over(tx: Tx, booking: Booking, order: BulkCommand) -> Booking:
    """Give it to another host at its own time. Raises ValidationFailed where it has none, or several.

    Refuses as `bookings.move` does, so also when somebody else has changed it since it was read.
    """
    order.who.require(Scope.BOOKINGS_WRITE)
    hosts = booking.host_ids
    if order.host_id is None:
        raise ValidationFailed({"host": Message("Choose a host.")})
    if len(hosts) != 1:
        raise ValidationFailed({"host": Message("It does not have just one host, who could be exchanged.")})
    if hosts[0] == order.host_id:
        return booking
    move = Move(
        booking.id, hosts[0], order.host_id, booking.starts_at, booking.ends_at, booking.revision,
        order.policy.notifies,
    )  # fmt: skip
    return await bookings.move(tx, move, now=order.now)


Action = Callable[[Tx, Booking, BulkCommand], Awaitable[Booking]]


async def handle(
    request: Request, action: Action, *, asks: str = ""
) -> tuple[Response | None, list[Outcome]]:
    """Do something with the ticked bookings; what became of each.

    `asks`: what is asked about once more, for a reason or for whom, before anything is done.
    """
    typed = await entries(request)
    ids = [id_ for text in dict.fromkeys(typed.all("booking")) if (id_ := parsing.identity(text))][:MOST]
    if not ids:
        return None, [Outcome(None, Message("Tick the bookings first, then say what to do with them."))]
    if asks and not typed.ticked("asked"):
        return await _ask(request, asks, ids), []
    order = BulkCommand(
        caller_of(request),
        typed.get("reason"),
        parsing.identity(typed.get("host")),
        services(request).clock(),
        replace(BY_STAFF, notifies=parsing.notifies(typed.values)),
    )
    return None, [await _one(request, id_, action, order) for id_ in ids]


async def _one(request: Request, id_: UUID, action: Action, order: BulkCommand) -> Outcome:
    here, booking = current_org(request), None
    try:
        async with services(request).database.transaction(here.id, order.who.actor) as tx:
            booking, policy = await authorize_booking(tx, order.who, str(id_), write=True)
            policy = replace(policy, notifies=order.policy.notifies)
            done = await action(tx, booking, replace(order, policy=policy))
            same = done.revision == booking.revision
            return Outcome(done, Message("Nothing to change: it is so already.") if same else "")
    except ValidationFailed as problem:
        return Outcome(booking, next(iter(problem.errors.values())))
    except DomainError as refusal:
        return Outcome(booking, refusal.message)


async def _ask(request: Request, wanted: str, ids: list[UUID]) -> Response:
    """Ask for the reason, or the host, with the bookings in sight; nothing is done yet."""
    here, who = current_org(request), caller_of(request)
    async with services(request).database.transaction(here.id, who.actor) as tx:
        chosen = [b for b in await bookings.get_many(tx, ids) if sees(who, b)]
        known = await resources.index(tx)
    context = {
        "section": "bookings",
        "zone": ZoneInfo(here.time_zone),
        "wanted": wanted,
        "chosen": chosen,
        "hosts": [(str(k.id), k.title) for k in known if k.type == "person" and k.is_active],
        "kept": f"?{request.url.query}" if request.url.query else "",
    }
    return page(request, "admin/confirm_bulk.html", here, context)


def sees(who: Caller, booking: Booking) -> bool:
    """Whether a booking may be shown to them: all of them, or those that they host."""
    return who.host_filter is None or is_hosted_by(booking, who.host_filter)
