"""Many things at once, wanted by many at once: no part of a booking, nothing lost that could stand."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise, product
from typing import Any
from uuid import UUID

import psycopg
import pytest

from infra24 import booking_links, bookings, resources, round_robin
from infra24.booking_links import LinkDraft, LinkOver
from infra24.bookings import BookerDetails, Booking, IllegalTransition, SlotNotOffered, SlotTaken
from infra24.bookings import series as recurring
from infra24.bookings.series import SeriesConflicts, SeriesRange, SeriesRequest
from infra24.db import Database, Tx
from infra24.resources import Draft, HostPreference
from infra24.settings import Settings
from tests.conftest import opened
from tests.factories import STAFF, Shop, booking_request, found_shop, opening, rules
from tests.races.test_races import Race
from tests.serving import NOW
from tests.studio import appointment, person

pytestmark = pytest.mark.race

AT = (NOW + timedelta(days=4)).replace(hour=10)
HALF = timedelta(minutes=30)
WEEK = timedelta(days=7)
EVE = BookerDetails("Eve", "eve@example.org")
Act = Callable[[Tx], Awaitable[Any]]


@pytest.fixture(scope="module")
def guarded(make_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Race:
    return Race(make_database(), _settings(tmp_path_factory), guarded=True)


@pytest.fixture(scope="module")
def unguarded(make_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Race:
    return Race(make_database(), _settings(tmp_path_factory), guarded=False)


def _settings(folders: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=folders.mktemp("race"), secret="a secret of the tests, long enough")


# What the tests know of the database, without the engine.


class Standing:
    """What stands in an organization after a race, read by the owner."""

    def __init__(self, race: Race, shop: Shop) -> None:
        names = {id_: name for name, id_ in shop.ids.items()}
        with psycopg.connect(race.url) as owner:
            self.bookings = {
                row[0]: (names[row[1]], row[2], row[3])
                for row in owner.execute(
                    "SELECT id, resource_id, starts_at, ends_at FROM bookings "
                    "WHERE org_id = %s AND status IN ('pending', 'confirmed', 'hold')", (shop.org_id,))
            }  # fmt: skip
            self.claims = [
                (row[0], names.get(row[1], "a link"), *row[2:])
                for row in owner.execute(
                    "SELECT booking_id, resource_id, unit, starts_at, ends_at, layout, turnover FROM claims "
                    "WHERE org_id = %s AND released_at IS NULL ORDER BY starts_at", (shop.org_id,))
            ]  # fmt: skip

    def of(self, booking_id: UUID) -> Counter[str]:
        """How many units of what a booking claims."""
        return Counter(name for id_, name, *_, turnover in self.claims if id_ == booking_id and not turnover)

    def taken(self, start: datetime, end: datetime) -> Counter[str]:
        """How many units of what are taken at some time between two instants."""
        return Counter(name for name, _ in {(c[1], c[2]) for c in self.claims if c[3] < end and c[4] > start})


def warmed(race: Race, shop: Shop) -> Shop:
    """The shop after one booking of each offer long after: then nobody waits because a claim is the longest."""

    async def main(tx: Tx) -> None:
        for id_ in shop.ids.values():
            offer = await resources.offer(tx, id_)
            if not offer.resource.is_bookable:
                continue
            made = await bookings.book(tx, booking_request(id_, AT + 10 * WEEK), tokens=race.tokens, now=NOW)
            await bookings.cancel(tx, made.id, policy=STAFF, now=NOW)

    assert race.run(shop, [main]) == [None]
    return shop


def refusals(outcomes: Sequence[Any], *allowed: type[BaseException]) -> list[BaseException]:
    """Those who were refused; nobody was told anything worse than that others were faster."""
    lost = [o for o in outcomes if isinstance(o, BaseException)]
    worse = [repr(o) for o in lost if not isinstance(o, allowed or (SlotTaken,))]
    assert not worse, worse[:3]
    return lost


def until_it_overlaps(race: Race, contest: Callable[[], Any], times: int = 12) -> None:
    """The control: without the constraint somebody is booked twice, or the race proves nothing."""
    before = race.overlaps()
    for _ in range(times):
        contest()
        if race.overlaps() > before:
            return
    pytest.fail("nobody was booked twice without the constraint: the race is too slow to prove anything")


# (a) A host, a room and equipment, from sets that overlap.

HOSTS = {f"p{n}": f"p{n}@studio.example" for n in range(1, 9)}
ROOMS = [f"r{n}" for n in range(1, 7)]
GLASS, QUIET, BRIGHT = ("p5", "p6", "p7", "p8"), ("r1", "r2", "r3", "r4"), ("r1", "r2", "r5", "r6")
WHEELS = 9
KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...], int]] = {
    "throwing": (("p1", "p2", "p3", "p4"), QUIET, 1),
    "glazing": (("p3", "p4", "p5", "p6"), ("r3", "r4", "r5", "r6"), 2),
    "blowing": (GLASS, BRIGHT, 0),
    "portrait": (("p1", "p8"), ("r1", "r6"), 1),
}
"""What each type needs: one of these hosts, one of these rooms, so many wheels."""


def school() -> dict[str, Draft]:
    people = {n: person(n.upper(), mail, *(["glass"] if n in GLASS else [])) for n, mail in HOSTS.items()}
    tags = {r: [*(["quiet"] * (r in QUIET)), *(["bright"] * (r in BRIGHT))] for r in ROOMS}
    rooms = {r: Draft("space", r.upper(), slug=r, capacity=1, tags=tags[r], is_bookable=False) for r in ROOMS}
    wheels = {"wheels": Draft("equipment", "Wheels", capacity=WHEELS, is_bookable=False)}

    def mails(kind: str) -> list[str]:
        return [HOSTS[host] for host in KINDS[kind][0]]

    one, two = {"resource": "wheels", "units": 1}, {"resource": "wheels", "units": 2}
    return {
        **people, **rooms, **wheels,
        "throwing": appointment("Throwing", {"hosts": mails("throwing")}, {"tag": "quiet"}, one),
        "glazing": appointment("Glazing", two, {"any_of": list(KINDS["glazing"][1])},
                               {"hosts": mails("glazing")}),
        "blowing": appointment("Blowing", {"skill": "glass"}, {"tag": "bright"}),
        "portrait": appointment("Portrait", {"any_of": ["r1", "r6"]}, {"hosts": mails("portrait")}, one),
    }  # fmt: skip


def still_feasible(kind: str, taken: Counter[str]) -> bool:
    hosts, rooms, wheels = KINDS[kind]
    free = all(any(not taken[name] for name in pool) for pool in (hosts, rooms))
    return free and WHEELS - taken["wheels"] >= wheels


def most_that_can_stand(wanted: Counter[str]) -> int:
    """By Hall's theorem: so many of each kind can stand if no few pools are asked for more than they have."""
    kinds = list(KINDS)

    def stands(counts: tuple[int, ...]) -> bool:
        for chosen in product((0, 1), repeat=len(kinds)):
            some = [(kind, n) for kind, n, c in zip(kinds, counts, chosen, strict=True) if c]
            for pool in (0, 1):
                if sum(n for _, n in some) > len({name for kind, _ in some for name in KINDS[kind][pool]}):
                    return False
        return sum(n * KINDS[kind][2] for kind, n in zip(kinds, counts, strict=True)) <= WHEELS

    ranges = [range(min(wanted[kind], len(KINDS[kind][0])) + 1) for kind in kinds]
    return max(sum(counts) for counts in product(*ranges) if stands(counts))


