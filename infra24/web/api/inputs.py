"""The parts that requests to book share, each with what it means."""

from typing import Annotated

from pydantic import Field

from infra24.web.api.fields import Email, Instant, Json, Name, Named, Phone, Text

OrgNamed = Annotated[Named, Field(description="The organization's id or slug.")]
ResourceNamed = Annotated[Named, Field(description="The id or slug of the resource or appointment type.")]
HostNamed = Annotated[Named, Field(description="The id or slug of the host; left out: whoever is free.")]
Start = Annotated[Instant, Field(description="When it begins, with offset, such as 2026-11-23T12:00:00Z.")]
End = Annotated[Instant, Field(description="When it ends, with offset.")]
NewEnd = Annotated[Instant | None, Field(description="When it ends; left out, the length stays.")]
BookerName = Annotated[Name, Field(description="The name of whoever books.")]
BookerEmail = Annotated[Email, Field(description="The e-mail address of whoever books.")]
BookerPhone = Annotated[Phone, Field(description="The telephone number of whoever books.")]
Goal = Annotated[Text, Field(description="What whoever books wants to say about it.")]
Consent = Annotated[bool, Field(description="Whether it may be recorded.")]
Details = Annotated[Text, Field(description="What whoever books says about the place.")]
Answers = Annotated[Json, Field(description="Answers to the offer's questions, by the questions' ids.")]
