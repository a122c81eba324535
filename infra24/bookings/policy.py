"""What whoever acts on a booking is exempt from. Who acts as whom: `web/booking_access.py`."""

from dataclasses import dataclass, replace
from datetime import timedelta

from infra24.bookings.states import ActorRole
from infra24.resources import HostPreference


@dataclass(frozen=True, slots=True)
class BookingPolicy:
    """As whom one acts, and which rules do not bind them. Hours, closings and claims bind everyone.

    `is_bound`: by notice, horizon and limits, and by the notice for changes. `lengths`: by the lengths
    and steps on offer. `approval`: what they book waits for approval where the offer asks for it.
    `questions`: asked the questions of the offer. `decides`: may approve and decline. `notifies`: the
    booker is told of what they change.
    """

    role: ActorRole
    is_bound: bool = True
    lengths: bool = True
    approval: bool = True
    questions: bool = True
    decides: bool = False
    notifies: bool = True

    @property
    def is_staff(self) -> bool:
        """Whether they act for the organization."""
        return self.role is ActorRole.STAFF

    def applied_to(self, choice: HostPreference, length: timedelta) -> HostPreference:
        """A choice of hosts with the rules that bind them, for a booking of that length."""
        if not self.lengths:
            return replace(choice, staff_length=length)
        return replace(choice, for_staff=not self.is_bound)


BY_BOOKER = BookingPolicy(ActorRole.BOOKER)
"""Visitors, members, holders of a token: every rule binds them."""
BY_STAFF = BookingPolicy(ActorRole.STAFF, is_bound=False)
"""Staff, and keys that may write bookings."""
ON_CALENDAR = BookingPolicy(
    ActorRole.STAFF, is_bound=False, lengths=False, approval=False, questions=False, decides=True
)
"""Staff who put a booking on the calendar by hand."""
BY_SYSTEM = BookingPolicy(ActorRole.SYSTEM, is_bound=False, decides=True)
"""Whoever runs the installation: the demo's bookings."""
