"""What one client may keep holds however many processes ask at once: real commits, past the lock of a process."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from infra24 import bookings
from infra24.bookings import Booking, BookingRequest, client_queries
from infra24.db import Tx
from infra24.rate_limits import CLIENT_QUOTAS, Client, TooManyHolds
from infra24.settings import Settings
from tests.factories import Shop, booking_request
from tests.races.test_races import START, Race
from tests.serving import NOW

pytestmark = pytest.mark.race

MOST = CLIENT_QUOTAS["holds_at_once"].usual
Act = Callable[[Tx], Awaitable[Any]]


def _wishes(shop: Shop, count: int) -> list[BookingRequest]:
    return [
        booking_request(shop.ids["room"], START + timedelta(minutes=30 * n), person=None)
        for n in range(count)
    ]


def test_of_fifty_holds_at_once_by_one_client_only_so_many_are_kept(
    database_url: str, settings: Settings, shop: Shop
) -> None:
    race, client = Race(database_url, settings, guarded=True), Client(b"one client, hash")

    def hold(wanted: BookingRequest) -> Act:
        async def act(tx: Tx) -> Booking:
            return await bookings.hold(tx, wanted, tokens=race.tokens, now=NOW)

        return act

    outcomes = race.run(shop, [hold(replace(wanted, client=client)) for wanted in _wishes(shop, 50)])
    assert sum(isinstance(outcome, Booking) for outcome in outcomes) == MOST
    assert sum(isinstance(outcome, TooManyHolds) for outcome in outcomes) == 50 - MOST


def test_without_the_lock_of_the_client_more_would_be_kept(
    database_url: str, settings: Settings, shop: Shop
) -> None:
    """The control: all count before anyone writes."""
    race, client = Race(database_url, settings, guarded=True), Client(b"another, control")
    counted: list[asyncio.Barrier] = []

    def count_and_hold(wanted: BookingRequest) -> Act:
        async def act(tx: Tx) -> Booking:
            counted[:1] = counted[:1] or [asyncio.Barrier(20)]
            unlocked = client_queries.kept(tx, client.key, NOW)
            holds, *_ = (await tx.rows(unlocked.query, unlocked.args))[0]
            await counted[0].wait()
            if holds >= MOST:
                raise TooManyHolds("holds_at_once", 1)
            held = await bookings.hold(tx, wanted, tokens=race.tokens, now=NOW)
            tx.run_last(client_queries.note(tx, client.key, [held.id], NOW))
            return held

        return act

    outcomes = race.run(shop, [count_and_hold(wanted) for wanted in _wishes(shop, 20)])
    assert sum(isinstance(outcome, Booking) for outcome in outcomes) == 20
