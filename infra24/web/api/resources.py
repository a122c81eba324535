"""The resources API: what an organization has; public to read, the key to change."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Request, Response
from pydantic import Field

from infra24 import bookings, organizations, resources
from infra24.errors import InvalidValue
from infra24.people import Scope
from infra24.resources import Draft
from infra24.web.api.fields import Body, Email, Json, Kind, Meets, Name, Org, PageSize, Slug, Text, like
from infra24.web.api.responses import json_response
from infra24.web.api.views import broken_views, resource_view
from infra24.web.caller import caller_of, current_org
from infra24.web.services import services

Names = Annotated[list[Name], Field(max_length=100)]
Objects = Annotated[list[Json], Field(max_length=50)]
Price = Annotated[int, Field(ge=0, le=10**12, description="In minor units.")]
ResourceNamed = Annotated[str, Path(max_length=64, description="The resource's slug or id.")]
Cursor = Annotated[str, Query(max_length=64, description="The `next` of the page before.")]

Type = Annotated[Kind, Field(description="What it is.")]
Title = Annotated[Name, Field(description="What people read.")]
OwnSlug = Annotated[Slug, Field(description="Its name in addresses: small letters, digits and hyphens.")]
Description = Annotated[Text, Field(description="What people read about it.")]
Category = Annotated[Text, Field(description="Under what it is listed.")]
PersonEmail = Annotated[Email | None, Field(description="A person's e-mail address.")]
Capacity = Annotated[
    int | None,
    Field(ge=1, le=1000, description="How many bookings it holds at once; null: no limit of its own."),
]
OwnPrice = Annotated[Price, Field(description="The price in minor units.")]
Currency = Annotated[
    str,
    Field(description="Three capital letters, such as EUR.", json_schema_extra={"pattern": "^[A-Z]{3}$"}),
    like(r"^[A-Z]{3}$", InvalidValue("must be three capital letters, such as EUR")),
]
LocationNamed = Annotated[Name | None, Field(description="The name of its location.")]
MeetingUrl = Annotated[
    Text, Field(description="The address of online meetings; `{room}` is the booking's own.")
]
Requirements = Annotated[
    list[Name], Field(max_length=50, description="What whoever books must bring or know.")
]
Metadata = Annotated[Json, Field(description="Your own data; it is kept as it is.")]
RulesJson = Annotated[Json, Field(description="The rules JSON: when it is open and how it is booked.")]
IsActive = Annotated[bool, Field(description="Whether it is in use.")]
IsBookable = Annotated[bool, Field(description="Whether visitors can book it by itself.")]
Tags = Annotated[Names, Field(description="Words by which needs find it.")]
Layouts = Annotated[Json, Field(description="Its layouts by name, each with setup and teardown in minutes.")]
Parts = Annotated[Names, Field(description="Slugs of what is taken with it.")]
Excludes = Annotated[Names, Field(description="Slugs of what cannot be used at the same time.")]
Needs = Annotated[Objects, Field(description="What an appointment type takes, each need an object.")]
Questions = Annotated[Objects, Field(description="What an appointment type asks, each question an object.")]
Prices = Annotated[dict[str, Price], Field(description="Prices by role, in minor units.")]
HowItMeets = Annotated[
    Meets,
    Field(description="How you meet: place, phone or link. Empty: as location and meeting address say."),
]
Layout = Annotated[Text, Field(description="The layout in which an appointment type takes a space.")]


_LEFT_OUT: Any = None
"""The default of a field that may be left out but cannot be null."""


class NewResource(Body):
    """A resource to create. `availability_rules` is the rules JSON, taken as it stands."""

    type: Type
    title: Title
    slug: OwnSlug | None = None
    description: Description = ""
    category: Category = ""
    email: PersonEmail = None
    capacity: Capacity = None
    price: OwnPrice = 0
    currency: Currency | None = None
    location: LocationNamed = None
    meeting_url: MeetingUrl = ""
    requirements: Requirements = Field(default_factory=list)
    metadata: Metadata = Field(default_factory=dict)
    availability_rules: RulesJson = Field(default_factory=dict)
    is_active: IsActive = True
    is_bookable: Annotated[
        bool | None, Field(description="Whether visitors can book it by itself; all but people if left out.")
    ] = None
    tags: Tags = Field(default_factory=list)
    layouts: Layouts = Field(default_factory=dict)
    parts: Parts = Field(default_factory=list)
    excludes: Excludes = Field(default_factory=list)
    needs: Needs | None = None
    questions: Questions = Field(default_factory=list)
    prices: Prices = Field(default_factory=dict)
    meets: HowItMeets = ""
    layout: Layout = ""


class NewType(NewResource):
    """An appointment type to create: an offer that takes what it needs."""

    type: Annotated[Literal["other"], Field(description="Always other.")] = "other"
    needs: Needs


class ResourceChange(Body):
    """What to change of a resource. What is left out stays; null only where nothing is a value."""

    type: Type = Field(default=_LEFT_OUT)
    title: Title = Field(default=_LEFT_OUT)
    slug: OwnSlug = Field(default=_LEFT_OUT)
    description: Description = Field(default=_LEFT_OUT)
    category: Category = Field(default=_LEFT_OUT)
    email: PersonEmail = None
    capacity: Capacity = None
    price: OwnPrice = Field(default=_LEFT_OUT)
    currency: Currency = Field(default=_LEFT_OUT)
    location: LocationNamed = None
    meeting_url: MeetingUrl = Field(default=_LEFT_OUT)
    requirements: Requirements = Field(default=_LEFT_OUT)
    metadata: Metadata = Field(default=_LEFT_OUT)
    availability_rules: RulesJson = Field(default=_LEFT_OUT)
    is_active: IsActive = Field(default=_LEFT_OUT)
    is_bookable: IsBookable = Field(default=_LEFT_OUT)
    tags: Tags = Field(default=_LEFT_OUT)
    layouts: Layouts = Field(default=_LEFT_OUT)
    parts: Parts = Field(default=_LEFT_OUT)
    excludes: Excludes = Field(default=_LEFT_OUT)
    needs: Needs = Field(default=_LEFT_OUT)
    questions: Questions = Field(default=_LEFT_OUT)
    prices: Prices = Field(default=_LEFT_OUT)
    meets: HowItMeets = Field(default=_LEFT_OUT)
    layout: Layout = Field(default=_LEFT_OUT)


class NewLocation(Body):
    """A location to create."""

    name: Annotated[Name, Field(description="Its name, by which resources say where they are.")]
    address: Annotated[Text, Field(description="Its postal address.")] = ""


async def list_resources(
    request: Request,
    org: Org,
    cursor: Cursor = "",
    limit: PageSize = 100,
) -> Response:
    """What can be booked. With a key that may read the catalogue, everything there is."""
    return await _page(request, org, cursor, limit, types=False)


async def create_resource(request: Request, org: Org, wanted: NewResource) -> Response:
    """A new resource. Wrong rules are answered with the path and a sentence each."""
    app, who = services(request), caller_of(request)
    organization = current_org(request)
    async with app.database.transaction(organization.id, who.actor) as tx:
        created = await resources.create(tx, Draft(**wanted.model_dump(exclude_unset=True)), app.clock())
        directory = await resources.index(tx)
    return json_response(resource_view(created, directory), 201)


async def list_types(
    request: Request,
    org: Org,
    cursor: Cursor = "",
    limit: PageSize = 100,
) -> Response:
    """The appointment types that can be booked. With a key that may read the catalogue, all of them."""
    return await _page(request, org, cursor, limit, types=True)


async def _page(request: Request, org: str, cursor: str, limit: int, *, types: bool) -> Response:
    app, who = services(request), caller_of(request)
    organization = current_org(request)
    async with app.database.transaction(organization.id, who.actor) as tx:
        full = who.may(Scope.CATALOGUE_READ)
        page = await resources.page(tx, bookable=not full, types=types, after=cursor, limit=limit)
        directory = await resources.index(tx) if full else None
    return json_response(
        {
            "resources": [resource_view(resource, directory) for resource in page],
            "next": page[-1].slug if len(page) == limit else None,
        }
    )


async def create_type(request: Request, org: Org, wanted: NewType) -> Response:
    """A new appointment type. Afterwards it is read and changed as a resource, and booked as one."""
    app, who = services(request), caller_of(request)
    organization = current_org(request)
    draft = Draft(**{"type": "other", **wanted.model_dump(exclude_unset=True)})
    async with app.database.transaction(organization.id, who.actor) as tx:
        created = await resources.create(tx, draft, app.clock())
        directory = await resources.index(tx)
    return json_response(resource_view(created, directory), 201)


async def read_resource(request: Request, org: Org, id: ResourceNamed) -> Response:
    """One resource by id or slug."""
    app, who = services(request), caller_of(request)
    organization = current_org(request)
    async with app.database.transaction(organization.id, who.actor) as tx:
        full = who.may(Scope.CATALOGUE_READ)
        resource = await resources.get_by_slug(tx, id)
        if not full and not (resource.is_active and resource.is_bookable):
            raise organizations.UnknownResource()
        directory = await resources.index(tx) if full else None
    return json_response(resource_view(resource, directory))


async def change_resource(request: Request, org: Org, id: ResourceNamed, wanted: ResourceChange) -> Response:
    """Change a resource. The response lists the upcoming bookings that are now outside open hours."""
    app, who, now = services(request), caller_of(request), services(request).clock()
    organization = current_org(request)
    async with app.database.transaction(organization.id, who.actor) as tx:
        before = await resources.get_by_slug(tx, id)
        changes = wanted.model_dump(exclude_unset=True)
        changed = await resources.update(tx, before.id, changes, now)
        hit = await bookings.broken(tx, changed.id, now)
        directory = await resources.index(tx)
    view = resource_view(changed, directory)
    return json_response({**view, "affected_bookings": broken_views(hit, who)})


async def archive_resource(request: Request, org: Org, id: ResourceNamed) -> Response:
    """Take a resource out of use. Its bookings stay."""
    app, who = services(request), caller_of(request)
    organization = current_org(request)
    async with app.database.transaction(organization.id, who.actor) as tx:
        before = await resources.get_by_slug(tx, id)
        archived = await resources.archive(tx, before.id, app.clock())
        directory = await resources.index(tx)
    return json_response(resource_view(archived, directory))


async def list_locations(request: Request, org: Org) -> Response:
    """The organization's locations."""
    app = services(request)
    organization = current_org(request)
    async with app.database.transaction(organization.id, caller_of(request).actor) as tx:
        places = await organizations.locations(tx)
    return json_response({"locations": [asdict(place) for place in places]})


async def create_location(request: Request, org: Org, wanted: NewLocation) -> Response:
    """A new location."""
    app, who = services(request), caller_of(request)
    organization = current_org(request)
    async with app.database.transaction(organization.id, who.actor) as tx:
        place = await organizations.add_location(tx, wanted.name, wanted.address)
    return json_response(asdict(place), 201)
