"""The staff's day in a real browser: home, the list of bookings, one booking; by hand, by key, without scripts."""

from typing import Any

import pytest

from infra24.people import Role
from infra24.settings import Settings
from tests import loopback
from tests.browser.conftest import LOOKS, Visitor
from tests.browser.print_studio import LENA, LONG, PrintStudio, at_work, founded, looked_at
from tests.serving import Clock

pytestmark = pytest.mark.browser
VIEWS = ("today", "week", "upcoming", "waiting", "all")


@pytest.fixture
def studio(served: tuple[str, Settings], database_url: str, clock: Clock) -> PrintStudio:
    return founded(served, database_url, clock)


@pytest.fixture
def ids(studio: PrintStudio) -> dict[str, str]:
    return at_work(studio)


def many(studio: PrintStudio, count: int = 56) -> None:
    """Dozens of bookings of one day."""
    for number in range(count):
        studio.book(
            "bench",
            f"Guest {number:02} of the open day",
            3,
            f"{9 + number % 10:02}:{'00' if number % 20 < 10 else '30'}",
            30,
        )


def wrong_with(visitor: Visitor, studio: PrintStudio, pages: dict[str, str]) -> dict[str, list[str]]:
    found = {name: looked_at(visitor, f"staff-{name}", studio.path(path)) for name, path in pages.items()}
    return {name: wrong for name, wrong in found.items() if wrong}


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_the_pages_of_a_day_are_accessible(
    visit: Any, studio: PrintStudio, ids: dict[str, str], width: int, dark: bool
) -> None:
    pages = {
        "home": "admin",
        **{f"bookings-{view}": f"bookings?view={view}" for view in VIEWS},
        "bookings-none": "bookings?view=all&q=nobody",
        "booking-asked": f"bookings/{ids['asked']}",
        "booking-soon": f"bookings/{ids['soon']}",
        "booking-over": f"bookings/{ids['came']}",
    }
    with visit(width, dark=dark) as visitor:
        studio.enters(visitor)
        assert wrong_with(visitor, studio, pages) == {}


@pytest.mark.parametrize("width", [320, 1280])
def test_an_empty_house_and_a_full_one_fit_in_spanish(visit: Any, studio: PrintStudio, width: int) -> None:
    with visit(width, locale="es-ES") as visitor:
        studio.enters(visitor)
        pages = {
            "home-empty": "admin",
            "bookings-empty": "bookings",
            "waiting-empty": "bookings?view=waiting",
        }
        assert wrong_with(visitor, studio, pages) == {}
        ids = at_work(studio)
        many(studio)
        pages = {
            "home-full": "admin",
            "bookings-full": "bookings?view=week",
            "booking-long": f"bookings/{ids['later']}",
        }
        assert wrong_with(visitor, studio, pages) == {}
        assert visitor.page.locator("html").get_attribute("lang") == "es"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "noscript"])
def test_filters_are_kept_in_the_address(
    visit: Any, studio: PrintStudio, ids: dict[str, str], scripts: bool
) -> None:
    with visit(1280, scripts=scripts) as visitor:
        studio.enters(visitor)
        page = visitor.page
        visitor.goto(studio.path("bookings"))
        assert page.locator("tr[data-booking]").count() == 6
        page.get_by_label("Name, e-mail or reference").fill("lovelace")
        page.get_by_role("button", name="Show").click()
        page.wait_for_url("**q=lovelace**")
        assert page.locator("tr[data-booking]").count() == 1
        page.get_by_role("link", name="All", exact=True).click()
        page.wait_for_url("**view=all**q=lovelace**")
        assert page.locator("tr[data-booking]").count() == 2
        page.select_option("select[name=offer]", label="Studio visit")
        if not scripts:
            page.get_by_role("button", name="Show").click()
        page.wait_for_url("**offer=**")
        assert page.get_by_label("Name, e-mail or reference").input_value() == "lovelace"
        page.go_back()
        page.go_back()
        assert "view=today" in page.url
        assert page.locator("tr[data-booking]").count() == 1
        page.get_by_role("link", name="Without filters").first.click()
        assert page.locator("tr[data-booking]").count() == 6
        with page.expect_download() as download:
            page.get_by_role("link", name="As a table (CSV)").click()
        assert download.value.suggested_filename == f"{studio.shop.slug}-bookings.csv"
        lines = download.value.path().read_text().splitlines()
        assert lines[0].startswith('"reference","status","date","start","end","time_zone"')
        assert len(lines) == 7
        assert LONG in "\n".join(lines)


