"""A hold that is confirmed in one process while another replaces it: real commits, and the control."""

from datetime import timedelta
from typing import Any

import pytest

from infra24 import bookings
from infra24.bookings import BY_BOOKER, Booking, HoldOver, Status
from infra24.db import Tx
from infra24.settings import Settings
from tests.factories import ADA, Shop, booking_request
from tests.races.test_races import START, Race
from tests.serving import NOW

pytestmark = pytest.mark.race


def _held(race: Race, shop: Shop, at: int) -> Booking:
    async def hold(tx: Tx) -> Booking:
        wanted = booking_request(shop.ids["room"], START + timedelta(hours=at), person=None)
        return await bookings.hold(tx, wanted, tokens=race.tokens, now=NOW)

    found: Booking = race.run(shop, [hold])[0]
    return found


def _now(race: Race, shop: Shop, booking: Booking) -> Booking:
    async def read(tx: Tx) -> Booking:
        return await bookings.get(tx, booking.id)

    found: Booking = race.run(shop, [read])[0]
    return found


def test_what_was_confirmed_is_not_replaced(database_url: str, settings: Settings, shop: Shop) -> None:
    race = Race(database_url, settings, guarded=True)
    for number in range(12):
        held = _held(race, shop, number)
        later = booking_request(shop.ids["room"], START + timedelta(hours=number, minutes=30), person=None)

        async def confirm(tx: Tx, held: Booking = held) -> Booking:
            return await bookings.confirm_hold(tx, held.id, ADA, BY_BOOKER, now=NOW)

        async def replace(tx: Tx, held: Booking = held, later: Any = later) -> Booking:
            return await bookings.hold_instead(tx, held.id, later, tokens=race.tokens, now=NOW)

        first = [confirm, replace] if number % 2 else [replace, confirm]
        outcomes = dict(zip(first, race.run(shop, first), strict=True))
        confirmed, replaced = outcomes[confirm], outcomes[replace]
        assert isinstance(replaced, Booking)
        after = _now(race, shop, held)
        if isinstance(confirmed, HoldOver):
            assert (after.status, after.end_kind) == (Status.CANCELLED, "released")
        else:
            assert (confirmed.status, after.status) == (Status.CONFIRMED, Status.CONFIRMED)


def test_after_a_look_without_a_lock_it_would_be(database_url: str, settings: Settings, shop: Shop) -> None:
    """The control: whoever looks first and cancels then takes away what was confirmed between."""
    race = Race(database_url, settings, guarded=True)
    held = _held(race, shop, 0)

    async def confirm(tx: Tx) -> Booking:
        return await bookings.confirm_hold(tx, held.id, ADA, BY_BOOKER, now=NOW)

    async def look_and_cancel(tx: Tx) -> Booking:
        looked = await bookings.get(tx, held.id)
        assert looked.status is Status.HOLD
        for _ in range(10_000):  # until the other has committed
            if (await bookings.get(tx, held.id)).status is Status.CONFIRMED:
                break
        return await bookings.cancel(tx, held.id, BY_BOOKER, now=NOW)

    race.run(shop, [look_and_cancel, confirm])
    assert _now(race, shop, held).status is Status.CANCELLED
