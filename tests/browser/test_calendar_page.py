"""The staff's calendar in a browser: pointer, keys, phone, two of them at once, and clocks that disagree."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from infra24.people import Role
from infra24.resources import Draft
from infra24.settings import Settings
from tests import loopback
from tests.browser.conftest import LOOKS, Visitor
from tests.factories import Shop, found_shop, opening
from tests.people import Someone, sign_in
from tests.serving import Clock

pytestmark = pytest.mark.browser
DAY = "2026-11-03"
MO, LENA = "mo@studio.example", "lena@studio.example"


@pytest.fixture
def studio(served: tuple[str, Settings], database_url: str, clock: Clock, miami: Shop) -> Shop:
    """Rooms with and without buffers, one that asks for approval, a hall of two halves, a stage, two people."""
    week = {"timezone": "America/New_York", "slot_minutes": 30, "durations": [30, 60]}
    day = {**week, "windows": [opening(start="08:00", end="20:00")]}
    wanted = {
        "print": Draft("space", "Print room", capacity=1, category="Studios", location="Workshop", availability_rules=day),
        "glass": Draft("space", "Glass room", capacity=1, category="Studios", availability_rules={
            **day, "buffer_before": 30, "buffer_after": 30}),
        "laser": Draft("space", "Laser cutter", capacity=1, availability_rules={**day, "approval": True, "blackouts": [
            {"date": DAY, "reason": "Inspection"}, {"date": "2026-11-05"}]}),
        "left": Draft("space", "Left half", capacity=1, category="Halls", availability_rules=day),
        "right": Draft("space", "Right half", capacity=1, category="Halls", availability_rules=day),
        "hall": Draft("space", "Hall", capacity=1, category="Halls", parts=["left-half", "right-half"],
                      availability_rules=day),
        "always": Draft("space", "Open room", capacity=1, availability_rules={**week, "windows": [opening()]}),
        "wheels": Draft("equipment", "Pottery wheels", capacity=3, availability_rules=day),
        "mo": Draft("person", "Mo Rivera", email=MO, is_bookable=False, availability_rules=day),
        "lena": Draft("person", "Lena Ortiz", email=LENA, is_bookable=False, availability_rules={
            **day, "overrides": [{"date": DAY, "off": [{"start": "08:00", "end": "10:00"}], "reason": "Dentist"}]}),
        "lesson": Draft("other", "Printmaking lesson", needs=[{"hosts": [MO, LENA]}, {"resource": "wheels", "units": 2}],
                        availability_rules={"timezone": "America/New_York", "slot_minutes": 60}),
    }  # fmt: skip
    wanted["wheels"] = Draft("equipment", "Pottery wheels", slug="wheels", capacity=3, availability_rules=day)
    shop = found_shop(database_url, served[1], clock, wanted, locale="en_US")
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("UPDATE organizations SET time_zone = 'America/New_York' WHERE id = %s", (shop.org_id,))
    return shop


@pytest.fixture
def sam(served: tuple[str, Settings], database_url: str, clock: Clock, studio: Shop) -> Someone:
    return sign_in(database_url, served[1], clock, studio, Role.STAFF, name="Sam Staff")


def book(
    base: str, shop: Shop, offer: str, at: str, who: str, minutes: int = 60, verb: str = "bookings"
) -> str:
    """Book as a visitor, at a wall time in New York in winter (UTC-5)."""
    start = datetime.fromisoformat(at).replace(tzinfo=UTC) + timedelta(hours=5)
    sent: dict[str, Any] = {"org_id": str(shop.org_id), "resource_id": str(shop.ids[offer]),
                            "start_time": start.isoformat(), "end_time": (start + timedelta(minutes=minutes)).isoformat()}  # fmt: skip
    if verb == "bookings":
        sent |= {"artist_name": who, "artist_email": f"{who.split(maxsplit=1)[0].lower()}@example.org"}
    made = loopback.post(f"{base}/api/{verb}", json=sent)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def filled(base: str, shop: Shop) -> dict[str, str]:
    """A day with a bit of everything."""
    return {
        "ada": book(base, shop, "print", f"{DAY}T09:00", "Ada Lovelace"),
        "mary": book(base, shop, "print", f"{DAY}T13:00", "Mary Shelley"),
        "grace": book(base, shop, "glass", f"{DAY}T11:00", "Grace Hopper"),
        "hall": book(base, shop, "hall", f"{DAY}T10:00", "Clara Schumann"),
        "lesson": book(base, shop, "lesson", f"{DAY}T10:00", "Frida Kahlo"),
        "pending": book(base, shop, "laser", "2026-11-04T10:00", "Hedy Lamarr"),
        "held": book(base, shop, "print", f"{DAY}T16:00", "", verb="holds"),
    }


class Desk:
    """A visitor who has signed in and looks at the calendar."""

    def __init__(self, visitor: Visitor, shop: Shop, someone: Someone) -> None:
        self.visitor, self.shop, self.page = visitor, shop, visitor.page
        someone.enter(visitor.context, visitor.base)

    def open(self, query: str = "", day: str = DAY) -> None:
        self.visitor.goto(f"/{self.shop.slug}/admin/calendar?date={day}{query}")
        self.visitor.soon("document.querySelector('#calendar')?.dataset.live")

    def event(self, booking: str, column: str) -> Any:
        return self.page.locator(f'.ec-event[data-id="{booking}@{self.shop.ids[column]}"]')

    def box(self, booking: str, column: str) -> dict[str, float]:
        shown = self.event(booking, column)
        shown.wait_for()
        shown.scroll_into_view_if_needed()
        found: dict[str, float] = shown.bounding_box()
        return found

    def drag(self, x1: float, y1: float, x2: float, y2: float) -> None:
        mouse = self.page.mouse
        mouse.move(x1, y1)
        mouse.down()
        mouse.move((x1 + x2) / 2, (y1 + y2) / 2, steps=6)
        mouse.move(x2, y2, steps=6)
        mouse.up()

    def toast(self, text: str) -> str:
        shown = self.page.locator("#toast", has_text=text)
        shown.wait_for()
        return str(shown.inner_text())

    def label(self, booking: str, column: str) -> str:
        return str(self.event(booking, column).inner_text()).replace("\u00a0", " ")


@pytest.fixture
def desks(visit: Any, studio: Shop, sam: Someone) -> Any:
    from contextlib import contextmanager

    @contextmanager
    def go(*args: Any, who: Someone | None = None, **more: Any) -> Iterator[Desk]:
        with visit(*args, **more) as visitor:
            yield Desk(visitor, studio, who or sam)

    return go


SLOT = 30
"""The height of half an hour."""


def test_drag_to_another_time_and_room_and_undo(desks: Any, studio: Shop) -> None:
    with desks(1280) as desk:
        made = filled(desk.visitor.base, studio)
        desk.open()
        at, to = desk.box(made["ada"], "print"), desk.box(made["hall"], "left")
        desk.drag(at["x"] + 30, at["y"] + 8, to["x"] + 30, to["y"] + 8 + 4 * SLOT)
        said = desk.toast("Ada Lovelace is now in Left half")
        assert "12:00" in said, "an hour after the hall begins, and two more: three hours later"
        desk.event(made["ada"], "left").wait_for()
        assert not desk.event(made["ada"], "print").count()
        desk.page.get_by_role("button", name="Undo").click()
        desk.toast("Ada Lovelace is back where it was")
        desk.event(made["ada"], "print").wait_for()
        assert "9:00 AM – 10:00 AM" in desk.label(made["ada"], "print")


def test_drag_onto_a_conflict_goes_back_with_the_reason(desks: Any, studio: Shop) -> None:
    with desks(1280) as desk:
        made = filled(desk.visitor.base, studio)
        desk.open()
        desk.box(made["mary"], "print")  # scrolled to
        at, other = desk.box(made["ada"], "print"), desk.event(made["mary"], "print").bounding_box()
        desk.drag(at["x"] + 30, at["y"] + 8, other["x"] + 30, other["y"] + 8)
        said = desk.toast("Not moved: Ada Lovelace.")
        assert "This time is taken." in said
        assert "Mary Shelley" in said
        assert desk.page.locator("#heard").inner_text() == said
        assert desk.box(made["ada"], "print")["y"] == pytest.approx(at["y"], abs=1), "it is back"
        desk.visitor.picture("calendar-conflict")
        host = desk.box(made["lesson"], "mo")
        desk.drag(host["x"] + 20, host["y"] + 8, at["x"] + 30, host["y"] + 8)
        assert "cannot be moved to" in desk.toast("Not moved: Frida Kahlo.")


def test_resize_by_the_edge(desks: Any, studio: Shop) -> None:
    with desks(1280) as desk:
        made = filled(desk.visitor.base, studio)
        desk.open()
        at = desk.box(made["ada"], "print")
        desk.page.mouse.move(at["x"] + 30, at["y"] + 20)
        x, y = at["x"] + at["width"] / 2, at["y"] + at["height"] - 3
        desk.drag(x, y, x, y + SLOT)
        desk.toast("Ada Lovelace is now in Print room")
        desk.page.wait_for_function("() => true")
        assert "9:00 AM – 10:30 AM" in desk.label(made["ada"], "print")


def test_drag_to_create(desks: Any, studio: Shop) -> None:
    with desks(1280) as desk:
        made = filled(desk.visitor.base, studio)
        desk.open()
        at = desk.box(made["ada"], "print")
        x, noon = at["x"] + 40, at["y"] + 6 * SLOT
        desk.drag(x, noon - 2 * SLOT + 4, x, noon - 4)
        dialog = desk.page.locator("#new-dialog")
        dialog.wait_for()
        assert dialog.locator("[name=local_start]").input_value() == f"{DAY}T11:00"
        assert dialog.locator("[name=local_end]").input_value() == f"{DAY}T12:00"
        desk.visitor.soon("document.querySelector('#new-offer').options.length")
        dialog.get_by_role("button", name="Book").click()
        assert dialog.locator("[name=email]:invalid").count() == 1, "the browser asks for it"
        dialog.get_by_label("Name").fill("Alan Turing")
        dialog.get_by_label("E-mail").fill("alan@example.org")
        desk.visitor.picture("calendar-new")
        dialog.get_by_role("button", name="Book").click()
        assert "Alan Turing" in desk.toast("Booked:")
        assert desk.page.locator(".ec-event", has_text="Alan Turing").count() == 1


def test_everything_by_keyboard(desks: Any, studio: Shop) -> None:
    with desks(1280) as desk:
        made = filled(desk.visitor.base, studio)
        desk.open()
        page = desk.page
        desk.event(made["ada"], "print").focus()
        page.keyboard.press("Alt+ArrowDown")
        assert "9:15" in desk.toast("is now in Print room")
        desk.visitor.soon(f"document.activeElement.dataset.id?.startsWith('{made['ada']}')")
        page.keyboard.press("Alt+ArrowUp")
        page.keyboard.press("Alt+Shift+ArrowDown")
        page.locator("#toast", has_text="9:00\u00a0AM – 10:15\u00a0AM").wait_for()
        desk.visitor.soon(f"document.activeElement.dataset.id?.startsWith('{made['ada']}')")
        page.keyboard.press("Control+z")
        desk.toast("Ada Lovelace is back where it was")
        desk.event(made["ada"], "print").focus()
        page.keyboard.press("Enter")
        dialog = page.locator("#booking-dialog")
        dialog.wait_for()
        assert dialog.locator("[name=local_start]").input_value() == f"{DAY}T09:00"
        assert (dialog.get_by_role("link").get_attribute("href") or "").endswith(f"/bookings/{made['ada']}")
        dialog.get_by_label("Resource").select_option(label="Left half")
        dialog.get_by_label("Start").fill(f"{DAY}T15:00")
        assert dialog.locator("[name=local_end]").input_value() == f"{DAY}T16:00", "the end comes along"
        desk.visitor.picture("calendar-dialog")
        dialog.get_by_role("button", name="Move").click()
        assert "3:00\u00a0PM" in desk.toast("Ada Lovelace is now in Left half")
        page.locator("h1").click()
        page.keyboard.press("n")
        page.locator("#new-dialog").wait_for()
        page.keyboard.press("Escape")
        page.locator("#new-dialog").wait_for(state="hidden")
        desk.visitor.soon("!document.querySelector('dialog[open]')")
        page.locator("h1").click()
        page.keyboard.press("?")
        page.locator("#help-dialog").wait_for()
        page.keyboard.press("Escape")
        page.locator("#help-dialog").wait_for(state="hidden")
        desk.visitor.soon("!document.querySelector('dialog[open]')")
        page.keyboard.press("PageDown")
        page.wait_for_url("**date=2026-11-04**")
        page.go_back()
        page.wait_for_url(f"**date={DAY}**")


def test_several_moves_are_taken_back_one_after_the_other(desks: Any, studio: Shop) -> None:
    with desks(1280) as desk:
        made = filled(desk.visitor.base, studio)
        desk.open()
        page = desk.page
        desk.event(made["ada"], "print").focus()
        for times in ("9:15", "9:30", "9:45"):
            page.keyboard.press("Alt+ArrowDown")
            page.locator("#toast", has_text=times).wait_for()
        for times in ("9:30", "9:15", "9:00"):
            page.keyboard.press("Control+z")
            desk.toast("Ada Lovelace is back where it was")
            page.locator(".ec-event", has_text="Ada Lovelace").filter(has_text=times).first.wait_for()


LATE = """
const ask = window.fetch;
window.fetch = async (...asked) => {
  const answer = await ask(...asked);
  if (String(asked[0]).includes("/calendar/events?")) await new Promise((go) => setTimeout(go, 400));
  return answer;
};
"""


def test_keys_go_on_from_the_last_move_though_the_page_looks_again_meanwhile(
    desks: Any, studio: Shop
) -> None:
    """The stream has it look as well: whatever waits for the first look waits for the newer one."""
    with desks(1280) as desk:
        made = filled(desk.visitor.base, studio)
        desk.page.add_init_script(LATE)
        desk.open()
        page = desk.page
        desk.event(made["ada"], "print").focus()
        for _ in range(3):
            page.keyboard.press("Alt+ArrowDown")
        page.locator("#toast", has_text="9:45").wait_for()
        page.locator(".ec-event", has_text="Ada Lovelace").filter(has_text="9:45").first.wait_for()


def test_the_button_elsewhere_for_a_new_booking_opens_it_here(desks: Any, studio: Shop) -> None:
    with desks(1280) as desk:
        desk.visitor.goto(f"/{studio.slug}/admin/calendar?date={DAY}&new=1")
        desk.page.locator("#new-dialog").wait_for()
        assert "new=" not in desk.page.url


def test_two_staff_see_each_others_changes_within_two_seconds(
    desks: Any, studio: Shop, served: tuple[str, Settings], database_url: str, clock: Clock
) -> None:
    kim = sign_in(database_url, served[1], clock, studio, Role.ADMIN, name="Kim Admin")
    with desks(1280) as sams, desks(1280, who=kim) as kims:
        made = filled(sams.visitor.base, studio)
        sams.open()
        kims.open()
        kims.event(made["ada"], "print").focus()
        sams.event(made["mary"], "print").focus()
        sams.page.keyboard.press("Alt+ArrowUp")
        sams.toast("Mary Shelley is now in Print room")
        kims.event(made["mary"], "print").filter(has_text="12:45").wait_for(timeout=2_000)
        assert kims.page.evaluate("document.activeElement.dataset.id").startswith(made["ada"]), (
            "the focus stayed"
        )
        at = kims.box(made["ada"], "print")
        mouse = kims.page.mouse
        mouse.move(at["x"] + 30, at["y"] + 8)
        mouse.down()
        mouse.move(at["x"] + 30, at["y"] + 8 + SLOT, steps=5)
        sams.event(made["grace"], "glass").focus()
        sams.page.keyboard.press("Alt+ArrowUp")
        sams.toast("Grace Hopper is now in Glass room")
        kims.page.wait_for_timeout(1_500)
        assert kims.page.locator(".ec-event.ec-preview").count() == 1, "a drag is not disturbed"
        mouse.up()
        kims.toast("Ada Lovelace is now in Print room")
        kims.event(made["grace"], "glass").filter(has_text="10:45").wait_for(timeout=2_000)
        sams.event(made["ada"], "print").filter(has_text="9:30").wait_for(timeout=2_000)


@pytest.mark.parametrize("zone", ["Europe/London", "Asia/Tokyo", "America/New_York"])
def test_a_browser_elsewhere_shows_and_moves_in_the_organizations_time(
    desks: Any, studio: Shop, clock: Clock, zone: str
) -> None:
    """29 March 2026 has no 1:30 in London; New York's clocks went on three weeks before."""
    clock.at = datetime(2026, 3, 28, 16, 0, tzinfo=UTC)
    with desks(1280, zone=zone) as desk:
        start = datetime(2026, 3, 29, 12, 30, tzinfo=UTC)
        sent = {"org_id": str(studio.org_id), "resource_id": str(studio.ids["print"]), "start_time": start.isoformat(),
                "end_time": (start + timedelta(hours=1)).isoformat(), "artist_name": "Ada Lovelace",
                "artist_email": "ada@example.org"}  # fmt: skip
        id_ = loopback.post(f"{desk.visitor.base}/api/bookings", json=sent).json()["id"]
        desk.open(day="2026-03-29")
        assert "8:30 AM – 9:30 AM" in desk.label(id_, "print")
        at = desk.box(id_, "print")
        desk.drag(at["x"] + 30, at["y"] + 8, at["x"] + 30, at["y"] + 8 + SLOT)
        assert "9:00\u00a0AM – 10:00\u00a0AM" in desk.toast("Ada Lovelace is now in Print room")
        shown = loopback.get(f"{desk.visitor.base}/api/bookings/{id_}", headers=studio.auth).json()
        assert shown["start_time"] == "2026-03-29T13:00:00Z"
        desk.open(day="2026-03-28")
        top = desk.page.evaluate("document.querySelector('.ec-bg-event.now').getBoundingClientRect().top - "
                                 "document.querySelector('.ec-body').getBoundingClientRect().top")  # fmt: skip
        assert top == pytest.approx(24 * SLOT, abs=SLOT), "noon in New York, wherever the browser is"


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_the_calendar_is_accessible(desks: Any, studio: Shop, width: int, dark: bool) -> None:
    with desks(width, dark=dark) as desk:
        filled(desk.visitor.base, studio)
        minor = ("aria-allowed-role", "summary-name: .who")
        for name, query in {"day": "", "timeline": "&view=timeline", "week": "&days=7&group=Studios"}.items():
            desk.open(query)
            found = [line for line in desk.visitor.accessible() if not line.startswith(minor)]
            assert found == [], name
            overflow = desk.page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
            assert not overflow, f"{name} is wider than the screen"
            desk.visitor.picture(f"calendar-{name}")
        desk.visitor.goto(f"/{studio.slug}/admin/calendar?date={DAY}&view=table")
        assert [line for line in desk.visitor.accessible() if not line.startswith(minor)] == []
        desk.visitor.picture("calendar-table")


