"""The types of what the API takes and gives, with their limits."""

import json
import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import Path, Query
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    NaiveDatetime,
)

from infra24.availability.json_reader import has_large_number, zone_named
from infra24.errors import InvalidValue

_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
LONGEST_RANGE_DAYS = 62
_PHONE = r"^[+0-9 ()./-]*$"
SLUG = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"


_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OFFSET = re.compile(r"([zZ]|[+\u2212-][0-9]{2}:?[0-9]{2})$")
_SPACED = re.compile(r":[0-9]{2}(:[0-9.]+)? [0-9]{2}:?[0-9]{2}$")


def _written(value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidValue("must be a string")
    return value.strip()


def like(pattern: str, refusal: InvalidValue) -> AfterValidator:
    """Refuses a text that is not written like a pattern: `refusal` says what to write."""

    def checked(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise refusal.with_traceback(None)
        return text

    return AfterValidator(checked)


def _instant(value: Any) -> Any:
    """Only what says a date, a time and an offset: nothing is guessed."""
    if isinstance(value, datetime):
        return value
    text = _written(value)
    if _SPACED.search(text):
        raise InvalidValue("has a space where the offset has its +; write the + as %2B in an address")
    if _DATE.fullmatch(text):
        raise InvalidValue("%(text)s is a date; say the time as well, such as %(text)sT12:00:00Z", text=text)
    if not _DATE.match(text) or not _OFFSET.search(text[10:]):
        raise InvalidValue("write a date, a time and an offset, such as 2026-11-23T12:00:00Z")
    return text


def _wall(value: Any) -> Any:
    text = _written(value)
    if not _DATE.match(text) or _DATE.fullmatch(text) or _OFFSET.search(text[10:]):
        raise InvalidValue("write a date and a time without offset, such as 2026-11-23T12:00:00")
    return text


def _day(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    text = _written(value)
    if not _DATE.fullmatch(text):
        raise InvalidValue("write a date without a time, such as 2026-11-23")
    return text


def _whole_minutes(at: datetime) -> datetime:
    if at.second or at.microsecond:
        raise InvalidValue("write whole minutes")
    if not 2000 <= at.year < 2100:
        raise InvalidValue("is not between the years 2000 and 2100")
    return at


def _plausible(at: datetime) -> datetime:
    if not _FIRST <= at < _LAST:
        raise InvalidValue("is not between the years 2000 and 2100")
    if at.microsecond:
        raise InvalidValue("write whole seconds")
    return at.astimezone(UTC)


def _plausible_date(on: date) -> date:
    if not _FIRST.date() <= on < _LAST.date():
        raise InvalidValue("is not between the years 2000 and 2100")
    return on


def _no_control(text: str) -> str:
    if any((ord(letter) < 32 and letter not in "\n\r\t") or ord(letter) == 127 for letter in text):
        raise InvalidValue("contains control characters; remove them")
    return text.strip()


def _zone(text: str) -> str:
    return zone_named(text).key if text else ""


def _storable(value: dict[str, Any]) -> dict[str, Any]:
    try:
        written = orjson.dumps(value)
        json.dumps(value, allow_nan=False)  # the database has no NaN and no infinity
    except (TypeError, ValueError, RecursionError):
        raise InvalidValue(
            "has a text that is not UTF-8, a number that is too large, or too many levels"
        ) from None
    if len(written) > 65_536:
        raise InvalidValue("is longer than 64 KiB")
    if b"\\u0000" in written:
        raise InvalidValue("contains control characters; remove them")
    if has_large_number(value):
        raise InvalidValue("contains a number that is too large; write it as a text")
    return value


def _one_line(text: str) -> str:
    if len(text.splitlines()) > 1:
        raise InvalidValue("must be a single line")
    return text


def _filled(text: str) -> str:
    if not text:
        raise InvalidValue("cannot be empty")
    return text


Instant = Annotated[AwareDatetime, BeforeValidator(_instant), AfterValidator(_plausible)]
LocalTime = Annotated[NaiveDatetime, BeforeValidator(_wall)]
"""What clocks show: without a zone and without an offset."""

Wall = Annotated[LocalTime, AfterValidator(_whole_minutes)]

Day = Annotated[date, BeforeValidator(_day), AfterValidator(_plausible_date)]
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
ZoneName = Annotated[str, AfterValidator(_zone)]
Phone = Annotated[
    str,
    Field(max_length=40, json_schema_extra={"pattern": _PHONE}),
    like(_PHONE, InvalidValue("is not a phone number: use digits, spaces and + ( ) . / -")),
]
Minutes = Annotated[int, Field(ge=1, le=44_640)]
Slug = Annotated[
    str,
    Field(json_schema_extra={"pattern": SLUG}),
    like(
        SLUG,
        InvalidValue("must be small letters, digits and hyphens, such as dance-studio (63 at most)"),
    ),
]
Kind = Literal["space", "equipment", "person", "other"]
Meets = Literal["", "place", "phone", "link"]
Named = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_no_control)]
"""Something of an organization, by id or slug."""

NOTIFY = "Whether the booker is told by e-mail. Staff may choose; a booker always is."
Notify = Annotated[bool, Field(description=NOTIFY)]
NotifyQuery = Annotated[bool, Query(description=NOTIFY)]
Reason = Annotated[Text, Query(description="Why, as the booker is told.")]
Org = Annotated[str, Path(max_length=64, description="The organization's slug or id.")]
PageSize = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
StartDate = Annotated[Day, Query(description="The first date, such as 2026-11-23.")]
EndDate = Annotated[Day | None, Query(description="The last date, included; the first if left out.")]


class Body(BaseModel):
    """What a request carries: a key that is not known is refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    path: str = Field(description="Where the field stands, such as rules.windows[0].start.")
    sentence: str = Field(description="What is wrong with it, and what to write instead.")


class FreeTime(BaseModel):
    """A time that is free instead."""

    start: datetime = Field(description="When it begins.")
    end: datetime = Field(description="When it ends.")


class ProblemView(BaseModel):
    """An error in the RFC 9457 format. It can carry additional members."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="The kind of problem as an address: a URN that ends in the code.")
    title: str = Field(description="What its HTTP status means.")
    status: int = Field(description="The HTTP status.")
    code: str = Field(description="The error's stable code, for programs.")
    detail: str = Field(description="What is wrong and what to do, in words.")
    errors: list[FieldProblem] | None = Field(None, description="Each field that is wrong.")
    alternatives: list[FreeTime] | None = Field(None, description="Free times nearest to the one refused.")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals of a route, for its documentation; any route can be 503 when the database is down."""
    schema = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemView"}}}
    return {status: {"model": None, "description": "Error", "content": schema} for status in (*statuses, 503)}
