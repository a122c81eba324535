"""The webhooks API, and its pages: secrets shown once, what is refused, and who may."""

from typing import Any

import httpx2
import pytest

from infra24.people import Role
from infra24.settings import Settings
from tests.factories import Shop, found_shop
from tests.people import Someone, sign_in
from tests.serving import Clock

URL = "https://crm.example.org/hook"


@pytest.fixture
def hooks(shop: Shop) -> str:
    return f"/api/organizations/{shop.slug}/webhooks"


def added(http: httpx2.Client, hooks: str, shop: Shop, **more: Any) -> dict[str, Any]:
    answer = http.post(hooks, json={"url": URL, **more}, headers=shop.auth)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_an_endpoint_is_added_read_changed_and_deleted(http: httpx2.Client, hooks: str, shop: Shop) -> None:
    made = added(http, hooks, shop, event_types=["booking.created", "booking.cancelled@1"])
    assert made["secret"].startswith("whsec_")
    assert made["event_types"] == ["booking.created@1", "booking.cancelled@1"]
    one = f"{hooks}/{made['id']}"
    read = http.get(one, headers=shop.auth).json()
    assert "secret" not in read
    assert read["is_enabled"]
    changed = http.patch(one, json={"payload": "thin", "is_enabled": False}, headers=shop.auth).json()
    assert (changed["payload"], changed["is_enabled"], changed["disabled_reason"]) == (
        "thin",
        False,
        "paused",
    )
    assert changed["event_types"] == made["event_types"], "what is left out stays"
    assert http.patch(one, json={"is_enabled": True}, headers=shop.auth).json()["is_enabled"]
    assert [w["id"] for w in http.get(hooks, headers=shop.auth).json()["webhooks"]] == [made["id"]]
    assert http.delete(one, headers=shop.auth).status_code == 200
    assert http.get(one, headers=shop.auth).json()["code"] == "unknown_endpoint"


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"url": "http://crm.example.org/hook"}, "url"),
        ({"url": "https://user:pass@crm.example.org"}, "url"),
        ({"url": "ftp://crm.example.org"}, "url"),
        ({"url": "https://crm.example.org/#x"}, "url"),
        ({"url": URL, "event_types": ["booking.made"]}, "event_types[0]"),
        ({"url": URL, "event_types": ["booking.created", "booking.created@2"]}, "event_types[1]"),
        ({"url": URL, "payload": "fat"}, "payload"),
        ({"url": "https://10.1.2.3/x"}, "url"),
        ({"url": "https://192.0.0.192/x"}, "url"),
    ],
)
def test_what_is_wrong_is_named(
    http: httpx2.Client, hooks: str, shop: Shop, wrong: dict[str, Any], path: str
) -> None:
    answer = http.post(hooks, json=wrong, headers=shop.auth)
    assert (answer.status_code, [e["path"] for e in answer.json()["errors"]]) == (422, [path])


def test_a_scheme_in_capitals_is_taken(http: httpx2.Client, hooks: str, shop: Shop) -> None:
    answer = http.post(hooks, json={"url": "HTTPS://crm.example.org/Hook"}, headers=shop.auth)
    assert (answer.status_code, answer.json()["url"]) == (201, "https://crm.example.org/Hook")


def test_a_secret_is_replaced_and_shown_once(http: httpx2.Client, hooks: str, shop: Shop) -> None:
    made = added(http, hooks, shop)
    again = http.post(f"{hooks}/{made['id']}/rotate", headers=shop.auth).json()
    assert again["secret"] != made["secret"]
    assert again["former_valid_until"] > made["created_at"]


def test_a_test_stands_in_the_log(http: httpx2.Client, hooks: str, shop: Shop) -> None:
    made = added(http, hooks, shop)
    one = f"{hooks}/{made['id']}"
    sent = http.post(f"{one}/test", headers=shop.auth)
    assert sent.status_code == 202
    (listed,) = http.get(f"{one}/deliveries", headers=shop.auth).json()["deliveries"]
    assert (listed["id"], listed["event_type"], listed["state"]) == (sent.json()["id"], "test", "queued")
    read = http.get(f"{one}/deliveries/{listed['id']}", headers=shop.auth).json()
    assert '"type":"test"' in read["body"]
    assert read["log"] == []
    http.patch(one, json={"is_enabled": False}, headers=shop.auth)
    refused = http.post(f"{one}/test", headers=shop.auth)
    assert (refused.status_code, refused.json()["code"]) == (409, "endpoint_disabled")


