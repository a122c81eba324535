"""What people's calendars answer to the invitation to a booking."""

from datetime import datetime
from uuid import UUID

from infra24.bookings import events, lookup, participant_queries
from infra24.bookings.states import Response, Status
from infra24.db import Tx
from infra24.events import record


async def record_reply(
    tx: Tx, booking_id: UUID, email: str, response: Response, revision: int, *, now: datetime
) -> None:
    """Write down what a participant's calendar answered about a revision of a booking. The booking stands:
    an e-mail proves nobody's identity, so staff are told and decide.

    Nothing happens for an address that does not take part, an earlier revision, or what was answered before.
    Raises UnknownBooking.
    """
    booking = await lookup.get(tx, booking_id, lock=True)
    theirs = [p for p in booking.participants if p.email.lower() == email.lower()]
    if not theirs or revision < booking.revision:
        return
    answered = {(p.response, p.response_revision) for p in theirs}
    if answered == {(response, revision)}:
        return
    await participant_queries.set_response(tx, booking_id, email, response, revision)
    if response is Response.DECLINED and booking.status in (Status.CONFIRMED, Status.PENDING):
        facts = {**booking.facts(), "who": theirs[0].name}
        record(tx, events.INVITATION_DECLINED, booking_id, facts, now)
