"""Turn a hold into a booking, at its own time or another."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from infra24 import booking_links, resources
from infra24.bookings import allocation, claim_queries, lookup, occupancy, participants, queries
from infra24.bookings.booker_limits import check_booker
from infra24.bookings.clients import check_client, note_client
from infra24.bookings.creation import record_created
from infra24.bookings.drafts import read_booker
from infra24.bookings.model import BookerDetails, Booking, HoldOver
from infra24.bookings.policy import BookingPolicy
from infra24.bookings.requirements import first_status, require, required_of
from infra24.bookings.snapshots import check_bookable
from infra24.bookings.starts import load_start
from infra24.bookings.states import Status
from infra24.db import Tx
from infra24.rate_limits import Client
from infra24.resources import HostPreference, Offer

_TAKEN_UP = timedelta(days=1)
"""For so long after its end: it has the price and the terms of the day on which it was made."""
Times = tuple[datetime, datetime]
"""When a booking begins and ends."""


async def confirm_hold(
    tx: Tx,
    booking_id: UUID,
    person: BookerDetails,
    policy: BookingPolicy,
    *,
    now: datetime,
    client: Client | None = None,
    at: Times | None = None,
) -> Booking:
    """Turn a hold into a booking, in place: at its own time, or at another one (`at`).

    A hold that expired or was released is confirmed too, for a day, while its time is free. Safe to repeat:
    what was already turned into a booking is returned as it is, whatever time is asked for. Raises HoldOver
    later and for what was cancelled as a booking, SlotTaken when the time went to someone else, BookerLimit,
    SlotNotOffered, ValidationFailed for wrong or missing answers, and what `book` raises for the client.
    """
    held = await lookup.get(tx, booking_id)
    offer = await resources.offer(tx, held.resource_id)
    first = first_status(offer, policy)
    if held.is_or_was_hold:
        await check_client(tx, client, first, person.email, now)
    start, end = at or (held.starts_at, held.ends_at)
    choice = policy.applied_to(HostPreference.read(held.choice), end - start)
    held = await _locked(tx, held, offer, choice)
    if held.status in (Status.CONFIRMED, Status.PENDING):
        return held
    if not held.is_or_was_hold or (held.status is Status.CANCELLED and held.updated_at < now - _TAKEN_UP):
        raise HoldOver()
    answers = read_booker(offer, person)
    await _make_permanent(tx, held, offer, (start, end), choice, person, now)
    await queries.set_person(tx, booking_id, person, answers, now)
    await tx.run_together(participants.set_booker(tx, held, person.name, person.email))
    if held.link_id is not None:  # a link may have expired since the hold, not since its end
        await booking_links.use(tx, held.link_id, None if held.status is Status.HOLD else now)
    await queries.set_status(tx, booking_id, first, now)
    await require(tx, [booking_id], required_of(offer, policy), now)
    note_client(tx, client, [booking_id], now)
    return record_created(tx, await lookup.get(tx, booking_id), now)


async def _locked(tx: Tx, held: Booking, offer: Offer, choice: HostPreference) -> Booking:
    if held.link_id is not None:
        await booking_links.lock(tx, held.link_id)
    if offer.restricted_to(choice).needs_serialization:
        await resources.lock(tx, offer.to_lock)
    return await lookup.get(tx, held.id, lock=True)


async def _make_permanent(
    tx: Tx,
    held: Booking,
    offer: Offer,
    at: Times,
    choice: HostPreference,
    person: BookerDetails,
    now: datetime,
) -> None:
    """Make the claims of a hold permanent. Where it expired, was released, or another time is asked for, that
    time is claimed anew, as if it were booked now."""
    start, end = at
    is_unexpired = held.expires_at is not None and held.expires_at > now
    if is_unexpired and at == (held.starts_at, held.ends_at):
        await check_booker(tx, offer, person.email, start, end - start, held.id)
        if await claim_queries.make_permanent(tx, held.id) >= (held.claim_count or 0):
            return  # else someone has removed claims that had expired meanwhile
    snapshot = await load_start(
        tx, held.resource_id, start, end - start, now, choice=choice, ignoring=[held.id]
    )
    check_bookable(snapshot.offer)
    await check_booker(tx, snapshot.offer, person.email, start, end - start, held.id)
    if held.status is Status.CANCELLED:
        held.check_transition(Status.HOLD)
        await queries.reopen_hold(tx, held.id, now)
    await occupancy.release(tx, held.id, now)
    permanent = replace(held, starts_at=start, ends_at=end, status=Status.CONFIRMED, expires_at=None)
    keep = held.host_ids if held.status is Status.HOLD else ()  # the turn of an ended hold was given back
    await allocation.allocate(tx, snapshot, permanent, now, keep=keep)
