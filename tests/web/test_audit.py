"""The audit: every change with who, from where, before and after; nobody can change it, and a change shows."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import psycopg
import pytest

from infra24 import audit, bookings, events, organizations, people, resources
from infra24.audit import Filters
from infra24.db import Actor, Database
from infra24.i18n import locale_format
from infra24.people import Role
from infra24.settings import Settings
from infra24.web.presenters.audit import together, told
from tests.factories import STAFF, Shop, booking_request, found_shop
from tests.people import sign_in
from tests.serving import NOW, Clock
from tests.studio import people_and_things
from tests.web.test_bookings_api import AT, body, book

Run = Callable[[Callable[[Database], Any]], Any]


def entries(run: Run, shop: Shop, **filters: Any) -> list[audit.Entry]:
    """The audit of the shop, oldest first."""

    async def scenario(database: Database) -> list[audit.Entry]:
        async with database.transaction(shop.org_id) as tx:
            return (await audit.page(tx, Filters(**filters), limit=500))[::-1]

    found: list[audit.Entry] = run(scenario)
    return found


def test_a_booking_leaves_who_what_before_and_after(
    http: httpx2.Client, run: Run, shop: Shop, base: str, database_url: str, settings: Settings, clock: Clock
) -> None:
    made = book(http, shop, "visit", at=AT.replace(hour=10))
    staff = sign_in(database_url, settings, clock, shop, Role.STAFF, name="Sam Staff")
    with staff.client(base) as client:
        moved = client.patch(
            f"/api/bookings/{made['id']}", json={"start_time": AT.replace(hour=11).isoformat()}
        )
        assert moved.status_code == 200
    http.delete(f"/api/bookings/{made['token']}")
    found = entries(run, shop, subject="booking", subject_id=made["id"])
    created, rescheduled, cancelled = (e for e in found if "participant_name" not in (e.after or {}))
    assert (created.action, created.actor["kind"], created.actor["address"]) == (
        "created",
        "visitor",
        "127.0.0.1",
    )
    assert created.after is not None
    assert created.after["booker_email"] == "test@example.org"
    assert "token_hash" not in created.after
    assert (rescheduled.actor["kind"], rescheduled.actor["name"]) == ("user", "Sam Staff")
    assert (rescheduled.before or {})["starts_at"] != (rescheduled.after or {})["starts_at"]
    assert (cancelled.before, cancelled.actor["kind"]) == ({"status": "confirmed"}, "booker") or (
        cancelled.before or {}
    )["status"] == "confirmed"


def test_holds_are_nobodys_business_until_they_are_bookings(
    http: httpx2.Client, run: Run, shop: Shop
) -> None:
    wanted = {k: v for k, v in body(shop).items() if k in ("org_id", "resource_id", "start_time", "end_time")}
    held = http.post("/api/holds", json=wanted).json()
    http.delete(f"/api/bookings/{held['token']}")
    assert entries(run, shop, subject="booking") == []
    again = http.post("/api/holds", json=wanted).json()
    http.put(
        f"/api/bookings/{again['token']}",
        json={"status": "confirmed", "artist_name": "Ada", "artist_email": "ada@example.org"},
    )
    (confirmed,) = entries(run, shop, subject="booking")
    assert (confirmed.action, confirmed.before) == ("created", None)
    assert confirmed.after is not None
    assert (confirmed.after["status"], confirmed.after["booker_email"]) == ("confirmed", "ada@example.org")
    assert "starts_at" in confirmed.after


def test_rules_roles_settings_keys_links_and_holidays_leave_entries_and_no_secret(
    http: httpx2.Client, run: Run, shop: Shop, database_url: str, settings: Settings, clock: Clock
) -> None:
    someone = sign_in(database_url, settings, clock, shop, Role.MEMBER)
    sign_in(database_url, settings, clock, shop, Role.OWNER)

    async def scenario(database: Database) -> str:
        by = Actor("user", "u1", "Olga O'Hara", "192.0.2.7")
        async with database.transaction(shop.org_id, by) as tx:
            await resources.update(
                tx, shop.ids["room"], {"availability_rules": {"timezone": "UTC", "windows": []}}, NOW
            )
            await people.memberships.change_role(tx, someone.user_id, Role.STAFF, giver=Role.OWNER, now=NOW)
            await organizations.change(tx, {"settings": {"approval_hours": 5}}, NOW)
            await organizations.set_holidays(tx, organizations.read_plan([], {"2026-12-24": ("Eve", True)}))
            return await people.keys.make(tx, "till", ["bookings:read"], "Olga", NOW)

    key = run(scenario)
    found = [e for e in entries(run, shop) if e.actor.get("name") == "Olga O'Hara"]
    by_subject = {e.subject: e for e in found}
    assert {"resource", "membership", "organization", "holiday", "key"} <= set(by_subject)
    assert all(e.actor["address"] == "192.0.2.7" for e in found)
    assert (by_subject["membership"].before, by_subject["membership"].after) == (
        {"role": "member"},
        {"role": "staff"},
    )
    assert set(by_subject["resource"].after or {}) >= {"availability_rules"}
    assert by_subject["organization"].after == {"settings": {"approval_hours": 5}}
    assert key not in str(found)
    assert "key_hash" not in str(found)


def test_what_is_undone_leaves_nothing(run: Run, shop: Shop) -> None:
    before = len(entries(run, shop))

    async def scenario(database: Database) -> None:
        with pytest.raises(ZeroDivisionError):
            async with database.transaction(shop.org_id) as tx:
                await organizations.change(tx, {"name": "Never"}, NOW)
                raise ZeroDivisionError
        async with database.transaction(shop.org_id) as tx:

            async def change() -> None:
                await resources.update(tx, shop.ids["room"], {"title": "Never"}, NOW)

            await bookings.impact(tx, None, change, NOW)

    run(scenario)
    assert len(entries(run, shop)) == before


def test_the_application_can_add_nothing_change_nothing_and_forge_nobody(run: Run, shop: Shop) -> None:
    async def scenario(database: Database) -> None:
        for statement in (
            "UPDATE audit_entries SET label = 'x'",
            "DELETE FROM audit_entries",
            "TRUNCATE audit_entries",
            "INSERT INTO audit_entries (org_id, seq) VALUES (current_setting('app.org_id')::uuid, 99)",
            "SELECT audit_write(current_setting('app.org_id')::uuid, 'created', 'x', 'x', 'x', NULL, NULL)",
            "ALTER TABLE bookings DISABLE TRIGGER audit",
            "SET session_replication_role = replica",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                async with database.transaction(shop.org_id) as tx:
                    await tx.run(statement)  # type: ignore[arg-type]

    run(scenario)


@pytest.mark.race
def test_many_at_once_make_one_chain_without_gaps(
    run: Run, shop: Shop, tokens: Any, owner: psycopg.Connection[Any]
) -> None:
    async def scenario(database: Database) -> None:
        async def one(n: int) -> None:
            async with database.transaction(shop.org_id) as tx:
                at = NOW + timedelta(days=2, minutes=30 * n)
                await bookings.book(tx, booking_request(shop.ids["room"], at), tokens=tokens, now=NOW)

        await asyncio.gather(*(one(n) for n in range(24)))

    run(scenario)
    rows = owner.execute(
        "SELECT seq FROM audit_entries WHERE org_id = %s ORDER BY seq", (shop.org_id,)
    ).fetchall()
    assert [seq for (seq,) in rows] == list(range(1, len(rows) + 1))
    assert len(rows) >= 24
    assert shop.slug not in {one.slug for one in audit.verify(owner)}


@pytest.mark.parametrize(
    "tampering",
    [
        'UPDATE audit_entries SET actor = \'{"kind": "nobody"}\' WHERE org_id = %(org)s AND seq = 2',
        "UPDATE audit_entries SET after = after || '{\"price\": 1}' WHERE org_id = %(org)s AND seq = 2",
        "UPDATE audit_entries SET at = at + interval '1 s' WHERE org_id = %(org)s AND seq = 2",
        "DELETE FROM audit_entries WHERE org_id = %(org)s AND seq = 2",
    ],
)
def test_whoever_changes_the_table_by_hand_is_found_out(
    http: httpx2.Client, shop: Shop, owner: psycopg.Connection[Any], tampering: str
) -> None:
    for hour in (9, 10, 11):
        book(http, shop, at=AT.replace(hour=hour))
    assert shop.slug not in {one.slug for one in audit.verify(owner)}
    owner.execute(tampering.encode(), {"org": shop.org_id})
    broken = {one.slug: one.seq for one in audit.verify(owner)}
    assert broken[shop.slug] in (2, 3)
    owner.execute("DELETE FROM audit_entries WHERE org_id = %s", (shop.org_id,))  # for the tests after this


def test_a_persons_data_can_be_erased_and_the_chain_still_holds(
    http: httpx2.Client, shop: Shop, owner: psycopg.Connection[Any]
) -> None:
    for hour in (9, 10, 11):
        book(http, shop, at=AT.replace(hour=hour))
    owner.execute(
        "UPDATE audit_entries SET label = '[erased]', before = NULL, after = NULL WHERE org_id = %s AND seq = 2",
        (shop.org_id,),
    )
    assert shop.slug not in {one.slug for one in audit.verify(owner)}


def test_who_is_taken_off_and_put_back_has_not_changed_and_another_host_has(
    run: Run, shop: Shop, tokens: Any
) -> None:
    async def scenario(database: Database) -> str:
        at = NOW + timedelta(days=3)
        async with database.transaction(shop.org_id) as tx:
            made = await bookings.book(tx, booking_request(shop.ids["visit"], at), tokens=tokens, now=NOW)
        (host,) = [p for p in made.participants if p.role == "host"]
        later = at + timedelta(hours=1)
        async with database.transaction(shop.org_id) as tx:
            await bookings.reschedule(
                tx, made.id, later, later + timedelta(minutes=30), policy=STAFF, now=NOW
            )
        other = shop.ids["lena"] if host.name == "Mo" else shop.ids["mo"]
        assert host.resource_id is not None
        move = bookings.Move(made.id, host.resource_id, other, later, later + timedelta(minutes=30))
        async with database.transaction(shop.org_id) as tx:
            await bookings.move(tx, move, now=NOW)
        return str(made.id)

    id_ = run(scenario)
    (exchanged,) = [e for e in entries(run, shop, subject="booking", subject_id=id_)
                    if "participant_name" in (e.after or {})]  # fmt: skip
    claim = entries(run, shop, subject="booking", subject_id=id_)[-1]
    assert claim.transaction_id == exchanged.transaction_id
    shown = together(entries(run, shop, subject="booking", subject_id=id_))
    assert len(shown) == 3, "created, moved, and the host with the claim as one"
    assert (shown[-1].after or {}).keys() == {*(exchanged.after or {}), *(claim.after or {})}
    before, after = exchanged.before or {}, exchanged.after or {}
    assert {before["participant_name"], after["participant_name"]} == {"Mo", "Lena"}
    assert set(after) == {"participant_name", "participant_email", "participant_resource_id"}


def test_another_room_of_the_same_offer_is_a_change_too(
    run: Run, database_url: str, settings: Settings, clock: Clock, tokens: Any
) -> None:
    studio = found_shop(database_url, settings, clock, people_and_things())

    async def scenario(database: Database) -> str:
        at = NOW.replace(hour=9) + timedelta(days=3)
        async with database.transaction(studio.org_id) as tx:
            made = await bookings.book(tx, booking_request(studio.ids["quiet"], at), tokens=tokens, now=NOW)
            (has,) = await tx.rows(
                "SELECT c.resource_id FROM claims c JOIN resources r USING (org_id) WHERE c.org_id = %s "
                "AND c.booking_id = %s AND r.id = c.resource_id AND r.type = 'space'",
                (studio.org_id, made.id),
            )
        other = studio.ids["south"] if has[0] == studio.ids["north"] else studio.ids["north"]
        async with database.transaction(studio.org_id) as tx:
            move = bookings.Move(made.id, has[0], other, at, at + timedelta(minutes=30))
            await bookings.move(tx, move, now=NOW)
        return str(made.id)

    id_ = run(scenario)
    *_, last = entries(run, studio, subject="booking", subject_id=id_)
    rooms = {str(studio.ids["north"]), str(studio.ids["south"])}
    assert {(e or {})["claim_resource_id"] for e in (last.before, last.after)} == rooms


def test_what_a_change_meant_is_the_event_of_its_transaction(
    http: httpx2.Client, run: Run, shop: Shop
) -> None:
    made = book(http, shop, "visit", at=AT.replace(hour=10))
    book(http, shop, "visit", at=AT.replace(hour=15))
    http.patch(f"/api/bookings/{made['token']}", json={"start_time": AT.replace(hour=11).isoformat()})
    http.delete(f"/api/bookings/{made['token']}")
    found = entries(run, shop, subject="booking", subject_id=made["id"])

    async def scenario(database: Database) -> Any:
        async with database.transaction(shop.org_id) as tx:
            words = [
                [change.meaning for change in await told(tx, found, locale_format(*spoken), ZoneInfo("UTC"))]
                for spoken in (("en", "en_US"), ("es", "es_ES"))
            ]
            return words, await events.of_transactions(tx, {e.transaction_id for e in found})

    words, meant = run(scenario)
    assert words == [[None, "Moved", "Cancelled"], [None, "Movida", "Cancelada"]]
    for entry, type_ in zip(
        found, ("booking.created", "booking.rescheduled", "booking.cancelled"), strict=True
    ):
        (event,) = [e.event for e in meant[entry.transaction_id]]
        assert (event.type, str(event.subject_id)) == (type_, made["id"])
    assert len(meant) == 3
