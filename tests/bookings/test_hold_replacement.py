"""Another time in place of the one that is held: a booking that was confirmed meanwhile is never taken away."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from infra24 import bookings
from infra24.auth.tokens import Tokens
from infra24.bookings import BY_BOOKER, BookerDetails, Booking, Status
from infra24.db import Database, Tx
from tests.factories import Shop, booking_request
from tests.serving import NOW

ADA = BookerDetails("Ada", "ada@example.org")
HOUR = timedelta(hours=1)


async def held(tx: Tx, shop: Shop, tokens: Tokens) -> Booking:
    request = replace(booking_request(shop.ids["room"], NOW), person=None)
    return await bookings.hold(tx, request, tokens=tokens, now=NOW)


async def replaced(tx: Tx, first: Booking, shop: Shop, tokens: Tokens) -> None:
    request = replace(booking_request(shop.ids["room"], NOW), person=None)
    later = replace(request, starts_at=first.ends_at, ends_at=first.ends_at + first.length)
    await bookings.hold_instead(tx, first.id, later, tokens=tokens, now=NOW)


async def released(tx: Tx, first: Booking, _: Shop, __: Tokens) -> None:
    await bookings.release(tx, first.id, BY_BOOKER, now=NOW)


async def confirmed_later(tx: Tx, first: Booking, _: Shop, tokens: Tokens) -> None:
    start, end = first.ends_at, first.ends_at + first.length
    await bookings.confirm_at(tx, first, start, end, ADA, BY_BOOKER, client=None, tokens=tokens, now=NOW)


@pytest.mark.parametrize("change", [replaced, released, confirmed_later])
@pytest.mark.parametrize("meanwhile", [False, True], ids=["a hold still", "confirmed meanwhile"])
def test_a_hold_makes_room_and_a_booking_stays(
    run: Any, shop: Shop, tokens: Tokens, change: Callable[..., Any], meanwhile: bool
) -> None:
    """`first` is what another request saw before: a hold."""

    async def scenario(database: Database) -> tuple[Status, int]:
        async with database.transaction(shop.org_id) as tx:
            first = await held(tx, shop, tokens)
        if meanwhile:
            async with database.transaction(shop.org_id) as tx:
                await bookings.confirm_hold(tx, first.id, ADA, BY_BOOKER, now=NOW)
        async with database.transaction(shop.org_id) as tx:
            await change(tx, first, shop, tokens)
        async with database.transaction(shop.org_id) as tx:
            listed = await bookings.page(tx, bookings.Filters(first.starts_at, first.ends_at + HOUR), limit=9)
            return (await bookings.get(tx, first.id)).status, sum(
                b.status is Status.CONFIRMED for b in listed
            )

    status, confirmed = run(scenario)
    assert status is (Status.CONFIRMED if meanwhile else Status.CANCELLED)
    assert confirmed == (1 if meanwhile or change is confirmed_later else 0), "one booking, not two"
