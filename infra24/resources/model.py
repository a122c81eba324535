"""A resource, the draft it is made from, and the offer it makes."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from infra24.errors import Conflict


class ResourceExists(Conflict):
    """There is already a resource with that slug or e-mail."""


class ResourceChanged(Conflict):
    """Somebody else changed this meanwhile. Nothing was saved: compare, and save again."""


class ResourceInUse(Conflict):
    """This resource has upcoming bookings from before it had a capacity, and they would not count. Move
    them first."""


class PartsInUse(Conflict):
    """Some upcoming bookings do not include the resources you are linking. Move or cancel them first."""


AS_THE_TYPE_SUGGESTS = 0
"""A capacity that was left out: one for a person, a space or equipment; none for an offer of another kind."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What staff say of a resource. `price` in minor units; `capacity` None: never occupied itself.

    With `needs` it is an appointment type: an offer that takes one of these, that room and two of those.
    `parts` and `excludes` are slugs: what is taken with it, and what cannot be used at the same time.
    `is_bookable` None: people are not booked by themselves, everything else is.
    """

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
    is_bookable: bool | None = None
    tags: list[str] = field(default_factory=list)
    layouts: dict[str, Any] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    excludes: list[str] = field(default_factory=list)
    needs: list[dict[str, Any]] | None = None
    questions: list[dict[str, Any]] = field(default_factory=list)
    prices: dict[str, int] = field(default_factory=dict)
    meets: str = ""
    layout: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """Anything that can be occupied, or an offer that occupies others. `needs` name resources by id."""

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
    tags: list[str]
    layouts: dict[str, Any]
    parts: list[str]
    excludes: list[str]
    needs: list[dict[str, Any]] | None
    questions: list[dict[str, Any]]
    prices: dict[str, int]
    meets: str
    layout: str

    @property
    def place(self) -> str:
        """Where it is: the location's name and address."""
        return ", ".join(part for part in (self.location, self.address) if part)

    @property
    def is_offered(self) -> bool:
        """Whether there is anything to choose a time for: it opens something, or needs something."""
        return self.needs is not None or bool(
            self.availability_rules.get("windows") or self.availability_rules.get("overrides")
        )

    @property
    def shortest_minutes(self) -> int:
        """The shortest booking on offer, in minutes, as its rules were checked when they were saved."""
        rules = self.availability_rules
        return int(min(rules.get("durations") or [rules.get("slot_minutes", 30)]))
