"""Who works here and how the organization is set up, in a real browser: people, settings, keys, audit."""

import re
import struct
import zlib
from typing import Any

import pytest

from infra24.people import Role
from infra24.settings import Settings
from tests import loopback
from tests.browser.conftest import LOOKS
from tests.browser.print_studio import LONG, MO, PrintStudio, at_work, founded, looked_at
from tests.serving import Clock

pytestmark = pytest.mark.browser
PAGES = {
    "people": "admin/people",
    "settings": "admin/settings",
    "keys": "admin/keys",
    "audit": "admin/audit",
    "senders": "admin/senders",
    "mail-server": "admin/senders/smtp",
    "messages": "admin/messages",
    "message": "admin/messages/booking_confirmed",
    "opt-outs": "admin/opt-outs",
    "notices": "admin/notices",
    "announcements": "admin/announcements",
    "notifications": "dashboard/notifications",
}


@pytest.fixture
def studio(served: tuple[str, Settings], database_url: str, clock: Clock) -> PrintStudio:
    return founded(served, database_url, clock)


def inhabited(studio: PrintStudio) -> None:
    """Colleagues, one with a long name, one invited, a key, and a day's changes."""
    at_work(studio)
    studio.sign_in(Role.HOST, email=MO, name="Mo Rivera")
    studio.sign_in(
        Role.STAFF, name=LONG, email=f"maria.de.los.angeles.{studio.shop.slug}@harbour-print-studio.example"
    )
    studio.sign_in(Role.MEMBER, name="Ada Lovelace")
    with studio.sign_in(Role.OWNER, name="Imani Cole").client(studio.base) as owner:
        sent = {
            "email": f"sam-{studio.shop.slug}@harbour.example",
            "name": "Sam Osei",
            "role": "staff",
        }
        assert owner.post(studio.path("admin/people/invite"), data=sent).status_code == 303
        made = owner.post(
            studio.path("admin/keys"),
            data={"label": "Website", "scope": ["bookings:read", "catalogue:read"]},
        )
        assert made.status_code == 200


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_the_pages_of_the_house_are_accessible(
    visit: Any, studio: PrintStudio, width: int, dark: bool
) -> None:
    inhabited(studio)
    with visit(width, dark=dark) as visitor:
        studio.enters(visitor, Role.OWNER)
        found = {
            name: looked_at(visitor, f"studio-{name}", studio.path(path)) for name, path in PAGES.items()
        }
        assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_the_pages_of_the_house_fit_a_small_telephone_in_spanish(visit: Any, studio: PrintStudio) -> None:
    inhabited(studio)
    with visit(320, locale="es-ES") as visitor:
        studio.enters(visitor, Role.OWNER)
        found = {
            name: looked_at(visitor, f"studio-{name}-es", studio.path(path)) for name, path in PAGES.items()
        }
        assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "noscript"])
def test_people_are_invited_given_roles_and_taken_out(visit: Any, studio: PrintStudio, scripts: bool) -> None:
    colleague = studio.sign_in(Role.STAFF, name="Kim Park")
    with visit(1280 if scripts else 390, scripts=scripts) as visitor:
        studio.enters(visitor, Role.ADMIN)
        page = visitor.page
        visitor.goto(studio.path("admin/people"))
        invited = f"sam-{studio.shop.slug}@harbour.example"
        page.get_by_label("E-mail", exact=True).fill(invited)
        page.get_by_label("Name (optional)").fill("Sam Osei")
        page.locator("#role").select_option("host")
        page.get_by_role("button", name="Send the invitation").click()
        page.get_by_text("The invitation is on its way.").wait_for()
        assert page.locator("section", has=page.locator("#invited")).get_by_text(invited).is_visible()
        page.get_by_role("button", name="Take it back").click()
        page.get_by_text("Saved.").wait_for()
        assert page.get_by_text(invited).count() == 0

        row = page.locator("tr", has_text=colleague.email)
        row.get_by_label("Role of Kim Park").select_option("instructor")
        row.get_by_role("button", name="Change Kim Park").click()
        page.get_by_text("Saved.").wait_for()
        row = page.locator("tr", has_text=colleague.email)
        assert row.get_by_label("Role of Kim Park").input_value() == "instructor"
        row.locator("summary").click()
        row.get_by_role("button", name="Yes, take out").click()
        page.get_by_text("Saved.").wait_for()
        assert page.locator("tr", has_text=colleague.email).count() == 0


