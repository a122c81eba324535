"""A request for a booking."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from infra24.bookings.model import BookerDetails, Booking, EndsBeforeItStarts
from infra24.bookings.policy import BY_BOOKER, BookingPolicy
from infra24.rate_limits import Client
from infra24.resources import ANYONE, HostPreference


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """A request for a resource at a time; `person` is unknown while the time is only held.

    `choice` is with whom, `link_id` the booking link that entitles to it, `policy` what whoever asks is
    exempt from, `client` as whom it is counted, `with_id` a resource that it must have (its own, or one of
    a pool).
    """

    resource_id: UUID
    starts_at: datetime
    ends_at: datetime
    person: BookerDetails | None = None
    choice: HostPreference = ANYONE
    link_id: UUID | None = None
    policy: BookingPolicy = BY_BOOKER
    client: Client | None = None
    with_id: UUID | None = None

    @classmethod
    def of(cls, booking: Booking, start: datetime, end: datetime, policy: BookingPolicy) -> "BookingRequest":
        """The request for a booking at another time."""
        person = BookerDetails(booking.booker_name, booking.booker_email)
        choice = HostPreference.read(booking.choice)
        return cls(booking.resource_id, start, end, person, choice, booking.link_id, policy)

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at

    def check(self) -> None:
        """Raises EndsBeforeItStarts."""
        if self.length <= timedelta():
            raise EndsBeforeItStarts()
