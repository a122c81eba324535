"""Booking links: their kinds, ends and uses, private ones, their look, and who may show them in a frame."""

import re
import threading
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlparse

import httpx2
import psycopg
import pytest

from infra24.settings import Settings
from tests import loopback
from tests.factories import Shop, found_shop
from tests.serving import NOW, Clock
from tests.studio import ANN, BEN, CYD, people_and_things
from tests.web.test_bookings_api import AT

HOUR = timedelta(hours=1)
SITE = "https://www.example.org"
MANY = 20


@pytest.fixture
def shop(database_url: str, settings: Settings, clock: Clock) -> Shop:
    return found_shop(database_url, settings, clock, people_and_things())


def link(http: httpx2.Client, shop: Shop, **more: Any) -> dict[str, Any]:
    answer = write(http, shop, **more)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def write(http: httpx2.Client, shop: Shop, **more: Any) -> httpx2.Response:
    draft = {
        "slug": f"{shop.slug}-link",
        "kind": "team",
        "title": "See us",
        "offers": ["with-whom-you-like"],
        **more,
    }
    return http.post(f"/api/organizations/{shop.slug}/booking-links", headers=shop.auth, json=draft)


def here(shop: Shop, made: dict[str, Any]) -> str:
    return f"/api/organizations/{shop.slug}/booking-links/{made['slug']}"


def uses(http: httpx2.Client, shop: Shop, made: dict[str, Any]) -> int:
    return int(http.get(here(shop, made), headers=shop.auth).json()["uses"])


def ask(http: httpx2.Client, made: dict[str, Any], **more: Any) -> httpx2.Response:
    return http.get("/api/booking/availability", params={"link": made["slug"], "date": "2026-11-23", **more})


def create(
    http: httpx2.Client, made: dict[str, Any], headers: dict[str, str] | None = None, **more: Any
) -> httpx2.Response:
    body = {"link_slug": made["slug"], "attendee_name": "Ada", "attendee_email": "ada@example.org",
            "start_time": AT.isoformat(), **more}  # fmt: skip
    return http.post("/api/booking/create", json=body, headers=headers or {})


def hosts(booking: dict[str, Any]) -> list[str]:
    return [p["name"] for p in booking["participants"] if p["role"] == "host"]


def ancestors(answer: httpx2.Response) -> set[str]:
    found = re.search(r"frame-ancestors ([^;]*)", answer.headers["content-security-policy"])
    assert found is not None
    return set(found.group(1).split())


# Kinds.


@pytest.mark.parametrize(("kind", "emails", "named", "taken"), [
    ("individual", [BEN], {"Ben"}, ["Ben"]),
    ("team", [], {"Ann", "Ben"}, ["Ann"]),
    ("team", [BEN, ANN], {"Ann", "Ben"}, ["Ann"]),
    ("round_robin", [], {None}, ["Ann"]),
    ("collective", [ANN, BEN], {None}, ["Ann", "Ben"]),
])  # fmt: skip
def test_each_kind_gives_its_hosts(
    http: httpx2.Client, shop: Shop, kind: str, emails: list[str], named: set[str | None], taken: list[str]
) -> None:
    made = link(http, shop, kind=kind, hosts=emails)
    answer = ask(http, made).json()
    assert answer["booking_link"] == {"slug": made["slug"], "name": "See us", "type": kind}
    assert {s["staff_name"] for s in answer["slots"]} == named
    booking = create(http, made)
    assert booking.status_code == 201, booking.text
    assert sorted(hosts(booking.json())) == taken
    assert uses(http, shop, made) == 1


def test_a_round_robin_link_keeps_a_ledger_that_holds(http: httpx2.Client, shop: Shop) -> None:
    made = link(http, shop, kind="round_robin")
    names = [hosts(create(http, made, start_time=(AT + n * HOUR).isoformat()).json())[0] for n in range(4)]
    assert sorted(names) == ["Ann", "Ann", "Ben", "Ben"]
    said = http.get(
        f"/api/organizations/{shop.slug}/resources/{shop.ids['chosen']}/fairness", headers=shop.auth
    ).json()
    assert (said["turns"], said["holds"]) == (4, True)


