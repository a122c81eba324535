"""A visitor who closed the tab has everything in a message: read on a telephone, changed by its links."""

from datetime import UTC, datetime
from typing import Any

import pytest

from infra24 import bookings
from infra24.bookings import BY_STAFF
from infra24.settings import Settings
from tests.browser.conftest import LOOKS
from tests.browser.test_booking_pages import book, choose_time
from tests.factories import Shop
from tests.scenarios import tell
from tests.serving import Clock

pytestmark = pytest.mark.browser


@pytest.fixture
def deliver(served: tuple[str, Settings], database_url: str, clock: Clock, empty_queue: None) -> Any:
    """Has the worker do what is due; what earlier tests left waiting in this database is passed over."""
    base, settings = served
    ours = settings.model_copy(update={"public_url": base})

    async def work(_: Any, worker: Any) -> None:
        await worker.run_until_idle()

    return lambda: tell(database_url, work, ours, clock)


def test_a_visitor_reads_the_message_and_moves_by_its_link(visit: Any, miami: Shop, deliver: Any) -> None:
    with visit(390) as visitor:
        page = visitor.page
        token = book(visitor, miami, "2026-11-01")
        page.get_by_text("We’ve e-mailed ada@example.org the details").wait_for()
        deliver()
        visitor.goto("/inbox?to=ada@example.org")
        visitor.picture("inbox")
        page.get_by_role("link", name="Booked: Remote Studio Visit").first.click()
        message = page.frame_locator("iframe.message")
        message.get_by_text("You’re booked, Ada Lovelace").wait_for()
        visitor.picture("inbox-message")
        message.get_by_role("link", name="Choose another time").click()
        page.wait_for_url(f"**/bookings/reschedule/{token}")
        visitor.goto(f"/bookings/reschedule/{token}?date=2026-10-31")
        choose_time(visitor, "12:30\u00a0PM")
        page.locator("#go").click()
        page.get_by_text("Your booking was moved").wait_for()
        deliver()
        visitor.goto("/inbox?to=ada@example.org")
        page.get_by_role("link", name="New time: Remote Studio Visit").first.click()
        page.frame_locator("iframe.message").get_by_text("Your booking has a new time").wait_for()


def test_who_is_moved_by_staff_reads_by_whom_and_from_when(
    visit: Any, miami: Shop, deliver: Any, database_url: str, clock: Clock
) -> None:
    with visit(1280) as visitor:
        page = visitor.page
        token = book(visitor, miami, "2026-11-01")

        async def move(database: Any, _: Any) -> None:
            async with database.transaction(miami.org_id) as tx:
                listed = await bookings.page(tx, bookings.Filters(booker_email="ada@example.org"))
                booked = listed[0]
                start = booked.starts_at + booked.length
                await bookings.reschedule(tx, booked.id, start, start + booked.length, BY_STAFF, now=clock())

        tell(database_url, move, clock=clock)
        deliver()
        visitor.goto("/inbox?to=ada@example.org")
        page.get_by_role("link", name="New time: Remote Studio Visit").first.click()
        message = page.frame_locator("iframe.message")
        message.get_by_text("moved your booking").wait_for()
        message.get_by_text("Sun, Nov 1, 12:30\u00a0PM").wait_for()
        message.get_by_role("link", name="Open your booking").click()
        page.wait_for_url(f"**/bookings/confirmation/{token}")
        page.get_by_text("1:00\u00a0PM–1:30\u00a0PM (New York)").wait_for()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "noscript"])
def test_who_asks_for_texts_gets_them_and_one_click_ends_reminders(
    visit: Any, miami: Shop, deliver: Any, clock: Clock, scripts: bool
) -> None:
    usual = clock.at
    with visit(390, scripts=scripts) as visitor:
        page = visitor.page
        visitor.goto(f"/{miami.slug}/book/remote-studio-visit?date=2026-11-03")
        choose_time(visitor, "12:30\u00a0PM")
        page.locator("#go").click()
        page.wait_for_url("**/bookings/details/**")
        page.fill("#name", "Tex Ted")
        page.fill("#email", f"tex-{miami.slug}@example.org")
        page.get_by_label("Text me about this booking").check()
        page.fill("#phone", "12345")
        page.locator("#go").click()
        page.get_by_role("link", name="Enter a mobile number with its country code").wait_for()
        visitor.picture("texts-wrong")
        page.fill("#phone", "(305) 555-0177")
        page.locator("#go").click()
        page.wait_for_url("**/bookings/confirmation/**")
        try:
            deliver()
            visitor.goto("/inbox?to=13055550177")
            page.locator(".messages a").first.click()
            page.get_by_text("Reply STOP to get no more texts.").wait_for()
            visitor.picture("inbox-text")
            assert visitor.accessible() == [] if scripts else True
            clock.at = datetime(2026, 11, 2, 18, tzinfo=UTC)
            deliver()
        finally:
            clock.at = usual
        visitor.goto(f"/inbox?to=tex-{miami.slug}")
        page.get_by_role("link", name="Reminder: Remote Studio Visit").first.click()
        page.frame_locator("iframe.message").get_by_role("link", name="Unsubscribe").click()
        page.get_by_role("button", name="Unsubscribe").click()
        page.get_by_role("heading", name="Unsubscribed").wait_for()
        visitor.picture("unsubscribed")
        page.get_by_role("button", name="Undo").click()
        page.get_by_role("button", name="Unsubscribe").wait_for()


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_the_inbox_can_be_read_by_everyone(
    visit: Any, miami: Shop, deliver: Any, width: int, dark: bool
) -> None:
    with visit(width, dark=dark) as visitor:
        page = visitor.page
        visitor.goto("/inbox?to=nobody@example.org")
        assert (
            page.get_by_text("Nothing was sent to nobody@example.org.").is_visible()
            or page.get_by_text("No messages yet.").is_visible()
        )
        assert visitor.accessible() == []
        book(visitor, miami, "2026-11-02")
        deliver()
        visitor.goto("/inbox")
        assert visitor.accessible() == []
        page.locator(".messages a").first.click()
        assert visitor.accessible() == []
        page.get_by_role("link", name="As text").click()
        assert visitor.accessible() == []
