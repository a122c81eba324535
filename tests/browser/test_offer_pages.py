"""Visitors of appointment types and booking links: whom to be with, questions, a frame, an empty month."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from infra24.resources import Draft
from infra24.settings import Settings
from tests import loopback
from tests.browser.conftest import LOOKS, Visitor, picture
from tests.browser.test_booking_pages import choose_time
from tests.factories import Shop, found_shop, opening
from tests.serving import Clock

pytestmark = pytest.mark.browser


@pytest.fixture
def print_shop(served: tuple[str, Settings], database_url: str, clock: Clock, miami: Shop) -> Shop:
    """A lesson with one of two printers, a press and a question; a link for it; another that is closed."""
    hours = {"timezone": "America/New_York", "windows": [opening(start="09:00", end="12:00")]}
    wanted = {
        "mo": Draft("person", "Mo Rivera", email="mo@print.example", is_bookable=False, availability_rules=hours),
        "carla": Draft("person", "Carla Jiménez", email="carla@print.example", is_bookable=False,
                       availability_rules=hours),
        "press": Draft("space", "Press", capacity=1, is_bookable=False),
        "lesson": Draft("other", "Printmaking lesson", slug="lesson", price=9000, meets="phone",
                        prices={"public": 9000, "member": 6500},
                        needs=[{"hosts": ["mo@print.example", "carla@print.example"], "choose": True},
                               {"resource": "press"}],
                        questions=[{"id": "technique", "label": "Which technique?", "kind": "choice",
                                    "choices": ["Linocut", "Etching"], "required": True},
                                   {"id": "photos", "label": "Photographs are fine", "kind": "consent"}],
                        availability_rules={"timezone": "America/New_York", "slot_minutes": 60}),
        "gone": Draft("other", "Out of season", slug="out-of-season", needs=[{"resource": "press"}],
                      availability_rules={"timezone": "America/New_York", "windows": [opening()],
                                          "blackouts": [{"range": ["2026-01-01", "2027-12-31"]}]}),
    }  # fmt: skip
    shop = found_shop(database_url, served[1], clock, wanted, locale="en_US")
    for link in (
        {"slug": "print", "kind": "team", "title": "Print with us", "offers": ["lesson"],
         "theme": {"seed": "#8a2d4f"}},
        {"slug": "two", "kind": "team", "title": "Two things", "offers": ["lesson", "out-of-season"]},
        {"slug": "rota", "kind": "round_robin", "title": "In turn", "offers": ["lesson"]},
        {"slug": "turns", "kind": "round_robin", "title": "By turns", "offers": ["lesson"], "max_uses": 1},
    ):  # fmt: skip
        made = loopback.post(
            f"{served[0]}/api/organizations/{shop.slug}/booking-links", json=link, headers=shop.auth
        )
        assert made.status_code == 201, made.text
    return shop


def fill_in(visitor: Visitor) -> None:
    page = visitor.page
    page.fill("#name", "Ada Lovelace")
    page.fill("#email", "ada@example.org")
    page.fill("#phone", "+1 305 555 0100")
    page.select_option("#q-technique", "Etching")
    page.locator("#go").click()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "noscript"])
def test_questions_are_asked_on_the_page(visit: Any, print_shop: Shop, scripts: bool) -> None:
    with visit(390, scripts=scripts) as visitor:
        page = visitor.page
        visitor.goto(f"/{print_shop.slug}/book/lesson?date=2026-11-03")
        page.get_by_role("link", name="Carla Jiménez").click()
        page.wait_for_url(re.compile("with="))
        choose_time(visitor, "10:00\u00a0AM")
        page.locator("#go").click()
        page.wait_for_url("**/details/**")
        page.fill("#name", "Ada Lovelace")
        page.locator("#go").click()
        page.get_by_text("There is a problem").wait_for()
        assert page.get_by_role("link", name="Which technique?: Answer this question").is_visible()
        assert page.get_by_role("link", name="Enter your telephone number").is_visible()
        assert page.input_value("#name") == "Ada Lovelace", "what was typed is kept"
        visitor.picture("offer-details-422")
        fill_in(visitor)
        page.wait_for_url("**/confirmation/**")
        assert page.locator("dd", has_text="Carla Jiménez").is_visible()
        assert page.locator("dd", has_text="Etching").is_visible()
        assert page.locator("dd", has_text="+1 305 555 0100").is_visible()
        visitor.picture("offer-confirmation")


def test_only_times_with_the_chosen_host_are_shown(visit: Any, print_shop: Shop) -> None:
    with visit(1280) as visitor:
        for n in range(3):  # Carla has no time left on that day; the press would be free with Mo
            at = f"2026-11-03T{14 + n}:00:00Z"
            taken = loopback.post(f"{visitor.base}/api/bookings", json={
                "org_id": str(print_shop.org_id), "resource_id": str(print_shop.ids["lesson"]), "start_time": at,
                "end_time": f"2026-11-03T{15 + n}:00:00Z",
                "artist_name": "A", "artist_email": "a@example.org", "phone": "+1 305 555 0100",
                "answers": {"technique": "Linocut"}, "staff_id": str(print_shop.ids["carla"])})  # fmt: skip
            assert taken.status_code == 201, taken.text
        visitor.goto(f"/{print_shop.slug}/book/lesson?month=2026-11")
        assert not visitor.page.locator("#d2026-11-03").count(), "the press is taken all morning"
        assert visitor.page.locator("#d2026-11-04").count()


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_the_pages_of_an_offer_and_a_link_are_accessible(
    visit: Any, print_shop: Shop, width: int, dark: bool
) -> None:
    slug = print_shop.slug
    pages = {
        "offer-picker": f"/{slug}/book/lesson",
        "offer-none": f"/{slug}/book/out-of-season",
        "link-one": f"/{slug}/l/print",
        "link-several": f"/{slug}/l/two",
    }
    with visit(width, dark=dark) as visitor:
        for name, path in pages.items():
            visitor.goto(path)
            assert visitor.accessible() == [], name
            overflow = visitor.page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
            assert not overflow, f"{name} is wider than the screen"
            visitor.picture(name)


def test_an_empty_month_says_why(visit: Any, print_shop: Shop) -> None:
    with visit(390) as visitor:
        visitor.goto(f"/{print_shop.slug}/book/out-of-season")
        assert visitor.page.get_by_text("It is closed on some days.").is_visible()


def test_a_link_has_its_own_colour_and_ends_after_its_uses(visit: Any, print_shop: Shop) -> None:
    with visit(390) as visitor:
        page = visitor.page
        visitor.goto(f"/{print_shop.slug}/l/print")
        assert "8a2d4f" in (page.locator("link[href*=theme]").get_attribute("href") or "")
        visitor.goto(f"/{print_shop.slug}/l/turns?date=2026-11-05")
        assert not page.get_by_text("With whom?").count()
        choose_time(visitor, "9:00\u00a0AM")
        page.locator("#go").click()
        page.wait_for_url("**/details/**")
        fill_in(visitor)
        page.wait_for_url("**/confirmation/**")
        visitor.goto(f"/{print_shop.slug}/l/turns")
        assert page.get_by_role("heading", name="This link is over").is_visible()
        visitor.picture("link-over")


@contextmanager
def site(body: str) -> Iterator[str]:
    """Another site on loopback, with one page."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Answers))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(5)