def test_the_last_owner_stays_and_a_wrong_address_is_said(visit: Any, studio: PrintStudio) -> None:
    with visit(390) as visitor:
        owner = studio.enters(visitor, Role.OWNER)
        page = visitor.page
        visitor.goto(studio.path("admin/people"))
        first = page.locator("tr", has_text="Noor Haddad")
        first.locator("summary").click()
        first.get_by_role("button", name="Yes, take out").click()
        page.get_by_text("Saved.").wait_for()
        own = page.locator("tr", has_text=owner.email)
        own.locator("select").select_option("admin")
        own.get_by_role("button", name="Change").click()
        said = page.get_by_role("alert")
        said.wait_for()
        assert "owner" in said.inner_text()
        assert page.title().startswith("Error:")
        assert visitor.accessible() == []
        visitor.picture("studio-people-409")
        page.locator("#email").evaluate("e => e.type = 'text'")
        page.locator("#email").fill("sam at harbour")
        page.get_by_role("button", name="Send the invitation").click()
        page.get_by_text("Write an e-mail address such as").wait_for()
        assert page.locator("#email").input_value() == "sam at harbour"


def _png(side: int = 64) -> bytes:
    """A red square."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + b"\xb3\x26\x1e" * side for _ in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "noscript"])
def test_the_look_is_chosen_and_the_logo_shown(visit: Any, studio: PrintStudio, scripts: bool) -> None:
    with visit(390, scripts=scripts) as visitor:
        studio.enters(visitor, Role.OWNER)
        page = visitor.page
        visitor.goto(studio.path("admin/settings"))
        page.get_by_label("Colour").fill("#ffd400")
        if scripts:
            page.get_by_text("Text on it is black, contrast 14").wait_for()
        page.locator("#logo").set_input_files({"name": "logo.png", "mimeType": "image/png", "buffer": _png()})
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Saved.").wait_for()
        assert page.get_by_text("Text on it is black, contrast 14").is_visible()
        page.locator("header img.logo").wait_for()  # a picture has no size until it has come
        if scripts:
            visitor.soon("document.querySelector('header img.logo').naturalWidth === 64")
            assert visitor.accessible() == []
        visitor.picture("studio-settings-yellow")
        visitor.goto(studio.path("book"))
        page.locator("header img.logo").wait_for()
        visitor.goto(studio.path("admin/settings"))
        page.get_by_label("Without a logo").check()
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Saved.").wait_for()
        assert page.locator("header img.logo").count() == 0


def test_what_is_wrong_with_the_settings_is_named(visit: Any, studio: PrintStudio) -> None:
    with visit(1280) as visitor:
        studio.enters(visitor, Role.OWNER)
        page = visitor.page
        visitor.goto(studio.path("admin/settings"))
        page.get_by_label("Time zone").fill("Mars/Olympus")
        page.get_by_label("Name", exact=True).fill("Harbour Print")
        page.get_by_role("button", name="Save").click()
        said = page.get_by_role("alert")
        said.wait_for()
        assert "There is no such time zone" in said.inner_text()
        assert page.get_by_label("Time zone").input_value() == "Mars/Olympus"
        assert page.get_by_label("Name", exact=True).input_value() == "Harbour Print"
        assert visitor.accessible() == []
        visitor.picture("studio-settings-422")
        said.get_by_role("link").first.click()
        visitor.soon("document.activeElement.id === 'zone'")
        page.get_by_label("Time zone").fill("America/New_York")
        page.locator("#logo").set_input_files(
            {"name": "logo.png", "mimeType": "image/png", "buffer": b"no picture"}
        )
        page.get_by_role("button", name="Save").click()
        page.get_by_role("alert").wait_for()
        assert "PNG, JPEG or WebP" in page.get_by_role("alert").inner_text()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "noscript"])
def test_a_key_is_shown_once_opens_what_it_may_and_is_revoked(
    visit: Any, studio: PrintStudio, scripts: bool
) -> None:
    with visit(390, scripts=scripts) as visitor:
        studio.enters(visitor, Role.ADMIN)
        page = visitor.page
        visitor.goto(studio.path("admin/keys"))
        page.get_by_label("What is it for?").fill("The website")
        page.get_by_role("button", name="Make the key").click()
        page.get_by_text("Choose at least one.").wait_for()
        assert page.get_by_label("What is it for?").input_value() == "The website"
        page.get_by_label("catalogue:read").check()
        page.get_by_role("button", name="Make the key").click()
        page.get_by_text("Keep this key: it is shown this once.").wait_for()
        key = page.locator("#made").input_value()
        visitor.picture("studio-key-made")
        auth = {"authorization": f"Bearer {key}"}
        api = f"{studio.base}/api/organizations/{studio.shop.slug}"
        with loopback.Client(headers=auth) as program:
            assert program.get(f"{api}/booking-links").status_code == 200
            assert program.get(f"{studio.base}/api/bookings").status_code == 403
            assert program.get(f"{api}/analytics").status_code == 403
        visitor.goto(studio.path("admin/keys"))
        assert key not in page.content()
        page.get_by_role("button", name="Revoke The website").click()
        page.get_by_text("The key opens nothing any more.").wait_for()
        assert loopback.get(f"{api}/booking-links", headers=auth).status_code == 401


def test_the_audit_says_who_what_before_and_after(visit: Any, studio: PrintStudio) -> None:
    ids = at_work(studio)
    with visit(1280) as visitor:
        studio.enters(visitor, Role.OWNER)
        page = visitor.page
        visitor.goto(studio.path(f"bookings/{ids['print']}"))
        page.get_by_label("Notes of the staff").fill("Needs the big press.")
        page.get_by_role("button", name="Save the notes").click()
        page.get_by_text("Saved.").wait_for()
        page.get_by_label("Time", exact=True).fill("17:00")
        page.get_by_role("button", name="Move it to this time").click()
        page.get_by_text("Saved.").wait_for()

        visitor.goto(studio.path("admin/audit"))
        entry = page.locator(".trail > li").first
        assert "Rosa Ferrer" in entry.inner_text()
        entry.locator("summary").click()
        starts = entry.locator("tr", has_text="starts at")
        assert "4:00" in starts.locator("del").inner_text()
        assert "5:00" in starts.locator("ins").inner_text()
        visitor.picture("studio-audit-open")
        before = page.locator(".trail > li").count()
        page.get_by_label("By whom").fill("Noor")
        page.get_by_role("button", name="Show").click()
        page.wait_for_url("**by=Noor**")
        assert page.get_by_label("By whom").input_value() == "Noor"
        assert 0 < page.locator(".trail > li").count() < before
        assert "Rosa" not in page.locator(".trail").inner_text()
        page.go_back()
        assert page.locator(".trail > li").count() == before
        page.get_by_label("What").select_option("booking")
        page.get_by_role("button", name="Show").click()
        assert re.search(r"subject=booking\b", page.url)
        page.get_by_label("Name", exact=True).fill("no such thing")
        page.get_by_role("button", name="Show").click()
        page.get_by_text("Nothing was changed that matches.").wait_for()
        page.get_by_role("link", name="Without filters").click()
        assert page.locator(".trail > li").count() == before
