"""What the rules of an offer open in a week, whatever is booked: by the engine that offers times."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from infra24 import resources
from infra24.availability import Reason, Span, closings, free_starts, subtract, union, why_none
from infra24.availability.hours import DAY, day_number, day_span, local_date
from infra24.bookings.snapshots import instant, timetable
from infra24.db import Tx
from infra24.resources import Offer

_LONG = 36_500


@dataclass(frozen=True, slots=True)
class DayOpen:
    """A date: its open spans as minutes of the wall clock, and why it is closed else."""

    on: date
    spans: tuple[Span, ...]
    reasons: tuple[Reason, ...] = ()
    starts: int = 0


async def open_week(tx: Tx, resource_id: UUID, first: date, days: int = 7) -> tuple[Offer, list[DayOpen]]:
    """The dates from one on, by the clocks of the resource: notice, horizon, limits and bookings left out.

    What has no hours of its own is shown open but for what closes it.
    """
    offer = await resources.offer(tx, resource_id)
    dates = [first + timedelta(days=number) for number in range(days)]
    if _is_open_always(offer):
        return offer, [_less_closings(offer, on) for on in dates]
    return offer, [_day(offer, on) for on in dates]


def _is_open_always(offer: Offer) -> bool:
    """Whether nothing says when it is open: it only has to be there for what needs it."""
    if len(offer.pools) != 1 or len(offer.pools[0].occupants) != 1:
        return False
    only = offer.pools[0].occupants[0]
    return only.id == offer.resource.id and only.schedule is not None and not only.schedule.has_hours


def _less_closings(offer: Offer, on: date) -> DayOpen:
    schedule = offer.pools[0].occupants[0].schedule
    assert schedule is not None
    zone, number = offer.rules.zone, day_number(on)
    closing = list(closings(replace(schedule, overrides=(*schedule.overrides, *offer.rules.blackouts)),
                            number, number + 1))  # fmt: skip
    left = subtract([day_span(zone, on)], [(start, end) for start, end, _ in closing])
    reasons = tuple({reason.code: reason for _, _, reason in closing}.values())
    return DayOpen(on, _wall(offer, on, left), reasons)


def _day(offer: Offer, on: date) -> DayOpen:
    start, end = day_span(offer.rules.zone, on)
    if start == end:  # a date that a zone left out
        return DayOpen(on, ())
    length = timedelta(minutes=min(offer.rules.durations))
    rules = replace(offer.rules, min_notice_minutes=0, horizon_days=_LONG, limits=())
    early = instant(start - 400 * DAY)
    seen = timetable(replace(offer, rules=rules), {}, (instant(start), instant(end)), length, early)
    starts = free_starts(seen)
    spans = union((at, at + seen.length) for at in starts)
    reasons: Sequence[Reason] = () if starts else [reason for reason, _ in why_none(seen)]
    return DayOpen(on, _wall(offer, on, spans), tuple(reasons), len(starts))


def _wall(offer: Offer, on: date, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Spans as minutes of a date's wall clock; what goes on after midnight ends at 24:00 plus."""
    zone = offer.rules.zone
    found = []
    for start, end in spans:
        since, until = (datetime.fromtimestamp(at, zone) for at in (start, end))
        after = (local_date(zone, end) - on).days * 1_440
        first, last = since.hour * 60 + since.minute, after + until.hour * 60 + until.minute
        found.append((first, max(first, last)))
    return tuple(found)
