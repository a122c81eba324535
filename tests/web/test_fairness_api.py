"""The ledger of turns: it holds whatever happens, floods nobody, follows weights, and shows what was changed."""

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx2
import psycopg
import pytest

from infra24 import bookings
from infra24.db import Database
from infra24.people import Role
from infra24.settings import Settings
from tests.factories import Shop, found_shop, opening, rules
from tests.people import sign_in
from tests.serving import Clock
from tests.studio import ANN, BEN, CYD, DAY, appointment, people_and_things
from tests.web.test_bookings_api import AT, body

HALF, ONE, WEEK = timedelta(minutes=30), timedelta(days=1), timedelta(weeks=1)


@pytest.fixture
def shop(database_url: str, settings: Settings, clock: Clock) -> Shop:
    def turned(title: str, *hosts: Any, **more: Any) -> Any:
        return appointment(title, {"hosts": list(hosts), "pooling": "round_robin", **more})

    return found_shop(database_url, settings, clock, {
        **people_and_things(),
        "three": turned("By three", ANN, BEN, CYD),
        "weighed": turned("Weighed", {"host": ANN, "weight": 300}, BEN),
        "first": turned("Ann first", {"host": ANN, "priority": 1}, BEN),
        "pairs": turned("Two at a time", ANN, BEN, CYD, count=2),
    })  # fmt: skip


def turn(http: httpx2.Client, shop: Shop, name: str = "turns", **more: Any) -> dict[str, Any] | None:
    """A booking, if there is one to be had."""
    answer = http.post("/api/bookings", json=body(shop, name, **more))
    assert answer.status_code in (201, 409), answer.text
    found: dict[str, Any] = answer.json()
    return found if answer.status_code == 201 else None


def who(booking: dict[str, Any] | None) -> str:
    assert booking is not None
    return next(p["name"] for p in booking["participants"] if p["role"] == "host")


def ledger(http: httpx2.Client, shop: Shop, name: str = "turns", **params: str) -> dict[str, Any]:
    answer = http.get(f"/api/organizations/{shop.slug}/resources/{shop.ids[name]}/fairness",
                      headers=shop.auth, params=params)  # fmt: skip
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def given(said: dict[str, Any]) -> dict[str, int]:
    return {host["name"]: host["given"] for host in said["hosts"]}


def patch(http: httpx2.Client, shop: Shop, name: str, **change: Any) -> None:
    answer = http.patch(
        f"/api/organizations/{shop.slug}/resources/{shop.ids[name]}", headers=shop.auth, json=change
    )
    assert answer.status_code == 200, answer.text


def needs(*hosts: Any) -> list[dict[str, Any]]:
    return [{"hosts": list(hosts), "pooling": "round_robin"}]


def test_turns_go_round_and_add_to_zero(http: httpx2.Client, shop: Shop) -> None:
    names = [who(turn(http, shop, "three", at=AT + n * HALF)) for n in range(9)]
    assert Counter(names) == {"Ann": 3, "Ben": 3, "Cyd": 3}
    assert [len(set(names[n : n + 3])) for n in (0, 3, 6)] == [3, 3, 3]
    said = ledger(http, shop, "three")
    assert (said["holds"], said["turns"], said["wrong_lines"]) == (True, 9, [])
    assert abs(sum(host["balance"] for host in said["hosts"])) < 0.01


def test_weights_share_the_turns_and_priority_comes_before_them(http: httpx2.Client, shop: Shop) -> None:
    names = Counter(who(turn(http, shop, "weighed", at=AT + n * ONE)) for n in range(12))
    assert names == {"Ann": 9, "Ben": 3}
    names = Counter(who(turn(http, shop, "first", at=AT + HALF + n * ONE)) for n in range(4))
    assert names == {"Ann": 4}
    assert who(turn(http, shop, "first", at=AT + HALF)) == "Ben", "when Ann is taken"
    assert ledger(http, shop, "first")["holds"] is True


def test_a_cancelled_turn_is_given_back(http: httpx2.Client, shop: Shop) -> None:
    first = turn(http, shop)
    assert first is not None
    http.delete(f"/api/bookings/{first['token']}")
    http.delete(f"/api/bookings/{first['token']}")
    assert [host["balance"] for host in ledger(http, shop)["hosts"]] == [0, 0]
    names = [who(turn(http, shop, at=AT + n * HALF)) for n in range(2)]
    assert sorted(names) == ["Ann", "Ben"]
    assert given(ledger(http, shop)) == {"Ann": 1, "Ben": 1}