def test_a_team_link_lets_one_choose_among_its_hosts_only(http: httpx2.Client, shop: Shop) -> None:
    made = link(http, shop, hosts=[ANN, BEN])
    assert hosts(create(http, made, staff_id=str(shop.ids["ben"])).json()) == ["Ben"]
    assert {s["staff_name"] for s in ask(http, made, staff_id=str(shop.ids["ben"])).json()["slots"]} == {
        "Ben"
    }


@pytest.mark.parametrize(("kind", "emails", "asked"), [
    ("individual", [ANN], "ben"),
    ("team", [ANN], "ben"),
    ("team", [ANN, BEN], "cyd"),
    ("round_robin", [ANN, BEN], "ben"),
    ("collective", [ANN, BEN], "ben"),
])  # fmt: skip
def test_whoever_asks_for_one_host_does_not_get_another_unasked(
    http: httpx2.Client, shop: Shop, kind: str, emails: list[str], asked: str
) -> None:
    made = link(http, shop, kind=kind, hosts=emails)
    answer = create(http, made, staff_id=str(shop.ids[asked]))
    assert answer.status_code in (404, 409, 422), hosts(answer.json())
    assert uses(http, shop, made) == 0


def test_a_link_of_several_types_asks_which(http: httpx2.Client, shop: Shop) -> None:
    made = link(http, shop, offers=["with-whom-you-like", "lesson"])
    types = {s["appointment_type_id"] for s in ask(http, made).json()["slots"]}
    assert types == {str(shop.ids["chosen"]), str(shop.ids["lesson"])}
    assert create(http, made).status_code == 422
    assert create(http, made, appointment_type_id=str(shop.ids["turns"])).status_code == 404
    assert ask(http, made, appointment_type_id=str(shop.ids["turns"])).status_code == 404
    booking = create(http, made, appointment_type_id=str(shop.ids["lesson"]))
    assert booking.json()["title"] == "Lesson"


@pytest.mark.parametrize(("wrong", "path"), [
    ({"kind": "individual"}, "hosts"),
    ({"kind": "individual", "hosts": [ANN, BEN]}, "hosts"),
    ({"offers": []}, "offers"),
    ({"offers": ["attic"]}, "offers[0]"),
    ({"hosts": ["nobody@studio.example"]}, "hosts[0]"),
    ({"hosts": [CYD]}, "hosts[0]"),
    ({"kind": "round_robin", "offers": ["stage"]}, "offers[0]"),
    ({"theme": {"seed": "red"}}, "theme.seed"),
    ({"theme": {"radius": 400}}, "theme.radius"),
    ({"theme": {"font": "x"}}, "theme"),
    ({"sites": ["www.example.org"]}, "sites[0]"),
    ({"sites": ["https://a.example; script-src *"]}, "sites[0]"),
    ({"sites": ["https://a.example/path"]}, "sites[0]"),
    ({"sites": ["*"]}, "sites[0]"),
])  # fmt: skip
def test_what_is_wrong_with_a_link_is_said_by_its_path(
    http: httpx2.Client, shop: Shop, wrong: dict[str, Any], path: str
) -> None:
    answer = write(http, shop, **wrong)
    assert answer.status_code == 422, answer.text
    assert path in {e["path"] for e in answer.json()["errors"]}


@pytest.mark.parametrize("twice", [
    {"offers": ["with-whom-you-like", "with-whom-you-like"]},
    {"hosts": [ANN, ANN]},
    {"hosts": [ANN, ANN.upper()]},
])  # fmt: skip
def test_what_is_named_twice_is_refused_or_counts_once(
    http: httpx2.Client, shop: Shop, twice: dict[str, Any]
) -> None:
    assert write(http, shop, **twice).status_code in (201, 422)


