"""Cross every two options of an offer: build one that has both, book it, and see whether both promises hold.

`python -m tools.feature_pairs` writes what it finds to docs/feature-pairs.md; the tests compare.
"""

import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg

from infra24 import booking_links, bookings, migrations, organizations, resources, round_robin
from infra24.app import compose
from infra24.auth.tokens import Tokens
from infra24.booking_links import LinkDraft, Prefilled
from infra24.bookings import (
    BY_BOOKER,
    BY_STAFF,
    BookerDetails,
    BookerLimit,
    Booking,
    BookingPolicy,
    BookingRequest,
    SlotNotOffered,
    Status,
    TooLate,
)
from infra24.bookings import series as recurring
from infra24.bookings.series import SeriesConflicts, SeriesRequest
from infra24.db import Database
from infra24.embedded import EmbeddedServer
from infra24.errors import DomainError
from infra24.organizations import Day, HolidayPlan, UnknownResource
from infra24.resources import ANYONE, Draft, HostPreference
from infra24.settings import Settings

PUBLISHED = Path(__file__).parents[1] / "docs" / "feature-pairs.md"
WORKS = "works"
NOT_YET = "does not work yet"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
WEEKS = [MONDAY + timedelta(weeks=n) for n in range(6)]
STAFF = replace(BY_STAFF, decides=True)
HALF, HOUR, DAY = timedelta(minutes=30), timedelta(hours=1), timedelta(days=1)
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
HOURS = [{"by": "resource", "days": WEEKDAYS, "start": "08:00", "end": "18:00"}]
ALWAYS = [{"by": "resource", "days": WEEKDAYS, "start": "00:00", "end": "24:00"}]


def mail(name: str) -> str:
    """A person's e-mail."""
    return f"{name}@pairs.example"


def dates(weekday: int) -> list[str]:
    """The dates of one weekday in the weeks that the checks use."""
    return [(monday + weekday * DAY).date().isoformat() for monday in WEEKS]


