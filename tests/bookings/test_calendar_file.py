"""Calendar files as other programs read them, in many zones and around each change of their clocks."""

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import vobject
from babel import Locale
from icalendar import Calendar

from infra24.auth.tokens import Tokens
from infra24.availability.hours import stretches
from infra24.bookings import Booking, book, calendar_feed, calendar_file, calendar_urls
from infra24.db import Database
from infra24.i18n import LocaleFormat
from tests.factories import Shop, booking_request
from tests.serving import NOW

HOUR = timedelta(hours=1)
RULES = ("America/New_York", "Europe/London", "Europe/Dublin", "Australia/Sydney", "Australia/Lord_Howe",
         "Pacific/Chatham", "America/Phoenix", "Asia/Kolkata", "Asia/Beirut", "UTC")  # fmt: skip
NO_RULE = ("Africa/Casablanca", "America/Santiago", "Africa/Cairo", "America/Nuuk", "Asia/Jerusalem")
"""Changed by dates of another calendar, or on the day after the first Saturday and the like."""
YEARS = {"Africa/Casablanca": 2025}
"""Which year is tried, where it is not 2027: Morocco has given up its changes since."""
SERVERS = Path(__file__).parents[1] / "servers"
Times = list[tuple[int, int]]


@pytest.fixture
def booking(run: Callable[..., Any], shop: Shop, tokens: Tokens) -> Booking:
    async def scenario(database: Database) -> Booking:
        async with database.transaction(shop.org_id) as tx:
            return await book(tx, booking_request(shop.ids["room"], NOW + 24 * HOUR), tokens=tokens, now=NOW)

    found: Booking = run(scenario)
    return found


def moments(zone: str) -> Times:
    """Half hours and hours of a year: two a month, and each half hour around each change of the clocks."""
    months = [(month, day) for month in range(1, 13) for day in (1, 15)]
    year = [int(datetime(YEARS.get(zone, 2027), *on, 1, tzinfo=UTC).timestamp()) for on in months]
    pieces = stretches(ZoneInfo(zone), year[0], year[-1])
    near = [since + n * 1_800 for since, *_ in pieces[1:] for n in range(-6, 7)]
    return [(start, start + length) for start in [*year, *near] for length in (1_800, 3_600)]


def feed(booking: Booking, zone: str) -> bytes:
    """One calendar of bookings at all of these moments."""
    listed = [
        (replace(booking, id=UUID(int=n), time_zone=zone, starts_at=datetime.fromtimestamp(start, UTC),
                 ends_at=datetime.fromtimestamp(end, UTC)), "https://shop.example/b")
        for n, (start, end) in enumerate(moments(zone))
    ]  # fmt: skip
    return calendar_feed(listed, "The Shop", "The Shop", NOW)


def by_its_own_definition(file: bytes, zone: str) -> str:
    """The same under a name that no program knows, so that it has to read what the file says of the zone."""
    return file.decode().replace(f"TZID:{zone}", f"TZID:Of {zone}").replace(f"TZID={zone}", f"TZID=Of {zone}")


def by_icalendar(text: str) -> Times:
    events = Calendar.from_ical(text).walk("VEVENT")
    return [(int(e["DTSTART"].dt.timestamp()), int(e["DTEND"].dt.timestamp())) for e in events]


def by_vobject(text: str) -> Times:
    events = vobject.readOne(text).contents["vevent"]
    return [(int(e.dtstart.value.timestamp()), int(e.dtend.value.timestamp())) for e in events]


def by_ical_js(texts: list[str]) -> list[Times]:
    """All of them in one process of Node."""
    node = shutil.which("node") or str(Path(__file__).parents[2] / ".venv/node/node")
    answer = subprocess.run([node, "read_calendars.mjs"], cwd=SERVERS, input=json.dumps(texts), text=True,
                            capture_output=True, check=True)  # fmt: skip
    return [[(start, end) for start, end in times] for times in json.loads(answer.stdout)]


def test_every_program_reads_the_times_that_were_booked_from_the_zones_own_definition(
    booking: Booking,
) -> None:
    zones = RULES + NO_RULE
    texts = [by_its_own_definition(feed(booking, zone), zone) for zone in zones]
    for zone, text, js in zip(zones, texts, by_ical_js(texts), strict=True):
        assert by_icalendar(text) == by_vobject(text) == js == moments(zone), zone


def test_a_zone_is_written_as_one_yearly_rule_each_way_or_not_at_all(booking: Booking) -> None:
    for zone in RULES + NO_RULE:
        parts = Calendar.from_ical(feed(booking, zone)).walk("VTIMEZONE")
        rules = [part.get("RRULE") for found in parts for part in found.subcomponents]
        assert not any("RDATE" in part for found in parts for part in found.subcomponents)
        times = moments(zone)
        changes = len(stretches(ZoneInfo(zone), times[0][0], times[23][0])) > 1
        assert len(rules) == (0 if zone in (*NO_RULE, "UTC") else 2 if changes else 1), zone
        assert all(rules) is (changes or not rules), zone


def test_in_the_repeated_hour_files_links_and_pages_say_which_of_the_two(booking: Booking) -> None:
    """New York, 1 November 2026: from 1:30 in summer time to 1:30 in winter time is an hour."""
    zone = ZoneInfo("America/New_York")
    start = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    twice = replace(booking, time_zone=zone.key, starts_at=start, ends_at=start + HOUR)
    file = calendar_file(twice, "The Shop", "https://shop.example/b", NOW).decode()
    assert "DTSTART:20261101T053000Z" in file
    assert "DTEND:20261101T063000Z" in file
    urls = calendar_urls(twice, "The Shop", "https://shop.example/b", "https://shop.example/ics")
    assert "dates=20261101T053000Z/20261101T063000Z" in unquote(urls["google"])
    assert "startdt=2026-11-01T05:30:00Z&enddt=2026-11-01T06:30:00Z" in unquote(urls["outlook"])
    assert "st=20261101T053000Z&et=20261101T063000Z" in unquote(urls["yahoo"])
    assert urls["apple"] == urls["ics"] == "https://shop.example/ics"
    said = LocaleFormat("en", Locale("en", "US"))
    assert [said.time(start + n * HOUR, zone) for n in range(3)] == [
        "1:30\u00a0AM\u00a0EDT", "1:30\u00a0AM\u00a0EST", "2:30\u00a0AM"]  # fmt: skip
