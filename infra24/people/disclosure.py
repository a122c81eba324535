"""What of an event is told to whom: facts about people are under the scopes that guard them elsewhere."""

from collections.abc import Mapping
from typing import Any

from infra24.events import EventType
from infra24.people.permissions import Scope

_GUARDS: Mapping[str, Scope] = {"person": Scope.PEOPLE_READ}
"""The scope for the personal facts of an event, by its subject; else `bookings:read`."""


def disclosed(type_: EventType | None, facts: Mapping[str, Any], scopes: frozenset[Scope]) -> dict[str, Any]:
    """The facts of an event for a reader with these scopes; personal ones are left out without theirs.

    Of a type that is not known here, nothing is told.
    """
    if type_ is None:
        return {}
    if _GUARDS.get(type_.subject, Scope.BOOKINGS_READ) in scopes:
        return dict(facts)
    return {name: fact for name, fact in facts.items() if name not in type_.personal}
