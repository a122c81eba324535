"""The types of what the API takes and gives, with their limits."""

import json
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, EmailStr, Field

_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
LONGEST_RANGE_DAYS = 62
SLUG = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"


def _plausible(at: datetime) -> datetime:
    if not _FIRST <= at < _LAST:
        raise ValueError("is not between the years 2000 and 2100")
    if at.microsecond:
        raise ValueError("write whole seconds")
    return at.astimezone(UTC)


def _plausible_date(on: date) -> date:
    if not _FIRST.date() <= on < _LAST.date():
        raise ValueError("is not between the years 2000 and 2100")
    return on


def _no_control(text: str) -> str:
    if any((ord(letter) < 32 and letter not in "\n\r\t") or ord(letter) == 127 for letter in text):
        raise ValueError("has characters that cannot be written")
    return text.strip()


def _storable(value: dict[str, Any]) -> dict[str, Any]:
    try:
        written = orjson.dumps(value)
        json.dumps(value, allow_nan=False)  # the database has no NaN and no infinity
    except (TypeError, ValueError) as error:
        raise ValueError(f"cannot be kept: {error}") from None
    if len(written) > 65_536:
        raise ValueError("is longer than 64 KiB")
    if b"\\u0000" in written:
        raise ValueError("has characters that cannot be written")
    return value


def _one_line(text: str) -> str:
    if len(text.splitlines()) > 1:
        raise ValueError("is written on one line")
    return text


def _filled(text: str) -> str:
    if not text:
        raise ValueError("cannot be empty")
    return text


Instant = Annotated[AwareDatetime, AfterValidator(_plausible)]
Day = Annotated[date, AfterValidator(_plausible_date)]
Text = Annotated[str, Field(max_length=2_000), AfterValidator(_no_control)]
Name = Annotated[
    str,
    Field(max_length=200),
    AfterValidator(_no_control),
    AfterValidator(_one_line),
    AfterValidator(_filled),
]
Email = Annotated[EmailStr, Field(max_length=254), AfterValidator(lambda email: str(email).lower())]
Json = Annotated[dict[str, Any], AfterValidator(_storable)]
Phone = Annotated[str, Field(max_length=40, pattern=r"^[+0-9 ()./-]*$")]
Minutes = Annotated[int, Field(ge=1, le=44_640)]
PageSize = Annotated[int, Query(ge=1, le=200, description="how many at most")]


class Body(BaseModel):
    """What a request carries: a key that is not known is refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ProblemView(BaseModel):
    """RFC 9457. `code` is stable; `errors` names each wrong field by its path."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str


class SlotView(BaseModel):
    """A free time; `duration` in minutes."""

    start: datetime
    end: datetime
    duration: int


class AvailabilityView(BaseModel):
    """The free times of a resource in a range of dates of its own zone."""

    success: bool
    resource_id: UUID
    timezone: str
    start_date: date
    end_date: date
    duration: int
    slots: list[SlotView]


class ReasonView(BaseModel):
    """Why a time is not offered."""

    code: str
    sentence: str
    detail: str | None = None


class ExplanationView(BaseModel):
    """Why one time is offered or not. `hosts` and `in_the_way` are for staff."""

    resource_id: UUID
    start: datetime
    end: datetime
    available: bool
    reasons: list[ReasonView]
    hosts: list[dict[str, Any]] | None = None
    needs: list[dict[str, Any]] | None = None
    in_the_way: list[dict[str, Any]] | None = None


class ParticipantView(BaseModel):
    """A person in a booking."""

    role: str
    name: str
    email: str


class BookingView(BaseModel):
    """A booking as its holder and the staff see it. Prices in minor units."""

    id: UUID
    org_id: UUID
    resource_id: UUID
    title: str
    reference: str
    status: str
    start_time: datetime
    end_time: datetime
    timezone: str
    artist_name: str
    artist_email: str
    goal_text: str
    consent_recording: bool
    location: str
    meeting_url: str
    price: int
    currency: str
    participants: list[ParticipantView]
    expires_at: datetime | None
    cancellable_until: datetime
    reschedulable_until: datetime
    cancelled_because: str | None
    phone: str
    location_details: str
    answers: list[dict[str, Any]]
    series_id: UUID | None
    is_exception: bool
    created_at: datetime
    updated_at: datetime


