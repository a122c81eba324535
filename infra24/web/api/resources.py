"""The resources door: what an organization has; public to read, the key to change."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response
from pydantic import Field

from infra24 import bookings, organizations, resources
from infra24.people import Scope
from infra24.resources import Draft
from infra24.web.api.answers import answer
from infra24.web.api.fields import SLUG, Body, Email, Json, Name, PageSize, Text
from infra24.web.api.views import broken_views, resource_view
from infra24.web.caller import caller_of, here_of
from infra24.web.services import services

Slug = Annotated[str, Field(pattern=SLUG)]
Names = Annotated[list[Name], Field(max_length=100)]
Objects = Annotated[list[Json], Field(max_length=50)]
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
    is_bookable: bool | None = Field(default=None, description="true, but for people, if left out")
    tags: Names = Field(default_factory=list)
    layouts: Json = Field(default_factory=dict)
    parts: Names = Field(default_factory=list)
    excludes: Names = Field(default_factory=list)
    needs: Objects | None = None
    questions: Objects = Field(default_factory=list)
    prices: dict[str, Price] = Field(default_factory=dict)
    meets: Literal["", "place", "phone", "link"] = ""
    layout: Text = ""


class NewType(NewResource):
    """An appointment type to create: an offer that takes what it needs."""

    type: Literal["other"] = "other"
    needs: Objects


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
    tags: Names = Field(default=_LEFT_OUT)
    layouts: Json = Field(default=_LEFT_OUT)
    parts: Names = Field(default=_LEFT_OUT)
    excludes: Names = Field(default=_LEFT_OUT)
    needs: Objects = Field(default=_LEFT_OUT)
    questions: Objects = Field(default=_LEFT_OUT)
    prices: dict[str, Price] = Field(default=_LEFT_OUT)
    meets: Literal["", "place", "phone", "link"] = Field(default=_LEFT_OUT)
    layout: Text = Field(default=_LEFT_OUT)


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
    return await _page(request, org, cursor, limit, types=False)


async def create_resource(request: Request, org: Org, wanted: NewResource) -> Response:
    """A new resource. Wrong rules are answered with the path and a sentence each."""
    found, who = services(request), caller_of(request)
    organization = here_of(request)
    async with found.database.transaction(organization.id, who.actor) as tx:
        created = await resources.create(tx, Draft(**wanted.model_dump(exclude_unset=True)), found.clock())
        directory = await resources.known(tx)
    return answer(resource_view(created, directory), 201)


async def list_types(
    request: Request,
    org: Org,
    cursor: Annotated[str, Query(max_length=64, description="the slug of the last one seen")] = "",
    limit: PageSize = 100,
) -> Response:
    """The appointment types that can be booked; with the key, all of them."""
    return await _page(request, org, cursor, limit, types=True)


async def _page(request: Request, org: str, cursor: str, limit: int, *, types: bool) -> Response:
    found, who = services(request), caller_of(request)
    organization = here_of(request)
    async with found.database.transaction(organization.id, who.actor) as tx:
        full = who.may(Scope.CATALOGUE_READ)
        page = await resources.page(tx, bookable=not full, types=types, after=cursor, limit=limit)
        directory = await resources.known(tx) if full else None
    return answer(
        {
            "resources": [resource_view(resource, directory) for resource in page],
            "next": page[-1].slug if len(page) == limit else None,
        }
    )


async def create_type(request: Request, org: Org, wanted: NewType) -> Response:
    """A new appointment type; afterwards it is read and changed as a resource, and booked as one."""
    found, who = services(request), caller_of(request)
    organization = here_of(request)
    draft = Draft(**{"type": "other", **wanted.model_dump(exclude_unset=True)})
    async with found.database.transaction(organization.id, who.actor) as tx:
        created = await resources.create(tx, draft, found.clock())
        directory = await resources.known(tx)
    return answer(resource_view(created, directory), 201)


async def read_resource(request: Request, org: Org, id: str) -> Response:
    """One resource by id or slug."""
    found, who = services(request), caller_of(request)
    organization = here_of(request)
    async with found.database.transaction(organization.id, who.actor) as tx:
        full = who.may(Scope.CATALOGUE_READ)
        resource = await resources.get_by_slug(tx, id)
        if not full and not (resource.is_active and resource.is_bookable):
            raise organizations.UnknownResource()
        directory = await resources.known(tx) if full else None
    return answer(resource_view(resource, directory))


async def change_resource(request: Request, org: Org, id: str, wanted: ResourceChange) -> Response:
    """Change a resource; the answer lists the coming bookings that now stand where nobody is open."""
    found, who, now = services(request), caller_of(request), services(request).clock()
    organization = here_of(request)
    async with found.database.transaction(organization.id, who.actor) as tx:
        before = await resources.get_by_slug(tx, id)
        changes = wanted.model_dump(exclude_unset=True)
        changed = await resources.update(tx, before.id, changes, now)
        hit = await bookings.broken(tx, changed.id, now)
        directory = await resources.known(tx)
    view = resource_view(changed, directory)
    return answer({**view, "affected_bookings": broken_views(hit, who)})


async def archive_resource(request: Request, org: Org, id: str) -> Response:
    """Take a resource out of use. Its bookings stay."""
    found, who = services(request), caller_of(request)
    organization = here_of(request)
    async with found.database.transaction(organization.id, who.actor) as tx:
        before = await resources.get_by_slug(tx, id)
        archived = await resources.archive(tx, before.id, found.clock())
        directory = await resources.known(tx)
    return answer(resource_view(archived, directory))


async def list_locations(request: Request, org: Org) -> Response:
    """The organization's locations."""
    found = services(request)
    organization = here_of(request)
    async with found.database.transaction(organization.id, caller_of(request).actor) as tx:
        places = await organizations.locations(tx)
    return answer({"locations": [asdict(place) for place in places]})


async def create_location(request: Request, org: Org, wanted: NewLocation) -> Response:
    """A new location."""
    found, who = services(request), caller_of(request)
    organization = here_of(request)
    async with found.database.transaction(organization.id, who.actor) as tx:
        place = await organizations.add_location(tx, wanted.name, wanted.address)
    return answer(asdict(place), 201)
