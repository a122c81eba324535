"""The pictures of the staff guide, made of a day at work; and that the guide shows no other."""

import re
from typing import Any

import pytest

from infra24.people import Role
from infra24.settings import Settings
from tests import loopback
from tests.browser.conftest import CHECKOUT
from tests.browser.print_studio import GUIDE, MO, PrintStudio, at_work, founded, guide, settled
from tests.serving import Clock

TEXT = CHECKOUT / "docs/guides/staff.md"
TAKEN = re.compile(r'\bguide\(\s*\w+,\s*"([a-z-]+)"\s*\)')


@pytest.fixture
def studio(served: tuple[str, Settings], database_url: str, clock: Clock) -> PrintStudio:
    """The studio with a link, a series, holidays, a closing, a colleague and a week of bookings."""
    studio = founded(served, database_url, clock)
    at_work(studio)
    api = f"{served[0]}/api/organizations/{studio.shop.slug}"
    with loopback.Client(headers=studio.shop.auth, timeout=30) as staff:
        for slug, title, offer in (
            ("visit-us", "Visit us", "studio-visit"),
            ("press", "The press, for members", "print-room"),
        ):
            link = {"slug": slug, "kind": "team", "title": title, "offers": [offer]}
            staff.post(f"{api}/booking-links", json=link).raise_for_status()
        series = {"resource_id": str(studio.shop.ids["room"]), "start_time": "2026-11-04T19:00:00Z", "duration": 60,
                  "rule": "FREQ=WEEKLY;COUNT=6", "artist_name": "Wednesday class", "artist_email": "class@example.org"}  # fmt: skip
        staff.post(f"{api}/series", json=series).raise_for_status()
        days = {"countries": ["US-FL"], "days": [{"date": "2026-12-28", "name": "Inventory"}]}
        staff.put(f"{api}/holidays", json=days).raise_for_status()
    studio.sign_in(Role.HOST, email=MO, name="Mo Rivera")
    studio.sign_in(Role.STAFF, name="Kim Park")
    settled(studio)
    return studio


@pytest.mark.browser
def test_the_guide_shows_a_day_at_work(visit: Any, studio: PrintStudio) -> None:
    with visit(1280) as visitor:
        studio.enters(visitor, Role.OWNER)
        page = visitor.page
        visitor.goto(studio.path("admin"))
        guide(visitor, "home")
        visitor.goto(studio.path("bookings?view=week"))
        page.get_by_label("Theo Brandt").check()
        page.get_by_label("Grace Hopper").check()
        page.locator("h1").scroll_into_view_if_needed()
        guide(visitor, "bookings")
        page.get_by_role("button", name="Cancel").click()
        page.get_by_label("Reason").fill("The presses are being serviced.")
        guide(visitor, "bookings-cancel")
        visitor.goto(studio.path("bookings?view=waiting"))
        page.get_by_role("link", name="Kenji Watanabe").click()
        page.get_by_role("heading", name="It waits for your decision").wait_for()
        guide(visitor, "booking-waiting")
        visitor.goto(studio.path("admin/calendar?date=2026-10-27"))
        page.get_by_text("Grace Hopper").first.wait_for()
        guide(visitor, "calendar")


@pytest.mark.browser
def test_the_guide_shows_what_is_offered_and_the_house(visit: Any, studio: PrintStudio) -> None:
    with visit(1280) as visitor:
        studio.enters(visitor, Role.OWNER)
        page = visitor.page
        visitor.goto(studio.path("admin/resources"))
        guide(visitor, "resources")
        visitor.goto(studio.path("admin/resources/print-room/rules"))
        page.locator(".week-block").first.wait_for()
        guide(visitor, "rules")
        visitor.goto(studio.path("admin/links"))
        guide(visitor, "links")
        visitor.goto(studio.path("admin/series"))
        page.locator("main h2 a").first.click()
        page.locator("h1").wait_for()
        guide(visitor, "series")
        visitor.goto(studio.path("admin/holidays"))
        guide(visitor, "holidays")
        visitor.goto(studio.path("admin/explain?offer=print-room&on=2026-10-28&at=09:30&length=60&how=time"))
        guide(visitor, "explain")
        visitor.goto(studio.path("admin/fairness/studio-visit"))
        guide(visitor, "whose-turn")
        visitor.goto(studio.path("admin/people"))
        guide(visitor, "people")
        visitor.goto(studio.path("admin/keys"))
        guide(visitor, "keys")
        visitor.goto(studio.path("admin/audit?subject=booking"))
        page.locator(".trail summary").first.click()
        guide(visitor, "audit")
        visitor.goto(studio.path("admin/analytics"))
        guide(visitor, "analytics")


@pytest.mark.browser
def test_the_guide_shows_a_telephone(visit: Any, studio: PrintStudio) -> None:
    with visit(390) as visitor:
        studio.enters(visitor, Role.STAFF)
        visitor.goto(studio.path("bookings"))
        visitor.page.get_by_label("Ines Duarte").check()
        visitor.page.locator("h2.day").first.scroll_into_view_if_needed()
        guide(visitor, "bookings-phone")


def test_the_guide_shows_only_pictures_that_the_tests_take() -> None:
    taken = {
        name for path in (CHECKOUT / "tests/browser").glob("*.py") for name in TAKEN.findall(path.read_text())
    }
    shown = set(re.findall(r"!\[[^\]]+\]\(pictures/([a-z-]+)\.png\)", TEXT.read_text()))
    assert shown == taken
    kept = {path.stem: path.stat().st_size for path in GUIDE.glob("*.png")}
    assert set(kept) == shown
    assert {name: size for name, size in kept.items() if size > 150_000} == {}
