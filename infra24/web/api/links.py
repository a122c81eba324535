"""The booking links API: for staff, with the organization's key."""

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import Path, Request, Response
from pydantic import Field

from infra24 import booking_links
from infra24.booking_links import BookingLink, LinkDraft, Prefilled
from infra24.organizations import Organization
from infra24.web.api.fields import Body, Email, Instant, Json, Name, Org, Slug, Text
from infra24.web.api.inputs import Goal
from infra24.web.api.responses import json_response
from infra24.web.caller import caller_of, current_org
from infra24.web.services import Services, services

_Names = Annotated[list[Name], Field(max_length=50)]
LinkSlug = Annotated[Slug, Field(description="Its name in addresses: small letters, digits and hyphens.")]
LinkKind = Annotated[
    Literal["individual", "team", "round_robin", "collective"], Field(description="How its hosts are chosen.")
]
Title = Annotated[Name, Field(description="What people read.")]
Description = Annotated[Text, Field(description="What people read about it.")]
Offers = Annotated[_Names, Field(description="Slugs of what it offers.")]
Hosts = Annotated[_Names, Field(description="E-mail addresses of its hosts; none: all of each offer.")]
Theme = Annotated[Json, Field(description="The look of its pages: seed (a colour), radius (pixels), name.")]
Expires = Annotated[Instant | None, Field(description="When it closes.")]
MaxUses = Annotated[int | None, Field(ge=1, le=1_000_000, description="After how many bookings it closes.")]
IsPrivate = Annotated[bool, Field(description="Whether only signed addresses open it.")]
IsActive = Annotated[bool, Field(description="Whether it is in use.")]
Sites = Annotated[_Names, Field(description="Origins that may show it in a frame.")]
LinkNamed = Annotated[str, Path(max_length=64, description="The link's slug or id.")]
_LEFT_OUT: Any = None


class NewLink(Body):
    """A booking link to create."""

    slug: LinkSlug
    kind: LinkKind
    title: Title
    offers: Offers
    hosts: Hosts = Field(default_factory=list)
    description: Description = ""
    theme: Theme = Field(default_factory=dict)
    expires_at: Expires = None
    max_uses: MaxUses = None
    is_private: IsPrivate = False
    is_active: IsActive = True
    sites: Sites = Field(default_factory=list)


class LinkChange(Body):
    """What to change of a booking link. What is left out stays."""

    slug: LinkSlug = Field(default=_LEFT_OUT)
    kind: LinkKind = Field(default=_LEFT_OUT)
    title: Title = Field(default=_LEFT_OUT)
    offers: Offers = Field(default=_LEFT_OUT)
    hosts: Hosts = Field(default=_LEFT_OUT)
    description: Description = Field(default=_LEFT_OUT)
    theme: Theme = Field(default=_LEFT_OUT)
    expires_at: Expires = None
    max_uses: MaxUses = None
    is_private: IsPrivate = Field(default=_LEFT_OUT)
    is_active: IsActive = Field(default=_LEFT_OUT)
    sites: Sites = Field(default=_LEFT_OUT)


class Private(Body):
    """What an address of a private link brings along, and until when it opens."""

    name: Annotated[str, Field(max_length=200, description="The name of whoever books.")] = ""
    email: Annotated[Email | None, Field(description="The e-mail address of whoever books.")] = None
    goal_text: Goal = ""
    until: Annotated[Instant | None, Field(description="Until when it opens; for good if left out.")] = None


async def list_links(request: Request, org: Org) -> Response:
    """All booking links of the organization, by slug."""
    app, who = services(request), caller_of(request)
    here = current_org(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        listed = await booking_links.listed(tx)
    return json_response({"links": [link_view(app, here, link) for link in listed]})


async def create_link(request: Request, org: Org, wanted: NewLink) -> Response:
    """A new booking link."""
    app, who = services(request), caller_of(request)
    here = current_org(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        made = await booking_links.create(tx, LinkDraft(**wanted.model_dump()), app.clock())
    return json_response(link_view(app, here, made), 201)


async def read_link(request: Request, org: Org, slug: LinkNamed) -> Response:
    """One booking link by slug or id."""
    app, who = services(request), caller_of(request)
    here = current_org(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        link = await booking_links.get(tx, slug)
    return json_response(link_view(app, here, link))


async def change_link(request: Request, org: Org, slug: LinkNamed, wanted: LinkChange) -> Response:
    """Change a booking link."""
    app, who = services(request), caller_of(request)
    here = current_org(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        changes = wanted.model_dump(exclude_unset=True)
        link = await booking_links.change(tx, slug, changes, app.clock())
    return json_response(link_view(app, here, link))


async def archive_link(request: Request, org: Org, slug: LinkNamed) -> Response:
    """Take a booking link out of use. Its bookings stay."""
    app, who = services(request), caller_of(request)
    here = current_org(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        link = await booking_links.archive(tx, slug, app.clock())
    return json_response(link_view(app, here, link))


async def private_link(request: Request, org: Org, slug: LinkNamed, brings: Private) -> Response:
    """Create a signed URL that opens a private booking link, with fields filled in."""
    app, who = services(request), caller_of(request)
    here = current_org(request)
    async with app.database.transaction(here.id, who.actor) as tx:
        link = await booking_links.get(tx, slug)
    prefilled = Prefilled(brings.name, brings.email or "", brings.goal_text, brings.until)
    signed = booking_links.write_private(app.tokens, here.id, link.id, prefilled)
    query = urlencode({"signed": signed})
    return json_response({"url": f"{_url(app, here, link)}?{query}", "signed": signed, "until": brings.until})


def link_view(app: Services, here: Organization, link: BookingLink) -> dict[str, Any]:
    """A link as the staff see it, with the code that puts it into a page of their own."""
    url = _url(app, here, link)
    until: datetime | None = link.expires_at
    return {
        "id": link.id,
        "slug": link.slug,
        "kind": link.kind,
        "title": link.title,
        "description": link.description,
        "theme": link.theme,
        "offers": [slug for _, slug, _ in link.offers],
        "hosts": [email for _, email, _ in link.hosts],
        "expires_at": until,
        "max_uses": link.max_uses,
        "uses": link.uses,
        "is_private": link.is_private,
        "is_active": link.is_active,
        "sites": link.sites,
        "url": url,
        "embed": f'<script src="{app.settings.base_url}/embed.js" data-link="{url}" async></script>',
    }


def _url(app: Services, here: Organization, link: BookingLink) -> str:
    return f"{app.settings.base_url}/{here.slug}/l/{link.slug}"
