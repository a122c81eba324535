"""Resources over the API: public to read, the key to change, rules refused with their paths."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from tests import loopback
from tests.factories import DAYS, Shop, opening, rules
from tests.serving import NOW
from tests.web.test_bookings_api import AT, body, book


def where(shop: Shop, *more: str) -> str:
    return "/".join([f"/api/organizations/{shop.slug}/resources", *more])


def test_create_read_change_and_archive(http: httpx2.Client, shop: Shop) -> None:
    person = {"type": "person", "title": "Zoë", "email": "ZOE@shop.example"}
    made = http.post(where(shop), json=person, headers=shop.auth)
    assert (made.status_code, made.json()["email"], made.json()["capacity"]) == (201, "zoe@shop.example", 1)
    offer = {
        "type": "equipment",
        "title": "Kiln & wheel",
        "capacity": 2,
        "price": 3500,
        "currency": "EUR",
        "location": "Workshop",
        "requirements": ["Induction"],
        "metadata": {"volts": 230},
        "availability_rules": rules(opening("zoe@shop.example")),
    }
    kiln = http.post(where(shop), json=offer, headers=shop.auth).json()
    assert (kiln["slug"], kiln["price"], kiln["address"]) == ("kiln-wheel", 3500, "1 Mill Lane")
    again = http.post(where(shop), json=offer, headers=shop.auth).json()
    assert again["slug"] == "kiln-wheel-2"
    changed = http.patch(where(shop, kiln["id"]), json={"title": "Kiln"}, headers=shop.auth).json()
    assert (changed["title"], changed["price"], changed["version"]) == ("Kiln", 3500, kiln["version"] + 1)
    public = http.get(where(shop, "kiln-wheel")).json()
    assert "availability_rules" not in public
    gone = http.delete(where(shop, kiln["id"]), headers=shop.auth).json()
    assert gone["is_active"] is False
    assert http.get(where(shop, kiln["id"])).status_code == 404
    assert http.get(where(shop, kiln["id"]), headers=shop.auth).status_code == 200


def test_an_archived_resource_takes_no_bookings_and_keeps_those_it_has(
    http: httpx2.Client, shop: Shop
) -> None:
    made = book(http, shop)
    http.delete(where(shop, str(shop.ids["room"])), headers=shop.auth)
    params = {"resource_id": str(shop.ids["room"]), "start_date": "2026-11-23"}
    assert http.get("/api/availability", params=params).status_code == 404
    assert http.get(f"/api/bookings/{made['token']}").json()["status"] == "confirmed"
    assert http.delete(f"/api/bookings/{made['token']}").json()["status"] == "cancelled"


def test_wrong_rules_name_every_path_with_a_sentence(http: httpx2.Client, shop: Shop) -> None:
    wrong = {
        "timezone": "Mars/Olympus",
        "colour": "red",
        "windows": [
            {"by": "host", "host": "nobody@shop.example", "days": ["Tuesday", "Funday"], "start": "12:00",
             "end": "9:00"},
            {"days": ["Monday"], "start": "10:00", "end": "09:00"},
        ],
        "blackouts": [{"range": ["2025-11-28", "2025-11-25"]}, {"date": "yesterday"}],
        "pooling": "lottery",
    }  # fmt: skip
    answer = http.post(
        where(shop), json={"type": "space", "title": "X", "availability_rules": wrong}, headers=shop.auth
    )
    assert answer.status_code == 422
    said = {e["path"].removeprefix("availability_rules."): e["sentence"] for e in answer.json()["errors"]}
    assert set(said) == {
        "timezone", "colour", "windows[0].host", "windows[0].days[1]", "windows[0].end", "windows[1].end",
        "blackouts[0].range", "blackouts[1].date", "pooling",
    }  # fmt: skip
    assert "America/New_York" in said["timezone"]
    assert "not after the start" in said["windows[1].end"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"type": "person"}, "email"),
        ({"email": "a@example.org"}, "email"),
        ({"location": "Moon"}, "location"),
        ({"meeting_url": "http://x"}, "meeting_url"),
        ({"meeting_url": "https://x/{secret}"}, "meeting_url"),
        ({"capacity": 0}, "capacity"),
        ({"price": -1}, "price"),
        ({"slug": "Not A Slug"}, "slug"),
        ({"title": ""}, "title"),
    ],
)
def test_wrong_facts_are_named(http: httpx2.Client, shop: Shop, change: dict[str, Any], path: str) -> None:
    answer = http.post(where(shop), json={"type": "space", "title": "X", **change}, headers=shop.auth)
    assert answer.status_code == 422
    assert path in {error["path"] for error in answer.json()["errors"]}


def test_a_taken_slug_is_a_conflict_and_nothing_changes(http: httpx2.Client, shop: Shop) -> None:
    answer = http.patch(where(shop, str(shop.ids["wheels"])), json={"slug": "room"}, headers=shop.auth)
    assert (answer.status_code, answer.json()["code"]) == (409, "resource_exists")
    assert http.get(where(shop, str(shop.ids["wheels"]))).json()["slug"] == "wheels"


def test_without_the_key_nothing_changes(http: httpx2.Client, shop: Shop) -> None:
    for headers in ({}, {"authorization": "Bearer ik_nonsense"}, {"x-api-key": shop.key[:-2] + "AA"}):
        assert (
            http.post(where(shop), json={"type": "space", "title": "X"}, headers=headers).status_code == 401
        )


def test_a_blackout_lists_the_bookings_it_hits_and_keeps_them(http: httpx2.Client, shop: Shop) -> None:
    inside = book(http, shop, at=AT)
    outside = book(http, shop, at=AT + timedelta(days=1))
    resource = where(shop, str(shop.ids["room"]))
    old = http.get(resource, headers=shop.auth).json()["availability_rules"]
    hours = {"date": "2026-11-23", "start": "11:00", "end": "13:00", "reason": "inventory"}
    changed = http.patch(
        resource, json={"availability_rules": {**old, "blackouts": [hours]}}, headers=shop.auth
    )
    assert [b["id"] for b in changed.json()["affected_bookings"]] == [inside["id"]]
    assert http.get(f"/api/bookings/{inside['token']}").json()["status"] == "confirmed"
    params = {"resource_id": str(shop.ids["room"]), "start_date": "2026-11-23"}
    starts = [s["start"] for s in http.get("/api/availability", params=params).json()["slots"]]
    assert "2026-11-23T10:30:00Z" in starts
    assert not {s for s in starts if "T11:00" <= s[10:16] < "T13:00"}
    assert outside["status"] == "confirmed"


def test_pooling_decisions_are_recorded_with_their_inputs(
    http: httpx2.Client, shop: Shop, owner: Any
) -> None:
    hosts = []
    for n in range(4):
        made = book(http, shop, "fair", at=AT.replace(hour=9) + timedelta(hours=n))
        hosts.append(next(p["name"] for p in made["participants"] if p["role"] == "host"))
    assert hosts == ["Mo", "Lena", "Mo", "Lena"]
    rows = owner.execute(
        "SELECT pooling, cardinality(chosen), candidates FROM decisions WHERE org_id = %s ORDER BY made_at, booking_id",
        (shop.org_id,),
    ).fetchall()
    assert len(rows) == 4
    for pooling, chosen, candidates in rows:
        assert (pooling, chosen, len(candidates)) == ("round_robin", 1, 2)
        assert {"key", "priority", "weight", "balance", "last", "position"} <= set(candidates[0])


def test_collective_takes_everyone_or_nobody(http: httpx2.Client, shop: Shop) -> None:
    made = book(http, shop, "both", at=AT.replace(hour=9))
    assert {p["name"] for p in made["participants"] if p["role"] == "host"} == {"Mo", "Lena"}
    book(http, shop, "visit", at=AT.replace(hour=10))
    params = {"resource_id": str(shop.ids["both"]), "start_date": "2026-11-23"}
    starts = [s["start"][11:16] for s in http.get("/api/availability", params=params).json()["slots"]]
    assert "09:00" not in starts
    assert "10:00" not in starts
    assert "11:00" in starts


def test_the_engine_that_offers_is_the_one_that_explains(http: httpx2.Client, shop: Shop) -> None:
    """Every quarter of an hour of a day: explained as available if and only if it is offered."""
    book(http, shop, "buffered", at=AT)
    book(http, shop, "limited", at=AT.replace(hour=9))
    for name in ("buffered", "limited", "fair", "both", "wheels"):
        id_ = str(shop.ids[name])
        params = {"resource_id": id_, "start_date": "2026-11-23"}
        offered = {s["start"] for s in http.get("/api/availability", params=params).json()["slots"]}
        for quarter in range(0, 96, 3):
            at = AT.replace(hour=0) + timedelta(minutes=15 * quarter)
            query = {"resource_id": id_, "start_time": at.isoformat()}
            said = http.get("/api/availability/explain", params=query).json()
            assert said["available"] == (at.strftime("%Y-%m-%dT%H:%M:%SZ") in offered)
            assert said["available"] or said["reasons"]


def test_staff_are_told_who_is_in_the_way_and_visitors_are_not(http: httpx2.Client, shop: Shop) -> None:
    made = book(http, shop, "limited", at=AT.replace(hour=9))
    query = {"resource_id": str(shop.ids["limited"]), "start_time": AT.replace(hour=9).isoformat()}
    public = http.get("/api/availability/explain", params=query).json()
    assert [r["code"] for r in public["reasons"]] == ["taken"]
    assert public.get("in_the_way") is None
    staff = http.get("/api/availability/explain", params=query, headers=shop.auth).json()
    assert staff["in_the_way"][0]["booking_id"] == made["id"]
    assert staff["hosts"][0]["reasons"][0]["code"] == "taken"


def test_limits_on_what_can_be_asked(http: httpx2.Client, shop: Shop) -> None:
    id_ = str(shop.ids["room"])
    long = {"resource_id": id_, "start_date": "2026-11-01", "end_date": "2027-11-01"}
    assert http.get("/api/availability", params=long).json()["code"] == "range_too_long"
    back = {"resource_id": id_, "start_date": "2026-11-02", "end_date": "2026-11-01"}
    assert http.get("/api/availability", params=back).json()["code"] == "ends_before_it_begins"
    other = {"resource_id": id_, "start_date": "2026-11-23", "duration": 45}
    assert http.get("/api/availability", params=other).json()["slots"] == []
    assert http.get(where(shop), params={"limit": 500}).status_code == 422


def test_the_same_under_the_resource(http: httpx2.Client, shop: Shop) -> None:
    id_ = str(shop.ids["room"])
    one = http.get("/api/availability", params={"resource_id": id_, "start_date": "2026-11-23"}).json()
    two = http.get(f"/api/resources/{id_}/availability", params={"start_date": "2026-11-23"}).json()
    assert one == two
    assert len(one["slots"]) == 48


def test_a_window_that_names_every_day_is_open_from_now_on(http: httpx2.Client, shop: Shop) -> None:
    params = {"resource_id": str(shop.ids["room"]), "start_date": NOW.date().isoformat()}
    starts = [s["start"] for s in http.get("/api/availability", params=params).json()["slots"]]
    assert starts[0] == "2026-11-20T12:00:00Z"
    assert len(DAYS) == 7


@pytest.mark.parametrize(
    "metadata",
    ['{"x": NaN}', '{"x": 1e999}', '{"x": "\\u0000"}', '{"x": "\\ud800"}', '{"x": 99999999999999999999999}', '{"x": [{"y": -1.5e76}]}',
     "[" * 5000 + "]" * 5000, '{"x": ' + "9" * 5000 + "}", '{"x": ' + "[" * 500 + "]" * 500 + "}"],
    ids=["nan", "infinity", "nul", "surrogate", "huge", "wide", "deep", "digits", "nested"],
)  # fmt: skip
def test_what_the_database_cannot_keep_is_refused(http: httpx2.Client, shop: Shop, metadata: str) -> None:
    for field in ("metadata", "availability_rules"):
        answer = http.patch(
            where(shop, str(shop.ids["room"])),
            content=f'{{"{field}": {metadata}}}',
            headers={**shop.auth, "content-type": "application/json"},
        )
        assert answer.status_code in (400, 422), answer.text


def test_an_offer_outlives_its_hosts(http: httpx2.Client, shop: Shop) -> None:
    """A host leaves, another changes their e-mail: the offer can still be edited, booked and archived."""
    http.delete(where(shop, str(shop.ids["lena"])), headers=shop.auth)
    visit = where(shop, str(shop.ids["visit"]))
    assert http.patch(visit, json={"title": "Still here"}, headers=shop.auth).status_code == 200
    renamed = http.patch(
        where(shop, str(shop.ids["mo"])), json={"email": "mo2@shop.example"}, headers=shop.auth
    )
    assert renamed.status_code == 200
    named = {w["host"] for w in http.get(visit, headers=shop.auth).json()["availability_rules"]["windows"]}
    assert named == {"mo2@shop.example", "lena@shop.example"}
    made = book(http, shop, "visit", at=AT.replace(hour=10))
    assert [p["email"] for p in made["participants"] if p["role"] == "host"] == ["mo2@shop.example"]
    assert http.delete(visit, headers=shop.auth).status_code == 200


def test_a_hosts_time_off_lists_the_bookings_it_hits(http: httpx2.Client, shop: Shop) -> None:
    made = book(http, shop, "limited", at=AT.replace(hour=9))
    away = {"availability_rules": {"blackouts": [{"date": "2026-11-23", "reason": "dentist"}]}}
    changed = http.patch(where(shop, str(shop.ids["mo"])), json=away, headers=shop.auth).json()
    assert [b["id"] for b in changed["affected_bookings"]] == [made["id"]]
    query = {"resource_id": str(shop.ids["limited"]), "start_time": AT.replace(hour=11).isoformat()}
    staff = http.get("/api/availability/explain", params=query, headers=shop.auth).json()
    assert staff["hosts"][0]["reasons"][0] == {
        "code": "time_off",
        "sentence": "Away at this time.",
        "detail": "dentist",
    }
    assert "dentist" not in http.get("/api/availability/explain", params=query).text


def test_a_space_holds_one_booking_unless_it_is_said_that_it_is_never_occupied(
    http: httpx2.Client, shop: Shop
) -> None:
    plain = {"type": "space", "title": "Plain", "availability_rules": rules(opening())}
    made = http.post(where(shop), json=plain, headers=shop.auth).json()
    assert made["capacity"] == 1
    free = http.post(where(shop), json={**plain, "title": "Free", "capacity": None}, headers=shop.auth).json()
    assert free["capacity"] is None
    shop.ids["free"] = free["id"]
    book(http, shop, "free")
    answer = http.patch(where(shop, free["id"]), json={"capacity": 1}, headers=shop.auth)
    assert (answer.status_code, answer.json()["code"]) == (409, "resource_in_use")


def test_a_name_is_written_on_one_line(http: httpx2.Client, shop: Shop) -> None:
    for title in ("two\r\nlines", "two\u2028lines", "two\u0085lines"):
        answer = http.post(where(shop), json={"type": "space", "title": title}, headers=shop.auth)
        assert answer.status_code == 422


def test_edits_that_meet_do_not_undo_each_other(base: str, http: httpx2.Client, shop: Shop) -> None:
    """A title and a description at once, a host renamed while an offer of theirs is edited."""
    import asyncio

    async def at_once(*requests: tuple[str, dict[str, Any]]) -> list[int]:
        async with loopback.AsyncClient(base_url=base, timeout=30, headers=shop.auth) as client:
            answers = await asyncio.gather(*(client.patch(path, json=change) for path, change in requests))
            return [answer.status_code for answer in answers]

    visit, mo = where(shop, str(shop.ids["visit"])), where(shop, str(shop.ids["mo"]))
    for n in range(5):
        both = ((visit, {"title": f"title {n}"}), (visit, {"description": f"text {n}"}))
        assert asyncio.run(at_once(*both)) == [200, 200]
        found = http.get(visit).json()
        assert (found["title"], found["description"]) == (f"title {n}", f"text {n}")
        rename = (mo, {"email": f"mo{n}@shop.example"})
        assert asyncio.run(at_once(rename, (visit, {"category": f"c{n}"}))) == [200, 200]
        named = {
            w["host"] for w in http.get(visit, headers=shop.auth).json()["availability_rules"]["windows"]
        }
        assert f"mo{n}@shop.example" in named
    params = {"resource_id": str(shop.ids["visit"]), "start_date": "2026-11-23"}
    assert http.get("/api/availability", params=params).json()["slots"]


def test_a_host_who_comes_back_takes_bookings_again(http: httpx2.Client, shop: Shop) -> None:
    lena, limited = where(shop, str(shop.ids["lena"])), where(shop, str(shop.ids["visit"]))
    old = http.get(limited, headers=shop.auth).json()["availability_rules"]
    spaced = [{**w, "host": f" {w['host'].upper()} "} for w in old["windows"]]
    http.patch(limited, json={"availability_rules": {**old, "windows": spaced}}, headers=shop.auth)
    http.delete(lena, headers=shop.auth)
    changed = {**old, "windows": spaced, "buffer_after": 5}
    assert http.patch(limited, json={"availability_rules": changed}, headers=shop.auth).status_code == 200
    book(http, shop, "visit", at=AT.replace(hour=10))
    assert http.post("/api/bookings", json=body(shop, "visit", at=AT.replace(hour=10))).status_code == 409
    assert http.patch(lena, json={"is_active": True}, headers=shop.auth).status_code == 200
    made = book(http, shop, "visit", at=AT.replace(hour=10))
    assert [p["name"] for p in made["participants"] if p["role"] == "host"] == ["Lena"]
