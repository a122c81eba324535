"""A law changes a zone's clocks after people agreed on a time: the bookings it shifts are listed, and no others."""

import struct
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from infra24 import bookings
from infra24.auth.tokens import Tokens
from infra24.db import Database
from infra24.resources import Draft
from infra24.settings import Settings
from tests import loopback
from tests.factories import STAFF, Shop, booking_request, found_shop, opening, rules
from tests.serving import Clock, serving

CHANGED, KEPT = "America/New_York", "America/Chicago"
WINTER = datetime(2026, 12, 14, 15, 0, tzinfo=UTC)
SUMMER = datetime(2027, 4, 12, 14, 0, tzinfo=UTC)
HALF = timedelta(minutes=30)


def without_summer_time() -> bytes:
    """New York's zone (RFC 8536) as a law of 2027 would leave it: the clocks change no more."""
    changes = []
    for year in range(2007, 2027):
        spring = datetime(year, 3, 8, 7, tzinfo=UTC)  # the second Sunday of March, the first of November
        autumn = datetime(year, 11, 1, 6, tzinfo=UTC)
        changes += [(at + timedelta(days=6 - at.weekday()), n) for at, n in ((spring, 1), (autumn, 0))]
    instants = struct.pack(f">{len(changes)}q", *(int(at.timestamp()) for at, _ in changes))
    numbers = bytes(number for _, number in changes)
    types = struct.pack(">lbb", -18_000, 0, 0) + struct.pack(">lbb", -14_400, 1, 4)
    head = b"TZif2" + bytes(15)
    empty = head + struct.pack(">6L", 0, 0, 0, 0, 1, 4) + types[:6] + b"EST\0"
    full = head + struct.pack(">6L", 0, 0, 0, len(changes), 2, 8) + instants + numbers + types + b"EST\0EDT\0"
    return empty + full + b"\nEST5\n"


@pytest.fixture
def law(tmp_path: Path) -> Iterator[Any]:
    """Call it, and the law is in force; afterwards the zones are as they were."""
    folder = tmp_path / "zones"
    (folder / CHANGED).parent.mkdir(parents=True)
    (folder / CHANGED).write_bytes(without_summer_time())
    before = zoneinfo.TZPATH

    def pass_it() -> None:
        zoneinfo.reset_tzpath(to=[str(folder)])
        ZoneInfo.clear_cache(only_keys=[CHANGED])

    yield pass_it
    zoneinfo.reset_tzpath(to=before)
    ZoneInfo.clear_cache(only_keys=[CHANGED])
    assert SUMMER.astimezone(ZoneInfo(CHANGED)).hour == 10


def room(zone: str) -> Draft:
    return Draft("space", f"Room in {zone.rpartition('/')[2].replace('_', ' ')}", capacity=1,
                 availability_rules=rules(opening(), timezone=zone, horizon_days=730))  # fmt: skip


@pytest.fixture
def shop(database_url: str, settings: Settings, clock: Clock) -> Shop:
    return found_shop(database_url, settings, clock, {"here": room(CHANGED), "there": room(KEPT)})


def test_the_changed_zone_is_read_as_the_law_says(law: Any) -> None:
    """The control: winter and the past stay, summer loses its hour."""
    assert SUMMER.astimezone(ZoneInfo(CHANGED)).hour == 10
    law()
    assert SUMMER.astimezone(ZoneInfo(CHANGED)).hour == 9
    assert WINTER.astimezone(ZoneInfo(CHANGED)).hour == 10
    assert datetime(2025, 7, 1, 14, tzinfo=UTC).astimezone(ZoneInfo(CHANGED)).hour == 10
    assert SUMMER.astimezone(ZoneInfo(KEPT)).hour == 9


def test_exactly_the_bookings_that_the_law_shifts_are_listed_with_both_readings(
    run: Any, shop: Shop, tokens: Tokens, clock: Clock, law: Any
) -> None:
    async def book(database: Database) -> dict[str, Any]:
        made = {}
        for name, resource, at in (
            ("winter", "here", WINTER),
            ("summer", "here", SUMMER),
            ("cancelled", "here", SUMMER + HALF),
            ("elsewhere", "there", SUMMER),
            ("later", "here", SUMMER + timedelta(days=60)),
            ("moved", "here", WINTER + 2 * HALF),
        ):
            async with database.transaction(shop.org_id) as tx:
                made[name] = (
                    await bookings.book(
                        tx, booking_request(shop.ids[resource], at), tokens=tokens, now=clock()
                    )
                ).id
        async with database.transaction(shop.org_id) as tx:
            await bookings.cancel(tx, made["cancelled"], policy=STAFF, now=clock())
        async with database.transaction(shop.org_id) as tx:
            start = SUMMER + 4 * HALF
            await bookings.reschedule(tx, made["moved"], start, start + HALF, policy=STAFF, now=clock())
        return made

    async def shifted(database: Database) -> list[bookings.tz_changes.Shifted]:
        async with database.transaction(shop.org_id) as tx:
            return await bookings.shifted_by_law(tx, clock())

    made = run(book)
    assert run(shifted) == [], "no law, no shift"
    law()
    found = {one.booking.id: one for one in run(shifted)}
    assert set(found) == {made["summer"], made["later"], made["moved"]}
    one = found[made["summer"]]
    assert one.agreed.isoformat() == "2027-04-12T10:00:00"
    assert one.shows.isoformat() == "2027-04-12T09:00:00"
    assert one.booking.starts_at == SUMMER
    assert one.instant_of_agreed == SUMMER + 2 * HALF
    clock.at = SUMMER + timedelta(days=1)
    assert {one.booking.id for one in run(shifted)} == {made["later"]}, "what is over is not to be decided"


def test_staff_see_them_and_who_moves_one_settles_it(
    settings: Settings, database_url: str, shop: Shop, clock: Clock, law: Any
) -> None:
    here = f"/api/organizations/{shop.slug}"
    with (
        serving(settings, database_url, clock) as address,
        loopback.Client(base_url=address, timeout=30) as http,
    ):
        series = http.post(f"{here}/series", headers=shop.auth, json={
            "resource_id": str(shop.ids["here"]), "start_time": "2027-03-01T15:00:00Z", "duration": 30,
            "rule": "FREQ=WEEKLY;COUNT=4", "artist_name": "Ada", "artist_email": "ada@example.org"})  # fmt: skip
        assert series.status_code == 201, series.text
        assert http.get(f"{here}/shifted-bookings").status_code == 401
        assert http.get(f"{here}/shifted-bookings", headers=shop.auth).json()["bookings"] == []
        law()
        listed = http.get(f"{here}/shifted-bookings", headers=shop.auth).json()["bookings"]
        assert [one["start_time"] for one in listed] == ["2027-03-15T14:00:00Z", "2027-03-22T14:00:00Z"]
        first = listed[0]
        assert first["agreed_local_time"] == "2027-03-15T10:00:00"
        assert first["shows_now"] == "2027-03-15T09:00:00"
        assert first["start_if_local_time_is_kept"] == "2027-03-15T15:00:00Z"
        kept = http.put(f"/api/bookings/{first['id']}", headers=shop.auth,
                        json={"start_time": first["start_if_local_time_is_kept"]})  # fmt: skip
        assert kept.status_code == 200, kept.text
        left = http.get(f"{here}/shifted-bookings", headers=shop.auth).json()["bookings"]
        assert [one["id"] for one in left] == [listed[1]["id"]]
