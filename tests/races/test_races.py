"""Who wins when many want the same: real commits on real connections, and what happens without the constraint."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from infra24 import bookings
from infra24.auth.tokens import Tokens
from infra24.bookings import (
    BY_BOOKER,
    BookerDetails,
    BookingRequest,
    LimitReached,
    SlotTaken,
    Status,
)
from infra24.db import Database, Tx
from infra24.errors import Conflict
from infra24.settings import Settings
from infra24.worker import Worker
from tests.conftest import opened
from tests.factories import ADA, STAFF, Shop, booking_request, found_shop
from tests.scenarios import tell
from tests.serving import NOW, Clock

pytestmark = pytest.mark.race

START = NOW + timedelta(days=3)
ROUNDS = 5


class Race:
    """A database of its own, whose constraint can be taken away for the control."""

    def __init__(self, url: str, settings: Settings, *, guarded: bool) -> None:
        import psycopg

        self.url, self.settings, self.clock = url, settings.model_copy(update={"pool_size": 24}), Clock(NOW)
        self.tokens = Tokens(settings.keyring())
        if not guarded:
            with psycopg.connect(url, autocommit=True) as owner:
                owner.execute("ALTER TABLE claims DROP CONSTRAINT claims_never_overlap")

    def run(self, shop: Shop, runners: Sequence[Callable[[Tx], Awaitable[Any]]]) -> list[Any]:
        """Run everyone at once; each has begun its transaction before anyone may write."""

        async def main(database: Database, _: Worker) -> list[Any]:
            barrier = asyncio.Barrier(min(len(runners), 20))

            async def one(number: int, act: Callable[[Tx], Awaitable[Any]]) -> Any:
                async with database.transaction(shop.org_id) as tx:
                    await tx.row("SELECT 1")
                    if number < barrier.parties:
                        await barrier.wait()
                    return await act(tx)

            tasks = [one(number, act) for number, act in enumerate(runners)]
            return await asyncio.gather(*tasks, return_exceptions=True)

        found: list[Any] = tell(self.url, main, self.settings, self.clock)
        return found

    def book(self, wanted: BookingRequest) -> Callable[[Tx], Awaitable[Any]]:
        async def act(tx: Tx) -> Any:
            return await bookings.book(tx, wanted, tokens=self.tokens, now=self.clock())

        return act

    def overlaps(self) -> int:
        """How many pairs of claims on the same unit overlap, whoever made them."""
        import psycopg

        with psycopg.connect(self.url) as owner:
            row = owner.execute(
                "SELECT count(*) FROM claims a JOIN claims b USING (org_id, resource_id, unit) "
                "WHERE a.booking_id < b.booking_id AND a.during && b.during "
                "AND a.released_at IS NULL AND b.released_at IS NULL"
            ).fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture(scope="module")
def guarded(make_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Race:
    return Race(make_database(), _settings(tmp_path_factory), guarded=True)


@pytest.fixture(scope="module")
def unguarded(make_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Race:
    return Race(make_database(), _settings(tmp_path_factory), guarded=False)


def _settings(folders: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=folders.mktemp("race"), secret="a secret of the tests, long enough")


def winners(outcomes: Sequence[Any], told: type[Conflict] = SlotTaken) -> int:
    """How many won; everyone else must have been told that the time was taken (or as said), nothing worse."""
    lost = [o for o in outcomes if isinstance(o, BaseException)]
    assert all(isinstance(o, told) for o in lost), [repr(o) for o in lost if not isinstance(o, told)]
    return len(outcomes) - len(lost)


def same_slot(race: Race, shop: Shop) -> list[BookingRequest]:
    return [booking_request(shop.ids["room"], START)] * 40


def different_lengths(race: Race, shop: Shop) -> list[BookingRequest]:
    room = shop.ids["room"]
    return [booking_request(room, START, 90), booking_request(room, START + timedelta(minutes=30), 60),
            booking_request(room, START + timedelta(minutes=60), 30)] * 12  # fmt: skip


def buffers_only(race: Race, shop: Shop) -> list[BookingRequest]:
    room = shop.ids["buffered"]
    return [booking_request(room, START), booking_request(room, START + timedelta(minutes=40))] * 12


def two_hosts(race: Race, shop: Shop) -> list[BookingRequest]:
    return [booking_request(shop.ids["visit"], _at_ten())] * 40


def three_units(race: Race, shop: Shop) -> list[BookingRequest]:
    return [booking_request(shop.ids["wheels"], START)] * 40


def both_hosts_against_one(race: Race, shop: Shop) -> list[BookingRequest]:
    return [booking_request(shop.ids["both"], _at_ten()), booking_request(shop.ids["visit"], _at_ten())] * 12


def _at_ten() -> datetime:
    return START.replace(hour=10)


CONTESTS = {
    same_slot: {1},
    different_lengths: {1, 2},  # the long one alone, or the last two that follow each other
    buffers_only: {1},
    two_hosts: {2},
    three_units: {3},
    both_hosts_against_one: {1, 2},  # both of them once, or each of them once
}


@pytest.mark.parametrize("contest", CONTESTS, ids=lambda contest: contest.__name__)
def test_nobody_is_booked_twice(guarded: Race, contest: Callable[[Race, Shop], list[BookingRequest]]) -> None:
    for _ in range(ROUNDS):
        shop = found_shop(guarded.url, guarded.settings, guarded.clock)
        outcomes = guarded.run(shop, [guarded.book(w) for w in contest(guarded, shop)])
        assert winners(outcomes) in CONTESTS[contest]
        assert guarded.overlaps() == 0


@pytest.mark.parametrize("contest", CONTESTS, ids=lambda contest: contest.__name__)
def test_control_without_the_constraint_someone_is(
    unguarded: Race, contest: Callable[[Race, Shop], list[BookingRequest]]
) -> None:
    before = unguarded.overlaps()
    for _ in range(4 * ROUNDS):
        shop = found_shop(unguarded.url, unguarded.settings, unguarded.clock)
        unguarded.run(shop, [unguarded.book(w) for w in contest(unguarded, shop)])
        if unguarded.overlaps() > before:
            return
    pytest.fail("the race is too slow to prove anything: nobody was booked twice without the constraint")


def hold_for(race: Race, wanted: BookingRequest) -> Callable[[Database, Shop], Awaitable[UUID]]:
    async def act(database: Database, shop: Shop) -> UUID:
        async with database.transaction(shop.org_id) as tx:
            return (await bookings.hold(tx, wanted, tokens=race.tokens, now=race.clock())).id

    return act


def prepared(race: Race, shop: Shop, act: Callable[[Database, Shop], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        async with opened(race.settings, race.url, race.clock) as database:
            return await act(database, shop)

    return asyncio.run(main())


def test_a_pending_booking_keeps_its_time_against_a_confirmed_one(guarded: Race) -> None:
    """Approving is no second chance: what is pending already claims."""
    for _ in range(ROUNDS):
        shop = found_shop(guarded.url, guarded.settings, guarded.clock)
        outcomes = guarded.run(
            shop, [guarded.book(booking_request(shop.ids["asked"], START)) for _ in range(20)]
        )
        assert winners(outcomes) == 1
        pending = next(o for o in outcomes if not isinstance(o, BaseException))
        assert pending.status is Status.PENDING

        async def approve(tx: Tx, id_: UUID = pending.id) -> Any:
            return await bookings.approve(tx, id_, STAFF, now=guarded.clock())

        rivals = [guarded.book(booking_request(shop.ids["asked"], START)) for _ in range(10)]
        outcomes = guarded.run(shop, [approve, *rivals])
        assert outcomes[0].status is Status.CONFIRMED
        assert winners(outcomes) == 1
    assert guarded.overlaps() == 0


def _reschedule_against_new(race: Race) -> int:
    shop = found_shop(race.url, race.settings, race.clock)
    later = START + timedelta(hours=2)

    async def place(database: Database, shop: Shop) -> UUID:
        async with database.transaction(shop.org_id) as tx:
            first = booking_request(shop.ids["room"], START)
            return (await bookings.book(tx, first, tokens=race.tokens, now=race.clock())).id

    id_ = prepared(race, shop, place)

    async def move(tx: Tx) -> Any:
        end = later + timedelta(minutes=30)
        return await bookings.reschedule(tx, id_, later, end, policy=STAFF, now=race.clock())

    rivals = [race.book(booking_request(shop.ids["room"], later)) for _ in range(10)]
    return winners(race.run(shop, [move, *rivals]))


def test_moving_a_booking_races_fairly_with_new_ones(guarded: Race, unguarded: Race) -> None:
    for _ in range(ROUNDS):
        assert _reschedule_against_new(guarded) == 1
    assert guarded.overlaps() == 0


def test_control_moving_without_the_constraint_overlaps(unguarded: Race) -> None:
    assert any(_reschedule_against_new(unguarded) > 1 for _ in range(4 * ROUNDS))


def test_two_bookings_that_swap_times_do_not_wait_for_each_other(guarded: Race) -> None:
    for _ in range(ROUNDS):
        shop = found_shop(guarded.url, guarded.settings, guarded.clock)
        times = (START, START + timedelta(hours=1))

        async def place(
            database: Database, shop: Shop, times: tuple[datetime, datetime] = times
        ) -> list[UUID]:
            made = []
            for at in times:
                async with database.transaction(shop.org_id) as tx:
                    wanted = booking_request(shop.ids["room"], at)
                    made.append((await bookings.book(tx, wanted, tokens=guarded.tokens, now=NOW)).id)
            return made

        first, second = prepared(guarded, shop, place)

        def mover(id_: UUID, to: datetime) -> Callable[[Tx], Awaitable[Any]]:
            async def act(tx: Tx) -> Any:
                return await bookings.reschedule(
                    tx, id_, to, to + timedelta(minutes=30), policy=STAFF, now=NOW
                )

            return act

        outcomes = guarded.run(shop, [mover(first, times[1]), mover(second, times[0])])
        assert winners(outcomes) == 0, "each finds the other's time taken; neither deadlocks"
    assert guarded.overlaps() == 0


def _confirm_against_new(race: Race) -> int:
    """A hold lapses; its holder confirms in the same moment in which others book its time."""
    race.clock.at = NOW
    shop = found_shop(race.url, race.settings, race.clock)
    held = prepared(race, shop, hold_for(race, booking_request(shop.ids["room"], START, person=None)))
    race.clock.forward(minutes=11)

    async def confirm(tx: Tx) -> Any:
        return await bookings.confirm_hold(tx, held, ADA, policy=BY_BOOKER, now=race.clock())

    rivals = [race.book(booking_request(shop.ids["room"], START)) for _ in range(8)]
    return winners(race.run(shop, [*rivals[:4], confirm, *rivals[4:]]))


def test_a_lapsed_hold_is_confirmed_or_lost_but_never_both(guarded: Race) -> None:
    for _ in range(2 * ROUNDS):
        assert _confirm_against_new(guarded) == 1
    assert guarded.overlaps() == 0


def test_control_confirming_a_lapsed_hold_without_the_constraint_overlaps(unguarded: Race) -> None:
    assert any(_confirm_against_new(unguarded) > 1 for _ in range(4 * ROUNDS))


def test_a_live_hold_belongs_to_its_holder_alone(guarded: Race) -> None:
    guarded.clock.at = NOW
    shop = found_shop(guarded.url, guarded.settings, guarded.clock)
    held = prepared(guarded, shop, hold_for(guarded, booking_request(shop.ids["room"], START, person=None)))

    async def confirm(tx: Tx) -> Any:
        return await bookings.confirm_hold(tx, held, ADA, policy=BY_BOOKER, now=guarded.clock())

    rivals = [guarded.book(booking_request(shop.ids["room"], START)) for _ in range(10)]
    outcomes = guarded.run(shop, [*rivals, confirm])
    assert outcomes[-1].status is Status.CONFIRMED
    assert winners(outcomes) == 1


def test_a_daily_limit_holds_when_everyone_comes_at_once(guarded: Race) -> None:
    """Limits are counted under a lock on the host: 12 at 12 different times, 4 may."""
    guarded.clock.at = NOW
    shop = found_shop(guarded.url, guarded.settings, guarded.clock)
    starts = [START.replace(hour=9) + timedelta(minutes=30 * n) for n in range(12)]
    outcomes = guarded.run(shop, [guarded.book(booking_request(shop.ids["limited"], at)) for at in starts])
    assert winners(outcomes, LimitReached) == 4


def test_round_robin_stays_fair_when_everyone_comes_at_once(guarded: Race) -> None:
    guarded.clock.at = NOW
    shop = found_shop(guarded.url, guarded.settings, guarded.clock)
    starts = [START.replace(hour=9) + timedelta(minutes=30 * n) for n in range(10)]
    outcomes = guarded.run(shop, [guarded.book(booking_request(shop.ids["fair"], at)) for at in starts])
    assert winners(outcomes) == 10
    hosts = [o.hosts[0] for o in outcomes]
    assert sorted(hosts.count(name) for name in set(hosts)) == [5, 5]


def test_a_booker_limit_holds_when_one_person_comes_many_times(guarded: Race) -> None:
    from infra24.bookings import BookerLimit
    from infra24.resources import Draft
    from tests.factories import opening, rules

    guarded.clock.at = NOW
    greedy = Draft("space", "One a day", capacity=1,
                   availability_rules=rules(opening(), max_per_day_per_booker=1))  # fmt: skip
    shop = found_shop(guarded.url, guarded.settings, guarded.clock, {"greedy": greedy})
    starts = [START.replace(hour=9) + timedelta(minutes=30 * n) for n in range(10)]
    person = BookerDetails("Ada", "ada@example.org")
    runners = [guarded.book(booking_request(shop.ids["greedy"], at, person=person)) for at in starts]
    outcomes = guarded.run(shop, runners)
    assert sum(not isinstance(o, BaseException) for o in outcomes) == 1
    assert all(isinstance(o, BookerLimit) for o in outcomes if isinstance(o, BaseException))
