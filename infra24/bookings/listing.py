"""Lists of bookings: a page at a time by when they begin, and how many there are."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from infra24.bookings import listing_queries as queries
from infra24.bookings.model import Booking
from infra24.bookings.states import Status
from infra24.db import Tx, like_pattern

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_END = datetime(9999, 1, 1, tzinfo=UTC)
MOST = 200
COUNTED = 1_000
"""Counting stops here: nobody reads further, and the page stays as quick as it was."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which bookings: that begin in a span, of a state, an offer, a resource used, a host, someone.

    `hosted_by` is the e-mail of whoever may see only what they host; `text` a part of a name or an e-mail, or
    the beginning of a reference. Holds are left out unless asked for. `uses_id` is of whatever a booking
    uses, or used until it was cancelled.
    `coming_at` leaves what still comes at an instant or is under way, `gone_at` the rest: over or cancelled.
    """

    since: datetime | None = None
    until: datetime | None = None
    status: Status | None = None
    offer_id: UUID | None = None
    uses_id: UUID | None = None
    host_id: UUID | None = None
    hosted_by: str | None = None
    booker_email: str | None = None
    text: str | None = None
    coming_at: datetime | None = None
    gone_at: datetime | None = None

    def parameters(self) -> dict[str, object]:
        """As the statements take them."""
        reference = self.text.lower() if self.text and _is_reference(self.text) else None
        return {
            "since": self.since or _BEGINNING,
            "until": self.until or _END,
            "status": self.status,
            "offer": self.offer_id,
            "uses": self.uses_id,
            "host": self.host_id,
            "hosted_by": self.hosted_by,
            "booker": self.booker_email,
            "coming_at": self.coming_at,
            "gone_at": self.gone_at,
            "text": like_pattern(self.text) if self.text else None,
            "reference": f"{reference}%" if reference else None,
        }


EVERYTHING = Filters()
Cursor = tuple[datetime, UUID]
"""Where a page ends: the start and id of the last booking on it."""


async def page(
    tx: Tx,
    filters: Filters = EVERYTHING,
    *,
    after: Cursor | None = None,
    limit: int = 50,
    newest_first: bool = False,
) -> list[Booking]:
    """Bookings by their start, at most 200, from a place on: one statement."""
    wanted = {**filters.parameters(), "after_at": None, "after_id": None, "limit": min(limit, MOST)}
    if after is not None:
        wanted |= {"after_at": after[0], "after_id": after[1]}
    return await (queries.newest_first if newest_first else queries.oldest_first)(tx, wanted)


async def count(tx: Tx, filters: Filters = EVERYTHING) -> int:
    """How many there are, at most 1,001: more than 1,000 is many."""
    return await queries.count(tx, {**filters.parameters(), "limit": COUNTED + 1})


async def get_many(tx: Tx, booking_ids: list[UUID]) -> list[Booking]:
    """These bookings by their start, at most 200, in one statement; who is not there is left out."""
    return await queries.several(tx, booking_ids[:MOST])


def _is_reference(text: str) -> bool:
    return 4 <= len(text) <= 8 and all(c in "0123456789abcdefABCDEF" for c in text)