def test_a_range_is_replayed(http: httpx2.Client, hooks: str, shop: Shop) -> None:
    made = added(http, hooks, shop, event_types=["resource.created"])
    span = {"since": "2026-11-01T00:00:00Z", "until": "2026-12-01T00:00:00Z"}
    answer = http.post(f"{hooks}/{made['id']}/replay", json=span, headers=shop.auth)
    assert (answer.status_code, answer.json()["queued"] > 5) == (202, True)
    backwards = {"since": span["until"], "until": span["since"]}
    refused = http.post(f"{hooks}/{made['id']}/replay", json=backwards, headers=shop.auth)
    assert refused.json()["errors"][0]["path"] == "until"


def test_the_log_is_paged(http: httpx2.Client, hooks: str, shop: Shop) -> None:
    made = added(http, hooks, shop, event_types=["resource.created"])
    one = f"{hooks}/{made['id']}"
    span = {"since": "2026-11-01T00:00:00Z", "until": "2026-12-01T00:00:00Z"}
    count = http.post(f"{one}/replay", json=span, headers=shop.auth).json()["queued"]
    seen, cursor = [], None
    for _ in range(20):
        params = {"limit": 3, **({"cursor": cursor} if cursor else {})}
        page = http.get(f"{one}/deliveries", params=params, headers=shop.auth).json()
        seen += [d["seq"] for d in page["deliveries"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == count
    assert seen == sorted(seen, reverse=True)


def test_there_is_an_end_to_the_number_of_endpoints(http: httpx2.Client, hooks: str, shop: Shop) -> None:
    for _ in range(50):
        added(http, hooks, shop)
    answer = http.post(hooks, json={"url": URL}, headers=shop.auth)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_endpoints")


def test_a_delivery_of_another_endpoint_is_not_there(http: httpx2.Client, hooks: str, shop: Shop) -> None:
    first, second = added(http, hooks, shop), added(http, hooks, shop)
    sent = http.post(f"{hooks}/{first['id']}/test", headers=shop.auth).json()
    for method, path in (("GET", ""), ("POST", "/replay")):
        answer = http.request(
            method, f"{hooks}/{second['id']}/deliveries/{sent['id']}{path}", headers=shop.auth
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_delivery")


def with_cookie(someone: Someone, answer: httpx2.Response) -> dict[str, str]:
    """What a browser sends after an answer that set a cookie."""
    return {"cookie": f"{someone.headers['cookie']}; {answer.headers['set-cookie'].partition(';')[0]}"}


def test_pages_add_change_pause_and_delete(
    base: str, database_url: str, settings: Settings, clock: Clock
) -> None:
    shop = found_shop(database_url, settings, clock)
    admin = sign_in(database_url, settings, clock, shop, Role.ADMIN)
    pages = f"/{shop.slug}/admin/webhooks"
    with admin.client(base) as client:
        assert "No endpoints yet" in client.get(pages).text
        wrong = client.post(pages, data={"url": "x", "description": "CRM", "payload": "full", "which": "all"})
        assert wrong.status_code == 422
        assert "https:// address" in wrong.text
        assert 'value="CRM"' in wrong.text, "what was typed stays"
        form = {
            "url": URL,
            "description": "CRM",
            "payload": "full",
            "which": "some",
            "type": "booking.created",
        }
        none = client.post(pages, data={**form, "type": ""})
        assert (none.status_code, "choose at least one" in none.text) == (422, True)
        made = client.post(pages, data=form)
        assert made.status_code == 303, "reloading what follows adds nothing"
        one = made.headers["location"].partition("?")[0]
        shown = client.get(one, headers=with_cookie(admin, made))
        assert "whsec_" in shown.text
        assert 'webhook_secret=""' in shown.headers["set-cookie"]
        assert "whsec_" not in client.get(one).text, "once"
        assert "booking.created" in client.get(one).text
        changed = client.post(one, data={**form, "payload": "thin", "description": "Our CRM"})
        assert changed.status_code == 303
        assert "Our CRM" in client.get(one).text
        assert client.post(f"{one}/pause").status_code == 303
        assert "Paused" in client.get(one).text
        assert "Enable it first" in client.post(f"{one}/test").text
        client.post(f"{one}/enable")
        tested = client.post(f"{one}/test")
        delivery = client.get(tested.headers["location"])
        assert "This page reloads itself" in delivery.text
        assert delivery.headers["refresh"] == "2"
        rotated = client.post(f"{one}/rotate")
        assert client.get(one, headers=with_cookie(admin, rotated)).text.count("whsec_") == 1
        again = client.post(f"{one}/replay", data={"days": "7"})
        assert again.headers["location"].endswith("done=replayed&count=0"), "nothing of before it was added"
        assert client.post(f"{one}/delete").status_code == 303
        assert client.get(one).status_code == 404