@pytest.mark.parametrize(
    "theme", [{"seed": None}, {"name": 5}, {"name": ["a"]}, {"name": {"a": 1}}, {"seed": ""}]
)
def test_a_strange_look_is_refused_or_shown(http: httpx2.Client, shop: Shop, theme: dict[str, Any]) -> None:
    answer = write(http, shop, theme=theme)
    assert answer.status_code in (201, 422)
    if answer.status_code == 201:
        assert http.get(f"/{shop.slug}/l/{answer.json()['slug']}").status_code == 200


# Ends and uses.


def test_a_link_ends_at_its_time(http: httpx2.Client, shop: Shop, clock: Clock) -> None:
    made = link(http, shop, expires_at=(NOW + HOUR).isoformat())
    assert create(http, made).status_code == 201
    clock.at = NOW + HOUR
    assert (ask(http, made).status_code, create(http, made).status_code) == (409, 409)
    assert create(http, made).json()["code"] == "link_over"
    assert http.get(f"/{shop.slug}/l/{made['slug']}").status_code == 410


def test_twenty_at_once_get_exactly_the_three_uses_there_are(
    http: httpx2.Client, shop: Shop, base: str
) -> None:
    made = link(http, shop, kind="team", hosts=[ANN], max_uses=3)
    said: list[int] = []
    gate = threading.Barrier(MANY)

    def one(number: int) -> None:
        with loopback.Client(base_url=base, timeout=30) as client:
            at = (AT.replace(hour=8) + number * timedelta(minutes=30)).isoformat()
            gate.wait(20)
            said.append(create(client, made, start_time=at).status_code)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(said) == [201] * 3 + [409] * (MANY - 3)
    assert uses(http, shop, made) == 3


def test_a_booking_that_fails_costs_no_use(http: httpx2.Client, shop: Shop) -> None:
    made = link(http, shop, kind="individual", hosts=[ANN], max_uses=2)
    assert create(http, made).status_code == 201
    assert create(http, made).json()["code"] == "slot_taken"
    assert create(http, made, start_time=AT.replace(hour=3).isoformat()).json()["code"] == "slot_not_offered"
    assert uses(http, shop, made) == 1
    assert create(http, made, start_time=(AT + HOUR).isoformat()).status_code == 201
    assert create(http, made, start_time=(AT + 2 * HOUR).isoformat()).json()["code"] == "link_over"


def test_a_repeated_request_gets_its_first_answer_though_the_link_is_used_up(
    http: httpx2.Client, shop: Shop
) -> None:
    made = link(http, shop, max_uses=1)
    first = create(http, made, {"idempotency-key": "9f1c7e0a-b34d-4c52-a6b1-0d7c5e2f8a90"})
    again = create(http, made, {"idempotency-key": "9f1c7e0a-b34d-4c52-a6b1-0d7c5e2f8a90"})
    assert (first.status_code, again.status_code) == (201, 201), again.text
    assert first.json()["id"] == again.json()["id"]


def form_of(
    http: httpx2.Client, shop: Shop, made: dict[str, Any], at: Any = AT, query: str = ""
) -> httpx2.Response:
    address = f"/{shop.slug}/l/{made['slug']}{query}"
    return http.post(address, data={"start": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "duration": "30"})


def test_the_pages_count_a_use_when_the_hold_is_confirmed(http: httpx2.Client, shop: Shop) -> None:
    made = link(http, shop, max_uses=2)
    held = form_of(http, shop, made)
    assert held.status_code == 303, held.text
    assert uses(http, shop, made) == 0
    done = http.post(held.headers["location"], data={"name": "Ada", "email": "ada@example.org"})
    assert "/bookings/confirmation/" in done.headers["location"]
    assert uses(http, shop, made) == 1
    again = http.post(held.headers["location"], data={"name": "Ada", "email": "ada@example.org"})
    assert again.status_code == 303
    assert uses(http, shop, made) == 1, "sent twice is booked once"


def test_a_form_sent_many_times_at_once_counts_one_use(http: httpx2.Client, shop: Shop, base: str) -> None:
    made = link(http, shop)
    to = form_of(http, shop, made).headers["location"]
    gate = threading.Barrier(6)

    def one() -> None:
        with loopback.Client(base_url=base, timeout=30) as client:
            gate.wait(20)
            client.post(to, data={"name": "Ada", "email": "ada@example.org"})

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert uses(http, shop, made) == 1


