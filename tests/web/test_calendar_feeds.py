"""Calendar feeds of an organization and of its resources: what they show, and that they can be revoked."""

import re
from datetime import timedelta

import httpx2
import icalendar

from infra24.people import Role
from infra24.settings import Settings
from tests.factories import Shop, found_shop
from tests.people import sign_in
from tests.serving import Clock
from tests.web.test_bookings_api import AT, book


def summaries(http: httpx2.Client, address: str) -> list[str]:
    answer = http.get(re.sub(r"^https?://[^/]+", "", address))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/calendar")
    calendar = icalendar.Calendar.from_ical(answer.text)
    return sorted(str(event["UID"]) for event in calendar.events)


def test_feeds_are_added_read_and_revoked(
    base: str, http: httpx2.Client, database_url: str, settings: Settings, clock: Clock, shop: Shop
) -> None:
    in_room = book(http, shop)
    with_mo = book(http, shop, "limited", at=AT.replace(hour=10), minutes=30)
    wheels = book(http, shop, "wheels", at=AT + timedelta(days=1))
    admin = sign_in(database_url, settings, clock, shop, Role.ADMIN)
    page = f"/{shop.slug}/admin/feeds"
    with admin.client(base) as client:
        assert "No feeds yet" in client.get(page).text
        for name in ("", "room", "mo", "limited"):
            of = str(shop.ids[name]) if name else ""
            assert client.post(page, data={"resource": of, "label": ""}).status_code == 303
        listed = client.get(page).text.replace("\n", " ")
        feeds = dict(zip(
            [one.strip() for one in re.findall(r'entry-head">\s*<h2>([^<]+)</h2>', listed)],
            re.findall(r'value="([^"]+\.ics)"', listed), strict=True
        ))  # fmt: skip
        seen = {label: summaries(http, address) for label, address in feeds.items()}
        ids = {name: next(uid for uid in seen["The Shop"] if made["id"] in uid)
               for name, made in (("room", in_room), ("mo", with_mo), ("wheels", wheels))}  # fmt: skip
        assert seen["The Shop"] == sorted(ids.values())
        assert seen["Room"] == [ids["room"]]
        assert seen["Mo"] == seen["Limited"] == [ids["mo"]]
        revoke = re.search(r'name="feed"\s+value="([^"]+)"', listed[listed.index("<h2>Room</h2>") :])
        assert revoke
        assert client.post(f"{page}/revoke", data={"feed": revoke[1]}).status_code == 303
        assert client.post(f"{page}/revoke", data={"feed": revoke[1]}).status_code == 404
    gone = http.get(re.sub(r"^https?://[^/]+", "", feeds["Room"]))
    assert gone.status_code == 404
    assert summaries(http, feeds["Mo"]) == [ids["mo"]]


def test_a_feed_of_another_organization_is_not_made_nor_revoked(
    base: str, database_url: str, settings: Settings, clock: Clock, shop: Shop
) -> None:
    theirs = found_shop(database_url, settings, clock)
    admin = sign_in(database_url, settings, clock, shop, Role.ADMIN)
    with admin.client(base) as client:
        page = f"/{shop.slug}/admin/feeds"
        assert client.post(page, data={"resource": str(theirs.ids["room"])}).status_code == 404
        long = client.post(page, data={"resource": "", "label": "x" * 101})
        assert long.status_code == 422
        assert "at most 100 characters" in long.text
