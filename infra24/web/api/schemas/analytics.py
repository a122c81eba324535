"""The schemas of analytics: each list is a table that CSV gives as well."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from infra24.analytics import Step

_BEFORE = "The same figure for the preceding period of equal length."


class TotalRow(BaseModel):
    """One figure."""

    figure: str = Field(description="The figure's name.")
    value: float | None = Field(description="The figure; null where there is nothing to tell it by.")
    before: float | None = Field(description=_BEFORE)


class TrendRow(BaseModel):
    """One step of the trend."""

    day: date | None = Field(None, description="The day, where steps are days.")
    week: date | None = Field(None, description="The week's Monday, where steps are weeks.")
    pending: int = Field(description="Bookings that wait for approval.")
    confirmed: int = Field(description="Bookings that are confirmed.")
    completed: int = Field(description="Bookings that took place.")
    no_show: int = Field(description="Bookings to which nobody came.")
    cancelled: int = Field(description="Bookings that were cancelled.")
    bookings: int = Field(description="All of these.")
    before: int = Field(description=_BEFORE)


class UseRow(BaseModel):
    """How much one resource was used."""

    resource: str = Field(description="The resource's slug.")
    name: str = Field(description="The resource's title.")
    type: str = Field(description="What it is.")
    units: int | None = Field(description="How many bookings it holds at once.")
    open_hours: float = Field(description="How long it was open.")
    booked_hours: float = Field(description="How long it was booked.")
    buffer_hours: float = Field(description="How long buffers took it.")
    rate: float | None = Field(description="Booked hours as a part of open hours.")
    always_open: int = Field(description="1: it has no hours, so every hour counts as open.")


class LeadRow(BaseModel):
    """How many bookings were made that long before they begin."""

    from_hours: int = Field(description="From so many hours before.")
    until_hours: int | None = Field(description="Until so many hours before.")
    bookings: int = Field(description="How many bookings.")
    before: int = Field(description=_BEFORE)


class OutcomeRow(BaseModel):
    """How many bookings ended one way."""

    outcome: str = Field(description="How they ended.")
    bookings: int = Field(description="How many did.")
    of: int = Field(description="Of how many.")
    rate: float | None = Field(description="The first as a part of the second.")
    before: int = Field(description=_BEFORE)
    rate_before: float | None = Field(description="The rate of as many dates before.")


class HoursRow(BaseModel):
    """How many bookings stood in each hour of one weekday; the hours are named 00 to 23."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, int] = Field(init=False)

    weekday: str = Field(description="The weekday's English name.")


class TallyRow(BaseModel):
    """Sums of bookings."""

    name: str = Field(description="The title or name.")
    bookings: int = Field(description="How many bookings.")
    cancelled: int = Field(description="How many were cancelled.")
    no_show: int = Field(description="To how many nobody came.")
    due: int = Field(description="How many should have taken place.")
    booked_hours: float = Field(description="How long they take.")


class OfferRow(TallyRow):
    """Sums of the bookings of one offer."""

    offer: str = Field(description="The offer's slug.")


class HostRow(TallyRow):
    """Sums of the bookings that one person hosts."""

    host: str = Field(description="The host's slug.")


class BookersRow(BaseModel):
    """How many people booked."""

    bookers: str = Field(description="new or returning.")
    people: int = Field(description="How many.")
    before: int = Field(description=_BEFORE)


class RevenueRow(BaseModel):
    """Money."""

    currency: str = Field(description="Three capital letters.")
    amount: float = Field(description="In minor units.")
    is_placeholder: int = Field(description="1: nothing is known of money yet.")


class AnalyticsView(BaseModel):
    """Sums of the bookings that begin in a range of dates, beside those of as many dates before.

    Every list is a table that `format=csv&table=` gives as well. Rates are parts of one. Money is in minor
    units, and zero until payments exist.
    """

    timezone: str = Field(description="The zone of the dates.")
    start_date: date = Field(description="The first date.")
    end_date: date = Field(description="The last date, included.")
    before_start_date: date = Field(description="The first date of the comparison.")
    before_end_date: date = Field(description="The last date of the comparison.")
    step: Step = Field(description="The width of one step of the trend.")
    made_at: datetime = Field(description="When the sums were made.")
    totals: list[TotalRow] = Field(description="The figures.")
    trend: list[TrendRow] = Field(description="Bookings by day or week.")
    use: list[UseRow] = Field(description="Use by resource.")
    lead: list[LeadRow] = Field(description="How long before they begin bookings are made.")
    outcomes: list[OutcomeRow] = Field(description="How bookings ended.")
    hours: list[HoursRow] = Field(description="Bookings by weekday and hour.")
    offers: list[OfferRow] = Field(description="Sums by offer.")
    hosts: list[HostRow] = Field(description="Sums by host.")
    bookers: list[BookersRow] = Field(description="New and returning people.")
    revenue: list[RevenueRow] = Field(description="Money.")
