"""The way by which a visitor comes to an offer: its own page, or a booking link with its look and its end."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request

from infra24 import booking_links, resources
from infra24.booking_links import BookingLink, Prefilled
from infra24.db import Tx
from infra24.organizations import Organization, UnknownResource
from infra24.resources import ANYONE, HostPreference, Offer, Resource
from infra24.web.services import services

_KEPT = ("tz", "embed", "signed", "lang")
"""What an address hands on to the next page."""


@dataclass(frozen=True, slots=True)
class BookingPath:
    """An organization as this way shows it, the link if there is one, and what a private link brings."""

    here: Organization
    link: BookingLink | None = None
    prefill: Prefilled | None = None

    @property
    def base(self) -> str:
        """The address of the choice between offers."""
        return f"/{self.here.slug}/l/{self.link.slug}" if self.link else f"/{self.here.slug}/book"

    @property
    def sites(self) -> list[str]:
        """The sites that may show these pages in a frame."""
        return self.link.sites if self.link else []

    def to(self, resource: Resource) -> str:
        """The address of the choice of a time."""
        return f"{self.base}/{resource.slug}"

    def choice(self, request: Request, offer: Offer) -> HostPreference:
        """Whom it is with: as the link says, or the one whom the visitor chose where they may."""
        wanted = _uuid(request.query_params.get("with"))
        hosts = {host.id for host in offer.hosts}
        if self.link is not None:
            asked = wanted if wanted in hosts and self.link.kind == "team" else None
            return booking_links.choice_of(self.link, asked)
        return (
            HostPreference((wanted,)) if wanted in hosts and offer.visitor_can_choose and wanted else ANYONE
        )

    def choosable(self, offer: Offer) -> list[tuple[UUID, str]]:
        """The hosts between whom the visitor may choose; none when there is no choice."""
        hosts = [(host.id, host.name) for host in offer.hosts]
        if self.link is not None:
            if self.link.kind != "team":
                return []
            named = {id_ for id_, _, _ in self.link.hosts}
            hosts = [host for host in hosts if not named or host[0] in named]
            return hosts if len(hosts) > 1 else []
        return hosts if offer.visitor_can_choose else []


def own_path(here: Organization) -> BookingPath:
    """The organization's own pages."""
    return BookingPath(here)


async def way_by_link(tx: Tx, request: Request, here: Organization) -> BookingPath:
    """The way of the link in the address, over or not. Raises UnknownLink."""
    app, now = services(request), services(request).clock()
    link = await booking_links.get(tx, request.path_params["link"])
    if not link.is_active:
        raise booking_links.UnknownLink()
    signed = request.query_params.get("signed")
    brings = booking_links.read_private(app.tokens, here.id, link.id, signed, now)
    if link.is_private and brings is None:
        raise booking_links.UnknownLink()
    return BookingPath(branded(here, link), link, brings)


def branded(here: Organization, link: BookingLink | None) -> Organization:
    """An organization in the colours and under the name of a link."""
    if link is None or not link.theme:
        return here
    theme = {**here.theme, **{k: v for k, v in link.theme.items() if k in ("seed", "radius")}}
    return replace(here, theme=theme, name=link.theme.get("name") or here.name)


async def offered(tx: Tx, way: BookingPath, slug: str) -> Resource:
    """The offer of a slug, if it is one of this way's. Raises UnknownResource."""
    resource = await resources.get_by_slug(tx, slug)
    if not (resource.is_active and resource.is_bookable):
        raise UnknownResource()
    if way.link is not None and resource.id not in {id_ for id_, _, _ in way.link.offers}:
        raise UnknownResource()
    return resource


def keep_query(request: Request, address: str) -> str:
    """An address of ours that keeps the zone, the frame and the signature of this one."""
    kept = {name: request.query_params[name] for name in _KEPT if name in request.query_params}
    return f"{address}?{urlencode(kept)}" if kept else address


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
