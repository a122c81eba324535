"""The staff's calendar over HTTP: what it shows, in whose time, and what moving a booking does to it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import psycopg
import pytest

from infra24 import bookings, resources, round_robin
from infra24.db import Database
from infra24.people import Role
from infra24.resources import Draft
from infra24.settings import Settings
from tests.factories import ADA, Shop, booking_request, found_shop, opening, rules
from tests.people import sign_in
from tests.serving import NOW, Clock
from tests.studio import ANN, BEN, appointment, people_and_things, person

TUESDAY = "2026-11-24"


class Staff:
    """The API as someone of one organization uses it."""

    def __init__(self, http: httpx2.Client, shop: Shop, headers: dict[str, str] | None = None) -> None:
        self.http, self.shop, self.headers = http, shop, headers or shop.auth

    def agenda(self, *names: str, start: str = TUESDAY, end: str | None = None, status: int = 200) -> Any:
        params: dict[str, Any] = {"start_date": start, "end_date": end or start, "org": self.shop.slug}
        if names:
            params["resource_id"] = [str(self.shop.ids[name]) for name in names]
        answer = self.http.get("/api/calendar/events", params=params, headers=self.headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def book(self, offer: str, start: str, minutes: int = 30, **more: Any) -> Any:
        at = datetime.fromisoformat(start)
        body = {"org_id": str(self.shop.org_id), "resource_id": str(self.shop.ids[offer]), "start_time": start,
                "end_time": (at + timedelta(minutes=minutes)).isoformat(), "artist_name": "Ada Lovelace",
                "artist_email": "ada@example.org", **more}  # fmt: skip
        answer = self.http.post("/api/bookings", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def place(self, column: str, start: str, end: str, *, status: int = 201, **more: Any) -> Any:
        body = {"resource_id": str(self.shop.ids[column]), "local_start": start, "local_end": end,
                "name": "Grace Hopper", "email": "grace@example.org", **more}  # fmt: skip
        answer = self.http.post("/api/calendar/bookings", json=body, params={"org": self.shop.slug},
                                headers=self.headers)  # fmt: skip
        assert answer.status_code == status, answer.text
        return answer.json()

    def move(
        self, booking: str, column: str, to: str | None = None, *, status: int = 200, **more: Any
    ) -> Any:
        body: dict[str, Any] = {"from_resource_id": str(self.shop.ids[column]), **more}
        if to:
            body["resource_id"] = str(self.shop.ids[to])
        answer = self.http.patch(f"/api/calendar/bookings/{booking}", json=body,
                                 params={"org": self.shop.slug}, headers=self.headers)  # fmt: skip
        assert answer.status_code == status, answer.text
        return answer.json()

    def event(self, booking: str, **more: Any) -> Any:
        return next(event for event in self.agenda(**more)["events"] if event["id"] == booking)

    def columns(self, event: Any) -> set[str]:
        names = {str(id_): name for name, id_ in self.shop.ids.items()}
        return {names[id_] for id_ in event["resource_ids"]}


@pytest.fixture
def base_settings(settings: Settings) -> Settings:
    """Sessions are signed with the secret of the served application, which is that of all tests."""
    return settings


@pytest.fixture
def staff(http: httpx2.Client, shop: Shop) -> Staff:
    return Staff(http, shop)


@pytest.fixture
def studio(http: httpx2.Client, database_url: str, settings: Settings, clock: Clock) -> Staff:
    return Staff(http, found_shop(database_url, settings, clock, people_and_things()))


@pytest.fixture
def miami(
    http: httpx2.Client, database_url: str, settings: Settings, clock: Clock, owner: psycopg.Connection[Any]
) -> Staff:
    """An organization in New York's time with a room there and one in London's."""
    wanted = {
        "room": Draft("space", "Room", capacity=1, availability_rules={
            "timezone": "America/New_York", "windows": [opening()], "durations": [30, 60]}),
        "abroad": Draft("space", "Abroad", capacity=1, availability_rules={
            "timezone": "Europe/London", "windows": [opening(start="09:00", end="17:00")]}),
    }  # fmt: skip
    shop = found_shop(database_url, settings, clock, wanted, locale="en_US")
    owner.execute("UPDATE organizations SET time_zone = 'America/New_York' WHERE id = %s", (shop.org_id,))
    return Staff(http, shop)


def test_bookings_are_shown_in_the_organizations_wall_time(miami: Staff) -> None:
    made = miami.book("abroad", "2026-11-24T14:00:00+00:00")
    agenda = miami.agenda("room", "abroad")
    assert agenda["timezone"] == "America/New_York"
    assert agenda["now"] == {"local": "2026-11-20T07:00:00", "at": "2026-11-20T12:00:00Z"}
    [event] = agenda["events"]
    assert (event["id"], event["start"], event["end"]) == (
        made["id"],
        "2026-11-24T09:00:00",
        "2026-11-24T09:30:00",
    )
    assert (event["starts_at"], event["ends_at"]) == ("2026-11-24T14:00:00Z", "2026-11-24T14:30:00Z")
    assert event["label"] == "9:00\u00a0AM – 9:30\u00a0AM"
    assert (event["who"], event["title"], event["status"]) == ("Ada Lovelace", "Abroad", "confirmed")
    assert (event["movable"], event["resizable"], "why_not" in event) == (True, True, False)
    outside = [(c["start"], c["end"]) for c in agenda["closed"] if c["code"] == "outside_hours"]
    assert outside == [
        ("2026-11-24T00:00:00", "2026-11-24T04:00:00"),
        ("2026-11-24T12:00:00", "2026-11-25T00:00:00"),
    ]


def test_an_hour_that_comes_twice_is_told_apart_and_one_that_is_skipped_is_refused(
    miami: Staff, clock: Clock
) -> None:
    clock.at = NOW.replace(month=10)
    first = miami.place("room", "2026-11-01T01:00", "2026-11-01T01:30")["event"]
    second = miami.place("room", "2026-11-01T01:00", "2026-11-01T01:30", fold=1)["event"]
    assert (first["starts_at"], second["starts_at"]) == ("2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z")
    assert (first["start"], second["start"]) == ("2026-11-01T01:00:00", "2026-11-01T01:00:00")
    assert first["label"] == "1:00\u00a0AM\u00a0EDT – 1:30\u00a0AM\u00a0EDT"
    assert second["label"] == "1:00\u00a0AM\u00a0EST – 1:30\u00a0AM\u00a0EST"
    assert (first.get("fold"), second.get("fold")) == (None, 1)
    across = miami.place("room", "2026-11-01T01:30", "2026-11-01T01:00")["event"]
    assert across["ends_at"] == "2026-11-01T06:00:00Z", "an end that comes twice is the one after the start"
    skipped = miami.place("room", "2027-03-14T02:30", "2027-03-14T03:30", status=422)
    assert skipped["errors"][0]["path"] == "local_start"
    assert "clocks go forward" in skipped["detail"]
    moved = miami.move(second["id"], "room", local_start="2027-03-14T02:00", status=422)
    assert "clocks go forward" in moved["detail"]
    day = miami.agenda("room", start="2026-11-01")
    assert {event["id"] for event in day["events"]} == {first["id"], across["id"], second["id"]}


def test_a_move_keeps_the_length_across_a_change_of_the_clocks(miami: Staff, clock: Clock) -> None:
    clock.at = NOW.replace(month=10)
    made = miami.place("room", "2026-10-31T00:30", "2026-10-31T02:30")["event"]
    moved = miami.move(made["id"], "room", local_start="2026-11-01T00:30")["event"]
    assert (moved["starts_at"], moved["ends_at"]) == ("2026-11-01T04:30:00Z", "2026-11-01T06:30:00Z")
    assert (moved["start"], moved["end"]) == ("2026-11-01T00:30:00", "2026-11-01T01:30:00")
    assert moved["label"] == "12:30\u00a0AM\u00a0EDT – 1:30\u00a0AM\u00a0EST"


def test_buffers_holds_pending_and_closings_are_told(
    staff: Staff, http: httpx2.Client, database_url: str, settings: Settings, clock: Clock
) -> None:
    wanted = {
        "den": Draft("space", "Den", capacity=1, availability_rules=rules(
            opening(start="08:00", end="18:00"), buffer_before=10, buffer_after=20,
            blackouts=[{"date": "2026-11-25"}])),
        "asked": Draft("space", "Asked", capacity=1, availability_rules=rules(opening(), approval=True)),
        "eve": Draft("person", "Eve", email="eve@shop.example", availability_rules=rules(
            opening(), overrides=[{"date": "2026-11-24", "off": True, "reason": "Dentist"}])),
    }  # fmt: skip
    shop = found_shop(database_url, settings, clock, wanted)
    mine = Staff(http, shop)
    http.put(f"/api/organizations/{shop.slug}/holidays", headers=shop.auth,
             json={"days": [{"date": "2026-11-26", "name": "Thanksgiving"}]})  # fmt: skip
    mine.book("den", "2026-11-24T10:00:00Z")
    mine.book("asked", "2026-11-24T10:00:00Z")
    hold = {"org_id": str(shop.org_id), "resource_id": str(shop.ids["asked"]),
            "start_time": "2026-11-24T12:00:00Z", "end_time": "2026-11-24T12:30:00Z"}  # fmt: skip
    assert http.post("/api/holds", json=hold).status_code == 201
    agenda = mine.agenda("den", "asked", "eve", end="2026-11-26")
    by_status = {event["status"]: event for event in agenda["events"]}
    assert (by_status["confirmed"]["before"], by_status["confirmed"]["after"]) == (10, 20)
    assert by_status["pending"]["movable"]
    assert not by_status["hold"]["movable"]
    assert by_status["hold"]["why_not"] == "Somebody is filling in the form for this time."
    told = {(c["resource_id"], c["code"], c["start"][:10]): c.get("label") for c in agenda["closed"]}
    assert told[str(shop.ids["den"]), "blackout", "2026-11-25"] == "Closed on this date."
    assert told[str(shop.ids["eve"]), "time_off", "2026-11-24"] == "Away at this time. (Dentist)"
    assert told[str(shop.ids["den"]), "holiday", "2026-11-26"] == "Closed for Thanksgiving."
    clock.forward(minutes=11)
    assert "hold" not in {event["status"] for event in mine.agenda("asked")["events"]}, "it lapsed"


def test_a_whole_shows_in_its_parts_and_setting_up_is_shown(studio: Staff) -> None:
    made = studio.book("hall", "2026-11-24T10:00:00Z")
    event = studio.event(made["id"])
    assert studio.columns(event) == {"hall", "left", "right"}
    assert set(event["linked_ids"]) == {str(studio.shop.ids["left"]), str(studio.shop.ids["right"])}
    studio.move(made["id"], "left", "right", local_start="2026-11-24T11:00", status=409)
    studio.book("talk", "2026-11-24T10:00:00Z")
    turnovers = studio.agenda("stage")["turnovers"]
    assert [(t["start"][11:16], t["end"][11:16], t["layout"]) for t in turnovers] == [
        ("09:30", "10:00", "chairs"), ("10:30", "11:00", "chairs")]  # fmt: skip


def test_a_room_that_is_booked_itself_gives_its_booking_to_another(staff: Staff) -> None:
    made = staff.book("room", "2026-11-24T10:00:00Z")
    event = staff.move(made["id"], "room", "buffered", local_start="2026-11-24T11:00")["event"]
    assert (staff.columns(event), event["title"], event["start"]) == (
        {"buffered"},
        "Buffered room",
        "2026-11-24T11:00:00",
    )
    assert (event["before"], event["after"]) == (10, 10), "as the new room has it"
    back = staff.move(made["id"], "buffered", "room", local_start="2026-11-24T10:00")["event"]
    assert (staff.columns(back), back["start"]) == ({"room"}, "2026-11-24T10:00:00"), "undone by another move"
    refused = staff.move(made["id"], "room", "mo", status=409)
    assert refused["code"] == "resource_not_eligible"


def test_staff_give_any_length_but_not_anothers_time(staff: Staff) -> None:
    made = staff.book("room", "2026-11-24T10:00:00Z")
    longer = staff.move(made["id"], "room", local_end="2026-11-24T12:15")["event"]
    assert (longer["start"], longer["end"]) == ("2026-11-24T10:00:00", "2026-11-24T12:15:00")
    other = staff.book("room", "2026-11-24T13:00:00Z", artist_name="Mary Shelley")
    refused = staff.move(made["id"], "room", local_start="2026-11-24T12:00", status=409)
    assert refused["code"] == "slot_taken"
    assert refused["reasons"][0]["code"] == "taken"
    [way] = refused["in_the_way"]
    assert (way["booking_id"], way["who"], way["label"]) == (other["id"], "Mary Shelley", "13:00 – 13:30")
    assert staff.event(made["id"])["start"] == "2026-11-24T10:00:00", "nothing moved"


def test_staff_are_bound_by_hours_but_not_by_notice_horizon_and_limits(
    http: httpx2.Client, database_url: str, settings: Settings, clock: Clock
) -> None:
    strict = Draft("space", "Strict", capacity=1, availability_rules=rules(
        opening(start="08:00", end="18:00"), min_notice_minutes=10_000, horizon_days=10, max_per_day_per_booker=1))  # fmt: skip
    mine = Staff(http, found_shop(database_url, settings, clock, {"strict": strict}))
    made = mine.place("strict", "2026-11-20T13:05", "2026-11-20T13:50")["event"]
    mine.place("strict", "2026-11-20T14:00", "2026-11-20T15:00")
    far = mine.move(made["id"], "strict", local_start="2027-06-01T09:00")["event"]
    assert (far["start"], far["end"]) == ("2027-06-01T09:00:00", "2027-06-01T09:45:00")
    refused = mine.move(made["id"], "strict", local_start="2027-06-01T17:30", status=409)
    assert (refused["code"], refused["detail"]) == ("slot_not_offered", "Outside the opening hours.")


def test_a_host_is_exchanged_for_another_of_the_pool(studio: Staff) -> None:
    made = studio.book("lesson", "2026-11-24T10:00:00Z", staff_id=str(studio.shop.ids["ann"]))
    assert studio.columns(studio.event(made["id"])) == {"ann", "north", "wheels"}
    assert studio.event(made["id"])["units"] == {str(studio.shop.ids["wheels"]): 2}
    event = studio.move(made["id"], "ann", "ben")["event"]
    assert studio.columns(event) == {"ben", "north", "wheels"}
    shown = studio.http.get(f"/api/bookings/{made['id']}", headers=studio.headers).json()
    assert [p["email"] for p in shown["participants"] if p["role"] == "host"] == [BEN]
    refused = studio.move(made["id"], "ben", "cyd", status=409)
    assert refused["code"] == "resource_not_eligible"
    assert "cannot be moved to Cyd" in refused["detail"]
    again = studio.http.put(f"/api/bookings/{made['token']}", json={"start_time": "2026-11-24T15:00:00Z"})
    assert [p["email"] for p in again.json()["participants"] if p["role"] == "host"] == [BEN], (
        "who books moves it themselves: it stays with the new host"
    )


def test_a_room_of_a_tag_is_exchanged_and_stays_where_it_was_put(studio: Staff) -> None:
    made = studio.book("quiet", "2026-11-24T10:00:00Z")
    assert "north" in studio.columns(studio.event(made["id"]))
    assert "south" in studio.columns(studio.move(made["id"], "north", "south")["event"])
    later = studio.move(made["id"], "south", local_start="2026-11-24T11:00")["event"]
    assert "south" in studio.columns(later), "not back to the first room by chance"
    refused = studio.move(made["id"], "south", local_start="2026-11-24T12:00", status=409)
    assert refused["code"] == "slot_not_offered", "the south room closes at noon; it was not put elsewhere"


def test_turns_follow_the_host_who_takes_it(studio: Staff, run: Callable[..., Any]) -> None:
    made = studio.book("turns", "2026-11-24T10:00:00Z")
    host = (studio.columns(studio.event(made["id"])) & {"ann", "ben"}).pop()
    other = "ben" if host == "ann" else "ann"
    studio.move(made["id"], host, other)
    ids = studio.shop.ids

    async def ledger(database: Database) -> Any:
        async with database.transaction(studio.shop.org_id) as tx:
            return await round_robin.check_ledger(tx, ids["turns"]), await round_robin.standings(
                tx, ids["turns"]
            )

    audit, standings = run(ledger)
    assert audit.holds
    assert standings[ids[other]][0] == 500_000
    assert standings[ids[host]][0] == -500_000
    studio.move(made["id"], other, local_start="2026-11-24T14:00")
    assert run(ledger)[1][ids[other]][0] == 500_000, "another time is no other turn"


def test_staff_book_with_the_resource_of_a_column(studio: Staff) -> None:
    columns = studio.shop.ids
    found = studio.http.get("/api/calendar/offers", params={"resource_id": str(columns["ben"]), "org": studio.shop.slug},
                            headers=studio.headers).json()["offers"]  # fmt: skip
    assert {"Lesson", "By turns", "Everyone"} <= {offer["title"] for offer in found}
    for offer, others in (("lesson", {"north", "wheels"}), ("turns", set())):
        made = studio.place(
            "ben",
            f"2026-11-24T{10 + len(others)}:00",
            f"2026-11-24T{10 + len(others)}:45",
            offer_id=str(columns[offer]),
        )
        assert studio.columns(made["event"]) == {"ben", *others}
    asked = studio.place("ann", "2026-11-24T16:00", "2026-11-24T16:30", offer_id=str(columns["asking"]))
    assert asked["event"]["status"] == "confirmed", "staff are not asked the questions"
    both = studio.place("ann", "2026-11-24T17:00", "2026-11-24T17:30", offer_id=str(columns["everyone"]))
    assert studio.columns(both["event"]) == {"ann", "ben"}
    refused = studio.place(
        "saw", "2026-11-24T16:00", "2026-11-24T16:30", offer_id=str(columns["lesson"]), status=409
    )
    assert refused["code"] == "resource_not_eligible"


def test_what_someone_else_changed_is_not_overwritten(staff: Staff) -> None:
    made = staff.book("room", "2026-11-24T10:00:00Z")
    seen = staff.event(made["id"])["revision"]
    staff.move(made["id"], "room", local_start="2026-11-24T11:00", revision=seen)
    refused = staff.move(made["id"], "room", local_start="2026-11-24T09:00", revision=seen, status=409)
    assert refused["code"] == "stale_revision"
    assert refused["detail"] == "Someone else changed this booking in the meantime. Reload it and try again."
    spoken = staff.http.patch(
        f"/api/calendar/bookings/{made['id']}",
        json={"from_resource_id": refused["event"]["resource_ids"][0], "local_start": "2026-11-24T09:00",
              "revision": seen},
        params={"org": staff.shop.slug},
        headers={**staff.headers, "accept-language": "es"},
    ).json()  # fmt: skip
    assert spoken["detail"].startswith("Otra persona ha cambiado esta reserva")
    assert refused["event"]["start"] == "2026-11-24T11:00:00"
    staff.move(made["id"], "room", local_start="2026-11-24T09:00", revision=refused["event"]["revision"])


def test_a_date_of_a_series_that_is_moved_is_an_exception(staff: Staff) -> None:
    made = staff.http.post(f"/api/organizations/{staff.shop.slug}/series", headers=staff.headers, json={
        "resource_id": str(staff.shop.ids["room"]), "first": "2026-11-24T10:00:00Z", "duration": 30,
        "rule": "FREQ=WEEKLY;COUNT=3", "artist_name": "Ada", "artist_email": "ada@example.org"})  # fmt: skip
    if made.status_code != 201:
        made = staff.http.post(f"/api/organizations/{staff.shop.slug}/series", headers=staff.headers, json={
            "resource_id": str(staff.shop.ids["room"]), "start_time": "2026-11-24T10:00:00Z", "duration": 30,
            "rule": "FREQ=WEEKLY;COUNT=3", "artist_name": "Ada", "artist_email": "ada@example.org"})  # fmt: skip
    assert made.status_code == 201, made.text
    first = made.json()["bookings"][0]["id"]
    assert staff.event(first)["in_series"]
    staff.move(first, "room", "buffered", local_start="2026-11-24T15:00")
    assert staff.http.get(f"/api/bookings/{first}", headers=staff.headers).json()["is_exception"]


def test_what_awaits_approval_is_not_moved_into_the_past_and_what_was_confirmed_is(staff: Staff) -> None:
    asked = staff.book("asked", "2026-11-24T10:00:00Z")
    assert asked["status"] == "pending"
    refused = staff.move(asked["id"], "asked", local_start="2026-11-18T10:00", status=409)
    assert refused["reasons"][0]["code"] == "past"
    made = staff.book("room", "2026-11-24T10:00:00Z")
    staff.move(made["id"], "room", local_start="2026-11-18T10:00")


def test_a_move_is_told_with_where_from_and_where_to(staff: Staff) -> None:
    made = staff.book("room", "2026-11-24T10:00:00Z")
    staff.move(made["id"], "room", "buffered", local_start="2026-11-24T11:00")
    told = staff.http.get(
        f"/api/organizations/{staff.shop.slug}/events", headers=staff.headers, params={"limit": 200}
    ).json()
    last = [event for event in told["events"] if event["type"] == "booking.rescheduled"][-1]["data"]
    assert (last["from"], last["to"]) == ("2026-11-24T10:00:00+00:00", "2026-11-24T11:00:00+00:00")
    assert (last["from_resource_id"], last["to_resource_id"]) == (
        str(staff.shop.ids["room"]),
        str(staff.shop.ids["buffered"]),
    )


def test_hosts_see_their_own_column_and_move_nothing(
    studio: Staff, database_url: str, base_settings: Settings, clock: Clock
) -> None:
    ann = sign_in(database_url, base_settings, clock, studio.shop, Role.HOST, email=ANN)
    made = studio.book("lesson", "2026-11-24T10:00:00Z", staff_id=str(studio.shop.ids["ann"]))
    studio.book("chosen", "2026-11-24T10:00:00Z", staff_id=str(studio.shop.ids["ben"]))
    hers = Staff(studio.http, studio.shop, ann.headers)
    agenda = hers.agenda()
    assert [column["title"] for column in agenda["columns"]] == ["Ann"]
    assert [(event["id"], event["movable"]) for event in agenda["events"]] == [(made["id"], False)]
    assert agenda["events"][0]["why_not"] == "You may look at this booking, but not move it."
    hers.agenda("ben", status=404)
    hers.agenda("north", status=404)
    hers.move(made["id"], "ann", local_start="2026-11-24T12:00", status=403)
    hers.place("ann", "2026-11-24T12:00", "2026-11-24T12:30", status=403)
    member = sign_in(database_url, base_settings, clock, studio.shop, Role.MEMBER)
    Staff(studio.http, studio.shop, member.headers).agenda(status=403)
    stranger = sign_in(database_url, base_settings, clock, None, None)
    Staff(studio.http, studio.shop, stranger.headers).agenda(status=404)
    Staff(studio.http, studio.shop, {"x-nothing": "1"}).agenda(status=401)


def test_staff_who_sign_in_move_bookings(
    staff: Staff, database_url: str, base_settings: Settings, clock: Clock
) -> None:
    made = staff.book("room", "2026-11-24T10:00:00Z")
    sam = sign_in(database_url, base_settings, clock, staff.shop, Role.STAFF)
    theirs = Staff(staff.http, staff.shop, sam.headers)
    assert (
        theirs.move(made["id"], "room", local_start="2026-11-24T11:00")["event"]["start"]
        == "2026-11-24T11:00:00"
    )
    forged = {key: value for key, value in sam.headers.items() if key != "x-csrf-token"}
    Staff(staff.http, staff.shop, forged).move(made["id"], "room", local_start="2026-11-24T12:00", status=403)


def test_another_organizations_bookings_and_resources_are_not_there(staff: Staff, studio: Staff) -> None:
    made = studio.book("hall", "2026-11-24T10:00:00Z")
    assert (
        staff.move(made["id"], "room", local_start="2026-11-24T11:00", status=404)["code"]
        == "unknown_booking"
    )
    answer = staff.http.get("/api/calendar/events", headers=staff.headers, params={
        "start_date": TUESDAY, "end_date": TUESDAY, "resource_id": str(studio.shop.ids["hall"])})  # fmt: skip
    assert answer.status_code == 404
    mine = staff.book("room", "2026-11-24T10:00:00Z")
    body = {"from_resource_id": str(staff.shop.ids["room"]), "resource_id": str(studio.shop.ids["hall"])}
    answer = staff.http.patch(f"/api/calendar/bookings/{mine['id']}", json=body, headers=staff.headers)
    assert answer.status_code == 404


@pytest.mark.parametrize("params", [
    {"start_date": "2026-11-24", "end_date": "2026-11-23"},
    {"start_date": "2026-11-24", "end_date": "2027-01-24"},
    {"start_date": "2026-11-24"},
    {"start_date": "soon", "end_date": "later"},
])  # fmt: skip
def test_ranges_that_are_none_are_refused(staff: Staff, params: dict[str, str]) -> None:
    assert staff.http.get("/api/calendar/events", params=params, headers=staff.headers).status_code == 422


@pytest.mark.parametrize("count", [1, 40])
def test_the_agenda_is_one_statement_however_much_stands_there(
    shop: Shop, tokens: Any, run: Callable[..., Any], count: int
) -> None:
    async def scenario(database: Database) -> tuple[int, int]:
        start = datetime.fromisoformat("2026-11-24T00:00:00+00:00")
        ids: list[UUID] = [shop.ids[name] for name in ("room", "buffered", "wheels", "mo", "lena")]
        for n in range(count):
            async with database.transaction(shop.org_id) as tx:
                wanted = booking_request(
                    shop.ids["room" if n % 2 else "wheels"], start + timedelta(minutes=30 * n), person=ADA
                )
                await bookings.book(tx, wanted, tokens=tokens, now=NOW)
        async with database.transaction(shop.org_id) as tx:
            await bookings.agenda(tx, ids, start, start + timedelta(days=7), NOW)  # the hours are remembered
            counted, original = 0, tx.rows

            async def counting(*args: Any, **more: Any) -> Any:
                nonlocal counted
                counted += 1
                return await original(*args, **more)

            tx.rows = tx.row = counting  # type: ignore[assignment, method-assign]
            seen = await bookings.agenda(tx, ids, start, start + timedelta(days=7), NOW)
            return len(seen.entries), counted

    assert run(scenario) == (count, 1)


def test_the_agenda_reads_by_the_index_behind_the_policies(
    shop: Shop, owner: Any, run: Callable[..., Any]
) -> None:
    from bench.world import fill
    from infra24.bookings import agenda_queries
    from tests.test_architecture import _nodes

    fill(owner, shop, "room", 20_000, every="1 hour", first="2020-01-01")
    owner.execute("ANALYZE claims")

    async def scenario(database: Database) -> Any:
        async with database.transaction(shop.org_id) as tx:
            original = tx.rows

            async def explained(query: Any, args: Any = ()) -> Any:
                return await original("EXPLAIN (ANALYZE, FORMAT JSON) " + query, args)

            tx.rows = explained  # type: ignore[method-assign]
            since = datetime.fromisoformat("2021-03-01T00:00:00+00:00")
            rows = await agenda_queries.agenda(tx, [shop.ids["room"]], since, since + timedelta(days=7), NOW)
        return rows[0][0][0]["Plan"]

    nodes = [n for n in _nodes(run(scenario)) if n.get("Index Name") == "claims_by_time"]
    assert nodes
    read = sum((n["Actual Rows"] + n.get("Rows Removed by Filter", 0)) * n["Actual Loops"] for n in nodes)
    assert read < 400, f"{read} rows read for a week of 168"


def test_whoever_takes_a_long_booking_is_shown_and_known_to_be_taken_all_through_it(
    http: httpx2.Client, database_url: str, settings: Settings, clock: Clock, run: Callable[..., Any]
) -> None:
    """The longest claim is known of each member, not only of the one who had the first long booking."""
    wanted = {
        "ann": person("Ann", ANN),
        "ben": person("Ben", BEN),
        "long": appointment("Long", {"hosts": [ANN, BEN]}, rules={"slot_minutes": 240}),
        "short": appointment("Short", {"hosts": [BEN]}),
    }
    mine = Staff(http, found_shop(database_url, settings, clock, wanted))
    for _ in range(2):
        mine.book("long", f"{TUESDAY}T08:00:00Z", 240)
    late = datetime.fromisoformat(f"{TUESDAY}T11:00:00+00:00")
    ids = mine.shop.ids

    async def scenario(database: Database) -> Any:
        async with database.transaction(mine.shop.org_id) as tx:
            shown = await bookings.agenda(tx, [ids["ben"]], late, late + timedelta(hours=1), NOW)
            _, _, free = await bookings.slots(tx, ids["short"], (late, late + timedelta(hours=2)), 30, NOW)
            return len(shown.entries), [bookings.instant(at).hour for at in free]

    assert run(scenario) == (1, [12, 12])


def test_setting_up_and_clearing_away_are_not_overlooked_however_long_they_take(
    http: httpx2.Client, database_url: str, settings: Settings, clock: Clock
) -> None:
    wanted = {
        "stage": Draft("space", "Stage", capacity=1, availability_rules=rules(opening()),
                       layouts={"big": {"setup": 1_440, "teardown": 1_440}}),
        "talk": appointment("Talk", {"resource": "stage"}, layout="big"),
    }  # fmt: skip
    mine = Staff(http, found_shop(database_url, settings, clock, wanted))
    mine.book("talk", "2026-11-25T12:00:00Z")
    turnovers = mine.agenda("stage", start="2026-11-26")["turnovers"]
    assert [(t["start"], t["end"]) for t in turnovers] == [("2026-11-25T12:30:00", "2026-11-26T12:30:00")]
    query = {"resource_id": str(mine.shop.ids["stage"]), "start_date": "2026-11-26", "end_date": "2026-11-26"}
    free = http.get("/api/availability", params=query).json()["slots"]
    assert min(slot["start"] for slot in free)[:16] == "2026-11-26T12:30"


@pytest.mark.parametrize("closed", ["archived", "not bookable"])
def test_bookings_of_what_takes_no_new_ones_are_still_moved_by_staff(
    staff: Staff, run: Callable[..., Any], closed: str
) -> None:
    made, ids = staff.book("visit", f"{TUESDAY}T09:00:00Z"), staff.shop.ids

    async def close(database: Database) -> None:
        async with database.transaction(staff.shop.org_id) as tx:
            if closed == "archived":
                await resources.archive(tx, ids["visit"], NOW)
            else:
                await resources.update(tx, ids["visit"], {"is_bookable": False}, NOW)

    async def ways(database: Database) -> Any:
        async with database.transaction(staff.shop.org_id) as tx:
            return await bookings.alternatives_for(tx, await bookings.get(tx, UUID(made["id"])), NOW)

    run(close)
    host = next(name for name in ("mo", "lena") if name in staff.columns(staff.event(made["id"])))
    out = run(ways)
    assert (len(out.starts), len(out.hosts)) == (3, 1)
    other = "lena" if host == "mo" else "mo"
    moved = staff.move(made["id"], host, other, local_start=f"{TUESDAY}T11:00")["event"]
    assert staff.columns(moved) == {other}
    own = {"start_time": f"{TUESDAY}T12:00:00Z"}
    by_staff = staff.http.put(f"/api/bookings/{made['id']}", json=own, headers=staff.headers)
    assert by_staff.status_code == 200, by_staff.text
    by_booker = staff.http.put(f"/api/bookings/{made['token']}", json={"start_time": f"{TUESDAY}T13:00:00Z"})
    assert by_booker.status_code == 404, "who booked it may not"
    body = {"org_id": str(staff.shop.org_id), "resource_id": str(ids["visit"]), **own,
            "end_time": f"{TUESDAY}T12:30:00Z", "artist_name": "Ada", "artist_email": "ada@example.org"}  # fmt: skip
    assert staff.http.post("/api/bookings", json=body).status_code == 404, "nor anyone anew"


def test_an_end_that_comes_twice_is_told_apart_from_a_start_that_does(miami: Staff, clock: Clock) -> None:
    clock.at = NOW.replace(month=10)
    ends_later = {"local_start": "2026-11-01T00:30", "local_end": "2026-11-01T01:00"}
    made = miami.place("room", ends_later["local_start"], ends_later["local_end"], end_fold=1)["event"]
    assert (made["starts_at"], made["ends_at"]) == ("2026-11-01T04:30:00Z", "2026-11-01T06:00:00Z")
    assert (made.get("fold"), made.get("end_fold")) == (None, 1)
    same = miami.move(made["id"], "room", **ends_later, fold=0, end_fold=1)["event"]
    assert (same["ends_at"], same["revision"]) == (made["ends_at"], made["revision"]), (
        "told back, nothing moves"
    )
    longer = miami.move(made["id"], "room", local_end="2026-11-01T01:15", end_fold=1)["event"]
    assert longer["ends_at"] == "2026-11-01T06:15:00Z", "a quarter of an hour is not taken for a cut"
    moved = miami.move(made["id"], "room", local_start="2026-11-02T09:00")["event"]
    assert moved["end"] == "2026-11-02T10:45:00", "it lasts as long as before"


def test_a_booking_that_comes_to_another_room_has_the_meeting_of_that_room(
    http: httpx2.Client, database_url: str, settings: Settings, clock: Clock
) -> None:
    def room(title: str, **more: Any) -> Draft:
        return Draft("space", title, capacity=1, availability_rules=rules(opening()), **more)

    wanted = {
        "a": room("A", meeting_url="https://meet.example/a/{room}", price=1500),
        "b": room("B", meeting_url="https://meet.example/b/{room}", price=9900),
        "c": room("C"),
    }
    mine = Staff(http, found_shop(database_url, settings, clock, wanted))
    id_ = mine.book("a", f"{TUESDAY}T09:00:00Z")["id"]

    def told() -> Any:
        return http.get(f"/api/bookings/{id_}", headers=mine.headers).json()

    first = told()["meeting_url"]
    mine.move(id_, "a", local_start=f"{TUESDAY}T10:00")
    assert told()["meeting_url"] == first, "another time is the same meeting"
    mine.move(id_, "a", "b")
    booking = told()
    assert booking["meeting_url"].startswith("https://meet.example/b/")
    assert booking["meeting_url"].rpartition("/")[2] != first.rpartition("/")[2], "A's guests do not know it"
    assert booking["price"] == 1500, "as it was agreed"
    mine.move(id_, "b", "c")
    assert not told()["meeting_url"]


def test_what_is_booked_by_itself_is_shown_open_where_it_can_be_booked(
    http: httpx2.Client, database_url: str, settings: Settings, clock: Clock, run: Callable[..., Any]
) -> None:
    """A journey moves the hours but not the blackouts; without hours nothing is offered, but for appointments."""
    abroad = {"date": TUESDAY, "timezone": "America/New_York"}
    wanted = {
        "van": Draft("equipment", "Van", capacity=1, availability_rules=rules(
            opening(), slot_minutes=60, travel=[abroad],
            blackouts=[{"date": TUESDAY, "start": "12:00", "end": "15:00"}])),
        "attic": Draft("space", "Attic", capacity=1),
        "den": Draft("space", "Den", capacity=1),
        "talk": appointment("Talk", {"resource": "den"}),
    }  # fmt: skip
    mine = Staff(http, found_shop(database_url, settings, clock, wanted))
    agenda = mine.agenda("van", "attic", "den")
    closed = {name: [(c["start"][11:16], c["end"][11:16], c["code"]) for c in agenda["closed"]
                     if c["resource_id"] == str(id_)] for name, id_ in mine.shop.ids.items()}  # fmt: skip
    assert ("12:00", "15:00", "blackout") in closed["van"]
    assert (closed["attic"], closed["den"]) == ([("00:00", "00:00", "outside_hours")], [])
    since = datetime.fromisoformat(f"{TUESDAY}T00:00:00+00:00")

    async def offered(database: Database) -> list[int]:
        async with database.transaction(mine.shop.org_id) as tx:
            span = (since, since + timedelta(days=1))
            _, _, free = await bookings.slots(tx, mine.shop.ids["van"], span, 60, NOW)
            return [bookings.instant(at).hour for at in free]

    shut = {hour for first, last, _ in closed["van"] for hour in range(int(first[:2]), int(last[:2]))}
    assert run(offered) == [hour for hour in range(24) if hour not in shut]
