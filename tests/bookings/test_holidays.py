"""Whose holidays count, and on whose dates: those of the organization, on the dates of what is booked."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from infra24 import bookings, organizations, resources
from infra24.auth.tokens import Tokens
from infra24.db import Database, Tx
from infra24.organizations.holidays import read_plan
from infra24.resources import Draft
from infra24.settings import Settings
from tests.factories import Shop, booking_request, found_shop, opening
from tests.serving import NOW, Clock

FEAST = date(2026, 12, 1)
ANN, BEN = "ann@shop.example", "ben@shop.example"
ALL_DAY = {"slot_minutes": 60, "windows": [opening()]}


@pytest.fixture
def shop(database_url: str, settings: Settings, clock: Clock) -> Shop:
    """Two people in Sydney, one of whom keeps no holidays, and what is booked with them in New York."""

    def person(name: str, email: str, **own: Any) -> Draft:
        here = {**ALL_DAY, "timezone": "Australia/Sydney", **own}
        return Draft("person", name, email=email, is_bookable=False, availability_rules=here)

    def with_(host: str, **own: Any) -> Draft:
        there = {"slot_minutes": 60, "timezone": "America/New_York", **own}
        return Draft("other", f"With {host} {own}", needs=[{"hosts": [host]}], availability_rules=there)

    return found_shop(database_url, settings, clock, {
        "ann": person("Ann", ANN), "ben": person("Ben", BEN, holidays=False),
        "keeps": with_(ANN), "open": with_(ANN, holidays=False), "keeps too": with_(BEN),
    })  # fmt: skip


async def close(tx: Tx) -> None:
    await resources.holidays_changed(tx)
    await organizations.set_holidays(tx, read_plan([], {FEAST.isoformat(): ("Mill Day", True)}))


async def free(tx: Tx, ids: Mapping[str, Any], name: str) -> list[int]:
    """How many hours are free on the day before, the holiday and the day after, in New York."""
    days = [FEAST + timedelta(days=n) for n in (-1, 0, 1)]
    return [len((await bookings.day_slots(tx, ids[name], on, on, None, NOW))[2]) for on in days]


def test_what_is_booked_decides_whether_and_its_own_dates_when(run: Callable[..., Any], shop: Shop) -> None:
    async def scenario(database: Database) -> dict[str, list[int]]:
        async with database.transaction(shop.org_id) as tx:
            await close(tx)
        async with database.transaction(shop.org_id) as tx:
            return {name: await free(tx, shop.ids, name) for name in ("keeps", "open", "keeps too")}

    assert run(scenario) == {"keeps": [24, 0, 24], "open": [24, 24, 24], "keeps too": [24, 0, 24]}


def test_the_preview_of_a_holiday_lists_what_stands_on_it_and_the_explanation_names_it(
    run: Callable[..., Any], shop: Shop, tokens: Tokens
) -> None:
    """Ten in the evening in New York is the day after in Sydney, where it is no holiday."""
    at = datetime(2026, 12, 2, 3, 0, tzinfo=UTC)

    async def scenario(database: Database) -> tuple[list[Any], list[str]]:
        made = {}
        for name in ("keeps", "open"):
            start = at if name == "keeps" else at - timedelta(hours=2)
            async with database.transaction(shop.org_id) as tx:
                wanted = booking_request(shop.ids[name], start, 60)
                made[(await bookings.book(tx, wanted, tokens=tokens, now=NOW)).id] = name
        async with database.transaction(shop.org_id) as tx:
            hit = await bookings.impact(tx, None, lambda: close(tx), NOW)
        async with database.transaction(shop.org_id) as tx:
            await close(tx)
        async with database.transaction(shop.org_id) as tx:
            _, why = await bookings.explain(tx, shop.ids["keeps"], at + timedelta(hours=1), None, NOW)
        listed = [(made[one.booking.id], [reason.code for reason in one.reasons]) for one in hit]
        return listed, [reason.sentence for reason in why.reasons]

    listed, said = run(scenario)
    assert [name for name, _ in listed] == ["keeps"]
    assert "holiday" in listed[0][1]
    assert "Closed for Mill Day." in said
