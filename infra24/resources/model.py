"""A resource, the draft it is made from, and the offer it makes."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from infra24.availability import Blackout, HostTerms, Rules
from infra24.errors import Conflict


class ResourceExists(Conflict):
    """There is already a resource with that slug or e-mail."""


class ResourceInUse(Conflict):
    """Bookings to come were made while it was never occupied itself, and would not count. Move them first."""


AS_THE_TYPE_SUGGESTS = 0
"""A capacity that was left out: one for a person, a space or equipment; none for an offer of another kind."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What staff say of a resource. `price` in minor units; `capacity` None: never occupied itself."""

    type: str
    title: str
    slug: str | None = None
    description: str = ""
    category: str = ""
    email: str | None = None
    capacity: int | None = AS_THE_TYPE_SUGGESTS
    price: int = 0
    currency: str | None = None
    location: str | None = None
    meeting_url: str = ""
    requirements: list[str] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    availability_rules: dict[str, Any] = field(default_factory=dict)
    is_active: bool = True
    is_bookable: bool = True


@dataclass(frozen=True, slots=True)
class Resource:
    """Anything that can be occupied, or an offer that occupies others."""

    org_id: UUID
    id: UUID
    slug: str
    type: str
    title: str
    description: str
    category: str
    email: str | None
    capacity: int | None
    price: int
    currency: str
    location_id: UUID | None
    location: str | None
    address: str | None
    meeting_url: str
    requirements: list[str]
    metadata: dict[str, Any]
    availability_rules: dict[str, Any]
    is_active: bool
    is_bookable: bool
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def place(self) -> str:
        """Where it is: the location's name and address."""
        return ", ".join(part for part in (self.location, self.address) if part)

    @property
    def shortest_minutes(self) -> int:
        """The shortest booking on offer, in minutes, as its rules were checked when they were saved."""
        rules = self.availability_rules
        return int(min(rules.get("durations") or [rules.get("slot_minutes", 30)]))


@dataclass(frozen=True, slots=True)
class Host:
    """A person whom the windows of an offer open."""

    id: UUID
    email: str
    name: str
    position: int
    terms: HostTerms
    closed: tuple[Blackout, ...]
    zone: ZoneInfo


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """A resource as it can be booked: its rules read, its hosts known.

    `longest` bounds the claims on any of its members: what overlaps a range began no earlier.
    """

    resource: Resource
    rules: Rules
    hosts: tuple[Host, ...]
    longest: timedelta

    @property
    def occupies_itself(self) -> bool:
        """Whether a booking claims the resource itself beside its hosts."""
        return self.resource.capacity is not None

    @property
    def members(self) -> list[UUID]:
        """Everything that a booking of it may claim."""
        return [self.resource.id, *(host.id for host in self.hosts)]
