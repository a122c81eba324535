"""A member's own bookings in a real browser: coming and past, cancelled and moved, feed, data; no way to the staff's."""

import json
from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar
from playwright.sync_api import expect

from infra24.people import Role
from infra24.settings import Settings
from tests import loopback
from tests.browser.conftest import LOOKS
from tests.browser.print_studio import NOON, PrintStudio, at_work, founded, looked_at
from tests.people import Someone
from tests.serving import Clock

pytestmark = pytest.mark.browser
ADA = "ada@example.org"


@pytest.fixture
def studio(served: tuple[str, Settings], database_url: str, clock: Clock) -> PrintStudio:
    studio = founded(served, database_url, clock)
    at_work(studio)
    clock.at = NOON - timedelta(days=2)
    studio.book("room", "Ada Lovelace", -1, "10:00")
    clock.at = NOON
    return studio


@pytest.fixture
def ada(studio: PrintStudio) -> Someone:
    return studio.sign_in(Role.MEMBER, email=ADA, name="Ada Lovelace")


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_a_members_pages_are_accessible(
    visit: Any, studio: PrintStudio, ada: Someone, width: int, dark: bool
) -> None:
    with visit(width, dark=dark) as visitor:
        ada.enter(visitor.context, visitor.base)
        pages = {"coming": "dashboard/bookings", "past": "dashboard/bookings?past=1"}
        found = {
            name: looked_at(visitor, f"member-{name}", studio.path(path)) for name, path in pages.items()
        }
        assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_a_member_without_bookings_is_shown_what_to_book_in_spanish(visit: Any, studio: PrintStudio) -> None:
    with visit(320, locale="es-ES") as visitor:
        studio.enters(visitor, Role.MEMBER)
        assert looked_at(visitor, "member-empty-es", studio.path("dashboard/bookings")) == []
        assert looked_at(visitor, "member-403-es", studio.path("admin")) == []


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "noscript"])
def test_a_member_moves_and_cancels(visit: Any, studio: PrintStudio, ada: Someone, scripts: bool) -> None:
    with visit(390, scripts=scripts) as visitor:
        ada.enter(visitor.context, visitor.base)
        page = visitor.page
        visitor.goto(studio.path("dashboard/bookings"))
        assert page.locator(".card").count() == 2
        page.get_by_role("link", name="Other time").last.click()
        page.locator("label.time").first.click()
        page.locator("main button.primary").last.click()
        page.wait_for_url("**/bookings/confirmation/**")
        visitor.goto(studio.path("dashboard/bookings"))
        page.locator("a[href*='/bookings/cancel/']").last.click()
        page.wait_for_url("**/bookings/cancel/**")
        page.locator("main form button").last.click()
        visitor.soon("true") if scripts else None
        visitor.goto(studio.path("dashboard/bookings"))
        assert page.locator(".card").count() == 1, "what is cancelled comes no more"
        assert page.locator("a[href*='/bookings/cancel/']").count() == 1
        page.get_by_role("link", name="Past").click()
        expect(page.locator(".card h2")).to_have_count(2)  # what is over, and what was cancelled
        assert page.locator(".card .badge.cancelled").count() == 1


def test_the_feed_is_read_by_calendar_programs_and_renewed(
    visit: Any, studio: PrintStudio, ada: Someone
) -> None:
    with visit(390) as visitor:
        ada.enter(visitor.context, visitor.base)
        page = visitor.page
        visitor.goto(studio.path("dashboard/bookings"))
        address = page.locator("#feed-address").input_value()
        calendar = Calendar.from_ical(loopback.get(address).text)
        titles = [str(event["SUMMARY"]) for event in calendar.walk("VEVENT")]
        assert len(titles) == 3
        assert any("Print room" in title for title in titles)
        page.get_by_role("button", name="Make a new address").click()
        page.get_by_text("The feed has a new address.").wait_for()
        assert page.locator("#feed-address").input_value() != address
        assert loopback.get(address).status_code == 404


def test_a_member_takes_their_data_and_asks_to_be_forgotten(
    visit: Any, studio: PrintStudio, ada: Someone
) -> None:
    with visit(390) as visitor:
        ada.enter(visitor.context, visitor.base)
        page = visitor.page
        visitor.goto(studio.path("dashboard/bookings"))
        with page.expect_download() as download:
            page.get_by_role("link", name="Download all of it").click()
        data = json.loads(download.value.path().read_text())
        assert data["account"]["email"] == ADA
        assert data["membership"]["role"] == "member"
        assert len(data["bookings"]) == 3
        assert "Grace" not in json.dumps(data)
        page.get_by_role("button", name="Ask for it to be deleted").click()
        page.get_by_text("Your request was noted.").wait_for()
        visitor.picture("member-asked")
    with visit(1280) as staff:
        studio.enters(staff, Role.OWNER)
        staff.goto(studio.path("admin"))
        staff.page.get_by_role("link", name="1 person asks for their data").click()
        assert staff.page.locator("#leaving").get_by_text(ADA).is_visible()
        staff.picture("studio-people-leaving")
    with visit(390) as visitor:
        ada.enter(visitor.context, visitor.base)
        visitor.goto(studio.path("dashboard/bookings"))
        visitor.page.get_by_role("button", name="Keep it after all").click()
        ask = visitor.page.get_by_role("button", name="Ask for it to be deleted")
        ask.click()
        visitor.page.get_by_text("Your request was noted.").wait_for()
        with visit(1280) as staff:
            studio.enters(staff, Role.OWNER)
            staff.goto(studio.path("admin/people"))
            staff.page.get_by_role("button", name="It is done").click()
            staff.page.locator("#leaving").wait_for(state="detached")
        visitor.goto(studio.path("dashboard/bookings"))
        ask.wait_for()


def test_a_member_is_told_that_staff_pages_are_not_theirs(
    visit: Any, studio: PrintStudio, ada: Someone
) -> None:
    with visit(390) as visitor:
        ada.enter(visitor.context, visitor.base)
        for path in ("admin", "bookings", "admin/people", "admin/settings", "admin/audit", "admin/calendar"):
            answer = visitor.page.goto(visitor.base + studio.path(path))
            assert answer.status == 403, path
            assert visitor.page.get_by_role("heading", name="This is not for your role").is_visible()
            assert visitor.page.get_by_text("in the role Member").is_visible()
        assert visitor.accessible() == []
        visitor.picture("member-403")
        visitor.page.get_by_role("link", name="My bookings").last.click()
        visitor.page.wait_for_url("**/dashboard/bookings")


def test_the_menu_leads_to_what_is_theirs(visit: Any, studio: PrintStudio, ada: Someone) -> None:
    with visit(390) as visitor:
        ada.enter(visitor.context, visitor.base)
        page = visitor.page
        visitor.goto(studio.path("book"))
        page.locator(".who summary").click()
        assert page.get_by_role("link", name="At work").count() == 0
        assert visitor.accessible() == []
        visitor.picture("member-menu")
        page.locator(f".who a[href='{studio.path('dashboard/bookings')}']").click()
        page.wait_for_url("**/dashboard/bookings")
