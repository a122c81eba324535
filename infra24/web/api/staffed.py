"""Booking by appointment type, staff and link: /api/booking/availability and /api/booking/create."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Query, Request, Response
from pydantic import Field

from infra24 import booking_links, bookings, organizations, resources
from infra24.availability import Pooling
from infra24.availability.documents import zone_named
from infra24.availability.hours import day_span
from infra24.booking_links import BookingLink
from infra24.bookings import Person, Wish
from infra24.db import Tx
from infra24.errors import Invalid, Refusal
from infra24.organizations import UnknownResource
from infra24.resources import ANYONE, Choice, Offer
from infra24.web.api.answers import answer, with_alternatives
from infra24.web.api.availability import check_range
from infra24.web.api.fields import Body, Day, Email, Instant, Json, Minutes, Name, Phone, Text
from infra24.web.api.views import booking_view, links
from infra24.web.caller import caller_of
from infra24.web.idempotency import once
from infra24.web.limiting import charge_organization, charge_range, client_of
from infra24.web.services import Services, services

MOST_TYPES = 20
Zone = Annotated[str, Query(max_length=64, description="an IANA name; the organization's if left out")]


class NothingNamed(Invalid):
    """Say what to book: a link, an organization or an appointment type."""


class UnknownZone(Invalid):
    """That is not a time zone; write an IANA name such as America/New_York."""


class NewStaffBooking(Body):
    """A booking by link or by type. `staff_id` left out: whoever the link or type gives."""

    link_slug: str | None = Field(default=None, max_length=64)
    org: str | None = Field(default=None, max_length=64)
    staff_id: UUID | None = None
    appointment_type_id: UUID | None = None
    start_time: Instant
    end_time: Instant | None = None
    attendee_name: Name
    attendee_email: Email
    attendee_phone: Phone = ""
    description: Text = ""
    location_details: Text = ""
    answers: Json = Field(default_factory=dict)
    signed: str | None = Field(default=None, max_length=4_000)


async def staff_availability(
    request: Request,
    link: Annotated[str | None, Query(max_length=64)] = None,
    org: Annotated[str | None, Query(max_length=64)] = None,
    on: Annotated[Day | None, Query(alias="date")] = None,
    start_date: Day | None = None,
    end_date: Day | None = None,
    duration: Minutes | None = None,
    appointment_type_id: UUID | None = None,
    staff_id: UUID | None = None,
    timezone: Zone = "",
    signed: Annotated[str | None, Query(max_length=4_000)] = None,
) -> Response:
    """Free times by link or organization, of one type or all (20 at most), with staff where it is known.

    A slot names its host, one slot for each who is free; of a round robin and of several hosts together
    it names nobody. Dates are those of `timezone`, in which times are written.
    """
    first = on or start_date
    if first is None:
        raise NothingNamed("Say when: date, or start_date and end_date.")
    last = end_date or first
    days = check_range(first, last)
    found, now = services(request), services(request).clock()
    org_id = await _organization(found, link, org, appointment_type_id)
    charge_organization(request, org_id)
    async with found.database.transaction(org_id, caller_of(request).actor) as tx:
        here = await organizations.get(tx)
        by = await _open_link(tx, found, link, signed)
        zone = _zone(timezone or here.time_zone)
        choice = _choice(by, staff_id)
        slots: list[dict[str, Any]] = []
        types = await _types(tx, by, appointment_type_id)
        charge_range(request, days, len(types))
        for id_ in types:
            if staff_id and by is None and not await _can_ask(tx, id_, staff_id, appointment_type_id):
                continue
            slots += await _slots(tx, id_, zone, (first, last), duration, choice, now)
    slots.sort(key=lambda slot: (slot["start"], str(slot["appointment_type_id"]), slot["staff_name"] or ""))
    said = {"slug": by.slug, "name": by.title, "type": by.kind} if by else None
    return answer({"success": True, "timezone": zone.key, "slots": slots, "booking_link": said})


async def create_staffed(request: Request, wanted: NewStaffBooking) -> Response:
    """Book by link or type. 409 carries up to three free times nearest to it. Honours Idempotency-Key."""
    found = services(request)
    org_id = await _organization(found, wanted.link_slug, wanted.org, wanted.appointment_type_id)
    charge_organization(request, org_id)
    person = Person(
        wanted.attendee_name,
        wanted.attendee_email,
        wanted.description,
        phone=wanted.attendee_phone,
        location_details=wanted.location_details,
        answers=wanted.answers,
    )
    asked: list[Wish] = []

    async def act(tx: Tx) -> tuple[int, dict[str, Any]]:
        wish = replace(await _wish(tx, found, wanted, person), client=client_of(request, org_id))
        asked.append(wish)
        booking = await bookings.book(tx, wish, tokens=found.tokens, now=found.clock())
        token = found.tokens.of(org_id, booking.id)
        return 201, {**booking_view(booking), "token": token, "links": links(found, token)}

    async def refused(refusal: Refusal) -> Refusal:
        if not asked:
            return refusal
        wish = asked[-1]
        return await with_alternatives(
            found, org_id, wish.resource_id, wish.starts_at, wish.ends_at, refusal, choice=wish.choice
        )

    return await once(request, org_id, act, refused)


async def _wish(tx: Tx, found: Services, wanted: NewStaffBooking, person: Person) -> Wish:
    """What is wanted, as the verbs want it: by the link that is open, or by the type that is named."""
    by = await _open_link(tx, found, wanted.link_slug, wanted.signed)
    types = await _types(tx, by, wanted.appointment_type_id)
    if len(types) != 1:
        raise NothingNamed("Say which appointment type: appointment_type_id.")
    offer = await resources.offer(tx, types[0])
    end = wanted.end_time or wanted.start_time + timedelta(minutes=min(offer.rules.durations))
    choice = _choice(by, wanted.staff_id)
    return Wish(types[0], wanted.start_time, end, person, choice, by.id if by else None)


async def _organization(found: Services, link: str | None, org: str | None, type_id: UUID | None) -> UUID:
    if org:
        return (await found.directory.find(org)).id
    if link:
        return await booking_links.org_of_link(found.database, link)
    if type_id:
        return await found.directory.org_of_resource(type_id)
    raise NothingNamed()


async def _open_link(tx: Tx, found: Services, slug: str | None, signed: str | None) -> BookingLink | None:
    """The link that is named, if it is open to whoever asks: a private one needs its signature."""
    if slug is None:
        return None
    link, now = await booking_links.get(tx, slug), found.clock()
    booking_links.check_open(link, now)
    if link.is_private and booking_links.read_private(found.tokens, tx.org_id, link.id, signed, now) is None:
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


def _choice(by: BookingLink | None, staff_id: UUID | None) -> Choice:
    if by is not None:
        return booking_links.choice_of(by, staff_id)
    return Choice((staff_id,)) if staff_id else ANYONE


async def _can_ask(tx: Tx, id_: UUID, staff_id: UUID, named: UUID | None) -> bool:
    """Whether one can ask for this host; an offer that was named refuses, the others are passed over."""
    offer = await resources.offer(tx, id_)
    if named is not None:
        offer.check_wish()
    return offer.takes_wishes and staff_id in {host.id for host in offer.hosts}


async def _slots(
    tx: Tx,
    id_: UUID,
    zone: ZoneInfo,
    dates: tuple[date, date],
    minutes: int | None,
    choice: Choice,
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
    if not hosts or together or offer.pooling is Pooling.ROUND_ROBIN:
        return [slot]
    names = offer.occupants
    return [{**slot, "staff_id": host, "staff_name": names[host].name} for host in hosts]


def _zone(name: str) -> ZoneInfo:
    try:
        return zone_named(name)
    except ValueError:
        raise UnknownZone() from None
