"""What the token in an address opens: a booking, its organization, its resource."""

from dataclasses import dataclass

from fastapi import Request

from infra24 import booking_links, bookings, organizations, resources
from infra24.auth.tokens import org_of_token
from infra24.booking_links import BookingLink, Prefilled
from infra24.bookings import Booking, UnknownBooking
from infra24.organizations import Organization
from infra24.resources import Resource
from infra24.web.caller import caller_of
from infra24.web.pages.entry_points import BookingPath, branded
from infra24.web.services import services


@dataclass(frozen=True, slots=True)
class TokenBooking:
    """A booking and where it belongs. `where` is the page on which it can be booked again."""

    token: str
    booking: Booking
    here: Organization
    resource: Resource
    link: BookingLink | None

    @property
    def where(self) -> str:
        return BookingPath(self.here, self.link).to(self.resource)

    @property
    def sites(self) -> list[str]:
        """The sites that may show its pages in a frame."""
        return self.link.sites if self.link else []

    def brings(self, request: Request) -> Prefilled | None:
        """What a private link brings along."""
        if self.link is None:
            return None
        app, signed = services(request), request.query_params.get("signed")
        return booking_links.read_private(app.tokens, self.here.id, self.link.id, signed, app.clock())


async def load_by_token(request: Request) -> TokenBooking:
    """Open the booking of the token in the path. Raises UnknownBooking, whatever is wrong with it."""
    token = request.path_params["token"]
    org_id = org_of_token(token)
    if org_id is None:
        raise UnknownBooking()
    app = services(request)
    async with app.database.transaction(org_id, caller_of(request).actor) as tx:
        booking = await bookings.by_token(tx, token, app.tokens.booking_of(token))
        here = await organizations.get(tx)
        link = await booking_links.get_by_id(tx, booking.link_id)
        resource = await resources.get(tx, booking.resource_id)
        return TokenBooking(token, booking, branded(here, link), resource, link)
