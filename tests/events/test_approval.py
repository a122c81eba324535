"""Approval: a request claims its time, is decided by those who may, and lapses when nobody does."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from infra24 import announcements, bookings, organizations, people
from infra24.auth.tokens import Tokens
from infra24.bookings import BY_BOOKER, Booking, IllegalTransition, SlotNotOffered, SlotTaken, Status
from infra24.db import Database
from infra24.people import Role
from infra24.settings import Settings
from infra24.worker import Worker
from tests.factories import ADA, STAFF, Shop, booking_request
from tests.mail.reading import body_of, sent_emails
from tests.people import sign_in
from tests.serving import NOW, Clock

AT = NOW + timedelta(days=10)
Scenario = Callable[[Database, Worker], Awaitable[Any]]


async def work(worker: Worker) -> None:
    """Do all the jobs that wait."""
    await worker.run_until_idle()


async def ask(database: Database, shop: Shop, tokens: Tokens) -> Booking:
    """Ask for the room that needs approval."""
    async with database.transaction(shop.org_id) as tx:
        return await bookings.book(tx, booking_request(shop.ids["asked"], AT), tokens=tokens, now=NOW)


def test_a_request_claims_its_time_and_those_who_may_decide_are_asked_by_email(
    with_worker: Any, shop: Shop, tokens: Tokens, settings: Settings, database_url: str, clock: Clock
) -> None:
    staff = sign_in(database_url, settings, clock, shop, Role.STAFF)
    sign_in(database_url, settings, clock, shop, Role.HOST)

    async def scenario(database: Database, worker: Worker) -> UUID:
        asked = await ask(database, shop, tokens)
        assert asked.status is Status.PENDING
        with pytest.raises(SlotTaken):
            await ask(database, shop, tokens)
        await work(worker)
        return asked.id

    id_ = with_worker(scenario)
    mailed = {one["to"]: body_of(one) for one in sent_emails(settings)}
    assert set(mailed) == {staff.email, ADA.email}
    assert f"/{shop.slug}/bookings/{id_}" in mailed[staff.email]
    assert "Your request was sent" in mailed[ADA.email]


@pytest.mark.parametrize(("verdict", "status"), [("approve", "confirmed"), ("decline", "cancelled")])
def test_a_decision_is_told_to_whoever_asked_with_its_reason(
    with_worker: Any, shop: Shop, tokens: Tokens, settings: Settings, verdict: str, status: str
) -> None:
    async def scenario(database: Database, worker: Worker) -> list[str]:
        asked = await ask(database, shop, tokens)
        async with database.transaction(shop.org_id) as tx:
            if verdict == "approve":
                decided = await bookings.approve(tx, asked.id, STAFF, now=NOW)
            else:
                decided = await bookings.decline(tx, asked.id, STAFF, reason="The press is broken", now=NOW)
        assert decided.status == status
        await work(worker)
        await work(worker)
        async with database.transaction(shop.org_id) as tx:
            return [one.kind for one in await announcements.of_booking(tx, asked.id)]

    kinds = with_worker(scenario)
    (mailed,) = sent_emails(settings)  # of the request nothing: it was decided before the worker looked
    assert mailed["to"] == ADA.email
    assert ("The press is broken" in body_of(mailed)) == (verdict == "decline")
    said = "booking.confirmed" if verdict == "approve" else "booking.declined"
    assert sorted(kinds) == sorted(["booking.requested", said])


def test_declining_frees_the_time_at_once_and_only_what_waits_can_be_declined(
    with_worker: Any, shop: Shop, tokens: Tokens
) -> None:
    async def scenario(database: Database, _: Worker) -> None:
        asked = await ask(database, shop, tokens)
        async with database.transaction(shop.org_id) as tx:
            await bookings.decline(tx, asked.id, STAFF, reason="", now=NOW)
            await bookings.decline(tx, asked.id, STAFF, reason="", now=NOW)  # twice is once
        again = await ask(database, shop, tokens)
        async with database.transaction(shop.org_id) as tx:
            await bookings.approve(tx, again.id, STAFF, now=NOW)
            with pytest.raises(IllegalTransition):
                await bookings.decline(tx, again.id, STAFF, reason="", now=NOW)
            with pytest.raises(IllegalTransition):
                await bookings.approve(tx, asked.id, STAFF, now=NOW)

    with_worker(scenario)


def test_what_nobody_decides_lapses_after_the_time_that_the_organization_sets(
    with_worker: Any, shop: Shop, tokens: Tokens, settings: Settings, clock: Clock
) -> None:
    async def scenario(database: Database, worker: Worker) -> tuple[Booking, Booking]:
        async with database.transaction(shop.org_id) as tx:
            await organizations.change(tx, {"settings": {"approval_hours": 5}}, NOW)
        asked = await ask(database, shop, tokens)
        async with database.transaction(shop.org_id) as tx:
            asked = await bookings.get(tx, asked.id)
        clock.forward(hours=4, minutes=59)
        await worker.end_overdue(0)
        async with database.transaction(shop.org_id) as tx:
            assert (await bookings.get(tx, asked.id)).status is Status.PENDING
        clock.forward(minutes=1)
        await worker.end_overdue(0)
        await worker.end_overdue(0)
        await work(worker)
        await ask(database, shop, tokens)  # its time is free
        async with database.transaction(shop.org_id) as tx:
            return asked, await bookings.get(tx, asked.id)

    asked, lapsed = with_worker(scenario)
    assert asked.request_expires_at == NOW + timedelta(hours=5)
    assert (lapsed.status, lapsed.end_kind, lapsed.request_expires_at) == (
        Status.CANCELLED,
        "lapsed",
        None,
    )
    assert [mailed["to"] for mailed in sent_emails(settings)] == [ADA.email]


def test_a_request_waits_no_longer_than_until_it_begins_and_a_decided_one_waits_no_more(
    with_worker: Any, shop: Shop, tokens: Tokens
) -> None:
    async def scenario(database: Database, _: Worker) -> None:
        soon = NOW + timedelta(hours=3)
        async with database.transaction(shop.org_id) as tx:
            made = await bookings.book(tx, booking_request(shop.ids["asked"], soon), tokens=tokens, now=NOW)
        async with database.transaction(shop.org_id) as tx:
            assert (await bookings.get(tx, made.id)).request_expires_at == soon
            approved = await bookings.approve(tx, made.id, STAFF, now=NOW)
            assert approved.request_expires_at is None
            assert not await bookings.expire(tx, made.id, now=soon + timedelta(days=1))

    with_worker(scenario)


def test_the_booker_who_moves_an_approved_booking_asks_again(
    with_worker: Any, shop: Shop, tokens: Tokens, settings: Settings, database_url: str, clock: Clock
) -> None:
    sign_in(database_url, settings, clock, shop, Role.ADMIN)

    async def scenario(database: Database, worker: Worker) -> Booking:
        asked = await ask(database, shop, tokens)
        async with database.transaction(shop.org_id) as tx:
            await bookings.approve(tx, asked.id, STAFF, now=NOW)
        await work(worker)
        later = AT + timedelta(days=1)
        async with database.transaction(shop.org_id) as tx:
            await bookings.reschedule(
                tx, asked.id, later, later + timedelta(minutes=30), policy=BY_BOOKER, now=NOW
            )
        await work(worker)
        async with database.transaction(shop.org_id) as tx:
            return await bookings.get(tx, asked.id)

    moved = with_worker(scenario)
    assert moved.status is Status.PENDING
    assert moved.request_expires_at == NOW + timedelta(hours=72)
    asked = [mailed for mailed in sent_emails(settings) if "Approve or decline" in mailed["subject"]]
    assert len(asked) == 1  # of the first request nobody heard: it was decided before the e-mail was written


@pytest.mark.race
def test_two_who_decide_at_once_decide_once(
    with_worker: Any, shop: Shop, tokens: Tokens, owner: psycopg.Connection[Any]
) -> None:
    async def scenario(database: Database, _: Worker) -> tuple[list[Any], Booking]:
        asked = await ask(database, shop, tokens)

        async def approve() -> None:
            async with database.transaction(shop.org_id) as tx:
                await bookings.approve(tx, asked.id, STAFF, now=NOW)

        async def decline() -> None:
            async with database.transaction(shop.org_id) as tx:
                await bookings.decline(tx, asked.id, STAFF, reason="no", now=NOW)

        said = await asyncio.gather(*(f() for f in (approve, decline) * 5), return_exceptions=True)
        async with database.transaction(shop.org_id) as tx:
            return said, await bookings.get(tx, asked.id)

    said, after = with_worker(scenario)
    assert {type(one) for one in said} <= {type(None), IllegalTransition}
    assert after.status in (Status.CONFIRMED, Status.CANCELLED)
    claims = owner.execute(
        "SELECT count(*) FROM claims WHERE org_id = %s AND booking_id = %s AND released_at IS NULL",
        (shop.org_id, after.id),
    ).fetchone()
    assert claims == (1 if after.status is Status.CONFIRMED else 0,)
    events = owner.execute(
        "SELECT count(*) FROM events WHERE org_id = %s AND subject_id = %s "
        "AND type IN ('booking.confirmed', 'booking.declined')", (shop.org_id, after.id)
    ).fetchone()  # fmt: skip
    assert events == (1,)


def test_members_are_asked_only_where_their_role_decides(shop: Shop) -> None:
    asked = {role for role in Role if people.Scope.BOOKINGS_APPROVE in people.SCOPES[role]}
    assert asked == {Role.OWNER, Role.ADMIN, Role.STAFF}


def test_a_hold_is_confirmed_by_nobody_but_its_holder(with_worker: Any, shop: Shop, tokens: Tokens) -> None:
    async def scenario(database: Database, _: Worker) -> None:
        async with database.transaction(shop.org_id) as tx:
            held = await bookings.hold(
                tx, booking_request(shop.ids["room"], AT, person=None), tokens=tokens, now=NOW
            )
        with pytest.raises(IllegalTransition):
            async with database.transaction(shop.org_id) as tx:
                await bookings.approve(tx, held.id, STAFF, now=NOW)

    with_worker(scenario)


def test_staff_may_not_put_a_request_into_the_past_and_it_still_waits(
    with_worker: Any, shop: Shop, tokens: Tokens
) -> None:
    async def scenario(database: Database, _: Worker) -> Booking:
        asked = await ask(database, shop, tokens)
        past = NOW - timedelta(days=1)
        async with database.transaction(shop.org_id) as tx:
            move = bookings.Move(asked.id, shop.ids["asked"], shop.ids["asked"], past, past + asked.length)
            with pytest.raises(SlotNotOffered):
                await bookings.move(tx, move, now=NOW)
        async with database.transaction(shop.org_id) as tx:
            return await bookings.get(tx, asked.id)

    kept = with_worker(scenario)
    assert (kept.status, kept.starts_at > NOW) == (Status.PENDING, True)
    assert kept.request_expires_at is not None
