"""What can change the free times of one offer: for pages that stay open while others book."""

from collections.abc import Sequence
from uuid import UUID

from infra24 import resources
from infra24.bookings import events
from infra24.db import Tx
from infra24.events import Recorded
from infra24.resources import Offer

_CLAIMS_CHANGE = frozenset(type_.name for type_ in (
    events.HELD, events.REQUESTED, events.CREATED, events.RESCHEDULED, events.RELEASED, events.CANCELLED,
    events.DECLINED, events.LAPSED, events.HOLD_EXPIRED,
))  # fmt: skip
"""The events that take times or give them back. No other says anything of them."""


class FreeTimes:
    """The free times of one offer, to be watched. Keep one while it is: it remembers the offer."""

    def __init__(self, offer: Offer) -> None:
        self.offer = offer

    @property
    def key(self) -> UUID:
        """Whoever watches the same offer watches the same."""
        return self.offer.resource.id

    async def touched(self, tx: Tx, recorded: Sequence[Recorded]) -> bool:
        """Whether these events can have changed what is free: the offer, or claims on what it takes."""
        before = self.offer
        if await resources.catalogue_version(tx) != before.version:
            self.offer = await resources.offer(tx, self.key)
        own = set(self.offer.members)
        made_of = {self.key, *own, *self.offer.occupants}
        changed = {
            one.event.subject_id for one in recorded if one.event.type == resources.events.UPDATED.name
        }
        if _reaches_elsewhere(before, self.offer) or not made_of.isdisjoint(changed):
            return True
        for booked in _booked(recorded):
            other = resources.cached_offer(tx, booked) or await resources.offer(tx, booked)
            if not own.isdisjoint(other.members):
                return True
        return False


def _reaches_elsewhere(before: Offer, after: Offer) -> bool:
    """Whether an offer takes others than before, or is closed on other days, or in another zone."""
    return (set(before.members), before.holidays, before.rules.zone) != (
        set(after.members), after.holidays, after.rules.zone,
    )  # fmt: skip


def _booked(recorded: Sequence[Recorded]) -> set[UUID]:
    """The offers of which something was booked, moved or given back."""
    facts = [one.event.data for one in recorded if one.event.type in _CLAIMS_CHANGE]
    return {UUID(told[name]) for told in facts for name in ("resource_id", "from_offer_id") if name in told}
