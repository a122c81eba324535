"""Other times and hosts: near a start that was refused, and for a booking whose own time is closed now."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from infra24 import resources
from infra24.availability import LimitScope, free_hosts, free_starts, nearest
from infra24.bookings import busy_queries
from infra24.bookings.model import Booking
from infra24.bookings.requests import BookingRequest
from infra24.bookings.snapshots import instant, load_snapshot, run_engine, seconds
from infra24.db import Tx
from infra24.resources import HostPreference

_WITHIN = timedelta(days=14)
_COUNTED_WITHIN = timedelta(days=33)
"""Around a time, all that a limit can count with it: a month."""
_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class NearestStarts:
    """Free starts near one that was refused, and the length for which they are free."""

    starts: tuple[datetime, ...]
    length: timedelta


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The free starts nearest to a booking's own, and who else could take it at its own (id, name)."""

    starts: tuple[datetime, ...] = ()
    hosts: tuple[tuple[UUID, str], ...] = ()

    @property
    def none(self) -> bool:
        """Whether there is nowhere to go."""
        return not (self.starts or self.hosts)


async def alternatives_for(tx: Tx, booking: Booking, now: datetime) -> Alternatives:
    """Up to three other starts within two weeks, and other hosts at the same time; its own claims are free.

    Also of an offer that is archived by now.
    """
    choice = HostPreference.read(booking.choice)
    middle = max(booking.starts_at, now)
    span = (max(now, middle - _WITHIN), middle + _WITHIN)
    own = [booking.id]
    seen = await load_snapshot(
        tx, booking.resource_id, span, booking.length, now, choice=choice, ignoring=own
    )
    here = seconds(booking.starts_at)
    others = [at for at in await run_engine(free_starts, seen.timetable) if at != here]
    return Alternatives(
        tuple(map(instant, nearest(others, here))), await _other_hosts(tx, booking, choice, now)
    )


async def _other_hosts(
    tx: Tx, booking: Booking, choice: HostPreference, now: datetime
) -> tuple[tuple[UUID, str], ...]:
    has = {p.resource_id for p in booking.participants if p.resource_id}
    if len(has) != 1:  # nobody, or all of them: there is no one to take another's place
        return ()
    span = (booking.starts_at, booking.starts_at + _MOMENT)
    freely = replace(choice, hosts=(), staff_length=booking.length)
    seen = await load_snapshot(
        tx, booking.resource_id, span, booking.length, now, choice=freely, ignoring=[booking.id]
    )
    free = (await run_engine(free_hosts, seen.timetable)).get(seconds(booking.starts_at), [])
    names = {str(host.id): host.name for host in seen.offer.hosts if host.id not in has}
    return tuple((UUID(str(key)), names[str(key)]) for key in free if str(key) in names)


async def nearest_starts(
    tx: Tx, refused: BookingRequest, now: datetime, *, moving: Booking | None = None
) -> NearestStarts:
    """Up to three starts nearest to one that was refused, within two weeks of it, that can be booked.

    Of the requested length, or else of the shortest on offer. `moving` is the booking that was to
    be moved: its own claims are free, and where it stands is no alternative.
    """
    middle = max(refused.starts_at, now)
    span = (max(now, middle - _WITHIN), middle + _WITHIN)
    offer = await resources.offer(tx, refused.resource_id)
    asked = refused.length if offer.rules.offers(refused.length) else None
    own = [moving.id] if moving else []
    choice = refused.policy.applied_to(refused.choice, refused.length)
    seen = await load_snapshot(tx, refused.resource_id, span, asked, now, choice=choice, ignoring=own)
    timetable = seen.timetable
    email = refused.person.email if refused.person else ""
    if email and seen.offer.rules.limits_of(LimitScope.BOOKER):
        since, until = span[0] - _COUNTED_WITHIN, span[1] + _COUNTED_WITHIN
        made = await busy_queries.booking_spans(tx, refused.resource_id, since, until, now, own, email=email)
        timetable = replace(timetable, made_by_booker=made)
    here = seconds(moving.starts_at) if moving else None
    free = [at for at in await run_engine(free_starts, timetable) if at != here]
    starts = tuple(instant(at) for at in nearest(free, seconds(refused.starts_at)))
    return NearestStarts(starts, timedelta(seconds=timetable.length))
