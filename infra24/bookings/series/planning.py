"""Plan a series on top of what stands, and make all of its bookings at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from infra24 import events, resources
from infra24.availability import Busy, Reason, Rules, Whose, free_starts, nearest, union
from infra24.availability.hours import day_number, day_span
from infra24.bookings import (
    Booking,
    By,
    SlotNotOffered,
    SlotTaken,
    Tokens,
    Wish,
    claim_queries,
    instant,
    placement,
    seating,
    timetables,
)
from infra24.bookings.limits import check_booker
from infra24.bookings.series import queries
from infra24.bookings.series.model import Plan, PlannedDate, Series, SeriesConflicts, SeriesWish
from infra24.bookings.series.recurrence import instant_of, occurrences, parts_of, written
from infra24.bookings.timetables import Outlook, claims_by_member, seconds, timetable
from infra24.db import Tx
from infra24.errors import Problem
from infra24.organizations import UnknownResource
from infra24.resources import Choice, Offer

_TRIES = 3
_STAFF_HORIZON_DAYS = 730


@dataclass(frozen=True, slots=True)
class Slot:
    """A date to plan: where its rule puts it and when it is to be."""

    wall: datetime
    start: datetime


@dataclass(slots=True)
class Ground:
    """What stands around the dates of a series: the claims of others, and of the dates planned so far."""

    offer: Offer
    choice: Choice
    length: timedelta
    claims: dict[UUID, list[Busy]]
    made: list[tuple[int, int]]
    reach: timedelta
    now: datetime

    def outlook(self, start: datetime, span: tuple[datetime, datetime] | None = None) -> Outlook:
        """What decides about one date, or about the starts of a span around it."""
        wide = span or (start, start + timedelta(seconds=1))
        first, last = seconds(wide[0] - self.reach), seconds(wide[1] + self.reach)
        near = {
            id_: [busy for busy in claims if busy.start < last and busy.end > first]
            for id_, claims in self.claims.items()
        }
        seen = timetable(self.offer, near, wide, self.length, self.now, self.made)
        return Outlook(self.offer, seen, False, self.choice, ())

    def add(self, booking: Booking, found: seating.Assignment) -> None:
        """Let a planned booking stand, so that the next dates see it."""
        for id_, busy in seating.virtual_claims(found, booking):
            self.claims.setdefault(id_, []).append(busy)
        self.made.append((seconds(booking.starts_at), seconds(booking.ends_at)))


async def plan(tx: Tx, wish: SeriesWish, *, by: By, now: datetime) -> Plan:
    """Each date of a series: free, in conflict (why, and what else there is), or skipped. Changes nothing.

    Refuses with Problem a rule that cannot be read and a series that the offer does not allow, and with
    UnknownResource. Staff may plan beyond the horizon and inside the notice.
    """
    offer = await _offer(tx, wish, by, now)
    slots = dates_of(wish, offer)
    ground = await survey(tx, offer, wish.choice, wish.minutes, slots, now)
    dates, _ = await lay(tx, ground, slots, _stub(tx, wish, offer, now), wish.skips_holidays, wish.without)
    return Plan(offer.rules.zone.key, dates)


async def book(
    tx: Tx, wish: SeriesWish, *, by: By, tokens: Tokens, now: datetime
) -> tuple[Series, list[Booking]]:
    """Make a whole series at once, or nothing. Refuses as `plan` does, and with SeriesConflicts, which
    carries the plan, when a date cannot be had that was not left out.
    """
    offer = await _offer(tx, wish, by, now)
    await placement.lock_all(tx, offer)
    slots = dates_of(wish, offer)
    stub = _stub(tx, wish, offer, now)
    starts_local = slots[0].wall
    series = Series(
        uuid4(),
        offer.resource.id,
        written(parts_of(wish.rule)),
        starts_local,
        offer.rules.zone.key,
        wish.minutes,
        wish.skips_holidays,
    )
    for _ in range(_TRIES):
        ground = await survey(tx, offer, wish.choice, wish.minutes, slots, now)
        dates, placed = await lay(tx, ground, slots, stub, wish.skips_holidays, wish.without)
        planned = Plan(offer.rules.zone.key, dates)
        if planned.conflicts or not placed:
            raise SeriesConflicts(planned)
        for booking, _found in placed:
            await check_booker(tx, offer, wish.person.email, booking.starts_at, booking.length, None)
        made = [(_member(tx, booking, series, wall, tokens), found) for (booking, found), wall in zip(
            placed, [d.wall for d in dates if d.state == "free"], strict=True)]  # fmt: skip
        hashes = [tokens.hash_of(tx.org_id, booking.id) for booking, _ in made]
        try:
            async with tx.attempt():
                await queries.insert(tx, series, now)
                if not await seating.seat_all(tx, offer, made, now, hashes=hashes):
                    raise _Lost
        except _Lost:
            continue
        bookings = [_seated(booking, found) for booking, found in made]
        for booking in bookings:
            placement.announce(tx, booking, now)
        facts = {"rule": series.rule, "dates": len(bookings), "title": offer.resource.title}
        events.record(tx, "series.created", series.id, facts, now)
        return series, bookings
    raise SlotTaken()


class _Lost(Exception):
    """One of the dates went to someone else."""


async def _offer(tx: Tx, wish: SeriesWish, by: By, now: datetime) -> Offer:
    offer = (await resources.offer(tx, wish.resource_id)).narrowed(wish.choice)
    if not (offer.resource.is_active and offer.resource.is_bookable):
        raise UnknownResource()
    if wish.minutes not in offer.rules.durations:
        raise Problem({"minutes": f"is one of {', '.join(map(str, offer.rules.durations))}"})
    if by is By.STAFF:
        return replace(offer, rules=for_staff(offer.rules))
    if wish.choice.hosts and not (await resources.offer(tx, wish.resource_id)).takes_wishes:
        raise Problem({"staff_id": "hosts are given by turn here; leave it out"})
    if not offer.rules.series_most:
        raise Problem({"rule": "this is booked date by date; ask us for a series"})
    most = offer.rules.series_most
    if len(occurrences(wish.rule, _wall(wish.first, offer), offer.rules.zone)) > most:
        raise Problem({"rule": f"has more than the {most} dates that can be booked at once"})
    return offer


def for_staff(rules: Rules) -> Rules:
    """The rules for staff, who are not bound by notice and horizon."""
    return replace(rules, min_notice_minutes=0, horizon_days=_STAFF_HORIZON_DAYS)


def dates_of(wish: SeriesWish, offer: Offer) -> list[Slot]:
    """The dates of a wish, each at the time its rule gives it or at the one chosen instead."""
    zone = offer.rules.zone
    walls = occurrences(wish.rule, _wall(wish.first, offer), zone)
    problems = {
        f"{name}[{at.isoformat()}]": "is not one of the dates"
        for name, named in (("without", wish.without), ("instead", wish.instead))
        for at in named
        if at not in set(walls)
    }
    if problems:
        raise Problem(problems)
    return [Slot(wall, wish.instead.get(wall) or instant_of(zone, wall)) for wall in walls]


async def survey(
    tx: Tx,
    offer: Offer,
    choice: Choice,
    minutes: int,
    slots: Sequence[Slot],
    now: datetime,
    ignoring: Sequence[UUID] = (),
) -> Ground:
    """Read, in one statement, the claims around all dates: of each the whole local day."""
    length = timedelta(minutes=minutes)
    reach = timetables.margin(offer, length)
    zone = offer.rules.zone
    days = [day_span(zone, slot.start.astimezone(zone).date()) for slot in slots]
    beyond = int(reach.total_seconds())
    spans = union((first - beyond, last + beyond) for first, last in days)
    moments = [(instant(first), instant(last)) for first, last in spans]
    rows = await claim_queries.look_around(tx, offer.members, moments, offer.longest, now, ignoring)
    made: list[tuple[int, int]] = []
    if offer.rules.limits_of(Whose.OFFER):
        made = await claim_queries.made(tx, offer.resource.id, moments[0][0], moments[-1][1], now, ignoring)
    return Ground(offer, choice, length, claims_by_member(rows), made, reach, now)


async def lay(
    tx: Tx,
    ground: Ground,
    slots: Sequence[Slot],
    stub: Booking,
    skips_holidays: bool,
    without: frozenset[datetime] = frozenset(),
    own: Mapping[datetime, Booking] | None = None,
) -> tuple[list[PlannedDate], list[tuple[Booking, seating.Assignment]]]:
    """Lay the dates down one after the other, with the same hosts where they can stay.

    `own` are bookings that stand already and are moved, by their wall time.
    """
    dates: list[PlannedDate] = []
    placed: list[tuple[Booking, seating.Assignment]] = []
    keep: Sequence[UUID] = ()
    for slot in slots:
        end = slot.start + ground.length
        holiday = ground.offer.holidays.names.get(day_number(slot.wall.date()))
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
            found = await seating.find(
                tx, ground.outlook(slot.start), booking, keep=hosts, new=standing is None
            )
        except (SlotTaken, SlotNotOffered) as refusal:
            dates.append(_conflict(ground, slot, end, refusal))
            continue
        ground.add(booking, found)
        placed.append((booking, found))
        keep = keep or [p.resource_id for p in found.hosts if p.resource_id]
        dates.append(PlannedDate(slot.wall, slot.start, end, "free", (), [p.name for p in found.hosts]))
    return dates, placed


def _conflict(ground: Ground, slot: Slot, end: datetime, refusal: SlotTaken | SlotNotOffered) -> PlannedDate:
    """Why a date cannot be had, and the nearest times of the same day."""
    reasons = (
        refusal.reasons
        if isinstance(refusal, SlotNotOffered)
        else [Reason(said["code"], {"most": 0}) for said in refusal.facts.get("reasons", [{"code": "taken"}])]
    )
    zone = ground.offer.rules.zone
    first, last = day_span(zone, slot.start.astimezone(zone).date())
    seen = ground.outlook(slot.start, (instant(first), instant(last))).timetable
    others = nearest(free_starts(seen), seconds(slot.start))
    return PlannedDate(
        slot.wall, slot.start, end, "conflict", list(reasons), (), [(instant(at), ()) for at in others]
    )


def _stub(tx: Tx, wish: SeriesWish, offer: Offer, now: datetime) -> Booking:
    """A booking of the series without its date."""
    end = wish.first + timedelta(minutes=wish.minutes)
    single = Wish(wish.resource_id, wish.first, end, wish.person, wish.choice)
    return placement.wished(tx, single, offer, now)


def _member(tx: Tx, booking: Booking, series: Series, wall: datetime, tokens: Tokens) -> Booking:
    url = resources.meeting_url(booking.meeting_url, tokens.of(tx.org_id, booking.id), booking.id)
    return replace(booking, series_id=series.id, series_at=wall, meeting_url=url)


def _seated(booking: Booking, found: seating.Assignment) -> Booking:
    bookers = tuple(p for p in booking.participants if p.role == "booker")
    return replace(booking, participants=(*bookers, *found.hosts))


def _wall(first: datetime, offer: Offer) -> datetime:
    return first.astimezone(offer.rules.zone).replace(tzinfo=None)
