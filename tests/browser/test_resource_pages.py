"""Staff at work on what is offered: hours drawn on a week, impact before a save, closings and what they hit."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from infra24.people import Role
from infra24.resources import Draft
from infra24.settings import Settings
from tests import loopback
from tests.browser.conftest import LOOKS, Visitor, slug_of
from tests.factories import DAYS, Shop, found_shop
from tests.people import sign_in
from tests.serving import Clock

pytestmark = pytest.mark.browser
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
        made = loopback.post(f"{served[0]}/api/bookings", json={"org_id": str(shop.org_id), **sent})
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


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_every_page_is_accessible_and_fits(work: Any, atelier: Shop, width: int, dark: bool) -> None:
    with work(width, dark=dark) as staff:
        for path in PAGES:
            staff.goto(f"/{atelier.slug}/admin/{path}")
            staff.picture(slug_of(f"admin-{path}"))
            assert staff.accessible() == [], path
            assert staff.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def hours(staff: Visitor, group: str = "windows") -> list[tuple[str, str, str]]:
    """The rows of the form: day or date, start, end."""
    part = "day" if group == "windows" else "first"
    found: list[list[str]] = staff.page.evaluate(
        f"""[...document.querySelectorAll('i24-week[data-group="{group}"] .lines [data-row]')].map(row =>
            ['{part}', 'start', 'end'].map(p => row.querySelector(`[name$="-${{p}}"]`).value))"""
    )
    return [(day, start, end) for day, start, end in found if day]


def at(staff: Visitor, column: int, hour: float, group: str = "windows") -> tuple[float, float]:
    """Where an hour of a column is on the screen."""
    day = staff.page.locator(f'i24-week[data-group="{group}"] .week-day').nth(column)
    box = day.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] * hour / 24


def drag(staff: Visitor, start: tuple[float, float], end: tuple[float, float]) -> None:
    staff.page.mouse.move(*start)
    staff.page.mouse.down()
    staff.page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    staff.page.mouse.move(*end)
    staff.page.mouse.up()


@pytest.fixture
def drawing(work: Any, atelier: Shop) -> Iterator[Visitor]:
    """Lena's hours, in a window tall enough for the whole week."""
    with work(1280) as staff:
        staff.page.set_viewport_size({"width": 1280, "height": 1500})
        staff.goto(f"/{atelier.slug}/admin/resources/lena-ortiz/rules")
        staff.page.locator(".week-block").first.wait_for()
        yield staff


def test_hours_are_drawn_moved_resized_and_removed_by_pointer(drawing: Visitor) -> None:
    work_week = [(day, "09:00", "17:00") for day in DAYS[:5]]
    assert hours(drawing) == work_week
    drag(drawing, at(drawing, 0, 10.05), at(drawing, 0, 13))  # Sunday is the first column in America
    assert hours(drawing)[-1] == ("Sunday", "10:00", "13:00")
    drag(drawing, at(drawing, 0, 11.5), at(drawing, 6, 14.5))
    assert hours(drawing)[-1] == ("Saturday", "13:00", "16:00")
    x, y = at(drawing, 6, 16)
    drag(drawing, (x, y - 3), (x, at(drawing, 6, 18)[1]))
    assert hours(drawing)[-1] == ("Saturday", "13:00", "18:00")
    x, y = at(drawing, 6, 13)
    drag(drawing, (x, y + 3), (x, at(drawing, 6, 15.5)[1]))
    assert hours(drawing)[-1] == ("Saturday", "15:30", "18:00")
    drawing.page.keyboard.press("Delete")
    assert hours(drawing) == work_week
    assert "Removed" in drawing.page.locator('i24-week[data-group="windows"] [role=status]').inner_text()


def test_hours_go_over_midnight_and_to_24_and_are_saved_so(
    drawing: Visitor, atelier: Shop, served: tuple[str, Settings]
) -> None:
    drag(drawing, at(drawing, 0, 21), at(drawing, 0, 24))
    assert hours(drawing)[-1] == ("Sunday", "21:00", "24:00")
    for _ in range(8):
        drawing.page.keyboard.press("Shift+ArrowDown")
    assert hours(drawing)[-1] == ("Sunday", "21:00", "02:00")
    assert drawing.page.locator(".week-block.tail").count() == 1
    drawing.page.get_by_role("button", name="Save", exact=True).click()
    drawing.page.wait_for_url("**done=saved")
    found = loopback.get(
        f"{served[0]}/api/organizations/{atelier.slug}/resources/lena-ortiz", headers=atelier.auth
    ).json()
    ends = {(w["start"], w["end"]): w["days"] for w in found["availability_rules"]["windows"]}
    assert ends[("21:00", "24:00")] == ["Sunday"]
    assert ends[("00:00", "02:00")] == ["Monday"]


