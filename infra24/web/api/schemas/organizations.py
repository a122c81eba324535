"""The schemas of what an organization has besides offers and bookings, and of the system's own answers."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from infra24.web.api.schemas.bookings import AffectedBookings

Date = date


class ThemeView(BaseModel):
    """The look of a link's pages; what is left out is the organization's."""

    seed: str | None = Field(None, description="The colour that the pages grow from.")
    radius: int | None = Field(None, description="How round corners are, in pixels.")
    name: str | None = Field(None, description="The name above the pages.")


class LinkView(BaseModel):
    """A booking link as the staff see it."""

    id: UUID = Field(description="The link's id.")
    slug: str = Field(description="Its name in addresses; names it wherever its id does.")
    kind: str = Field(description="individual, team, round_robin or collective.")
    title: str = Field(description="What people read.")
    description: str = Field(description="What people read about it.")
    theme: ThemeView = Field(description="The look of its pages.")
    offers: list[str] = Field(description="Slugs of what it offers.")
    hosts: list[str] = Field(description="E-mail addresses of its hosts; none: all of each offer.")
    expires_at: datetime | None = Field(description="When it closes.")
    max_uses: int | None = Field(description="After how many bookings it closes.")
    uses: int = Field(description="How many bookings were made by it.")
    is_private: bool = Field(description="Whether only signed addresses open it.")
    is_active: bool = Field(description="Whether it is in use.")
    sites: list[str] = Field(description="Origins that may show it in a frame.")
    url: str = Field(description="Its page.")
    embed: str = Field(description="The code that puts it into a page of your own.")


class LinkList(BaseModel):
    """The booking links of an organization."""

    links: list[LinkView] = Field(description="The links by slug.")


class PrivateAddress(BaseModel):
    """An address that opens a private link."""

    url: str = Field(description="The address.")
    signed: str = Field(description="Its signature: the `signed` of a booking in the API.")
    until: datetime | None = Field(description="Until when it opens.")


class OwnDayView(BaseModel):
    """A day of the organization's own."""

    date: Date = Field(description="The date.")
    name: str = Field(description="What the day is called.")
    is_closed: bool = Field(description="Whether the organization is closed; false: open all the same.")


class HolidayView(BaseModel):
    """A holiday to come."""

    date: Date = Field(description="The date.")
    name: str = Field(description="What the day is called.")


class HolidaysView(BaseModel):
    """What an organization says of holidays, and which days that makes."""

    countries: list[str] = Field(description="Countries and their parts, such as US-FL.")
    days: list[OwnDayView] = Field(description="The organization's own days.")
    coming: list[HolidayView] = Field(description="The days of the coming year on which it is closed.")
    affected_bookings: AffectedBookings = Field(description="The bookings to come that a change breaks.")


class LocationView(BaseModel):
    """Where things are."""

    id: UUID = Field(description="The location's id.")
    name: str = Field(description="Its name, by which resources say where they are.")
    address: str = Field(description="Its postal address.")


class LocationList(BaseModel):
    """The locations of an organization."""

    locations: list[LocationView] = Field(description="The locations by name.")


class AnnouncementView(BaseModel):
    """A notice for the staff."""

    id: UUID = Field(description="The notice's id.")
    kind: str = Field(description="The event that it tells of, such as booking.created.")
    title: str = Field(description="What happened, in a line.")
    body: str = Field(description="Who, when and with whom.")
    booking_id: UUID | None = Field(description="The booking that it tells of.")
    created_at: datetime = Field(description="When it happened.")


class AnnouncementList(BaseModel):
    """Notices for the staff."""

    announcements: list[AnnouncementView] = Field(description="The notices, the newest first.")


class EventView(BaseModel):
    """Something that happened."""

    seq: int = Field(description="Its place in the organization's sequence, without gaps.")
    type: str = Field(description="What happened, such as booking.created.")
    version: int = Field(description="The version of the type: it grows when facts are renamed or change.")
    subject_id: UUID = Field(description="The id of what it happened to.")
    actor: Literal["user", "key", "booker", "visitor", "system"] = Field(description="Who caused it.")
    data: dict[str, Any] = Field(description="The facts as they were; they differ by type.")
    recorded_at: datetime = Field(description="When it happened.")


class EventList(BaseModel):
    """What happened, in order."""

    events: list[EventView] = Field(description="The events after the place that was asked for.")


class HealthView(BaseModel):
    """The server and its database answer."""

    status: Literal["ok"] = Field(description="Always ok.")
    database: Literal["ok"] = Field(description="Always ok.")
    time: datetime = Field(description="What the server's clock shows.")


class SelfTestStep(BaseModel):
    """One step of the self-test."""

    step: str = Field(description="What was tried.")
    ok: bool = Field(description="Whether it worked.")
    ms: float = Field(description="Milliseconds since the beginning.")


class ProcessedView(BaseModel):
    """What came of the messages that were due."""

    processed: int = Field(description="How many were looked at.")
    sent: int = Field(description="How many were sent.")
    failed: int = Field(description="How many failed for good.")
    remaining: int = Field(description="How many are due still.")


class MessagesHealthView(BaseModel):
    """Whether messages are sent in time."""

    status: str = Field(description="ok, or late when one has been due for ten minutes.")
    time: datetime = Field(description="Now.")


class SelfTestView(BaseModel):
    """The self-test went through."""

    success: bool = Field(description="Always true.")
    steps: list[SelfTestStep] = Field(description="What was tried, in order.")
    note: str | None = Field(None, description="Why nothing was tried.")
