"""The schemas of bookings and series."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from infra24.bookings import ActorRole, EndKind, Status
from infra24.web.api.fields import FreeTime


class ReasonView(BaseModel):
    """Why a time is not offered."""

    code: str = Field(description="The reason's stable name.")
    sentence: str = Field(description="The reason in words.")
    detail: str | None = Field(None, description="What staff wrote beside it; staff only.")


class ParticipantView(BaseModel):
    """A person in a booking."""

    role: str = Field(description="What the person is in it: booker or host.")
    name: str = Field(description="The person's name.")
    email: str = Field(description="The person's e-mail address.")


class AnswerView(BaseModel):
    """A question as it was asked, and its answer."""

    id: str = Field(description="The question's name.")
    label: str = Field(description="The question as it was read.")
    answer: str | float | bool = Field(description="The answer, in the kind of the question.")


class CancellationView(BaseModel):
    """How a cancelled booking ended."""

    kind: EndKind = Field(description="Lapsed: nobody decided. Released, expired: holds.")
    by: ActorRole = Field(description="Who ended it.")
    reason: str = Field(description="The reason that was given; empty when none was.")


class BookingView(BaseModel):
    """A booking as its holder and the staff see it."""

    id: UUID = Field(description="The booking's id.")
    org_id: UUID = Field(description="The organization's id.")
    resource_id: UUID = Field(description="The id of the resource or appointment type that was booked.")
    title: str = Field(description="The title of what was booked.")
    reference: str = Field(description="A short name of the booking, to say on the telephone.")
    status: Status = Field(description="The booking's status.")
    start_time: datetime = Field(description="When it begins.")
    end_time: datetime = Field(description="When it ends.")
    timezone: str = Field(description="The zone in which it takes place, an IANA name.")
    artist_name: str = Field(description="The name of whoever booked.")
    artist_email: str = Field(description="The e-mail address of whoever booked.")
    goal_text: str = Field(description="What whoever booked wrote about it.")
    consent_recording: bool = Field(description="Whether it may be recorded.")
    location: str = Field(description="Where it takes place.")
    meeting_url: str = Field(description="The address of its online meeting; empty if there is none.")
    price: int = Field(description="The price in minor units.")
    currency: str = Field(description="The price's currency, three capital letters.")
    participants: list[ParticipantView] = Field(description="Who takes part.")
    expires_at: datetime | None = Field(description="When a hold expires, or a request for approval lapses.")
    cancellable_until: datetime = Field(description="Until when whoever booked can cancel it.")
    reschedulable_until: datetime = Field(description="Until when whoever booked can move it.")
    cancellation: CancellationView | None = Field(description="How it ended; null while it has not.")
    phone: str = Field(description="The telephone number of whoever booked.")
    wants_texts: bool = Field(description="Whether they asked for texts about this booking, to `phone`.")
    location_details: str = Field(description="What whoever booked wrote about the place.")
    answers: list[AnswerView] = Field(description="The answers to the offer's questions.")
    series_id: UUID | None = Field(description="The id of the series that it is a date of.")
    is_exception: bool = Field(description="Whether it differs from the other dates of its series.")
    created_at: datetime = Field(description="When it was made.")
    updated_at: datetime = Field(description="When it was last changed.")


class Links(BaseModel):
    """Where the holder of a booking goes. Each address carries the booking's token."""

    confirmation: str = Field(description="The page of the booking.")
    manage: str = Field(description="The booking in the API.")
    reschedule: str = Field(description="The page to move it.")
    cancel: str = Field(description="The page to cancel it.")
    ics: str = Field(description="The booking as a calendar file.")


class NewBookingView(BookingView):
    """The answer to a new booking: the only one that carries its token."""

    token: str = Field(description="Opens this booking, and nothing else. Keep it secret.")
    links: Links = Field(description="Where the holder goes.")


class BookingPage(BaseModel):
    """One page of a list of bookings."""

    bookings: list[BookingView] = Field(description="The bookings, by time.")
    next: str | None = Field(description="The cursor of the page after this one; null at the end.")


