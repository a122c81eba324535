"""A person books, moves and cancels, on a telephone and at a desk, with scripts and without."""

import re
from typing import Any

import pytest

from tests import loopback
from tests.browser.conftest import LOOKS, Visitor, slug_of
from tests.factories import Shop
from tests.serving import Clock

pytestmark = pytest.mark.browser


def choose_time(visitor: Visitor, text: str) -> None:
    visitor.page.locator("#slots .time", has_text=re.compile(rf"^\s*{re.escape(text)}\s*$")).click()


def book(visitor: Visitor, shop: Shop, day: str = "2026-11-01", at: str = "12:30\u00a0PM") -> str:
    """Book the remote visit; the token."""
    page = visitor.page
    visitor.goto(f"/{shop.slug}/book/remote-studio-visit?date={day}")
    choose_time(visitor, at)
    page.locator("#go").click()
    page.wait_for_url("**/bookings/details/**")
    page.fill("#name", "Ada Lovelace")
    page.fill("#email", "ada@example.org")
    page.fill("#goal", "Portfolio feedback")
    page.locator("#go").click()
    page.wait_for_url("**/bookings/confirmation/**")
    return page.url.rsplit("/", 1)[1]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "noscript"])
def test_book_reschedule_and_cancel_on_a_telephone_in_the_week_the_clocks_change(
    visit: Any, miami: Shop, scripts: bool
) -> None:
    with visit(390, scripts=scripts) as visitor:
        page = visitor.page
        visitor.goto(f"/{miami.slug}/book")
        page.get_by_role("link", name="Remote Studio Visit").click()
        page.get_by_role("heading", name="Remote Studio Visit").wait_for()
        visitor.picture("scenario-picker")
        token = book(visitor, miami, "2026-11-01")
        assert page.get_by_text("You are booked").is_visible()
        assert page.get_by_text("Sunday, November 1, 2026").is_visible()
        assert page.get_by_text("12:30\u00a0PM–1:00\u00a0PM (New York)").is_visible()
        visitor.picture("scenario-confirmation")

        page.get_by_role("link", name="Choose another time").click()
        assert page.locator("s").first.text_content() == "Sunday, November 1, 2026, 12:30\u00a0PM"
        page.locator("[data-date='2026-10-31']").count()
        visitor.goto(f"/bookings/reschedule/{token}?date=2026-10-31")
        choose_time(visitor, "12:30\u00a0PM")
        visitor.picture("scenario-reschedule")
        page.locator("#go").click()
        page.get_by_text("Your booking was moved").wait_for()
        assert page.get_by_text("Saturday, October 31, 2026").is_visible()

        page.get_by_role("link", name="Cancel the booking").click()
        visitor.picture("scenario-cancel")
        page.get_by_role("button", name="Yes, cancel it").click()
        page.get_by_role("heading", name="This booking is cancelled").wait_for()
        visitor.picture("scenario-cancelled")
    answer = loopback.get(f"{visitor.base}/api/bookings/{token}").json()
    assert answer["status"] == "cancelled"
    assert answer["start_time"] == "2026-10-31T16:30:00Z", "half past noon before the change is 16:30 UTC"


def test_half_past_noon_after_the_change_is_another_instant(visit: Any, miami: Shop) -> None:
    with visit(390) as visitor:
        token = book(visitor, miami, "2026-11-01")
    assert loopback.get(f"{visitor.base}/api/bookings/{token}").json()["start_time"] == "2026-11-01T17:30:00Z"


def test_a_visitor_in_london_sees_london_times_of_a_remote_visit(visit: Any, miami: Shop) -> None:
    with visit(1280, locale="en-GB", zone="Europe/London") as visitor:
        page = visitor.page
        visitor.goto(f"/{miami.slug}/book/remote-studio-visit?date=2026-11-01")  # learns the device's zone
        visitor.goto(f"/{miami.slug}/book/remote-studio-visit?date=2026-11-01")
        assert page.get_by_text("Times in London").is_visible()
        choose_time(visitor, "5:00\u00a0PM")
        page.locator("#go").click()
        page.wait_for_url("**/bookings/details/**")
        assert page.get_by_text("There it is 12:00\u00a0PM, New York").is_visible()


def test_the_zone_that_was_chosen_stays_to_the_end(visit: Any, miami: Shop) -> None:
    with visit(390) as visitor:
        page = visitor.page
        visitor.goto(f"/{miami.slug}/book/remote-studio-visit?date=2026-11-03&tz=America/Los_Angeles")
        choose_time(visitor, "9:00\u00a0AM")
        page.locator("#go").click()
        page.wait_for_url("**/bookings/details/**")
        assert page.get_by_text("9:00\u00a0AM–9:30\u00a0AM").is_visible()
        page.fill("#name", "Ada")
        page.fill("#email", "ada@example.org")
        page.locator("#go").click()
        page.get_by_text("You are booked").wait_for()
        assert page.get_by_text("9:00\u00a0AM–9:30\u00a0AM (Los Angeles)").is_visible()


