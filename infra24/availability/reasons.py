"""Why a time is not offered: a code, and the facts that fill its message."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra24.errors import Message

SENTENCES = {
    "past": "This time has passed.",
    "too_soon": "Bookings close %(notice)s before the start.",
    "too_far": "Bookings open %(days)s days ahead.",
    "outside_hours": "Outside the opening hours.",
    "off_grid": "Bookings start every %(minutes)s minutes; this is between two starts.",
    "wrong_length": "This lasts %(minutes)s minutes; %(offered)s minutes can be booked.",
    "blackout": "Closed on this date.",
    "holiday": "Closed for %(name)s.",
    "time_off": "Away at this time.",
    "taken": "This time is taken.",
    "day_limit": "The limit for this day is reached (%(counted)s: %(most)s).",
    "week_limit": "The limit for this week is reached (%(counted)s: %(most)s).",
    "month_limit": "The limit for this month is reached (%(counted)s: %(most)s).",
    "booker_day_limit": "One person's limit for this day is reached (%(counted)s: %(most)s).",
    "booker_week_limit": "One person's limit for this week is reached (%(counted)s: %(most)s).",
    "booker_month_limit": "One person's limit for this month is reached (%(counted)s: %(most)s).",
    "no_combination": "Not everything that this booking needs is free together at this time.",
    "no_hosts": "Nobody is assigned to this yet.",
    "nothing_fits": "The resources that this booking needs are not active at the moment.",
}
"""Every reason there is, as the catalogues have it."""


LIMITED = frozenset({"day_limit", "week_limit", "month_limit"})
"""Reasons that mean as much is booked as the rules allow, though the time itself may be free."""

CONTENDED = LIMITED | {"taken", "no_combination"}
"""Reasons that mean others were faster, not that the time was never on offer."""

CLOSED = frozenset({"outside_hours", "blackout", "holiday", "time_off", "no_hosts", "nothing_fits"})
"""Reasons that mean nobody is open then: what a change of rules or holidays can do to a booking."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule or claim that removed a time. `private` is for staff only."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    private: Hashable = None

    @property
    def sentence(self) -> Message:
        """The reason in words."""
        return Message(SENTENCES[self.code], **self.facts)

    @property
    def told(self) -> dict[str, Any]:
        """The reason as a refusal tells it to programs; a limit also by the key that sets it."""
        limit = {"limit": self.facts["limit"]} if "limit" in self.facts else {}
        return {"code": self.code, "sentence": self.sentence, **limit}
