"""Read bookings and what is free: one booking by id or token, those of a series, the free starts of an
offer."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from infra24 import resources
from infra24.auth.tokens import hash_token, names_booking
from infra24.availability import Explanation, Reason, free_hosts, free_starts, why_none
from infra24.availability import explain as explain_start
from infra24.availability.hours import day_span
from infra24.bookings import busy_queries, queries
from infra24.bookings.model import Booking, UnknownBooking
from infra24.bookings.snapshots import check_bookable, instant, load_snapshot, run_engine, seconds
from infra24.db import Tx
from infra24.errors import Message, Unavailable
from infra24.resources import ANYONE, HostPreference

_TRIES = 5


async def get(tx: Tx, booking_id: UUID, *, lock: bool = False) -> Booking:
    """One booking. `lock` keeps others from changing it meanwhile. Raises UnknownBooking."""
    booking = await queries.get(tx, booking_id, lock=lock)
    if booking is None:
        raise UnknownBooking()
    return booking


async def of_series(tx: Tx, series_id: UUID, *, lock: bool = False) -> list[Booking]:
    """The bookings of a series by date, in one statement. `lock` keeps others from changing them."""
    return await queries.of_series(tx, series_id, lock=lock)


async def by_token(tx: Tx, token: str, opens: UUID | None) -> Booking:
    """The booking that a token opens: `opens`, which `Tokens.booking_of` found proved, or by its stored hash
    one of the first kind. Raises UnknownBooking, whatever is wrong with it."""
    if opens is not None:
        return await get(tx, opens)
    booking = await queries.by_token(tx, hash_token(token))
    if booking is None or names_booking(token, booking.id):  # made under a secret that is out of the ring
        raise UnknownBooking()
    return booking


async def day_slots(
    tx: Tx,
    resource_id: UUID,
    first: date,
    last: date,
    minutes: int | None,
    now: datetime,
) -> tuple[resources.Offer, int, list[int]]:
    """As `slots`, from the first instant of one date to the last of another, in the resource's zone."""
    offer = resources.cached_offer(tx, resource_id) or await resources.offer(tx, resource_id)
    for _ in range(_TRIES):
        zone = offer.rules.zone
        span = (instant(day_span(zone, first)[0]), instant(day_span(zone, last)[1]))
        offer, length, starts = await slots(tx, resource_id, span, minutes, now)
        if offer.rules.zone == zone:  # else what we remembered was old, and dates begin elsewhere
            return offer, length, starts
    raise Unavailable(Message("Its rules are being changed right now. Try again in a moment."))


async def slots(
    tx: Tx,
    resource_id: UUID,
    span: tuple[datetime, datetime],
    minutes: int | None,
    now: datetime,
    *,
    choice: HostPreference = ANYONE,
    ignoring: Sequence[UUID] = (),
) -> tuple[resources.Offer, int, list[int]]:
    """The offer, the length in seconds, and its free starts in a span (seconds since 1970).

    `choice` is with whom; `ignoring` are bookings of the asker's own, whose time counts as free.
    """
    length = timedelta(minutes=minutes) if minutes else None
    seen = await load_snapshot(tx, resource_id, span, length, now, choice=choice, ignoring=ignoring)
    check_bookable(seen.offer)
    return seen.offer, seen.timetable.length, await run_engine(free_starts, seen.timetable)


async def host_slots(
    tx: Tx,
    resource_id: UUID,
    span: tuple[datetime, datetime],
    minutes: int | None,
    now: datetime,
    *,
    choice: HostPreference = ANYONE,
) -> tuple[resources.Offer, int, dict[int, list[UUID]]]:
    """As `slots`, with the hosts who could take each start."""
    length = timedelta(minutes=minutes) if minutes else None
    seen = await load_snapshot(tx, resource_id, span, length, now, choice=choice)
    free = await run_engine(free_hosts, seen.timetable)
    return seen.offer, seen.timetable.length, {s: [UUID(str(k)) for k in keys] for s, keys in free.items()}


async def explain(
    tx: Tx,
    resource_id: UUID,
    start: datetime,
    minutes: int | None,
    now: datetime,
    *,
    choice: HostPreference = ANYONE,
) -> tuple[resources.Offer, Explanation]:
    """Why a start is offered or not, by the engine that offers it."""
    length = timedelta(minutes=minutes) if minutes else None
    span = (start, start + timedelta(seconds=1))
    seen = await load_snapshot(tx, resource_id, span, length, now, choice=choice)
    return seen.offer, explain_start(seen.timetable, seconds(start))


async def why_no_slots(
    tx: Tx,
    resource_id: UUID,
    span: tuple[datetime, datetime],
    minutes: int | None,
    now: datetime,
    *,
    choice: HostPreference = ANYONE,
) -> list[tuple[Reason, int]]:
    """What removed the starts of a span in which none is free, and how many each."""
    length = timedelta(minutes=minutes) if minutes else None
    seen = await load_snapshot(tx, resource_id, span, length, now, choice=choice)
    return await run_engine(why_none, seen.timetable)


async def conflicting_claims(
    tx: Tx, offer: resources.Offer, start: datetime, end: datetime, now: datetime
) -> list[dict[str, Any]]:
    """The claims that overlap a time on anything the offer may claim, with whose they are: for staff."""
    rows = await busy_queries.claims_with_bookings(tx, offer.members, start, end, start - offer.longest, now)
    keys = ("resource_id", "booking_id", "status", "booker_name", "title", "starts_at", "ends_at")
    return [dict(zip(keys, row, strict=True)) for row in rows]
