"""The calendar API: what stands in some columns, and what staff do there with a pointer or the keys."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Path, Query, Request, Response
from pydantic import Field

from infra24 import bookings, resources
from infra24.availability.hours import day_span
from infra24.bookings import (
    ON_CALENDAR,
    BookerDetails,
    BookingRequest,
    CalendarResource,
    Move,
    SlotNotOffered,
    SlotTaken,
    StaleRevision,
)
from infra24.bookings.agenda import MOST_COLUMNS, MOST_DAYS, end_meant, resolve_wall_time
from infra24.bookings.calendar_moves import can_use
from infra24.db import Tx
from infra24.errors import DomainError, Message, Unauthenticated, ValidationFailed
from infra24.i18n import LocaleFormat
from infra24.organizations import Organization, UnknownResource
from infra24.people import Scope
from infra24.web.api.agenda_views import WHY_NOT, Written, agenda_view, event_view, ids_of, label, packed
from infra24.web.api.fields import Body, Day, Named, Notify, StartDate, Wall
from infra24.web.api.inputs import BookerEmail, BookerName, BookerPhone, Goal
from infra24.web.api.responses import json_response
from infra24.web.caller import Caller, NotAllowed, OrgHidden, caller_of
from infra24.web.rendering import format_for
from infra24.web.services import Services, services

_SECOND = timedelta(seconds=1)


ColumnNamed = Annotated[Named, Field(description="The column: a resource by id or slug.")]
LocalStart = Annotated[Wall, Field(description="When it begins, in the organization's wall-clock time.")]
LocalEnd = Annotated[Wall, Field(description="When it ends, in the organization's wall-clock time.")]
Fold = Annotated[
    Literal[0, 1], Field(description="1: the second time that clocks show the start, when they go back.")
]
EndFold = Annotated[Literal[0, 1], Field(description="The same of the end; as `fold` if left out.")]


class MoveRequest(Body):
    """Where a booking goes. What is left out stays: the start, the length, the resource."""

    from_resource_id: ColumnNamed
    resource_id: ColumnNamed | None = None
    local_start: LocalStart | None = None
    local_end: LocalEnd | None = None
    fold: Fold = 0
    end_fold: EndFold | None = None
    revision: Annotated[
        int | None, Field(description="The revision that was seen: 409 if it was changed since.")
    ] = None
    notify: Notify = True


class CreateRequest(Body):
    """A booking that staff put on the calendar: in a column, as the column itself or as another offer."""

    resource_id: ColumnNamed
    offer_id: Annotated[
        Named | None, Field(description="What is booked, by id or slug; else the column.")
    ] = None
    local_start: LocalStart
    local_end: LocalEnd
    fold: Fold = 0
    end_fold: EndFold | None = None
    name: BookerName
    email: BookerEmail
    phone: BookerPhone = ""
    notes: Goal = ""


@dataclass(frozen=True, slots=True)
class CalendarContext:
    """Who asks, of which organization, in which language and zone."""

    app: Services
    here: Organization
    who: Caller
    speech: LocaleFormat

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the calendar is shown, wherever its resources are."""
        return ZoneInfo(self.here.time_zone)

    @property
    def writes(self) -> bool:
        """Whether the caller may move and make bookings."""
        return self.who.may(Scope.BOOKINGS_WRITE)


async def calendar_events(
    request: Request,
    start_date: StartDate,
    end_date: Annotated[Day, Query(description="The last date, included.")],
    resource_id: Annotated[
        list[Named] | None, Query(description="The columns, by id or slug; the first 50 if left out.")
    ] = None,
) -> Response:
    """A range of bookings for a calendar. Both dates included, in the organization's wall-clock time.

    Who only hosts sees the column that is theirs.
    """
    context = await context_of(request)
    if not timedelta() <= end_date - start_date < timedelta(days=MOST_DAYS):
        raise ValidationFailed(
            {"end_date": Message("must be from 0 to %(most)s days after start_date", most=MOST_DAYS - 1)}
        )
    if len(resource_id or ()) > MOST_COLUMNS:
        raise ValidationFailed({"resource_id": Message("name at most %(most)s at once", most=MOST_COLUMNS)})
    async with context.app.database.transaction(context.here.id, context.who.actor) as tx:
        wanted = None if resource_id is None else [await resources.id_of(tx, name) for name in resource_id]
        body = await shown(tx, context, start_date, end_date, wanted)
    return packed(request, body)


