"""Who has signed in books as any visitor does: every form of the pages carries what the guard asks of a session."""

import re
from pathlib import Path

import infra24
from infra24.people import Role
from infra24.settings import Settings
from tests import loopback
from tests.factories import Shop
from tests.people import sign_in
from tests.serving import Clock

TEMPLATES = Path(infra24.__file__).parent / "web/templates"


def test_every_form_that_is_posted_carries_the_proof_of_the_session() -> None:
    for template in sorted(TEMPLATES.rglob("*.html")):
        text = template.read_text()
        for form in re.findall(r"<form\b[^>]*method=\"post\".*?</form>", text, re.DOTALL):
            assert 'name="csrf"' in form or "csrf_field()" in form, f"{template.name}: {form[:90]}"


def test_a_member_books_moves_and_cancels_on_the_visitors_pages(
    base: str, shop: Shop, database_url: str, settings: Settings, clock: Clock
) -> None:
    ada = sign_in(database_url, settings, clock, shop, Role.MEMBER, email="ada@people.example")
    with loopback.Client(base_url=base, timeout=30, cookies={"session": ada.cookie}) as browser:
        page = browser.get(f"/{shop.slug}/book/room").text
        csrf = re.search(r'name="csrf" value="(\w+)"', page)
        start = re.search(r'name="start"[^>]* value="([^"]+)"', page)
        assert csrf
        assert start
        proof = {"csrf": csrf[1]}
        refused = browser.post(f"/{shop.slug}/book/room", data={"start": start[1]})
        assert refused.status_code == 403
        held = browser.post(f"/{shop.slug}/book/room", data={"start": start[1], "duration": "30", **proof})
        assert held.status_code == 303
        details = held.headers["location"]
        form = browser.get(details)
        assert "/sign-out" in form.text, "the page of a token knows who looks at it"
        done = browser.post(details, data={"name": "Ada", "email": "ada@people.example", **proof})
        assert done.status_code == 303
        confirmation = done.headers["location"]
        mine = f"/{shop.slug}/dashboard/bookings"
        assert "Room" in browser.get(mine).text
        cancel = confirmation.replace("confirmation", "cancel")
        assert browser.post(cancel, data=proof).status_code == 303
        assert "You have nothing booked" in browser.get(mine).text
