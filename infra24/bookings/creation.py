"""Create a booking: hold a time, book it, confirm it.

One path for everyone: check quotas, load, decide, write, record. What a caller is exempt from is in the
request's policy.
"""

from dataclasses import replace
from datetime import datetime

from infra24 import booking_links, resources
from infra24.auth.tokens import Tokens, hash_token
from infra24.bookings import allocation, events
from infra24.bookings.booker_limits import check_booker
from infra24.bookings.clients import check_client, note_client
from infra24.bookings.drafts import draft_booking
from infra24.bookings.model import Booking
from infra24.bookings.requested_members import (
    RequestedMembers,
    check_given,
    hosts_of,
    narrowed_to_things,
    with_resource,
)
from infra24.bookings.requests import BookingRequest
from infra24.bookings.requirements import first_status, require, required_of
from infra24.bookings.snapshots import AvailabilitySnapshot, seconds
from infra24.bookings.starts import load_start
from infra24.bookings.states import Status
from infra24.db import Tx
from infra24.events import record
from infra24.resources import Offer


async def hold(tx: Tx, request: BookingRequest, *, tokens: Tokens, now: datetime) -> Booking:
    """Keep a time for someone who is still filling in a form; it expires by itself.

    Refuses a time as `book` does; of what is counted per client it raises TooManyHolds only. Limits of the
    booker and a booking link are checked when it is confirmed.
    """
    return await _create(tx, request, Status.HOLD, tokens=tokens, now=now)


async def book(tx: Tx, request: BookingRequest, *, tokens: Tokens, now: datetime) -> Booking:
    """Book one time: confirmed at once, or pending where the resource asks for approval.

    Raises SlotNotOffered (the rules), LimitReached (as much is booked as they allow), SlotTaken
    (someone was faster), BookerLimit, UnknownResource, LinkOver, ResourceNotEligible, EndsBeforeItStarts,
    ValidationFailed (answers to its questions, a host who cannot be asked for), and where one client has made
    enough TooManyPending and TooManyBookings. The request's policy says which rules do not bind.
    """
    return await _create(tx, request, Status.CONFIRMED, tokens=tokens, now=now)


async def _create(
    tx: Tx, request: BookingRequest, status: Status, *, tokens: Tokens, now: datetime
) -> Booking:
    request.check()
    await _use_quotas(tx, request, status, now)
    snapshot = await load_start(
        tx, request.resource_id, request.starts_at, request.length, now,
        choice=request.policy.applied_to(request.choice, request.length),
        locked=request.with_id is not None,  # only that resource is acceptable
    )  # fmt: skip
    requested = await _requested_members(tx, snapshot, request)
    booking = draft_booking(tx, request, snapshot.offer, now, status)
    token = tokens.of(tx.org_id, booking.id)
    booking = replace(booking, meeting_url=resources.meeting_url(booking.meeting_url, token, booking.id))
    asked, narrowed = hosts_of(snapshot, requested), narrowed_to_things(snapshot, requested)
    written = await allocation.allocate(
        tx, narrowed, booking, now, token_hash=hash_token(token), keep=asked, new=True
    )
    await check_given(tx, written.id, requested)
    if written.status is Status.PENDING:
        await require(tx, [written.id], required_of(snapshot.offer, request.policy), now)
    note_client(tx, request.client, [written.id], now)
    return record_created(tx, written, now)


async def _use_quotas(tx: Tx, request: BookingRequest, status: Status, now: datetime) -> None:
    """Check what the client may still make, before anything else is locked; count one use of a booking
    link."""
    if request.client is not None:
        first = (
            status
            if status is Status.HOLD
            else first_status(await _cached_or_read(tx, request), request.policy)
        )
        email = request.person.email if request.person else ""
        await check_client(tx, request.client, first, email, now)
    if status is not Status.HOLD and request.link_id is not None:
        await booking_links.use(tx, request.link_id, now)


async def _requested_members(
    tx: Tx, snapshot: AvailabilitySnapshot, request: BookingRequest
) -> RequestedMembers:
    """The members that the request names, by the number of their pool, once it may name them.

    Raises ValidationFailed, BookerLimit, ResourceNotEligible, SlotNotOffered and SlotTaken.
    """
    if request.choice.hosts and request.link_id is None:
        (await _cached_or_read(tx, request)).check_host_request()
    if request.person is not None:
        await check_booker(tx, snapshot.offer, request.person.email, request.starts_at, request.length, None)
    if request.with_id is None:
        return {}
    return with_resource(snapshot, request.with_id, seconds(request.starts_at))


async def _cached_or_read(tx: Tx, request: BookingRequest) -> Offer:
    return resources.cached_offer(tx, request.resource_id) or await resources.offer(tx, request.resource_id)


def record_created(tx: Tx, booking: Booking, now: datetime) -> Booking:
    """Record the event of a new booking or hold."""
    type_ = {
        Status.HOLD: events.HELD,
        Status.PENDING: events.REQUESTED,
        Status.CONFIRMED: events.CREATED,
    }[booking.status]
    record(tx, type_, booking.id, booking.facts(), now)
    return booking
