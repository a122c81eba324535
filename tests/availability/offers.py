"""Random timetables made of everything there is, around changes of the clocks, and what each is made of."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, permutations
from random import Random
from zoneinfo import ZoneInfo

from infra24.availability import (
    NO_HOLIDAYS,
    AvailabilityInput,
    BookingRules,
    Busy,
    Holidays,
    Kind,
    Limit,
    LimitScope,
    Member,
    Need,
    Override,
    Period,
    Schedule,
    Span,
    TravelPeriod,
)

MINUTE = 60
QUARTER = 900
HOUR = 3_600
DAY = 86_400
EPOCH = date(1970, 1, 1)
MOMENTS = (
    ("America/New_York", "2025-03-09"),
    ("America/New_York", "2025-11-02"),
    ("Europe/London", "2025-03-30"),
    ("Europe/London", "2025-10-26"),
    ("Australia/Lord_Howe", "2025-04-06"),
    ("Australia/Lord_Howe", "2025-10-05"),
    ("Africa/Casablanca", "2025-02-23"),
    ("Africa/Casablanca", "2025-04-06"),
    ("Asia/Beirut", "2025-03-30"),
    ("Asia/Beirut", "2025-10-26"),
    ("America/Havana", "2025-03-09"),
    ("America/Havana", "2025-11-02"),
    ("Pacific/Chatham", "2025-04-06"),
    ("Pacific/Chatham", "2025-09-28"),
    ("Pacific/Apia", "2011-12-30"),  # a date that no clock showed
    ("Pacific/Kiritimati", "2026-01-01"),
    ("Etc/GMT+12", "2025-12-31"),
)
TO_THE_MINUTE = (
    ("America/St_Johns", "2010-11-07"),  # 00:01 went back to 23:01 of the day before
    ("America/St_Johns", "2010-03-14"),
    *MOMENTS,
)
ZONES = ("UTC", "Asia/Kathmandu", *sorted({name for name, _ in MOMENTS}))
REFS = ("one", "two", "three", None)


def chance(draw: Random, percent: int) -> bool:
    """True so many times in a hundred."""
    return draw.random() * 100 < percent


@dataclass
class Offers:
    """Draws timetables; `tick` is the seconds at which clocks, hours, steps and lengths may have edges."""

    draw: Random
    tick: int = QUARTER
    seen: Counter[str] = field(default_factory=Counter)

    def timetable(self) -> AvailabilityInput:
        """One timetable, within some days of a change of the clocks."""
        draw = self.draw
        zone, moment = draw.choice(MOMENTS if self.tick == QUARTER else TO_THE_MINUTE)
        self.around = date.fromisoformat(moment)
        self.zone = ZoneInfo(zone)
        self.anchor = int(
            datetime(self.around.year, self.around.month, self.around.day, 5, tzinfo=UTC).timestamp()
        )
        self.holidays = self._holidays()
        terms = self._terms()
        length = draw.choice(terms.durations) * MINUTE
        if chance(draw, 2):
            length = draw.choice((self.tick, 3 * self.tick, 60 * QUARTER))
        self.members = self._pool(length)
        needs = self._needs(length)
        first = self.anchor + draw.randint(-20, 8) * HOUR + draw.choice((0, 0, 0, 1, 1_799))
        last = first + draw.choice((DAY, DAY // 2, DAY // 4, draw.randint(0, DAY)))
        if chance(draw, 4):
            last = first + 2 * DAY
        now = draw.choice((first - DAY, first - DAY // 2, first - HOUR, first + draw.randint(-DAY, DAY // 2)))
        grid = draw.randrange(len(needs)) if chance(draw, 25) else 0
        closed = tuple(self._override(Kind.OFF) for _ in range(draw.choice((0, 0, 0, 0, 1, 2))))
        if closed and chance(draw, 20):
            closed += (self._override(Kind.EXTRA),)  # only what is off closes
        made = tuple(self._booking() for _ in range(draw.choice((0, 0, 2, 5))))
        found = AvailabilityInput(terms, now, (first, last), length, needs, grid, closed, made)
        self.seen.update(made_of(found))
        return found

    def order(self, timetable: AvailabilityInput) -> dict[int, list[object]]:
        """For some needs, some members in an order of preference; for a few nobody at all."""
        chosen = {}
        for number, need in enumerate(timetable.needs):
            if chance(self.draw, 60):
                keys = [member.key for member in need.members]
                least = 0 if chance(self.draw, 10) else min(1, len(keys))
                chosen[number] = self.draw.sample(keys, self.draw.randint(least, len(keys)))
                self.seen.update([] if chosen[number] else ["order of nobody"])
        return chosen

    def instants(self, timetable: AvailabilityInput, starts: list[int]) -> list[int]:
        """Some starts, and some instants near and far from them."""
        first, last = timetable.span
        some = self.draw.sample(starts, min(3, len(starts)))
        off = [start + self.draw.choice((-60, -1, 1, 60, 420, QUARTER)) for start in some[:1]]
        return [*some, *off, self.draw.randint(first - HOUR, last + HOUR), self.draw.choice((first, last))]

    # Terms.

    def _terms(self) -> BookingRules:
        draw, each = self.draw, self.tick // MINUTE
        if each > 1:
            steps, lengths = (1, 1, 2, 2, 3, 4, 6), (1, 2, 2, 3, 4, 4, 6, 10)
        else:
            steps, lengths = (15, 20, 30, 45, 60, draw.randint(7, 90)), (15, 30, 45, 60, draw.randint(1, 200))
        durations = tuple(sorted({draw.choice(lengths) * each for _ in range(draw.choice((1, 1, 2)))}))
        if chance(draw, 2):
            durations = (26 * 60,)  # longer than any day
        return BookingRules(
            zone=self.zone,
            slot_minutes=durations[0],
            step_minutes=draw.choice(steps) * each,
            durations=durations,
            buffer_before=draw.choice((0, 0, 0, 5, 10, 45)),
            buffer_after=draw.choice((0, 0, 0, 5, 15, 60)),
            min_notice_minutes=draw.choice((0, 0, 0, 0, 1, 90, 1_500)),
            horizon_days=draw.choice((30, 30, 30, 30, 1, 1)),
            limits=tuple(self._limit() for _ in range(draw.choice((0, 0, 0, 1, 2)))),
            cancel_notice_minutes=0,
            reschedule_notice_minutes=0,
            hold_minutes=10,
            reminder_hours=(24,),
            approval=False,
            series_most=0,
        )

    def _limit(self) -> Limit:
        draw = self.draw
        minutes = chance(draw, 50)
        most = draw.choice((30, 60, 90, 180, 360)) if minutes else draw.choice((1, 1, 2, 3))
        scope = draw.choice((LimitScope.HOST, LimitScope.HOST, LimitScope.OFFER, LimitScope.BOOKER))
        return Limit(scope, draw.choice(list(Period)), most, minutes)

    def _booking(self) -> Span:
        draw = self.draw
        begin = self.anchor + draw.randint(-12 * 96, 12 * 96) * QUARTER // draw.choice((1, 4, 8))
        return begin, begin + draw.choice((15, 30, 60, 90)) * MINUTE

    # Schedules.

    def _holidays(self) -> Holidays:
        if chance(self.draw, 70):
            return NO_HOLIDAYS
        zone = self.zone if chance(self.draw, 70) else ZoneInfo(self.draw.choice(ZONES))
        days = [(self.around - EPOCH).days + self.draw.randint(-1, 1) for _ in range(2)]
        return Holidays({day: f"Feast {n}" for n, day in enumerate(days)}, zone)

    def _window(self) -> Span:
        """A start and an end of day, more often in the night, when clocks change."""
        draw, most = self.draw, DAY // self.tick
        if chance(draw, 45):
            return 0, DAY
        night = draw.choice((0, 0, 1, 2, 4, 6, 8, 10)) * QUARTER // self.tick
        opens = night if chance(draw, 50) else draw.randrange(most)
        width = draw.choice((most, most // 2, most // 3, most // 12, draw.randint(1, most)))
        return opens * self.tick, min(most, opens + width) * self.tick

    def _weekly(self) -> tuple[tuple[int, ...], int, int]:
        draw = self.draw
        days = range(7) if chance(draw, 90) else draw.sample(range(7), draw.randint(1, 4))
        return tuple(days), *self._window()

    def _dates(self) -> tuple[date, date]:
        first = self.around + timedelta(days=self.draw.randint(-2, 1))
        return first, first + timedelta(days=self.draw.choice((0, 0, 1, 2)))

    def _override(self, kind: Kind) -> Override:
        draw = self.draw
        windows = [self._window() for _ in range(draw.choice((1, 1, 2)))]
        if kind is Kind.INSTEAD and chance(draw, 15):
            windows = []
        if kind is Kind.OFF and chance(draw, 60):
            opens = draw.randrange(DAY // self.tick) * self.tick
            windows = [(opens, min(DAY, opens + draw.choice((1, 4, 16)) * QUARTER))]
        return Override(*self._dates(), kind, tuple(windows), draw.choice(("", "private")))

    def _schedule(self, weekly: tuple[int, ...] = (1, 1, 2)) -> Schedule:
        draw = self.draw
        zone = self.zone if chance(draw, 70) else ZoneInfo(draw.choice(ZONES))
        kinds = draw.choices(list(Kind), k=draw.choice((0, 0, 0, 0, 1, 2, 3)))
        away = range(draw.choice((1, 2)) if chance(draw, 25) else 0)
        travels = tuple(TravelPeriod(*self._dates(), ZoneInfo(draw.choice(ZONES))) for _ in away)
        return Schedule(
            zone,
            tuple(self._weekly() for _ in range(draw.choice(weekly))),
            tuple(self._override(kind) for kind in kinds),
            travels,
            self.holidays if chance(draw, 70) else NO_HOLIDAYS,
            draw.choice(("time_off", "blackout")),
        )

    # Members and needs.

    def _claim(self, units: int, layouts: tuple[str, ...]) -> Busy:
        draw = self.draw
        booked, until = self._booking()
        booked += draw.choice((0, 0, 0, 300, 1))
        until = booked + (until - booked) // MINUTE * MINUTE
        ref = draw.choice(REFS)
        layout = draw.choice(layouts)
        if layout and chance(draw, 40):  # the setting up before
            return Busy(booked - 900, booked, draw.randint(1, units), booked, until, layout, True, ref)
        before, after = draw.choice((0, 0, 600)), draw.choice((0, 0, 900))
        return Busy(booked - before, until + after, draw.randint(1, units), booked, until, layout, False, ref)

    def _claims(self, most: int, units: int, layouts: tuple[str, ...] = ("",)) -> tuple[Busy, ...]:
        found = [self._claim(units, layouts) for _ in range(self.draw.randint(0, most))]
        if found and chance(self.draw, 30):  # one booking may claim several units
            found.append(found[0]._replace(unit=self.draw.randint(1, units)))
        return tuple(found)

    def _within(self, length: int) -> tuple[Span, ...]:
        found, at = [], self.anchor - DAY + self.draw.randint(0, 96) * QUARTER
        for _ in range(self.draw.choice((0, 1, 1, 2))):
            end = at + length + self.draw.choice((0, 1, 48, 96)) * QUARTER
            found.append((at, end))
            at = end + self.draw.choice((0, 1, HOUR, DAY // 4))
        if found and chance(self.draw, 40):  # one that lies in another, or begins in it
            begins = found[0][0] + QUARTER
            found.append((begins, begins + self.draw.choice((QUARTER, length, length + DAY // 4))))
            self.draw.shuffle(found)
        return tuple(found)

    def _pool(self, length: int) -> list[Member]:
        draw = self.draw
        found: list[Member] = []
        shared = self._schedule()
        for number in range(draw.choice((2, 3, 3, 4, 5))):
            capacity = draw.choice((1, 1, 1, 2, 3)) if chance(draw, 90) else None
            layout = draw.choice(("rows", "round")) if chance(draw, 25) else ""
            layouts = ("", "rows", "round") if layout else ("",)
            laid_out = layout or chance(draw, 12)  # what takes time, though it is never laid out
            parts, part_claims = frozenset[object](), ()
            if chance(draw, 22):
                known = [m.key for m in found if not m.parts]
                parts = frozenset(draw.sample([*known, "half", "other half"], draw.choice((1, 2))))
                part_claims = self._claims(2, 1)
            schedule = shared if chance(draw, 40) else self._schedule()
            if chance(draw, 10):
                schedule = self._schedule((0,))
            also = tuple(
                self._schedule((0, 1)) for _ in range(draw.choice((1, 2)) if chance(draw, 12) else 0)
            )
            most = draw.choice((0, 0, 1, 3, 6 * (capacity or 1)))
            found.append(
                Member(
                    key="abcde"[number],
                    schedule=None if number and chance(draw, 12) else schedule,
                    capacity=capacity,
                    busy=self._claims(most, (capacity or 1) + chance(draw, 30), layouts),
                    person=chance(draw, 50),
                    parts=parts,
                    part_claims=part_claims,
                    within=self._within(length) if chance(draw, 10) else None,
                    layout=layout,
                    setup=draw.choice((0, 600, 1_800)) if laid_out else 0,
                    teardown=draw.choice((0, 300, 3_600)) if laid_out else 0,
                    also_closed=also,
                )
            )
        return found

    def _needs(self, length: int) -> tuple[Need, ...]:
        draw = self.draw
        found: list[Need] = []
        for _ in range(draw.choice((1, 1, 2, 2, 2, 3))):
            members = draw.sample(self.members, draw.randint(1, min(3, len(self.members))))
            if chance(draw, 8):  # who stands in does so in one pool, not in all
                members[0] = replace(members[0], within=self._within(length))
            count = min(len(members), draw.choice((1, 1, 1, 1, 2, 3)))
            if chance(draw, 2):
                count = len(members) + 1
            able = [m for m in members if m.capacity is None or m.capacity > 1]
            units = draw.choice((1, 2, 2, 3)) if len(able) >= count or chance(draw, 5) else 1
            found.append(Need(tuple(members), count, units, chance(draw, 50)))
        if chance(draw, 2):
            found[-1] = Need((), staffed=chance(draw, 50))
        if len(found) < 3 and chance(draw, 8):
            found.append(found[0])
        return tuple(found)


def made_of(timetable: AvailabilityInput) -> set[str]:
    """The names of what a timetable is made of."""
    needs, terms = timetable.needs, timetable.terms
    members = {id(m): m for need in needs for m in need.members}.values()
    schedules = [s for m in members for s in (m.schedule, *m.also_closed) if s]
    keys = Counter(member.key for need in needs for member in need.members)
    capacity = {member.key: member.capacity for member in members}
    wholes = [member for member in members if member.parts]
    within = {(member.key, member.within) for member in members}
    hosts = next((number for number, need in enumerate(needs) if need.staffed), 0)
    knotted = len(needs) > 1 or bool(wholes)
    claims = [claim for member in members for claim in member.busy]
    found = {
        f"needs {len(needs)}": True,
        "grid elsewhere": timetable.grid > 0,
        "wrong length": timetable.length // MINUTE not in terms.durations,
        "longer than a day": timetable.length > 25 * HOUR,
        "several lengths": len(terms.durations) > 1,
        "notice": terms.min_notice_minutes > 0,
        "buffers": terms.buffer_before > 0 and terms.buffer_after > 0,
        "closed": bool(timetable.closed),
        "count": any(need.count > 1 for need in needs),
        "units": any(need.units > 1 for need in needs),
        "units of a choice": any(need.units > 1 and len(need.members) > need.count for need in needs),
        "units of a choice, knotted": knotted
        and any(need.units > 1 and len(need.members) > need.count for need in needs),
        "unfilled": any(need.count > len(need.members) for need in needs),
        "nobody": any(not need.members for need in needs),
        "the same need twice": any(a is b for a, b in combinations(needs, 2)),
        "hosts not first": hosts > 0,
        "several hosts, knotted": knotted and needs[hosts].staffed and needs[hosts].count > 1,
        "shared": any(keys[member.key] > 1 for member in members),
        "shared, several units": any(keys[m.key] > 1 and (m.capacity or 0) > 1 for m in members),
        "never taken": any(member.capacity is None for member in members),
        "parts": any(member.parts for member in members),
        "parts in a need": any(keys[part] for member in members for part in member.parts),
        "shared parts": any(a.parts & b.parts for a in members for b in members if a is not b),
        "parts of several units": any((capacity.get(part) or 0) > 1 for m in wholes for part in m.parts),
        "part that is never taken": any(capacity.get(part, 1) is None for m in wholes for part in m.parts),
        "whole that is never taken": any(m.capacity is None for m in wholes),
        "claims on its parts": any(m.capacity is None and m.part_claims for m in wholes),
        "part claims": any(member.part_claims for member in members),
        "layout": any(member.layout for member in members),
        "turnover": any(claim.turnover for claim in claims),
        "no ref": any(claim.ref is None for claim in claims),
        "setup": any(member.layout and member.setup and member.teardown for member in members),
        "setup of no layout": any(not m.layout and m.setup and m.teardown and m.busy for m in members),
        "within": any(member.within for member in members),
        "within within": any(
            a <= c and d <= b for m in members for (a, b), (c, d) in permutations(m.within or (), 2)
        ),
        "within here, not there": any(
            (m.capacity or 0) > 1 and (m.key, None) in within for m in members if m.within
        ),
        "made in any order": list(timetable.made) != sorted(timetable.made),
        "never within": any(member.within == () for member in members),
        "also closed": any(member.also_closed for member in members),
        "no schedule": any(member.schedule is None for member in members),
        "no hours": any(m.schedule and not m.schedule.has_hours for m in members),
        "unit that is gone": any(b.unit > (m.capacity or 9) for m in members for b in m.busy),
        "travel": any(schedule.travels for schedule in schedules),
        "two journeys": any(len(schedule.travels) > 1 for schedule in schedules),
        "holidays": any(schedule.holidays.names for schedule in schedules),
        "closed instead": any(o.kind is Kind.INSTEAD and not o.hours for s in schedules for o in s.overrides),
        **{f"override {o.kind}": True for s in schedules for o in s.overrides},
        **{f"limit {limit.scope} {limit.period}{' minutes' * limit.minutes}": True for limit in terms.limits},
    }
    return {name for name, holds in found.items() if holds}


FEATURES = frozenset(
    """needs 1;needs 2;needs 3;grid elsewhere;wrong length;longer than a day;several lengths;notice;buffers;closed;count;
    units;units of a choice;units of a choice, knotted;unfilled;nobody;the same need twice;hosts not first;
    several hosts, knotted;shared;shared, several units;never taken;parts;parts in a need;shared parts;
    parts of several units;part that is never taken;whole that is never taken;claims on its parts;part claims;
    layout;turnover;no ref;setup;setup of no layout;within;within within;within here, not there;never within;
    made in any order;order of nobody;also closed;no schedule;no hours;unit that is gone;travel;two journeys;
    holidays;closed instead;override hours;override extra;override off""".replace("\n    ", "").split(";")
) | {f"limit {w} {p}{m}" for w in LimitScope for p in Period for m in ("", " minutes")}
"""All that a timetable can be made of, and an order that names nobody."""