def contend(race: Race, wanted: Sequence[str], *, warm: bool = True) -> tuple[Shop, list[Any]]:
    shop = found_shop(race.url, race.settings, race.clock, school())
    if warm:
        warmed(race, shop)
    return shop, race.run(shop, [race.book(booking_request(shop.ids[kind], AT)) for kind in wanted])


def crowd(seed: int) -> list[str]:
    wanted = [kind for kind in KINDS for _ in range(25)]
    random.Random(seed).shuffle(wanted)
    return wanted


@pytest.mark.parametrize("seed", range(4))
def test_a_hundred_who_want_overlapping_sets_get_whole_bookings_and_all_that_can_stand(
    guarded: Race, seed: int
) -> None:
    wanted = crowd(seed)
    shop, outcomes = contend(guarded, wanted, warm=seed > 0)
    lost = refusals(outcomes)
    standing = Standing(guarded, shop)
    assert len(standing.bookings) == len(wanted) - len(lost)
    for id_, (kind, *_) in standing.bookings.items():
        hosts, rooms, wheels = KINDS[kind]
        has = standing.of(id_)
        assert sum(has[host] for host in hosts) == sum(has[room] for room in rooms) == 1, (kind, has)
        assert has["wheels"] == wheels
        assert has.total() == 2 + wheels, (kind, has)
    assert {c[0] for c in standing.claims} == set(standing.bookings), "no claim is left of those who lost"
    taken = standing.taken(AT, AT + HALF)
    refused = {kind for kind, came in zip(wanted, outcomes, strict=True) if isinstance(came, BaseException)}
    assert not [kind for kind in refused if still_feasible(kind, taken)]
    assert len(standing.bookings) <= most_that_can_stand(Counter(wanted))
    assert guarded.overlaps() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_who_want_the_same_set_get_exactly_as_many_as_can_stand(guarded: Race, kind: str) -> None:
    wanted = [kind] * 100
    _, outcomes = contend(guarded, wanted)
    assert len(wanted) - len(refusals(outcomes)) == most_that_can_stand(Counter(wanted))
    assert guarded.overlaps() == 0