class BrokenBookingView(BookingView):
    """A booking that stands where nobody is open, for who may read bookings."""

    reasons: list[ReasonView] = Field(description="Why nobody is open then.")


class AnonymousBrokenBooking(BaseModel):
    """A booking that stands where nobody is open, without whose it is."""

    id: UUID = Field(description="The booking's id.")
    resource_id: UUID = Field(description="The id of what was booked.")
    title: str = Field(description="The title of what was booked.")
    reference: str = Field(description="The booking's short name.")
    status: Status = Field(description="The booking's status.")
    start_time: datetime = Field(description="When it begins.")
    end_time: datetime = Field(description="When it ends.")
    timezone: str = Field(description="The zone in which it takes place.")
    reasons: list[ReasonView] = Field(description="Why nobody is open then.")


AffectedBookings = list[BrokenBookingView | AnonymousBrokenBooking]


class ImpactView(BaseModel):
    """What a change would break."""

    affected_bookings: AffectedBookings = Field(description="The bookings to come that it would break.")


class ShiftedBookingView(BookingView):
    """A booking whose zone's clocks were changed by law after it was made."""

    agreed_local_time: str = Field(description="The wall-clock time that was agreed on.")
    shows_now: str = Field(description="What clocks there will show at its instant.")
    start_if_local_time_is_kept: datetime = Field(description="The instant that keeps the agreed time.")


class ShiftedBookings(BaseModel):
    """The bookings to come that a new law of their zone has moved."""

    bookings: list[ShiftedBookingView] = Field(description="Both readings of each.")


class CalendarUrls(BaseModel):
    """Addresses that add the booking to a calendar."""

    google: str = Field(description="Google Calendar.")
    outlook: str = Field(description="Outlook on the web.")
    yahoo: str = Field(description="Yahoo Calendar.")
    apple: str = Field(description="Apple Calendar: the calendar file.")
    ics: str = Field(description="The calendar file, for any other.")


class AlternativeView(FreeTime):
    """A time that could be had in place of a date of a series."""

    hosts: list[str] = Field(description="Who would host it, where that differs; by name.")


class PlannedDateView(BaseModel):
    """One date of a series."""

    local_start: str = Field(description="The wall-clock time that the rule gives it: its name in the plan.")
    start: datetime = Field(description="When it begins.")
    end: datetime = Field(description="When it ends.")
    state: Literal["free", "conflict", "skipped"] = Field(description="Whether it can be had.")
    reasons: list[ReasonView] = Field(description="Why it cannot be had.")
    hosts: list[str] = Field(description="Who would host it, by name.")
    alternatives: list[AlternativeView] = Field(description="What else there is.")


class PlanView(BaseModel):
    """The dates of a series: free, in conflict with what else there is, or skipped."""

    timezone: str = Field(description="The zone of the rule.")
    free: int = Field(description="How many dates are free.")
    conflict: int = Field(description="How many dates cannot be had.")
    skipped: int = Field(description="How many dates are left out.")
    dates: list[PlannedDateView] = Field(description="The dates in order.")


class SeriesHead(BaseModel):
    """A series without its bookings."""

    id: UUID = Field(description="The series' id.")
    resource_id: UUID = Field(description="The id of what was booked.")
    rule: str = Field(description="How it recurs, as RFC 5545 writes it.")
    local_start: str = Field(description="Its first date in the wall-clock time of its zone.")
    timezone: str = Field(description="The zone of the rule.")
    duration: int = Field(description="The length of each date in minutes.")
    skip_holidays: bool = Field(description="Whether it leaves out holidays.")


class SeriesView(SeriesHead):
    """A series and its bookings by date."""

    bookings: list[BookingView] = Field(description="Its bookings by date.")


class NewSeriesView(SeriesHead):
    """The answer to a new series: the only one that carries the tokens of its bookings."""

    bookings: list[NewBookingView] = Field(description="Its bookings by date, each with its token.")
