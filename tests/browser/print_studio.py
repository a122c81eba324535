"""A print studio at work, for the staff's pages: hosts, rooms, a morning that is over and days to come."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from infra24.db import Database
from infra24.people import Role
from infra24.rate_limits import CLIENT_QUOTAS
from infra24.resources import Draft
from infra24.settings import Settings
from infra24.worker import Worker
from tests import loopback
from tests.browser.conftest import CHECKOUT, Visitor
from tests.factories import DAYS, Shop, found_shop
from tests.people import Someone, sign_in
from tests.scenarios import tell
from tests.serving import Clock

MIAMI = ZoneInfo("America/New_York")
NOON = datetime(2026, 10, 27, 16, 0, tzinfo=UTC)
"""A Tuesday, noon in Miami."""
GUIDE = CHECKOUT / "docs/guides/pictures"
MO, LENA = "mo@harbour.example", "lena@harbour.example"
LONG = "María de los Ángeles Fernández-Villaverde y Álvarez de Sotomayor"


@dataclass(frozen=True, slots=True)
class PrintStudio:
    """The studio as it is served: who works there, and how a visitor books."""

    shop: Shop
    base: str
    settings: Settings
    url: str
    clock: Clock

    def path(self, rest: str) -> str:
        return f"/{self.shop.slug}/{rest}"

    def sign_in(self, role: Role | None, **more: Any) -> Someone:
        return sign_in(self.url, self.settings, self.clock, self.shop, role, **more)

    def enters(self, visitor: Visitor, role: Role | None = Role.ADMIN, **more: Any) -> Someone:
        """Someone in a role signs in with this visitor's browser."""
        someone = self.sign_in(role, **{"name": "Rosa Ferrer", **more})
        someone.enter(visitor.context, visitor.base)
        return someone

    def book(self, what: str, who: str, day: int, at: str, minutes: int = 60, **more: Any) -> str:
        """Who books what on a day from today, at a time in Miami; its id."""
        hour, minute = (int(part) for part in at.split(":"))
        on = (NOON + timedelta(days=day)).astimezone(MIAMI)
        start = on.replace(hour=hour, minute=minute).astimezone(UTC)
        email = f"{who.split(maxsplit=1)[0].lower()}@example.org".encode("ascii", "ignore").decode()
        sent = {"org_id": str(self.shop.org_id), "resource_id": str(self.shop.ids[what]),
                "start_time": start.isoformat(), "end_time": (start + timedelta(minutes=minutes)).isoformat(),
                "artist_name": who, "artist_email": email, **more}  # fmt: skip
        made = loopback.post(f"{self.base}/api/bookings", json=sent, timeout=30)
        assert made.status_code == 201, made.text
        return str(made.json()["id"])


def founded(served: tuple[str, Settings], url: str, clock: Clock) -> PrintStudio:
    """The studio on Tuesday at noon, with nothing booked yet."""
    clock.at = NOON
    week = {"timezone": "America/New_York", "slot_minutes": 60, "step_minutes": 30, "durations": [30, 60]}
    own = {**week, "windows": [{"by": "resource", "days": DAYS[:6], "start": "09:00", "end": "19:00"}]}
    hosts = [
        {"by": "host", "host": host, "days": DAYS[:6], "start": "09:00", "end": "18:00"}
        for host in (MO, LENA)
    ]
    wanted = {
        "mo": Draft("person", "Mo Rivera", email=MO),
        "lena": Draft("person", "Lena Ortiz", email=LENA),
        "visit": Draft("other", "Studio visit", category="Conversations", meeting_url="https://meet.example/{room}",
                       description="Half an hour with one of our printers.",
                       availability_rules={**week, "pooling": "round_robin", "windows": hosts}),
        "room": Draft("space", "Print room", capacity=1, price=1500, category="Workshop", availability_rules=own),
        "laser": Draft("equipment", "Laser cutter", capacity=1, category="Workshop",
                       availability_rules={**own, "approval": True}),
        "bench": Draft("space", "Open bench", capacity=80, category="Workshop", availability_rules=own),
    }  # fmt: skip
    shop = found_shop(url, served[1], clock, wanted, locale="en_US")
    studio = PrintStudio(shop, served[0], served[1], url, clock)
    with studio.sign_in(Role.OWNER, name="Noor Haddad", email=f"noor-{shop.slug}@harbour.example").client(
        served[0]
    ) as owner:
        facts = {"name": "Harbour Print Studio", "zone": "America/New_York", "locale": "en_US",
                 "seed": "#1f6f54", "radius": "14", "approval_hours": "72",
                 **{name: str(effect.usual) for name, effect in CLIENT_QUOTAS.items()}}  # fmt: skip
        assert owner.post(studio.path("admin/settings"), data=facts).status_code == 303
    return studio


