"""Booking by appointment type, staff and link: /api/booking/availability and /api/booking/create."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Query, Request, Response
from pydantic import Field

from infra24 import booking_links, bookings, organizations, resources
from infra24.availability.hours import day_span
from infra24.availability.json_reader import zone_named
from infra24.booking_links import BookingLink
from infra24.bookings import BookerDetails, BookingRequest
from infra24.db import Tx
from infra24.errors import Invalid, Message
from infra24.organizations import UnknownResource
from infra24.resources import ANYONE, HostPreference, Offer
from infra24.web.api.availability import Length, check_range
from infra24.web.api.fields import Body, Day, EndDate, Instant, Named
from infra24.web.api.inputs import (
    Answers,
    BookerEmail,
    BookerName,
    BookerPhone,
    Details,
    Goal,
    HostNamed,
    Start,
)
from infra24.web.api.naming import host_id, organization_meant
from infra24.web.api.responses import json_response
from infra24.web.api.views import made_view
from infra24.web.caller import caller_of
from infra24.web.idempotency import attempt
from infra24.web.limiting import charge_organization, charge_range, client_of
from infra24.web.services import Services, services

MOST_TYPES = 20
Zone = Annotated[
    str,
    Query(max_length=64, description="The zone of dates and times, an IANA name; else the organization's."),
]
LinkAsked = Annotated[Named | None, Query(description="The slug of a booking link; with `org` also its id.")]
Signed = "What opens a private link: the `signed` of its address."
TypeNamed = Annotated[
    Named, Field(description="The id of an appointment type; its slug beside org or a link.")
]


class NothingNamed(Invalid):
    """Say what to book: a link, an organization or an appointment type."""


class UnknownZone(Invalid):
    """That is not a time zone; write an IANA name such as America/New_York."""


class NewStaffBooking(Body):
    """A booking by link or by type."""

    link_slug: Annotated[Named | None, Field(description="The slug of the booking link to book by.")] = None
    org: Annotated[Named | None, Field(description="The organization's slug or id.")] = None
    staff_id: HostNamed | None = None
    appointment_type_id: TypeNamed | None = None
    start_time: Start
    end_time: Annotated[
        Instant | None, Field(description="When it ends; else after the shortest length.")
    ] = None
    attendee_name: BookerName
    attendee_email: BookerEmail
    attendee_phone: BookerPhone = ""
    description: Goal = ""
    location_details: Details = ""
    answers: Answers = Field(default_factory=dict)
    signed: Annotated[str | None, Field(max_length=4_000, description=Signed)] = None


async def staff_availability(
    request: Request,
    link: LinkAsked = None,
    org: Annotated[Named | None, Query(description="The organization's slug or id.")] = None,
    on: Annotated[Day | None, Query(alias="date", description="One date, instead of a range.")] = None,
    start_date: Annotated[Day | None, Query(description="The first date.")] = None,
    end_date: EndDate = None,
    duration: Length = None,
    appointment_type_id: Annotated[
        Named | None, Query(description="Only this type; all if left out.")
    ] = None,
    staff_id: Annotated[Named | None, Query(description="Only with this host, by id or slug.")] = None,
    timezone: Zone = "",
    signed: Annotated[str | None, Query(max_length=4_000, description=Signed)] = None,
) -> Response:
    """Free times by link or organization. Of one type or all (20 at most), with staff where it is known.

    Each free host has a slot of their own, with their name. Slots of round robins and of several hosts
    together name no host. Dates and times are in `timezone`.
    """
    first, last = _dates(on or start_date, end_date)
    app, now = services(request), services(request).clock()
    org_id = await _organization(app, link, org, appointment_type_id)
    charge_organization(request, org_id)
    async with app.database.transaction(org_id, caller_of(request).actor) as tx:
        here = await organizations.get(tx)
        by = await _open_link(tx, app, link, signed)
        zone = _zone(timezone or here.time_zone)
        type_id, staff = await _id(tx, appointment_type_id), await host_id(tx, staff_id)
        choice = _choice(by, staff)
        slots: list[dict[str, Any]] = []
        types = await _types(tx, by, type_id)
        charge_range(request, (last - first).days + 1, len(types))
        for id_ in types:
            if staff and by is None and not await _can_ask(tx, id_, staff, type_id):
                continue
            slots += await _slots(tx, id_, zone, (first, last), duration, choice, now)
    slots.sort(key=lambda slot: (slot["start"], str(slot["appointment_type_id"]), slot["staff_name"] or ""))
    said = {"slug": by.slug, "name": by.title, "type": by.kind} if by else None
    return json_response({"success": True, "timezone": zone.key, "slots": slots, "booking_link": said})


async def create_staffed(request: Request, wanted: NewStaffBooking) -> Response:
    """Book by link or type. 409 carries up to three free times nearest to it. Honours Idempotency-Key."""
    app = services(request)
    org_id = await _organization(app, wanted.link_slug, wanted.org, wanted.appointment_type_id)
    charge_organization(request, org_id)
    person = BookerDetails(
        wanted.attendee_name,
        wanted.attendee_email,
        wanted.description,
        phone=wanted.attendee_phone,
        location_details=wanted.location_details,
        answers=wanted.answers,
    )
    attempted = await attempt(request, org_id)
    if attempted.earlier is not None:
        return attempted.earlier
    async with attempted.transaction() as tx:
        policy, client = caller_of(request).policy(org_id), client_of(request, org_id)
        requested = await _requested(tx, app, wanted, person)
        attempted.wanted = replace(requested, policy=policy, client=client)
        booking = await bookings.book(tx, attempted.wanted, tokens=app.tokens, now=app.clock())
        attempted.answer(201, made_view(app, booking))
    return attempted.response


async def _requested(tx: Tx, app: Services, wanted: NewStaffBooking, person: BookerDetails) -> BookingRequest:
    """What is wanted, as the operations take it: by the link that is open, or by the type that is named."""
    by = await _open_link(tx, app, wanted.link_slug, wanted.signed)
    types = await _types(tx, by, await _id(tx, wanted.appointment_type_id))
    if len(types) != 1:
        raise NothingNamed(Message("Say which appointment type: appointment_type_id."))
    offer = await resources.offer(tx, types[0])
    end = wanted.end_time or wanted.start_time + timedelta(minutes=min(offer.rules.durations))
    choice = _choice(by, await host_id(tx, wanted.staff_id))
    return BookingRequest(types[0], wanted.start_time, end, person, choice, by.id if by else None)


def _dates(first: date | None, last: date | None) -> tuple[date, date]:
    if first is None:
        raise NothingNamed(Message("Say when: date, or start_date and end_date."))
    check_range(first, last or first)
    return first, last or first


async def _organization(app: Services, link: str | None, org: str | None, type_: str | None) -> UUID:
    if org:
        return (await app.directory.find(org)).id
    if link:
        return await booking_links.org_of_link(app.database, link)
    if type_:
        return await organization_meant(app, "appointment_type_id", type_, None)
    raise NothingNamed()


async def _id(tx: Tx, named: str | None) -> UUID | None:
    return await resources.id_of(tx, named) if named else None


async def _open_link(tx: Tx, app: Services, slug: str | None, signed: str | None) -> BookingLink | None:
    """The link that is named, if it is open to whoever asks: a private one needs its signature."""
    if slug is None:
        return None
    link, now = await booking_links.get(tx, slug), app.clock()
    booking_links.check_open(link, now)
    if link.is_private and booking_links.read_private(app.tokens, tx.org_id, link.id, signed, now) is None:
        raise booking_links.UnknownLink()
    return link


async def _types(tx: Tx, by: BookingLink | None, type_id: UUID | None) -> list[UUID]:
    """The offers in question: the one that is named, or those of the link or the organization."""
    if by is not None:
        own = [id_ for id_, _, _ in by.offers]
        if type_id is not None and type_id not in own:
            raise UnknownResource()
        return [type_id] if type_id else own
    if type_id is not None:
        return [type_id]
    offered = [r.id for r in await resources.bookable(tx, limit=200) if r.is_offered]
    return offered[:MOST_TYPES]


def _choice(by: BookingLink | None, staff_id: UUID | None) -> HostPreference:
    if by is not None:
        return booking_links.choice_of(by, staff_id)
    return HostPreference((staff_id,)) if staff_id else ANYONE


async def _can_ask(tx: Tx, id_: UUID, staff_id: UUID, named: UUID | None) -> bool:
    """Whether one can ask for this host; an offer that was named refuses, the others are passed over."""
    offer = await resources.offer(tx, id_)
    if named is not None:
        offer.check_host_request()
    return offer.allows_host_request and staff_id in {host.id for host in offer.hosts}


async def _slots(
    tx: Tx,
    id_: UUID,
    zone: ZoneInfo,
    dates: tuple[date, date],
    minutes: int | None,
    choice: HostPreference,
    now: datetime,
) -> list[dict[str, Any]]:
    span = (bookings.instant(day_span(zone, dates[0])[0]), bookings.instant(day_span(zone, dates[1])[1]))
    offer, length, free = await bookings.host_slots(tx, id_, span, minutes, now, choice=choice)
    return [slot for start, hosts in free.items() for slot in _each(offer, zone, start, length, hosts)]


def _each(offer: Offer, zone: ZoneInfo, start: int, length: int, hosts: list[UUID]) -> list[dict[str, Any]]:
    at = bookings.instant(start).astimezone(zone)
    slot = {
        "start": at.isoformat(),
        "end": bookings.instant(start + length).astimezone(zone).isoformat(),
        "duration": length // 60,
        "staff_id": None,
        "staff_name": None,
        "appointment_type_id": offer.resource.id,
    }
    together = offer.staff is not None and offer.pools[offer.staff].count > 1
    if not hosts or together or offer.takes_turns:
        return [slot]
    names = offer.occupants
    return [{**slot, "staff_id": host, "staff_name": names[host].name} for host in hosts]


def _zone(name: str) -> ZoneInfo:
    try:
        return zone_named(name)
    except ValueError:
        raise UnknownZone() from None
