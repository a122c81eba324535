"""Place a booking: hold a time, book it, confirm it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from infra24 import resources
from infra24.availability import Reason
from infra24.bookings import allocation, claim_queries, events, lookup, queries
from infra24.bookings.clients import check_client, note_client
from infra24.bookings.limits import check_booker
from infra24.bookings.model import (
    ActorRole,
    BookerDetails,
    Booking,
    BookingRequest,
    EndsBeforeItStarts,
    HoldOver,
    LinkOver,
    Participant,
    SlotNotOffered,
    Status,
    choice_of,
)
from infra24.bookings.snapshots import AvailabilitySnapshot, check_open, load_snapshot
from infra24.bookings.tokens import Tokens, hash_token
from infra24.db import Tx
from infra24.errors import ValidationFailed
from infra24.events import record
from infra24.rate_limits import Client
from infra24.resources import ANYONE, HostPreference, Offer


async def hold(tx: Tx, request: BookingRequest, *, tokens: Tokens, now: datetime) -> Booking:
    """Keep a time for someone who is still filling in a form; it lapses by itself.

    Refuses as `book` does, and with TooManyHolds.
    """
    return await _place(tx, request, Status.HOLD, tokens=tokens, now=now)


async def book(tx: Tx, request: BookingRequest, *, tokens: Tokens, now: datetime) -> Booking:
    """Book one time: confirmed at once, or pending where the resource asks for approval.

    Raises SlotNotOffered (the rules), LimitReached (as much is booked as they allow), SlotTaken
    (someone was faster), BookerLimit, UnknownResource, and what one client may make with TooManyPending and
    TooManyBookings. Notice, horizon and limits do not bind staff.
    """
    return await _place(tx, request, Status.CONFIRMED, tokens=tokens, now=now)


async def confirm_hold(
    tx: Tx,
    booking_id: UUID,
    person: BookerDetails,
    *,
    by: ActorRole,
    now: datetime,
    client: Client | None = None,
) -> Booking:
    """Turn a hold into a booking, in place. A lapsed hold is taken up again while its time is free.

    Raises HoldOver when it was cancelled, SlotTaken when the time went to someone else, BookerLimit,
    ValidationFailed for answers that are wrong or missing, and what `book` raises for the client.
    A hold that was already turned into a booking is returned as it is.
    """
    held = await lookup.get(tx, booking_id)
    offer = await resources.offer(tx, held.resource_id)
    if held.status is Status.HOLD:
        await check_client(tx, client, _first_status(offer), person.email, now)
    if held.link_id is not None:
        await queries.lock_link(tx, held.link_id)
    choice = choice_of(HostPreference.read(held.choice), by)
    if offer.restricted_to(choice).needs_serialization:
        await allocation.lock_all(tx, offer)
    held = await lookup.get(tx, booking_id, lock=True)
    if held.status in (Status.CONFIRMED, Status.PENDING):
        return held
    if held.status is not Status.HOLD:
        raise HoldOver()
    answers = read_person(offer, person)
    alive = held.expires_at is not None and held.expires_at > now
    if alive:
        await check_booker(tx, offer, person.email, held.starts_at, held.length, booking_id)
    if not alive or await claim_queries.make_permanent(tx, booking_id) < (held.claim_count or 0):
        await _seat_again(tx, held, choice, person, now)
    await queries.set_person(tx, booking_id, person, answers, now)
    await _use_link(tx, held.link_id, None)
    await queries.set_status(tx, booking_id, _first_status(offer), now)
    note_client(tx, client, [booking_id], now)
    return record_created(tx, await lookup.get(tx, booking_id), now)


async def _place(
    tx: Tx, request: BookingRequest, status: Status, *, tokens: Tokens, now: datetime
) -> Booking:
    length = request.ends_at - request.starts_at
    if length <= timedelta():
        raise EndsBeforeItStarts()
    if request.client is not None:
        first = status if status is Status.HOLD else _first_status(await _known(tx, request))
        email = request.person.email if request.person else ""
        await check_client(tx, request.client, first, email, now)  # before anything else is locked
    if status is not Status.HOLD:
        await _use_link(tx, request.link_id, now)
    choice = choice_of(request.choice, request.by)
    seen = await load_start(tx, request.resource_id, request.starts_at, length, now, choice=choice)
    if request.choice.hosts and request.link_id is None:
        (await _known(tx, request)).check_host_request()
    if request.person is not None:
        await check_booker(tx, seen.offer, request.person.email, request.starts_at, length, None)
    booking = draft_booking(tx, request, seen.offer, now, status)
    token = tokens.of(tx.org_id, booking.id)
    booking = replace(booking, meeting_url=resources.meeting_url(booking.meeting_url, token, booking.id))
    seated = await allocation.allocate(tx, seen, booking, now, token_hash=hash_token(token))
    note_client(tx, request.client, [seated.id], now)
    return record_created(tx, seated, now)


async def _use_link(tx: Tx, link_id: UUID | None, now: datetime | None) -> None:
    """Count a booking by a link. Who held the time while it was open may book it after it expired."""
    if link_id is not None and not await queries.use_link(tx, link_id, now):
        raise LinkOver()


async def _known(tx: Tx, request: BookingRequest) -> Offer:
    return resources.cached_offer(tx, request.resource_id) or await resources.offer(tx, request.resource_id)


def read_person(offer: Offer, person: BookerDetails) -> list[dict[str, Any]]:
    """The answers of whoever books. Raises ValidationFailed for what is wrong or missing."""
    if offer.resource.meets == "phone" and not person.phone:
        raise ValidationFailed({"phone": "give the number at which we can call you"})
    return resources.read_answers(offer.resource.questions, person.answers or {})


def draft_booking(
    tx: Tx, request: BookingRequest, offer: Offer, now: datetime, status: Status = Status.CONFIRMED
) -> Booking:
    """The booking that a request would make of an offer, before anyone or anything is claimed for it.

    Its meeting link is still the template.
    """
    resource, rules, id_ = offer.resource, offer.rules, uuid4()
    person = request.person or BookerDetails("", "")
    booker = Participant("booker", person.name, person.email, None)
    holding = status is Status.HOLD
    return Booking(
        org_id=tx.org_id,
        id=id_,
        resource_id=resource.id,
        resource_title=resource.title,
        status=status if holding else _first_status(offer),
        starts_at=request.starts_at,
        ends_at=request.ends_at,
        time_zone=rules.zone.key,
        booker_name=person.name,
        booker_email=person.email,
        goal_text=person.goal_text,
        consent_recording=person.consent_recording,
        meeting_url=resource.meeting_url,
        price=resource.prices.get("public", resource.price),
        currency=resource.currency,
        policy={
            "cancel_notice_minutes": rules.cancel_notice_minutes,
            "reschedule_notice_minutes": rules.reschedule_notice_minutes,
        },
        locale=person.locale,
        expires_at=now + timedelta(minutes=rules.hold_minutes) if holding else None,
        revision=0,
        cancelled_because=None,
        created_at=now,
        updated_at=now,
        phone=person.phone,
        location_details=person.location_details,
        answers=read_person(offer, person) if request.person else [],
        choice=request.choice.as_json(),
        claim_count=None,
        link_id=request.link_id,
        series_id=None,
        series_at=None,
        is_exception=False,
        local_start=None,
        request_expires_at=None,
        notes="",
        location=resource.place,
        participants=(booker,) if request.person else (),
    )


async def load_start(
    tx: Tx,
    resource_id: UUID,
    start: datetime,
    length: timedelta,
    now: datetime,
    *,
    choice: HostPreference = ANYONE,
    ignoring: Sequence[UUID] = (),
) -> AvailabilitySnapshot:
    """What decides about one start. Where the rules count bookings, the members are locked first."""
    if start.microsecond or length.microseconds:
        raise SlotNotOffered([Reason("outside_hours")])
    span = (start, start + timedelta(seconds=1))
    known = resources.cached_offer(tx, resource_id) or await resources.offer(tx, resource_id)
    if not known.rules.offers(length):  # before anything of that length is looked at
        known = await resources.offer(tx, resource_id)
        if not known.rules.offers(length):
            offered = ", ".join(map(str, known.rules.durations))
            minutes = int(length.total_seconds()) // 60
            raise SlotNotOffered([Reason("wrong_length", {"minutes": minutes, "offered": offered})])
    if known.restricted_to(choice).needs_serialization:
        await allocation.lock_all(tx, known)
    seen = await load_snapshot(tx, resource_id, span, length, now, choice=choice, ignoring=ignoring)
    if seen.offer.version != known.version and seen.offer.needs_serialization:
        await allocation.lock_all(tx, await resources.offer(tx, resource_id))
        seen = await load_snapshot(tx, resource_id, span, length, now, choice=choice, ignoring=ignoring)
    return seen


async def _seat_again(
    tx: Tx, held: Booking, choice: HostPreference, person: BookerDetails, now: datetime
) -> None:
    """A hold that lapsed: claim its time anew, as if it were booked now."""
    hosts = [p.resource_id for p in held.participants if p.resource_id]
    seen = await load_start(
        tx, held.resource_id, held.starts_at, held.length, now, choice=choice, ignoring=[held.id]
    )
    check_open(seen.offer)
    await check_booker(tx, seen.offer, person.email, held.starts_at, held.length, held.id)
    await allocation.release(tx, held.id, hosts_too=True)
    confirmed = replace(held, status=Status.CONFIRMED, expires_at=None)
    await allocation.allocate(tx, seen, confirmed, now, keep=hosts)


def _first_status(offer: Offer) -> Status:
    return Status.PENDING if offer.rules.approval else Status.CONFIRMED


def record_created(tx: Tx, booking: Booking, now: datetime) -> Booking:
    """Record the event of a new booking or hold."""
    type_ = {
        Status.HOLD: events.HELD,
        Status.PENDING: events.REQUESTED,
        Status.CONFIRMED: events.CREATED,
    }[booking.status]
    record(tx, type_, booking.id, booking.facts(), now)
    return booking