def test_everyone_is_placed_where_there_is_room_for_everyone(guarded: Race) -> None:
    """A hundred for a hundred places: who loses a race must be tried again until nothing is left."""
    many = [f"h{n}@studio.example" for n in range(100)]
    drafts = {mail: person(mail, mail, "guide") for mail in many} | {
        "tour": appointment("Tour", {"skill": "guide"})
    }
    shop = warmed(guarded, found_shop(guarded.url, guarded.settings, guarded.clock, drafts))
    outcomes = guarded.run(shop, [guarded.book(booking_request(shop.ids["tour"], AT))] * 100)
    lost = refusals(outcomes)
    assert not lost, f"{len(lost)} of 100 were refused though a host was free for each"


def test_control_without_the_constraint_sets_overlap(unguarded: Race) -> None:
    until_it_overlaps(unguarded, lambda: contend(unguarded, crowd(0)))


# (b) Wholes, parts, and what excludes each other.


def installation() -> dict[str, Draft]:
    def space(title: str, **more: Any) -> Draft:
        return Draft("space", title, capacity=1, availability_rules=rules(opening(), step_minutes=15), **more)

    return {
        "left": space("Left"), "right": space("Right"), "attic": space("Attic"),
        "hall": space("Hall", parts=["left", "right"]),
        "all": space("All", parts=["hall", "attic"]),
        "saw": space("Saw"), "booth": space("Booth", excludes=["saw", "attic"]),
    }  # fmt: skip


APART = {
    frozenset(pair)
    for pair in (("hall", "left"), ("hall", "right"), ("all", "hall"), ("all", "left"), ("all", "right"),
                 ("all", "attic"), ("saw", "booth"), ("attic", "booth"), ("all", "booth"))
} | {frozenset([name]) for name in ("left", "right", "attic", "hall", "all", "saw", "booth")}  # fmt: skip
"""What may not be used at the same time; nothing twice."""


