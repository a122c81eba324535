"""What requests to book consist of, and the fields that they share with others, each with what it means."""

from typing import Annotated, Literal

from pydantic import Field

from infra24.web.api.fields import Body, Email, Instant, Json, Name, Named, Notify, Phone, Text, ZoneName

OrgNamed = Annotated[Named, Field(description="The organization's id or slug.")]
ResourceNamed = Annotated[Named, Field(description="The id or slug of the resource or appointment type.")]
HostNamed = Annotated[Named, Field(description="The id or slug of the host; left out: whoever is free.")]
Start = Annotated[Instant, Field(description="When it begins, with offset, such as 2026-11-23T12:00:00Z.")]
End = Annotated[Instant, Field(description="When it ends, with offset.")]
NewEnd = Annotated[Instant | None, Field(description="When it ends; left out, the length stays.")]
BookerName = Annotated[Name, Field(description="The name of whoever books.")]
BookerEmail = Annotated[Email, Field(description="The e-mail address of whoever books.")]
Texts = Annotated[
    bool, Field(description="Whether they asked for texts about this booking, to `phone`: a mobile number.")
]
BookerZone = Annotated[
    ZoneName,
    Field(description="The time zone that they see times in: messages about what meets online use it."),
]
BookerPhone = Annotated[Phone, Field(description="The telephone number of whoever books.")]
Goal = Annotated[Text, Field(description="What whoever books wants to say about it.")]
Consent = Annotated[bool, Field(description="Whether it may be recorded.")]
Details = Annotated[Text, Field(description="What whoever books says about the place.")]
Answers = Annotated[Json, Field(description="Answers to the offer's questions, by the questions' ids.")]


class NewBooking(Body):
    """A booking to create."""

    org_id: OrgNamed
    resource_id: ResourceNamed
    start_time: Start
    end_time: End
    artist_name: BookerName
    artist_email: BookerEmail
    goal_text: Goal = ""
    consent_recording: Consent = False
    phone: BookerPhone = ""
    wants_texts: Texts = False
    booker_time_zone: BookerZone = ""
    location_details: Details = ""
    answers: Answers = Field(default_factory=dict)
    staff_id: HostNamed | None = None


class NewHold(Body):
    """A time to keep while a form is filled in."""

    org_id: OrgNamed
    resource_id: ResourceNamed
    start_time: Start
    end_time: End
    staff_id: HostNamed | None = None


class BookingChange(Body):
    """What to change: a state, a time, or who books. What is left out stays."""

    status: Annotated[
        Literal["pending", "confirmed", "completed", "cancelled", "no_show"] | None,
        Field(description="The new status."),
    ] = None
    start_time: Start | None = None
    end_time: NewEnd = None
    artist_name: BookerName | None = None
    artist_email: BookerEmail | None = None
    goal_text: Goal | None = None
    consent_recording: Consent | None = None
    phone: BookerPhone | None = None
    wants_texts: Texts | None = None
    booker_time_zone: BookerZone | None = None
    location_details: Details | None = None
    answers: Answers | None = None
    reason: Annotated[Text, Field(description="Why, as the booker is told.")] = ""
    notify: Notify = True


class BookingMove(Body):
    """Another time for a booking."""

    start_time: Start
    end_time: NewEnd = None
