"""Placing bookings: holds that stand, limits by their name, staff who are not bound, alternatives that are true."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from infra24 import bookings
from infra24.auth.tokens import Tokens
from infra24.bookings import (
    BY_BOOKER,
    BookerLimit,
    LimitReached,
    SlotNotOffered,
    SlotTaken,
    Status,
)
from infra24.db import Database, Tx
from infra24.resources import Draft
from infra24.settings import Settings
from tests.factories import ADA, STAFF, Shop, booking_request, found_shop, opening, rules
from tests.serving import NOW, Clock

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
AT = NOW + 3 * DAY
BEA = replace(ADA, name="Bea", email="bea@example.org")


@pytest.fixture
def shop(database_url: str, settings: Settings, clock: Clock) -> Shop:
    mo = "mo@shop.example"
    return found_shop(database_url, settings, clock, {
        "mo": Draft("person", "Mo", email=mo, is_bookable=False),
        "talk": Draft("other", "Talk", availability_rules=rules(opening(), min_notice_minutes=60)),
        "room": Draft("space", "Room", capacity=1, availability_rules=rules(opening(), durations=[30, 60])),
        "tour": Draft("other", "Tour", availability_rules=rules(
            opening(mo), min_notice_minutes=1_440, horizon_days=30, max_per_day_per_host=1)),
        "once": Draft("space", "Once a day", capacity=1, availability_rules=rules(
            opening(start="12:00", end="13:00"), max_minutes_per_day_per_booker=30)),
    })  # fmt: skip


def refused(go: Callable[..., Any], kind: type[SlotNotOffered | SlotTaken | BookerLimit]) -> Any:
    with pytest.raises(kind) as caught:
        go()
    assert type(caught.value) is kind
    return caught.value


def test_a_live_hold_of_what_claims_nothing_is_confirmed_as_it_stands(
    run: Callable[..., Any], shop: Shop, tokens: Tokens
) -> None:
    """Its time was early enough when it was held; that it is later now does not matter."""

    async def scenario(database: Database) -> Status:
        async with database.transaction(shop.org_id) as tx:
            held = await bookings.hold(
                tx, booking_request(shop.ids["talk"], NOW + HOUR, person=None), tokens=tokens, now=NOW
            )
        async with database.transaction(shop.org_id) as tx:
            later = NOW + timedelta(minutes=5)
            return (await bookings.confirm_hold(tx, held.id, ADA, policy=BY_BOOKER, now=later)).status

    assert run(scenario) is Status.CONFIRMED


def test_a_limit_that_is_reached_is_told_by_its_key_and_a_time_that_is_taken_as_taken(
    run: Callable[..., Any], shop: Shop, tokens: Tokens
) -> None:
    def book(name: str, at: Any, person: Any = ADA) -> None:
        async def scenario(database: Database) -> None:
            async with database.transaction(shop.org_id) as tx:
                await bookings.book(
                    tx, booking_request(shop.ids[name], at, person=person), tokens=tokens, now=NOW
                )

        run(scenario)

    book("tour", AT)
    host = refused(lambda: book("tour", AT + HOUR), LimitReached)
    assert (host.code, host.details["reasons"][0]["limit"]) == ("limit_reached", "max_per_day_per_host")
    assert host.message == "The limit for this day is reached (bookings: 1)."
    taken = refused(lambda: book("tour", AT), SlotTaken)
    assert taken.message == "Someone else just took that time. Choose another."
    book("once", AT)
    own = refused(lambda: book("once", AT + HOUR / 2), BookerLimit)
    assert own.details["reasons"][0]["limit"] == "max_minutes_per_day_per_booker"
    assert own.message == "One person's limit for this day is reached (minutes: 30)."


def test_notice_horizon_and_limits_do_not_bind_staff_whatever_they_do(
    run: Callable[..., Any], shop: Shop, tokens: Tokens
) -> None:
    """Inside the notice, beyond the horizon, the second of a day: booked, held and confirmed, moved."""
    soon, far = NOW + HOUR, NOW + 90 * DAY

    async def scenario(database: Database) -> list[Any]:
        async def staff(verb: Any, at: Any) -> Any:
            person = ADA if verb is bookings.book else None
            wanted = replace(booking_request(shop.ids["tour"], at, person=person), policy=STAFF)
            async with database.transaction(shop.org_id) as tx:
                return await verb(tx, wanted, tokens=tokens, now=NOW)

        await staff(bookings.book, soon)
        held = await staff(bookings.hold, soon + HOUR)
        late = NOW + timedelta(minutes=30)  # the hold has lapsed
        async with database.transaction(shop.org_id) as tx:
            second = await bookings.confirm_hold(tx, held.id, ADA, policy=STAFF, now=late)
        await staff(bookings.book, far)
        async with database.transaction(shop.org_id) as tx:
            moved = await bookings.reschedule(
                tx, second.id, far + HOUR, far + 1.5 * HOUR, policy=STAFF, now=late
            )
        with pytest.raises(SlotNotOffered):  # hours and starts bind them
            await staff(bookings.book, far + timedelta(minutes=7))
        return [second.status, moved.starts_at]

    assert run(scenario) == [Status.CONFIRMED, far + HOUR]


@pytest.mark.parametrize(("name", "minutes"), [("room", 45), ("room", 60), ("once", 30)])
def test_each_alternative_of_a_refusal_can_be_booked_as_it_stands(
    run: Callable[..., Any], shop: Shop, tokens: Tokens, name: str, minutes: int
) -> None:
    """A length that is not offered, a time that is taken, and one beside which the booker's day is full."""

    async def taken(tx: Tx) -> None:
        await bookings.book(tx, booking_request(shop.ids[name], AT, person=BEA), tokens=tokens, now=NOW)
        if name == "once":
            full = booking_request(shop.ids[name], AT + DAY)
            await bookings.book(tx, full, tokens=tokens, now=NOW)

    async def scenario(database: Database) -> int:
        async with database.transaction(shop.org_id) as tx:
            await taken(tx)
        asked = booking_request(shop.ids[name], AT, minutes)
        with pytest.raises(SlotNotOffered if minutes == 45 else SlotTaken):
            async with database.transaction(shop.org_id) as tx:
                await bookings.book(tx, asked, tokens=tokens, now=NOW)
        async with database.transaction(shop.org_id) as tx:
            found = await bookings.nearest_starts(tx, asked, NOW)
        for start in found.starts:
            async with database.transaction(shop.org_id) as tx:
                one = replace(asked, starts_at=start, ends_at=start + found.length)
                made = await bookings.book(tx, one, tokens=tokens, now=NOW)
            async with database.transaction(shop.org_id) as tx:
                await bookings.cancel(tx, made.id, policy=BY_BOOKER, now=NOW)
        return len(found.starts)

    assert run(scenario) == 3