def test_who_is_new_is_not_flooded(http: httpx2.Client, shop: Shop) -> None:
    for number in range(8):
        turn(http, shop, at=AT + number * HALF)
    patch(http, shop, "turns", needs=needs(ANN, BEN, CYD))
    names = Counter(who(turn(http, shop, at=AT + ONE + number * HALF)) for number in range(6))
    assert names == {"Ann": 2, "Ben": 2, "Cyd": 2}
    assert ledger(http, shop)["holds"] is True


def test_who_was_away_is_not_flooded(http: httpx2.Client, shop: Shop) -> None:
    off = {"range": ["2026-11-23", "2026-11-24"], "off": True}
    patch(http, shop, "ben", availability_rules=rules(opening(**DAY), overrides=[off]))
    names = [who(turn(http, shop, at=AT + n * HALF)) for n in range(8)]
    assert set(names) == {"Ann"}
    assert [host["balance"] for host in ledger(http, shop)["hosts"] if host["given"] or host["owed"]] == [0]
    names = [who(turn(http, shop, at=AT + 2 * ONE + n * HALF)) for n in range(6)]
    assert Counter(names) == {"Ann": 3, "Ben": 3}
    assert ledger(http, shop)["holds"] is True


def test_who_works_one_day_a_week_is_not_flooded_on_it(http: httpx2.Client, shop: Shop) -> None:
    """A turn is shared among those who were there for it; Ben is there on Fridays only."""
    window = {**opening(**DAY), "days": ["Friday"]}
    patch(http, shop, "ben", availability_rules=rules(window))
    for number in range(8):
        assert who(turn(http, shop, at=AT + number * HALF)) == "Ann"
    names = Counter(who(turn(http, shop, at=AT + 4 * ONE + n * HALF)) for n in range(6))
    assert names == {"Ann": 3, "Ben": 3}


def test_who_is_booked_elsewhere_is_owed_the_turn(http: httpx2.Client, shop: Shop) -> None:
    for number in range(2):
        turn(http, shop, "chosen", at=AT + number * HALF, staff_id=str(shop.ids["ben"]))
        assert who(turn(http, shop, at=AT + number * HALF)) == "Ann"
    assert [who(turn(http, shop, at=AT + ONE + n * HALF)) for n in range(2)] == ["Ben", "Ben"]
    assert ledger(http, shop)["holds"] is True


def test_a_moved_booking_keeps_its_host_or_hands_the_turn_on(http: httpx2.Client, shop: Shop) -> None:
    made = turn(http, shop)
    assert made is not None
    kept = http.put(f"/api/bookings/{made['token']}", json={"start_time": (AT + HALF).isoformat()}).json()
    assert who(kept) == who(made) == "Ann"
    assert given(ledger(http, shop)) == {"Ann": 1, "Ben": 0}
    turn(http, shop, "chosen", at=AT + 2 * HALF, staff_id=str(shop.ids["ann"]))
    other = http.put(
        f"/api/bookings/{made['token']}", json={"start_time": (AT + 2 * HALF).isoformat()}
    ).json()
    assert who(other) == "Ben"
    said = ledger(http, shop)
    assert given(said) == {"Ann": 0, "Ben": 1}
    assert (said["turns"], said["holds"]) == (1, True)


def test_a_hold_that_lapsed_gives_its_turn_back_when_it_is_cleared(
    http: httpx2.Client, shop: Shop, clock: Clock, run: Any
) -> None:
    wanted = body(shop, "turns")
    held = {k: wanted[k] for k in ("org_id", "resource_id", "start_time", "end_time")}
    made = http.post("/api/holds", json=held).json()
    assert ledger(http, shop)["turns"] == 1
    clock.forward(minutes=30)

    async def clear(database: Database) -> bool:
        async with database.transaction(shop.org_id) as tx:
            return await bookings.expire(tx, made["id"], now=clock())

    assert run(clear) is True
    said = ledger(http, shop)
    assert (said["turns"], said["holds"], {host["balance"] for host in said["hosts"]}) == (0, True, {0})


