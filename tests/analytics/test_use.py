"""Open hours counted by hand and by the engine that offers times; the read is bounded and quick."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from infra24 import analytics, bookings, organizations, resources
from infra24.analytics import Range, ReportRequest, Use
from infra24.db import Database
from infra24.resources import Draft
from infra24.settings import Settings
from tests.analytics.test_reports import CLOCKS_CHANGE, MIAMI, read
from tests.factories import Shop, booking_request, found_shop, opening
from tests.serving import NOW, Clock

HOUR = 3_600
MO, LENA = "mo@shop.example", "lena@shop.example"
BEFORE = datetime(2026, 10, 1, tzinfo=UTC)


def miami(*windows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Rules of single minutes, so that the free starts of a day are its open minutes."""
    return {"timezone": "America/New_York", "slot_minutes": 1, "windows": list(windows), **more}


def drafts() -> dict[str, Draft]:
    """A resource of each kind of hours."""
    nine = {"start": "09:00", "end": "17:00"}
    blackout = {"date": "2026-10-30"}
    return {
        "mo": Draft("person", "Mo", email=MO, availability_rules=miami(blackouts=[
            {"date": "2026-11-03", "start": "12:00", "end": "13:00"}])),
        "lena": Draft("person", "Lena", email=LENA, is_bookable=True, availability_rules=miami(
            opening(**nine), overrides=[{"date": "2026-10-31", "hours": [{"start": "10:00", "end": "11:30"}]}])),
        "day": Draft("space", "Day and night", availability_rules=miami(opening())),
        "room": Draft("space", "Room", availability_rules=miami(opening(**nine), blackouts=[blackout])),
        "late": Draft("space", "Late room", availability_rules=miami(
            opening(start="00:30", end="02:30"), holidays=False,
            overrides=[{"date": "2026-11-02", "extra": [{"start": "20:00", "end": "22:00"}]},
                       {"date": "2026-11-04", "off": True}])),
        "wheels": Draft("equipment", "Wheels", capacity=3, availability_rules=miami(opening(**nine))),
        "visit": Draft("space", "Visit", capacity=1, availability_rules=miami(
            opening(MO, start="12:00", end="16:00"), blackouts=[{"date": "2026-11-02"}])),
        "press": Draft("space", "Press", availability_rules=miami(blackouts=[blackout])),
        "left": Draft("space", "Left half", availability_rules=miami(blackouts=[blackout])),
        "hall": Draft("space", "Hall", parts=["left-half"], availability_rules=miami(opening(**nine))),
        "ida": Draft("person", "Ida", email="ida@shop.example", availability_rules=miami(overrides=[
            {"date": "2026-10-30", "off": [{"start": "15:00", "end": "24:00"}]}])),
        "jo": Draft("person", "Jo", email="jo@shop.example", availability_rules=miami(overrides=[
            {"date": "2026-10-30", "off": True, "colleague": "ida@shop.example"}])),
        "talk": Draft("space", "Talk", capacity=1, availability_rules=miami(
            opening("jo@shop.example", start="14:00", end="18:00"))),
        "lesson": Draft("other", "Lesson", needs=[{"resource": "press"}], availability_rules=miami(opening())),
    }  # fmt: skip


@pytest.fixture
def studio(database_url: str, settings: Settings, clock: Clock, run: Any) -> Shop:
    """Those, in an organization that keeps a holiday of its own on Wednesday 4 November."""
    shop = found_shop(database_url, settings, clock, drafts())

    async def holiday(database: Database) -> None:
        async with database.transaction(shop.org_id) as tx:
            plan = organizations.read_plan([], {"2026-11-04": ("Founders' day", True)})
            await organizations.set_holidays(tx, plan)
            await resources.holidays_changed(tx)

    run(holiday)
    return shop


def by_title(uses: Any) -> dict[str, Use]:
    return {use.thing.title: use for use in uses}


def test_open_hours_are_those_counted_by_hand(run: Callable[..., Any], studio: Shop) -> None:
    """Thursday 29 October to Wednesday 4 November: on Sunday the clocks go back, Wednesday is a holiday."""
    uses = by_title(read(run, studio).now.uses)
    hours = {title: use.open / HOUR for title, use in uses.items()}
    assert hours == {
        "Day and night": 6 * 24 + 1,  # seven days but the holiday, and one that has 25 hours
        "Room": 5 * 8,  # without the blackout and the holiday
        "Late room": 6 * 2 + 1 + 2,  # an hour twice on Sunday, two extra, Wednesday off
        "Wheels": 3 * 6 * 8,
        "Visit": 5 * 4 - 1,  # while Mo is there
        "Mo": 5 * 4 - 1,
        "Lena": 5 * 8 + 1.5,
        "Jo": 5 * 4,
        "Ida": 1,  # until she is away herself, for Jo
        "Talk": 5 * 4 + 1,
        "Hall": 5 * 8,  # closed while a half of it is
        "Press": 6 * 24 + 1 - 24,  # says no hours, so day and night
        "Left half": 6 * 24 + 1 - 24,
    }
    assert {title for title, use in uses.items() if use.always} == {"Press", "Left half"}
    assert "Lesson" not in uses, "it is never occupied itself"