@dataclass
class Setup:
    """An offer while options are added to it, and what the tests know of it without the engine."""

    pool: list[str] = field(default_factory=list)
    pooling: list[str] = field(default_factory=list)
    choose: bool = False
    skill: bool = False
    count: int = 1
    room: dict[str, Any] | None = None
    needs: list[dict[str, Any]] = field(default_factory=list)
    things: dict[str, Draft] = field(default_factory=dict)
    claims: Counter[str] = field(default_factory=Counter)
    rules: dict[str, Any] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)
    ann: dict[str, Any] = field(default_factory=dict)
    links: dict[str, dict[str, Any]] = field(default_factory=dict)
    holidays: list[Day] = field(default_factory=list)
    closed: list[tuple[str, timedelta]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    phone: str = ""
    holding: bool = False

    def hosted(self, *names: str) -> None:
        """These people are hosts."""
        self.pool += [name for name in names if name not in self.pool]

    def roomy(self, **more: Any) -> None:
        """One room is always needed, with these attributes."""
        self.room = {"capacity": 1, **(self.room or {}), **more}
        self.claims["room"] = 1

    def staff_needs(self) -> list[dict[str, Any]]:
        """The hosts as a need; two ways of choosing them have to be two groups."""
        if not self.pool:
            return []
        found = []
        for pooling in self.pooling or [""]:
            need: dict[str, Any] = (
                {"skill": "glass"} if self.skill else {"hosts": [mail(n) for n in self.pool]}
            )
            need |= {"pooling": pooling} if pooling else {}
            need |= {"choose": True} if self.choose else {}
            need |= {"count": self.count} if self.count > 1 else {}
            found.append(need)
        return found

    @property
    def together(self) -> bool:
        """Whether all hosts are needed."""
        return self.pooling == ["collective"]

    def drafts(self) -> dict[str, Draft]:
        """Everything to create, in order; the offer itself is last."""
        found: dict[str, Draft] = {}
        stand_in = (
            ["cyd"] if any("colleague" in override for override in self.ann.get("overrides", ())) else []
        )
        for name in [*stand_in, *self.pool]:
            own = {"timezone": "UTC", "windows": HOURS, **(self.ann if name == "ann" else {})}
            tags = ["glass"] if name in self.pool else []
            found[name] = Draft("person", name.title(), email=mail(name), slug=name, is_bookable=False,
                                tags=tags, availability_rules=own)  # fmt: skip
        found |= self.things
        if self.room is not None:
            hours = {"timezone": "UTC", "windows": ALWAYS if self.pool else HOURS}
            found["room"] = Draft("space", "Room", slug="room", availability_rules=hours, **self.room)
        needs = [*self.staff_needs(), *self.needs, *([{"resource": "room"}] if self.room else [])]
        own_rules = {"timezone": "UTC", "slot_minutes": 30, **self.rules}
        found["offer"] = Draft(
            "other", "Offer", slug="offer", needs=needs, availability_rules=own_rules, **self.own
        )
        return found


class World:
    """One organization with one offer that has both options."""

    def __init__(self, lab: "Lab", org_id: UUID, setup: Setup, options: "Sequence[Option]") -> None:
        self.lab, self.org_id, self.setup, self.options = lab, org_id, setup, options
        self.ids: dict[str, UUID] = {}
        self.via: str | None = None
        self.weeks: Sequence[datetime] = WEEKS
        self.uses: Counter[str] = Counter()
        self._people = count(1)
        self.holding = setup.holding

    def has(self, name: str) -> bool:
        """Whether the offer has an option."""
        return any(option.name == name for option in self.options)

    def day(self, number: int) -> datetime:
        """Ten o'clock on the clean days of an option: Mondays and Tuesdays of three weeks."""
        return self.weeks[number // 2] + (number % 2) * DAY

    def on(self, weekday: int) -> datetime:
        """Ten o'clock on a day of an option's first week."""
        return self.weeks[0] + weekday * DAY

    # What can be expected.

    def eligible(self, at: datetime) -> list[str]:
        """Who may host at a time: those of the pool, less those who are away, with who stands in."""
        of_link = {"individual": 1, "round-robin": 2, "collective": 2}
        pool = self.setup.pool[: of_link.get(self.via or "")]
        away = [o for o in self.options if o.name in AWAY and AWAY[o.name](at)]
        if not away:
            return pool
        others = [name for name in pool if name != "ann"]
        stands_in = any(o.name == "out of office, a colleague" for o in away) and "ann" in pool
        return [*others, "cyd"] if stands_in else others

    def hosts_needed(self) -> int:
        """How many hosts one booking takes."""
        if not self.setup.pool:
            return 0
        if self.setup.together:
            return len(self.setup.pool)
        return 2 if self.via == "collective" else self.setup.count

    def at_once(self, at: datetime) -> int:
        """How many bookings can stand at the same time."""
        most = 3
        if self.hosts_needed():
            most = min(most, len(self.eligible(at)) // self.hosts_needed())
        if self.setup.room:
            most = min(most, self.setup.room["capacity"])
        if self.setup.claims["wheels"] or self.setup.claims["quiet"]:
            most = min(most, 1)
        return most

    def anyone(self) -> BookerDetails:
        """Somebody new, who answers what is asked."""
        name = f"visitor{next(self._people)}"
        return BookerDetails(
            name, f"{name}@example.org", answers=dict(self.setup.answers), phone=self.setup.phone
        )

    # What is done.

    async def act(self, verb: Callable[..., Awaitable[Any]], *args: Any, **more: Any) -> Any:
        """One verb in a transaction of its own."""
        async with self.lab.database.transaction(self.org_id) as tx:
            return await verb(tx, *args, **more)

    async def booking_request(
        self, at: datetime, minutes: int, person: BookerDetails | None, staff: str | None
    ) -> BookingRequest:
        """A booking_request, by the link if there is one to go by."""
        staff_id = self.ids[staff] if staff else None
        choice = HostPreference((staff_id,)) if staff_id else ANYONE
        wanted = BookingRequest(self.ids["offer"], at, at + timedelta(minutes=minutes), person, choice)
        if self.via is None:
            return wanted
        link = await self.act(booking_links.get, self.via)
        return replace(wanted, choice=booking_links.choice_of(link, staff_id), link_id=link.id)

    async def book(
        self,
        at: datetime,
        minutes: int = 30,
        *,
        person: BookerDetails | None = None,
        staff: str | None = None,
    ) -> Booking:
        """Book as a visitor does, and see that it is what both options promise."""
        person = person or self.anyone()
        wanted = await self.booking_request(at, minutes, person, staff)
        async with self.lab.database.transaction(self.org_id) as tx:
            if self.holding:
                held = await bookings.hold(tx, replace(wanted, person=None), tokens=self.lab.tokens, now=NOW)
                assert held.status is Status.HOLD, held.status
                made = await bookings.confirm_hold(tx, held.id, person, BY_BOOKER, now=NOW)
            else:
                made = await bookings.book(tx, wanted, tokens=self.lab.tokens, now=NOW)
        if self.via is not None:
            self.uses[self.via] += 1
        await self.check(made, by_link=True)
        return made

    async def refused(self, at: datetime, minutes: int = 30, **more: Any) -> DomainError:
        """The refusal of a booking that must not be had; nothing of it is left."""
        before = self.standing()
        try:
            made = await self.book(at, minutes, **more)
        except DomainError as refusal:
            assert self.standing() == before, "something is left of what was refused"
            return refusal
        raise AssertionError(f"{at:%a %H:%M} was booked with {made.hosts} and should have been refused")

    async def closed_at(self, at: datetime, code: str) -> None:
        """A time is refused, for this reason, and not offered."""
        refusal = await self.refused(at)
        codes = {said["code"] for said in refusal.details.get("reasons", [])}
        assert code in codes, f"refused for {codes or refusal.message}, not for {code}"
        assert not await self.offered(at), f"{at:%a %H:%M} is offered and refused"

    async def offered(self, at: datetime) -> bool:
        """Whether a time is among the free ones."""
        wanted = await self.booking_request(at, 30, None, None)
        span = (at, at + timedelta(seconds=1))
        _, _, free = await self.act(bookings.slots, self.ids["offer"], span, 30, NOW, choice=wanted.choice)
        return bool(free)

    async def fill(self, at: datetime) -> list[Booking]:
        """Book a time as often as it can be had, then no more."""
        made = [await self.book(at) for _ in range(max(1, self.at_once(at)))]
        await self.refused(at)
        return made

    async def until_refused(self, day: datetime, most: int) -> tuple[list[Booking], DomainError]:
        """Book the hours of a day one after the other until no more is to be had."""
        made = []
        for hour in range(most + 1):
            at = day.replace(hour=9) + hour * HOUR
            try:
                made.append(await self.book(at))
            except DomainError as refusal:
                return made, refusal
        raise AssertionError(f"{len(made)} bookings on one day")

    async def occupy(self, slug: str, at: datetime, units: int = 1, layout: str = "") -> Booking:
        """Take something for another purpose, by another type."""
        key = f"other-{slug}-{units}-{layout}"
        if key not in self.ids:
            what = {"hosts": [mail(slug)]} if slug in ("ann", "ben", "cyd", "dan") else {"resource": slug}
            need = {**what, **({"units": units} if units > 1 else {})}
            draft = Draft("other", key, needs=[need], layout=layout,
                          availability_rules={"timezone": "UTC", "windows": ALWAYS})  # fmt: skip
            self.ids[key] = (await self.act(resources.create, draft, NOW)).id
        wanted = BookingRequest(self.ids[key], at, at + HALF, replace(self.anyone(), answers={}))
        made: Booking = await self.act(bookings.book, wanted, tokens=self.lab.tokens, now=NOW)
        return made

    async def series(
        self, first: datetime, rule: str, policy: BookingPolicy = STAFF, **more: Any
    ) -> list[Booking]:
        """A whole series, each of its dates as both options promise."""
        wanted = SeriesRequest(self.ids["offer"], first, 30, rule, self.anyone(), **more)
        _, made = await self.act(recurring.book, wanted, policy=policy, tokens=self.lab.tokens, now=NOW)
        for booking in made:
            await self.check(booking)
        found: list[Booking] = made
        return found

    async def plan(self, first: datetime, rule: str, **more: Any) -> list[Any]:
        """The dates of a series that a visitor plans."""
        wanted = SeriesRequest(self.ids["offer"], first, 30, rule, self.anyone(), **more)
        planned = await self.act(recurring.plan, wanted, policy=BY_BOOKER, now=NOW)
        return list(planned.dates)

    # What is seen.

    def standing(self) -> tuple[int, int]:
        """How many bookings and claims stand, and links' uses: to see that a refusal leaves nothing."""
        row = self.lab.owner.execute(
            "SELECT (SELECT count(*) FROM bookings WHERE org_id = %(o)s AND status <> 'cancelled'), "
            "(SELECT count(*) FROM claims WHERE org_id = %(o)s AND released_at IS NULL)",
            {"o": self.org_id},
        ).fetchone()
        assert row is not None
        return row[0], row[1]

    def claimed(self, booking_id: UUID) -> list[Any]:
        """What a booking claims: slug ("link" for what only excludes), unit, from, to, layout, turnover."""
        return self.lab.owner.execute(
            "SELECT CASE WHEN r.is_link THEN 'link' ELSE r.slug END, c.unit, c.starts_at, c.ends_at, "
            "c.layout, c.turnover FROM claims c "
            "JOIN resources r ON (r.org_id, r.id) = (c.org_id, c.resource_id) "
            "WHERE c.org_id = %s AND c.booking_id = %s AND c.released_at IS NULL ORDER BY 1, 2",
            (self.org_id, booking_id),
        ).fetchall()

    async def check(self, made: Booking, *, by_link: bool = False) -> None:
        """Nothing missing, nothing too much: the claims, the hosts, and what each option says of them."""
        claims = [row for row in self.claimed(made.id) if not row[5]]
        hosts = [row[0] for row in claims if row[0] in ("ann", "ben", "cyd", "dan")]
        has = Counter("quiet" if row[0].startswith("quiet") else row[0] for row in claims)
        for host in hosts:
            del has[host]
        assert has == +self.setup.claims, f"claims {dict(has)}, needs {dict(self.setup.claims)}"
        assert len({(row[0], row[1]) for row in claims}) == len(claims), "the same unit twice"
        via, self.via = self.via, self.via if by_link else None
        needed, eligible = self.hosts_needed(), self.eligible(made.starts_at)
        self.via = via
        assert len(set(hosts)) == needed, f"{len(set(hosts))} hosts and needs {needed}"
        assert set(hosts) <= set(eligible), f"hosted by {hosts}, may be {eligible}"
        assert sorted(made.hosts) == sorted(host.title() for host in hosts), (
            "the hosts named are those claimed"
        )
        before, after = (
            timedelta(minutes=self.setup.rules.get(key, 0)) for key in ("buffer_before", "buffer_after")
        )
        spans = {(row[2], row[3]) for row in claims}
        assert spans == {(made.starts_at - before, made.ends_at + after)}, "claims its time and its buffers"
        for option in self.options:
            option.holds(self, made)


# The options: how each is added, what it promises of every booking, and what else it promises.

Add = Callable[[Setup], None]
Promise = Callable[[World], Awaitable[None]]


def _nothing(world: World, made: Booking) -> None:
    return None


async def _no_more(world: World) -> None:
    return None


@dataclass(frozen=True)
class Option:
    """One option: `add` it, `check` its promise, `holds` for each booking, `after` all of them."""

    name: str
    add: Add
    check: Promise
    holds: Callable[[World, Booking], None] = _nothing
    after: Promise = _no_more
    by: str | None = None


def _with(**values: Any) -> Add:
    return lambda setup: setup.rules.update(values)


def _hosts(*names: str, pooling: str = "", **more: Any) -> Add:
    def add(setup: Setup) -> None:
        setup.hosted(*names)
        setup.pooling += [pooling] if pooling else []
        for key, value in more.items():
            setattr(setup, key, value)

    return add


def _is(check: Callable[[Booking], bool], said: str) -> Callable[[World, Booking], None]:
    def holds(world: World, made: Booking) -> None:
        assert check(made), said

    return holds


async def approval(world: World) -> None:
    made = (await world.fill(world.day(0)))[0]
    approved = await world.act(bookings.approve, made.id, STAFF, now=NOW)
    assert approved.status is Status.CONFIRMED, approved.status
    await world.refused(world.day(0))
    to = world.day(0) + 3 * HOUR
    moved = await world.act(bookings.reschedule, made.id, to, to + HALF, policy=BY_BOOKER, now=NOW)
    assert moved.status is Status.PENDING, "another time is asked for again"


async def series(world: World) -> None:
    made = await world.series(world.day(0), "FREQ=WEEKLY;COUNT=3")
    assert len(made) == 3, len(made)
    await world.fill(world.day(3))
    before = world.standing()
    try:
        await world.series(world.day(1), "FREQ=WEEKLY;COUNT=3")
    except SeriesConflicts as refusal:
        states = [date["state"] for date in refusal.details["plan"]["dates"]]
        assert states == ["free", "conflict", "free"], states
    else:
        raise AssertionError("a series went over a time that was taken")
    assert world.standing() == before, "something is left of a series that was refused"
    for code, since in world.setup.closed:
        await _planned_over(world, code, since)
    await _limited_series(world)


async def _planned_over(world: World, code: str, since: timedelta) -> None:
    """A series over a time that is closed says why."""
    at = world.weeks[0] + since if since < 7 * DAY and since > timedelta() else MONDAY + since
    if not world.at_once(at) or code in ALWAYS_CLOSED:
        (date,) = await world.plan(at, "FREQ=DAILY;COUNT=1", skips_holidays=False)
        assert date.state == "conflict", f"{code}: {date.state}"
        assert code in {reason.code for reason in date.reasons}, [r.code for r in date.reasons]


async def _limited_series(world: World) -> None:
    """Limits count the dates of a visitor's series together."""
    if world.has("minutes per week per booker"):
        try:
            await world.series(world.day(4) + 2 * HOUR, "FREQ=DAILY;COUNT=3", policy=BY_BOOKER)
        except SeriesConflicts:
            return
        raise AssertionError("a series takes 90 minutes of one week, and a booker may have 60")
    if world.has("limit of the offer per day") or world.has("limit per day per host"):
        first = (world.day(4) - HOUR).replace(tzinfo=None)
        rule = "FREQ=WEEKLY;COUNT=6"
        one_day = {first + n * timedelta(weeks=1): world.day(4) + n * HOUR for n in range(1, 6)}
        try:
            await world.series(world.day(4) - HOUR, rule, policy=BY_BOOKER, moved_dates=one_day)
        except SeriesConflicts as refusal:
            said = str(refusal.details["plan"])
            assert "day_limit" in said or "taken" in said, said
            return
        raise AssertionError("a series puts more on one day than the limit allows")


async def collective(world: World) -> None:
    await world.book(world.day(0))
    await world.occupy("ben", world.day(1))
    await world.refused(world.day(1))


async def by_round_robin(world: World) -> None:
    firsts = [(await world.book(world.day(n))).hosts for n in (0, 1)]
    if world.setup.count == 1 and not world.has("series"):
        assert firsts[0] != firsts[1], f"both turns went to {firsts[0]}"
    await ledger(world)


async def ledger(world: World) -> None:
    found = await world.act(round_robin.check_ledger, world.ids["offer"])
    assert sum(found.kept.values()) == 0, found.kept
    assert not found.replayed.wrong, f"lines {found.replayed.wrong} of the ledger do not follow"
    assert found.holds, "the balances are not the sum of the ledger"


async def choice(world: World) -> None:
    made = await world.book(world.day(0), staff="ben")
    assert made.hosts == ["Ben"], made.hosts
    await world.refused(world.day(0), staff="ben")
    if world.at_once(world.day(0)) > 1:
        assert (await world.book(world.day(0), staff="ann")).hosts == ["Ann"]


async def skill(world: World) -> None:
    for name in world.setup.pool:
        await world.occupy(name, world.day(0))
    await world.refused(world.day(0))
    await world.fill(world.day(1))


async def two_hosts(world: World) -> None:
    await world.fill(world.day(0))
    await world.occupy("ann", world.day(1))
    await world.occupy("ben", world.day(1))
    await world.refused(world.day(1))
    if world.has(NOTHING.name):  # whoever asks for one of them still gets two, or is refused
        with suppress(DomainError):
            await world.book(world.day(2), staff="ann")


async def tag_pool(world: World) -> None:
    await world.occupy("quiet-1", world.day(0))
    await world.book(world.day(0))
    for name in ("quiet-1", "quiet-2"):
        await world.occupy(name, world.day(1))
    await world.refused(world.day(1))


async def fixed_room(world: World) -> None:
    assert world.setup.room is not None
    for _ in range(world.setup.room["capacity"]):
        await world.occupy("room", world.day(0))
    await world.refused(world.day(0))
    await world.fill(world.day(1))


async def units(world: World) -> None:
    await world.occupy("wheels", world.day(0))
    await world.book(world.day(0))
    await world.occupy("wheels", world.day(1), 2)
    await world.refused(world.day(1))


def _apart(*slugs: str) -> Promise:
    """Whatever takes one of these keeps the room, and the room keeps them."""

    async def check(world: World) -> None:
        for number, slug in enumerate(slugs):
            await world.occupy(slug, world.day(2 * number))
            await world.refused(world.day(2 * number))
            await world.book(world.day(2 * number + 1))
            try:
                await world.occupy(slug, world.day(2 * number + 1))
            except DomainError:
                continue
            raise AssertionError(f"{slug} was used at the same time")

    return check


async def layout(world: World) -> None:
    await world.book(world.day(0))
    await world.book(world.day(0) + HOUR)
    if world.setup.room and world.setup.room["capacity"] == 1:
        await world.book(world.day(1))
        try:
            await world.occupy("room", world.day(1) + HOUR, layout="mats")
        except DomainError:
            return
        raise AssertionError("the mats came in before the chairs were out")


def _turned_over(world: World, made: Booking) -> None:
    """Around every use the time that its layout takes, but what two neighbours share."""
    rows = world.lab.owner.execute(
        "SELECT c.unit, c.starts_at, c.ends_at, c.layout, c.turnover FROM claims c "
        "JOIN resources r ON (r.org_id, r.id) = (c.org_id, c.resource_id) "
        "WHERE c.org_id = %s AND r.slug = 'room' AND c.released_at IS NULL ORDER BY 1, 2",
        (world.org_id,),
    ).fetchall()
    for unit in {row[0] for row in rows}:
        uses = [row[1:4] for row in rows if row[0] == unit and not row[4]]
        times = {"chairs": (HALF, HALF / 2), "mats": (HOUR, HALF), "": (timedelta(), timedelta())}
        wanted = set()
        ends = (MONDAY, MONDAY, "")
        for (_, end, one), (start, _, other) in zip([ends, *uses], [*uses, ends], strict=True):
            down, up = times[one][1], times[other][0]
            if one and one == other and start - end < down + up:
                wanted.add((end, start))
            else:
                wanted |= {(end, end + down), (start - up, start)}
        there = {(row[1], row[2]) for row in rows if row[0] == unit and row[4]}
        assert there == {(since, until) for since, until in wanted if since < until}, "setup and teardown"


async def buffers(world: World) -> None:
    await world.fill(world.day(0))
    await world.refused(world.day(0) + HALF)
    await world.book(world.day(0) + HOUR)


async def durations(world: World) -> None:
    made = await world.book(world.day(0), 60)
    assert made.length == HOUR, made.length
    refusal = await world.refused(world.day(1), 45)
    assert isinstance(refusal, SlotNotOffered), refusal.message
    await world.book(world.day(1), 30)


async def many_at_once(world: World) -> None:
    made = await world.fill(world.day(0))
    taken = [row[1] for one in made for row in world.claimed(one.id) if row[0] == "room" and not row[5]]
    assert len(set(taken)) == len(made), "each has a unit of its own"


async def questions(world: World) -> None:
    nobody = replace(world.anyone(), answers={})
    refusal = await world.refused(world.day(0), person=nobody)
    assert "answers.medium" in refusal.details.get("errors", {}), refusal.message
    await world.book(world.day(0))


async def by_phone(world: World) -> None:
    refusal = await world.refused(world.day(0), person=replace(world.anyone(), phone=""))
    assert "phone" in refusal.details.get("errors", {}), refusal.message
    await world.book(world.day(0))


async def one_booking(world: World) -> None:
    await world.book(world.day(0))


def _closed(code: str, since: timedelta, *, always: bool = False) -> Promise:
    async def check(world: World) -> None:
        await world.book(world.day(0))
        await world.closed_at((MONDAY if always else world.weeks[0]) + since, code)

    return check


async def host_limit(world: World) -> None:
    most = 2 * len(world.eligible(world.day(0))) // max(1, world.hosts_needed())
    least = 2 if world.setup.count > 1 else most
    if world.has("limit of the offer per day"):
        most, least = min(most, 3), min(least, 3)
    made, refusal = await world.until_refused(world.day(0), most)
    assert least <= len(made) <= most, (
        f"{len(made)} bookings on a day, of {least} to {most}: {refusal.message}"
    )
    each = Counter(host for one in made for host in one.hosts)
    assert max(each.values()) <= 2, each
    assert "day_limit" in str(refusal.details), refusal.details


async def booker_minutes(world: World) -> None:
    person = world.anyone()
    await world.book(world.day(0), person=person)
    await world.book(world.day(1), person=person)
    assert isinstance(await world.refused(world.day(1) + 2 * HOUR, person=person), BookerLimit)
    await world.book(world.day(2), person=person)


async def offer_limit(world: World) -> None:
    most = 3
    if world.has("limit per day per host"):
        most = min(3, 2 * len(world.eligible(world.day(0))) // max(1, world.hosts_needed()))
    made, refusal = await world.until_refused(world.day(0), most)
    assert len(made) == most, f"{len(made)} bookings on a day, not {most}: {refusal.message}"
    assert "day_limit" in str(refusal.details), refusal.details
    await world.book(world.day(1))


AWAY: dict[str, Callable[[datetime], bool]] = {
    "travel of the host": lambda at: at.weekday() == 5 and at >= MONDAY and at.hour >= 9,
    "hours of one day": lambda at: at.weekday() == 6 and at >= MONDAY and not 12 <= at.hour < 14,
    "out of office, a colleague": lambda at: at.weekday() == 2,
}
"""When Ann is away, by the option that takes her away."""

ALWAYS_CLOSED = ("too_far", "blackout", "holiday")


async def travel(world: World) -> None:
    at = world.on(5)
    if world.at_once(at):
        await world.fill(at)
    else:
        await world.closed_at(at, "outside_hours")
    early = at.replace(hour=2)  # eleven in the morning in Tokyo
    if world.hosts_needed() == 1:
        assert (await world.book(early)).hosts == ["Ann"]


async def other_hours(world: World) -> None:
    at = world.on(6)
    if world.at_once(at):
        await world.fill(at)
    else:
        await world.closed_at(at, "outside_hours")
    await world.fill(at.replace(hour=12, minute=30))


async def out_of_office(world: World) -> None:
    made = await world.fill(world.on(2))
    assert "Cyd" in {host for one in made for host in one.hosts} or len(world.eligible(world.on(2))) > len(
        made
    )


def _link(kind: str, *hosts: str, private: bool = False) -> Add:
    def add(setup: Setup) -> None:
        setup.hosted(*(hosts or ("ann",)))
        key = "private" if private else kind.replace("_", "-")
        setup.links[key] = {"kind": kind, "hosts": [mail(host) for host in hosts], "is_private": private}

    return add


def _through(slug: str) -> Promise:
    async def check(world: World) -> None:
        world.via = slug
        await world.fill(world.day(0))
        link = await world.act(booking_links.get, slug)
        assert link.uses == world.uses[slug], f"used {world.uses[slug]} times, counted {link.uses}"
        if link.is_private:
            tokens, org_id = world.lab.tokens, world.org_id
            signed = booking_links.write_private(tokens, org_id, link.id, Prefilled("Ada", until=NOW + DAY))
            read = booking_links.read_private(tokens, org_id, link.id, signed, NOW)
            assert read is not None
            assert read.name == "Ada"
            assert booking_links.read_private(tokens, org_id, link.id, signed, NOW + 2 * DAY) is None

    return check


def _came_by(world: World, made: Booking) -> None:
    if made.series_id is None and world.via is not None:
        assert made.link_id is not None, "it does not say by which link it came"


async def hold(world: World) -> None:
    wanted = await world.booking_request(world.day(0), 30, None, None)
    held = [
        await world.act(bookings.hold, wanted, tokens=world.lab.tokens, now=NOW)
        for _ in range(world.at_once(world.day(0)))
    ]
    await world.refused(world.day(0))
    made = await world.act(bookings.confirm_hold, held[0].id, world.anyone(), policy=BY_BOOKER, now=NOW)
    await world.check(made, by_link=True)
    for one in held[1:]:
        await world.act(bookings.cancel, one.id, policy=BY_BOOKER, now=NOW)
    await world.act(bookings.cancel, made.id, policy=STAFF, now=NOW)
    await world.book(world.day(0))


async def reschedule(world: World) -> None:
    made = await world.book(world.day(0))
    to = world.day(0) + 3 * HOUR
    moved = await world.act(bookings.reschedule, made.id, to, to + HALF, policy=BY_BOOKER, now=NOW)
    assert moved.starts_at == to, moved.starts_at
    await world.check(moved, by_link=True)
    await world.fill(world.day(0))
    for code, since in world.setup.closed:
        if code in ALWAYS_CLOSED:
            at = MONDAY + since
            said = ""
            try:
                await world.act(bookings.reschedule, made.id, at, at + HALF, policy=BY_BOOKER, now=NOW)
            except SlotNotOffered as refusal:
                said = str(refusal.details)
            assert code in said, f"moved to a time that is closed ({code}): {said}"


async def cancel_notice(world: World) -> None:
    made = await world.book(world.day(0))
    try:
        await world.act(bookings.cancel, made.id, policy=BY_BOOKER, now=world.day(0) - HOUR)
    except TooLate:
        pass
    else:
        raise AssertionError("cancelled an hour before, and a day's notice is wanted")
    await world.act(bookings.cancel, made.id, policy=BY_BOOKER, now=world.day(0) - 2 * DAY)
    assert world.claimed(made.id) == [], "what was cancelled claims nothing"
    await world.fill(world.day(0))


async def impact(world: World) -> None:
    """Closing the offer, or anything that a booking has, lists it; and nothing is changed by looking."""
    made = await world.book(world.day(0))
    on = {"date": world.day(0).date().isoformat()}
    before = world.standing()
    slugs = {row[0] for row in world.claimed(made.id)} - {"link"}
    missed = []
    for slug in ["offer", *sorted(slugs)]:
        resource = await world.act(resources.get_by_slug, slug)
        own = resource.availability_rules
        closed = {**own, "blackouts": [*own.get("blackouts", ()), on]}
        async with world.lab.database.transaction(world.org_id) as tx:
            found = await bookings.impact(
                tx, None,
                lambda tx=tx, id_=resource.id, closed=closed: resources.update(
                    tx, id_, {"availability_rules": closed}, NOW),
                NOW,
            )  # fmt: skip
        if [one.booking.id for one in found] != [made.id]:
            missed.append(slug)
    assert not missed, f"closing {', '.join(missed)} is said to break nothing"
    assert world.standing() == before
    await world.book(world.day(0) + 3 * HOUR)


def _room(**more: Any) -> Add:
    return lambda setup: setup.roomy(**more)


def _linked(setup: Setup) -> None:
    setup.things |= {s: Draft("space", s.title(), slug=s, capacity=1) for s in ("left", "right")}
    setup.roomy(parts=["left", "right"])
    setup.claims += Counter(left=1, right=1)


def _excluding(setup: Setup) -> None:
    setup.things["saw"] = Draft("equipment", "Saw", slug="saw", capacity=1)
    setup.roomy(excludes=["saw"])
    setup.claims["link"] = 1


def _laid_out(setup: Setup) -> None:
    setup.roomy(layouts={"chairs": {"setup": 30, "teardown": 15}, "mats": {"setup": 60, "teardown": 30}})
    setup.own["layout"] = "chairs"


def _quiet(setup: Setup) -> None:
    for n in (1, 2, 3):
        setup.things[f"quiet-{n}"] = Draft(
            "space", f"Quiet {n}", slug=f"quiet-{n}", capacity=1, tags=["quiet"]
        )
    setup.needs.append({"tag": "quiet", "count": 2})
    setup.claims["quiet"] = 2


def _wheels(setup: Setup) -> None:
    setup.things["wheels"] = Draft("equipment", "Wheels", slug="wheels", capacity=3)
    setup.needs.append({"resource": "wheels", "units": 2})
    setup.claims["wheels"] = 2


def _asking(setup: Setup) -> None:
    setup.own["questions"] = [{"id": "medium", "label": "Medium", "required": True}]
    setup.answers = {"medium": "ink"}


def _phoning(setup: Setup) -> None:
    setup.own["meets"], setup.phone = "phone", "+1 305 555 0100"


def _priced(setup: Setup) -> None:
    setup.own["prices"] = {"public": 5000, "member": 0}


def _closing(code: str, since: timedelta, **rules: Any) -> Add:
    def add(setup: Setup) -> None:
        setup.rules |= rules
        setup.closed.append((code, since))

    return add


def _keeping_holidays(setup: Setup) -> None:
    setup.holidays = [Day(datetime.fromisoformat(on).date(), "Founders' day", True) for on in dates(4)]
    setup.closed.append(("holiday", 4 * DAY))


def _ann(**rules: Any) -> Add:
    def add(setup: Setup) -> None:
        setup.hosted("ann")
        setup.ann = {key: [*setup.ann.get(key, []), *rules.get(key, [])] for key in {*setup.ann, *rules}}

    return add


def _holding(setup: Setup) -> None:
    setup.holding = True


def _plain(setup: Setup) -> None:
    return None


def _limiting(**rules: Any) -> Add:
    def add(setup: Setup) -> None:
        setup.hosted("ann")
        setup.rules |= rules

    return add


def _skilled(setup: Setup) -> None:
    setup.hosted("ann", "ben")
    setup.skill = True


_BLACKOUTS = [{"date": on} for on in dates(3)]
_TRAVELS = [{"date": on, "timezone": "Asia/Tokyo"} for on in dates(5)]
_SUNDAYS = [{"date": on, "hours": [{"start": "12:00", "end": "14:00"}]} for on in dates(6)]
_OFFS = [{"date": on, "off": True, "colleague": mail("cyd")} for on in dates(2)]

OPTIONS: tuple[Option, ...] = (
    Option("approval", _with(approval=True), approval),
    Option("series", _with(series_most=10), series),
    Option("collective", _hosts("ann", "ben", pooling="collective"), collective),
    Option("round robin", _hosts("ann", "ben", pooling="round_robin"), by_round_robin, after=ledger),
    Option("choice of host", _hosts("ann", "ben", choose=True), choice),
    Option("skill pool", _skilled, skill),
    Option("two of the hosts", _hosts("ann", "ben", "dan", count=2), two_hosts),
    Option("n of a tag", _quiet, tag_pool),
    Option("fixed room", _room(), fixed_room),
    Option("units of equipment", _wheels, units),
    Option("linked space", _linked, _apart("left", "right")),
    Option("mutual exclusion", _excluding, _apart("saw")),
    Option("layout", _laid_out, layout, _turned_over),
    Option("buffers", _with(buffer_before=10, buffer_after=5), buffers),
    Option("several durations", _with(durations=[30, 60]), durations),
    Option("capacity above one", _room(capacity=3), many_at_once),
    Option("questions", _asking, questions, _is(lambda b: len(b.answers) == 1, "the answer is not kept")),
    Option("phone meeting", _phoning, by_phone, _is(lambda b: b.phone != "", "the number is not kept")),
    Option("price by role", _priced, one_booking, _is(lambda b: b.price == 5000, "not the public price")),
    Option("minimum notice", _closing("too_soon", -2 * DAY, min_notice_minutes=2880),
           _closed("too_soon", -2 * DAY, always=True)),
    Option("horizon", _closing("too_far", 63 * DAY, horizon_days=60),
           _closed("too_far", 63 * DAY, always=True)),
    Option("limit per day per host", _limiting(max_per_day_per_host=2), host_limit),
    Option("minutes per week per booker", _with(max_minutes_per_week_per_booker=60), booker_minutes),
    Option("limit of the offer per day", _with(max_per_day=3), offer_limit),
    Option("blackout", _closing("blackout", 3 * DAY, blackouts=_BLACKOUTS), _closed("blackout", 3 * DAY)),
    Option("own holidays", _keeping_holidays, _closed("holiday", 4 * DAY)),
    Option("travel of the host", _ann(travel=_TRAVELS), travel),
    Option("hours of one day", _ann(overrides=_SUNDAYS), other_hours),
    Option("out of office, a colleague", _ann(overrides=_OFFS), out_of_office),
    Option("individual link", _link("individual", "ann"), _through("individual"), _came_by, by="individual"),
    Option("team link", _link("team"), _through("team"), _came_by, by="team"),
    Option("round robin link", _link("round_robin", "ann", "ben"), _through("round-robin"), _came_by, ledger,
           by="round-robin"),
    Option("collective link", _link("collective", "ann", "ben"), _through("collective"), _came_by,
           by="collective"),
    Option("private link", _link("team", private=True), _through("private"), _came_by, by="private"),
    Option("hold, then confirm", _holding, hold),
    Option("reschedule", _plain, reschedule),
    Option("cancel notice", _with(cancel_notice_minutes=1440), cancel_notice,
           _is(lambda b: b.cancel_notice_minutes == 1440, "the policy is not frozen")),
    Option("impact preview", _plain, impact),
)  # fmt: skip
NOTHING = Option("nothing else", _plain, _no_more)
PAIRS = tuple(combinations(OPTIONS, 2))
BY_NAME = {option.name: option for option in OPTIONS}


# One pair.


class Lab:
    """A database to try pairs in."""

    def __init__(self, database: Database, owner: psycopg.Connection[Any], tokens: Tokens) -> None:
        self.database, self.owner, self.tokens = database, owner, tokens

    async def found(self, pair: Sequence[Option]) -> str:
        """What comes of two options: that they work, or the sentence with which they are refused.

        Raises AssertionError where one is accepted and does not hold what it promises.
        """
        setup = Setup()
        for option in pair:
            option.add(setup)
        if not setup.pool and not (setup.room and setup.room["capacity"] > 1):
            setup.hosted("ann")
        try:
            world = await self._built(setup, pair)
        except DomainError as refusal:
            return " ".join(dict.fromkeys(refusal.details.get("errors", {"": refusal.message}).values()))
        for number, option in enumerate(pair):
            world.weeks = WEEKS[3 * number : 3 * number + 3]
            other = next((o for o in pair if o is not option), NOTHING)
            world.via = other.by if option.by is None and self._goes_by(option, other) else None
            await option.check(world)
        for option in pair:
            world.via = None
            await option.after(world)
        return WORKS

    @staticmethod
    def _goes_by(option: Option, other: Option) -> bool:
        """Whether what an option promises is tried by the other's link.

        Not where the link says with whom, and the option does too: then both ways are tried by themselves.
        """
        if option.name in ("round robin", "choice of host"):
            return other.by in ("team", "private") and option.name == "choice of host"
        return option.name != "series"

    async def _built(self, setup: Setup, pair: Sequence[Option]) -> World:
        org_id = organizations.create(
            self.owner, slug=f"pair-{uuid4().hex[:12]}", name="Pair", time_zone="UTC", locale="en_GB"
        )
        assert org_id is not None
        world = World(self, org_id, setup, pair)
        async with self.database.transaction(org_id) as tx:
            if setup.holidays:
                await organizations.set_holidays(tx, HolidayPlan((), tuple(setup.holidays)))
                await resources.holidays_changed(tx)
            for name, draft in setup.drafts().items():
                world.ids[name] = (await resources.create(tx, draft, NOW)).id
            for slug, more in setup.links.items():
                await booking_links.create(tx, LinkDraft(slug, title="Link", offers=["offer"], **more), NOW)
        return world


# The table.

_BEGINNING = """# What goes together

An offer can have many options at once: approval, hosts by turn, a room that is set up and cleared away, a
booking link. This table crosses every two of them. For each pair an offer was made that has both, it was
booked, and both were asked whether they still hold what they promise. `works` means that they do. Where two
options cannot go together there is the sentence with which the offer is refused.

The table is written by `python -m tools.feature_pairs`, and a test fails when it says anything else than what
is found. What each option promises is in that file, next to its name.
"""
_HEAD = ["", "| option | with | found |", "|---|---|---|"]


def render(found: dict[tuple[str, str], str]) -> str:
    """What was found as a page."""
    refused = {pair: said for pair, said in found.items() if said not in (WORKS, NOT_YET)}
    open_ = sum(said == NOT_YET for said in found.values())
    working = len(found) - len(refused) - open_
    counted = f"{len(found)} pairs of {len(OPTIONS)} options: {working} work, {len(refused)} are refused"
    lines = [
        _BEGINNING,
        counted + (f", {open_} do not work yet." if open_ else "."),
        "",
        "## Refused",
        *_HEAD,
    ]
    lines += [f"| {one} | {other} | {said} |" for (one, other), said in refused.items()]
    lines += ["", "## All", *_HEAD]
    for pair, said in found.items():
        lines.append(f"| {pair[0]} | {pair[1]} | {'refused' if pair in refused else said} |")
    return "\n".join(lines) + "\n"


def published() -> dict[tuple[str, str], str]:
    """What the published page says of each pair."""
    text = PUBLISHED.read_text() if PUBLISHED.exists() else ""
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in text.splitlines()
        if line[:2] == "| "
    ]
    said = {(one, other): what for one, other, what in rows if what not in ("sentence", "found", "refused")}
    return {(a.name, b.name): said[a.name, b.name] for a, b in PAIRS if (a.name, b.name) in said}


async def try_all(lab: Lab) -> tuple[dict[tuple[str, str], str], dict[tuple[str, str], str]]:
    """What comes of every pair, and what is wrong with those that are accepted and do not work."""
    found, wrong = {}, {}
    for one, other in PAIRS:
        try:
            found[one.name, other.name] = await lab.found((one, other))
        except (AssertionError, DomainError, UnknownResource) as error:
            wrong[one.name, other.name] = f"{type(error).__name__}: {error}"
            found[one.name, other.name] = NOT_YET
    return found, wrong


def hasten(owner: psycopg.Connection[Any]) -> None:
    """Let commits in this database not wait for the disk: thousands are made, and none has to be kept."""
    name = owner.execute("SELECT quote_ident(current_database())").fetchone()
    assert name is not None
    owner.execute(f"ALTER DATABASE {name[0]} SET synchronous_commit = off")  # type: ignore[arg-type]


async def _main(url: str, settings: Settings) -> int:
    with psycopg.connect(url, autocommit=True) as owner:
        hasten(owner)
    database, _ = compose(settings, url, lambda: NOW)
    await database.open()
    try:
        with psycopg.connect(url, autocommit=True) as owner:
            found, wrong = await try_all(Lab(database, owner, Tokens(settings.keyring())))
    finally:
        await database.close()
    PUBLISHED.write_text(render(found))
    for pair, said in wrong.items():
        sys.stderr.write(f"{' × '.join(pair)}: {said}\n")
    sys.stderr.write(f"{len(found)} pairs, {len(wrong)} wrong; written to {PUBLISHED}\n")
    return 1 if wrong else 0


def main() -> int:
    """Try all pairs on a server of their own and write the page."""
    with tempfile.TemporaryDirectory(prefix="infra24-pairs-") as folder:
        Path(folder).chmod(0o755)
        with EmbeddedServer(Path(folder) / "data") as server:
            url = server.url_of("postgres")
            migrations.migrate(url)
            return asyncio.run(_main(url, Settings(data_dir=Path(folder), secret=uuid4().hex)))


if __name__ == "__main__":
    sys.exit(main())