class Links(BaseModel):
    """Where the holder of a booking goes."""

    confirmation: str
    manage: str
    reschedule: str
    cancel: str
    ics: str


class NewBookingView(BookingView):
    """The answer to a new booking: the only one that carries its token."""

    token: str
    links: Links


class BookingPage(BaseModel):
    """One page of a list; `next` is the cursor of the page after it."""

    bookings: list[BookingView]
    next: str | None


class ResourceView(BaseModel):
    """A resource as anybody may see it. Price in minor units."""

    id: UUID
    org_id: UUID
    slug: str
    type: str
    title: str
    description: str
    category: str
    capacity: int | None
    price: int
    currency: str
    location: str | None
    address: str | None
    requirements: list[str]
    is_bookable: bool
    tags: list[str]
    questions: list[dict[str, Any]]
    prices: dict[str, int]
    meets: str
    layouts: dict[str, Any] | None = None
    parts: list[str] | None = None
    excludes: list[str] | None = None
    needs: list[dict[str, Any]] | None = None
    layout: str | None = None
    email: str | None = None
    meeting_url: str | None = None
    metadata: dict[str, Any] | None = None
    availability_rules: dict[str, Any] | None = None
    is_active: bool | None = None
    version: int | None = None
    affected_bookings: list[BookingView] | None = None


class ResourcePage(BaseModel):
    """One page of resources; `next` is the cursor of the page after it."""

    resources: list[ResourceView]
    next: str | None


class StaffSlotView(SlotView):
    """A free time with the one who would have it, where that is known before."""

    staff_id: UUID | None
    staff_name: str | None
    appointment_type_id: UUID


class BookingLinkName(BaseModel):
    """The link by which one books."""

    slug: str
    name: str
    type: str


class StaffAvailabilityView(BaseModel):
    """Free times of appointment types, in the zone of whoever asked."""

    success: bool
    timezone: str
    slots: list[StaffSlotView]
    booking_link: BookingLinkName | None


class LinkView(BaseModel):
    """A booking link as the staff see it."""

    id: UUID
    slug: str
    kind: str
    title: str
    description: str
    theme: dict[str, Any]
    offers: list[str]
    hosts: list[str]
    expires_at: datetime | None
    max_uses: int | None
    uses: int
    is_private: bool
    is_active: bool
    sites: list[str]
    url: str
    embed: str


class HolidaysView(BaseModel):
    """What an organization says of holidays, and which days that makes."""

    countries: list[str]
    days: list[dict[str, Any]]
    coming: list[dict[str, Any]]
    affected_bookings: list[dict[str, Any]]


class PlanView(BaseModel):
    """The dates of a series: free, in conflict with what else there is, or skipped."""

    timezone: str
    free: int
    conflict: int
    skipped: int
    dates: list[dict[str, Any]]


class SeriesView(BaseModel):
    """A series and its bookings by date."""

    id: UUID
    resource_id: UUID
    rule: str
    local_start: datetime
    timezone: str
    duration: int
    skip_holidays: bool
    bookings: list[BookingView]


class FairnessView(BaseModel):
    """The ledger of an offer added up again. Amounts in turns."""

    resource_id: UUID
    holds: bool
    turns: int
    wrong_lines: list[int]
    hosts: list[dict[str, Any]]
    simulated: list[dict[str, Any]] | None


class CalendarUrls(BaseModel):
    """Addresses that add the booking to a calendar."""

    google: str
    outlook: str
    yahoo: str
    apple: str
    ics: str


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals of a route, for its documentation; any route can be 503 when the database is down."""
    schema = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemView"}}}
    return {
        status: {"model": None, "description": "A refusal", "content": schema} for status in (*statuses, 503)
    }
