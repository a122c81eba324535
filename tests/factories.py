"""Organizations and bookings for tests, made by the same operations that everyone uses."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import psycopg

from infra24 import organizations, resources
from infra24.bookings import BY_STAFF, BookerDetails, BookingRequest
from infra24.db import Database
from infra24.resources import Draft
from infra24.settings import Settings
from infra24.worker import Worker
from tests import copying
from tests.scenarios import tell
from tests.serving import NOW, Clock

DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
ADA = BookerDetails("Ada Lovelace", "ada@example.org", "Portfolio feedback")


STAFF = replace(BY_STAFF, decides=True)
"""Staff who may also approve."""


@dataclass(frozen=True, slots=True)
class Shop:
    """An organization to test with: its key, and its resources by name."""

    org_id: UUID
    slug: str
    key: str
    ids: dict[str, UUID]

    @property
    def auth(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"}


def opening(host: str | None = None, start: str = "00:00", end: str = "24:00") -> dict[str, Any]:
    """A window that opens every day."""
    window: dict[str, Any] = {"by": "host" if host else "resource", "days": DAYS, "start": start, "end": end}
    if host:
        window["host"] = host
    return window


def rules(*windows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Rules in UTC, half an hour long."""
    return {"timezone": "UTC", "slot_minutes": 30, "windows": list(windows), **more}


def drafts() -> dict[str, Draft]:
    """One offer of each kind."""
    mo, lena = "mo@shop.example", "lena@shop.example"
    day = {"start": "08:00", "end": "18:00"}
    pool = (opening(mo, **day), opening(lena, **day))
    return {
        "mo": Draft("person", "Mo", email=mo, is_bookable=False),
        "lena": Draft("person", "Lena", email=lena, is_bookable=False),
        "room": Draft("space", "Room", capacity=1, price=1500,
                      availability_rules=rules(opening(), durations=[30, 60, 90])),
        "buffered": Draft("space", "Buffered room", capacity=1,
                          availability_rules=rules(opening(), buffer_before=10, buffer_after=10,
                                                   step_minutes=10)),
        "wheels": Draft("equipment", "Wheels", capacity=3, availability_rules=rules(opening())),
        "visit": Draft("other", "Visit", meeting_url="https://meet.example/{room}",
                       availability_rules=rules(*pool, pooling="any")),
        "fair": Draft("other", "Fair visit", availability_rules=rules(*pool, pooling="round_robin")),
        "both": Draft("other", "Both of us", availability_rules=rules(*pool, pooling="collective")),
        "limited": Draft("other", "Limited", availability_rules=rules(
            opening(mo, **day), max_per_day_per_host=4, pooling="fixed")),
        "asked": Draft("space", "On request", capacity=1, availability_rules=rules(
            opening(), approval=True, cancel_notice_minutes=1440, reschedule_notice_minutes=1440)),
    }  # fmt: skip


def found_shop(
    url: str,
    settings: Settings,
    clock: Clock,
    wanted: dict[str, Draft] | None = None,
    locale: str = "en_GB",
) -> Shop:
    """Found an organization with these resources (one of each kind if none are given)."""
    slug = f"shop-{uuid4().hex[:10]}"
    with psycopg.connect(url, autocommit=True) as owner:
        org_id = organizations.create(owner, slug=slug, name="The Shop", time_zone="UTC", locale=locale)
        key = organizations.issue_key(owner, slug, "tests")
        assert org_id is not None
        assert key is not None
        if wanted is None:
            pattern = _pattern(url)
            copying.copy(owner, pattern.org_id, org_id)
            ids = {name: copying.copied_id(org_id, id_) for name, id_ in pattern.ids.items()}
            return Shop(org_id, slug, key, ids)

    async def furnish(database: Database, _: Worker) -> dict[str, UUID]:
        async with database.transaction(org_id) as tx:
            await organizations.add_location(tx, "Workshop", "1 Mill Lane")
            return {name: (await resources.create(tx, draft, clock())).id for name, draft in wanted.items()}

    return Shop(org_id, slug, key, tell(url, furnish))


@cache
def _pattern(url: str) -> Shop:
    """What shops with one offer of each kind are copies of."""
    return found_shop(url, Settings(), Clock(NOW), drafts())


def booking_request(
    resource_id: UUID, start: datetime, minutes: int = 30, person: BookerDetails | None = ADA
) -> BookingRequest:
    """A request for a time."""
    return BookingRequest(resource_id, start, start + timedelta(minutes=minutes), person)