def test_a_hold_made_by_a_link_counts_a_use_whichever_door_confirms_it(
    http: httpx2.Client, shop: Shop, base: str
) -> None:
    """One use: two visitors hold a time each, and both confirm through the API."""
    made = link(http, shop, max_uses=1)
    tokens = []
    for number in range(2):
        with loopback.Client(base_url=base, timeout=30) as visitor:
            to = form_of(visitor, shop, made, AT + number * HOUR).headers["location"]
        tokens.append(urlparse(to).path.rsplit("/", 1)[1])
    change = {"status": "confirmed", "artist_name": "Ada", "artist_email": "ada@example.org"}
    said = [http.put(f"/api/bookings/{token}", json=change).status_code for token in tokens]
    assert uses(http, shop, made) == 1
    assert said == [200, 409]


def test_uses_can_be_raised_and_not_below_what_was_used(http: httpx2.Client, shop: Shop) -> None:
    made = link(http, shop, max_uses=2)
    for number in range(2):
        assert create(http, made, start_time=(AT + number * HOUR).isoformat()).status_code == 201
    low = http.patch(here(shop, made), headers=shop.auth, json={"max_uses": 1})
    assert (low.status_code, low.json()["errors"][0]["path"]) == (422, "max_uses")
    assert http.patch(here(shop, made), headers=shop.auth, json={"max_uses": 3}).status_code == 200
    assert create(http, made, start_time=(AT + 3 * HOUR).isoformat()).status_code == 201
    http.patch(here(shop, made), headers=shop.auth, json={"max_uses": None})
    assert create(http, made, start_time=(AT + 4 * HOUR).isoformat()).status_code == 201


def test_an_archived_link_is_gone_and_its_bookings_stay(http: httpx2.Client, shop: Shop) -> None:
    made = link(http, shop)
    booking = create(http, made).json()
    assert http.delete(here(shop, made), headers=shop.auth).json()["is_active"] is False
    assert (ask(http, made).status_code, http.get(f"/{shop.slug}/l/{made['slug']}").status_code) == (404, 404)
    assert http.get(f"/bookings/confirmation/{booking['token']}").status_code == 200


@pytest.mark.parametrize("left", ["ben", "chosen"])
def test_a_link_can_be_archived_though_its_host_or_offer_has_left(
    http: httpx2.Client, shop: Shop, left: str
) -> None:
    made = link(http, shop, kind="individual", hosts=[BEN])
    gone = http.delete(f"/api/organizations/{shop.slug}/resources/{shop.ids[left]}", headers=shop.auth)
    assert gone.status_code == 200, gone.text
    answer = http.delete(here(shop, made), headers=shop.auth)
    assert answer.status_code == 200, answer.text


def test_a_link_whose_host_has_left_books_nobody_else(http: httpx2.Client, shop: Shop) -> None:
    made = link(http, shop, kind="individual", hosts=[BEN])
    http.delete(f"/api/organizations/{shop.slug}/resources/{shop.ids['ben']}", headers=shop.auth)
    assert ask(http, made).json()["slots"] == []
    assert create(http, made).status_code == 409


# Private links.


def private(http: httpx2.Client, shop: Shop, made: dict[str, Any], **brings: Any) -> dict[str, Any]:
    answer = http.post(f"{here(shop, made)}/private", headers=shop.auth, json=brings)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_private_link_opens_only_by_its_signature(http: httpx2.Client, shop: Shop) -> None:
    made = link(http, shop, is_private=True)
    other = link(http, shop, slug=f"{shop.slug}-other", is_private=True)
    signed = private(http, shop, made, name="Ada")["signed"]
    foreign = private(http, shop, other, name="Ada")["signed"]
    middle = len(signed) // 2
    forged = signed[:middle] + ("A" if signed[middle] != "A" else "B") + signed[middle + 1 :]
    page = f"/{shop.slug}/l/{made['slug']}"
    for wrong in ("", foreign, forged, signed[:-8], "é", "{}", "A" * 3_999, "%00"):
        assert http.get(page, params={"signed": wrong}).status_code == 404, wrong
        assert ask(http, made, signed=wrong).status_code == 404, wrong
        assert create(http, made, signed=wrong).status_code == 404, wrong
    assert http.get(page).status_code == 404
    assert create(http, made).status_code == 404
    assert http.get(page, params={"signed": signed}).status_code == 200
    assert ask(http, made, signed=signed).status_code == 200
    assert create(http, made, signed=signed).status_code == 201


