"""The staff's pages of links, series, holidays, explanations and turns in a real browser."""

from collections.abc import Callable
from typing import Any

import pytest

from infra24.people import Role
from infra24.settings import Settings
from tests import loopback
from tests.browser.conftest import LOOKS, Visitor
from tests.factories import Shop
from tests.people import Someone, sign_in
from tests.serving import Clock

pytestmark = pytest.mark.browser
Enters = Callable[[Visitor], None]


@pytest.fixture
def admin(served: tuple[str, Settings], database_url: str, clock: Clock, miami: Shop) -> Someone:
    return sign_in(database_url, served[1], clock, miami, Role.ADMIN, name="Rosa Admin")


@pytest.fixture
def work(served: tuple[str, Settings], miami: Shop, admin: Someone) -> dict[str, str]:
    """Two links, a series with a date that was moved alone, holidays, and turns: the addresses of their pages."""
    api = f"{served[0]}/api/organizations/{miami.slug}"
    with loopback.Client(headers=miami.auth, timeout=30) as staff:
        link = staff.post(
            f"{api}/booking-links",
            json={
                "slug": "visit",
                "kind": "round_robin",
                "title": "Visit a studio",
                "offers": ["remote-studio-visit"],
                "theme": {"seed": "#8a2d4f", "radius": 4},
                "max_uses": 40,
                "sites": ["https://www.example.org"],
                "description": "Half an hour with one of our artists.",
                "expires_at": "2026-12-24T23:00:00Z",
            },
        )
        assert link.status_code == 201, link.text
        staff.post(
            f"{api}/booking-links",
            json={
                "slug": "print",
                "kind": "team",
                "title": "Print room, for members",
                "offers": ["print-room"],
                "is_private": True,
            },
        ).raise_for_status()
        series = staff.post(
            f"{api}/series",
            json={
                "resource_id": str(miami.ids["room"]),
                "start_time": "2026-11-03T15:00:00Z",
                "duration": 60,
                "rule": "FREQ=WEEKLY;COUNT=6",
                "artist_name": "Ada Lovelace",
                "artist_email": "ada@example.org",
            },
        )
        assert series.status_code == 201, series.text
        second = series.json()["bookings"][1]["id"]
        staff.patch(
            f"{served[0]}/api/bookings/{second}",
            params={"org": miami.slug},
            json={"start_time": "2026-11-11T15:00:00Z"},
        ).raise_for_status()
        staff.put(
            f"{api}/holidays",
            json={
                "countries": ["US-FL"],
                "days": [
                    {"date": "2026-12-28", "name": "Inventory"},
                    {"date": "2026-11-11", "name": "Open studio", "is_closed": False},
                ],
            },
        ).raise_for_status()
        for day in (9, 10, 12):
            made = staff.post(
                f"{served[0]}/api/booking/create",
                json={
                    "link_slug": "visit",
                    "org": miami.slug,
                    "start_time": f"2026-11-{day:02}T18:00:00Z",
                    "attendee_name": "Ada Lovelace",
                    "attendee_email": "ada@example.org",
                },
            )
            assert made.status_code == 201, made.text
    here = f"/{miami.slug}/admin"
    return {
        "links": f"{here}/links",
        "link": f"{here}/links/{link.json()['id']}",
        "link-new": f"{here}/links/new",
        "series": f"{here}/series",
        "series-one": f"{here}/series/{series.json()['id']}",
        "series-new": f"{here}/series/new?offer=print-room",
        "series-plan": f"{here}/series/new?offer=print-room&plan=1&skips=1&on=2026-11-03&at=10:00&length=60"
                       "&freq=WEEKLY&count=8",
        "holidays": f"{here}/holidays",
        "explain": f"{here}/explain?offer=print-room&on=2026-11-03&at=15:00&length=60&how=time",
        "explain-day": f"{here}/explain?offer=remote-studio-visit&on=2026-11-09&how=day",
        "explain-month": f"{here}/explain?offer=laser-cutter&on=2027-12-01&how=month",
        "fairness-list": f"{here}/fairness",
        "fairness": f"{here}/fairness/remote-studio-visit",
    }  # fmt: skip


def enter(visitor: Visitor, admin: Someone) -> None:
    admin.enter(visitor.context, visitor.base)


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_the_pages_of_offers_are_accessible(
    visit: Any, work: dict[str, str], admin: Someone, width: int, dark: bool
) -> None:
    with visit(width, dark=dark) as visitor:
        enter(visitor, admin)
        found: dict[str, Any] = {}
        for name, path in work.items():
            visitor.goto(path)
            assert visitor.page.locator("main h1").count() == 1, name
            wide = visitor.page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
            found[name] = visitor.accessible() + (["is wider than the screen"] if wide else [])
            visitor.picture(f"admin-{name}")
        assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_the_pages_of_offers_speak_spanish(visit: Any, work: dict[str, str], admin: Someone) -> None:
    with visit(390, locale="es-ES") as visitor:
        enter(visitor, admin)
        for name, path in work.items():
            visitor.goto(path)
            assert visitor.page.locator("html").get_attribute("lang") == "es", name
        visitor.picture("admin-fairness-es")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "noscript"])