async def calendar_offers(
    request: Request, resource_id: Annotated[Named, Query(description="The resource, by id or slug.")]
) -> Response:
    """What can be booked with a resource. Itself, and what may take it, with the usual lengths."""
    context = await context_of(request, Scope.BOOKINGS_WRITE)
    async with context.app.database.transaction(context.here.id, context.who.actor) as tx:
        body = await offers_of(tx, await resources.id_of(tx, resource_id))
    return json_response({"offers": body})


async def place_booking(request: Request, wanted: CreateRequest) -> Response:
    """Book a time for someone, as staff. Hours, closings and claims decide, nothing else."""
    context = await context_of(request, Scope.BOOKINGS_WRITE)
    start = resolve_wall_time(context.zone, wanted.local_start, wanted.fold)
    end = _end(context.zone, wanted.local_end, start, wanted)
    person = BookerDetails(
        wanted.name, wanted.email, wanted.notes, locale=str(context.speech.locale), phone=wanted.phone
    )
    now = context.app.clock()
    column = None
    try:
        async with context.app.database.transaction(context.here.id, context.who.actor) as tx:
            column = await resources.id_of(tx, wanted.resource_id)
            offer = await resources.id_of(tx, wanted.offer_id or wanted.resource_id)
            requested = BookingRequest(offer, start, end, person, policy=ON_CALENDAR, with_id=column)
            made = await bookings.book(tx, requested, tokens=context.app.tokens, now=now)
    except (SlotTaken, SlotNotOffered) as refusal:
        assert column is not None  # what refused so looked at it
        raise await _explained(context, refusal, column, (start, end), None) from None
    return json_response({"id": made.id, "event": await _event(context, made.id)}, 201)


async def move_booking(
    request: Request, id: Annotated[UUID, Path(description="The booking's id.")], wanted: MoveRequest
) -> Response:
    """Move a booking to another time, length or resource. 409 says why not, and who is in the way."""
    context = await context_of(request, Scope.BOOKINGS_WRITE)
    now = context.app.clock()
    goal = None
    try:
        async with context.app.database.transaction(context.here.id, context.who.actor) as tx:
            booking = await bookings.get(tx, id)
            column = await resources.id_of(tx, wanted.from_resource_id)
            to = await resources.id_of(tx, wanted.resource_id) if wanted.resource_id else column
            span = _span(context.zone, booking.starts_at, booking.ends_at, wanted)
            goal = Move(id, column, to, *span, wanted.revision, wanted.notify)
            await bookings.move(tx, goal, now=now)
    except StaleRevision as refusal:
        refusal.details["event"] = await _event(context, id)
        raise
    except (SlotTaken, SlotNotOffered) as refusal:
        assert goal is not None  # what refused so was asked for it
        span = (goal.start, goal.end)
        raise await _explained(context, refusal, goal.to_id, span, id) from None
    return json_response({"id": id, "event": await _event(context, id)})


async def context_of(request: Request, scope: Scope = Scope.BOOKINGS_HOST) -> CalendarContext:
    """Who asks and of which organization. Raises Unauthenticated, OrgHidden and NotAllowed."""
    app, who = services(request), caller_of(request)
    if not who.scopes:
        raise OrgHidden() if who.user is not None else Unauthenticated()
    if not (who.may(scope) or (scope is Scope.BOOKINGS_HOST and who.may(Scope.BOOKINGS_READ))):
        raise NotAllowed()
    here = await app.directory.find(str(who.org_id))
    return CalendarContext(app, here, who, format_for(request, here))


