"""Another time in place of the one that is held: a booking that was confirmed meanwhile is never taken away."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from infra24 import bookings, round_robin
from infra24.auth.tokens import Tokens
from infra24.bookings import BY_BOOKER, BookerDetails, Booking, HoldOver, Status
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
    await bookings.confirm_hold(tx, first.id, ADA, BY_BOOKER, now=NOW, at=(start, end))


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
    stays = meanwhile or change is confirmed_later
    assert status is (Status.CONFIRMED if stays else Status.CANCELLED)
    assert confirmed == (1 if stays else 0), "one booking, not two"


@pytest.mark.parametrize("offer", ["wheels", "fair", "room"])
@pytest.mark.parametrize("ended", ["", "released", "expired"])
def test_a_hold_is_confirmed_once_however_often_and_at_whatever_time_it_is_asked(
    run: Any, shop: Shop, tokens: Tokens, offer: str, ended: str
) -> None:
    """Two clicks on the form, with other times each; the second also after the hold itself ended."""

    async def scenario(database: Database) -> tuple[Booking, list[Booking], list[Booking], int]:
        late = NOW + 2 * HOUR if ended == "expired" else NOW
        async with database.transaction(shop.org_id) as tx:
            request = replace(booking_request(shop.ids[offer], NOW + 24 * HOUR), person=None)
            first = await bookings.hold(tx, request, tokens=tokens, now=NOW)
        async with database.transaction(shop.org_id) as tx:
            if ended == "released":
                await bookings.release(tx, first.id, BY_BOOKER, now=NOW)
            if ended == "expired":
                assert await bookings.expire(tx, first.id, now=late)
        made = []
        for hours in (1, 2, 0):
            async with database.transaction(shop.org_id) as tx:
                at = (first.starts_at + hours * HOUR, first.ends_at + hours * HOUR)
                made.append(await bookings.confirm_hold(tx, first.id, ADA, BY_BOOKER, now=late, at=at))
        async with database.transaction(shop.org_id) as tx:
            listed = await bookings.page(
                tx, bookings.Filters(first.starts_at, first.ends_at + 9 * HOUR), limit=9
            )
            standing = await tx.rows(
                "SELECT starts_at FROM claims WHERE org_id = %s AND released_at IS NULL", (shop.org_id,)
            )
            ledger = await round_robin.check_ledger(tx, shop.ids["fair"])
            assert ledger.holds
            given = sum(one.given for one in ledger.replayed.standings.values())
        assert {row[0] for row in standing} == {first.starts_at + HOUR}
        return first, made, listed, given

    first, made, listed, given = run(scenario)
    assert {(one.id, one.starts_at, one.status) for one in [*made, *listed]} == {
        (first.id, first.starts_at + HOUR, Status.CONFIRMED)
    }
    assert given == (1 if offer == "fair" else 0), "one turn, not two"


def test_a_hold_that_ended_long_ago_has_to_be_made_anew(run: Any, shop: Shop, tokens: Tokens) -> None:
    """Its price and terms may be others by now."""

    async def scenario(database: Database) -> None:
        async with database.transaction(shop.org_id) as tx:
            request = replace(booking_request(shop.ids["room"], NOW + 240 * HOUR), person=None)
            first = await bookings.hold(tx, request, tokens=tokens, now=NOW)
            await bookings.release(tx, first.id, BY_BOOKER, now=NOW)
        async with database.transaction(shop.org_id) as tx:
            with pytest.raises(HoldOver):
                await bookings.confirm_hold(tx, first.id, ADA, BY_BOOKER, now=NOW + 25 * HOUR)

    run(scenario)


def test_what_was_cancelled_as_a_booking_is_not_confirmed_again(run: Any, shop: Shop, tokens: Tokens) -> None:
    async def scenario(database: Database) -> None:
        async with database.transaction(shop.org_id) as tx:
            first = await held(tx, shop, tokens)
            await bookings.confirm_hold(tx, first.id, ADA, BY_BOOKER, now=NOW)
            await bookings.cancel(tx, first.id, BY_BOOKER, now=NOW)
        async with database.transaction(shop.org_id) as tx:
            with pytest.raises(HoldOver):
                await bookings.confirm_hold(tx, first.id, ADA, BY_BOOKER, now=NOW)

    run(scenario)
