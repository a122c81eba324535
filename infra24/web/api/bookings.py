"""The bookings door: make, read, change, cancel; by key, or by the booking's own token."""

import base64
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import Field

from infra24 import bookings, organizations
from infra24.bookings import Booking, By, IllegalMove, Person, Status, Wish
from infra24.db import Tx
from infra24.errors import Forbidden, Invalid, Problem, Refusal
from infra24.people import Scope
from infra24.rate_limits import Client
from infra24.resources import ANYONE, Choice
from infra24.web.api.answers import answer, with_alternatives
from infra24.web.api.fields import Body, Email, Instant, Json, Name, PageSize, Phone, Text
from infra24.web.api.views import booking_view, links
from infra24.web.caller import Caller, caller_of, open_booking, org_id_of
from infra24.web.idempotency import once
from infra24.web.limiting import charge_organization, client_of, one_at_a_time
from infra24.web.services import Services, services


class StaffOnly(Forbidden):
    """Only staff can do this."""


class WrongCursor(Invalid):
    """This cursor does not come from an earlier page."""


class NewBooking(Body):
    """A booking as the seeds write it."""

    org_id: UUID
    resource_id: UUID
    start_time: Instant
    end_time: Instant
    artist_name: Name
    artist_email: Email
    goal_text: Text = ""
    consent_recording: bool = False
    phone: Phone = ""
    location_details: Text = ""
    answers: Json = Field(default_factory=dict)
    staff_id: UUID | None = None


class NewHold(Body):
    """A time to keep while a form is filled in."""

    org_id: UUID
    resource_id: UUID
    start_time: Instant
    end_time: Instant
    staff_id: UUID | None = None


class Change(Body):
    """What to change: a state, a time, or who books. What is left out stays."""

    status: Literal["pending", "confirmed", "completed", "cancelled", "no_show"] | None = None
    start_time: Instant | None = None
    end_time: Instant | None = None
    artist_name: Name | None = None
    artist_email: Email | None = None
    goal_text: Text | None = None
    consent_recording: bool | None = None
    phone: Phone | None = None
    location_details: Text | None = None
    answers: Json | None = None
    reason: Text = ""


class Move(Body):
    """Another time for a booking; without an end it keeps its length."""

    start_time: Instant
    end_time: Instant | None = None


async def create(request: Request, wish: NewBooking) -> Response:
    """Book a time. 409 carries up to three free times nearest to it. Honours Idempotency-Key."""
    person = Person(
        wish.artist_name,
        wish.artist_email,
        wish.goal_text,
        wish.consent_recording,
        phone=wish.phone,
        location_details=wish.location_details,
        answers=wish.answers,
    )
    return await _place(request, wish, person)


async def hold(request: Request, wish: NewHold) -> Response:
    """Keep a time for some minutes. Confirm it with PUT /api/bookings/{token}."""
    return await _place(request, wish, None)


async def list_bookings(
    request: Request,
    since: Instant | None = None,
    until: Instant | None = None,
    status: Status | None = None,
    resource_id: UUID | None = None,
    q: Annotated[str | None, Query(max_length=100, description="part of a name or e-mail")] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: PageSize = 50,
) -> Response:
    """The organization's bookings by time, a page at a time. For staff."""
    found, who = services(request), caller_of(request)
    async with found.database.transaction(org_id_of(request), who.actor) as tx:
        filters = bookings.Filters(since, until, status, resource_id, text=q)
        page = await bookings.listed(tx, filters, after=_read_cursor(cursor), limit=limit)
    return answer(
        {
            "bookings": [booking_view(booking) for booking in page],
            "next": _cursor(page[-1]) if len(page) == limit else None,
        }
    )


async def read(request: Request, id: str) -> Response:
    """One booking. `id` is its id (with the key or its token) or its token."""
    found, who = services(request), caller_of(request)
    async with found.database.transaction(org_id_of(request), who.actor) as tx:
        booking, _ = await open_booking(tx, who, id)
    return answer(booking_view(booking))


