"""What holds at every address of the API: methods, parameters, times, names, and whose key opens what."""

import logging
import socket
from typing import Any

import httpx2
import pytest

from infra24.people import Scope
from infra24.settings import Settings
from infra24.web.guard import Access
from infra24.web.routes import API
from tests.factories import Shop, found_shop
from tests.serving import Clock
from tests.web.test_bookings_api import AT, body, book

PATHS = sorted({address.path for address in API})


def url(path: str, shop: Shop) -> str:
    return path.replace("{org}", shop.slug).replace("{id}", str(shop.ids["room"])).replace("{slug}", "any")


def test_every_address_says_all_of_its_methods(http: httpx2.Client, shop: Shop) -> None:
    for path in PATHS:
        has = {address.method for address in API if address.path == path}
        has |= {"OPTIONS"} | ({"HEAD"} if "GET" in has else set())
        asked = http.options(url(path, shop))
        assert (asked.status_code, set(asked.headers["allow"].split(", "))) == (204, has), path
        missing = "POST" if "PUT" in has else "PUT"
        refused = http.request(missing, url(path, shop))
        assert refused.status_code == 405, (missing, path)
        assert refused.json()["code"] == "method_not_allowed"
        assert refused.headers["allow"] == asked.headers["allow"], path


def test_head_is_answered_as_get_without_the_body(http: httpx2.Client, shop: Shop) -> None:
    token = book(http, shop)["token"]
    for path in ("/health", f"/api/bookings/{token}", "/openapi.json", "/docs", f"/{shop.slug}/book"):
        get, head = http.get(path), http.head(path)
        assert (get.status_code, head.status_code, head.content) == (200, 200, b""), path
        assert head.headers["content-type"] == get.headers["content-type"]
    assert http.head(f"/api/organizations/{shop.slug}/events").status_code == 401
    assert http.head(f"/{shop.slug}/book/room/changes").status_code == 200, (
        "what goes on for ever ends at once"
    )


def test_an_unknown_parameter_is_refused_by_its_name(http: httpx2.Client, shop: Shop) -> None:
    token = book(http, shop)["token"]
    for address in API:
        if address.requires is Access.INSTALLATION:
            continue  # with its key in test_notifications_api.py
        shown = {} if address.requires is Access.PUBLIC else shop.auth
        params = {"start_dat": "2026-11-23"} | ({"token": token} if address.requires is Access.TOKEN else {})
        answer = http.request(address.method, url(address.path, shop), params=params, headers=shown, json={})
        assert answer.status_code == 422, address
        assert [error["path"] for error in answer.json()["errors"]] == ["start_dat"], address


def test_a_parameter_that_is_given_twice_is_refused_unless_it_is_a_list(
    http: httpx2.Client, shop: Shop
) -> None:
    path = f"/api/organizations/{shop.slug}/resources"
    assert http.get(path, params=[("limit", "1"), ("limit", "2")]).status_code == 422
    path = "/api/availability"
    days = [
        ("resource_id", str(shop.ids["room"])),
        ("start_date", "2026-12-01"),
        ("start_date", "2026-12-02"),
        ("end_date", "2026-12-03"),
    ]
    answer = http.get(path, params=days)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"path": "start_date", "sentence": "is given more than once"}]
    lists = [
        ("resource_id", "room"),
        ("resource_id", str(shop.ids["room"])),
        ("start_date", "2026-12-01"),
        ("end_date", "2026-12-02"),
    ]
    answer = http.get("/api/calendar/events", params=lists, headers=shop.auth)
    assert answer.status_code == 200, answer.text


