"""The resources door: what an organization has; public to read, the key to change."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response
from pydantic import Field

from infra24 import bookings, organizations, resources
from infra24.resources import Draft
from infra24.web.api.answers import answer
from infra24.web.api.fields import Body, Email, Json, Name, PageSize, Text
from infra24.web.api.views import booking_view, resource_view
from infra24.web.caller import credentials, has_key, require_key
from infra24.web.services import services

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
Kind = Literal["space", "equipment", "person", "other"]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Units = Annotated[int, Field(ge=1, le=1000)]
Price = Annotated[int, Field(ge=0, le=10**12, description="minor units")]
Requirements = Annotated[list[Name], Field(max_length=50)]
Org = Annotated[str, Field(description="an organization's slug or id", max_length=64)]


_LEFT_OUT: Any = None
"""The default of a field that may be left out but cannot be null."""


class NewResource(Body):
    """A resource to create. `availability_rules` is the rules JSON, taken as it stands."""

    type: Kind
    title: Name
    slug: Slug | None = None
    description: Text = ""
    category: Text = ""
    email: Email | None = None
    capacity: Units | None = None
    price: Price = 0
    currency: Currency | None = None
    location: Name | None = None
    meeting_url: Text = ""
    requirements: Requirements = Field(default_factory=list)
    metadata: Json = Field(default_factory=dict)
    availability_rules: Json = Field(default_factory=dict)
    is_active: bool = True
    is_bookable: bool = True


class ResourceChange(Body):
    """What to change of a resource. What is left out stays; null only where nothing is a value."""

    type: Kind = Field(default=_LEFT_OUT)
    title: Name = Field(default=_LEFT_OUT)
    slug: Slug = Field(default=_LEFT_OUT)
    description: Text = Field(default=_LEFT_OUT)
    category: Text = Field(default=_LEFT_OUT)
    email: Email | None = None
    capacity: Units | None = None
    price: Price = Field(default=_LEFT_OUT)
    currency: Currency = Field(default=_LEFT_OUT)
    location: Name | None = None
    meeting_url: Text = Field(default=_LEFT_OUT)
    requirements: Requirements = Field(default=_LEFT_OUT)
    metadata: Json = Field(default=_LEFT_OUT)
    availability_rules: Json = Field(default=_LEFT_OUT)
    is_active: bool = Field(default=_LEFT_OUT)
    is_bookable: bool = Field(default=_LEFT_OUT)


class NewLocation(Body):
    """A place to create."""

    name: Name
    address: Text = ""


async def list_resources(
    request: Request,
    org: Org,
    cursor: Annotated[str, Query(max_length=64, description="the slug of the last one seen")] = "",
    limit: PageSize = 100,
) -> Response:
    """What can be booked; with the key, everything there is."""
    found, shown = services(request), credentials(request)
    organization = await found.directory.find(org)
    async with found.database.transaction(organization.id) as tx:
        full = await has_key(tx, shown)
        if shown.key and not full:
            await require_key(tx, shown)
        read = resources.listed if full else resources.bookable
        page = await read(tx, after=cursor, limit=limit)
    return answer(
        {
            "resources": [resource_view(resource, full=full) for resource in page],
            "next": page[-1].slug if len(page) == limit else None,
        }
    )


async def create_resource(request: Request, org: Org, wanted: NewResource) -> Response:
    """A new resource. Wrong rules are answered with the path and a sentence each."""
    found, shown = services(request), credentials(request)
    organization = await found.directory.find(org)
    async with found.database.transaction(organization.id) as tx:
        await require_key(tx, shown)
        created = await resources.create(tx, Draft(**wanted.model_dump(exclude_unset=True)), found.clock())
    return answer(resource_view(created, full=True), 201)


async def read_resource(request: Request, org: Org, id: str) -> Response:
    """One resource by id or slug."""
    found, shown = services(request), credentials(request)
    organization = await found.directory.find(org)
    async with found.database.transaction(organization.id) as tx:
        full = await has_key(tx, shown)
        resource = await resources.get_by_slug(tx, id)
        if not full and not (resource.is_active and resource.is_bookable):
            raise organizations.UnknownResource()
    return answer(resource_view(resource, full=full))


async def change_resource(request: Request, org: Org, id: str, wanted: ResourceChange) -> Response:
    """Change a resource; the answer lists the coming bookings that now stand where nobody is open."""
    found, shown, now = services(request), credentials(request), services(request).clock()
    organization = await found.directory.find(org)
    async with found.database.transaction(organization.id) as tx:
        await require_key(tx, shown)
        before = await resources.get_by_slug(tx, id)
        changes = wanted.model_dump(exclude_unset=True)
        changed = await resources.update(tx, before.id, changes, now)
        hit = await bookings.broken(tx, changed.id, now)
    view = resource_view(changed, full=True)
    return answer({**view, "affected_bookings": [booking_view(one.booking) for one in hit]})


async def archive_resource(request: Request, org: Org, id: str) -> Response:
    """Take a resource out of use. Its bookings stay."""
    found, shown = services(request), credentials(request)
    organization = await found.directory.find(org)
    async with found.database.transaction(organization.id) as tx:
        await require_key(tx, shown)
        before = await resources.get_by_slug(tx, id)
        archived = await resources.archive(tx, before.id, found.clock())
    return answer(resource_view(archived, full=True))


async def list_locations(request: Request, org: Org) -> Response:
    """The organization's locations."""
    found = services(request)
    organization = await found.directory.find(org)
    async with found.database.transaction(organization.id) as tx:
        places = await organizations.locations(tx)
    return answer({"locations": [asdict(place) for place in places]})


async def create_location(request: Request, org: Org, wanted: NewLocation) -> Response:
    """A new location."""
    found, shown = services(request), credentials(request)
    organization = await found.directory.find(org)
    async with found.database.transaction(organization.id) as tx:
        await require_key(tx, shown)
        place = await organizations.add_location(tx, wanted.name, wanted.address)
    return answer(asdict(place), 201)
