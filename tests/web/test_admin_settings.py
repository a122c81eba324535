"""The settings page: what was not touched on it stays what somebody else has made of it meanwhile."""

import html
import re

from infra24.people import Role
from infra24.settings import Settings
from tests.factories import Shop
from tests.people import sign_in
from tests.serving import Clock


def fields(page: str) -> dict[str, str]:
    """What the form holds: its inputs with a value, and what is chosen in its selects."""
    form = page[page.index('<form method="post" enctype') :]
    form = form[: form.index("</form>")]
    found = {
        name[1]: html.unescape(value[1])
        for one in re.findall(r"<input[^>]*>", form)
        if (name := re.search(r'name="([^"]+)"', one))
        and (value := re.search(r'value="([^"]*)"', one))
        and ("checkbox" not in one or " checked" in one)
    }
    chosen = re.search(r'<select[^>]*name="locale".*?<option value="([^"]+)" selected', form, re.DOTALL)
    return found | ({"locale": chosen[1]} if chosen else {})


def test_two_owners_who_save_at_once_keep_what_each_changed(
    shop: Shop, base: str, database_url: str, settings: Settings, clock: Clock
) -> None:
    owner = sign_in(database_url, settings, clock, shop, Role.OWNER)
    page = f"/{shop.slug}/admin/settings"
    with owner.client(base) as browser:
        first = fields(browser.get(page).text)
        second = dict(first)
        assert browser.post(page, data={**first, "approval_hours": "5"}).status_code == 303
        wrong = browser.post(page, data={**second, "name": "Ours", "radius": "9000"})
        assert wrong.status_code == 422
        again = fields(wrong.text)
        assert again["name"] == "Ours", "what was typed is kept"
        assert browser.post(page, data={**again, "radius": "9"}).status_code == 303
        kept = fields(browser.get(page).text)
        assert (kept["name"], kept["approval_hours"], kept["radius"]) == ("Ours", "5", "9")


def test_an_owner_sets_the_limits_for_visitors_within_bounds(
    shop: Shop, base: str, database_url: str, settings: Settings, clock: Clock
) -> None:
    owner = sign_in(database_url, settings, clock, shop, Role.OWNER)
    page = f"/{shop.slug}/admin/settings"
    with owner.client(base) as browser:
        shown = fields(browser.get(page).text)
        usual = [shown[name] for name in ("holds_at_once", "pending_at_once", "bookings_a_day")]
        assert usual == ["8", "10", "60"]
        assert browser.post(page, data={**shown, "holds_at_once": "3"}).status_code == 303
        assert fields(browser.get(page).text)["holds_at_once"] == "3"
        for typed in ("0", "-1", "1001", "many"):
            wrong = browser.post(page, data={**shown, "holds_at_once": typed})
            assert wrong.status_code == 422
            assert "Write a number from 1 to 1000." in wrong.text