@pytest.mark.parametrize("name", ["day", "room", "late", "wheels", "visit", "hall", "lena", "talk"])
def test_the_engine_offers_as_many_minutes_as_are_counted_open(
    run: Callable[..., Any], studio: Shop, name: str
) -> None:
    """Nothing is booked and nothing limits: each open minute is a free start."""

    async def scenario(database: Database) -> int:
        first, until = (datetime.fromtimestamp(at, UTC) for at in CLOCKS_CHANGE.span)
        async with database.transaction(studio.org_id) as tx:
            _, _, starts = await bookings.slots(tx, studio.ids[name], (first, until), None, BEFORE)
        return len(starts)

    title = drafts()[name].title
    use = by_title(read(run, studio).now.uses)[title]
    assert run(scenario) * 60 * (use.thing.capacity or 0) == use.open


def test_use_is_booked_time_of_open_time_with_the_buffers_apart(
    run: Callable[..., Any], shop: Shop, tokens: Any
) -> None:
    async def scenario(database: Database) -> None:
        for unit in range(2):
            async with database.transaction(shop.org_id) as tx:
                at = datetime(2026, 10, 30, 12, tzinfo=UTC)
                for name in ("wheels", "buffered")[: 2 - unit]:
                    await bookings.book(tx, booking_request(shop.ids[name], at), tokens=tokens, now=BEFORE)

    run(scenario)
    utc = Range(date(2026, 10, 30), date(2026, 10, 30), ZoneInfo("UTC"))
    uses = by_title(read(run, shop, utc).now.uses)
    wheels, room = uses["Wheels"], uses["Buffered room"]
    assert (wheels.open, wheels.booked, wheels.buffers) == (3 * 24 * HOUR, HOUR, 0)
    assert wheels.rate == pytest.approx(1 / 72)
    assert (room.booked, room.buffers) == (HOUR // 2, 20 * 60)


@contextmanager
def unaudited(owner: Any) -> Iterator[None]:
    """One transaction of the owner without the triggers: forty thousand rows are no one's deeds."""
    with owner.transaction():
        for table in ("bookings", "claims"):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        for table in ("bookings", "claims"):
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.fixture
def busy(shop: Shop, owner: Any) -> Shop:
    """Forty thousand bookings of fourteen months, with their claims."""
    with unaudited(owner):
        owner.execute(
            """
            INSERT INTO bookings (org_id, id, resource_id, status, starts_at, ends_at, time_zone, currency,
                token_hash, created_at, updated_at, booker_email, end_kind, ended_by)
            SELECT %(org)s, gen_random_uuid(), %(id)s,
                (ARRAY['confirmed', 'completed', 'no_show', 'cancelled'])[1 + n %% 4], at,
                at + interval '15 min', 'UTC', 'USD',
                sha256(n::text::bytea || %(id)s::text::bytea), at - interval '3 days', now(),
                'p' || n %% 5000 || '@example.org',
                CASE n %% 4 WHEN 3 THEN 'cancelled' END, CASE n %% 4 WHEN 3 THEN 'booker' END
            FROM (SELECT n, timestamptz '2025-01-01' + n * interval '15 min' AS at
                FROM generate_series(1, 40000) n) s
            """,
            {"org": shop.org_id, "id": shop.ids["room"]},
        )
        owner.execute(
            "INSERT INTO claims (org_id, booking_id, resource_id, unit, starts_at, ends_at, booked_at, "
            "booked_until) SELECT org_id, id, resource_id, 1, starts_at, ends_at, starts_at, ends_at "
            "FROM bookings WHERE org_id = %s AND status <> 'cancelled'",
            (shop.org_id,),
        )
    owner.execute("ANALYZE bookings")
    owner.execute("ANALYZE claims")
    return shop


def test_a_month_among_forty_thousand_is_read_by_its_index(run: Callable[..., Any], busy: Shop) -> None:
    """As the application, behind the policies: what is read is the two months that are counted."""
    month = Range(date(2025, 6, 1), date(2025, 6, 30), MIAMI)

    async def scenario(database: Database) -> list[Any]:
        async with database.transaction(busy.org_id) as tx:
            original, plans = tx.rows, []

            async def explained(query: Any, args: Any = ()) -> Any:
                if "FROM bookings b" in query and "made" in query:
                    told = await original("EXPLAIN (ANALYZE, FORMAT JSON) " + query, args)
                    plans.append(told[0][0][0]["Plan"])
                return await original(query, args)

            tx.rows = explained  # type: ignore[method-assign]
            await analytics.report(tx, ReportRequest(month), currency="USD", now=NOW)
        return plans

    plans = run(scenario)
    assert len(plans) == 5
    for plan in plans:
        read_ = [node for node in _nodes(plan) if node.get("Alias") == "b"]
        assert {node["Node Type"] for node in read_} <= {"Index Scan", "Bitmap Heap Scan", "Index Only Scan"}
        rows = sum(node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in read_)
        assert rows <= 61 * 96, f"{rows} rows read for two months"


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)
