"""The timetable of an offer: its rules and the claims that stand, as the pure engine wants them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from infra24 import resources
from infra24.availability import Busy, Member, Timetable
from infra24.bookings import queries
from infra24.db import Row, Tx
from infra24.errors import Unavailable
from infra24.organizations import UnknownResource
from infra24.resources import Offer

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Outlook:
    """An offer and its timetable; `expired` when dead holds still stand in the database."""

    offer: Offer
    timetable: Timetable
    expired: bool


async def outlook(
    tx: Tx,
    resource_id: UUID,
    span: tuple[datetime, datetime],
    length: timedelta | None,
    now: datetime,
    *,
    ignoring: UUID | None = None,
) -> Outlook:
    """What decides which starts in `span` are offered. `length` None: the shortest on offer.

    One statement, when this process has seen the offer before and it has not changed. Refuses with
    UnknownResource; also when the resource is archived or not bookable. `ignoring` leaves one booking's
    own claims out of sight, so that it can be moved onto its own time.
    """
    offer = resources.recall(tx, resource_id) or await resources.offer(tx, resource_id)
    for _ in range(_TRIES):
        lasting = length or timedelta(minutes=min(offer.rules.durations))
        around = _margin(offer, lasting)
        reach = (span[0] - around, span[1] + around)
        row = await queries.look(
            tx, resource_id, offer.members, reach, reach[0] - offer.longest, now, ignoring
        )
        if row is None:
            raise UnknownResource()
        if row[0] != offer.resource.version:
            offer = await resources.offer(tx, resource_id)
            continue
        if not (offer.resource.is_active and offer.resource.is_bookable):
            raise UnknownResource()
        return Outlook(offer, _timetable(offer, row, span, lasting, now), row[6] > 0)
    raise Unavailable("Its rules are being changed right now. Try again in a moment.")


def seconds(at: datetime) -> int:
    """An instant as the engine counts it."""
    return int(at.timestamp())


def instant(at: int) -> datetime:
    """The engine's seconds as an instant."""
    return datetime.fromtimestamp(at, UTC)


def _margin(offer: Offer, length: timedelta) -> timedelta:
    """How far around a start a claim can matter: its own length and buffers, or the day or week counted."""
    rules = offer.rules
    if rules.max_per_week_per_host:
        counted = timedelta(days=8)
    elif rules.max_per_day_per_host:
        counted = timedelta(days=2)
    else:
        counted = timedelta()
    return max(counted, length + timedelta(minutes=rules.buffer_before + rules.buffer_after))


def _timetable(
    offer: Offer, row: Row, span: tuple[datetime, datetime], length: timedelta, now: datetime
) -> Timetable:
    busy: list[list[Busy]] = [[] for _ in offer.members]
    _, members, units, starts, ends, booked, _ = row
    for member, unit, start, end, begins in zip(
        members or (), units or (), starts or (), ends or (), booked or (), strict=True
    ):
        busy[member - 1].append(Busy(start, end, unit, begins, None))
    place = None
    if offer.occupies_itself or offer.rules.opens_itself:
        # A resource that is never occupied itself still closes when its own windows do.
        place = Member(offer.resource.id, None, offer.resource.capacity or 1, busy[0])
    hosts = tuple(
        Member(host.id, host.email, 1, busy[number], host.closed, host.zone)
        for number, host in enumerate(offer.hosts, start=1)
    )
    return Timetable(
        offer.rules,
        seconds(now),
        (seconds(span[0]), seconds(span[1])),
        int(length.total_seconds()),
        hosts,
        place,
    )