def take_the_house(race: Race, seed: int) -> tuple[Shop, list[tuple[str, datetime]], list[Any]]:
    shop = warmed(race, found_shop(race.url, race.settings, race.clock, installation()))
    wanted = [
        (name, AT + n * timedelta(minutes=15)) for name in shop.ids for n in (0, 0, 1, 2) for _ in range(3)
    ]
    random.Random(seed).shuffle(wanted)
    return (
        shop,
        wanted,
        race.run(shop, [race.book(booking_request(shop.ids[name], at)) for name, at in wanted]),
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_whole_and_its_parts_or_what_excludes_each_other_are_never_used_at_once(
    guarded: Race, seed: int
) -> None:
    shop, wanted, outcomes = take_the_house(guarded, seed)
    refusals(outcomes)
    used = list(Standing(guarded, shop).bookings.values())

    def apart(name: str, start: datetime, other: str, at: datetime, end: datetime) -> bool:
        return frozenset((name, other)) in APART and start < end and at < start + HALF

    for number, (name, start, _) in enumerate(used):
        for other, at, end in used[number + 1 :]:
            assert not apart(name, start, other, at, end), (name, other)
    for (name, start), came in zip(wanted, outcomes, strict=True):
        if isinstance(came, BaseException):
            assert any(apart(name, start, *one) for one in used), (
                f"{name} was refused and nothing is in its way"
            )


def test_control_without_the_constraint_a_whole_is_used_with_its_part(unguarded: Race) -> None:
    until_it_overlaps(unguarded, lambda: take_the_house(unguarded, 0))


# (c) Whole series against single bookings and each other.

DATES = 12


def course(most: int) -> dict[str, Draft]:
    mails = [f"t{n}@studio.example" for n in range(most)]
    return {
        **{mail: person(mail, mail, "teacher") for mail in mails},
        **{f"c{n}": Draft("space", f"C{n}", capacity=1, tags=["class"], is_bookable=False) for n in range(most)},
        "wheels": Draft("equipment", "Wheels", capacity=most, is_bookable=False),
        "course": appointment("Course", {"hosts": mails}, {"tag": "class"}, {"resource": "wheels"}),
    }  # fmt: skip


def whole_series(race: Race, shop: Shop, first: datetime, name: str = "course", rule: str = "") -> Act:
    wanted = SeriesRequest(shop.ids[name], first, 30, rule or f"FREQ=WEEKLY;COUNT={DATES}", EVE)
    return lambda tx: recurring.book(tx, wanted, policy=STAFF, tokens=race.tokens, now=NOW)


def courses(race: Race, most: int, series: int, singles: int, seed: int) -> tuple[Shop, list[str], list[Any]]:
    """So many series and, on each of their dates, so many singles, all at once over `most` of everything."""
    shop = warmed(race, found_shop(race.url, race.settings, race.clock, course(most)))
    acts = [("series", whole_series(race, shop, AT)) for _ in range(series)]
    for n in range(DATES):
        single = race.book(booking_request(shop.ids["course"], AT + n * WEEK))
        acts += [(f"single {n}", single)] * singles
    random.Random(seed).shuffle(acts)
    return shop, [name for name, _ in acts], race.run(shop, [act for _, act in acts])


def check_series(race: Race, shop: Shop) -> None:
    """Each series is whole, each of its bookings and every other has one of everything."""
    with psycopg.connect(race.url) as owner:
        dates = owner.execute(
            "SELECT s.id, count(b.id) FROM series s LEFT JOIN bookings b ON (b.org_id, b.series_id) = (s.org_id, s.id) "
            "WHERE s.org_id = %s GROUP BY 1", (shop.org_id,)).fetchall()  # fmt: skip
    assert {count for _, count in dates} <= {DATES}
    standing = Standing(race, shop)
    for id_ in standing.bookings:
        has = standing.of(id_)
        kinds = Counter(name[0] for name in has.elements())
        assert kinds == {"t": 1, "c": 1, "w": 1}, has
    assert race.overlaps() == 0


@pytest.mark.parametrize("seed", range(3))
def test_a_series_is_whole_or_absent_and_nothing_is_refused_that_can_stand(guarded: Race, seed: int) -> None:
    most = 3
    shop, wanted, outcomes = courses(guarded, most, 2, 3, seed)
    refusals(outcomes, SlotTaken, SeriesConflicts)
    check_series(guarded, shop)
    standing = Standing(guarded, shop)
    full = [standing.taken(AT + n * WEEK, AT + n * WEEK + HALF)["wheels"] == most for n in range(DATES)]
    for name, came in zip(wanted, outcomes, strict=True):
        if isinstance(came, BaseException):
            assert any(full) if name == "series" else full[int(name.split()[1])], name


def test_two_series_and_all_singles_stand_where_there_is_room_for_all(guarded: Race) -> None:
    for seed in range(2):
        shop, wanted, outcomes = courses(guarded, 8, 3, 5, seed)
        lost = refusals(outcomes, SlotTaken, SeriesConflicts)
        check_series(guarded, shop)
        assert not lost, [
            (n, repr(o)[:60]) for n, o in zip(wanted, outcomes, strict=True) if isinstance(o, BaseException)
        ]


def test_series_that_share_only_some_dates_do_not_wait_in_a_circle(guarded: Race) -> None:
    """Every week from the first, every week from the last back, every second week: one host for all."""
    for _ in range(3):
        shop = warmed(guarded, found_shop(guarded.url, guarded.settings, guarded.clock, course(1)))
        acts = [whole_series(guarded, shop, AT), whole_series(guarded, shop, AT + 6 * WEEK),
                whole_series(guarded, shop, AT + WEEK, rule=f"FREQ=WEEKLY;INTERVAL=2;COUNT={DATES}")] * 3  # fmt: skip
        outcomes = guarded.run(shop, acts)
        lost = refusals(outcomes, SlotTaken, SeriesConflicts)
        assert len(acts) - len(lost) == 1, "each pair of them shares a date"
        check_series(guarded, shop)


def test_a_series_that_waited_for_an_edit_follows_what_was_edited(guarded: Race) -> None:
    """A blackout that is saved while a series waits for its turn: the series sees it."""
    import asyncio

    shop = warmed(guarded, found_shop(guarded.url, guarded.settings, guarded.clock, course(1)))
    closed = {"timezone": "UTC", "slot_minutes": 30,
              "blackouts": [{"date": (AT + 3 * WEEK).date().isoformat()}]}  # fmt: skip

    async def main() -> Any:
        async with opened(guarded.settings, guarded.url, guarded.clock) as database:

            async def make() -> Any:
                async with database.transaction(shop.org_id) as tx:
                    return await whole_series(guarded, shop, AT)(tx)

            async with database.transaction(shop.org_id) as tx:
                await resources.update(tx, shop.ids["course"], {"availability_rules": closed}, NOW)
                waiting = asyncio.create_task(make())
                await _until_someone_waits(database)
            return (await asyncio.gather(waiting, return_exceptions=True))[0]

    came = asyncio.run(main())
    assert isinstance(came, SeriesConflicts), f"booked on a closed date: {came!r:.80}"


async def _until_someone_waits(database: Database) -> None:
    """Until a transaction waits for a lock."""
    import asyncio

    for _ in range(500):
        async with database.connection() as connection:
            cursor = await connection.execute(
                "SELECT 1 FROM pg_locks WHERE NOT granted AND database IS NOT DISTINCT FROM "
                "(SELECT oid FROM pg_database WHERE datname = current_database()) "
                "UNION ALL SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
            )
            if await cursor.fetchone():
                return
        await asyncio.sleep(0)
    pytest.fail("nobody waited")


def test_control_without_the_constraint_a_series_overlaps_singles(unguarded: Race) -> None:
    until_it_overlaps(unguarded, lambda: courses(unguarded, 2, 2, 4, 0))


# (d) Layouts, and the time to set them up and clear them away.

TIMES = {"chairs": (HALF, HALF), "mats": (2 * HALF, HALF), "": (timedelta(), timedelta())}


def stage() -> dict[str, Draft]:
    layouts = {"chairs": {"setup": 30, "teardown": 30}, "mats": {"setup": 60, "teardown": 30}}
    own = rules(opening())
    return {
        "stage": Draft("space", "Stage", capacity=1, layouts=layouts, availability_rules=own),
        "talk": appointment("Talk", {"resource": "stage"}, layout="chairs"),
        "yoga": appointment("Yoga", {"resource": "stage"}, layout="mats"),
    }  # fmt: skip


def a_day_on_stage(race: Race, seed: int) -> tuple[Shop, list[Any]]:
    shop = warmed(race, found_shop(race.url, race.settings, race.clock, stage()))
    parts = {"talk": range(4, 20), "yoga": range(14, 34, 2), "stage": range(26, 44)}
    wanted = [(name, AT.replace(hour=0) + n * HALF) for name, starts in parts.items() for n in starts] * 2
    random.Random(seed).shuffle(wanted)
    return shop, race.run(shop, [race.book(booking_request(shop.ids[name], at)) for name, at in wanted])


def check_turnovers(race: Race, shop: Shop) -> None:
    """Before and after each use what its layout takes, but what two neighbours of one layout share."""
    claims = [c for c in Standing(race, shop).claims if c[1] == "stage"]
    uses = [(start, end, layout) for _, _, _, start, end, layout, turnover in claims if not turnover]
    wanted = set()
    for (_, end, layout), (start, _, after) in zip([(AT, AT, ""), *uses], [*uses, (AT, AT, "")], strict=True):
        down, up = TIMES[layout][1], TIMES[after][0]
        if layout and layout == after and start - end < down + up:
            wanted.add((end, start, layout))
        else:
            wanted |= {(end, end + down, layout), (start - up, start, after)}
    there = {(start, end, layout) for _, _, _, start, end, layout, turnover in claims if turnover}
    assert there == {(start, end, layout) for start, end, layout in wanted if start < end}
    ordered = sorted((start, end) for _, _, _, start, end, *_ in claims)
    assert all(end <= start for (_, end), (start, _) in pairwise(ordered))


@pytest.mark.parametrize("seed", range(3))
def test_turnovers_are_right_after_neighbours_came_and_went_at_once(guarded: Race, seed: int) -> None:
    shop, outcomes = a_day_on_stage(guarded, seed)
    refusals(outcomes)
    check_turnovers(guarded, shop)
    made = [o for o in outcomes if not isinstance(o, BaseException)]
    assert {o.resource_title for o in made} == {"Stage", "Talk", "Yoga"}, "the day is a mixed one"
    acts: list[Act] = [
        lambda tx, id_=o.id: bookings.cancel(tx, id_, policy=STAFF, now=NOW)  # type: ignore[misc]
        for o in made[::2]
    ]
    acts += [
        lambda tx, o=o: bookings.reschedule(  # type: ignore[misc]
            tx, o.id, o.starts_at + HALF, o.ends_at + HALF, policy=STAFF, now=NOW
        )
        for o in made[1::4]
    ]
    acts += [
        guarded.book(booking_request(shop.ids[name], AT + n * HALF)) for n in range(8) for name in shop.ids
    ]
    random.Random(seed).shuffle(acts)
    refusals(guarded.run(shop, acts), SlotTaken)
    check_turnovers(guarded, shop)
    assert guarded.overlaps() == 0


@pytest.mark.parametrize("then", ["stage", "yoga"])
def test_what_a_lapsed_hold_had_shared_is_cleared_away_all_the_same(guarded: Race, then: str) -> None:
    """A talk, and a hold of a talk right after it that lapses: the chairs must still be cleared away."""
    shop = warmed(guarded, found_shop(guarded.url, guarded.settings, guarded.clock, stage()))
    later = NOW + timedelta(hours=1)

    async def scenario(tx: Tx) -> Any:
        await bookings.book(tx, booking_request(shop.ids["talk"], AT), tokens=guarded.tokens, now=NOW)
        await bookings.hold(tx, booking_request(shop.ids["talk"], AT + HALF), tokens=guarded.tokens, now=NOW)

    async def book(tx: Tx) -> Any:
        span = (AT, AT + 8 * HALF)
        _, _, free = await bookings.slots(tx, shop.ids[then], span, None, later)
        first = bookings.instant(free[0])
        await bookings.book(tx, booking_request(shop.ids[then], first), tokens=guarded.tokens, now=later)
        return first

    assert guarded.run(shop, [scenario]) == [None]
    (came,) = guarded.run(shop, [book])
    assert not isinstance(came, BaseException), f"the first time that was offered was refused: {came!r}"
    assert came == AT + {"stage": 2, "yoga": 4}[then] * HALF, "the chairs are being cleared away until 11:00"


def test_control_without_the_constraint_someone_stands_between_the_chairs(unguarded: Race) -> None:
    until_it_overlaps(unguarded, lambda: a_day_on_stage(unguarded, 0))


# (e) Round robin.


def by_turns(**hosts: dict[str, Any]) -> dict[str, Draft]:
    mails = {name: f"{name}@studio.example" for name in ("ann", "ben", "cyd", "dot")}
    need = {"hosts": [{"host": mail, **hosts.get(name, {})} for name, mail in mails.items()],
            "pooling": "round_robin"}  # fmt: skip
    return {
        **{name: person(name.title(), mail) for name, mail in mails.items()},
        "turns": appointment("Turns", need),
        "chosen": appointment("Chosen", {"hosts": list(mails.values()), "choose": True}),
    }  # fmt: skip


def audited(race: Race, shop: Shop, offer: str = "turns") -> round_robin.LedgerCheck:
    async def act(tx: Tx) -> Any:
        return await round_robin.check_ledger(tx, shop.ids[offer])

    (found,) = race.run(shop, [act])
    assert isinstance(found, round_robin.LedgerCheck), found
    return found


def check_ledger(race: Race, shop: Shop) -> round_robin.LedgerCheck:
    found = audited(race, shop)
    assert sum(found.kept.values()) == 0
    assert found.replayed.wrong == [], f"lines of the ledger do not follow: {found.replayed.wrong}"
    assert found.holds
    return found


@pytest.mark.parametrize("seed", range(3))
def test_the_ledger_holds_after_everyone_came_and_some_went_at_once(guarded: Race, seed: int) -> None:
    shop = warmed(
        guarded, found_shop(guarded.url, guarded.settings, guarded.clock, by_turns(ben={"weight": 200}))
    )
    first = [
        guarded.book(booking_request(shop.ids["turns"], AT + n * HALF)) for n in range(10) for _ in range(3)
    ]
    first += [guarded.book(booking_request(shop.ids["chosen"], AT + n * HALF)) for n in range(0, 10, 2)]
    outcomes = guarded.run(shop, first)
    refusals(outcomes)
    check_ledger(guarded, shop)
    made = [o for o in outcomes if not isinstance(o, BaseException) and o.resource_title == "Turns"]
    assert len(made) == 30
    acts: list[Act] = [
        lambda tx, id_=o.id: bookings.cancel(tx, id_, policy=STAFF, now=NOW)  # type: ignore[misc]
        for o in made[::3]
    ]
    acts += [
        lambda tx, o=o: bookings.reschedule(  # type: ignore[misc]
            tx, o.id, o.starts_at + 5 * HALF, o.ends_at + 5 * HALF, policy=STAFF, now=NOW
        )
        for o in made[1::5]
    ]
    acts += [guarded.book(booking_request(shop.ids["turns"], AT + n * HALF)) for n in range(10)]
    random.Random(seed).shuffle(acts)
    refusals(guarded.run(shop, acts), SlotTaken, IllegalTransition)
    check_ledger(guarded, shop)
    assert guarded.overlaps() == 0


def test_the_ledger_holds_with_series_among_single_bookings(guarded: Race) -> None:
    shop = warmed(guarded, found_shop(guarded.url, guarded.settings, guarded.clock, by_turns()))
    acts = [whole_series(guarded, shop, AT, "turns") for _ in range(2)]
    acts += [
        guarded.book(booking_request(shop.ids["turns"], AT + n * WEEK)) for n in range(3) for _ in range(2)
    ]
    assert refusals(guarded.run(shop, acts)) == []
    check_ledger(guarded, shop)


def test_the_ledger_holds_when_a_series_moves_to_other_hosts_and_is_cancelled(guarded: Race) -> None:
    shop = warmed(guarded, found_shop(guarded.url, guarded.settings, guarded.clock, by_turns()))
    later = AT + timedelta(hours=2)
    ((series, made),) = guarded.run(shop, [whole_series(guarded, shop, AT, "turns", "FREQ=WEEKLY;COUNT=1")])
    block = booking_request(shop.ids["chosen"], later)
    blocked = replace(block, choice=HostPreference((shop.ids[made[0].hosts[0].lower()],)))
    (came,) = guarded.run(shop, [guarded.book(blocked)])
    assert came.hosts == made[0].hosts

    async def move(tx: Tx) -> Any:
        return await recurring.move(tx, series.id, SeriesRange.ALL, None, later, None, now=NOW)

    async def cancel(tx: Tx) -> Any:
        return await recurring.cancel(tx, series.id, SeriesRange.ALL, None, STAFF, now=NOW)

    refusals(guarded.run(shop, [move]))
    found = check_ledger(guarded, shop)
    assert sum(standing.given for standing in found.replayed.standings.values()) == 1, (
        "one booking is one turn"
    )
    refusals(guarded.run(shop, [cancel]))
    found = check_ledger(guarded, shop)
    assert not any(found.kept.values()), "nothing is booked, so nobody owes a turn"


def test_a_moved_booking_whose_host_is_lost_to_a_rival_has_one_turn(guarded: Race) -> None:
    """The rival's claim is not committed yet when the mover looks, and is when the mover writes."""
    shop = warmed(guarded, found_shop(guarded.url, guarded.settings, guarded.clock, by_turns()))
    (made,) = guarded.run(shop, [guarded.book(booking_request(shop.ids["turns"], AT))])
    later, host = AT + timedelta(hours=2), shop.ids[made.hosts[0].lower()]
    wanted = replace(booking_request(shop.ids["chosen"], later), choice=HostPreference((host,)))

    async def rival(tx: Tx) -> None:
        await bookings.book(tx, wanted, tokens=guarded.tokens, now=NOW)
        for _ in range(2_000):
            if await tx.row("SELECT 1 FROM pg_locks WHERE NOT granted"):
                return
            await asyncio.sleep(0.005)
        raise AssertionError("nobody waits for this claim")

    async def move(tx: Tx) -> Any:
        return await bookings.reschedule(tx, made.id, later, later + made.length, STAFF, now=NOW)

    moved = guarded.run(shop, [rival, move])[1]
    assert not isinstance(moved, BaseException), moved
    assert moved.hosts != made.hosts
    found = check_ledger(guarded, shop)
    assert sum(standing.given for standing in found.replayed.standings.values()) == 1


def test_the_ledger_holds_when_another_need_takes_whoever_is_next(guarded: Race) -> None:
    """Two by turns, and Ann to assist: Ann is free, but cannot be one of the two."""
    drafts = by_turns()
    need = {
        "hosts": [f"{name}@studio.example" for name in ("ann", "ben", "cyd")],
        "pooling": "round_robin",
        "count": 2,
    }
    drafts["turns"] = appointment("Turns", need, {"any_of": ["ann"]})
    shop = found_shop(guarded.url, guarded.settings, guarded.clock, drafts)
    (came,) = guarded.run(shop, [guarded.book(booking_request(shop.ids["turns"], AT))])
    assert not isinstance(came, BaseException), came
    check_ledger(guarded, shop)


def test_control_the_audit_sees_a_turn_that_nobody_took(guarded: Race) -> None:
    shop = found_shop(guarded.url, guarded.settings, guarded.clock, by_turns())
    refusals(guarded.run(shop, [guarded.book(booking_request(shop.ids["turns"], AT))]))
    with psycopg.connect(guarded.url, autocommit=True) as owner:
        owner.execute("UPDATE balances SET balance = balance + 1 WHERE org_id = %s AND host_id = %s",
                      (shop.org_id, shop.ids["dot"]))  # fmt: skip
    assert not audited(guarded, shop).holds


# (f) Links that can be used so often.


def by_link(race: Race, shop: Shop, slug: str, at: datetime, *, counts: bool = True) -> Act:
    async def act(tx: Tx) -> Any:
        link = await booking_links.get(tx, slug)
        booking_links.check_open(link, NOW)
        if not counts:  # what a link would be if it were only looked at
            await tx.run("UPDATE booking_links SET uses = uses + 1 WHERE org_id = %s AND id = %s",
                         (tx.org_id, link.id))  # fmt: skip
        choice = booking_links.choice_of(link)
        wanted = replace(
            booking_request(shop.ids["turns"], at), choice=choice, link_id=link.id if counts else None
        )
        return await bookings.book(tx, wanted, tokens=race.tokens, now=NOW)

    return act


def use_up(race: Race, *, counts: bool = True) -> tuple[int, int, list[Any]]:
    shop = warmed(race, found_shop(race.url, race.settings, race.clock, by_turns()))

    async def publish(tx: Tx) -> Any:
        draft = LinkDraft("five", "team", "Five", ["turns"], max_uses=5)
        return await booking_links.create(tx, draft, NOW)

    refusals(race.run(shop, [publish]))
    outcomes = race.run(
        shop, [by_link(race, shop, "five", AT + n % 8 * HALF, counts=counts) for n in range(40)]
    )
    with psycopg.connect(race.url) as owner:
        row = owner.execute("SELECT uses FROM booking_links WHERE org_id = %s", (shop.org_id,)).fetchone()
    assert row is not None
    return row[0], sum(isinstance(outcome, Booking) for outcome in outcomes), outcomes


def test_a_link_is_used_exactly_as_often_as_it_may_be(guarded: Race) -> None:
    for _ in range(3):
        uses, made, outcomes = use_up(guarded)
        lost = refusals(outcomes, LinkOver, SlotTaken)
        assert uses == made == len(outcomes) - len(lost) == 5


def test_control_a_link_that_is_only_looked_at_is_used_too_often(unguarded: Race) -> None:
    with psycopg.connect(unguarded.url, autocommit=True) as owner:
        owner.execute("ALTER TABLE booking_links DROP CONSTRAINT IF EXISTS booking_links_not_used_up")
    assert any(use_up(unguarded, counts=False)[1] > 5 for _ in range(6))


# (g) A series that several people change at once.


def rearrange(race: Race, seed: int) -> tuple[Shop, UUID, list[Any]]:
    """Cancel some dates, move some, move the whole twice and book in between, all at once."""
    shop = warmed(race, found_shop(race.url, race.settings, race.clock, course(2)))
    ((series, made),) = race.run(shop, [whole_series(race, shop, AT)])
    by_hand = timedelta(hours=2)
    acts: list[Act] = [
        lambda tx, id_=b.id: bookings.cancel(tx, id_, policy=STAFF, now=NOW)  # type: ignore[misc]
        for b in made[:3]
    ]
    acts += [
        lambda tx, b=b: bookings.reschedule(  # type: ignore[misc]
            tx, b.id, b.starts_at + by_hand, b.ends_at + by_hand, policy=STAFF, now=NOW
        )
        for b in made[2:6]
    ]
    for shift, scope, named in (
        (HALF, SeriesRange.ALL, None),
        (2 * HALF, SeriesRange.LATER, made[5]),
        (HALF, SeriesRange.LATER, made[8]),
    ):
        start = (named or made[0]).starts_at + shift
        acts.append(
            lambda tx, scope=scope, named=named, start=start: recurring.move(  # type: ignore[misc]
                tx, series.id, scope, named.id if named else None, start, None, now=NOW
            )
        )
    acts.append(lambda tx: recurring.cancel(tx, series.id, SeriesRange.LATER, made[10].id, STAFF, now=NOW))
    acts += [
        race.book(booking_request(shop.ids["course"], AT + n * WEEK + HALF))
        for n in range(DATES)
        for _ in range(2)
    ]
    random.Random(seed).shuffle(acts)
    return shop, series.id, race.run(shop, acts)


@pytest.mark.parametrize("seed", range(4))
def test_a_series_changed_by_many_at_once_stays_whole_and_nobody_waits_in_a_circle(
    guarded: Race, seed: int
) -> None:
    from infra24.bookings.series.changing import NotInSeries

    shop, _, outcomes = rearrange(guarded, seed)
    refusals(outcomes, SlotTaken, SlotNotOffered, SeriesConflicts, IllegalTransition, NotInSeries)
    standing = Standing(guarded, shop)
    for id_, (_, start, end) in standing.bookings.items():
        assert Counter(name[0] for name in standing.of(id_).elements()) == {"t": 1, "c": 1, "w": 1}
        own = {(c[3], c[4]) for c in standing.claims if c[0] == id_}
        assert own == {(start, end)}, "what it claims is its own time"
    assert {c[0] for c in standing.claims} <= set(standing.bookings), "what was cancelled claims nothing"
    assert guarded.overlaps() == 0
    with psycopg.connect(guarded.url) as owner:
        of_none = owner.execute(
            "SELECT count(*) FROM series s WHERE org_id = %s AND NOT EXISTS (SELECT 1 FROM bookings b "
            "WHERE (b.org_id, b.series_id) = (s.org_id, s.id))", (shop.org_id,)).fetchone()  # fmt: skip
        bad_hosts = owner.execute(
            "SELECT count(*) FROM participants p JOIN bookings b ON (b.org_id, b.id) = (p.org_id, p.booking_id) "
            "WHERE p.org_id = %s AND p.role = 'host' AND b.status = 'confirmed' AND NOT EXISTS (SELECT 1 FROM claims c "
            "WHERE (c.org_id, c.booking_id, c.resource_id) = (p.org_id, p.booking_id, p.resource_id))",
            (shop.org_id,)).fetchone()  # fmt: skip
    assert of_none == (0,)
    assert bad_hosts == (0,), "a host who is named is claimed"


def test_control_without_the_constraint_a_moved_series_overlaps(unguarded: Race) -> None:
    seeds: Iterator[int] = iter(range(100))
    until_it_overlaps(unguarded, lambda: rearrange(unguarded, next(seeds)))