NAMES = ("three", "pairs")
STEPS = ("book", "book", "book", "busy", "hold", "hold", "confirm", "move", "move", "cancel", "lapse")


class Visitors:
    """Do random things to the offers by turns."""

    def __init__(self, http: httpx2.Client, shop: Shop, clock: Clock, run: Any, seed: int) -> None:
        self.http, self.shop, self.clock, self.run = http, shop, clock, run
        self.dice = random.Random(seed)
        self.tokens: list[str] = []
        self.holds: list[dict[str, Any]] = []

    def at(self) -> Any:
        return AT + self.dice.randrange(4) * ONE + self.dice.randrange(-6, 10) * HALF

    def book(self) -> None:
        made = turn(self.http, self.shop, self.dice.choice(NAMES), at=self.at())
        self.tokens += [made["token"]] if made else []

    def busy(self) -> None:
        staff = str(self.shop.ids[self.dice.choice(("ann", "ben"))])
        turn(self.http, self.shop, "chosen", at=self.at(), staff_id=staff)

    def hold(self) -> None:
        wanted = body(self.shop, self.dice.choice(NAMES), self.at())
        asked = {k: wanted[k] for k in ("org_id", "resource_id", "start_time", "end_time")}
        answer = self.http.post("/api/holds", json=asked)
        self.holds += [answer.json()] if answer.status_code == 201 else []

    def confirm(self) -> None:
        if self.holds:
            token = self.holds.pop(self.dice.randrange(len(self.holds)))["token"]
            who_ = {"artist_name": "Ada", "artist_email": "ada@example.org"}
            self.http.put(f"/api/bookings/{token}", json={"status": "confirmed", **who_})
            self.tokens.append(token)

    def move(self) -> None:
        if self.tokens:
            change = {"start_time": self.at().isoformat()}
            self.http.put(f"/api/bookings/{self.dice.choice(self.tokens)}", json=change)

    def cancel(self) -> None:
        if self.tokens:
            self.http.delete(f"/api/bookings/{self.tokens.pop(self.dice.randrange(len(self.tokens)))}")

    def lapse(self) -> None:
        if self.holds:
            self.clock.forward(minutes=15)
            lapsed = self.holds.pop(0)["id"]

            async def clear(database: Database) -> None:
                async with database.transaction(self.shop.org_id) as tx:
                    await bookings.expire(tx, lapsed, now=self.clock())

            self.run(clear)

    def series(self) -> None:
        here = f"/api/organizations/{self.shop.slug}/series"
        wanted = {"resource_id": str(self.shop.ids[self.dice.choice(NAMES)]), "start_time": self.at().isoformat(),
                  "duration": 30, "rule": "FREQ=DAILY;COUNT=2", "artist_name": "Ada",
                  "artist_email": "ada@example.org"}  # fmt: skip
        made = self.http.post(here, headers=self.shop.auth, json=wanted)
        if made.status_code == 201 and self.dice.random() < 0.5:
            change = {"start_time": self.at().isoformat()}
            self.http.patch(f"{here}/{made.json()['id']}", headers=self.shop.auth, json=change)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("more", [(), ("series", "series")], ids=["single", "series"])
def test_the_ledger_holds_after_anything(
    http: httpx2.Client,
    shop: Shop,
    clock: Clock,
    run: Any,
    owner: psycopg.Connection[Any],
    seed: int,
    more: tuple[str, ...],
) -> None:
    """Books, holds, lapses, moves, cancels and series in a random order; one turn for each that stands."""
    visitors = Visitors(http, shop, clock, run, seed)
    for _ in range(50):
        getattr(visitors, visitors.dice.choice(STEPS + more))()
    for name in NAMES:
        said = ledger(http, shop, name)
        assert said["wrong_lines"] == []
        assert said["holds"] is True
        row = owner.execute("SELECT count(*) FROM bookings WHERE org_id = %s AND resource_id = %s "
                            "AND status <> 'cancelled'", (shop.org_id, shop.ids[name])).fetchone()  # fmt: skip
        assert row is not None
        assert said["turns"] == row[0] > 0, "one turn for each booking that stands"
        sums = owner.execute("SELECT coalesce(sum(balance), 0)::int FROM balances WHERE offer_id = %s",
                             (shop.ids[name],)).fetchone()  # fmt: skip
        assert sums == (0,)