def test_everything_drawn_can_be_done_by_keyboard_and_is_said(drawing: Visitor) -> None:
    page = drawing.page
    page.get_by_role("button", name="Add hours on Saturday").first.press("Enter")
    assert hours(drawing)[-1] == ("Saturday", "09:00", "17:00")
    said = page.locator('i24-week[data-group="windows"] [role=status]')
    assert "Added: Saturday from 09:00 to 17:00" in said.inner_text()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowUp")
    assert hours(drawing)[-1] == ("Saturday", "09:15", "17:00")
    page.keyboard.press("ArrowLeft")
    assert hours(drawing)[-1] == ("Friday", "09:15", "17:00")
    assert "Now Friday from 09:15 to 17:00" in said.inner_text()
    page.keyboard.press("Enter")
    drawing.soon("document.activeElement.name.endsWith('-start')")


def test_dates_are_drawn_on_the_week_that_is_shown(drawing: Visitor) -> None:
    dates = 'i24-week[data-group="overrides"]'
    drawing.page.locator(f"{dates} .week-add").nth(2).scroll_into_view_if_needed()
    drag(drawing, at(drawing, 2, 18, "overrides"), at(drawing, 2, 21, "overrides"))
    assert hours(drawing, "overrides")[-1] == ("2026-10-27", "18:00", "21:00")
    kind = drawing.page.locator(f"{dates} .lines [data-row] select[name$=-kind]").last
    assert kind.input_value() == "extra"


def test_a_tap_adds_an_hour_and_a_finger_moves_it(visit: Any, browser: Any, served: Any, database_url: str,
                                                  clock: Clock, atelier: Shop) -> None:  # fmt: skip
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True,
                                  reduced_motion="reduce")  # fmt: skip
    sign_in(database_url, served[1], clock, atelier, Role.ADMIN).enter(context, served[0])
    staff = Visitor(context, served[0], "390-touch")
    staff.goto(f"/{atelier.slug}/admin/resources/lena-ortiz/rules")
    staff.page.locator(".week-block").first.wait_for()
    staff.page.evaluate("document.querySelectorAll('.week-day')[0].scrollIntoView({block: 'start'})")
    staff.page.touchscreen.tap(*at(staff, 0, 6.2))
    assert hours(staff)[-1] == ("Sunday", "06:00", "07:00")
    assert staff.troubles == []
    context.close()


def test_rules_are_edited_without_scripts(work: Any, atelier: Shop) -> None:
    with work(390, scripts=False) as staff:
        staff.goto(f"/{atelier.slug}/admin/resources/print-room/rules")
        page = staff.page
        page.locator("[name=windows-0-end]").fill("14:00")
        page.get_by_role("button", name="Preview the impact").last.click()
        assert "booking to come would stand on a closed time" not in page.locator("main").inner_text()
        for n in range(5):
            page.locator(f"[name=windows-{n}-end]").fill("09:30")
        page.get_by_role("button", name="Preview the impact").last.click()
        assert "would stand on a closed time" in page.locator("#impact").inner_text()
        staff.picture("admin-rules-impact")
        page.get_by_role("button", name="Save", exact=True).click()
        assert "done=saved" in page.url
        page.get_by_role("link", name="Move or cancel them").click()
        assert page.locator("input[name=booking]").count() == 2
        staff.picture("admin-blackouts-hit")


@pytest.mark.parametrize("width", [390, 1280])
def test_from_an_empty_list_to_a_page_that_can_be_booked(
    visit: Any, served: tuple[str, Settings], database_url: str, clock: Clock, width: int
) -> None:
    empty = found_shop(database_url, served[1], clock, {}, locale="en_US")
    someone = sign_in(database_url, served[1], clock, empty, Role.OWNER)
    with visit(width) as staff:
        someone.enter(staff.context, served[0])
        page = staff.page
        staff.goto(f"/{empty.slug}/admin/resources")
        staff.picture("admin-resources-empty")
        page.get_by_role("link", name="Add the first one").click()
        page.get_by_role("link", name="A space", exact=True).click()
        page.get_by_label("Title").fill("Darkroom")
        page.get_by_role("button", name="Create and set the hours").click()
        page.wait_for_url("**rules?done=created")
        page.get_by_role("button", name="Save", exact=True).click()
        page.wait_for_url("**done=saved")
        page.get_by_role("link", name="Its page").click()
        assert page.get_by_role("heading", name="Darkroom").count() == 1


def test_a_closing_hits_bookings_and_they_are_moved(work: Any, atelier: Shop) -> None:
    with work(1280) as staff:
        page = staff.page
        staff.goto(f"/{atelier.slug}/admin/blackouts")
        page.get_by_label("From (date)").fill("2026-11-03")
        page.get_by_label("To (date), included").fill("2026-11-05")
        page.get_by_label("Reason", exact=False).first.fill("Burst pipe")
        page.get_by_label("Print room").check()
        page.get_by_role("button", name="See what it hits").click()
        assert "2 bookings to come would stand" in page.locator("#impact").inner_text()
        page.get_by_role("button", name="Close", exact=True).click()
        assert page.locator("input[name=booking]").count() == 2
        first = page.locator(".item.hit").first
        first.locator("input[name=booking]").check()
        first.locator("select").select_option(index=1)
        staff.picture("admin-blackouts-rescue")
        page.get_by_role("button", name="Move the ticked ones").click()
        assert "moved: now" in page.locator("#results").inner_text()
        assert page.locator("input[name=booking]").count() == 1
        staff.picture("admin-blackouts-results")
        assert staff.accessible() == []
