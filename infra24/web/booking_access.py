"""Who may see and change which booking, and as whom."""

from uuid import UUID

from infra24 import bookings
from infra24.bookings import BY_BOOKER, Booking, BookingPolicy, ParticipantRole, UnknownBooking
from infra24.db import Tx
from infra24.errors import Unauthenticated
from infra24.people import Scope
from infra24.web.caller import Caller, Credentials


async def authorize_booking(
    tx: Tx, who: Caller, wanted: str, *, write: bool = False
) -> tuple[Booking, BookingPolicy]:
    """The booking that the caller may see (or, with `write`, change), and as whom they act on it.

    `wanted` is its id or its token. Staff see all of their organization's, hosts those that they host,
    members their own; the holder of a token sees theirs. Everything else is UnknownBooking: nothing tells
    whether a booking exists.
    """
    token = who.credentials.token
    if not who.scopes:
        if token is None:
            raise Unauthenticated()
        return await _by_token(tx, who.credentials, token, wanted)
    if wanted == token:
        booking = await bookings.by_token(tx, token, who.credentials.token_booking_id)
    else:
        booking = await bookings.get(tx, _uuid(wanted))
    if who.may(Scope.BOOKINGS_WRITE if write else Scope.BOOKINGS_READ):
        return booking, who.staff_policy()
    if who.user is None and token is None:  # a key is of no person: it has the scope, or nothing
        who.require(Scope.BOOKINGS_WRITE if write else Scope.BOOKINGS_READ)
    if who.may(Scope.BOOKINGS_HOST) and is_hosted_by(booking, who.email):
        return booking, who.staff_policy()
    if who.may(Scope.OWN) and booking.booker_email == who.email:
        return booking, BY_BOOKER
    if token is not None:
        return await _by_token(tx, who.credentials, token, wanted)
    raise UnknownBooking()


def is_hosted_by(booking: Booking, email: str) -> bool:
    """Whether someone is a host of a booking."""
    return bool(email) and any(
        p.role is ParticipantRole.HOST and p.email == email for p in booking.participants
    )


async def _by_token(tx: Tx, shown: Credentials, token: str, wanted: str) -> tuple[Booking, BookingPolicy]:
    booking = await bookings.by_token(tx, token, shown.token_booking_id)
    if wanted != token and _uuid(wanted) != booking.id:
        raise UnknownBooking()
    return booking, BY_BOOKER


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise UnknownBooking() from None
