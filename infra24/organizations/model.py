"""An organization and its locations."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from infra24.errors import NotFound
from infra24.theme import SEED


class UnknownOrganization(NotFound):
    """Organization not found. Check its slug or id."""


@dataclass(frozen=True, slots=True)
class Organization:
    """A tenant. `locale` has a territory, for how dates are written; `theme` has seed and radius.

    `settings` say what an organization asks of those who work there (`second_factor`), how long a booking
    may wait for approval (`approval_hours`), and what one visitor may keep (`rate_limits.CLIENT_QUOTAS`).
    """

    id: UUID
    slug: str
    name: str
    time_zone: str
    locale: str
    currency: str
    theme: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    logo_type: str = ""

    @property
    def has_logo(self) -> bool:
        """Whether there is a logo."""
        return self.logo_type != ""

    @property
    def seed(self) -> str:
        """The colour that its pages grow from."""
        return str(self.theme.get("seed", SEED)).lower()

    @property
    def radius(self) -> int:
        """How round its corners are, in pixels."""
        return int(self.theme.get("radius", 14))


@dataclass(frozen=True, slots=True)
class Location:
    """Where things are."""

    id: UUID
    name: str
    address: str
