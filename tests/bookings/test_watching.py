"""What wakes the pages that show the free times of an offer, and what does not."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from infra24 import bookings, events, people, resources
from infra24.auth.tokens import Tokens
from infra24.bookings import FreeTimes
from infra24.db import Database
from infra24.people import Role
from tests.factories import STAFF, Shop, booking_request
from tests.serving import NOW

AT = NOW + timedelta(days=2)


def test_only_what_can_change_its_free_times_wakes_the_pages_of_an_offer(
    run: Any, shop: Shop, tokens: Tokens
) -> None:
    """Visit takes Mo or Lena, and so does Limited; the room takes neither."""

    async def scenario(database: Database) -> None:
        async with database.transaction(shop.org_id) as tx:
            watched = {
                name: FreeTimes(await resources.offer(tx, shop.ids[name])) for name in ("room", "visit")
            }

        async def woken(act: Callable[[Any], Awaitable[Any]]) -> set[str]:
            async with database.transaction(shop.org_id) as tx:
                before = await events.head(tx)
                await act(tx)
            async with database.transaction(shop.org_id) as tx:
                recorded = await events.after(tx, before)
                return {name for name, one in watched.items() if await one.touched(tx, recorded)}

        async def limited(tx: Any) -> None:
            made = await bookings.book(tx, booking_request(shop.ids["limited"], AT), tokens=tokens, now=NOW)
            kept.append(made.id)

        kept: list[Any] = []
        hold = booking_request(shop.ids["room"], AT, person=None)
        assert await woken(lambda tx: bookings.hold(tx, hold, tokens=tokens, now=NOW)) == {"room"}
        assert await woken(limited) == {"visit"}
        person = bookings.BookerDetails("Ada", "ada@example.org")
        assert not await woken(lambda tx: bookings.update_booker(tx, kept[0], person, policy=STAFF, now=NOW))
        invite = people.memberships.invite
        assert not await woken(
            lambda tx: invite(tx, "new@shop.example", "New", Role.STAFF, by="O", giver=Role.OWNER, now=NOW)
        )
        assert await woken(lambda tx: bookings.cancel(tx, kept[0], policy=STAFF, now=NOW)) == {"visit"}
        wheels, room = shop.ids["wheels"], shop.ids["room"]
        assert not await woken(lambda tx: resources.update(tx, wheels, {"title": "More wheels"}, NOW))
        assert await woken(lambda tx: resources.update(tx, room, {"capacity": 2}, NOW)) == {"room"}

    run(scenario)