def test_other_weights_are_tried_on_the_same_bookings(http: httpx2.Client, shop: Shop) -> None:
    for number in range(8):
        turn(http, shop, at=AT + number * HALF)
    ann, ben = shop.ids["ann"], shop.ids["ben"]
    said = ledger(http, shop, weights=f"{ann}=300,{ben}=100")
    tried = {host["name"]: host["given"] for host in said["simulated"]}
    assert (given(said), tried) == ({"Ann": 4, "Ben": 4}, {"Ann": 6, "Ben": 2})
    assert ledger(http, shop)["simulated"] is None
    same = ledger(http, shop, weights=f"{ann}=100,{ben}=100")
    assert same["simulated"] == same["hosts"]
    wrong = http.get(f"/api/organizations/{shop.slug}/resources/{shop.ids['turns']}/fairness",
                     headers=shop.auth, params={"weights": f"{ann}=-1"})  # fmt: skip
    assert wrong.status_code == 422


@pytest.mark.parametrize("tamper", [
    "UPDATE decisions SET chosen = ARRAY[%(ben)s]::uuid[] WHERE offer_id = %(offer)s AND seq = %(first)s",
    "UPDATE decisions SET candidates = jsonb_set(candidates, '{0,balance}', '-5') WHERE seq = %(last)s",
    "UPDATE decisions SET candidates = jsonb_set(candidates, '{0,weight}', '900') WHERE seq = %(last)s",
    "UPDATE decisions SET candidates = candidates - 1 WHERE seq = %(last)s",
    "UPDATE decisions SET returned = true WHERE seq = %(first)s",
    "UPDATE decisions SET is_turn = false WHERE seq = %(last)s",
    "DELETE FROM decisions WHERE seq = %(last)s",
    "DELETE FROM decisions WHERE seq = %(first)s",
    "UPDATE balances SET balance = balance + 1 WHERE offer_id = %(offer)s AND host_id = %(ben)s",
    "DELETE FROM balances WHERE offer_id = %(offer)s",
])  # fmt: skip
def test_who_tampers_with_the_ledger_is_found(
    http: httpx2.Client,
    shop: Shop,
    owner: psycopg.Connection[Any],
    tamper: str,
    base: str,
    database_url: str,
    settings: Settings,
    clock: Clock,
) -> None:
    for number in range(5):
        turn(http, shop, at=AT + number * HALF)
    assert ledger(http, shop)["holds"] is True
    row = owner.execute(
        "SELECT min(seq), max(seq) FROM decisions WHERE offer_id = %s", (shop.ids["turns"],)
    ).fetchone()
    assert row is not None
    names = {"ben": shop.ids["ben"], "offer": shop.ids["turns"], "first": row[0], "last": row[1]}
    assert owner.execute(tamper, names).rowcount > 0  # type: ignore[call-overload]
    said = ledger(http, shop)
    assert said["holds"] is False
    with sign_in(database_url, settings, clock, shop, Role.STAFF).client(base) as staff:
        page = staff.get(f"/{shop.slug}/admin/fairness/by-turns")
    assert page.status_code == 200
    assert "does not add up" in page.text


def test_the_ledger_is_for_staff(
    http: httpx2.Client, shop: Shop, database_url: str, settings: Settings, clock: Clock
) -> None:
    turn(http, shop)
    here = f"/api/organizations/{shop.slug}/resources/{shop.ids['turns']}/fairness"
    assert http.get(here).status_code == 401
    other = found_shop(database_url, settings, clock, people_and_things())
    assert http.get(here, headers=other.auth).status_code == 404
    theirs = f"/api/organizations/{other.slug}/resources/{shop.ids['turns']}/fairness"
    assert http.get(theirs, headers=other.auth).status_code == 404
    page = f"/{shop.slug}/admin/fairness/by-turns"
    assert http.get(page, headers=shop.auth).status_code == 303  # a key opens no page: whoever signed in does
    for headers in ({}, {"authorization": "Bearer wrong"}, other.auth):
        refused = http.get(page, headers=headers)
        assert refused.status_code in (302, 303, 401, 404)
        assert "Ann" not in refused.text
