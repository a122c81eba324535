"""Plan a series on top of what stands, and make all of its bookings at once."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from infra24 import resources, round_robin
from infra24.auth.tokens import Tokens
from infra24.availability import (
    Busy,
    LimitScope,
    Pooling,
    Reason,
    charges,
    free_hosts,
    free_starts,
    nearest,
    union,
)
from infra24.availability.hours import day_number, day_span
from infra24.bookings import (
    BookerDetails,
    Booking,
    BookingRequest,
    LimitReached,
    SlotNotOffered,
    SlotTaken,
    allocation,
    claim_queries,
    creation,
    instant,
    snapshots,
)
from infra24.bookings import queries as queries_of_bookings
from infra24.bookings.clients import check_client, note_client
from infra24.bookings.drafts import draft_booking, first_status
from infra24.bookings.policy import BookingPolicy
from infra24.bookings.series import events, queries
from infra24.bookings.series.model import Plan, PlannedDate, Series, SeriesConflicts, SeriesRequest
from infra24.bookings.series.recurrence import in_wall_time, instant_of, occurrences
from infra24.bookings.snapshots import AvailabilitySnapshot, claims_by_member, seconds, timetable
from infra24.db import Tx
from infra24.errors import ValidationFailed
from infra24.events import record
from infra24.organizations import UnknownResource
from infra24.resources import HostPreference, Offer

_TRIES = 50


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A date to plan: where its rule puts it and when it is to be."""

    wall: datetime
    start: datetime


@dataclass(slots=True)
class PlanningState:
    """What stands around the dates of a series: the claims of others, and of the dates planned so far.

    `offer` is narrowed to the choice of the series, `whole` is not. `of_booker` are the begin and end of
    the booker's own bookings of this offer, for their limits. `returned` are bookings that go to another
    host, whose turn is given back.
    """

    whole: Offer
    choice: HostPreference
    length: timedelta
    claims: dict[UUID, list[Busy]]
    made: list[tuple[int, int]]
    of_booker: list[tuple[int, int]]
    standings: dict[UUID, tuple[int, int]]
    reach: timedelta
    now: datetime
    returned: set[UUID] = field(default_factory=set)

    @property
    def offer(self) -> Offer:
        """The offer with the hosts of the series."""
        return self.whole.restricted_to(self.choice)

    def outlook(
        self, start: datetime, span: tuple[datetime, datetime] | None = None, *, whole: bool = False
    ) -> AvailabilitySnapshot:
        """What decides about one date, or about the starts of a span around it."""
        wide = span or (start, start + timedelta(seconds=1))
        first, last = seconds(wide[0] - self.reach), seconds(wide[1] + self.reach)
        near = {
            id_: [busy for busy in claims if busy.start < last and busy.end > first]
            for id_, claims in self.claims.items()
        }
        offer = self.whole if whole else self.offer
        seen = timetable(offer, near, wide, self.length, self.now, self.made)
        return AvailabilitySnapshot(offer, seen, False, self.choice, ())

    def holiday_of(self, start: datetime) -> str | None:
        """The name of the holiday that a start falls on, if it does."""
        on = start.astimezone(self.whole.rules.zone).date()
        return self.whole.holidays.get(day_number(on))

    def beyond(self, start: datetime) -> list[Reason]:
        """The booker's limits that one more date is too many for."""
        adds = (seconds(start), seconds(start + self.length))
        limits = self.whole.rules.limits_of(LimitScope.BOOKER)
        return [
            limit.reason for limit in limits if limit.is_used_up(self.whole.rules.zone, self.of_booker, adds)
        ]

    def add(self, booking: Booking, found: allocation.Allocation) -> None:
        """Let a planned booking stand, so that the next dates see it."""
        for id_, busy in allocation.virtual_claims(found, booking):
            self.claims.setdefault(id_, []).append(busy)
        times = (seconds(booking.starts_at), seconds(booking.ends_at))
        self.made.append(times)
        self.of_booker.append(times)
        if found.chosen and found.chosen.is_turn:
            self._charge(charges(found.chosen.decision.candidates, found.chosen.hosts), found.chosen.hosts)

    async def give_back(self, tx: Tx, booking: Booking) -> None:
        """A booking goes to another host: its turn is not theirs any more."""
        turn = await round_robin.turn_of(tx, booking.id)
        if turn is not None:
            self._charge({key: -change for key, change in turn.charges().items()}, ())
        self.returned.add(booking.id)

    def _charge(self, changes: Mapping[Hashable, int], chosen: Sequence[UUID]) -> None:
        for key, change in changes.items():
            host = UUID(str(key))
            balance, last = self.standings.get(host, (0, 0))
            since = seconds(self.now) if host in chosen else last
            self.standings[host] = (balance + change, since)


