"""A booking link, and what staff say of one."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from infra24.errors import Conflict, NotFound

KINDS = ("individual", "team", "round_robin", "collective")


class LinkOver(Conflict):
    """This booking link has expired or has no uses left. Ask the organization for a new one."""


class UnknownLink(NotFound):
    """Booking link not found. Check the address, or ask the organization for a new link."""


class LinkExists(Conflict):
    """Another booking link has this address already. Choose another."""


@dataclass(frozen=True, slots=True)
class LinkDraft:
    """What staff say of a link. `offers` by slug, `hosts` by e-mail (none: all of each offer).

    `theme` has seed, radius and name; `sites` are the origins that may show it in a frame.
    """

    slug: str
    kind: str
    title: str
    offers: list[str]
    hosts: list[str] = field(default_factory=list)
    description: str = ""
    theme: dict[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None
    max_uses: int | None = None
    is_private: bool = False
    is_active: bool = True
    sites: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BookingLink:
    """A link as it stands; `offers` and `hosts` as (id, slug or e-mail, title) in their order."""

    id: UUID
    slug: str
    kind: str
    title: str
    description: str
    theme: dict[str, Any]
    expires_at: datetime | None
    max_uses: int | None
    uses: int
    is_private: bool
    is_active: bool
    sites: list[str]
    offers: list[tuple[UUID, str, str]]
    hosts: list[tuple[UUID, str, str]]
