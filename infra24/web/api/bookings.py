"""The bookings API: make, read, change, cancel; by key, or by the booking's own token."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Path, Query, Request, Response

from infra24 import bookings, organizations, resources
from infra24.availability.hours import day_span
from infra24.bookings import (
    BookerDetails,
    Booking,
    BookingPolicy,
    BookingRequest,
    IllegalTransition,
    Status,
)
from infra24.db import Tx
from infra24.errors import DomainError, Message, ValidationFailed
from infra24.people import Scope
from infra24.rate_limits import Client
from infra24.web.api import cursors
from infra24.web.api.fields import Day, Named, NotifyQuery, PageSize, Reason
from infra24.web.api.inputs import BookingChange, BookingMove, NewBooking, NewHold
from infra24.web.api.naming import organization_meant, with_host
from infra24.web.api.responses import add_alternatives, json_response
from infra24.web.api.views import made_view
from infra24.web.booking_access import authorize_booking
from infra24.web.caller import Caller, caller_of, org_id_of
from infra24.web.idempotency import attempt
from infra24.web.limiting import charge_organization, client_of, one_at_a_time
from infra24.web.services import Services, services

BookingNamed = Annotated[str, Path(max_length=200, description="The booking's id or its token.")]


async def create(request: Request, wanted: NewBooking) -> Response:
    """Book a time. 409 carries up to three free times nearest to it. Honours Idempotency-Key."""
    person = BookerDetails(
        wanted.artist_name,
        wanted.artist_email,
        wanted.goal_text,
        wanted.consent_recording,
        phone=wanted.phone,
        location_details=wanted.location_details,
        answers=wanted.answers,
        wants_texts=wanted.wants_texts,
        zone=wanted.booker_time_zone,
    )
    return await _place(request, wanted, person)


async def hold(request: Request, wanted: NewHold) -> Response:
    """Keep a time for some minutes. Confirm it with PUT /api/bookings/{token}."""
    return await _place(request, wanted, None)


async def list_bookings(
    request: Request,
    start_date: Annotated[
        Day | None, Query(description="From this date of the organization's zone on.")
    ] = None,
    end_date: Annotated[Day | None, Query(description="Until this date, included.")] = None,
    status: Annotated[Status | None, Query(description="Only bookings with this status.")] = None,
    resource_id: Annotated[Named | None, Query(description="Only of this resource, by id or slug.")] = None,
    q: Annotated[str | None, Query(max_length=100, description="A part of a name or e-mail.")] = None,
    cursor: Annotated[str | None, Query(max_length=200, description="The `next` of the page before.")] = None,
    limit: PageSize = 50,
) -> Response:
    """The organization's bookings by time, a page at a time. For staff."""
    app, who = services(request), caller_of(request)
    if start_date and end_date and end_date < start_date:
        raise ValidationFailed({"end_date": Message("must not be before start_date")})
    async with app.database.transaction(org_id_of(request), who.actor) as tx:
        zone = ZoneInfo((await organizations.get(tx)).time_zone)
        since = bookings.instant(day_span(zone, start_date)[0]) if start_date else None
        until = bookings.instant(day_span(zone, end_date)[1]) if end_date else None
        of = await resources.id_of(tx, resource_id) if resource_id else None
        filters = bookings.Filters(since, until, status, of, text=q)
        page = await bookings.page(tx, filters, after=cursors.read(cursor), limit=limit)
    return json_response(
        {
            "bookings": [bookings.represent(booking) for booking in page],
            "next": cursors.write(page[-1]) if len(page) == limit else None,
        }
    )


async def read(request: Request, id: BookingNamed) -> Response:
    """One booking. `id` is its id (with the key or its token) or its token."""
    app, who = services(request), caller_of(request)
    async with app.database.transaction(org_id_of(request), who.actor) as tx:
        booking, _ = await authorize_booking(tx, who, id)
    return json_response(bookings.represent(booking))


async def change(request: Request, id: BookingNamed, wanted: BookingChange) -> Response:
    """Change a booking's state, time or details. The booker may do what their pages let them do."""
    return await _change(request, id, wanted)