async def plan(tx: Tx, request: SeriesRequest, *, policy: BookingPolicy, now: datetime) -> Plan:
    """Each date of a series: free, in conflict (why, and what else there is), or skipped. Changes nothing.

    Raises ValidationFailed for a rule that cannot be read and a series that the offer does not allow;
    UnknownResource. Staff are not bound by notice, horizon and limits.
    """
    offer = await _offer(tx, request, policy)
    slots = dates_of(request, offer)
    ground = await load_state(
        tx, offer, request.choice, request.minutes, slots, now, email=request.person.email
    )
    nobody = replace(request, person=BookerDetails("", ""))
    stub = _stub(tx, nobody, offer, now)
    dates, _ = await plan_occurrences(tx, ground, slots, stub, request.skips_holidays, request.excluded_dates)
    return Plan(offer.rules.zone.key, dates)


async def book(
    tx: Tx, request: SeriesRequest, *, policy: BookingPolicy, tokens: Tokens, now: datetime
) -> tuple[Series, list[Booking]]:
    """Make a whole series at once, or nothing. Refuses as `plan` does, and with SeriesConflicts, which
    carries the plan, when a date cannot be had that was not left out; and as `bookings.book` for the client.
    """
    await _check_client(tx, request, policy, now)  # before anything else is locked
    await allocation.lock_all(tx, await resources.offer(tx, request.resource_id))
    offer = await _offer(tx, request, policy)  # as it is now that whoever was changing it is done
    await allocation.lock_all(tx, offer)
    if offer.rules.limits_of(LimitScope.BOOKER):
        await queries_of_bookings.lock_booker(tx, request.person.email)
    slots = dates_of(request, offer)
    stub = _stub(tx, request, offer, now)
    starts_local = slots[0].wall
    series = Series(
        uuid4(),
        offer.resource.id,
        in_wall_time(request.rule, offer.rules.zone),
        starts_local,
        offer.rules.zone.key,
        request.minutes,
        request.skips_holidays,
    )
    for _ in range(_TRIES):
        ground = await load_state(
            tx, offer, request.choice, request.minutes, slots, now, email=request.person.email
        )
        dates, placed = await plan_occurrences(
            tx, ground, slots, stub, request.skips_holidays, request.excluded_dates
        )
        planned = Plan(offer.rules.zone.key, dates)
        if planned.conflicts:
            raise SeriesConflicts(planned)
        if not placed:
            raise ValidationFailed({"without": "no date is left"})
        walls = [date.wall for date in dates if date.state == "free"]
        made = [
            (_member(tx, booking, series, wall, tokens, alone=wall in request.moved_dates), found)
            for (booking, found), wall in zip(placed, walls, strict=True)
        ]
        hashes = [tokens.hash_of(tx.org_id, booking.id) for booking, _ in made]
        try:
            async with tx.savepoint():
                await queries.insert(tx, series, now)
                if not await allocation.allocate_all(tx, offer, made, now, hashes=hashes):
                    raise _Lost
        except _Lost:
            continue
        bookings = [_seated(booking, found) for booking, found in made]
        note_client(tx, request.client, [booking.id for booking in bookings], now)
        for booking in bookings:
            creation.record_created(tx, booking, now)
        facts = {"rule": series.rule, "dates": len(bookings), "title": offer.resource.title}
        record(tx, events.CREATED, series.id, facts, now)
        return series, bookings
    raise SlotTaken()


class _Lost(Exception):
    """One of the dates went to someone else."""