def test_changing_the_day_moves_nothing_but_the_picker_and_keeps_the_focus(visit: Any, miami: Shop) -> None:
    with visit(1280) as visitor:
        page = visitor.page
        visitor.goto(f"/{miami.slug}/book/print-room?date=2026-11-02")
        page.evaluate("window.same = true")
        page.locator("#d2026-11-02").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Tuesday, November 3").wait_for()
        assert page.evaluate("window.same"), "the page was not loaded anew"
        assert "date=2026-11-03" in page.url
        visitor.soon("document.activeElement.id === 'd2026-11-03'")
        page.keyboard.press("PageDown")
        page.get_by_role("heading", name="December 2026").wait_for()
        visitor.soon("document.activeElement.closest('i24-month')")
        page.go_back()
        page.get_by_role("heading", name="Tuesday, November 3").wait_for()


def test_the_month_is_one_stop_for_tab(visit: Any, miami: Shop) -> None:
    with visit(1280) as visitor:
        visitor.goto(f"/{miami.slug}/book/print-room?date=2026-11-10")
        visitor.soon("document.querySelectorAll('i24-month a[data-date][tabindex=\"0\"]').length == 1")
        stops = visitor.page.locator("i24-month a[data-date][tabindex='0']")
        assert stops.get_attribute("data-date") == "2026-11-10"


def test_a_time_that_someone_else_takes_disappears_and_the_choice_stays(visit: Any, miami: Shop) -> None:
    with visit(1280) as visitor:
        page = visitor.page
        visitor.goto(f"/{miami.slug}/book/print-room?date=2026-11-03")
        choose_time(visitor, "10:00\u00a0AM")
        _take(visitor, miami, "2026-11-03T16:00:00Z", "2026-11-03T16:30:00Z")  # 11:00 in Miami
        visitor.soon(
            "![...document.querySelectorAll('#slots .time')].some(t => t.textContent.trim().startsWith('11:00'))"
        )
        assert page.locator("#slots input:checked").get_attribute("value") == "2026-11-03T15:00:00Z"
        assert page.locator("#chosen").text_content() == "Tue, Nov 3, 10:00\u00a0AM"
        _take(visitor, miami, "2026-11-03T15:00:00Z", "2026-11-03T15:30:00Z")
        visitor.soon("document.querySelector('#chosen').textContent.includes('just taken')")
        assert page.locator("#slots input:checked").count() == 0


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "noscript"])
def test_a_conflict_keeps_what_was_typed_and_offers_the_nearest_times(
    visit: Any, miami: Shop, clock: Clock, scripts: bool
) -> None:
    with visit(390, scripts=scripts) as visitor:
        page = visitor.page
        visitor.goto(f"/{miami.slug}/book/print-room?date=2026-11-03")
        choose_time(visitor, "10:00\u00a0AM")
        page.locator("#go").click()
        page.wait_for_url("**/bookings/details/**")
        page.fill("#name", "Ada Lovelace")
        page.fill("#email", "ada@example.org")
        page.fill("#goal", "A long text that must not be lost")
        clock.forward(minutes=15)  # the hold lapses …
        _take(visitor, miami, "2026-11-03T15:00:00Z", "2026-11-03T15:30:00Z")  # … and someone is faster
        page.locator("#go").click()
        page.get_by_text("Someone else just took that time. Choose another.").wait_for()
        visitor.picture("conflict-details")
        assert page.input_value("#goal") == "A long text that must not be lost"
        assert page.locator(".alert input[type=radio]").count() == 3
        page.locator("#go").click()
        page.get_by_text("You are booked").wait_for()
        assert page.get_by_text("A long text that must not be lost").is_visible()


def test_a_conflict_at_the_picker_offers_the_nearest_times(visit: Any, miami: Shop) -> None:
    with visit(390, scripts=False) as visitor:
        page = visitor.page
        visitor.goto(f"/{miami.slug}/book/print-room?date=2026-11-03")
        choose_time(visitor, "10:00\u00a0AM")
        _take(visitor, miami, "2026-11-03T15:00:00Z", "2026-11-03T15:30:00Z")
        page.locator("#go").click()
        page.get_by_text("Someone else just took that time. Choose another.").wait_for()
        visitor.picture("conflict-picker")
        page.locator(".alert .btn.primary").click()
        page.wait_for_url("**/bookings/details/**")


