"""What a key, a role or the application's own role must not reach, though each part by itself looks right."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import psycopg
import pytest

from infra24 import bookings, people
from infra24.db import Database
from infra24.people import Role
from infra24.roles import of_connection
from infra24.settings import Settings
from tests.factories import Shop, booking_request
from tests.people import sign_in
from tests.serving import NOW, Clock
from tests.web.test_bookings_api import AT, book

Run = Callable[[Callable[[Database], Any]], Any]


def test_who_looks_after_offers_learns_that_a_booking_breaks_and_not_whose(
    http: httpx2.Client, shop: Shop, key_with: Any
) -> None:
    book(http, shop, artist_name="Somebody Private")
    closed = {"holidays": {"days": [{"date": AT.date().isoformat(), "name": "Closed"}]}}
    asked = f"/api/organizations/{shop.slug}/impact"
    less = http.post(asked, json=closed, headers=key_with("catalogue:read"))
    more = http.post(asked, json=closed, headers=key_with("catalogue:read", "bookings:read"))
    (seen,) = less.json()["affected_bookings"]
    assert (seen["status"], "artist_email" in seen) == ("confirmed", False)
    assert "Somebody Private" not in less.text
    assert "Somebody Private" in more.text
    preview = http.put(f"/api/organizations/{shop.slug}/holidays?preview=true", json=closed["holidays"],
                       headers=key_with("catalogue:write"))  # fmt: skip
    assert "Somebody Private" not in preview.text
    rules = {"availability_rules": {"timezone": "UTC", "windows": []}}
    changed = http.patch(f"/api/organizations/{shop.slug}/resources/{shop.ids['room']}", json=rules,
                         headers=key_with("catalogue:write"))  # fmt: skip
    assert changed.json()["affected_bookings"]
    assert "Somebody Private" not in changed.text


def test_a_key_opens_no_page_that_is_not_for_everyone(http: httpx2.Client, shop: Shop) -> None:
    for path in ("bookings", "admin", "admin/explain", "admin/keys", "admin/people", "admin/analytics"):
        answer = http.get(f"/{shop.slug}/{path}", headers=shop.auth)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/sign-in"), path
    made = http.post(f"/{shop.slug}/admin/keys", data={"label": "more", "scope": "bookings:write"},
                     headers=shop.auth)  # fmt: skip
    assert made.status_code == 401


def test_who_may_only_read_a_booking_is_not_handed_what_changes_it(
    http: httpx2.Client, shop: Shop, key_with: Any
) -> None:
    made = book(http, shop)
    reader = key_with("bookings:read")
    for address in ("ics", "calendar-urls"):
        answer = http.get(f"/api/bookings/{made['id']}/{address}", headers=reader)
        assert answer.status_code == 200
        assert made["token"] not in answer.text.replace("\r\n ", "")
    assert made["token"] in http.get(f"/api/bookings/{made['token']}/calendar-urls").text


def test_cancelling_is_no_way_around_the_decision(http: httpx2.Client, shop: Shop, key_with: Any) -> None:
    asked = book(http, shop, "asked", at=AT + timedelta(days=9))
    assert asked["status"] == "pending"
    writer, decider = key_with("bookings:write"), key_with("bookings:write", "bookings:approve")
    assert http.delete(f"/api/bookings/{asked['id']}", headers=writer).status_code == 403
    declined = http.delete(f"/api/bookings/{asked['id']}", headers=decider)
    assert declined.json()["status"] == "cancelled"


def test_a_feed_shows_what_one_hosts_only_while_one_is_a_host(
    http: httpx2.Client, run: Run, shop: Shop, base: str, database_url: str, settings: Settings, clock: Clock
) -> None:
    made = book(http, shop, "limited", at=AT.replace(hour=10), goal_text="Very private")
    host = sign_in(database_url, settings, clock, shop, Role.HOST, email="mo@shop.example")
    with host.client(base) as client:
        page = client.get(f"/{shop.slug}/dashboard/bookings").text
    address = page[page.index("/feeds/") : page.index(".ics") + 4]
    assert made["id"] in http.get(address).text

    async def demote(database: Database) -> None:
        async with database.transaction(shop.org_id) as tx:
            await people.memberships.change_role(tx, host.user_id, Role.MEMBER, giver=Role.OWNER, now=NOW)

    run(demote)
    after = http.get(address)
    assert after.status_code == 200
    assert made["id"] not in after.text


def test_a_feed_carries_nothing_that_changes_a_booking(
    http: httpx2.Client, shop: Shop, base: str, database_url: str, settings: Settings, clock: Clock
) -> None:
    """Whoever hands the address of their calendar on hands on what stands in it, and no more."""
    member = sign_in(database_url, settings, clock, shop, Role.MEMBER, email="ada@people.example")
    made = book(http, shop, at=AT.replace(hour=11), artist_email=member.email)
    with member.client(base) as client:
        page = client.get(f"/{shop.slug}/dashboard/bookings").text
        assert f'id="booking-{made["id"]}"' in page
    address = page[page.index("/feeds/") : page.index(".ics") + 4]
    feed = http.get(address).text.replace("\r\n ", "")
    assert made["token"] not in feed
    (link,) = set(re.findall(r"http://\S+#booking-[0-9a-f-]{36}", feed))
    assert link.endswith(made["id"])
    assert http.get(link).headers["location"].startswith("/sign-in")


def test_events_tell_of_people_only_what_the_keys_scopes_let_it_see(
    http: httpx2.Client, run: Run, shop: Shop, key_with: Any
) -> None:
    book(http, shop, at=AT.replace(hour=14), artist_name="Somebody Private", goal_text="A secret")

    async def invite(database: Database) -> None:
        async with database.transaction(shop.org_id) as tx:
            await people.memberships.invite(
                tx, "hidden@people.example", "Hidden", Role.STAFF, by="O", giver=Role.OWNER, now=NOW
            )

    run(invite)

    def told(*scopes: str) -> httpx2.Response:
        shown = key_with(*scopes) if scopes else shop.auth
        return http.get(f"/api/organizations/{shop.slug}/events", headers=shown, params={"limit": 200})

    least, more, all_ = told("events:read"), told("events:read", "bookings:read"), told()
    for private in ("Somebody Private", "test@example.org", "A secret", "hidden@people.example"):
        assert private not in least.text
        assert private in all_.text
    assert "Somebody Private" in more.text
    assert "hidden@people.example" not in more.text
    (booked,) = [one for one in least.json()["events"] if one["type"] == "booking.created"]
    assert booked["data"]["resource_id"] == str(shop.ids["room"])
    assert [one["seq"] for one in least.json()["events"]] == [one["seq"] for one in all_.json()["events"]]


def test_no_table_of_ones_own_stands_in_for_one_that_the_owners_functions_read(
    database_url: str, owner: psycopg.Connection[Any], shop: Shop
) -> None:
    functions = owner.execute(
        "SELECT proname, proconfig FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    ).fetchall()
    assert len(functions) >= 4
    for name, configured in functions:
        assert configured == ["search_path=public, pg_temp"], name
    options = f"-c role={of_connection(owner).app}"
    with (
        psycopg.connect(database_url, options=options) as app,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        app.execute("CREATE TEMP TABLE audit_entries (LIKE public.audit_entries)")


def test_no_way_of_exchanging_a_host_passes_the_audit_by(
    run: Run, shop: Shop, tokens: Any, owner: psycopg.Connection[Any]
) -> None:
    async def scenario(database: Database) -> Any:
        async with database.transaction(shop.org_id) as tx:
            made = await bookings.book(
                tx, booking_request(shop.ids["limited"], AT.replace(hour=12)), tokens=tokens, now=NOW
            )
        async with database.transaction(shop.org_id) as tx:
            await tx.run(
                "UPDATE participants SET name = 'Other', email = 'other@shop.example' "
                "WHERE org_id = %s AND booking_id = %s AND role = 'host'",
                (shop.org_id, made.id),
            )
        return made.id

    id_ = run(scenario)
    last = owner.execute(
        "SELECT before, after FROM audit_entries WHERE org_id = %s AND subject_id = %s ORDER BY seq DESC LIMIT 1",
        (shop.org_id, str(id_)),
    ).fetchone()
    assert last == (
        {"participant_name": "Mo", "participant_email": "mo@shop.example"},
        {"participant_name": "Other", "participant_email": "other@shop.example"},
    )


def test_an_administrator_does_not_undo_an_owners_invitation(run: Run, shop: Shop) -> None:
    async def scenario(database: Database) -> None:
        async with database.transaction(shop.org_id) as tx:
            await people.memberships.invite(
                tx, "eve@example.org", "Eve", Role.OWNER, by="Olga", giver=Role.OWNER, now=NOW
            )
        async with database.transaction(shop.org_id) as tx:
            with pytest.raises(people.RoleNotAssignable):
                await people.memberships.invite(
                    tx, "eve@example.org", "Eve", Role.MEMBER, by="Ada", giver=Role.ADMIN, now=NOW
                )

    run(scenario)