def at_work(studio: PrintStudio) -> dict[str, str]:
    """A day at work: a morning that is over, an afternoon to come, two that wait; ids by name."""
    studio.clock.at = NOON - timedelta(days=1)
    ids = {
        "came": studio.book("room", "Ines Duarte", 0, "09:00"),
        "early": studio.book("bench", "Theo Brandt", 0, "10:00"),
        "now": studio.book("room", "Amara Okafor", 0, "11:30"),
        "soon": studio.book("visit", "Ada Lovelace", 0, "13:00", 30, goal_text="Portfolio feedback"),
        "later": studio.book("visit", LONG, 0, "15:00", 30),
        "print": studio.book("room", "Grace Hopper", 0, "16:00"),
    }
    studio.clock.at = NOON
    ids |= {
        "asked": studio.book("laser", "Kenji Watanabe", 1, "10:00", goal_text="Birch plywood, 4 mm"),
        "asked_too": studio.book("laser", "Lucía Prieto", 2, "14:00"),
        "tomorrow": studio.book("visit", "Ada Lovelace", 1, "11:00", 30),
        "room": studio.book("room", "Tomasz Nowak", 1, "09:00"),
    }
    return ids


def settled(studio: PrintStudio) -> None:
    """What follows from the bookings: announcements, letters."""

    async def work(_: Database, worker: Worker) -> None:
        await worker.run_until_idle()

    tell(studio.url, work, studio.settings, studio.clock)


def guide(visitor: Visitor, name: str) -> None:
    """A picture for the staff guide, of what is on the screen; what differs from run to run reads the same.

    Written only when INFRA24_GUIDE=1: else the page was at least visited as the guide shows it.
    """
    if os.environ.get("INFRA24_GUIDE") != "1":
        return
    GUIDE.mkdir(parents=True, exist_ok=True)
    visitor.page.wait_for_timeout(300)
    visitor.page.evaluate(_STEADY, visitor.base)
    visitor.page.screenshot(path=GUIDE / f"{name}.png")


_STEADY = """base => {
    const steady = text => text.replaceAll(base, "https://book.harbour.example").replace(/shop-[0-9a-f]{10}/g, "harbour")
        .replace(/127\\.0\\.0\\.1/g, "192.0.2.7").replace(/\\b[0-9A-F]{8}\\b/g, "4F2A91C7").replace(/-[0-9a-f]{8}@/g, "@");
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) if (steady(walk.currentNode.data) !== walk.currentNode.data) walk.currentNode.data = steady(walk.currentNode.data);
    for (const field of document.querySelectorAll("input[type=text], input:not([type]), textarea")) field.value = steady(field.value);
    for (const time of document.querySelectorAll(".trail time")) time.textContent = "Tue, Oct 27, 11:58 AM";
    document.activeElement?.blur();
}"""
"""Addresses, references and the audit's times (the database's own clock) as they would be in a real studio."""


def looked_at(visitor: Visitor, what: str, path: str) -> list[str]:
    """Open a page, keep its picture, and say what is wrong with it for everyone."""
    visitor.goto(path)
    visitor.picture(what)
    wide = visitor.page.evaluate(_WIDE)
    small = visitor.page.evaluate(_SMALL)
    return [*visitor.accessible(), *wide, *small]


_WIDE = """[...document.querySelectorAll('body *')].filter(e => {
        if (!e.checkVisibility() || e.getBoundingClientRect().right <= innerWidth + 1 || e.closest('.only-heard')) return false;
        for (let up = e.parentElement; up; up = up.parentElement)
            if (['auto', 'scroll'].includes(getComputedStyle(up).overflowX)) return false;
        return true;
    }).slice(0, 4).map(e => `sticks out: ${e.tagName} ${e.className} ${(e.innerText || '').slice(0, 30)}`)"""
"""What is cut off at the edge of the screen, and cannot be scrolled to."""
_SMALL = """[...document.querySelectorAll('main :is(button, summary, select, a.btn, .tabs a, input:not([type=checkbox], [type=radio], [type=hidden]))')]
    .filter(e => e.checkVisibility() && e.getClientRects().length).map(e => [e, e.getBoundingClientRect()])
    .filter(([, r]) => r.height > 2 && r.height < 43.5)
    .map(([e, r]) => `small (${Math.round(r.height)}): ${(e.innerText || e.name || '').slice(0, 30)}`)"""
"""What is to be pressed and is lower than 44 px."""