def test_one_who_goes_back_finds_the_time_they_hold_still_free_to_them(visit: Any, miami: Shop) -> None:
    with visit(390) as visitor, visit(390) as other:
        page = visitor.page
        where = f"/{miami.slug}/book/print-room?date=2026-11-03"
        visitor.goto(where)
        choose_time(visitor, "10:00\u00a0AM")
        page.locator("#go").click()
        page.wait_for_url("**/bookings/details/**")
        visitor.goto(where)
        assert page.locator("#slots .time", has_text="10:00").count() == 1
        other.goto(where)
        assert other.page.locator("#slots .time", has_text="10:00").count() == 0
        choose_time(visitor, "11:00\u00a0AM")
        page.locator("#go").click()
        page.wait_for_url("**/bookings/details/**")
        other.goto(where)
        assert other.page.locator("#slots .time", has_text="10:00").count() == 1, "the first was let go"


def test_pressing_twice_books_once(visit: Any, miami: Shop) -> None:
    with visit(390) as visitor:
        page = visitor.page
        visitor.goto(f"/{miami.slug}/book/print-room?date=2026-11-03")
        choose_time(visitor, "10:00\u00a0AM")
        page.locator("#go").click()
        page.wait_for_url("**/bookings/details/**")
        page.fill("#name", "Ada")
        page.fill("#email", "ada@example.org")
        page.locator("#go").dblclick()
        page.get_by_text("You are booked").wait_for()
    found = loopback.get(f"{visitor.base}/api/bookings", headers=miami.auth).json()["bookings"]
    assert len(found) == 1


def test_errors_are_summed_up_linked_and_nothing_is_lost(visit: Any, miami: Shop) -> None:
    with visit(390) as visitor:
        page = visitor.page
        visitor.goto(f"/{miami.slug}/book/print-room?date=2026-11-03")
        choose_time(visitor, "10:00\u00a0AM")
        page.locator("#go").click()
        page.wait_for_url("**/bookings/details/**")
        page.fill("#email", "not an address")
        page.fill("#goal", "kept")
        page.locator("#go").click()
        page.get_by_text("There is a problem").wait_for()
        assert page.title().startswith("Error:")
        visitor.soon("document.activeElement.id === 'notice'")
        assert page.input_value("#goal") == "kept"
        page.get_by_role("link", name="Enter your name").click()
        visitor.soon("document.activeElement.id === 'name'")
        assert page.get_attribute("#name", "aria-describedby") == "name-wrong"


def test_inside_the_notice_the_pages_say_so_and_change_nothing(visit: Any, miami: Shop, clock: Clock) -> None:
    with visit(390) as visitor:
        page = visitor.page
        visitor.goto(f"/{miami.slug}/book/laser-cutter?date=2026-11-05")
        choose_time(visitor, "10:00\u00a0AM")
        page.locator("#go").click()
        page.wait_for_url("**/bookings/details/**")
        page.fill("#name", "Ada")
        page.fill("#email", "ada@example.org")
        page.locator("#go").click()
        page.get_by_text("Your request was sent").wait_for()
        visitor.picture("pending")
        token = page.url.rsplit("/", 1)[1]
        clock.forward(days=4)
        visitor.goto(f"/bookings/cancel/{token}")
        page.get_by_role("heading", name="It is too late to cancel here").wait_for()
        assert page.locator(".btn.danger").count() == 0
        forced = loopback.post(f"{visitor.base}/bookings/cancel/{token}")
        assert forced.status_code == 409
    assert loopback.get(f"{visitor.base}/api/bookings/{token}").json()["status"] == "pending"


def test_a_get_changes_nothing(visit: Any, miami: Shop) -> None:
    """Mail scanners follow links: only a form changes a booking."""
    with visit(390) as visitor:
        token = book(visitor, miami)
        for page in ("cancel", "reschedule", "confirmation", "release"):
            loopback.get(f"{visitor.base}/bookings/{page}/{token}")
    assert loopback.get(f"{visitor.base}/api/bookings/{token}").json()["status"] == "confirmed"