def test_the_table_shows_the_same_without_scripts(desks: Any, studio: Shop) -> None:
    with desks(390, scripts=False) as desk:
        made = filled(desk.visitor.base, studio)
        desk.visitor.goto(f"/{studio.slug}/admin/calendar?date={DAY}")
        desk.page.get_by_role("link", name="The table shows the same.").click()
        rows = desk.page.get_by_role("row")
        row = rows.filter(has_text="Grace Hopper")
        assert "kept free: 30 min before, 30 after" in row.inner_text()
        assert (row.get_by_role("link").get_attribute("href") or "").endswith(f"/bookings/{made['grace']}")
        assert "with it: Left half, Right half" in rows.filter(has_text="Clara Schumann").inner_text()
        assert "Closed on this date. (Inspection)" in rows.filter(has_text="Laser cutter").inner_text()
        assert (
            "Away at this time. (Dentist)"
            in rows.filter(has_text="Lena Ortiz").filter(has_text="Dentist").inner_text()
        )
        assert rows.filter(has_text="Held").count() == 1


def test_filters_live_in_the_address(desks: Any, studio: Shop) -> None:
    with desks(1280) as desk:
        filled(desk.visitor.base, studio)
        desk.open()
        desk.page.locator(".filters summary").click()
        desk.page.get_by_label("Group").select_option("Halls")
        desk.page.wait_for_url("**group=Halls**")
        desk.visitor.soon("document.querySelector('#calendar')?.dataset.live")
        assert desk.page.locator(".ec-col-head").all_inner_texts()[-3:] == ["Hall", "Left half", "Right half"]
        desk.page.get_by_role("link", name="Week", exact=True).click()
        desk.page.wait_for_url("**days=7**")
        assert "group=Halls" in desk.page.url


