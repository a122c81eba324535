"""What a calendar of several resources shows: who is where when, what stands around it, when it is closed."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from infra24 import resources
from infra24.availability import Schedule, closings, intersect, opening, subtract, union
from infra24.availability.hours import DAY
from infra24.bookings import agenda_queries as queries
from infra24.bookings.snapshots import instant, seconds
from infra24.bookings.states import MOVABLE, Status
from infra24.db import Tx
from infra24.errors import Message, ValidationFailed

MOST_COLUMNS = 50
MOST_DAYS = 31
_KEPT = 500


@dataclass(frozen=True, slots=True)
class CalendarResource:
    """A resource as a column of the calendar. `units` is how many bookings may hold it at once."""

    id: UUID
    slug: str
    title: str
    type: str
    category: str
    location: str
    email: str
    units: int
    tags: list[str]
    is_bookable: bool


@dataclass(slots=True)
class CalendarEvent:
    """A booking on the calendar, with the columns it takes.

    `linked` are those that it takes as parts of others; `before` and `after` are the seconds that are kept
    free around it, `units` how many of each column it takes.
    """

    booking_id: UUID
    start: int
    end: int
    status: Status
    title: str
    who: str
    revision: int
    in_series: bool
    offer_id: UUID
    before: int = 0
    after: int = 0
    layout: str = ""
    units: dict[UUID, int] = field(default_factory=dict)
    linked: set[UUID] = field(default_factory=set)

    @property
    def unmovable(self) -> str:
        """Why nobody can move it, by a code; empty when they can."""
        if self.status in MOVABLE:
            return ""
        return "held" if self.status is Status.HOLD else "over"


@dataclass(frozen=True, slots=True)
class Turnover:
    """A time in which a column is set up or cleared away for a booking."""

    booking_id: UUID
    resource_id: UUID
    start: int
    end: int
    layout: str


@dataclass(frozen=True, slots=True)
class Closed:
    """A time in which a column is closed: by a code of the engine, with what is said of it."""

    resource_id: UUID
    start: int
    end: int
    code: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Agenda:
    """What stands in some columns between two instants."""

    entries: list[CalendarEvent]
    turnovers: list[Turnover]
    closed: list[Closed]


_Known = tuple[int, dict[UUID, tuple[Schedule, ...]]]
_schedules: OrderedDict[UUID, _Known] = OrderedDict()


async def columns(tx: Tx) -> list[CalendarResource]:
    """What can be a column: everything in use that can be occupied; spaces first, people last."""
    return [CalendarResource(*row) for row in await queries.columns(tx)]


async def agenda(
    tx: Tx, resource_ids: Sequence[UUID], since: datetime, until: datetime, now: datetime
) -> Agenda:
    """What these columns show from one instant to another, in one statement however much stands there.

    The hours of the columns are remembered, and read again when the catalogue has changed.
    """
    rows = await queries.agenda(tx, resource_ids, since, until, now)
    hours = await _hours(tx, resource_ids, int(rows[0][0]))
    entries: dict[UUID, CalendarEvent] = {}
    turnovers = []
    for _, booking_id, resource_id, _, turnover, layout, first, last, start, end, status, *rest in rows:
        if booking_id is None:
            continue
        if turnover:
            turnovers.append(Turnover(booking_id, resource_id, first, last, layout))
            continue
        title, who, revision, in_series, offer_id, linked = rest
        entry = entries.get(booking_id)
        if entry is None:
            entry = entries[booking_id] = CalendarEvent(
                booking_id, start, end, Status(status), title, who, revision, in_series, offer_id
            )
        entry.before, entry.after = max(entry.before, start - first), max(entry.after, last - end)
        entry.layout = entry.layout or layout
        entry.units[resource_id] = entry.units.get(resource_id, 0) + 1
        if linked and resource_id != offer_id:
            entry.linked.add(resource_id)
    span = (seconds(since), seconds(until))
    closed = [one for id_ in resource_ids for one in _closed(id_, hours.get(id_, ()), span)]
    return Agenda(list(entries.values()), turnovers, closed)


def resolve_wall_time(
    zone: ZoneInfo, wall: datetime, fold: int = 0, *, path: str = "local_start"
) -> datetime:
    """The instant at which the clocks of a zone show a time; where they show it twice, the first or second.

    Raises ValidationFailed for a time that the clocks skip.
    """
    at = wall.replace(tzinfo=zone, fold=fold)
    if wall_time(zone, seconds(at)) != wall:
        said = Message("the clocks go forward then and skip this time; choose an earlier or a later one")
        raise ValidationFailed({path: said})
    return instant(seconds(at))


def wall_time(zone: ZoneInfo, at: int) -> datetime:
    """What the clocks of a zone show at an instant."""
    return datetime.fromtimestamp(at, zone).replace(tzinfo=None)


def end_meant(zone: ZoneInfo, wall: datetime, start: datetime, fold: int = 0) -> datetime:
    """The end that is meant after a start: where the clocks show it twice, the first that is after it."""
    end = resolve_wall_time(zone, wall, fold, path="local_end")
    return end if end > start else resolve_wall_time(zone, wall, 1, path="local_end")


async def _hours(tx: Tx, resource_ids: Sequence[UUID], version: int) -> dict[UUID, tuple[Schedule, ...]]:
    known = _schedules.get(tx.org_id, (-1, {}))
    if known[0] != version:
        known = (version, {})
    missing = [id_ for id_ in resource_ids if id_ not in known[1]]
    if missing:
        known = (version, {**known[1], **await resources.schedules(tx, missing)})
    if tx.remembers:
        _schedules[tx.org_id] = known
        _schedules.move_to_end(tx.org_id)
        if len(_schedules) > _KEPT:
            _schedules.popitem(last=False)
    return known[1]


def _closed(resource_id: UUID, hours: Sequence[Schedule], span: tuple[int, int]) -> Iterator[Closed]:
    """What closes a column, and where it is outside its hours besides; each instant once."""
    days = (span[0] // DAY - 1, span[1] // DAY + 2)
    gone: list[tuple[int, int]] = []
    for schedule in hours:
        for start, end, why in sorted(closings(schedule, *days), key=lambda c: (c[0], c[1], c[2].code)):
            for first, last in intersect(subtract([(start, end)], gone), [span]):
                said = str(why.facts.get("name") or why.private or "")
                yield Closed(resource_id, first, last, why.code, said)
            gone = union([*gone, (start, end)])
    own = hours[0] if hours else None
    if own is not None and own.has_hours:
        _, open_ = opening(own, 900, 900, *days)
        for first, last in subtract([span], union([*open_, *gone])):
            yield Closed(resource_id, first, last, "outside_hours")
