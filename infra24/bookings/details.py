"""Correct who books and what for; the staff's notes."""

from datetime import datetime
from uuid import UUID

from infra24 import resources
from infra24.bookings import events, lookup, participants, queries
from infra24.bookings.booker_limits import check_booker
from infra24.bookings.model import BookerDetails, Booking, IllegalTransition
from infra24.bookings.policy import BookingPolicy
from infra24.bookings.states import Status
from infra24.db import Tx
from infra24.events import record


async def update_booker(
    tx: Tx, booking_id: UUID, person: BookerDetails, policy: BookingPolicy, *, now: datetime
) -> Booking:
    """Correct who books and what for. Raises IllegalTransition for a hold, which has no booker, and for what
    was cancelled.

    Raises BookerLimit when the booker hands it to someone who has all the bookings they may have.
    """
    booking = await lookup.get(tx, booking_id, lock=True)
    if not policy.is_staff and person.email != booking.booker_email:
        offer = await resources.offer(tx, booking.resource_id)
        await check_booker(tx, offer, person.email, booking.starts_at, booking.length, booking_id)
    if booking.status in (Status.CANCELLED, Status.HOLD):
        raise IllegalTransition(booking.status, "changed")
    answers = None
    if person.answers is not None:
        offer = await resources.offer(tx, booking.resource_id)
        answers = resources.read_answers(offer.resource.questions, person.answers)
    await queries.set_person(tx, booking_id, person, answers, now)
    await tx.run_together(participants.set_booker(tx, booking, person.name, person.email))
    changed = await lookup.get(tx, booking_id)
    record(tx, events.UPDATED, booking_id, changed.facts(), now)
    return changed


async def set_notes(tx: Tx, booking_id: UUID, notes: str, *, now: datetime) -> None:
    """Write the staff's notes. Visitors never see them, and no event tells them."""
    await lookup.get(tx, booking_id, lock=True)
    await queries.set_notes(tx, booking_id, notes, now)
