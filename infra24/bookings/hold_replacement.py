"""Replace a visitor's hold by another, or book another time in its place."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from infra24.auth.tokens import Tokens
from infra24.bookings import creation, ending, lookup
from infra24.bookings.clients import lock_client
from infra24.bookings.model import BookerDetails, Booking, Status
from infra24.bookings.policy import BookingPolicy
from infra24.bookings.requests import BookingRequest
from infra24.db import Tx
from infra24.rate_limits import Client


async def hold_instead(
    tx: Tx, earlier: UUID | None, request: BookingRequest, *, tokens: Tokens, now: datetime
) -> Booking:
    """Hold a time in place of the hold `earlier`, if there is one.

    It stays when another request of the client has confirmed it meanwhile.

    A request without a length is for the shortest on offer. Raises what `hold` raises; the transaction is
    then rolled back, and the earlier hold stays.
    """
    await lock_client(tx, request.client)
    if earlier is not None:
        await ending.release(tx, earlier, request.policy, now=now)
    if not request.length:
        _, seconds, _ = await lookup.slots(tx, request.resource_id, (now, now), None, now)
        request = replace(request, ends_at=request.starts_at + timedelta(seconds=seconds))
    return await creation.hold(tx, request, tokens=tokens, now=now)


async def confirm_at(
    tx: Tx,
    held: Booking,
    start: datetime,
    end: datetime,
    person: BookerDetails,
    policy: BookingPolicy,
    *,
    client: Client | None,
    tokens: Tokens,
    now: datetime,
) -> Booking:
    """Confirm a hold where the time is its own; else book that time in its place.

    One that another request has confirmed meanwhile is returned as it is. Raises what `confirm_hold` and
    `book` raise.
    """
    if (start, end) == (held.starts_at, held.ends_at):
        return await creation.confirm_hold(tx, held.id, person, policy, now=now, client=client)
    await lock_client(tx, client, person.email)
    former = await ending.release(tx, held.id, policy, now=now)
    if former.status in (Status.CONFIRMED, Status.PENDING):
        return former
    request = replace(BookingRequest.of(held, start, end, policy), person=person, client=client)
    return await creation.book(tx, request, tokens=tokens, now=now)