def test_the_list_is_paged(visit: Any, studio: PrintStudio) -> None:
    many(studio)
    with visit(390) as visitor:
        studio.enters(visitor)
        page = visitor.page
        visitor.goto(studio.path("bookings?view=upcoming"))
        assert page.locator("tr[data-booking]").count() == 50
        first = page.locator("tr[data-booking] a").first.inner_text()
        assert page.get_by_role("status").filter(has_text="56 bookings").count() == 1
        page.get_by_role("link", name="Next page").click()
        page.get_by_role("link", name="First page").wait_for()
        assert page.locator("tr[data-booking]").count() == 6
        visitor.picture("staff-bookings-last-page")
        page.go_back()
        assert page.locator("tr[data-booking] a").first.inner_text() == first


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "noscript"])
def test_many_are_handled_at_once_and_a_refusal_stops_no_other(
    visit: Any, studio: PrintStudio, ids: dict[str, str], scripts: bool
) -> None:
    with visit(1280 if scripts else 390, scripts=scripts) as visitor:
        studio.enters(visitor)
        page = visitor.page
        visitor.goto(studio.path("bookings?view=waiting"))
        for row in ("asked", "asked_too"):
            page.locator(f"input[value='{ids[row]}']").check()
        if scripts:
            assert page.locator("#ticked").inner_text() == "2 ticked"
        visitor.picture("staff-bookings-ticked")
        page.get_by_role("button", name="Confirm").click()
        page.get_by_text("2 bookings were changed.").wait_for()
        assert page.get_by_text("Nothing waits for a decision.").is_visible()

        visitor.goto(studio.path("bookings?view=week"))
        for row in ("soon", "now", "tomorrow"):
            page.locator(f"input[value='{ids[row]}']").check()
        page.get_by_role("button", name="Other host").click()
        page.get_by_role("heading", name="Give these bookings to another host?").wait_for()
        visitor.picture("staff-handle-move")
        page.select_option("#host", label="Lena Ortiz")
        page.get_by_role("button", name="Yes, do it").click()
        said = page.get_by_role("alert")
        said.wait_for()
        assert "2 bookings were changed." in said.inner_text()
        assert "It does not have just one host" in said.inner_text()
        assert "Amara Okafor" in said.inner_text()
        visitor.picture("staff-bookings-outcomes")

        for row in ("soon", "print"):
            page.locator(f"input[value='{ids[row]}']").check()
        page.get_by_role("button", name="Cancel").click()
        page.get_by_label("Reason").fill("The presses are being serviced.")
        assert visitor.accessible() == [] if scripts else True
        page.get_by_role("button", name="Yes, do it").click()
        page.get_by_text("2 bookings were changed.").wait_for()
        visitor.goto(studio.path(f"bookings/{ids['print']}"))
        assert page.get_by_text("The presses are being serviced.").first.is_visible()


def test_nothing_ticked_is_said(visit: Any, studio: PrintStudio, ids: dict[str, str]) -> None:
    with visit(390) as visitor:
        studio.enters(visitor)
        visitor.goto(studio.path("bookings"))
        visitor.page.get_by_role("button", name="Did not come").click()
        assert "Tick the bookings first" in visitor.page.get_by_role("alert").inner_text()
        assert visitor.accessible() == []


def test_everything_goes_by_keys(visit: Any, studio: PrintStudio, ids: dict[str, str]) -> None:
    with visit(1280) as visitor:
        studio.enters(visitor)
        page = visitor.page
        visitor.goto(studio.path("bookings"))
        for key, view in (("5", "all"), ("4", "waiting"), ("2", "week"), ("3", "upcoming"), ("1", "today")):
            page.keyboard.press(key)
            page.wait_for_url(f"**view={view}")
        page.keyboard.press("/")
        visitor.soon("document.activeElement.id === 'search'")
        page.keyboard.type("a1")
        assert page.url.endswith("view=today")
        page.keyboard.press("Escape")
        page.keyboard.press("Tab")
        page.locator("h1").click()
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("k")
        visitor.soon("document.activeElement.innerText === 'Ines Duarte'")
        page.keyboard.press("x")
        assert page.locator("#ticked").inner_text() == "1 ticked"
        page.keyboard.press("c")
        page.get_by_role("heading", name="Cancel these bookings?").wait_for()
        page.get_by_role("link", name="Back").click()
        page.locator("#many").wait_for()
        page.wait_for_load_state()
        page.keyboard.press("4")
        page.wait_for_url("**view=waiting")
        page.keyboard.press("j")
        page.keyboard.press("a")
        page.get_by_text("1 booking was changed.").wait_for()
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/bookings/{ids['asked_too']}")


