"""Roles and what each may do: one table, and nothing else decides."""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """A person's place in an organization, most trusted first."""

    OWNER = "owner"
    ADMIN = "admin"
    STAFF = "staff"
    HOST = "host"
    INSTRUCTOR = "instructor"
    RESIDENT_ARTIST = "resident_artist"
    MEMBER = "member"
    PUBLIC = "public"


ROLE_NAMES: Mapping[Role, str] = {
    Role.OWNER: "Owner",
    Role.ADMIN: "Administrator",
    Role.STAFF: "Staff",
    Role.HOST: "Host",
    Role.INSTRUCTOR: "Instructor",
    Role.RESIDENT_ARTIST: "Resident artist",
    Role.MEMBER: "Member",
}
"""As e-mails call them, in English; the catalogues have them."""


class Scope(StrEnum):
    """What an address can need. A key carries some of these, a role the ones in the table."""

    BOOKINGS_READ = "bookings:read"
    BOOKINGS_WRITE = "bookings:write"
    BOOKINGS_APPROVE = "bookings:approve"
    BOOKINGS_HOST = "bookings:host"
    CATALOGUE_READ = "catalogue:read"
    CATALOGUE_WRITE = "catalogue:write"
    PEOPLE_READ = "people:read"
    PEOPLE_WRITE = "people:write"
    SETTINGS_WRITE = "settings:write"
    AUDIT_READ = "audit:read"
    ANALYTICS_READ = "analytics:read"
    EVENTS_READ = "events:read"
    WEBHOOKS_WRITE = "webhooks:write"
    OWN = "own"


_EVERYTHING = frozenset(Scope)
_HOSTING = frozenset({Scope.BOOKINGS_HOST, Scope.OWN})
_OWN = frozenset({Scope.OWN})

SCOPES: Mapping[Role, frozenset[Scope]] = {
    Role.OWNER: _EVERYTHING,
    Role.ADMIN: _EVERYTHING,
    Role.STAFF: _HOSTING
    | {
        Scope.BOOKINGS_READ,
        Scope.BOOKINGS_WRITE,
        Scope.BOOKINGS_APPROVE,
        Scope.CATALOGUE_READ,
        Scope.PEOPLE_READ,
        Scope.ANALYTICS_READ,
    },
    Role.HOST: _HOSTING,
    Role.INSTRUCTOR: _HOSTING,
    Role.RESIDENT_ARTIST: _OWN,
    Role.MEMBER: _OWN,
    Role.PUBLIC: frozenset(),
}
"""Hosts see and change the bookings that they host; everyone their own."""

KEY_SCOPES = (
    Scope.BOOKINGS_READ,
    Scope.BOOKINGS_WRITE,
    Scope.BOOKINGS_APPROVE,
    Scope.CATALOGUE_READ,
    Scope.CATALOGUE_WRITE,
    Scope.ANALYTICS_READ,
    Scope.EVENTS_READ,
    Scope.WEBHOOKS_WRITE,
)
"""What a key may be given: what the API asks for. It is nobody: it hosts and owns nothing, and pages, with
people, settings and keys, are for people."""

STAFF_ROLES = frozenset(role for role in Role if Scope.BOOKINGS_HOST in SCOPES[role])
"""The roles of those who work here: an organization can ask them for a second factor."""


def scopes_of_key(kept: list[str]) -> frozenset[Scope]:
    """What a key may do, from what is kept of it."""
    if "*" in kept:
        return _EVERYTHING - {Scope.OWN}
    found = {Scope(name) for name in kept if name in set(Scope)}
    if Scope.BOOKINGS_READ in found:  # who sees all bookings sees those that someone hosts
        found.add(Scope.BOOKINGS_HOST)
    return frozenset(found)


def can_assign(assigner: Role, role: Role) -> bool:
    """Whether someone in one role may give another: nobody gives more than they have."""
    return assigner is Role.OWNER or (assigner is Role.ADMIN and role is not Role.OWNER)