@pytest.mark.parametrize("mode", ["inline", "popup"])
def test_a_link_opens_in_a_frame_of_another_site(
    browser: Any, served: tuple[str, Settings], print_shop: Shop, mode: str
) -> None:
    base, link = served[0], f"{served[0]}/{print_shop.slug}/l/print"
    page_of_theirs = (
        f"<!doctype html><title>Theirs</title><h1>Come and print</h1>"
        f'<script src="{base}/embed.js" data-link="{link}" data-mode="{mode}" data-text="Book a lesson" async></script>'
    )
    with site(page_of_theirs) as theirs:
        allowed = loopback.patch(
            f"{base}/api/organizations/{print_shop.slug}/booking-links/print",
            json={"sites": [theirs]},
            headers=print_shop.auth,
        )
        assert allowed.status_code == 200, allowed.text
        context = browser.new_context(viewport={"width": 1000, "height": 800}, timezone_id="America/New_York")
        page = context.new_page()
        page.goto(theirs)
        if mode == "popup":
            page.get_by_role("button", name="Book a lesson").click()
        frame = page.frame_locator("iframe")
        frame.locator("#slots .time").first.wait_for()
        assert not frame.locator("header.top").count(), "in a frame there is no second head"
        frame.locator("#slots .time").first.click()
        frame.locator("#go").click()
        frame.locator("#name").fill("Ada Lovelace")
        frame.locator("#email").fill("ada@example.org")
        frame.locator("#phone").fill("+1 305 555 0100")
        frame.locator("#q-technique").select_option("Etching")
        frame.locator("#go").click()
        frame.get_by_text("You are booked").wait_for()
        picture(page, f"embed-{mode}")
        context.close()


def test_a_site_that_is_not_named_shows_nothing(
    browser: Any, served: tuple[str, Settings], print_shop: Shop
) -> None:
    with site(
        f'<iframe src="{served[0]}/{print_shop.slug}/l/two" width="800" height="600"></iframe>'
    ) as theirs:
        context = browser.new_context()
        page = context.new_page()
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text))
        page.goto(theirs)
        page.wait_for_timeout(300)
        assert any("frame-ancestors" in text for text in refused), refused
        context.close()