async def _check_client(tx: Tx, request: SeriesRequest, policy: BookingPolicy, now: datetime) -> None:
    """Each date counts as a booking of its own."""
    if request.client is not None:
        offer = await _offer(tx, request, policy)
        status = first_status(offer, policy)
        count = len(dates_of(request, offer)) - len(request.excluded_dates)
        await check_client(tx, request.client, status, request.person.email, now, count)


async def _offer(tx: Tx, request: SeriesRequest, policy: BookingPolicy) -> Offer:
    offer = await resources.offer(tx, request.resource_id)
    if not (offer.resource.is_active and offer.resource.is_bookable):
        raise UnknownResource()
    if request.minutes not in offer.rules.durations:
        raise ValidationFailed({"duration": f"is one of {', '.join(map(str, offer.rules.durations))}"})
    if policy.is_staff:
        return replace(offer, rules=offer.rules.for_staff())
    if request.choice.hosts:
        offer.check_host_request()
    if not offer.rules.series_most:
        raise ValidationFailed({"rule": "this is booked date by date; ask us for a series"})
    most = offer.rules.series_most
    if len(occurrences(request.rule, _wall(request.first, offer), offer.rules.zone)) > most:
        raise ValidationFailed({"rule": f"has more than the {most} dates that can be booked at once"})
    return offer


def dates_of(request: SeriesRequest, offer: Offer) -> list[Occurrence]:
    """The dates of a request, each at the time its rule gives it or at the one chosen instead."""
    zone = offer.rules.zone
    walls = occurrences(request.rule, _wall(request.first, offer), zone)
    problems = {
        f"{name}[{at.isoformat()}]": "is not one of the dates"
        for name, named in (("without", request.excluded_dates), ("instead", request.moved_dates))
        for at in named
        if at not in set(walls)
    }
    if problems:
        raise ValidationFailed(problems)
    return [Occurrence(wall, request.moved_dates.get(wall) or instant_of(zone, wall)) for wall in walls]


async def load_state(
    tx: Tx,
    offer: Offer,
    choice: HostPreference,
    minutes: int,
    slots: Sequence[Occurrence],
    now: datetime,
    ignoring: Sequence[UUID] = (),
    *,
    email: str = "",
) -> PlanningState:
    """Read, in one statement, the claims around all dates: of each the whole local day."""
    length = timedelta(minutes=minutes)
    reach = snapshots.search_margin(offer, length)
    zone = offer.rules.zone
    days = [day_span(zone, slot.start.astimezone(zone).date()) for slot in slots]
    beyond = int(reach.total_seconds())
    spans = union((first - beyond, last + beyond) for first, last in days)
    moments = [(instant(first), instant(last)) for first, last in spans]
    rows = await claim_queries.claims_in_spans(tx, offer.members, moments, offer.longest, now, ignoring)
    made: list[tuple[int, int]] = []
    if offer.rules.limits_of(LimitScope.OFFER):
        made = await claim_queries.booking_spans(
            tx, offer.resource.id, moments[0][0], moments[-1][1], now, ignoring
        )
    own: list[tuple[int, int]] = []
    if email and offer.rules.limits_of(LimitScope.BOOKER):
        month = timedelta(days=32)
        since, until = moments[0][0] - month, moments[-1][1] + month
        own = await claim_queries.booking_spans(
            tx, offer.resource.id, since, until, now, ignoring, email=email
        )
    standings: dict[UUID, tuple[int, int]] = {}
    if offer.restricted_to(choice).pooling is Pooling.ROUND_ROBIN:
        standings = await round_robin.standings(tx, offer.resource.id)
    return PlanningState(offer, choice, length, claims_by_member(rows), made, own, standings, reach, now)