def test_a_form_from_another_site_is_refused(visit: Any, miami: Shop) -> None:
    with visit(390) as visitor:
        token = book(visitor, miami)
    answer = loopback.post(
        f"{visitor.base}/bookings/cancel/{token}", headers={"sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 403


def _paths(shop: Shop, token: str) -> list[str]:
    return [
        "/",
        f"/{shop.slug}/book",
        f"/{shop.slug}/book/print-room?date=2026-11-03",
        f"/{shop.slug}/book/print-room?month=2026-11&lang=es",
        f"/bookings/confirmation/{token}",
        f"/bookings/reschedule/{token}",
        f"/bookings/cancel/{token}",
        "/bookings/confirmation/nothing",
        f"/{shop.slug}/book/nothing",
    ]


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_axe_finds_nothing_and_nothing_spills_over(visit: Any, miami: Shop, width: int, dark: bool) -> None:
    with visit(width, dark=dark) as visitor:
        token = book(visitor, miami)
        for path in _paths(miami, token):
            visitor.goto(path)
            visitor.page.wait_for_timeout(50)
            visitor.picture(slug_of(path.replace(miami.slug, "org").replace(token, "token")))
            assert visitor.accessible() == [], path
            assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        visitor.goto(f"/{miami.slug}/book/print-room?date=2026-11-04&lang=en")
        visitor.page.locator("#slots .time").first.click()
        visitor.page.locator("#go").click()
        visitor.page.wait_for_url("**/bookings/details/**")
        assert visitor.accessible() == []
        visitor.picture("details")
        visitor.page.locator("#go").click()
        visitor.page.get_by_text("There is a problem").wait_for(timeout=5000)
        visitor.picture("details-422")
        assert visitor.accessible() == []


def test_at_320_pixels_nothing_spills_over(visit: Any, miami: Shop) -> None:
    with visit(320) as visitor:
        token = book(visitor, miami)
        for path in _paths(miami, token):
            visitor.goto(path)
            assert visitor.page.evaluate("document.documentElement.scrollWidth <= 320"), path


def test_an_empty_month_says_when_the_next_free_day_is(visit: Any, miami: Shop) -> None:
    with visit(390) as visitor:
        where = f"{visitor.base}/api/organizations/{miami.slug}/resources/{miami.ids['room']}"
        rules = loopback.get(where, headers=miami.auth).json()["availability_rules"]
        shut = {**rules, "blackouts": [{"range": ["2026-10-01", "2026-12-02"]}]}
        assert loopback.patch(where, json={"availability_rules": shut}, headers=miami.auth).is_success
        visitor.goto(f"/{miami.slug}/book/print-room?month=2026-11")
        visitor.picture("empty-month")
        visitor.page.get_by_role("link", name="Next free day: Thursday, December 3").click()
        visitor.page.get_by_role("heading", name="Thursday, December 3").wait_for()


def test_the_booking_page_is_small(visit: Any, miami: Shop) -> None:
    """At most 100 KB travel, at most 25 KB of them scripts."""
    with visit(390) as visitor:
        client = visitor.context.new_cdp_session(visitor.page)
        client.send("Network.enable")
        sizes: dict[str, float] = {}
        kinds: dict[str, str] = {}
        client.on("Network.responseReceived", lambda e: kinds.update({e["requestId"]: e["type"]}))
        client.on("Network.loadingFinished", lambda e: sizes.update({e["requestId"]: e["encodedDataLength"]}))
        visitor.goto(f"/{miami.slug}/book/print-room")
        visitor.page.wait_for_load_state("load")
        visitor.page.wait_for_timeout(300)
        scripts = sum(size for id_, size in sizes.items() if kinds.get(id_) == "Script")
        assert 0 < scripts <= 25_000
        assert sum(sizes.values()) <= 100_000


def test_the_pages_speak_spanish(visit: Any, miami: Shop) -> None:
    with visit(390, locale="es-ES") as visitor:
        page = visitor.page
        visitor.goto(f"/{miami.slug}/book/print-room?date=2026-11-03")
        assert page.get_by_role("button", name="Continuar").is_visible()
        assert page.get_by_role("heading", name="martes, 3 de noviembre").is_visible()
        assert page.locator("html").get_attribute("lang") == "es"
        page.get_by_role("link", name="English").click()
        assert page.get_by_role("button", name="Continue").is_visible()
        visitor.goto(f"/{miami.slug}/book")
        assert page.get_by_text("What would you like to book?").is_visible(), "the choice is remembered"


def test_an_address_that_is_half_wrong_still_opens(visit: Any, miami: Shop) -> None:
    with visit(390) as visitor:
        for query in ("date=never", "month=2026-99", "tz=Mars/Olympus", "duration=x", "start=%20", "lang=xx",
                      "date=9999-12-31", "month=0000-01", "tz=%00"):  # fmt: skip
            answer = visitor.page.goto(f"{visitor.base}/{miami.slug}/book/print-room?{query}")
            assert answer.status in (200, 422), query


def _take(visitor: Visitor, shop: Shop, start: str, end: str) -> None:
    answer = loopback.post(
        f"{visitor.base}/api/bookings",
        json={
            "org_id": str(shop.org_id),
            "resource_id": str(shop.ids["room"]),
            "start_time": start,
            "end_time": end,
            "artist_name": "Rival",
            "artist_email": "rival@example.org",
        },
    )
    assert answer.status_code == 201, answer.text