async def cancel(
    request: Request, id: BookingNamed, reason: Reason = "", notify: NotifyQuery = True
) -> Response:
    """Cancel a booking. Safe to repeat."""
    return await _cancel(request, id, reason, notify)


async def manage(request: Request) -> Response:
    """Read a booking by its token (?token=)."""
    app, who = services(request), caller_of(request)
    async with app.database.transaction(org_id_of(request), who.actor) as tx:
        booking, _ = await authorize_booking(tx, who, who.credentials.token or "")
    return json_response(bookings.represent(booking))


async def manage_move(request: Request, wanted: BookingMove) -> Response:
    """Reschedule a booking by its token (?token=)."""
    move = BookingChange(start_time=wanted.start_time, end_time=wanted.end_time)
    return await _change(request, caller_of(request).credentials.token or "", move)


async def manage_cancel(request: Request, reason: Reason = "") -> Response:
    """Cancel a booking by its token (?token=)."""
    return await _cancel(request, caller_of(request).credentials.token or "", reason, True)


async def ics(request: Request, id: BookingNamed) -> Response:
    """The booking as a calendar file (RFC 5545)."""
    app, who = services(request), caller_of(request)
    async with app.database.transaction(org_id_of(request), who.actor) as tx:
        booking, policy = await authorize_booking(tx, who, id)
        organization = await organizations.get(tx)
    where, _ = _own_page(app, who, booking, policy, organization.slug)
    file = bookings.calendar_file(booking, organization.name, where, app.clock())
    name = f'attachment; filename="booking-{booking.reference}.ics"'
    return Response(file, 200, {"content-disposition": name}, "text/calendar")


async def calendar_urls(request: Request, id: BookingNamed) -> Response:
    """Addresses that add the booking to Google, Outlook, Yahoo and Apple calendars."""
    app, who = services(request), caller_of(request)
    async with app.database.transaction(org_id_of(request), who.actor) as tx:
        booking, policy = await authorize_booking(tx, who, id)
        organization = await organizations.get(tx)
    return json_response(
        bookings.calendar_urls(
            booking, organization.name, *_own_page(app, who, booking, policy, organization.slug)
        )
    )


def _own_page(
    app: Services, who: Caller, booking: Booking, policy: BookingPolicy, slug: str
) -> tuple[str, str]:
    """The page and the calendar file of a booking, for whoever asks: the booker's carry the token that can
    change it, so who may only read bookings gets the addresses that ask who they are."""
    if not policy.is_staff or who.may(Scope.BOOKINGS_WRITE):
        to = bookings.holder_links(app.settings.base_url, app.tokens.of(booking.org_id, booking.id))
        return to["confirmation"], to["ics"]
    base = app.settings.base_url
    return f"{base}/{slug}/bookings/{booking.id}", f"{base}/api/bookings/{booking.id}/ics"


async def _place(request: Request, wanted: NewBooking | NewHold, person: BookerDetails | None) -> Response:
    app = services(request)
    org_id = await organization_meant(app, "resource_id", wanted.resource_id, wanted.org_id)
    charge_organization(request, org_id)
    attempted = await attempt(request, org_id)
    if attempted.earlier is not None:
        return attempted.earlier
    async with attempted.transaction() as tx:
        attempted.wanted = BookingRequest(
            await resources.id_of(tx, wanted.resource_id),
            wanted.start_time,
            wanted.end_time,
            person,
            await with_host(tx, wanted.staff_id),
            policy=caller_of(request).policy(org_id),
            client=client_of(request, org_id),
        )
        operation = bookings.book if person else bookings.hold
        booking = await operation(tx, attempted.wanted, tokens=app.tokens, now=app.clock())
        attempted.answer(201, made_view(app, booking))
    return attempted.response