def test_a_link_is_made_and_copied(visit: Any, work: dict[str, str], admin: Someone, scripts: bool) -> None:
    with visit(1280, scripts=scripts) as visitor:
        enter(visitor, admin)
        visitor.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=visitor.base)
        page = visitor.page
        visitor.goto(work["links"])
        page.get_by_role("link", name="New link").click()
        page.get_by_role("button", name="Make the link").click()
        page.get_by_role("alert").get_by_role("link", name="Give it a title").click()
        page.locator("#title").fill("Laser")
        page.locator("#slug").fill(f"laser-{scripts}".lower())
        page.get_by_label("Laser cutter").check()
        page.locator("#seed").fill("#ffd400")
        if scripts:
            page.locator("#colours rect[fill='#ffd400']").wait_for()
        page.get_by_role("button", name="Make the link").click()
        page.get_by_text("The link is there.").wait_for()
        if scripts:
            page.locator("button[data-copy='address']").click()
            page.get_by_role("status").filter(has_text="Copied").wait_for(state="attached")
            assert page.evaluate("navigator.clipboard.readText()").endswith("/l/laser-true")
        else:
            assert not page.locator("button.copy").first.is_visible()
            assert page.locator("#address").input_value().endswith("/l/laser-false")
        visitor.picture("admin-link-made")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "noscript"])
def test_a_series_is_planned_its_conflict_solved_and_made(
    visit: Any, work: dict[str, str], admin: Someone, scripts: bool
) -> None:
    with visit(390, scripts=scripts) as visitor:
        enter(visitor, admin)
        page = visitor.page
        visitor.goto(work["series-plan"])
        assert page.get_by_text("dates cannot be had.").is_visible()
        page.fill("#name", "Grace Hopper")
        page.fill("#email", "grace@example.org")
        page.get_by_role("button", name="Book them all").click()
        page.get_by_text("Nothing was booked: some dates cannot be had.").wait_for()
        assert page.input_value("#name") == "Grace Hopper"
        visitor.picture("admin-series-409")
        for row in page.locator("li.conflict select").all():
            row.select_option(index=1)
        page.get_by_role("button", name="Book them all").click()
        page.get_by_text("8 bookings were made.").wait_for()
        assert page.get_by_text("changed alone").count() >= 5
        page.get_by_role("link", name="Change Tuesday, November 10").click()
        page.locator("#at").fill("16:00")
        page.get_by_role("button", name="Move").click()
        page.get_by_text("Moved.", exact=True).wait_for()
        page.get_by_role("button", name="Undo").click()
        page.get_by_text("Moved.", exact=True).wait_for()
        visitor.picture("admin-series-moved")


def test_holidays_show_what_they_break_before_they_are_saved(
    visit: Any, work: dict[str, str], admin: Someone
) -> None:
    with visit(390) as visitor:
        enter(visitor, admin)
        page = visitor.page
        visitor.goto(work["holidays"])
        page.locator("#on-2").fill("2026-11-03")
        page.locator("#name-2").fill("Election day")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("1 booking stands on a day that would be closed.").wait_for()
        assert visitor.accessible() == []
        visitor.picture("admin-holidays-preview")
        page.get_by_role("button", name="Save all the same").click()
        page.get_by_text("Saved.", exact=True).wait_for()


def test_weights_are_tried_on_the_ledger(visit: Any, work: dict[str, str], admin: Someone) -> None:
    with visit(390) as visitor:
        enter(visitor, admin)
        page = visitor.page
        visitor.goto(work["fairness"])
        assert page.get_by_text("The ledger was added up again and holds.").is_visible()
        page.get_by_label("Weight of Mo Rivera").fill("1000")
        page.get_by_role("button", name="Try these weights").click()
        page.get_by_role("columnheader", name="Would have had").wait_for()
        row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Mo Rivera"))
        assert row.get_by_role("cell").last.text_content() == "3"
        assert visitor.accessible() == []
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
        visitor.picture("admin-fairness-tried")


def test_a_day_is_explained_by_keyboard(visit: Any, work: dict[str, str], admin: Someone) -> None:
    with visit(1280) as visitor:
        enter(visitor, admin)
        page = visitor.page
        visitor.goto(work["explain-day"])
        page.locator("tbody a").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**how=time**")
        assert page.locator("#answer").is_visible()