async def change(request: Request, id: str, wanted: Change) -> Response:
    """Change a booking's state, time or details. The booker may do what their pages let them do."""
    return await _change(request, id, wanted)


async def cancel(request: Request, id: str) -> Response:
    """Cancel a booking. Twice is once."""
    found, who = services(request), caller_of(request)
    async with found.database.transaction(org_id_of(request), who.actor) as tx:
        booking, by = await open_booking(tx, who, id, write=True)
        booking = await _moved(tx, booking, Status.CANCELLED, who, by, "", found.clock())
    return answer(booking_view(booking))


async def manage(request: Request) -> Response:
    """Read a booking by its token (?token=)."""
    found, who = services(request), caller_of(request)
    async with found.database.transaction(org_id_of(request), who.actor) as tx:
        booking, _ = await open_booking(tx, who, who.shown.token or "")
    return answer(booking_view(booking))


async def manage_move(request: Request, wanted: Move) -> Response:
    """Reschedule a booking by its token (?token=)."""
    move = Change(start_time=wanted.start_time, end_time=wanted.end_time)
    return await _change(request, caller_of(request).shown.token or "", move)


async def manage_cancel(request: Request) -> Response:
    """Cancel a booking by its token (?token=)."""
    found, who = services(request), caller_of(request)
    async with found.database.transaction(org_id_of(request), who.actor) as tx:
        booking, by = await open_booking(tx, who, who.shown.token or "", write=True)
        booking = await bookings.cancel(tx, booking.id, by=by, now=found.clock())
    return answer(booking_view(booking))


async def ics(request: Request, id: str) -> Response:
    """The booking as a calendar file (RFC 5545)."""
    found, who = services(request), caller_of(request)
    async with found.database.transaction(org_id_of(request), who.actor) as tx:
        booking, by = await open_booking(tx, who, id)
        organization = await organizations.get(tx)
    where, _ = _own_page(found, who, booking, by, organization.slug)
    file = bookings.calendar_file(booking, organization.name, where, found.clock())
    name = f'attachment; filename="booking-{booking.reference}.ics"'
    return Response(file, 200, {"content-disposition": name}, "text/calendar")


async def calendar_urls(request: Request, id: str) -> Response:
    """Addresses that add the booking to Google, Outlook, Yahoo and Apple calendars."""
    found, who = services(request), caller_of(request)
    async with found.database.transaction(org_id_of(request), who.actor) as tx:
        booking, by = await open_booking(tx, who, id)
        organization = await organizations.get(tx)
    return answer(
        bookings.calendar_urls(
            booking, organization.name, *_own_page(found, who, booking, by, organization.slug)
        )
    )


def _own_page(found: Services, who: Caller, booking: Booking, by: By, slug: str) -> tuple[str, str]:
    """The page and the calendar file of a booking, for whoever asks: the booker's carry the token that can
    change it, so who may only read bookings gets the addresses that ask who they are."""
    if by is By.BOOKER or who.may(Scope.BOOKINGS_WRITE):
        to = links(found, found.tokens.of(booking.org_id, booking.id))
        return to["confirmation"], to["ics"]
    base = found.settings.base_url
    return f"{base}/{slug}/bookings/{booking.id}", f"{base}/api/bookings/{booking.id}/ics"


async def _place(request: Request, wish: NewBooking | NewHold, person: Person | None) -> Response:
    found = services(request)
    choice = Choice((wish.staff_id,)) if wish.staff_id else ANYONE
    org_id = await found.directory.org_of_resource(wish.resource_id)
    if org_id != wish.org_id:
        raise organizations.UnknownResource()
    charge_organization(request, org_id)
    client = client_of(request, org_id)
    wanted = Wish(wish.resource_id, wish.start_time, wish.end_time, person, choice, client=client)

    async def act(tx: Tx) -> tuple[int, dict[str, Any]]:
        verb = bookings.book if person else bookings.hold
        booking = await verb(tx, wanted, tokens=found.tokens, now=found.clock())
        token = found.tokens.of(org_id, booking.id)
        return 201, {**booking_view(booking), "token": token, "links": links(found, token)}

    async def refused(refusal: Refusal) -> Refusal:
        return await with_alternatives(
            found, org_id, wish.resource_id, wish.start_time, wish.end_time, refusal, choice=choice
        )

    return await once(request, org_id, act, refused)


