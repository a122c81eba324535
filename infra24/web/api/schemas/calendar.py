"""The schemas of the staff's calendar: wall-clock times of the organization beside the instants."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from infra24.bookings import Status
from infra24.web.api.fields import Kind

_WALL = "in the organization's wall-clock time, without offset"


class CalendarColumn(BaseModel):
    """A resource as a column."""

    id: UUID = Field(description="The resource's id.")
    title: str = Field(description="The resource's title.")
    type: Kind = Field(description="What it is.")
    units: int = Field(description="How many bookings it holds at once.")


class CalendarSpan(BaseModel):
    """A span of the calendar."""

    start: str = Field(description=f"When it begins, {_WALL}.")
    end: str = Field(description=f"When it ends, {_WALL}.")
    starts_at: datetime = Field(description="The instant at which it begins.")
    ends_at: datetime = Field(description="The instant at which it ends.")
    label: str = Field(description="The span in words.")
    fold: Literal[1] | None = Field(None, description="1: the second time that clocks show the start.")
    end_fold: Literal[1] | None = Field(None, description="1: the second time that clocks show the end.")


class CalendarBooking(CalendarSpan):
    """A booking on the calendar. What is as usual is left out."""

    id: UUID = Field(description="The booking's id.")
    resource_ids: list[UUID] = Field(description="The columns in which it stands.")
    status: Status = Field(description="The booking's status.")
    title: str = Field(description="What was booked.")
    who: str = Field(description="Who booked.")
    revision: int = Field(description="How often it was changed: send it back with a move.")
    movable: bool = Field(description="Whether the caller may move it.")
    resizable: bool = Field(description="Whether the caller may change its length.")
    why_not: str | None = Field(None, description="Why it cannot be moved.")
    before: int | None = Field(None, description="Its buffer before, in minutes.")
    after: int | None = Field(None, description="Its buffer after, in minutes.")
    linked_ids: list[UUID] | None = Field(None, description="Columns that it takes as parts of another.")
    linked: str | None = Field(None, description="Why it takes them.")
    units: dict[str, int] | None = Field(None, description="How many units of a column, where several.")
    in_series: bool | None = Field(None, description="True: a date of a series.")


class CalendarTurnover(CalendarSpan):
    """Setting up or clearing away."""

    resource_id: UUID = Field(description="The column.")
    booking_id: UUID | None = Field(description="The booking that it is for.")
    layout: str = Field(description="The layout.")


class CalendarClosing(BaseModel):
    """When a column is closed."""

    resource_id: UUID = Field(description="The column.")
    start: str = Field(description=f"When it begins, {_WALL}.")
    end: str = Field(description=f"When it ends, {_WALL}.")
    code: str = Field(description="The reason's stable name.")
    label: str | None = Field(None, description="The reason in words.")


class CalendarNow(BaseModel):
    """What time it is."""

    local: str = Field(description="In the organization's wall-clock time.")
    at: datetime = Field(description="The instant.")


class CalendarView(BaseModel):
    """Everything that a calendar shows."""

    timezone: str = Field(description="The zone of the calendar.")
    start_date: date = Field(description="The first date.")
    end_date: date = Field(description="The last date, included.")
    now: CalendarNow = Field(description="The present moment.")
    columns: list[CalendarColumn] = Field(description="The columns in order.")
    events: list[CalendarBooking] = Field(description="The bookings.")
    turnovers: list[CalendarTurnover] = Field(description="Setting up and clearing away.")
    closed: list[CalendarClosing] = Field(description="When columns are closed.")


class CalendarChange(BaseModel):
    """A booking that was put or moved."""

    id: UUID = Field(description="The booking's id.")
    event: CalendarBooking | None = Field(description="As the calendar shows it; null: no more.")