def test_a_private_address_ends_at_its_time(http: httpx2.Client, shop: Shop, clock: Clock) -> None:
    made = link(http, shop, is_private=True)
    signed = private(http, shop, made, until=(NOW + HOUR).isoformat())["signed"]
    assert ask(http, made, signed=signed).status_code == 200
    clock.at = NOW + HOUR
    assert ask(http, made, signed=signed).status_code == 404
    assert create(http, made, signed=signed).status_code == 404


def test_what_a_private_address_brings_stands_in_the_form(http: httpx2.Client, shop: Shop) -> None:
    made = link(http, shop, is_private=True, sites=[SITE])
    brought = private(
        http, shop, made, name="Ada <Lovelace>", email="ada@example.org", goal_text="Prints & plates"
    )
    signed = parse_qs(urlparse(brought["url"]).query)["signed"][0]
    assert signed == brought["signed"]
    held = form_of(http, shop, made, query=f"?signed={signed}&embed=1")
    assert held.status_code == 303, held.text
    to = held.headers["location"]
    assert signed in to
    assert "embed=1" in to
    form = http.get(to).text
    for value in ("Ada &lt;Lovelace&gt;", "ada@example.org", "Prints &amp; plates"):
        assert value in form
    other = http.get(to.replace(signed, signed[:-4])).text
    assert "ada@example.org" not in other, "only what is signed is filled in"


# Its look, and frames.


def test_a_link_has_a_look_of_its_own_on_every_page(http: httpx2.Client, shop: Shop) -> None:
    made = link(http, shop, theme={"seed": "#8a1c7c", "radius": 3, "name": "Night School"})
    address = f"/{shop.slug}/l/{made['slug']}"
    to = form_of(http, shop, made).headers["location"]
    pages = [http.get(address), http.get(to)]
    done = http.post(to, data={"name": "Ada", "email": "ada@example.org"}).headers["location"]
    token = urlparse(done).path.rsplit("/", 1)[1]
    pages += [
        http.get(done),
        http.get(f"/bookings/reschedule/{token}"),
        http.get(f"/bookings/cancel/{token}"),
    ]
    for page in pages:
        assert page.status_code == 200
        assert "/theme/8a1c7c-3.css" in page.text, page.url
        assert "Night School" in page.text, page.url
    assert "8a1c7c" not in http.get(f"/{shop.slug}/book").text


def test_only_listed_sites_may_show_the_pages_of_a_link(
    http: httpx2.Client, shop: Shop, clock: Clock
) -> None:
    made = link(http, shop, sites=[SITE, "http://localhost:8080"], max_uses=1)
    allowed = {"'self'", SITE, "http://localhost:8080"}
    address = f"/{shop.slug}/l/{made['slug']}"
    pages = [http.get(address), http.get(f"{address}?embed=1&tz=Asia/Tokyo"), http.post(address, data={})]
    to = form_of(http, shop, made).headers["location"]
    pages += [http.get(to), http.post(to, data={"name": "", "email": "x"})]
    token = urlparse(to).path.rsplit("/", 1)[1]
    done = http.post(to, data={"name": "Ada", "email": "ada@example.org"}).headers["location"]
    pages += [
        http.get(done),
        http.get(f"/bookings/reschedule/{token}"),
        http.get(f"/bookings/cancel/{token}"),
    ]
    http.post(f"/bookings/cancel/{token}")
    pages += [
        http.get(f"/bookings/cancel/{token}"),
        http.get(f"/bookings/reschedule/{token}"),
    ]
    for page in pages:
        assert ancestors(page) == allowed, (page.status_code, str(page.url))
    for other in (f"/{shop.slug}/book", f"/{shop.slug}", f"/{shop.slug}/book/with-whom-you-like"):
        assert SITE not in ancestors(http.get(other)), other