async def shown(
    tx: Tx, context: CalendarContext, first: date, last: date, wanted: list[UUID] | None
) -> dict[str, Any]:
    """The agenda of some dates as JSON, of columns that the caller may see. Raises UnknownResource."""
    visible = await visible_columns(tx, context.who)
    if wanted is None:
        columns = visible[:MOST_COLUMNS]
    else:
        by_id = {column.id: column for column in visible}
        if not by_id.keys() >= set(wanted):
            raise UnknownResource()
        columns = [by_id[id_] for id_ in dict.fromkeys(wanted)]
    since, until = day_span(context.zone, first)[0], day_span(context.zone, last)[1]
    now = context.app.clock()
    seen = await bookings.agenda(tx, ids_of(columns), bookings.instant(since), bookings.instant(until), now)
    return agenda_view(seen, columns, (first, last), context.zone, context.speech, now, writes=context.writes)


async def visible_columns(tx: Tx, who: Caller) -> list[CalendarResource]:
    """The columns that someone may see: who only hosts sees their own."""
    columns = await bookings.columns(tx)
    if who.host_filter is None:
        return columns
    return [column for column in columns if column.email and column.email == who.host_filter]


async def offers_of(tx: Tx, resource_id: UUID) -> list[dict[str, Any]]:
    """What can be booked with a resource, itself first."""
    found = []
    for resource in await resources.bookable(tx):
        offer = resources.cached_offer(tx, resource.id) or await resources.offer(tx, resource.id)
        if can_use(offer, resource_id):
            found.append({"id": resource.id, "title": resource.title, "minutes": offer.rules.durations})
    return sorted(found, key=lambda one: one["id"] != resource_id)


def _span(
    zone: ZoneInfo, starts_at: datetime, ends_at: datetime, wanted: MoveRequest
) -> tuple[datetime, datetime]:
    """The new times: what is left out stays, and the length stays where only the start is said."""
    start = resolve_wall_time(zone, wanted.local_start, wanted.fold) if wanted.local_start else starts_at
    if wanted.local_end is None:
        return start, start + (ends_at - starts_at)
    return start, _end(zone, wanted.local_end, start, wanted)


def _end(zone: ZoneInfo, wall: datetime, start: datetime, wanted: MoveRequest | CreateRequest) -> datetime:
    return end_meant(zone, wall, start, wanted.fold if wanted.end_fold is None else wanted.end_fold)


async def _event(context: CalendarContext, booking_id: UUID) -> dict[str, Any] | None:
    """One booking as the calendar shows it now; None when it stands nowhere any more."""
    async with context.app.database.transaction(context.here.id, context.who.actor) as tx:
        booking = await bookings.get(tx, booking_id)
        ids = ids_of(await visible_columns(tx, context.who))
        seen = await bookings.agenda(tx, ids, booking.starts_at, booking.ends_at, context.app.clock())
    entry = next((entry for entry in seen.entries if entry.booking_id == booking_id), None)
    if entry is None:
        return None
    return event_view(
        entry, Written(context.zone, context.speech), _whys(context.speech), writes=context.writes
    )


async def _explained(
    context: CalendarContext,
    refusal: DomainError,
    resource_id: UUID,
    span: tuple[datetime, datetime],
    own: UUID | None,
) -> DomainError:
    """The same refusal in the caller's language, with who is in the way in that column."""
    async with context.app.database.transaction(context.here.id, context.who.actor) as tx:
        around = bookings.agenda(tx, [resource_id], span[0], span[1] + _SECOND, context.app.clock())
        entries = (await around).entries
    refusal.details["in_the_way"] = [
        {
            "booking_id": entry.booking_id,
            "who": entry.who,
            "title": entry.title,
            "label": label(entry.start, entry.end, context.zone, context.speech),
        }
        for entry in entries
        if entry.booking_id != own
    ]
    for reason in refusal.details.get("reasons", ()):
        reason["sentence"] = context.speech.translated(reason["sentence"])
    return refusal


def _whys(speech: LocaleFormat) -> dict[str, str]:
    return {code: speech.translated(sentence) for code, sentence in WHY_NOT.items()}
