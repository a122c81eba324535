"""Why a time is not offered: a code, a sentence, and the facts that fill it."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

SENTENCES = {
    "past": "This time has passed.",
    "too_soon": "Bookings close {minutes} minutes before the start.",
    "too_far": "Bookings open {days} days ahead.",
    "outside_hours": "This is outside the opening hours.",
    "off_grid": "Bookings start every {minutes} minutes, and this is between two starts.",
    "wrong_length": "This lasts {minutes} minutes; the lengths offered are {offered}.",
    "blackout": "Closed on this date.",
    "holiday": "Closed for {name}.",
    "time_off": "Away at this time.",
    "taken": "This time is taken.",
    "day_limit": "The limit for this day is reached ({counted}: {most}).",
    "week_limit": "The limit for this week is reached ({counted}: {most}).",
    "month_limit": "The limit for this month is reached ({counted}: {most}).",
    "booker_day_limit": "One person's limit for this day is reached ({counted}: {most}).",
    "booker_week_limit": "One person's limit for this week is reached ({counted}: {most}).",
    "booker_month_limit": "One person's limit for this month is reached ({counted}: {most}).",
    "no_combination": "What is free at this time cannot be put together.",
    "no_hosts": "Nobody is assigned to this yet.",
    "nothing_fits": "Nothing that this needs is here at the moment.",
}
"""Every reason there is, in English; pages translate the template and fill it."""


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
    def sentence(self) -> str:
        """The reason in English."""
        return SENTENCES[self.code].format(**self.facts)

    @property
    def told(self) -> dict[str, Any]:
        """The reason as a refusal tells it to programs; a limit also by the key that sets it."""
        limit = {"limit": self.facts["limit"]} if "limit" in self.facts else {}
        return {"code": self.code, "sentence": self.sentence, **limit}
