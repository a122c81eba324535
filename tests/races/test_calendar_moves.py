"""Two staff move two bookings onto the same time: one of them wins, and without the constraint both would."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from infra24 import bookings
from infra24.bookings import Move
from infra24.db import Database, Tx
from tests.factories import Shop, booking_request, found_shop
from tests.races.test_races import ROUNDS, START, Race, guarded, prepared, unguarded, winners
from tests.serving import NOW

__all__ = ["guarded", "unguarded"]
pytestmark = pytest.mark.race


def _placed(race: Race, shop: Shop) -> list[UUID]:
    """Two bookings in two rooms, at different times."""

    async def place(database: Database, shop: Shop) -> list[UUID]:
        made = []
        for name, hours in (("room", 0), ("buffered", 3)):
            async with database.transaction(shop.org_id) as tx:
                wanted = booking_request(shop.ids[name], START + timedelta(hours=hours))
                made.append((await bookings.book(tx, wanted, tokens=race.tokens, now=NOW)).id)
        return made

    found: list[UUID] = prepared(race, shop, place)
    return found


def _mover(shop: Shop, id_: UUID, column: str, to: str, hours: float) -> Callable[[Tx], Awaitable[Any]]:
    async def act(tx: Tx) -> Any:
        start = START + timedelta(hours=hours)
        wanted = Move(id_, shop.ids[column], shop.ids[to], start, start + timedelta(minutes=30))
        return await bookings.move(tx, wanted, now=NOW)

    return act


def _onto_one_time(race: Race) -> int:
    shop = found_shop(race.url, race.settings, race.clock)
    first, second = _placed(race, shop)
    runners = [_mover(shop, first, "room", "room", 6), _mover(shop, second, "buffered", "room", 6)]
    return winners(race.run(shop, runners))


def _new_against_moved(race: Race) -> int:
    shop = found_shop(race.url, race.settings, race.clock)
    first, _ = _placed(race, shop)
    rivals = [race.book(booking_request(shop.ids["room"], START + timedelta(hours=6))) for _ in range(8)]
    return winners(race.run(shop, [*rivals[:4], _mover(shop, first, "room", "room", 6), *rivals[4:]]))


@pytest.mark.parametrize("contest", [_onto_one_time, _new_against_moved])
def test_one_of_those_who_move_onto_a_time_has_it(guarded: Race, contest: Callable[[Race], int]) -> None:
    for _ in range(2 * ROUNDS):
        assert contest(guarded) == 1
    assert guarded.overlaps() == 0


def test_control_without_the_constraint_both_have_it(unguarded: Race) -> None:
    assert any(_new_against_moved(unguarded) > 1 for _ in range(4 * ROUNDS))


def test_two_bookings_that_change_rooms_do_not_wait_for_each_other(guarded: Race) -> None:
    for _ in range(ROUNDS):
        shop = found_shop(guarded.url, guarded.settings, guarded.clock)
        first, second = _placed(guarded, shop)
        outcomes = guarded.run(shop, [
            _mover(shop, first, "room", "buffered", 3), _mover(shop, second, "buffered", "room", 0)])  # fmt: skip
        assert winners(outcomes) <= 1, "whoever is second may find the other's time free; neither deadlocks"
    assert guarded.overlaps() == 0