async def _cancel(request: Request, wanted: str, reason: str, notify: bool) -> Response:
    app, who = services(request), caller_of(request)
    if await request.body():
        raise ValidationFailed({"body": Message("is not read when cancelling: send the reason as ?reason=")})
    async with app.database.transaction(org_id_of(request), who.actor) as tx:
        booking, policy = await authorize_booking(tx, who, wanted, write=True)
        policy = replace(policy, notifies=notify or not policy.is_staff)
        booking = await bookings.cancel(tx, booking.id, policy, now=app.clock(), reason=reason)
    return json_response(bookings.represent(booking))


async def _change(request: Request, wanted_id: str, wanted: BookingChange) -> Response:
    app, who, org_id = services(request), caller_of(request), org_id_of(request)
    now = app.clock()
    booking = None
    try:
        async with one_at_a_time(request, org_id), app.database.transaction(org_id, who.actor) as tx:
            booking, policy = await authorize_booking(tx, who, wanted_id, write=True)
            policy = replace(policy, notifies=wanted.notify or not policy.is_staff)
            booking = await _changed(tx, booking, wanted, policy, now, client_of(request, org_id))
    except DomainError as refusal:
        if booking is not None and wanted.start_time is not None:
            refused = BookingRequest.of(booking, *_times(booking, wanted), policy)
            await add_alternatives(app, org_id, refused, refusal, moving=booking)
        raise
    return json_response(bookings.represent(booking))


def _times(booking: Booking, wanted: BookingChange) -> tuple[datetime, datetime]:
    """When it is to be; a change without an end keeps its length."""
    start = wanted.start_time or booking.starts_at
    return start, wanted.end_time or start + booking.length


async def _changed(
    tx: Tx,
    booking: Booking,
    wanted: BookingChange,
    policy: BookingPolicy,
    now: datetime,
    client: Client | None,
) -> Booking:
    """Each part of a change is an operation; all of them happen, or none."""
    if wanted.end_time is not None and wanted.start_time is None:
        raise ValidationFailed({"start_time": Message("say when it starts as well as when it ends")})
    person = _person(booking, wanted)
    if booking.status is Status.HOLD and wanted.status == "confirmed":
        if not (person.name and person.email):
            raise ValidationFailed({"artist_email": Message("say who books: a name and an e-mail")})
        return await bookings.confirm_hold(
            tx, booking.id, person, policy, now=now, client=client, at=_times(booking, wanted)
        )
    if wanted.start_time is not None:
        start, end = _times(booking, wanted)
        booking = await bookings.reschedule(tx, booking.id, start, end, policy, now=now, client=client)
    if person != _person(booking, BookingChange()):
        booking = await bookings.update_booker(tx, booking.id, person, policy, now=now)
    if wanted.status is not None and wanted.status != booking.status:
        booking = await _transition(tx, booking, Status(wanted.status), policy, wanted.reason, now)
    return booking


async def _transition(
    tx: Tx, booking: Booking, status: Status, policy: BookingPolicy, reason: str, now: datetime
) -> Booking:
    if status is Status.CANCELLED:
        return await bookings.cancel(tx, booking.id, policy, now=now, reason=reason)
    operation = _OPERATIONS.get(status)
    if operation is None:
        raise IllegalTransition(booking.status, status)
    return await operation(tx, booking.id, policy, now=now)


_OPERATIONS = {
    Status.CONFIRMED: bookings.approve,
    Status.COMPLETED: bookings.complete,
    Status.NO_SHOW: bookings.mark_no_show,
}


def _person(booking: Booking, wanted: BookingChange) -> BookerDetails:
    consent = wanted.consent_recording
    return BookerDetails(
        wanted.artist_name or booking.booker_name,
        wanted.artist_email or booking.booker_email,
        booking.goal_text if wanted.goal_text is None else wanted.goal_text,
        booking.consent_recording if consent is None else consent,
        booking.locale,
        booking.phone if wanted.phone is None else wanted.phone,
        booking.location_details if wanted.location_details is None else wanted.location_details,
        wanted.answers,
        booking.wants_texts if wanted.wants_texts is None else wanted.wants_texts,
        booking.booker_zone if wanted.booker_time_zone is None else wanted.booker_time_zone,
    )