def test_a_form_that_breaks_off_is_no_fault_of_ours(
    http: httpx2.Client, caplog: pytest.LogCaptureFixture
) -> None:
    kind = b"content-type: application/x-www-form-urlencoded\r\ncontent-length: 99\r\n\r\n"
    head = b"POST /sign-in HTTP/1.1\r\nhost: x\r\n" + kind
    for _ in range(3):
        with socket.create_connection((http.base_url.host, http.base_url.port)) as connection:
            connection.sendall(head + b"email=a")
    for _ in range(3):  # by now the server has seen the others end
        assert http.get("/health").status_code == 200
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_a_body_without_its_content_type_is_told_how_to_be_sent(http: httpx2.Client, shop: Shop) -> None:
    sent = {"content": b'{"org_id": "x"}', "headers": {"content-type": "application/x-www-form-urlencoded"}}
    answer = http.post("/api/bookings", **sent)
    assert answer.status_code == 422
    assert "Content-Type: application/json" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (1_730_000_000, "must be a string"),
        ("1730000000", "such as 2026-11-23T12:00:00Z"),
        ("2026-11-23", "2026-11-23 is a date; say the time as well"),
        ("2026-11-23T12:00:00", "an offset"),
    ],
)
def test_only_an_instant_is_an_instant(http: httpx2.Client, shop: Shop, given: Any, said: str) -> None:
    answer = http.post("/api/bookings", json={**body(shop), "start_time": given})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["path"]) == (422, "start_time")
    assert said in error["sentence"]


@pytest.mark.parametrize("given", ["2026-11-23T00:00:00Z", "1795392000", "2026-11-23T12:00:00"])
def test_only_a_date_is_a_date(http: httpx2.Client, shop: Shop, given: str) -> None:
    params = {"resource_id": str(shop.ids["room"]), "start_date": given}
    answer = http.get("/api/availability", params=params)
    assert answer.status_code == 422
    assert "a date without a time, such as 2026-11-23" in answer.json()["detail"]


