"""Who calls: a visitor, the holder of a booking's token, or someone with the organization's key."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import Request

from infra24 import bookings, organizations
from infra24.bookings import Booking, By, UnknownBooking, org_of_token
from infra24.db import Tx
from infra24.errors import Unauthenticated
from infra24.organizations import org_of_key


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request shows: a key, a token, both or nothing."""

    key: str | None
    token: str | None


def credentials(request: Request, path_id: str | None = None) -> Credentials:
    """Read the key (Authorization: Bearer, or X-API-Key) and the token (?token=, X-Booking-Token).

    A booking's token may also stand in an address in place of the booking's id.
    """
    bearer = request.headers.get("authorization", "")
    secret = bearer[7:].strip() if bearer[:7].lower() == "bearer " else None
    key = request.headers.get("x-api-key") or secret
    token = request.query_params.get("token") or request.headers.get("x-booking-token")
    if token is None and path_id is not None and org_of_token(path_id):
        token = path_id
    if token is None and secret is not None and org_of_token(secret):
        token, key = secret, None
    return Credentials(key, token)


def org_of_credentials(shown: Credentials) -> UUID:
    """The organization that the credentials speak of. Refuses with Unauthenticated without any."""
    found = org_of_key(shown.key) if shown.key else None
    if found is None and shown.token:
        found = org_of_token(shown.token)
        if found is None:
            raise UnknownBooking()
    if found is None:
        raise Unauthenticated()
    return found


async def require_key(tx: Tx, shown: Credentials) -> None:
    """Refuses with Unauthenticated unless the key is this organization's."""
    if not shown.key or not await organizations.speaks_for(tx, shown.key):
        raise Unauthenticated()


async def has_key(tx: Tx, shown: Credentials) -> bool:
    """Whether the caller holds this organization's key."""
    return bool(shown.key) and await organizations.speaks_for(tx, shown.key or "")


async def open_booking(tx: Tx, shown: Credentials, wanted: str) -> tuple[Booking, By]:
    """The booking that the caller may see, and as whom they act on it.

    `wanted` is its id or its token. Staff see all of their organization's; the holder of a token sees
    their own. Everything else is UnknownBooking: nothing tells whether a booking exists.
    """
    if await has_key(tx, shown):
        if shown.token == wanted:
            return await bookings.by_token(tx, wanted), By.STAFF
        return await bookings.get(tx, _uuid(wanted)), By.STAFF
    if shown.token is None:
        raise Unauthenticated()
    booking = await bookings.by_token(tx, shown.token)
    if wanted != shown.token and _uuid(wanted) != booking.id:
        raise UnknownBooking()
    return booking, By.BOOKER


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise UnknownBooking() from None
