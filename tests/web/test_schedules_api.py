"""Hours of people and things through the API: overrides, travel, colleagues; and stages that are set up."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import httpx2
import psycopg
import pytest

from infra24.resources import Draft
from infra24.settings import Settings
from tests.factories import DAYS, Shop, found_shop, opening, rules
from tests.serving import Clock
from tests.studio import ANN, BEN, CYD, DAY, appointment, people_and_things
from tests.web.test_bookings_api import AT, body, book

HALF, HOUR, ONE = timedelta(minutes=30), timedelta(hours=1), timedelta(days=1)
MONDAY, TUESDAY, WEDNESDAY = "2026-11-23", "2026-11-24", "2026-11-25"


@pytest.fixture
def shop(database_url: str, settings: Settings, clock: Clock) -> Shop:
    return found_shop(database_url, settings, clock, {
        **people_and_things(),
        "with-ann": appointment("With Ann", {"hosts": [ANN]}),
        "either": appointment("Either", {"hosts": [ANN, BEN]}),
        "windows": Draft("other", "By windows", availability_rules=rules(opening(ANN, **DAY))),
        "gala": appointment("Gala", {"resource": "stage"}, layout="mats",
                            rules={"durations": [30, 90], "step_minutes": 10}),
        "chat": appointment("Chat", {"resource": "stage"}, layout="chairs",
                            rules={"durations": [20, 60], "step_minutes": 10, "buffer_after": 10}),
    })  # fmt: skip


def own(http: httpx2.Client, shop: Shop, name: str, *windows: dict[str, Any], **more: Any) -> None:
    """Give someone other rules."""
    document = {"timezone": "UTC", "windows": list(windows) or [opening(**DAY)], **more}
    answer = http.patch(f"/api/organizations/{shop.slug}/resources/{shop.ids[name]}", headers=shop.auth,
                        json={"availability_rules": document})  # fmt: skip
    assert answer.status_code == 200, answer.text


def slots(http: httpx2.Client, shop: Shop, name: str, on: str = MONDAY) -> list[str]:
    answer = http.get("/api/availability", params={"resource_id": str(shop.ids[name]), "start_date": on})
    assert answer.status_code == 200, answer.text
    return [slot["start"][11:16] for slot in answer.json()["slots"]]


def hosts(booking: dict[str, Any]) -> list[str]:
    return [p["name"] for p in booking["participants"] if p["role"] == "host"]


def between(first: str, last: str) -> list[str]:
    """Every half hour from one time to before another."""
    at, end = (datetime.strptime(text, "%H:%M").replace(tzinfo=UTC) for text in (first, last))
    return [(at + n * HALF).strftime("%H:%M") for n in range(int((end - at) / HALF))]


# Overrides.


def test_several_rules_a_day_open_each_of_their_hours(http: httpx2.Client, shop: Shop) -> None:
    own(http, shop, "ann", opening(start="08:00", end="10:00"), opening(start="13:15", end="14:45"),
        {**opening(start="18:00", end="19:00"), "days": ["Tuesday"]})  # fmt: skip
    assert slots(http, shop, "with-ann") == [*between("08:00", "10:00"), "13:15", "13:45", "14:15"]
    assert slots(http, shop, "with-ann", TUESDAY)[-2:] == ["18:00", "18:30"]


def test_hours_replace_the_weekly_ones_extra_adds_and_off_takes_away(http: httpx2.Client, shop: Shop) -> None:
    own(http, shop, "ann", overrides=[
        {"date": MONDAY, "hours": [{"start": "09:00", "end": "10:00"}, {"start": "20:00", "end": "21:00"}]},
        {"date": TUESDAY, "extra": [{"start": "20:00", "end": "21:00"}]},
        {"date": WEDNESDAY, "off": [{"start": "09:00", "end": "17:00"}], "reason": "dentist"},
        {"date": "2026-11-26", "off": True},
        {"date": "2026-11-27", "hours": []},
    ])  # fmt: skip
    assert slots(http, shop, "with-ann") == ["09:00", "09:30", "20:00", "20:30"]
    assert slots(http, shop, "with-ann", TUESDAY) == [*between("08:00", "18:00"), "20:00", "20:30"]
    assert slots(http, shop, "with-ann", WEDNESDAY) == ["08:00", "08:30", "17:00", "17:30"]
    assert slots(http, shop, "with-ann", "2026-11-26") == []
    assert slots(http, shop, "with-ann", "2026-11-27") == []
    asked = {"resource_id": str(shop.ids["with-ann"]), "start_time": (AT + 2 * ONE).isoformat()}
    public = http.get("/api/availability/explain", params=asked)
    assert [r["code"] for r in public.json()["reasons"]] == ["time_off"]
    assert "dentist" not in public.text
    assert "dentist" in http.get("/api/availability/explain", params=asked, headers=shop.auth).text


def test_what_is_off_wins_over_extra_hours_and_a_holiday_over_the_week(
    http: httpx2.Client, shop: Shop
) -> None:
    http.put(f"/api/organizations/{shop.slug}/holidays", headers=shop.auth,
             json={"days": [{"date": MONDAY, "name": "Mill Day"}, {"date": TUESDAY, "name": "Ink Day"}]})  # fmt: skip
    own(http, shop, "ann", overrides=[
        {"date": MONDAY, "extra": [{"start": "12:00", "end": "14:00"}]},
        {"date": MONDAY, "off": [{"start": "13:00", "end": "13:30"}]},
        {"date": TUESDAY, "hours": [{"start": "10:00", "end": "11:00"}]},
    ])  # fmt: skip
    assert slots(http, shop, "with-ann") == ["12:00", "12:30", "13:30"]
    assert slots(http, shop, "with-ann", TUESDAY) == ["10:00", "10:30"]
    own(http, shop, "ann", holidays=False)
    assert slots(http, shop, "with-ann") == [], "what is booked decides, not who it takes"
    own(http, shop, "with-ann", holidays=False)
    assert len(slots(http, shop, "with-ann")) == 20


@pytest.mark.parametrize(("override", "path"), [
    ({"date": MONDAY}, "overrides[0]"),
    ({"off": True}, "overrides[0]"),
    ({"date": MONDAY, "off": True, "extra": []}, "overrides[0]"),
    ({"date": MONDAY, "range": [MONDAY, TUESDAY], "off": True}, "overrides[0]"),
    ({"range": [TUESDAY, MONDAY], "off": True}, "overrides[0].range"),
    ({"date": MONDAY, "extra": []}, "overrides[0].extra"),
    ({"date": MONDAY, "hours": [{"start": "12:00", "end": "11:00"}]}, "overrides[0].hours[0].end"),
    ({"date": MONDAY, "hours": [{"start": "12:00"}]}, "overrides[0].hours[0].end"),
    ({"date": MONDAY, "off": True, "colleague": "nobody@studio.example"}, "overrides[0].colleague"),
    ({"date": MONDAY, "extra": [{"start": "12:00", "end": "13:00"}], "colleague": BEN}, "overrides[0].colleague"),
    ({"date": MONDAY, "off": "yes"}, "overrides[0].off"),
])  # fmt: skip
def test_a_wrong_override_is_refused_by_its_path(
    http: httpx2.Client, shop: Shop, override: dict[str, Any], path: str
) -> None:
    answer = http.patch(f"/api/organizations/{shop.slug}/resources/{shop.ids['ann']}", headers=shop.auth,
                        json={"availability_rules": rules(opening(**DAY), overrides=[override])})  # fmt: skip
    assert answer.status_code == 422, answer.text
    assert f"availability_rules.{path}" in {e["path"] for e in answer.json()["errors"]}


# Zones.


def test_a_person_in_another_zone_keeps_their_own_clocks(http: httpx2.Client, shop: Shop) -> None:
    own(http, shop, "ann", opening(start="09:00", end="11:00"), timezone="Asia/Tokyo")
    assert slots(http, shop, "with-ann") == ["00:00", "00:30", "01:00", "01:30"]
    here = {"link": None, "timezone": "Asia/Tokyo"}
    answer = http.get("/api/booking/availability", params={
        "appointment_type_id": str(shop.ids["with-ann"]), "date": MONDAY, "timezone": here["timezone"]})  # fmt: skip
    assert [s["start"][11:] for s in answer.json()["slots"]] == [
        f"{at}:00+09:00" for at in ("09:00", "09:30", "10:00", "10:30")]  # fmt: skip


def test_who_travels_keeps_the_hours_by_the_clocks_there(http: httpx2.Client, shop: Shop) -> None:
    own(http, shop, "ann", opening(start="09:00", end="10:00"),
        travel=[{"range": [TUESDAY, WEDNESDAY], "timezone": "America/New_York"}])  # fmt: skip
    assert slots(http, shop, "with-ann", MONDAY) == ["09:00", "09:30"]
    assert slots(http, shop, "with-ann", TUESDAY) == ["14:00", "14:30"]
    assert slots(http, shop, "with-ann", WEDNESDAY) == ["14:00", "14:30"]
    assert slots(http, shop, "with-ann", "2026-11-26") == ["09:00", "09:30"]


def test_time_off_on_a_journey_is_read_by_the_clocks_there(http: httpx2.Client, shop: Shop) -> None:
    own(http, shop, "ann", opening(start="09:00", end="11:00"),
        travel=[{"date": TUESDAY, "timezone": "America/New_York"}],
        overrides=[{"date": TUESDAY, "off": [{"start": "09:00", "end": "10:00"}]}])  # fmt: skip
    assert slots(http, shop, "with-ann", TUESDAY) == ["15:00", "15:30"]


# Colleagues.


def test_a_colleague_takes_over_only_while_the_other_is_away(http: httpx2.Client, shop: Shop) -> None:
    own(http, shop, "ann", overrides=[
        {"date": TUESDAY, "off": [{"start": "12:00", "end": "14:00"}], "colleague": CYD}])  # fmt: skip
    names = {
        at: hosts(book(http, shop, "with-ann", at=AT + at))
        for at in (0 * HALF, ONE, ONE + HALF, ONE + 4 * HALF)
    }
    assert names == {0 * HALF: ["Ann"], ONE: ["Cyd"], ONE + HALF: ["Cyd"], ONE + 4 * HALF: ["Ann"]}
    refused = http.post("/api/bookings", json=body(shop, "with-ann", at=AT + ONE - timedelta(minutes=15)))
    assert refused.status_code == 409, "half with Ann and half with Cyd is with nobody"
    assert len(slots(http, shop, "with-ann", WEDNESDAY)) == 20


def test_whoever_stands_in_is_named_where_a_time_is_explained(http: httpx2.Client, shop: Shop) -> None:
    own(http, shop, "ann", overrides=[{"date": TUESDAY, "off": True, "colleague": CYD}])
    params = {"resource_id": str(shop.ids["with-ann"]), "start_time": f"{TUESDAY}T12:00:00Z"}
    told = http.get("/api/availability/explain", params=params, headers=shop.auth).json()
    names = {host["host_id"]: host["name"] for host in told["hosts"]}
    assert set(names) == {str(shop.ids["ann"]), str(shop.ids["cyd"])}
    assert all(names.values())


def test_a_colleague_who_is_away_or_taken_does_not_take_over(http: httpx2.Client, shop: Shop) -> None:
    own(http, shop, "ann", overrides=[{"date": TUESDAY, "off": True, "colleague": CYD}])
    own(http, shop, "cyd", overrides=[{"date": TUESDAY, "off": [{"start": "08:00", "end": "12:00"}]}])
    assert slots(http, shop, "with-ann", TUESDAY)[0] == "12:00"
    book(http, shop, "quiet", at=AT.replace(hour=9))
    book(http, shop, "with-ann", at=AT + ONE)
    assert slots(http, shop, "with-ann", TUESDAY)[0] == "12:30"


def test_what_was_booked_with_a_colleague_stays_theirs(http: httpx2.Client, shop: Shop) -> None:
    own(http, shop, "ann", overrides=[{"date": TUESDAY, "off": True, "colleague": CYD}])
    made = book(http, shop, "with-ann", at=AT + ONE)
    own(http, shop, "ann")
    assert hosts(http.get(f"/api/bookings/{made['token']}").json()) == ["Cyd"]
    again = book(http, shop, "with-ann", at=AT + ONE)
    assert hosts(again) == ["Ann"]
    moved = http.put(f"/api/bookings/{made['token']}", json={"start_time": (AT + ONE + HOUR).isoformat()})
    assert moved.status_code == 200, "it can be moved, to Ann, who is back"
    assert hosts(moved.json()) == ["Ann"]


@pytest.mark.parametrize("name", ["chosen", "turns", "lesson"])
def test_a_booking_can_be_moved_though_its_host_has_left(http: httpx2.Client, shop: Shop, name: str) -> None:
    """The offer names others now: the booking goes to one of them, and a turn with it."""
    made = book(http, shop, name)
    assert hosts(made) == ["Ann"]
    needs = http.get(f"/api/organizations/{shop.slug}/resources/{shop.ids[name]}", headers=shop.auth).json()[
        "needs"
    ]
    needs[0] = {**needs[0], "hosts": [BEN]}
    changed = http.patch(f"/api/organizations/{shop.slug}/resources/{shop.ids[name]}", headers=shop.auth,
                         json={"needs": needs})  # fmt: skip
    assert changed.status_code == 200, changed.text
    moved = http.put(f"/api/bookings/{made['token']}", json={"start_time": (AT + HOUR).isoformat()})
    assert moved.status_code == 200, moved.text
    assert hosts(moved.json()) == ["Ben"]


def test_one_colleague_takes_over_from_two_on_different_days(http: httpx2.Client, shop: Shop) -> None:
    for name, on in (("ann", MONDAY), ("ben", TUESDAY)):
        own(http, shop, name, overrides=[{"date": on, "off": True, "colleague": CYD}])
    for at in (AT, AT + ONE):
        made = [http.post("/api/bookings", json=body(shop, "either", at=at)) for _ in range(3)]
        assert [answer.status_code for answer in made] == [201, 201, 409], at
        there = {"Cyd", "Ben"} if at == AT else {"Cyd", "Ann"}
        assert {hosts(answer.json())[0] for answer in made[:2]} == there


def test_one_colleague_takes_over_from_two_on_one_day_and_is_one_person(
    http: httpx2.Client, shop: Shop
) -> None:
    for name in ("ann", "ben"):
        own(http, shop, name, overrides=[{"date": MONDAY, "off": True, "colleague": CYD}])
    for offer in ("either", "turns"):
        made = [http.post("/api/bookings", json=body(shop, offer, at=AT)) for _ in range(2)]
        assert [answer.status_code for answer in made] == [201, 409], offer
        http.delete(f"/api/bookings/{made[0].json()['token']}")
    assert http.post("/api/bookings", json=body(shop, "everyone", at=AT)).status_code == 409, "two are needed"


def test_a_colleague_takes_over_from_two_who_are_away_at_different_hours(
    http: httpx2.Client, shop: Shop
) -> None:
    own(
        http,
        shop,
        "ann",
        overrides=[{"date": MONDAY, "off": [{"start": "08:00", "end": "13:00"}], "colleague": CYD}],
    )
    own(
        http,
        shop,
        "ben",
        overrides=[{"date": MONDAY, "off": [{"start": "13:00", "end": "18:00"}], "colleague": CYD}],
    )
    for offer in ("either", "turns"):
        for at in (AT, AT + 4 * HALF):
            made = [http.post("/api/bookings", json=body(shop, offer, at=at)) for _ in range(2)]
            assert [answer.status_code for answer in made] == [201, 201], (offer, at)
            for answer in made:
                http.delete(f"/api/bookings/{answer.json()['token']}")


def test_a_colleague_takes_over_where_windows_open_the_host(http: httpx2.Client, shop: Shop) -> None:
    own(http, shop, "ann", overrides=[{"date": TUESDAY, "off": True, "colleague": CYD}])
    assert hosts(book(http, shop, "windows", at=AT + ONE)) == ["Cyd"]
    assert hosts(book(http, shop, "windows")) == ["Ann"]


# Setting up and clearing away.


LAYOUTS = {"chairs": (30, 30), "mats": (60, 30)}


def claims(owner: psycopg.Connection[Any], shop: Shop, turnover: bool) -> list[tuple[Any, ...]]:
    return owner.execute(
        "SELECT starts_at, ends_at, layout, booking_id FROM claims WHERE org_id = %s AND resource_id = %s "
        "AND turnover = %s AND released_at IS NULL ORDER BY starts_at", (shop.org_id, shop.ids["stage"], turnover),
    ).fetchall()  # fmt: skip


def due(uses: list[tuple[Any, ...]]) -> list[tuple[datetime, datetime, str]]:
    """What must stand between uses of one unit: each gap looked at by itself."""
    found = []
    far = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    edges = [(far[0], far[0], "", None), *uses, (far[1], far[1], "", None)]
    for (_, ended, former, _), (starts, _, latter, _) in pairwise(edges):
        clearing = timedelta(minutes=LAYOUTS[former][1]) if former else timedelta()
        setting = timedelta(minutes=LAYOUTS[latter][0]) if latter else timedelta()
        if former and former == latter and starts - ended < clearing + setting:
            found.append((ended, starts, former))
        else:
            found += [(ended, ended + clearing, former), (starts - setting, starts, latter)]
    return [one for one in found if one[0] < one[1]]


def check_stage(owner: psycopg.Connection[Any], shop: Shop) -> None:
    """What stands is what has to, nothing overlaps, and every booking that stands is there."""
    uses, turnovers = claims(owner, shop, False), claims(owner, shop, True)
    assert [one[:3] for one in turnovers] == due(uses)
    all_ = sorted(uses + turnovers, key=lambda one: one[0])
    assert all(one[1] <= other[0] for one, other in pairwise(all_))
    standing = owner.execute(
        "SELECT id FROM bookings WHERE org_id = %s AND status <> 'cancelled' ORDER BY starts_at", (shop.org_id,)
    ).fetchall()  # fmt: skip
    assert [one[3] for one in uses] == [row[0] for row in standing]


@pytest.mark.parametrize("seed", range(4))
def test_a_stage_is_always_set_up_and_cleared_away(
    http: httpx2.Client, shop: Shop, owner: psycopg.Connection[Any], seed: int
) -> None:
    """Two layouts of different lengths, offers with and without buffers, and the bare stage; 70 random steps."""
    dice = random.Random(seed)
    lengths = {"talk": (30,), "yoga": (30,), "gala": (30, 90), "chat": (20, 60), "stage": (30,)}
    made: dict[str, tuple[str, int]] = {}
    refused = most = 0
    for _ in range(70):
        step = dice.choice(("book", "book", "cancel", "move"))
        name = dice.choice(list(lengths))
        at = AT.replace(hour=6) + timedelta(minutes=10) * dice.randrange(72)
        if step == "book":
            minutes = dice.choice(lengths[name])
            answer = http.post("/api/bookings", json=body(shop, name, at, minutes))
            assert answer.status_code in (201, 409), answer.text
            refused += answer.status_code == 409
            if answer.status_code == 201:
                made[answer.json()["token"]] = (name, minutes)
        elif made:
            token = dice.choice(sorted(made))
            if step == "cancel":
                assert http.delete(f"/api/bookings/{token}").status_code == 200
                del made[token]
            else:
                answer = http.put(f"/api/bookings/{token}", json={"start_time": at.isoformat()})
                assert answer.status_code in (200, 409), answer.text
        check_stage(owner, shop)
        most = max(most, len(made))
    assert most > 2
    assert refused


@pytest.mark.parametrize("seed", range(3))
def test_a_free_time_on_a_stage_can_be_booked(http: httpx2.Client, shop: Shop, seed: int) -> None:
    """Whatever is offered is had, and what is not offered is not: layouts beside each other at random."""
    dice = random.Random(seed)
    for _ in range(14):
        name = dice.choice(("talk", "yoga", "gala", "chat", "stage"))
        offered = slots(http, shop, name)
        times = [AT.replace(hour=6) + timedelta(minutes=10) * dice.randrange(72) for _ in range(3)]
        for at in times:
            minutes = 20 if name == "chat" else 30
            answer = http.post("/api/bookings", json=body(shop, name, at, minutes))
            on_offer = f"{at:%H:%M}" in offered
            assert (answer.status_code == 201) == on_offer, (name, at, answer.text)
            if answer.status_code == 201:
                break


def hold(http: httpx2.Client, shop: Shop, name: str, at: datetime) -> dict[str, Any]:
    wanted = body(shop, name, at)
    answer = http.post(
        "/api/holds", json={k: wanted[k] for k in ("org_id", "resource_id", "start_time", "end_time")}
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("other", ["yoga", "stage", "talk"])
def test_what_a_lapsed_hold_had_taken_over_comes_back(
    http: httpx2.Client, shop: Shop, owner: psycopg.Connection[Any], clock: Clock, other: str
) -> None:
    """A talk at 12:00 and a hold on the next: once it lapsed, the chairs still have to be cleared away."""
    book(http, shop, "talk")
    hold(http, shop, "talk", AT + HALF)
    clock.forward(minutes=20)
    offered = slots(http, shop, other)
    first = {"yoga": "14:00", "stage": "13:00", "talk": "12:30"}[other]
    assert next(start for start in offered if start > "12:00") == first
    answer = http.post(
        "/api/bookings", json=body(shop, other, AT.replace(hour=int(first[:2]), minute=int(first[3:])))
    )
    assert answer.status_code == 201, answer.text
    uses = claims(owner, shop, False)
    assert [one[:3] for one in claims(owner, shop, True)] == due(uses)


def test_a_lapsed_hold_beside_a_talk_does_not_give_its_clearing_away(
    http: httpx2.Client, shop: Shop, owner: psycopg.Connection[Any], clock: Clock
) -> None:
    """Without anybody having cleared the hold away, the bare stage is not free until the chairs are gone."""
    talk = book(http, shop, "talk")
    hold(http, shop, "talk", AT + HALF)
    clock.forward(minutes=20)
    answer = http.post("/api/bookings", json=body(shop, "stage", AT + HALF))
    assert answer.status_code == 409, "the chairs of the talk stand there until 13:00"
    uses = [one for one in claims(owner, shop, False) if one[3] == UUID(talk["id"])]
    assert uses


def test_hours_of_every_day_are_told_by_their_names(http: httpx2.Client, shop: Shop) -> None:
    for number, name in enumerate(DAYS):
        own(http, shop, "ann", {**opening(start="10:00", end="11:00"), "days": [name]})
        on = (AT + number * ONE).date().isoformat()
        assert slots(http, shop, "with-ann", on) == ["10:00", "10:30"], name
        assert slots(http, shop, "with-ann", (AT + (number + 1) * ONE).date().isoformat()) == []
