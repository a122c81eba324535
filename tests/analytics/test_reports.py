"""The report's figures against a count by hand of every booking, in a week in which the clocks change."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from infra24 import analytics, bookings
from infra24.analytics import Range, ReportRequest, Step
from infra24.auth.tokens import Tokens
from infra24.bookings import BY_BOOKER, BY_SYSTEM, BookerDetails, Status
from infra24.db import Database
from infra24.errors import DomainError, ValidationFailed
from infra24.settings import Settings
from tests.factories import STAFF, Shop, booking_request, found_shop
from tests.serving import NOW, Clock

MIAMI = ZoneInfo("America/New_York")
CLOCKS_CHANGE = Range(date(2026, 10, 29), date(2026, 11, 4), MIAMI)
"""Its Sunday has 25 hours; the week before has none such."""
OFFERS = ("room", "buffered", "wheels", "visit", "both", "asked")


def read(
    run: Any, shop: Shop, range_: Range = CLOCKS_CHANGE, now: datetime = NOW, **more: Any
) -> analytics.Report:
    async def scenario(database: Database) -> analytics.Report:
        async with database.transaction(shop.org_id) as tx:
            return await analytics.report(tx, ReportRequest(range_, **more), currency="USD", now=now)

    found: analytics.Report = run(scenario)
    return found


async def some_day(database: Database, shop: Shop, tokens: Tokens, dice: random.Random, count: int) -> None:
    """Bookings made, held, cancelled and missed as they come, around two weeks of a range."""
    first = datetime.fromtimestamp(CLOCKS_CHANGE.before.span[0], UTC) - timedelta(days=1)
    for _ in range(count):
        at = first + timedelta(minutes=30 * dice.randrange(16 * 48))
        made = at - timedelta(minutes=dice.choice((5, 90, 60 * 30, 60 * 24 * 5, 60 * 24 * 40)))
        who = BookerDetails(f"P{(n := dice.randrange(12))}", f"p{n}@example.org")
        wanted = booking_request(shop.ids[dice.choice(OFFERS)], at, 30, who)
        async with database.transaction(shop.org_id) as tx:
            try:
                await something(tx, wanted, tokens, made, dice)
            except DomainError:
                continue


async def something(tx: Any, wanted: Any, tokens: Tokens, made: datetime, dice: random.Random) -> None:
    what = dice.random()
    if what < 0.15:
        held = await bookings.hold(tx, replace(wanted, person=None), tokens=tokens, now=made)
        if what < 0.05:
            await bookings.cancel(tx, held.id, policy=BY_BOOKER, now=made)
        elif what < 0.1:
            await bookings.expire(tx, held.id, now=made + timedelta(hours=1))
        return
    booked = await bookings.book(tx, wanted, tokens=tokens, now=made)
    if what < 0.4:
        await bookings.cancel(tx, booked.id, policy=dice.choice([BY_BOOKER, STAFF, BY_SYSTEM]), now=made)
    elif what < 0.7 and booked.status is Status.CONFIRMED:
        after = bookings.mark_no_show if what < 0.55 else bookings.complete
        await after(tx, booked.id, STAFF, now=booked.ends_at + timedelta(hours=1))


class Count:
    """Everything read and added up in Python, row by row."""

    def __init__(self, owner: psycopg.Connection[Any], shop: Shop, range_: Range, now: datetime) -> None:
        since, until = (datetime.fromtimestamp(at, UTC) for at in range_.span)
        self.owner, self.shop, self.since, self.until = owner, shop, since, until
        every = owner.execute(
            "SELECT id, resource_id, status, starts_at, ends_at, created_at, booker_email FROM bookings "
            "WHERE org_id = %s ORDER BY starts_at",
            (shop.org_id,),
        ).fetchall()
        held = {
            id_
            for (id_,) in owner.execute(
                "SELECT subject_id FROM events WHERE org_id = %s "
                "AND type IN ('booking.released', 'booking.hold_expired')",
                (shop.org_id,),
            )
        }
        real = [b for b in every if b[2] != "hold" and b[0] not in held]
        self.rows = [b for b in real if since <= b[3] < until]
        self.standing = [b for b in self.rows if b[2] != "cancelled"]
        self.due = [b for b in self.standing if b[2] != "pending" and (b[2] != "confirmed" or b[4] <= now)]
        self.earlier = {b[6] for b in real if b[3] < since and b[2] != "cancelled"}

    def claimed(self) -> dict[Any, tuple[int, int]]:
        """By resource: seconds booked, and seconds of buffers; minute by minute."""
        found: dict[Any, list[int]] = {}
        for id_, starts, ends, booked, until in self.owner.execute(
            "SELECT resource_id, starts_at, ends_at, booked_at, booked_until FROM claims "
            "WHERE org_id = %s AND expires_at IS NULL AND released_at IS NULL",
            (self.shop.org_id,),
        ):
            at = starts
            while at < ends:
                if self.since <= at < self.until:
                    found.setdefault(id_, [0, 0])[0 if booked <= at < until else 1] += 60
                at += timedelta(minutes=1)
        return {id_: (booked, buffers) for id_, (booked, buffers) in found.items()}


@pytest.mark.parametrize("seed", range(4))
def test_every_figure_is_what_a_count_by_hand_gives(
    run: Callable[..., Any], shop: Shop, tokens: Tokens, owner: Any, seed: int
) -> None:
    run(lambda database: some_day(database, shop, tokens, random.Random(seed), 120))
    now = datetime.fromtimestamp(CLOCKS_CHANGE.span[1], UTC) - timedelta(days=2)
    said = read(run, shop, now=now)
    hand, past = Count(owner, shop, CLOCKS_CHANGE, now), Count(owner, shop, CLOCKS_CHANGE.before, now)
    assert len(hand.rows) > 15
    for figures, counted in ((said.now, hand), (said.before, past)):
        assert figures.tally.by_status == Counter(b[2] for b in counted.rows)
        assert figures.tally.due == len(counted.due)
        assert figures.tally.seconds == sum((b[4] - b[3]).total_seconds() for b in counted.standing)
        leads = [(b[3] - b[5]).total_seconds() for b in counted.rows]
        assert figures.lead.median == round(median(leads))
        edges = (0, *analytics.model.LEADS, float("inf"))
        assert list(figures.lead.counts) == [
            sum(low <= lead < high for lead in leads) for low, high in pairwise(edges)
        ]
        people = {b[6] for b in counted.standing}
        assert (figures.bookers.all, figures.bookers.returning) == (
            len(people),
            len(people & counted.earlier),
        )
        used = {u.thing.id: (u.booked, u.buffers) for u in figures.uses if u.booked or u.buffers}
        assert used == counted.claimed()
    days = Counter(b[3].astimezone(MIAMI).date() for b in hand.rows)
    assert {b.first: b.made for b in said.trend if b.made} == days
    assert len(said.trend) == 7
    assert sum(b.before for b in said.trend) == len(past.rows)
    wall = Counter((b[3].astimezone(MIAMI).weekday(), b[3].astimezone(MIAMI).hour) for b in hand.standing)
    assert {(d, h): n for d, row in enumerate(said.hours) for h, n in enumerate(row) if n} == wall
    assert {o.id: o.tally.made for o in said.offers} == Counter(b[1] for b in hand.rows)
    hosts = Counter(
        host
        for (host,) in owner.execute(
            "SELECT resource_id FROM participants WHERE org_id = %s AND role = 'host' AND booking_id = ANY(%s)",
            (shop.org_id, [b[0] for b in hand.rows]),
        )
    )
    assert {h.id: h.tally.made for h in said.hosts} == hosts


@pytest.mark.parametrize("name", ["offer", "resource", "host"])
def test_a_filter_leaves_what_it_names(
    run: Callable[..., Any], shop: Shop, tokens: Tokens, owner: Any, name: str
) -> None:
    run(lambda database: some_day(database, shop, tokens, random.Random(9), 120))
    only = {"offer": "visit", "resource": "room", "host": "mo"}[name]
    said = read(run, shop, **{name: only})
    hand = Count(owner, shop, CLOCKS_CHANGE, NOW)
    if name == "host":
        of_mo = {
            row[0]
            for row in owner.execute(
                "SELECT booking_id FROM participants WHERE org_id = %s AND role = 'host' AND resource_id = %s",
                (shop.org_id, shop.ids["mo"]),
            )
        }
        assert said.now.tally.made == sum(b[0] in of_mo for b in hand.rows) > 0
    else:
        assert said.now.tally.made == sum(b[1] == shop.ids[only] for b in hand.rows) > 0
    with pytest.raises(ValidationFailed) as refused:
        read(run, shop, **{name: "nothing-like-it"})
    assert list(refused.value.errors) == ["type" if name == "offer" else name]


def test_who_cancelled_is_told_apart_and_a_hold_never_was_a_booking(
    run: Callable[..., Any], shop: Shop, tokens: Tokens
) -> None:
    async def scenario(database: Database) -> None:
        for number, by in enumerate((BY_BOOKER, STAFF, STAFF, BY_SYSTEM, None)):
            async with database.transaction(shop.org_id) as tx:
                at = datetime(2026, 10, 30, 12 + number, tzinfo=UTC)
                booked = await bookings.book(
                    tx, booking_request(shop.ids["room"], at), tokens=tokens, now=at - timedelta(days=1)
                )
                if by:
                    await bookings.cancel(tx, booked.id, by, now=at - timedelta(hours=20))
        async with database.transaction(shop.org_id) as tx:
            at = datetime(2026, 10, 30, 20, tzinfo=UTC)
            held = await bookings.hold(
                tx,
                booking_request(shop.ids["room"], at, person=None),
                tokens=tokens,
                now=at - timedelta(days=1),
            )
            await bookings.cancel(tx, held.id, policy=BY_BOOKER, now=at - timedelta(hours=23))

    run(scenario)
    tally = read(run, shop).now.tally
    assert tally.ended_by == {"booker": 1, "staff": 2, "system": 1}
    assert (tally.made, tally.cancelled_rate, tally.no_show_rate) == (5, 0.8, 0.0)


def test_staff_decline_and_nobody_decides(run: Callable[..., Any], shop: Shop, tokens: Tokens) -> None:
    async def scenario(database: Database) -> None:
        for hour in (12, 14):
            async with database.transaction(shop.org_id) as tx:
                at = datetime(2026, 10, 30, hour, tzinfo=UTC)
                made = at - timedelta(days=3)
                asked = await bookings.book(
                    tx, booking_request(shop.ids["asked"], at), tokens=tokens, now=made
                )
                if hour == 12:
                    await bookings.decline(tx, asked.id, STAFF, reason="Not then.", now=made)
                else:
                    await bookings.expire(tx, asked.id, now=at)

    run(scenario)
    assert read(run, shop).now.tally.ended_by == {"staff": 1, "system": 1}


def test_another_organization_is_never_counted(
    run: Callable[..., Any], shop: Shop, tokens: Tokens, database_url: str, settings: Settings, clock: Clock
) -> None:
    other = found_shop(database_url, settings, clock)
    run(lambda database: some_day(database, other, tokens, random.Random(1), 40))
    assert read(run, other).now.tally.made > 0
    said = read(run, shop)
    assert said.is_empty
    assert said.before.tally.made == 0
    assert [u.booked for u in said.now.uses if u.booked] == []
    assert said.hosts == said.offers == []
    with pytest.raises(ValidationFailed):
        read(run, shop, resource=str(other.ids["room"]))


@pytest.mark.parametrize("count", [0, 40])
def test_the_number_of_statements_is_the_same_however_many_bookings(
    run: Callable[..., Any], shop: Shop, tokens: Tokens, count: int
) -> None:
    async def scenario(database: Database) -> int:
        await some_day(database, shop, tokens, random.Random(2), count)
        async with database.transaction(shop.org_id) as tx:
            counted = 0
            original = tx.rows

            async def counting(*args: Any, **more: Any) -> Any:
                nonlocal counted
                counted += 1
                return await original(*args, **more)

            tx.rows = tx.row = counting  # type: ignore[assignment, method-assign]
            await analytics.report(tx, ReportRequest(CLOCKS_CHANGE), currency="USD", now=NOW)
            return counted

    assert run(scenario) == 9


def test_weeks_begin_on_monday_and_are_cut_at_the_edges(run: Callable[..., Any], shop: Shop) -> None:
    said = read(run, shop, Range(date(2026, 10, 29), date(2026, 11, 11), MIAMI), step=Step.WEEK)
    assert [b.first for b in said.trend] == [date(2026, 10, 29), date(2026, 11, 2), date(2026, 11, 9)]
    long = read(run, shop, Range(date(2026, 1, 1), date(2026, 3, 31), MIAMI))
    assert long.step is Step.WEEK


def test_ranges_have_names_and_ends() -> None:
    today = date(2026, 11, 20)

    def dates(
        name: str | None = None, first: date | None = None, last: date | None = None
    ) -> tuple[date, date]:
        found = analytics.read_range(name, first, last, today, MIAMI)
        return found.first, found.last

    assert dates() == (date(2026, 10, 22), today)
    assert dates("last-7") == (date(2026, 11, 14), today)
    assert dates("this-month") == (date(2026, 11, 1), date(2026, 11, 30))
    assert dates("last-month") == (date(2026, 10, 1), date(2026, 10, 31))
    assert dates(first=date(2026, 1, 1)) == (date(2026, 1, 1), date(2026, 1, 30))
    assert dates(last=date(2026, 1, 30)) == (date(2026, 1, 1), date(2026, 1, 30))
    assert dates(first=date(2024, 1, 1), last=date(2025, 12, 31)) == (date(2024, 1, 1), date(2025, 12, 31))
    wrong: dict[str, Any]
    for wrong, path in (
        ({"name": "yesterday"}, "range"),
        ({"first": date(2026, 2, 1), "last": date(2026, 1, 1)}, "end_date"),
        ({"first": date(2024, 1, 1), "last": date(2026, 1, 1)}, "end_date"),
        ({"first": date(1999, 1, 1), "last": date(1999, 1, 2)}, "start_date"),
    ):
        with pytest.raises(ValidationFailed) as refused:
            dates(**wrong)
        assert list(refused.value.errors) == [path]