def test_a_long_press_drags_on_a_telephone(desks: Any, studio: Shop, browser: Any, sam: Someone) -> None:
    with desks(390) as looking:
        made = filled(looking.visitor.base, studio)
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, timezone_id="America/New_York",
            reduced_motion="reduce",
        )  # fmt: skip
        sam.enter(context, looking.visitor.base)
        page = context.new_page()
        page.goto(f"{looking.visitor.base}/{studio.slug}/admin/calendar?date={DAY}")
        event = page.locator(f'.ec-event[data-id="{made["ada"]}@{studio.ids["print"]}"]')
        event.wait_for()
        event.scroll_into_view_if_needed()
        at, wire = event.bounding_box(), context.new_cdp_session(page)
        assert at is not None

        def touch(kind: str, x: float = 0, y: float = 0) -> None:
            points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
            wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        x, y = at["x"] + 30, at["y"] + 10
        touch("touchStart", x, y)
        page.wait_for_timeout(450)
        for step in range(1, 9):
            touch("touchMove", x, y + step * SLOT / 8)
            page.wait_for_timeout(16)
        touch("touchEnd")
        page.locator("#toast", has_text="Ada Lovelace is now in Print room").wait_for()
        context.close()


def test_who_hosts_sees_their_own_column(
    desks: Any, studio: Shop, served: tuple[str, Settings], database_url: str, clock: Clock
) -> None:
    mo = sign_in(database_url, served[1], clock, studio, Role.HOST, email=MO)
    with desks(390, who=mo) as desk:
        made = filled(desk.visitor.base, studio)
        desk.open()
        assert desk.page.locator(".ec-col-head").all_inner_texts()[-1] == "Mo Rivera"
        assert not desk.page.locator("#new-booking").count()
        desk.event(made["lesson"], "mo").click()
        assert "You may look at this booking" in desk.page.locator("[data-why]").inner_text()
    nobody = sign_in(database_url, served[1], clock, studio, Role.HOST)
    with desks(390, who=nobody) as desk:
        desk.visitor.goto(f"/{studio.slug}/admin/calendar")
        assert desk.page.get_by_text("You are not among the people who can be booked here.").is_visible()