def test_the_page_of_a_link_that_is_over_can_be_shown_where_the_link_could(
    http: httpx2.Client, shop: Shop
) -> None:
    made = link(http, shop, sites=[SITE], max_uses=1, theme={"name": "Night School"})
    create(http, made)
    over = http.get(f"/{shop.slug}/l/{made['slug']}")
    assert over.status_code == 410
    assert SITE in ancestors(over), "else the widget shows a browser's error"


def test_a_link_is_of_its_organization_only(
    http: httpx2.Client, shop: Shop, database_url: str, settings: Settings, clock: Clock
) -> None:
    other = found_shop(database_url, settings, clock, people_and_things())
    made = link(http, shop)
    assert http.get(f"/{other.slug}/l/{made['slug']}").status_code == 404
    assert (
        http.get(
            f"/api/organizations/{other.slug}/booking-links/{made['slug']}", headers=other.auth
        ).status_code
        == 404
    )
    assert (
        http.get(
            f"/api/organizations/{other.slug}/booking-links/{made['id']}", headers=other.auth
        ).status_code
        == 404
    )
    assert http.get(here(shop, made), headers=other.auth).status_code == 404
    assert http.get(here(shop, made)).status_code == 401
    assert ask(http, made, org=other.slug).status_code == 404
    assert create(http, made, org=other.slug).status_code == 404
    assert create(http, made, appointment_type_id=str(other.ids["chosen"])).status_code == 404


def test_one_slug_in_two_organizations_needs_the_organization(
    http: httpx2.Client, shop: Shop, database_url: str, settings: Settings, clock: Clock
) -> None:
    other = found_shop(database_url, settings, clock, people_and_things())
    made = link(http, shop)
    assert ask(http, made).status_code == 200
    link(http, other, slug=made["slug"], title="The other")
    assert ask(http, made).status_code == 404
    assert create(http, made).status_code == 404
    assert ask(http, made, org=other.slug).json()["booking_link"]["name"] == "The other"
    booking = create(http, made, org=shop.slug)
    assert booking.json()["org_id"] == str(shop.org_id)
    assert write(http, shop, slug=made["slug"]).status_code == 409
    assert http.get(f"/{shop.slug}/l/{made['slug']}").status_code == 200


def test_the_widgets_script_is_served_to_everyone(http: httpx2.Client, shop: Shop) -> None:
    made = link(http, shop)
    script = http.get("/embed.js")
    assert script.status_code == 200
    assert "javascript" in script.headers["content-type"]
    assert script.headers["access-control-allow-origin"] == "*"
    assert made["url"] in made["embed"]
    assert "/embed.js" in made["embed"]


def test_a_moved_booking_stays_with_the_hosts_of_its_link(http: httpx2.Client, shop: Shop) -> None:
    made = link(http, shop, kind="individual", hosts=[BEN])
    booking = create(http, made).json()
    put = http.put(
        f"/api/booking/manage?token={booking['token']}", json={"start_time": (AT + HOUR).isoformat()}
    )
    assert hosts(put.json()) == ["Ben"]
    create(http, made, start_time=(AT + 2 * HOUR).isoformat())
    refused = http.put(f"/api/booking/manage?token={booking['token']}",
                       json={"start_time": (AT + 2 * HOUR).isoformat()})  # fmt: skip
    assert refused.status_code == 409, "Ann is free, but it is not her link"


def test_the_count_of_uses_cannot_be_passed_even_past_the_code(
    http: httpx2.Client, shop: Shop, owner: psycopg.Connection[Any]
) -> None:
    made = link(http, shop, max_uses=1)
    with pytest.raises(psycopg.errors.CheckViolation):
        owner.execute("UPDATE booking_links SET uses = 2 WHERE id = %s", (made["id"],))
