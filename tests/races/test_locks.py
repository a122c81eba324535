"""Nobody waits in a circle: edits against bookings, lapsed holds against new ones, with limits on both."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from infra24 import bookings, resources
from infra24.auth.tokens import Tokens
from infra24.bookings import BY_BOOKER, BookerDetails, BookerLimit, SlotTaken
from infra24.db import Database, Tx
from infra24.errors import Conflict
from infra24.resources import Draft
from infra24.settings import Settings
from tests.conftest import opened
from tests.factories import STAFF, Shop, booking_request, found_shop, opening, rules
from tests.serving import NOW, Clock

pytestmark = pytest.mark.race

START = (NOW + timedelta(days=3)).replace(hour=9)


def everyone(
    settings: Settings, url: str, shop: Shop, clock: Clock, acts: list[Callable[[Tx], Awaitable[Any]]]
) -> list[Any]:
    """Run all at once on eight connections; what each came to."""

    async def main() -> list[Any]:
        async with opened(settings.model_copy(update={"pool_size": 8}), url, clock) as database:

            async def one(act: Callable[[Tx], Awaitable[Any]]) -> Any:
                async with database.transaction(shop.org_id) as tx:
                    return await act(tx)

            return await asyncio.gather(*(one(act) for act in acts), return_exceptions=True)

    return asyncio.run(main())


def test_editing_hosts_while_people_book_with_them(
    database_url: str, settings: Settings, shop: Shop, clock: Clock, tokens: Tokens
) -> None:
    def book(n: int) -> Callable[[Tx], Awaitable[Any]]:
        at = START + timedelta(minutes=30 * n)
        return lambda tx: bookings.book(tx, booking_request(shop.ids["fair"], at), tokens=tokens, now=NOW)

    def edit(name: str, n: int) -> Callable[[Tx], Awaitable[Any]]:
        async def act(tx: Tx) -> Any:
            return await resources.update(tx, shop.ids[name], {"description": f"edit {n}"}, NOW)

        return act

    acts = [act for n in range(16) for act in (book(n), edit("mo", n), edit("lena", n), edit("fair", n))]
    outcomes = everyone(settings, database_url, shop, clock, acts)
    assert [repr(o) for o in outcomes if isinstance(o, BaseException)] == []


def test_lapsed_holds_confirmed_while_the_same_person_books(
    database_url: str, settings: Settings, clock: Clock, tokens: Tokens
) -> None:
    windows = opening("mo@shop.example")
    strict = rules(windows, max_per_day_per_host=100, max_per_day_per_booker=100, pooling="any")
    shop = found_shop(
        database_url, settings, clock,
        {"mo": Draft("person", "Mo", email="mo@shop.example"),
         "strict": Draft("other", "Strict", availability_rules=strict)},
    )  # fmt: skip
    ada = BookerDetails("Ada", "ada@example.org")

    async def hold_all() -> list[Any]:
        async with opened(settings, database_url, clock) as database:
            held = []
            for n in range(12):
                async with database.transaction(shop.org_id) as tx:
                    wanted = booking_request(
                        shop.ids["strict"], START + timedelta(minutes=30 * n), person=None
                    )
                    held.append((await bookings.hold(tx, wanted, tokens=tokens, now=NOW)).id)
            return held

    held = asyncio.run(hold_all())
    later = NOW + timedelta(minutes=11)
    confirms: list[Callable[[Tx], Awaitable[Any]]] = [
        lambda tx, id_=id_: bookings.confirm_hold(tx, id_, ada, policy=BY_BOOKER, now=later)
        for id_ in held  # type: ignore[misc]
    ]
    news: list[Callable[[Tx], Awaitable[Any]]] = [
        lambda tx, n=n: bookings.book(  # type: ignore[misc]
            tx,
            booking_request(shop.ids["strict"], START + timedelta(minutes=30 * n), person=ada),
            tokens=tokens,
            now=later,
        )
        for n in range(12)
    ]
    acts = [act for pair in zip(confirms, news, strict=True) for act in pair]
    outcomes = everyone(settings, database_url, shop, clock, acts)
    lost = [o for o in outcomes if isinstance(o, BaseException)]
    assert all(isinstance(o, SlotTaken) for o in lost), lost
    assert len(outcomes) - len(lost) == 12


def test_moving_or_renaming_does_not_get_round_a_bookers_limit(
    run: Callable[..., Any], database_url: str, settings: Settings, clock: Clock, tokens: Tokens
) -> None:

    one = rules(opening(), max_per_day_per_booker=1)
    shop = found_shop(
        database_url, settings, clock, {"one": Draft("space", "One a day", availability_rules=one)}
    )
    ada, eve = BookerDetails("Ada", "ada@example.org"), BookerDetails("Eve", "eve@example.org")

    async def scenario(database: Database) -> None:
        made = []
        for day, person in ((0, ada), (1, ada), (0, eve)):
            async with database.transaction(shop.org_id) as tx:
                wanted = booking_request(
                    shop.ids["one"], START + timedelta(days=day, hours=len(made)), person=person
                )
                made.append(await bookings.book(tx, wanted, tokens=tokens, now=NOW))
        with pytest.raises(BookerLimit):
            async with database.transaction(shop.org_id) as tx:
                to = START + timedelta(hours=5)
                await bookings.reschedule(
                    tx, made[1].id, to, to + timedelta(minutes=30), policy=BY_BOOKER, now=NOW
                )
        with pytest.raises(BookerLimit):
            async with database.transaction(shop.org_id) as tx:
                await bookings.update_booker(tx, made[2].id, ada, policy=BY_BOOKER, now=NOW)
        async with database.transaction(shop.org_id) as tx:
            to = START + timedelta(hours=5)
            moved = await bookings.reschedule(
                tx, made[1].id, to, to + timedelta(minutes=30), policy=STAFF, now=NOW
            )
        assert moved.starts_at == to, "the staff may"

    run(scenario)
    assert issubclass(BookerLimit, Conflict)
