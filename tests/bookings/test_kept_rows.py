"""What a booking occupies and who is in it keep their rows: moved in place, and released at the end."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from infra24 import bookings, resources
from infra24.auth.tokens import Tokens
from infra24.bookings import Booking, Move, Participant, ParticipantRole, Status, participant_queries
from infra24.bookings.listing import Filters
from infra24.db import Database
from infra24.settings import Settings
from tests.factories import STAFF, Shop, booking_request, found_shop
from tests.serving import NOW, Clock
from tests.studio import people_and_things

Run = Callable[[Callable[[Database], Any]], Any]
AT = NOW.replace(hour=9) + timedelta(days=3)
HALF = timedelta(minutes=30)


@pytest.fixture
def studio(database_url: str, settings: Settings, clock: Clock) -> Shop:
    return found_shop(database_url, settings, clock, people_and_things())


def claims(owner: psycopg.Connection[Any], id_: UUID) -> dict[int, tuple[UUID, datetime, bool]]:
    """Of each claim of a booking: the resource, its start, whether it was released."""
    rows = owner.execute(
        "SELECT id, resource_id, starts_at, released_at IS NOT NULL FROM claims WHERE booking_id = %s", (id_,)
    ).fetchall()
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


async def booked(database: Database, shop: Shop, name: str, tokens: Tokens, at: datetime = AT) -> Booking:
    async with database.transaction(shop.org_id) as tx:
        return await bookings.book(tx, booking_request(shop.ids[name], at), tokens=tokens, now=NOW)


async def moved(database: Database, shop: Shop, made: Booking, by: timedelta) -> Booking:
    async with database.transaction(shop.org_id) as tx:
        start, end = made.starts_at + by, made.ends_at + by
        return await bookings.reschedule(tx, made.id, start, end, STAFF, now=NOW)


async def ended(database: Database, shop: Shop, made: Booking) -> Booking:
    async with database.transaction(shop.org_id) as tx:
        return await bookings.cancel(tx, made.id, STAFF, now=NOW)


def test_claims_and_hosts_of_a_booking_that_is_moved_keep_their_ids(
    run: Run, studio: Shop, tokens: Tokens, owner: psycopg.Connection[Any]
) -> None:
    async def scenario(database: Database) -> tuple[Booking, Any, Booking]:
        made = await booked(database, studio, "lesson", tokens)
        before = claims(owner, made.id)
        return made, before, await moved(database, studio, made, timedelta(hours=2))

    made, before, after = run(scenario)
    now = claims(owner, made.id)
    assert len(before) == 4
    assert now.keys() == before.keys()
    assert {id_: row[0] for id_, row in now.items()} == {id_: row[0] for id_, row in before.items()}
    assert {row[1] for row in now.values()} == {AT + timedelta(hours=2)}
    assert not any(released for *_, released in now.values())
    assert sorted(after.participants, key=lambda p: p.role) == sorted(made.participants, key=lambda p: p.role)


def test_who_takes_a_hosts_place_takes_their_row(run: Run, studio: Shop, tokens: Tokens) -> None:
    async def scenario(database: Database) -> tuple[Booking, Booking]:
        made = await booked(database, studio, "turns", tokens)
        (host,) = made.host_ids
        other = studio.ids["ben"] if host == studio.ids["ann"] else studio.ids["ann"]
        async with database.transaction(studio.org_id) as tx:
            return made, await bookings.move(tx, Move(made.id, host, other, AT, AT + HALF), now=NOW)

    made, after = run(scenario)
    ids = [
        {p.id: p.name for p in one.participants if p.role is ParticipantRole.HOST} for one in (made, after)
    ]
    assert ids[0].keys() == ids[1].keys()
    assert {name for one in ids for name in one.values()} == {"Ann", "Ben"}


def test_an_offer_that_takes_more_or_less_adds_and_removes_what_differs(
    run: Run, studio: Shop, tokens: Tokens, owner: psycopg.Connection[Any]
) -> None:
    async def scenario(database: Database) -> Any:
        made = await booked(database, studio, "hall", tokens)
        seen = [claims(owner, made.id)]
        for here, there in (("hall", "saw"), ("saw", "hall")):
            async with database.transaction(studio.org_id) as tx:
                move = Move(made.id, studio.ids[here], studio.ids[there], AT, AT + HALF)
                await bookings.move(tx, move, now=NOW)
            seen.append(claims(owner, made.id))
        return seen

    hall, saw, again = run(scenario)
    assert len(hall) == 3
    assert len(saw) == 2, "the saw, and that the booth is not used"
    assert saw.keys() < hall.keys()
    assert saw.keys() < again.keys()
    assert {row[0] for row in again.values()} == {row[0] for row in hall.values()}
    assert not any(row[2] for row in (*saw.values(), *again.values()))


def test_what_a_cancelled_booking_used_is_still_known_and_free_for_others(
    run: Run, studio: Shop, tokens: Tokens, owner: psycopg.Connection[Any]
) -> None:
    async def scenario(database: Database) -> Any:
        made = await booked(database, studio, "lesson", tokens)
        await ended(database, studio, made)
        again = await booked(database, studio, "lesson", tokens)
        async with database.transaction(studio.org_id) as tx:
            listed = await bookings.page(tx, Filters(since=NOW, uses_id=studio.ids["wheels"]))
        return made, again, listed

    made, again, listed = run(scenario)
    used = claims(owner, made.id)
    assert {row[0] for row in used.values()} >= {studio.ids["north"], studio.ids["wheels"]}
    assert all(released for *_, released in used.values())
    assert {one.id for one in listed} == {made.id, again.id}


def test_a_hold_leaves_no_claim_and_a_layout_no_turnover(
    run: Run, studio: Shop, tokens: Tokens, owner: psycopg.Connection[Any]
) -> None:
    async def scenario(database: Database) -> tuple[UUID, UUID]:
        async with database.transaction(studio.org_id) as tx:
            held = await bookings.hold(tx, booking_request(studio.ids["saw"], AT), tokens=tokens, now=NOW)
        await ended(database, studio, held)
        talk = await booked(database, studio, "talk", tokens)
        await ended(database, studio, talk)
        return held.id, talk.id

    held, talk = run(scenario)
    assert claims(owner, held) == {}
    left = owner.execute("SELECT turnover, layout FROM claims WHERE booking_id = %s", (talk,)).fetchall()
    assert left == [(False, "chairs")]


def test_two_guests_may_share_an_address(run: Run, studio: Shop, tokens: Tokens) -> None:
    async def scenario(database: Database) -> Booking:
        made = await booked(database, studio, "saw", tokens)
        family = [
            Participant(ParticipantRole.GUEST, name, "family@people.example") for name in ("Mia", "Noa")
        ]
        async with database.transaction(studio.org_id) as tx:
            await tx.run_together([participant_queries.insert(tx, made.id, family)])
            return await bookings.get(tx, made.id)

    guests = [p for p in run(scenario).participants if p.role is ParticipantRole.GUEST]
    assert [(p.name, p.email) for p in guests] == [(n, "family@people.example") for n in ("Mia", "Noa")]


def test_another_booker_takes_the_bookers_row(run: Run, studio: Shop, tokens: Tokens) -> None:
    async def scenario(database: Database) -> tuple[Booking, Booking]:
        made = await booked(database, studio, "saw", tokens)
        async with database.transaction(studio.org_id) as tx:
            person = bookings.BookerDetails("Bea", "bea@people.example")
            return made, await bookings.update_booker(tx, made.id, person, STAFF, now=NOW)

    made, after = run(scenario)
    (was,), (now) = made.bookers, after.bookers
    assert [(p.id, p.name, p.email) for p in now] == [(was.id, "Bea", "bea@people.example")]


def test_a_booking_is_pending_until_all_that_is_required_is_met(
    run: Run, shop: Shop, tokens: Tokens, owner: psycopg.Connection[Any]
) -> None:
    """One requirement of another kind beside the approval, as payments will add it."""
    from infra24.bookings import requirements

    async def scenario(database: Database) -> list[Booking]:
        made = await booked(database, shop, "asked", tokens, NOW + timedelta(days=10))
        owner.execute(
            "INSERT INTO booking_requirements (org_id, booking_id, kind, due_at) VALUES (%s, %s, 'payment', %s)",
            (shop.org_id, made.id, NOW + timedelta(hours=1)),
        )
        seen = []
        async with database.transaction(shop.org_id) as tx:
            seen.append(await bookings.get(tx, made.id))
        async with database.transaction(shop.org_id) as tx:
            seen.append(await bookings.approve(tx, made.id, bookings.ON_CALENDAR, now=NOW))
        async with database.transaction(shop.org_id) as tx:
            with pytest.raises(bookings.IllegalTransition):  # it is met, and nothing else is approved
                await bookings.approve(tx, made.id, bookings.ON_CALENDAR, now=NOW)
        async with database.transaction(shop.org_id) as tx:
            seen.append(await requirements.meet(tx, made.id, "payment", NOW))  # type: ignore[arg-type]
        return seen

    asked, approved, paid = run(scenario)
    assert [one.status for one in (asked, approved, paid)] == [
        Status.PENDING,
        Status.PENDING,
        Status.CONFIRMED,
    ]
    assert asked.request_expires_at == NOW + timedelta(hours=1), "the first that is due"
    assert (approved.request_expires_at, paid.request_expires_at) == (NOW + timedelta(hours=1), None)
    told = owner.execute("SELECT type FROM events WHERE subject_id = %s ORDER BY seq", (paid.id,)).fetchall()
    assert [type_ for (type_,) in told] == ["booking.requested", "booking.confirmed"]


def test_the_release_of_a_claim_is_what_lets_another_in(
    run: Run, studio: Shop, tokens: Tokens, owner: psycopg.Connection[Any]
) -> None:
    """The constraint looks at claims that stand: one that is put back by hand is refused."""

    async def scenario(database: Database) -> UUID:
        made = await booked(database, studio, "saw", tokens)
        await ended(database, studio, made)
        await booked(database, studio, "saw", tokens)
        return made.id

    id_ = run(scenario)
    with pytest.raises(psycopg.errors.ExclusionViolation):
        owner.execute("UPDATE claims SET released_at = NULL WHERE booking_id = %s", (id_,))


def test_two_spaces_that_were_unlinked_are_linked_again_though_a_booking_keeps_their_part(
    run: Run, studio: Shop, tokens: Tokens
) -> None:
    async def scenario(database: Database) -> None:
        made = await booked(database, studio, "saw", tokens)
        await ended(database, studio, made)
        for excludes in ([], ["saw"], []):
            async with database.transaction(studio.org_id) as tx:
                await resources.update(tx, studio.ids["booth"], {"excludes": excludes}, NOW)
        async with database.transaction(studio.org_id) as tx:
            await resources.update(tx, studio.ids["booth"], {"excludes": ["saw"]}, NOW)
        await booked(database, studio, "booth", tokens)
        with pytest.raises(bookings.SlotTaken):
            await booked(database, studio, "saw", tokens)

    run(scenario)


def test_what_was_approved_and_who_was_exchanged_is_told_under_the_bookers_name(
    run: Run, shop: Shop, tokens: Tokens, owner: psycopg.Connection[Any]
) -> None:
    async def scenario(database: Database) -> UUID:
        asked = await booked(database, shop, "asked", tokens, NOW + timedelta(days=10))
        async with database.transaction(shop.org_id) as tx:
            await bookings.approve(tx, asked.id, bookings.ON_CALENDAR, now=NOW)
        return asked.id

    id_ = run(scenario)
    rows = owner.execute(
        "SELECT label, after FROM audit_entries WHERE subject_id = %s ORDER BY seq", (str(id_),)
    ).fetchall()
    assert {label for label, _ in rows} == {"Ada Lovelace"}
    assert any("requirement_met_at" in after for _, after in rows)
    owner.execute("DELETE FROM bookings WHERE id = %s", (id_,))
    after = owner.execute(
        "SELECT action FROM audit_entries WHERE subject_id = %s ORDER BY seq", (str(id_),)
    ).fetchall()
    assert [action for (action,) in after[len(rows) :]] == ["removed"], "its parts went with it"