def test_keys_can_be_turned_off(visit: Any, studio: PrintStudio, ids: dict[str, str]) -> None:
    with visit(1280) as visitor:
        studio.enters(visitor)
        page = visitor.page
        visitor.goto(studio.path("bookings"))
        page.get_by_text("Keys", exact=True).click()
        page.get_by_label("Single letters are keys").uncheck()
        page.locator("h1").click()
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement.closest('tr')") is None
        page.reload()
        page.keyboard.press("5")
        page.wait_for_timeout(200)
        assert "view=all" not in page.url


def test_a_booking_made_elsewhere_appears_and_takes_nothing_away(
    visit: Any, studio: PrintStudio, ids: dict[str, str]
) -> None:
    with visit(1280) as visitor:
        studio.enters(visitor)
        page = visitor.page
        visitor.goto(studio.path("bookings"))
        page.keyboard.press("j")
        studio.book("bench", "Walk In", 0, "17:00")
        page.get_by_role("link", name="Walk In").wait_for(timeout=6_000)
        visitor.soon("document.activeElement.innerText === 'Ines Duarte'")
        page.keyboard.press("x")
        studio.book("bench", "Second Walk In", 0, "18:00")
        page.get_by_text("Something changed meanwhile.").wait_for(timeout=6_000)
        assert page.locator("#many input:checked").count() == 1
        page.keyboard.press("x")
        page.get_by_role("link", name="Second Walk In").wait_for(timeout=6_000)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "noscript"])
def test_one_booking_is_decided_noted_moved_and_handed_over(
    visit: Any, studio: PrintStudio, ids: dict[str, str], scripts: bool
) -> None:
    with visit(1280 if scripts else 390, scripts=scripts) as visitor:
        studio.enters(visitor)
        page = visitor.page
        visitor.goto(studio.path(f"bookings/{ids['asked']}"))
        page.get_by_role("button", name="Approve").click()
        page.get_by_text("Saved.").wait_for()
        assert page.locator(".heading .badge").inner_text() == "Confirmed"
        visitor.goto(studio.path(f"bookings/{ids['asked_too']}"))
        page.get_by_label("Reason, if you decline").fill("The lens is being replaced that day.")
        page.get_by_role("button", name="Decline").click()
        page.get_by_text("Saved.").wait_for()
        assert page.get_by_text("The lens is being replaced that day.").first.is_visible()

        visitor.goto(studio.path(f"bookings/{ids['soon']}"))
        page.get_by_label("Notes of the staff").fill("Brings three prints.")
        page.get_by_role("button", name="Save the notes").click()
        page.get_by_text("Saved.").wait_for()
        assert page.get_by_label("Notes of the staff").input_value() == "Brings three prints."
        page.locator("label.time").nth(1).click()
        chosen = page.locator("label.time").nth(1).inner_text()
        page.get_by_role("button", name="Move it there").click()
        page.get_by_text("Saved.").wait_for()
        assert chosen.split(",")[2].strip().split(" (")[0] in page.locator("dl.summary dd").first.inner_text()
        page.get_by_label("Date", exact=True).fill("2026-10-28")
        page.get_by_label("Time", exact=True).fill("16:30")
        page.get_by_role("button", name="Move it to this time").click()
        page.get_by_text("Saved.").wait_for()
        assert "4:30" in page.locator("dl.summary dd").first.inner_text()
        host = page.locator("#host option").first.inner_text()
        page.get_by_role("button", name="Hand it over").click()
        page.get_by_text("Saved.").wait_for()
        assert host in page.locator("dl.summary").first.inner_text()
        history = page.locator("#history + .trail, section:has(#history) .trail")
        assert history.get_by_text("Rosa Ferrer").count() >= 4
        history.locator("summary").first.click()
        visitor.picture("staff-booking-history")