async def _change(request: Request, wanted_id: str, wanted: Change) -> Response:
    found, who, org_id = services(request), caller_of(request), org_id_of(request)
    now = found.clock()
    booking = None
    try:
        async with one_at_a_time(request, org_id), found.database.transaction(org_id, who.actor) as tx:
            booking, by = await open_booking(tx, who, wanted_id, write=True)
            booking = await _changed(tx, booking, wanted, who, by, now, client_of(request, org_id))
    except Refusal as refusal:
        if booking is not None and wanted.start_time is not None:
            end = wanted.end_time or wanted.start_time + booking.length
            choice = Choice.read(booking.choice)
            await with_alternatives(
                found, org_id, booking.resource_id, wanted.start_time, end, refusal, choice=choice
            )
        raise
    return answer(booking_view(booking))


async def _changed(
    tx: Tx, booking: Booking, wanted: Change, who: Caller, by: By, now: datetime, client: Client | None
) -> Booking:
    """Each part of a change is a verb of its own; together they happen or not at all."""
    if wanted.end_time is not None and wanted.start_time is None:
        raise Problem({"start_time": "say when it starts as well as when it ends"})
    person = _person(booking, wanted)
    if booking.status is Status.HOLD and wanted.status == "confirmed":
        if wanted.start_time not in (None, booking.starts_at):
            raise Problem({"start_time": "a hold keeps one time; hold another, or confirm this one"})
        if not (person.name and person.email):
            raise Problem({"artist_email": "say who books: a name and an e-mail"})
        return await bookings.confirm_hold(tx, booking.id, person, now=now, client=client)
    if wanted.start_time is not None:
        end = wanted.end_time or wanted.start_time + booking.length
        booking = await bookings.reschedule(tx, booking.id, wanted.start_time, end, by=by, now=now)
    if person != _person(booking, Change()):
        booking = await bookings.correct_person(tx, booking.id, person, by=by, now=now)
    if wanted.status is not None and wanted.status != booking.status:
        booking = await _moved(tx, booking, Status(wanted.status), who, by, wanted.reason, now)
    return booking


async def _moved(
    tx: Tx, booking: Booking, status: Status, who: Caller, by: By, because: str, now: datetime
) -> Booking:
    if status is Status.CANCELLED:
        if by is By.STAFF and booking.status is Status.PENDING:
            who.require(Scope.BOOKINGS_APPROVE)
            return await bookings.decline(tx, booking.id, because=because, now=now)
        return await bookings.cancel(tx, booking.id, by=by, now=now, because=because)
    if by is not By.STAFF:
        raise StaffOnly()
    if status is Status.CONFIRMED:
        who.require(Scope.BOOKINGS_APPROVE)
        return await bookings.approve(tx, booking.id, now=now)
    if status is Status.COMPLETED:
        return await bookings.complete(tx, booking.id, now=now)
    if status is Status.NO_SHOW:
        return await bookings.mark_no_show(tx, booking.id, now=now)
    raise IllegalMove(booking.status, status)


def _person(booking: Booking, wanted: Change) -> Person:
    consent = wanted.consent_recording
    return Person(
        wanted.artist_name or booking.booker_name,
        wanted.artist_email or booking.booker_email,
        booking.goal_text if wanted.goal_text is None else wanted.goal_text,
        booking.consent_recording if consent is None else consent,
        booking.locale,
        booking.phone if wanted.phone is None else wanted.phone,
        booking.location_details if wanted.location_details is None else wanted.location_details,
        wanted.answers,
    )


def _cursor(booking: Booking) -> str:
    text = f"{booking.starts_at.astimezone(UTC).isoformat()} {booking.id}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def _read_cursor(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    try:
        at, id_ = base64.urlsafe_b64decode(cursor).decode().split(" ")
        return datetime.fromisoformat(at), UUID(id_)
    except ValueError:
        raise WrongCursor() from None
