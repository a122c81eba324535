"""The schemas of resources, and of when they are free."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from infra24.bookings import Status
from infra24.web.api.fields import Kind, Meets
from infra24.web.api.schemas.bookings import AffectedBookings, ReasonView


class SlotView(BaseModel):
    """A free time."""

    start: datetime = Field(description="When it begins.")
    end: datetime = Field(description="When it ends.")
    duration: int = Field(description="Its length in minutes.")


class AvailabilityView(BaseModel):
    """The free times of a resource in a range of dates of its own zone."""

    success: bool = Field(description="Always true.")
    resource_id: UUID = Field(description="The resource's id.")
    timezone: str = Field(description="The zone of the dates, an IANA name.")
    start_date: date = Field(description="The first date.")
    end_date: date = Field(description="The last date, included.")
    duration: int = Field(description="The length of each slot in minutes.")
    slots: list[SlotView] = Field(description="The free times in order.")


class HostExplanation(BaseModel):
    """What keeps a host from a time. Who stands in for a colleague is among them."""

    host_id: UUID = Field(description="The host's id.")
    name: str = Field(description="The host's name.")
    available: bool = Field(description="Whether the host could take it.")
    reasons: list[ReasonView] = Field(description="Why not.")


class MemberExplanation(BaseModel):
    """What keeps someone or something from a time."""

    id: UUID = Field(description="The resource's id.")
    name: str = Field(description="The resource's title.")
    available: bool = Field(description="Whether it could be had.")
    reasons: list[ReasonView] = Field(description="Why not.")


class NeedExplanation(BaseModel):
    """What one need of the offer asks for, and who could have met it."""

    count: int = Field(description="How many of its members are needed.")
    units: int = Field(description="How many units of each are needed.")
    enough: bool = Field(description="Whether there were enough.")
    members: list[MemberExplanation] = Field(description="Who and what it can choose from.")


class ClaimInTheWay(BaseModel):
    """A booking that holds something the offer needs."""

    resource_id: UUID = Field(description="What it holds.")
    booking_id: UUID = Field(description="The booking's id.")
    status: Status = Field(description="The booking's status.")
    booker_name: str | None = Field(description="Who booked; nobody yet for a hold.")
    title: str = Field(description="What was booked.")
    starts_at: datetime = Field(description="When it begins.")
    ends_at: datetime = Field(description="When it ends.")


class ExplanationView(BaseModel):
    """Why one time is offered or not."""

    resource_id: UUID = Field(description="The resource's id.")
    start: datetime = Field(description="When the time begins.")
    end: datetime = Field(description="When it ends.")
    available: bool = Field(description="Whether it can be booked.")
    reasons: list[ReasonView] = Field(description="Why not.")
    hosts: list[HostExplanation] | None = Field(None, description="Each host; staff only.")
    needs: list[NeedExplanation] | None = Field(None, description="Each need; staff only.")
    in_the_way: list[ClaimInTheWay] | None = Field(None, description="Bookings in the way; staff only.")


class RemovedView(BaseModel):
    """A reason, and how much it removed."""

    code: str = Field(description="The reason's stable name.")
    sentence: str = Field(description="The reason in words.")
    starts: int = Field(description="How many starts it removed.")


class RemovedStarts(BaseModel):
    """Why a range of dates has no free time."""

    resource_id: UUID = Field(description="The resource's id.")
    reasons: list[RemovedView] = Field(description="The reasons, the strongest first.")


class QuestionView(BaseModel):
    """A question that an offer asks whoever books."""

    id: str = Field(description="Its name in `answers`.")
    label: str = Field(description="The question as people read it.")
    kind: str = Field(description="text, long_text, choice, number, date, consent or phone.")
    required: bool = Field(description="Whether it must be answered.")
    help: str = Field(description="A hint below it.")
    choices: list[str] | None = Field(None, description="The answers to choose from.")
    least: float | None = Field(None, description="The smallest number.")
    most: float | None = Field(None, description="The largest number.")


class LayoutView(BaseModel):
    """How long a layout takes to set up and to clear away."""

    setup: int | None = Field(None, description="Minutes before.")
    teardown: int | None = Field(None, description="Minutes after.")


class HostTermsView(BaseModel):
    """A host of a need with terms that are not as usual."""

    host: str = Field(description="The host's e-mail address.")
    priority: int = Field(0, description="Who has more is asked first.")
    weight: int = Field(100, description="The host's share of the turns.")


class NeedView(BaseModel):
    """What an appointment type takes: hosts, a skill, one resource, any of several, or a tag."""

    hosts: list[str | HostTermsView] | None = Field(None, description="Hosts by e-mail, some with terms.")
    skill: str | None = Field(None, description="People with this tag.")
    resource: str | None = Field(None, description="This resource, by slug or e-mail.")
    any_of: list[str] | None = Field(None, description="Some of these, by slug or e-mail.")
    tag: str | None = Field(None, description="Some of what has this tag.")
    count: int = Field(1, description="How many of them.")
    units: int = Field(1, description="How many units of the one resource.")
    pooling: str = Field("any", description="How hosts are chosen: any, round_robin or collective.")
    choose: bool = Field(False, description="Whether visitors choose the host.")


class ResourceView(BaseModel):
    """A resource as anybody may see it; what is marked so, only with a key that may read the catalogue."""

    id: UUID = Field(description="The resource's id.")
    org_id: UUID = Field(description="The organization's id.")
    slug: str = Field(description="Its name in addresses; names it wherever its id does.")
    type: Kind = Field(description="What it is.")
    title: str = Field(description="What people read.")
    description: str = Field(description="What people read about it.")
    category: str = Field(description="Under what it is listed.")
    capacity: int | None = Field(description="How many bookings it holds at once; null: no limit of its own.")
    price: int = Field(description="The price in minor units.")
    currency: str = Field(description="The price's currency, three capital letters.")
    location: str | None = Field(description="The name of its location.")
    address: str | None = Field(description="The address of its location.")
    requirements: list[str] = Field(description="What whoever books must bring or know.")
    is_bookable: bool = Field(description="Whether visitors can book it by itself.")
    tags: list[str] = Field(description="Words by which needs find it.")
    questions: list[QuestionView] = Field(description="What is asked of whoever books.")
    prices: dict[str, int] = Field(description="Prices by role, in minor units.")
    meets: Meets = Field(
        description="How you meet: place, phone or link. Empty: as its location and meeting address say."
    )
    layouts: dict[str, LayoutView] | None = Field(None, description="Its layouts by name; staff only.")
    parts: list[str] | None = Field(None, description="Slugs of what is taken with it; staff only.")
    excludes: list[str] | None = Field(
        None, description="Slugs of what cannot be used beside it; staff only."
    )
    needs: list[NeedView] | None = Field(None, description="What an appointment type takes; staff only.")
    layout: str | None = Field(None, description="The layout in which it takes a space; staff only.")
    email: str | None = Field(None, description="A person's e-mail address; staff only.")
    meeting_url: str | None = Field(None, description="The template of its meeting's address; staff only.")
    metadata: dict[str, Any] | None = Field(None, description="Your own data, as it was sent; staff only.")
    availability_rules: dict[str, Any] | None = Field(None, description="The rules JSON; staff only.")
    is_active: bool | None = Field(None, description="Whether it is in use; staff only.")
    version: int | None = Field(None, description="How often it was changed; staff only.")
    affected_bookings: AffectedBookings | None = Field(
        None, description="After a change: the bookings to come that stand where nobody is open."
    )


class ResourcePage(BaseModel):
    """One page of resources."""

    resources: list[ResourceView] = Field(description="The resources by slug.")
    next: str | None = Field(description="The cursor of the page after this one; null at the end.")


class StaffSlotView(SlotView):
    """A free time with the one who would have it, where that is known before."""

    staff_id: UUID | None = Field(description="The host's id; null where it is decided on booking.")
    staff_name: str | None = Field(description="The host's name.")
    appointment_type_id: UUID = Field(description="The appointment type's id.")


class BookingLinkName(BaseModel):
    """The link by which one books."""

    slug: str = Field(description="The link's slug.")
    name: str = Field(description="The link's title.")
    type: str = Field(description="individual, team, round_robin or collective.")


class StaffAvailabilityView(BaseModel):
    """Free times of appointment types, in the zone of whoever asked."""

    success: bool = Field(description="Always true.")
    timezone: str = Field(description="The zone in which times are written.")
    slots: list[StaffSlotView] = Field(description="The free times in order.")
    booking_link: BookingLinkName | None = Field(description="The link, if one was named.")


class HostStanding(BaseModel):
    """What one host was given and is owed."""

    host_id: UUID = Field(description="The host's id.")
    name: str = Field(description="The host's name.")
    given: int = Field(description="How many turns the host was given.")
    owed: float = Field(description="How many turns the host was owed.")
    balance: float = Field(description="Owed less given.")


class FairnessView(BaseModel):
    """The ledger of an offer added up again. Amounts in turns."""

    resource_id: UUID = Field(description="The offer's id.")
    holds: bool = Field(description="Whether the ledger adds up.")
    turns: int = Field(description="How many turns were given.")
    wrong_lines: list[int] = Field(description="The lines that do not add up.")
    hosts: list[HostStanding] = Field(description="Each host.")
    simulated: list[HostStanding] | None = Field(description="Each host, had the weights been others.")


class CalendarOffer(BaseModel):
    """What can be booked with a resource."""

    id: UUID = Field(description="The offer's id.")
    title: str = Field(description="Its title.")
    minutes: list[int] = Field(description="The usual lengths in minutes.")


class CalendarOffers(BaseModel):
    """What can be booked with a resource, itself first."""

    offers: list[CalendarOffer] = Field(description="The offers.")
