"""What of an event is told to whom: facts about people are under the scopes that guard them elsewhere."""

from collections.abc import Mapping
from typing import Any

from infra24.people.permissions import Scope

_NOBODYS = frozenset({"organization", "resource", "booking_link"})
"""Events of these are about no person."""
_GUARDS: Mapping[str, Scope] = {"person": Scope.PEOPLE_READ}
"""The scope for the personal facts of an event, by the first word of its type; else `bookings:read`."""
_IMPERSONAL = frozenset({
    "booking_id", "resource_id", "title", "status", "starts_at", "ends_at", "time_zone", "hosts", "by",
    "from", "to", "from_offer_id", "from_resource_id", "to_resource_id", "dates", "rule", "from_series",
    "role",
})  # fmt: skip
"""Told to whoever may read events. A fact that is not listed here is taken for personal."""


def disclosed(type_: str, facts: Mapping[str, Any], scopes: frozenset[Scope]) -> dict[str, Any]:
    """The facts of an event for a reader with these scopes; personal ones are left out without theirs."""
    about = type_.partition(".")[0]
    if about in _NOBODYS or _GUARDS.get(about, Scope.BOOKINGS_READ) in scopes:
        return dict(facts)
    return {name: fact for name, fact in facts.items() if name in _IMPERSONAL}
