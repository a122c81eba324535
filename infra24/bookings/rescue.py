"""Where a booking could go whose time is closed now: other times, or other hosts at its own."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from infra24.availability import free_hosts, free_starts, nearest
from infra24.bookings.model import Booking
from infra24.bookings.timetables import instant, outlook, reckon, seconds
from infra24.db import Tx
from infra24.resources import Choice

_WITHIN = timedelta(days=14)
_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Ways:
    """The free starts nearest to a booking's own, and who else could take it at its own (id, name)."""

    starts: tuple[datetime, ...] = ()
    hosts: tuple[tuple[UUID, str], ...] = ()

    @property
    def none(self) -> bool:
        """Whether there is nowhere to go."""
        return not (self.starts or self.hosts)


async def ways_out(tx: Tx, booking: Booking, now: datetime) -> Ways:
    """Up to three other starts within two weeks, and other hosts at the same time. Its own claims are free,
    and it goes on being what it is of, though that may take no new bookings any more.
    """
    choice = Choice.read(booking.choice)
    middle = max(booking.starts_at, now)
    span = (max(now, middle - _WITHIN), middle + _WITHIN)
    own = [booking.id]
    seen = await outlook(tx, booking.resource_id, span, booking.length, now, choice=choice, ignoring=own)
    here = seconds(booking.starts_at)
    others = [at for at in await reckon(free_starts, seen.timetable) if at != here]
    return Ways(tuple(map(instant, nearest(others, here))), await _other_hosts(tx, booking, choice, now))


async def _other_hosts(
    tx: Tx, booking: Booking, choice: Choice, now: datetime
) -> tuple[tuple[UUID, str], ...]:
    has = {p.resource_id for p in booking.participants if p.resource_id}
    if len(has) != 1:  # nobody, or all of them: there is no one to take another's place
        return ()
    span = (booking.starts_at, booking.starts_at + _MOMENT)
    freely = replace(choice, hosts=(), freely=booking.length)
    seen = await outlook(
        tx, booking.resource_id, span, booking.length, now, choice=freely, ignoring=[booking.id]
    )
    free = (await reckon(free_hosts, seen.timetable)).get(seconds(booking.starts_at), [])
    names = {str(host.id): host.name for host in seen.offer.hosts if host.id not in has}
    return tuple((UUID(str(key)), names[str(key)]) for key in free if str(key) in names)