def test_without_resources_the_page_says_where_to_begin(
    visit: Any, served: tuple[str, Settings], database_url: str, clock: Clock, miami: Shop
) -> None:
    empty = found_shop(database_url, served[1], clock, {}, locale="en_US")
    owner = sign_in(database_url, served[1], clock, empty, Role.OWNER)
    with visit(390) as visitor:
        owner.enter(visitor.context, visitor.base)
        visitor.goto(f"/{empty.slug}/admin/calendar")
        link = visitor.page.get_by_role("link", name="Add resources")
        assert (link.get_attribute("href") or "").endswith("/admin/resources")
        visitor.picture("calendar-empty")


def test_escape_lets_go_of_what_is_dragged(desks: Any, studio: Shop) -> None:
    with desks(1280) as desk:
        made = filled(desk.visitor.base, studio)
        desk.open()
        at, mouse = desk.box(made["ada"], "print"), desk.page.mouse
        mouse.move(at["x"] + 30, at["y"] + 8)
        mouse.down()
        mouse.move(at["x"] + 30, at["y"] + 8 + 2 * SLOT, steps=5)
        desk.page.keyboard.press("Escape")
        mouse.up()
        desk.visitor.soon("document.querySelector('#heard').textContent.startsWith('Let go')")
        assert desk.box(made["ada"], "print")["y"] == pytest.approx(at["y"], abs=1)
        shown = loopback.get(f"{desk.visitor.base}/api/bookings/{made['ada']}", headers=studio.auth).json()
        assert shown["start_time"] == f"{DAY}T14:00:00Z"
        assert desk.page.locator("#toast").is_hidden()


def test_an_end_in_the_hour_that_comes_twice_moves_by_what_was_asked(desks: Any, studio: Shop) -> None:
    day = "2027-11-07"
    with desks(1280) as desk:
        wanted = {"resource_id": str(studio.ids["always"]), "name": "Ada",
                  "local_start": f"{day}T00:30", "local_end": f"{day}T01:00", "end_fold": 1,
                  "email": "ada@example.org"}  # fmt: skip
        made = loopback.post(f"{desk.visitor.base}/api/calendar/bookings", json=wanted, headers=studio.auth)
        assert made.status_code == 201, made.text
        desk.open(day=day)
        desk.event(made.json()["id"], "always").focus()
        desk.page.keyboard.press("Alt+Shift+ArrowDown")
        desk.page.locator("#toast", has_text="12:30\u00a0AM\u00a0EDT – 1:15\u00a0AM\u00a0EST").wait_for()
