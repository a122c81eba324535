"""The analytics page on a telephone and a desk, light and dark: drawn, read by axe, and used by keyboard."""

import random
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from infra24.people import Role
from infra24.settings import Settings
from tests.browser.conftest import CLOCKS_CHANGE, LOOKS
from tests.factories import Shop, found_shop
from tests.people import Someone, sign_in
from tests.serving import Clock

pytestmark = pytest.mark.browser


@pytest.fixture
def busy(miami: Shop, owner: psycopg.Connection[Any], clock: Clock) -> Shop:
    """Two months of bookings in Miami, more of them at noon and on Saturdays; some cancelled or missed."""
    dice = random.Random(24)
    begin = CLOCKS_CHANGE.replace(hour=13, minute=0) - timedelta(days=62)
    for day in range(66):
        for number in range(dice.randint(1, 4) + 3 * ((begin + timedelta(days=day)).weekday() == 5)):
            at = begin + timedelta(days=day, hours=number + dice.choice((0, 1)))
            book(owner, miami, at, dice, past=at < clock.at)
    return miami


def book(owner: psycopg.Connection[Any], shop: Shop, at: Any, dice: random.Random, *, past: bool) -> None:
    name = dice.choice(("room", "room", "visit", "asked"))
    states = (
        ("completed", "completed", "completed", "no_show", "cancelled") if past else ("confirmed", "pending")
    )
    facts = {
        "org": shop.org_id, "id": uuid4(), "resource": shop.ids[name], "status": dice.choice(states), "at": at,
        "until": at + timedelta(minutes=45), "made": at - timedelta(hours=dice.choice((2, 30, 100, 200, 900))),
        "email": f"p{dice.randrange(40)}@example.org", "host": shop.ids["mo"],
    }  # fmt: skip
    owner.execute(
        "INSERT INTO bookings (org_id, id, resource_id, status, starts_at, ends_at, time_zone, currency, "
        "token_hash, created_at, updated_at, booker_name, booker_email, end_kind, ended_by) VALUES (%(org)s, %(id)s, %(resource)s, "
        "%(status)s, %(at)s, %(until)s, 'America/New_York', 'USD', sha256(%(id)s::text::bytea), %(made)s, "
        "%(made)s, 'Somebody', %(email)s, CASE WHEN %(status)s = 'cancelled' THEN 'cancelled' END, "
        "CASE WHEN %(status)s = 'cancelled' THEN 'booker' END)", facts)  # fmt: skip
    if name == "visit":
        owner.execute("INSERT INTO participants (org_id, booking_id, role, name, email, resource_id) "
                      "VALUES (%(org)s, %(id)s, 'host', 'Mo Rivera', 'mo@miami.example', %(host)s)", facts)  # fmt: skip
    if facts["status"] != "cancelled":
        facts["claimed"] = shop.ids["mo"] if name == "visit" else facts["resource"]
        owner.execute("INSERT INTO claims (org_id, booking_id, resource_id, starts_at, ends_at, booked_at, "
                      "booked_until) VALUES (%(org)s, %(id)s, %(claimed)s, %(at)s, %(until)s + interval '10 min', "
                      "%(at)s, %(until)s) ON CONFLICT DO NOTHING", facts)  # fmt: skip


@pytest.fixture
def staff(served: tuple[str, Settings], database_url: str, busy: Shop, clock: Clock) -> Someone:
    return sign_in(database_url, served[1], clock, busy, Role.STAFF)


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_everyone_can_read_the_page(
    visit: Any, served: tuple[str, Settings], busy: Shop, staff: Someone, width: int, dark: bool
) -> None:
    with visit(width, dark=dark) as visitor:
        staff.enter(visitor.context, served[0])
        visitor.goto(f"/{busy.slug}/admin/analytics")
        assert visitor.page.locator("svg.chart").count() == 8
        assert visitor.page.locator("svg.chart").evaluate_all(
            "charts => charts.every(c => c.querySelector('title').textContent && c.querySelector('desc').textContent)"
        )
        visitor.picture("admin-analytics")
        assert visitor.accessible() == []
        wide = visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, "the page itself never scrolls sideways"
        for summary in visitor.page.locator("main summary").all():
            summary.click()
        visitor.picture("admin-analytics-tables")
        assert visitor.accessible() == []


def test_it_is_used_by_keyboard_and_without_scripts(
    visit: Any, served: tuple[str, Settings], busy: Shop, staff: Someone
) -> None:
    with visit(390, scripts=False) as visitor:
        page = visitor.page
        staff.enter(visitor.context, served[0])
        visitor.goto(f"/{busy.slug}/admin/analytics")
        region = page.get_by_role("region", name="Busiest hours").first
        region.focus()
        before = page.locator("#hours").bounding_box()
        page.keyboard.press("ArrowRight")
        assert before is not None
        page.get_by_role("link", name="7 days").click()
        assert page.url.endswith("range=last-7")
        page.select_option("#type", label="Print room")
        page.get_by_role("button", name="Show").click()
        assert "type=print-room" in page.url
        assert page.locator("#type").input_value() == "print-room"
        assert page.get_by_role("heading", name="By host").count() == 0
        with page.expect_download() as download:
            page.get_by_role("link", name="Download as CSV Bookings by day").click()
        assert download.value.suggested_filename.startswith(f"{busy.slug}-trend-2026-10-")


def test_wrong_dates_are_said_beside_the_field(
    visit: Any, served: tuple[str, Settings], busy: Shop, staff: Someone
) -> None:
    with visit(390) as visitor:
        staff.enter(visitor.context, served[0])
        visitor.goto(f"/{busy.slug}/admin/analytics?start_date=2026-10-10&end_date=2026-10-01")
        assert visitor.page.get_by_role("link", name="Choose a date after the start").is_visible()
        assert visitor.page.locator("#start_date").input_value() == "2026-10-10"
        assert visitor.accessible() == []
        visitor.picture("admin-analytics-422")


def test_nothing_yet_says_what_to_do(
    visit: Any, served: tuple[str, Settings], database_url: str, clock: Clock
) -> None:
    empty = found_shop(database_url, served[1], clock)
    with visit(390) as visitor:
        sign_in(database_url, served[1], clock, empty, Role.OWNER).enter(visitor.context, served[0])
        visitor.goto(f"/{empty.slug}/admin/analytics")
        assert visitor.page.get_by_role("heading", name="No bookings in these dates").is_visible()
        assert visitor.accessible() == []
        visitor.picture("admin-analytics-empty")
