"""A real browser on a served organization. With INFRA24_PICTURES=1 each page is left in screenshots/."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from infra24.settings import Settings
from tests.factories import Shop, found_shop
from tests.serving import Clock, serving

CHECKOUT = Path(__file__).parent.parent.parent
PICTURES = CHECKOUT / "screenshots"
AXE = CHECKOUT / "frontend/node_modules/axe-core/axe.min.js"
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip

LOOKS = [(390, False), (1280, True)]
"""A telephone by day and a desk by night: `accessible` tries the contrast of the other colours too."""

CLOCKS_CHANGE = datetime(2026, 10, 30, 16, 0, tzinfo=UTC)
"""A Friday: on Sunday 1 November the clocks in Miami go back. London's went back a week before."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one module: it runs a loop in this thread, which later modules want for themselves."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=_chromium(), args=_FLAGS)
        yield found
        found.close()


def _chromium() -> str | None:
    """Chromium without a window takes half the processor time; the whole browser where that is missing."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock(CLOCKS_CHANGE)


@pytest.fixture(scope="module")
def served(
    database_url: str, tmp_path_factory: pytest.TempPathFactory, clock: Clock
) -> Iterator[tuple[str, Settings]]:
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("browser"), secret="a secret of the tests, long enough"
    )
    with serving(settings, database_url, clock) as base:
        yield base, settings


@pytest.fixture
def miami(served: tuple[str, Settings], database_url: str, clock: Clock) -> Shop:
    """An organization in Miami in the week in which its clocks change."""
    from infra24.resources import Draft
    from tests.factories import DAYS

    clock.at = CLOCKS_CHANGE
    week = {"timezone": "America/New_York", "slot_minutes": 30}
    wanted = {
        "mo": Draft("person", "Mo Rivera", email="mo@miami.example", is_bookable=False),
        "visit": Draft("other", "Remote Studio Visit", slug="remote-studio-visit", category="Conversations",
                       description="Half an hour by video.", meeting_url="https://meet.example/{room}",
                       availability_rules={**week, "windows": [
                           {"by": "host", "host": "mo@miami.example", "days": DAYS, "start": "12:00",
                            "end": "16:00"}]}),
        "room": Draft("space", "Print room", slug="print-room", capacity=1, price=1500,
                      availability_rules={**week, "durations": [30, 60], "windows": [
                          {"by": "resource", "days": DAYS, "start": "09:00", "end": "17:00"}]}),
        "asked": Draft("space", "Laser cutter", slug="laser-cutter", capacity=1,
                       availability_rules={**week, "approval": True, "cancel_notice_minutes": 4320,
                                           "reschedule_notice_minutes": 4320, "windows": [
                           {"by": "resource", "days": DAYS, "start": "09:00", "end": "17:00"}]}),
    }  # fmt: skip
    return found_shop(database_url, served[1], clock, wanted, locale="en_US")


def picture(page: Page, name: str) -> None:
    """A picture of the whole page, for whoever asked to look at them."""
    if os.environ.get("INFRA24_PICTURES") == "1":
        PICTURES.mkdir(exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


class Visitor:
    """One visitor's browser: collects what went wrong on the way."""

    def __init__(self, context: BrowserContext, base: str, name: str) -> None:
        self.context, self.base, self.name = context, base, name
        self.page: Page = context.new_page()
        self.troubles: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.troubles.append(message.text)

    def goto(self, path: str) -> None:
        self.page.goto(self.base + path)

    def soon(self, holds: str) -> None:
        """Wait until an expression is true in the page; not by the page's own eval, which its policy forbids."""
        for _ in range(120):
            if self.page.evaluate(f"Boolean({holds})"):
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"never came true: {holds}")

    def picture(self, what: str) -> None:
        picture(self.page, f"{what}-{self.name}")

    def accessible(self) -> list[str]:
        """What axe finds; of the other colour scheme, what cannot be read.

        It runs beside the page, so that the page's own policy stays on; it is sent once, for all later pages.
        """
        if not self.page.evaluate("'loadAxe' in window"):
            script = f"window.loadAxe = () => {{ {AXE.read_text()} }}"
            self.page.evaluate(script)
            self.page.add_init_script(script)
        self.page.evaluate("loadAxe()")
        found = self._violations(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
        dark = self.name.split("-")[1] == "dark"
        self.page.emulate_media(color_scheme="light" if dark else "dark")
        other = self._violations(["color-contrast"])
        self.page.emulate_media(color_scheme="dark" if dark else "light")
        return [*found, *(f"in the other colours, {line}" for line in other)]

    def _violations(self, rules: list[str]) -> list[str]:
        found = self.page.evaluate(
            "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations'], preload: false})"
            ".then(r => r.violations.map("
            "v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).join(', ')))",
            rules,
        )
        return list(found)


@pytest.fixture
def visit(browser: Browser, served: tuple[str, Settings]) -> Any:
    """Opens a visitor's browser: width, scheme, scripts or none, language, zone."""
    opened: list[BrowserContext] = []

    @contextmanager
    def go(
        width: int = 390, *, dark: bool = False, scripts: bool = True, locale: str = "en-US",
        zone: str = "America/New_York",
    ) -> Iterator[Visitor]:  # fmt: skip
        context = browser.new_context(
            viewport={"width": width, "height": 844 if width < 500 else 800},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            locale=locale,
            timezone_id=zone,
            reduced_motion="reduce",
            bypass_csp=False,
        )
        opened.append(context)
        name = f"{width}-{'dark' if dark else 'light'}{'' if scripts else '-noscript'}"
        visitor = Visitor(context, served[0], name)
        yield visitor
        assert visitor.troubles == []

    yield go
    for context in opened:
        context.close()


def slug_of(path: str) -> str:
    """A path as the name of a picture."""
    return re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")
