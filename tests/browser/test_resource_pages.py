"""Staff at work on what is offered: hours drawn on a week, impact before a save, closings and what they hit."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from infra24.people import Role
from infra24.resources import Draft
from infra24.settings import Settings
from tests.browser.conftest import Visitor, slug_of
from tests.factories import DAYS, Shop, found_shop
from tests.people import sign_in
from tests.serving import Clock

pytestmark = pytest.mark.browser
SIZES = [(390, False), (390, True), (1280, False), (1280, True)]
MO, LENA = "mo@atelier.example", "lena@atelier.example"


@pytest.fixture
def atelier(served: tuple[str, Settings], database_url: str, clock: Clock, miami: Shop) -> Shop:
    """Two people, rooms and machines, a visit and a lesson, with two bookings to come."""
    week = {"timezone": "America/New_York", "slot_minutes": 60}
    work = {"days": DAYS[:5], "start": "09:00", "end": "17:00"}
    own = {**week, "windows": [{"by": "resource", **work}]}
    wanted = {
        "lena": Draft("person", "Lena Ortiz", email=LENA, tags=["etching", "glass"], availability_rules=own),
        "mo": Draft("person", "Mo Rivera", email=MO, tags=["etching"], availability_rules={
            **own, "overrides": [{"range": ["2026-11-23", "2026-11-25"], "off": True, "reason": "Away",
                                  "colleague": LENA},
                                 {"date": "2026-11-03", "extra": [{"start": "18:00", "end": "21:00"}]}]}),
        "room": Draft("space", "Print room", slug="print-room", capacity=1, price=1500, location="Workshop",
                      tags=["quiet"], description="Two etching presses and daylight.",
                      requirements=["Closed shoes"], availability_rules={
                          **own, "blackouts": [{"date": "2026-11-26", "reason": "Thanksgiving"}]}),
        "wheels": Draft("equipment", "Pottery wheels", slug="wheels", capacity=3, availability_rules=own),
        "visit": Draft("other", "Studio visit", slug="studio-visit", availability_rules={
            **week, "pooling": "round_robin", "max_per_day_per_host": 4, "windows": [
                {"by": "host", "host": MO, **work}, {"by": "host", "host": LENA, **work, "start": "12:00"}]}),
        "lesson": Draft("other", "Printmaking lesson", slug="lesson", price=9000, prices={"member": 6500},
                        needs=[{"hosts": [MO, {"host": LENA, "priority": 1}], "choose": True},
                               {"resource": "print-room"}, {"resource": "wheels", "units": 2}],
                        questions=[{"id": "technique", "label": "Which technique?", "kind": "choice",
                                    "choices": ["Linocut", "Etching"], "required": True}],
                        availability_rules={"timezone": "America/New_York", "slot_minutes": 120}),
    }  # fmt: skip
    shop = found_shop(database_url, served[1], clock, wanted, locale="en_US")
    for name, day, hour in (("room", 3, 14), ("room", 4, 15), ("visit", 5, 15)):
        start = datetime(2026, 11, day, hour, tzinfo=UTC)
        sent = {"resource_id": str(shop.ids[name]), "start_time": start.isoformat(),
                "end_time": start.replace(hour=hour + 1).isoformat(), "artist_name": f"Guest of the {day}th",
                "artist_email": f"guest{day}@example.org"}  # fmt: skip
        made = httpx.post(f"{served[0]}/api/bookings", json={"org_id": str(shop.org_id), **sent})
        assert made.status_code == 201, made.text
    return shop


@pytest.fixture
def work(visit: Any, served: tuple[str, Settings], database_url: str, clock: Clock, atelier: Shop) -> Any:
    """Opens the browser of an administrator of the atelier."""
    from contextlib import contextmanager

    @contextmanager
    def go(*args: Any, **more: Any) -> Iterator[Visitor]:
        someone = sign_in(database_url, served[1], clock, atelier, Role.ADMIN, name="Ana Admin")
        with visit(*args, **more) as visitor:
            someone.enter(visitor.context, served[0])
            yield visitor

    return go


PAGES = [
    "resources", "resources/new", "resources/new?type=space", "resources/print-room", "resources/print-room/rules",
    "resources/print-room/rules?view=json", "resources/mo-rivera/rules?week=2026-11-23", "resources/studio-visit/rules",
    "resources/print-room/archive", "types", "types/lesson", "blackouts", "locations",
]  # fmt: skip


@pytest.mark.parametrize(("width", "dark"), SIZES)
def test_every_page_is_accessible_and_fits(work: Any, atelier: Shop, width: int, dark: bool) -> None:
    with work(width, dark=dark) as staff:
        for path in PAGES:
            staff.goto(f"/{atelier.slug}/admin/{path}")
            staff.picture(slug_of(f"admin-{path}"))
            assert staff.accessible() == [], path
            assert staff.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
