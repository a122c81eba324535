"""Finding one's bookings without an account: a link by e-mail to all that was booked with an address."""

import asyncio
import re
from datetime import timedelta

import httpx2

from infra24 import bookings
from infra24.app import compose
from infra24.auth.tokens import Tokens
from infra24.settings import Settings
from tests.factories import Shop, found_shop
from tests.mail.reading import body_of, sent_emails
from tests.serving import NOW, Clock
from tests.web.test_bookings_api import AT, book


def work(settings: Settings, url: str, clock: Clock) -> None:
    async def main() -> None:
        database, worker = compose(settings, url, clock)
        await database.open()
        try:
            await worker.run_until_idle()
        finally:
            await worker.aclose()
            await database.close()

    asyncio.run(main())


def test_a_closed_tab_is_no_lost_booking(
    http: httpx2.Client, shop: Shop, settings: Settings, database_url: str, clock: Clock, empty_queue: None
) -> None:
    first = book(http, shop, artist_email="mine@example.org")
    second = book(http, shop, at=AT + timedelta(hours=3), artist_email="mine@example.org")
    http.delete(f"/api/bookings/{second['token']}")
    book(http, shop, at=AT + timedelta(hours=6), artist_email="other@example.org")
    path = f"/{shop.slug}/my-bookings"
    assert "Find my bookings" in http.get(f"/{shop.slug}/book").text
    for typed in ("Mine@Example.org ", "mine@example.org", "nobody@example.org"):
        assert "is on its way" in http.post(path, data={"email": typed}).text
    work(settings, database_url, clock)
    found = [one for one in sent_emails(settings) if one["subject"].startswith("Your bookings at")]
    (mailed,) = found
    assert mailed["to"] == "mine@example.org", "once, and not to who has nothing here"
    said = body_of(mailed)
    assert "You have 1 booking coming up" in said
    link = re.search(rf"{path}/\S+", said)
    assert link
    listed = http.get(link[0]).text
    assert f"/bookings/reschedule/{first['token']}" in listed
    assert f"/bookings/confirmation/{second['token']}" in listed
    assert "other@example.org" not in listed
    clock.forward(days=8)
    over = http.get(link[0])
    assert (over.status_code, "Ask for a new one" in over.text) == (410, True)


def test_what_is_no_address_is_said_and_kept(http: httpx2.Client, shop: Shop) -> None:
    answer = http.post(f"/{shop.slug}/my-bookings", data={"email": "not an address"})
    assert answer.status_code == 422
    assert 'value="not an address"' in answer.text


def test_a_link_opens_for_its_organization_and_address_alone(
    http: httpx2.Client, shop: Shop, settings: Settings, database_url: str, clock: Clock, base: str
) -> None:
    other = found_shop(database_url, settings, clock)
    tokens = Tokens(Settings(secret="a secret of the tests, long enough").keyring())
    good = bookings.write_list_link(tokens.sign, shop.org_id, "mine@example.org", NOW + timedelta(days=1))
    assert http.get(f"/{shop.slug}/my-bookings/{good}").status_code == 200
    foreign = Tokens(Settings(secret="another secret that is long enough").keyring())
    forged = bookings.write_list_link(foreign.sign, shop.org_id, "mine@example.org", NOW + timedelta(days=1))
    for slug, signed in ((other.slug, good), (shop.slug, forged), (shop.slug, good[:-4] + "AAAA"),
                         (shop.slug, "x"), (shop.slug, "é" * 10), (shop.slug, "A" * 5_000)):  # fmt: skip
        assert http.get(f"/{slug}/my-bookings/{signed}").status_code == 410