def test_a_body_that_is_no_json_is_a_bad_request(http: httpx2.Client, shop: Shop) -> None:
    for sent in (b'{"org_id": ', b"\xff\xfe"):
        answer = http.post("/api/bookings", content=sent, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (400, "unreadable")


def test_a_key_of_another_organization_finds_nothing_and_a_wrong_key_is_told(
    http: httpx2.Client, database_url: str, settings: Settings, clock: Clock, shop: Shop
) -> None:
    theirs = found_shop(database_url, settings, clock, {})
    victim = book(http, shop)
    wrong = {"authorization": f"Bearer {theirs.key[:-4]}0000"}
    for address in API:
        if not isinstance(address.requires, Scope):
            continue
        by_query = {} if "{org}" in address.path else {"org": shop.slug}
        path = address.path.replace("{org}", shop.slug).replace("{id}", victim["id"]).replace("{slug}", "any")
        answer = http.request(address.method, path, params=by_query, headers=theirs.auth)
        assert (answer.status_code, answer.json()["code"]) == (404, "org_hidden"), address
        assert http.request(address.method, path, headers=wrong).status_code == 401, address
    foreign = http.get(f"/api/bookings/{victim['id']}", headers=theirs.auth)
    assert foreign.status_code == 404
    public = http.get(f"/api/organizations/{shop.slug}/resources", headers=theirs.auth)
    assert "availability_rules" not in public.json()["resources"][0], "as any visitor sees it"


def test_a_slug_names_what_an_id_names_where_it_is_known_whose(http: httpx2.Client, shop: Shop) -> None:
    room, day = str(shop.ids["room"]), {"start_date": "2026-11-23"}
    by_slug = http.get("/api/availability", params={"resource_id": "room", "org": shop.slug, **day})
    by_id = http.get("/api/availability", params={"resource_id": room, **day})
    assert by_slug.json() == by_id.json()
    assert by_slug.json()["resource_id"] == room
    whose = http.get("/api/availability", params={"resource_id": "room", **day})
    assert (whose.status_code, whose.json()["errors"][0]["path"]) == (422, "resource_id")

    made = http.post("/api/bookings", json={**body(shop), "org_id": shop.slug, "resource_id": "room"})
    assert made.json()["resource_id"] == room
    visit = {**body(shop, "visit", AT.replace(hour=10)), "org_id": shop.slug, "resource_id": "visit"}
    with_lena = http.post("/api/bookings", json={**visit, "staff_id": "lena"}).json()
    assert [p["name"] for p in with_lena["participants"] if p["role"] == "host"] == ["Lena"]
    listed = http.get("/api/bookings", params={"resource_id": "room", **day}, headers=shop.auth).json()
    assert [one["id"] for one in listed["bookings"]] == [made.json()["id"]]
    other = http.post("/api/bookings", json={**body(shop), "org_id": shop.slug, "resource_id": "no-room"})
    assert (other.status_code, other.json()["code"]) == (404, "unknown_resource")


def test_a_range_of_dates_lists_bookings_with_both_ends(http: httpx2.Client, shop: Shop) -> None:
    made = book(http, shop)
    for first, last, found in (("11-23", "11-23", 1), ("11-24", "11-30", 0), ("11-20", "11-22", 0)):
        params = {"start_date": f"2026-{first}", "end_date": f"2026-{last}"}
        listed = http.get("/api/bookings", params=params, headers=shop.auth).json()["bookings"]
        assert [one["id"] for one in listed] == [made["id"]] * found


def test_the_reference_shows_every_operation_and_loads_nothing_from_elsewhere(http: httpx2.Client) -> None:
    page = http.get("/docs")
    assert page.status_code == 200
    for address in API:
        assert f"<b>{address.method}</b> {address.path}</code>" in page.text, address
    assert 'id="schema-BookingView"' in page.text
    assert 'src="http' not in page.text
    assert 'rel="stylesheet" href="http' not in page.text


def test_a_wrong_key_is_refused_at_every_address_and_makes_nobody_a_visitor(
    http: httpx2.Client, shop: Shop
) -> None:
    """Refused or revoked, it must not book as a visitor would: the same request would then book twice."""
    wrong = {"authorization": f"Bearer {shop.key[:-4]}0000"}
    for address in API:
        if address.requires in (Access.TOKEN, Access.INSTALLATION):
            continue
        path = address.path.replace("{org}", shop.slug).replace("{slug}", "any")
        for shown in (wrong, {"authorization": "Bearer nonsense"}, {"x-api-key": "nonsense"}):
            answer = http.request(address.method, path.replace("{id}", str(shop.org_id)), headers=shown)
            assert (answer.status_code, answer.json()["code"]) == (401, "key_refused"), address
    answer = http.post("/api/bookings", json={}, headers=shop.auth)
    assert answer.status_code == 422, "the right one is let in"


def test_a_key_is_told_which_scope_it_lacks(http: httpx2.Client, shop: Shop, key_with: Any) -> None:
    made = book(http, shop)
    reader = key_with("catalogue:read")
    for method, path, scope in (
        ("GET", "/api/bookings", "bookings:read"),
        ("GET", f"/api/bookings/{made['id']}", "bookings:read"),
        ("DELETE", f"/api/bookings/{made['id']}", "bookings:write"),
    ):
        answer = http.request(method, path, headers=reader)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
        assert scope in answer.json()["detail"]


def test_a_key_where_a_token_is_needed_is_asked_for_the_token(http: httpx2.Client, shop: Shop) -> None:
    answer = http.get("/api/booking/manage", headers=shop.auth)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert "?token=" in answer.json()["detail"]


def test_an_unknown_address_says_where_addresses_are_listed(http: httpx2.Client) -> None:
    answer = http.get("/api/nope")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "/docs" in answer.json()["detail"]


def test_cancelling_keeps_its_reason_and_refuses_a_body(http: httpx2.Client, shop: Shop) -> None:
    made = book(http, shop)
    path = f"/api/bookings/{made['token']}"
    refused = http.request("DELETE", path, json={"reason": "ill"})
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, "body")
    done = http.delete(path, params={"reason": "ill"}).json()
    assert done["cancellation"]["reason"] == "ill"


def test_a_host_that_is_unknown_is_named(http: httpx2.Client, shop: Shop) -> None:
    params = {"org": shop.slug, "resource_id": "room", "start_time": "2026-11-23T12:00:00Z"}
    answer = http.get("/api/availability/explain", params={**params, "staff_id": "nobody"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_host")
