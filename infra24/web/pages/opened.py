"""What the token in an address opens: a booking, its organization, its resource."""

from dataclasses import dataclass

from fastapi import Request

from infra24 import bookings, organizations, resources
from infra24.bookings import Booking, UnknownBooking, org_of_token
from infra24.organizations import Organization
from infra24.resources import Resource
from infra24.web.services import services


@dataclass(frozen=True, slots=True)
class Opened:
    """A booking and where it belongs. `where` is the page on which it can be booked again."""

    token: str
    booking: Booking
    here: Organization
    resource: Resource

    @property
    def where(self) -> str:
        return f"/{self.here.slug}/book/{self.resource.slug}"


async def opened(request: Request) -> Opened:
    """Open the booking of the token in the path. Refuses with UnknownBooking, whatever is wrong with it."""
    token = request.path_params["token"]
    org_id = org_of_token(token)
    if org_id is None:
        raise UnknownBooking()
    async with services(request).database.transaction(org_id) as tx:
        booking = await bookings.by_token(tx, token)
        here = await organizations.get(tx)
        return Opened(token, booking, here, await resources.get(tx, booking.resource_id))