def test_a_time_that_is_taken_says_why_and_keeps_what_was_typed(
    visit: Any, studio: PrintStudio, ids: dict[str, str]
) -> None:
    with visit(390) as visitor:
        studio.enters(visitor)
        page = visitor.page
        visitor.goto(studio.path(f"bookings/{ids['print']}"))
        page.get_by_label("Date", exact=True).fill("2026-10-28")
        page.get_by_label("Time", exact=True).fill("09:30")
        page.get_by_role("button", name="Move it to this time").click()
        said = page.get_by_role("alert")
        said.wait_for()
        assert "Nothing was changed." in said.inner_text()
        assert page.get_by_label("Time", exact=True).input_value() == "09:30"
        assert page.title().startswith("Error:")
        assert visitor.accessible() == []
        visitor.picture("staff-booking-409")
        with page.expect_popup() as explained:
            page.get_by_role("link", name="Who or what is there?").click()
        explained.value.get_by_text("Tomasz Nowak").first.wait_for()
        explained.value.close()
        page.get_by_label("Time", exact=True).fill("")
        page.get_by_role("button", name="Move it to this time").click()
        page.get_by_text("Write the date and the time.").wait_for()


def test_who_came_and_who_did_not(visit: Any, studio: PrintStudio, ids: dict[str, str]) -> None:
    with visit(390) as visitor:
        studio.enters(visitor, Role.STAFF)
        page = visitor.page
        visitor.goto(studio.path(f"bookings/{ids['came']}"))
        page.get_by_role("button", name="They came").click()
        page.locator(".heading .badge").filter(has_text="Came").wait_for()
        visitor.goto(studio.path(f"bookings/{ids['early']}"))
        page.get_by_role("button", name="They did not come").click()
        page.locator(".heading .badge").filter(has_text="Did not come").wait_for()
        visitor.goto(studio.path(f"bookings/{ids['soon']}"))
        assert page.get_by_role("button", name="They came").count() == 0


def test_the_home_decides_and_its_numbers_lead_to_what_they_count(
    visit: Any, studio: PrintStudio, ids: dict[str, str]
) -> None:
    with visit(390) as visitor:
        studio.enters(visitor)
        page = visitor.page
        for tile in page.locator("a.tile").all():
            assert tile.is_visible()
        visitor.goto(studio.path("admin"))
        for number in range(page.locator("a.tile").count()):
            tile = page.locator("a.tile").nth(number)
            count = tile.locator("b").inner_text()
            tile.click()
            page.locator("h1", has_text="Bookings").wait_for()
            assert str(page.locator("tr[data-booking]").count()) == count, page.url
            page.go_back()
        page.get_by_role("button", name="Approve Kenji Watanabe").click()
        page.get_by_text("1 booking was changed.").wait_for()


def test_a_host_sees_what_they_host_and_no_more(visit: Any, studio: PrintStudio, ids: dict[str, str]) -> None:
    with visit(390) as visitor:
        someone = studio.enters(visitor, Role.HOST, email=LENA, name="Lena Ortiz")
        page = visitor.page
        visitor.goto(studio.path("bookings?view=all"))
        hosted = page.locator("tr[data-booking]").count()
        assert 0 < hosted < 4
        assert page.get_by_role("button", name="Other host").count() == 0
        assert [one for one in visitor.accessible() if one] == []
        visitor.picture("staff-bookings-host")
        visitor.goto(studio.path(f"bookings/{ids['room']}"))
        assert page.get_by_role("heading", name="There is no booking here").is_visible()
        assert page.get_by_role("link", name="Bookings", exact=True).first.is_visible()
        with someone.client(visitor.base) as client:
            sent = {"booking": ids["room"]}
            assert "Tomasz" not in client.post(studio.path("bookings/selected/cancel"), data=sent).text
        visitor.goto(studio.path("admin/people"))
        assert page.get_by_role("heading", name="This is not for your role").is_visible()
        assert page.get_by_role("link", name="Bookings", exact=True).first.is_visible()
        assert visitor.accessible() == []
        visitor.picture("staff-403-host")


def test_an_unknown_page_keeps_the_way_back(visit: Any, studio: PrintStudio) -> None:
    with visit(1280) as visitor:
        studio.enters(visitor)
        visitor.goto(studio.path("admin/nothing-like-it"))
        assert visitor.page.get_by_role("navigation", name="Harbour Print Studio").is_visible()
        visitor.picture("staff-404")
        visitor.page.get_by_role("link", name="Calendar").click()
        visitor.page.wait_for_url("**/admin/calendar")


def test_public_pages_load_no_staff_style(studio: PrintStudio) -> None:
    with loopback.Client(base_url=studio.base) as visitor:
        for path in (studio.path("book"), studio.path("book/print-room"), "/", "/sign-in"):
            assert "work.css" not in visitor.get(path).text, path