async def plan_occurrences(
    tx: Tx,
    ground: PlanningState,
    slots: Sequence[Occurrence],
    stub: Booking,
    skips_holidays: bool,
    without: frozenset[datetime] = frozenset(),
    own: Mapping[datetime, Booking] | None = None,
) -> tuple[list[PlannedDate], list[tuple[Booking, allocation.Allocation]]]:
    """Lay the dates down one after the other, with the same hosts where they can stay.

    `own` are bookings that stand already and are moved, by their wall time.
    """
    dates: list[PlannedDate] = []
    placed: list[tuple[Booking, allocation.Allocation]] = []
    keep: Sequence[UUID] = ()
    for slot in slots:
        end = slot.start + ground.length
        holiday = ground.holiday_of(slot.start)
        if slot.wall in without or (skips_holidays and holiday):
            why = [Reason("holiday", {"name": holiday})] if holiday and slot.wall not in without else []
            dates.append(PlannedDate(slot.wall, slot.start, end, "skipped", why))
            continue
        standing = (own or {}).get(slot.wall)
        booking = replace(standing or stub, starts_at=slot.start, ends_at=end)
        if standing is None:
            booking = replace(booking, id=uuid4())
        hosts = [p.resource_id for p in standing.participants if p.resource_id] if standing else keep
        try:
            found = await _find(tx, ground, slot, booking, hosts, new=standing is None)
        except (SlotTaken, SlotNotOffered) as refusal:
            dates.append(_conflict(ground, slot, end, refusal))
            continue
        ground.add(booking, found)
        placed.append((booking, found))
        keep = keep or [p.resource_id for p in found.hosts if p.resource_id]
        dates.append(PlannedDate(slot.wall, slot.start, end, "free", (), [p.name for p in found.hosts]))
    return dates, placed


async def _find(
    tx: Tx, ground: PlanningState, slot: Occurrence, booking: Booking, keep: Sequence[UUID], *, new: bool
) -> allocation.Allocation:
    """Who and what takes one date, on top of what is laid down."""
    if new:
        beyond = ground.beyond(slot.start)
        if beyond:
            raise LimitReached(beyond)
    outlook = ground.outlook(slot.start)
    if not new and keep and not allocation.can_keep(outlook, booking, keep):
        await ground.give_back(tx, booking)
        keep = ()
    return await allocation.best_allocation(
        tx, outlook, booking, keep=keep, new=new, standings=ground.standings
    )


def _conflict(
    ground: PlanningState, slot: Occurrence, end: datetime, refusal: SlotTaken | SlotNotOffered
) -> PlannedDate:
    """Why a date cannot be had, and what else there is: another host at that time, or the nearest times."""
    reasons = refusal.reasons or (Reason("taken"),)
    zone = ground.offer.rules.zone
    first, last = day_span(zone, slot.start.astimezone(zone).date())
    seen = ground.outlook(slot.start, (instant(first), instant(last))).timetable
    others: list[tuple[datetime, Sequence[str]]] = []
    if ground.choice.hosts:
        at_that_time = ground.outlook(slot.start, whole=True).timetable
        names = {host.id: host.name for host in ground.whole.hosts}
        for keys in free_hosts(at_that_time).values():
            others += [(slot.start, [names[UUID(str(key))]]) for key in keys if key in names]
    others += [(instant(at), ()) for at in nearest(free_starts(seen), seconds(slot.start))]
    return PlannedDate(slot.wall, slot.start, end, "conflict", list(reasons), (), others)


def _stub(tx: Tx, request: SeriesRequest, offer: Offer, now: datetime) -> Booking:
    """A booking of the series without its date."""
    end = request.first + timedelta(minutes=request.minutes)
    person = request.person if request.person.name else None
    single = BookingRequest(request.resource_id, request.first, end, person, request.choice)
    return draft_booking(tx, single, offer, now)


def _member(
    tx: Tx, booking: Booking, series: Series, wall: datetime, tokens: Tokens, *, alone: bool
) -> Booking:
    url = resources.meeting_url(booking.meeting_url, tokens.of(tx.org_id, booking.id), booking.id)
    return replace(booking, series_id=series.id, series_at=wall, meeting_url=url, is_exception=alone)


def _seated(booking: Booking, found: allocation.Allocation) -> Booking:
    bookers = tuple(p for p in booking.participants if p.role == "booker")
    return replace(booking, participants=(*bookers, *found.hosts))


def _wall(first: datetime, offer: Offer) -> datetime:
    return first.astimezone(offer.rules.zone).replace(tzinfo=None)
