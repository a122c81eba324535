"""What is told about bookings: to whom, once, true when it is sent, in words and as an invitation."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import icalendar
import pytest

from infra24 import bookings, notifications
from infra24.auth.tokens import Tokens
from infra24.bookings import BY_BOOKER, Booking, Move, Status
from infra24.db import Actor, Database
from infra24.people import Role
from infra24.resources import Draft
from infra24.settings import Settings
from infra24.worker import Worker
from tests.factories import ADA, STAFF, Shop, booking_request, found_shop, opening, rules
from tests.mail.reading import body_of, sent_emails
from tests.people import sign_in
from tests.serving import NOW, Clock

AT = NOW + timedelta(days=10, hours=-2)
MO = "mo@shop.example"


def approved_by_staff() -> dict[str, Draft]:
    """An offer of one host that waits for approval."""
    window = opening(MO, start="08:00", end="18:00")
    return {
        "mo": Draft("person", "Mo", email=MO, is_bookable=False),
        "limited": Draft(
            "other", "Limited", availability_rules=rules(window, pooling="fixed", approval=True)
        ),
    }


async def book(database: Database, shop: Shop, tokens: Tokens, name: str = "limited") -> Booking:
    async with database.transaction(shop.org_id) as tx:
        return await bookings.book(tx, booking_request(shop.ids[name], AT), tokens=tokens, now=NOW)


async def move(database: Database, shop: Shop, booking: Booking, **by: int) -> None:
    async with database.transaction(shop.org_id) as tx:
        to = AT + timedelta(**by)
        await bookings.reschedule(tx, booking.id, to, to + booking.length, STAFF, now=NOW)


async def states(database: Database, shop: Shop, id_: UUID) -> list[tuple[str, str, str]]:
    async with database.transaction(shop.org_id) as tx:
        told = await notifications.of_booking(tx, id_)
    return sorted((one.kind, one.recipient, str(one.state)) for one in told)


def to(settings: Settings, recipient: str) -> list[EmailMessage]:
    """What somebody was sent, the oldest first."""
    return [mailed for mailed in sent_emails(settings) if mailed["to"] == recipient]


def event_of(mailed: EmailMessage) -> tuple[str, icalendar.Event]:
    """The method and the event of the invitation, the same as alternative and as file."""
    parts = [part for part in mailed.walk() if part.get_content_type() == "text/calendar"]
    (part,) = parts
    calendar = icalendar.Calendar.from_ical(part.get_content())
    assert part.get_param("method") == calendar["METHOD"]
    (attached,) = [one for one in mailed.iter_attachments() if one.get_filename() == "invite.ics"]
    assert icalendar.Calendar.from_ical(attached.get_content()) == calendar
    alternative = next(part for part in mailed.walk() if part.get_content_type() == "multipart/alternative")
    kinds = [one.get_content_type() for one in alternative.iter_parts()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    return str(calendar["METHOD"]), calendar.events[0]


def test_booker_and_host_are_told_of_a_booking_with_an_invitation(
    with_worker: Any, shop: Shop, tokens: Tokens, settings: Settings
) -> None:
    async def scenario(database: Database, worker: Worker) -> Booking:
        made = await book(database, shop, tokens)
        await worker.run_until_idle()
        await worker.run_until_idle()
        return made

    made = with_worker(scenario)
    ((mine,), (hosts,)) = to(settings, ADA.email), to(settings, MO)
    assert len(sent_emails(settings)) == 2
    first = body_of(mine).splitlines()[0]
    assert first == "Limited: Monday 30 November, 10:00–10:30 (UTC)"
    assert mine["subject"] == "Booked: Limited, Mon 30 Nov, 10:00"
    token = tokens.of(shop.org_id, made.id)
    assert f"/bookings/confirmation/{token}" in body_of(mine)
    assert f"/bookings/cancel/{token}" in body_of(mine)
    assert token not in body_of(hosts)
    assert f"/{shop.slug}/bookings/{made.id}" in body_of(hosts)
    for mailed, attendee in ((mine, ADA.email), (hosts, MO)):
        method, event = event_of(mailed)
        assert method == "REQUEST"
        assert event["UID"] == bookings.uid_of(made)
        assert event["ATTENDEE"] == f"mailto:{attendee}"
        assert event["ORGANIZER"] == "mailto:booking@localhost"
        assert event.start == AT


def test_a_move_is_told_with_the_former_time_and_a_higher_sequence(
    with_worker: Any, shop: Shop, tokens: Tokens, settings: Settings
) -> None:
    async def scenario(database: Database, worker: Worker) -> None:
        made = await book(database, shop, tokens)
        await worker.run_until_idle()
        await move(database, shop, made, hours=3)
        await worker.run_until_idle()

    with_worker(scenario)
    for recipient in (ADA.email, MO):
        first, moved = to(settings, recipient)
        assert moved["subject"] == "New time: Limited, Mon 30 Nov, 13:00"
        assert "Before: Mon 30 Nov, 10:00" in body_of(moved)
        (_, before), (method, after) = event_of(first), event_of(moved)
        assert method == "REQUEST"
        assert after["UID"] == before["UID"]
        assert after["SEQUENCE"] > before["SEQUENCE"]
        assert after.start == AT + timedelta(hours=3)
    assert "The Shop moved your booking" in body_of(to(settings, ADA.email)[1])


def test_of_two_moves_before_the_worker_looks_only_the_last_is_told(
    with_worker: Any, shop: Shop, tokens: Tokens, settings: Settings
) -> None:
    async def scenario(database: Database, worker: Worker) -> list[tuple[str, str, str]]:
        made = await book(database, shop, tokens)
        await move(database, shop, made, hours=3)
        await move(database, shop, made, hours=4)
        await worker.run_until_idle()
        return await states(database, shop, made.id)

    told = with_worker(scenario)
    (mine,) = to(settings, ADA.email)
    assert mine["subject"] == "New time: Limited, Mon 30 Nov, 14:00"
    mine_now = [
        state for kind, recipient, state in told if recipient == ADA.email and kind != "booking_reminder"
    ]
    assert sorted(mine_now) == ["sent", "suppressed", "suppressed"]


@pytest.mark.parametrize("by_staff", [True, False])
def test_a_cancellation_withdraws_the_invitation_and_says_whose_it_was(
    with_worker: Any, shop: Shop, tokens: Tokens, settings: Settings, by_staff: bool
) -> None:
    async def scenario(database: Database, worker: Worker) -> None:
        made = await book(database, shop, tokens)
        await worker.run_until_idle()
        async with database.transaction(shop.org_id) as tx:
            policy = STAFF if by_staff else BY_BOOKER
            await bookings.cancel(tx, made.id, policy, now=NOW, reason="Mo is ill" if by_staff else "")
        await worker.run_until_idle()

    with_worker(scenario)
    _, mine = to(settings, ADA.email)
    _, hosts = to(settings, MO)
    said = "The Shop cancelled your booking" if by_staff else "Your booking is cancelled, Ada Lovelace"
    assert said in body_of(mine)
    assert ("Reason: Mo is ill" in body_of(mine)) == by_staff
    for mailed in (mine, hosts):
        method, event = event_of(mailed)
        assert (method, event["STATUS"]) == ("CANCEL", "CANCELLED")


def test_another_host_is_told_that_they_host_and_the_former_that_they_do_not(
    with_worker: Any, shop: Shop, tokens: Tokens, settings: Settings
) -> None:
    async def scenario(database: Database, worker: Worker) -> str:
        made = await book(database, shop, tokens, "fair")
        await worker.run_until_idle()
        (former,) = [p for p in made.participants if p.role == "host"]
        other = shop.ids["lena" if former.email == MO else "mo"]
        async with database.transaction(shop.org_id) as tx:
            wanted = bookings.Move(made.id, former.resource_id, other, AT, AT + made.length)
            await bookings.move(tx, wanted, now=NOW)
        await worker.run_until_idle()
        return former.email

    former = with_worker(scenario)
    other = "lena@shop.example" if former == MO else MO
    _, removed = to(settings, former)
    assert removed["subject"].startswith("No longer yours: ")
    assert event_of(removed)[0] == "CANCEL"
    (booked,) = to(settings, other)
    assert booked["subject"].startswith("New booking: ")
    _, mine = to(settings, ADA.email)
    assert mine["subject"].startswith("Changed: ")


def test_a_reminder_follows_its_booking_and_is_not_sent_when_it_does_not_stand(
    with_worker: Any, shop: Shop, tokens: Tokens, settings: Settings, clock: Clock
) -> None:
    async def scenario(database: Database, worker: Worker) -> list[tuple[str, str, str]]:
        made = await book(database, shop, tokens)
        gone = replace(await book(database, shop, tokens, "room"))
        await worker.run_until_idle()
        await move(database, shop, made, days=1)
        async with database.transaction(shop.org_id) as tx:
            await bookings.cancel(tx, gone.id, STAFF, now=NOW)
        await worker.run_until_idle()
        clock.at = AT - timedelta(hours=24)  # of the former time
        await worker.run_until_idle()
        assert not [one for one in to(settings, ADA.email) if one["subject"].startswith("Reminder")]
        clock.at = AT
        await worker.run_until_idle()
        await worker.run_until_idle()
        reminded = [one for one in to(settings, ADA.email) if one["subject"].startswith("Reminder")]
        assert [one["subject"] for one in reminded] == ["Reminder: Limited, Tue 1 Dec, 10:00"]
        return await states(database, shop, made.id)

    told = with_worker(scenario)
    reminders = [state for kind, _, state in told if kind == "booking_reminder"]
    assert sorted(reminders) == ["sent", "suppressed"]


def test_a_booking_moved_there_and_back_is_reminded_once(
    with_worker: Any, shop: Shop, tokens: Tokens, settings: Settings, clock: Clock
) -> None:
    async def scenario(database: Database, worker: Worker) -> None:
        made = await book(database, shop, tokens)
        await worker.run_until_idle()
        await move(database, shop, made, days=1)
        await worker.run_until_idle()
        await move(database, shop, made, days=0)
        await worker.run_until_idle()
        clock.at = AT - timedelta(hours=23)
        await worker.run_until_idle()

    with_worker(scenario)
    reminded = [one for one in to(settings, ADA.email) if one["subject"].startswith("Reminder")]
    assert len(reminded) == 1


@pytest.mark.parametrize(("late", "sent"), [(11, 1), (13, 0)])
def test_after_downtime_a_reminder_that_is_late_by_half_of_its_hours_is_not_sent(
    with_worker: Any, shop: Shop, tokens: Tokens, settings: Settings, clock: Clock, late: int, sent: int
) -> None:
    async def scenario(database: Database, worker: Worker) -> None:
        await book(database, shop, tokens)
        await worker.run_until_idle()
        clock.at = AT - timedelta(hours=24 - late)
        await worker.run_until_idle()

    with_worker(scenario)
    reminded = [one for one in to(settings, ADA.email) if one["subject"].startswith("Reminder")]
    assert len(reminded) == sent


def test_what_strangers_type_makes_no_link_and_no_markup(
    with_worker: Any, shop: Shop, tokens: Tokens, settings: Settings
) -> None:
    evil = replace(ADA, name="<b>Ada</b> https://evil.example", goal_text="see evil.example <script>")

    async def scenario(database: Database, worker: Worker) -> None:
        async with database.transaction(shop.org_id) as tx:
            wanted = booking_request(shop.ids["limited"], AT, person=evil)
            await bookings.book(tx, wanted, tokens=tokens, now=NOW)
        await worker.run_until_idle()

    with_worker(scenario)
    for mailed in sent_emails(settings):
        html = mailed.get_body(("html",))
        assert html is not None
        for body in (html.get_content(), body_of(mailed)):
            assert "evil.example" not in body.replace(f"mailto:{ADA.email}", "")
        assert "<b>" not in html.get_content()
        assert "<script" not in html.get_content()


def test_a_message_is_in_the_bookers_language(
    with_worker: Callable[[Any], Any], shop: Shop, tokens: Tokens, settings: Settings
) -> None:
    spanish = replace(ADA, locale="es_ES")

    async def scenario(database: Database, worker: Worker) -> None:
        async with database.transaction(shop.org_id) as tx:
            wanted = booking_request(shop.ids["limited"], AT, person=spanish)
            await bookings.book(tx, wanted, tokens=tokens, now=NOW)
        await worker.run_until_idle()

    with_worker(scenario)
    (mine,), (hosts,) = to(settings, ADA.email), to(settings, MO)
    assert mine["content-language"] == "es"
    assert "lunes, 30 de noviembre" in body_of(mine)
    assert "Monday" in body_of(hosts)


def test_a_corrected_address_has_the_message_and_the_former_one_nothing_more(
    with_worker: Any, shop: Shop, tokens: Tokens, settings: Settings, clock: Clock
) -> None:
    async def scenario(database: Database, worker: Worker) -> None:
        made = await book(database, shop, tokens)
        while await worker.delivery.deliver_due():
            pass  # its messages are queued, and none is sent yet
        for email in ("right@example.org", "right@example.org"):
            async with database.transaction(shop.org_id) as tx:
                person = replace(ADA, email=email, name="Ada L.")
                await bookings.update_booker(tx, made.id, person, STAFF, now=NOW)
        await worker.run_until_idle()
        clock.at = AT - timedelta(hours=20)
        await worker.run_until_idle()

    with_worker(scenario)
    assert to(settings, ADA.email) == []
    right = [one["subject"].partition(":")[0] for one in to(settings, "right@example.org")]
    assert right == ["Booked", "Reminder"]


def test_a_series_is_one_message_when_it_is_made_and_when_it_is_cancelled(
    with_worker: Any, shop: Shop, tokens: Tokens, settings: Settings
) -> None:
    from infra24.bookings import series

    async def scenario(database: Database, worker: Worker) -> None:
        async with database.transaction(shop.org_id) as tx:
            wanted = series.SeriesRequest(shop.ids["limited"], AT, 30, "FREQ=WEEKLY;COUNT=3", person=ADA)
            made, dates = await series.book(tx, wanted, policy=STAFF, tokens=tokens, now=NOW)
            assert len(dates) == 3
        await worker.run_until_idle()
        async with database.transaction(shop.org_id) as tx:
            await series.cancel(tx, made.id, series.SeriesRange.ALL, None, STAFF, now=NOW, reason="Ill")
        await worker.run_until_idle()

    with_worker(scenario)
    booked, cancelled = to(settings, ADA.email)
    assert booked["subject"] == "Booked: Limited, 3 dates"
    assert body_of(booked).count("/bookings/confirmation/") == 3
    assert cancelled["subject"] == "Cancelled: Limited, 3 dates"
    assert "Reason: Ill" in body_of(cancelled)
    assert len(to(settings, MO)) == 2


@pytest.mark.parametrize("change", ["cancel", "reschedule", "move"])
def test_staff_may_choose_that_the_booker_is_not_told(
    with_worker: Any, shop: Shop, tokens: Tokens, settings: Settings, change: str
) -> None:
    quiet = replace(STAFF, notifies=False)

    async def scenario(database: Database, worker: Worker) -> None:
        made = await book(database, shop, tokens)
        await worker.run_until_idle()
        later = AT + timedelta(hours=1)
        async with database.transaction(shop.org_id) as tx:
            if change == "cancel":
                await bookings.cancel(tx, made.id, quiet, now=NOW)
            elif change == "reschedule":
                await bookings.reschedule(tx, made.id, later, later + made.length, quiet, now=NOW)
            else:
                host = made.host_ids[0]
                target = Move(made.id, host, host, later, later + made.length, notifies=False)
                await bookings.move(tx, target, now=NOW)
        await worker.run_until_idle()

    with_worker(scenario)
    assert len(to(settings, "ada@example.org")) == 1, "the confirmation alone"
    assert len(to(settings, MO)) == 2, "the host is told"


def test_a_request_that_is_withdrawn_before_its_approval_tells_its_host_nothing(
    with_worker: Any, tokens: Tokens, settings: Settings, database_url: str, clock: Clock
) -> None:
    shop = found_shop(database_url, settings, clock, approved_by_staff())

    async def scenario(database: Database, worker: Worker) -> None:
        made = await book(database, shop, tokens)
        assert made.status is Status.PENDING
        await worker.run_until_idle()
        async with database.transaction(shop.org_id) as tx:
            await bookings.cancel(tx, made.id, BY_BOOKER, now=NOW)
        await worker.run_until_idle()

    with_worker(scenario)
    assert to(settings, MO) == []
    assert [one["subject"].split(":")[0] for one in to(settings, "ada@example.org")] == [
        "Requested",
        "Cancelled",
    ]


def test_a_confirmed_booking_that_is_asked_for_again_leaves_its_hosts_calendar(
    with_worker: Any, tokens: Tokens, settings: Settings, database_url: str, clock: Clock
) -> None:
    """The booker moves what was approved: it waits again, and the host's calendar is not to have it."""
    shop = found_shop(database_url, settings, clock, approved_by_staff())

    async def scenario(database: Database, worker: Worker) -> None:
        made = await book(database, shop, tokens)
        async with database.transaction(shop.org_id) as tx:
            await bookings.approve(tx, made.id, STAFF, now=NOW)
        await worker.run_until_idle()
        later = AT + timedelta(hours=2)
        async with database.transaction(shop.org_id) as tx:
            moved = await bookings.reschedule(tx, made.id, later, later + made.length, BY_BOOKER, now=NOW)
        assert moved.status is Status.PENDING
        await worker.run_until_idle()

    with_worker(scenario)
    assert [event_of(one)[0] for one in to(settings, MO)] == ["REQUEST", "CANCEL"]


def test_a_host_who_makes_the_change_is_not_told_of_it(
    with_worker: Any, shop: Shop, tokens: Tokens, settings: Settings, database_url: str, clock: Clock
) -> None:
    mo = sign_in(database_url, settings, clock, shop, Role.HOST, email=MO)

    async def scenario(database: Database, worker: Worker) -> None:
        made = await book(database, shop, tokens)
        await worker.run_until_idle()
        async with database.transaction(shop.org_id, Actor("user", str(mo.user_id), "Mo")) as tx:
            await bookings.cancel(tx, made.id, STAFF, now=NOW)
        await worker.run_until_idle()

    with_worker(scenario)
    assert len(to(settings, MO)) == 1, "of the booking alone"
    assert len(to(settings, "ada@example.org")) == 2


def test_who_meets_online_is_told_their_own_time_and_the_host_the_venues(
    with_worker: Any, settings: Settings, database_url: str, clock: Clock, tokens: Tokens
) -> None:
    window = opening(MO, start="00:00", end="24:00")
    drafts = {
        "mo": Draft("person", "Mo", email=MO, is_bookable=False),
        "online": Draft(
            "other", "Online", meeting_url="https://meet.example/x",
            availability_rules=rules(window, pooling="fixed"),
        ),
    }  # fmt: skip
    shop = found_shop(database_url, settings, clock, drafts)
    tokyo = replace(ADA, zone="Asia/Tokyo", email="tokyo@people.example")

    async def scenario(database: Database, worker: Worker) -> None:
        async with database.transaction(shop.org_id) as tx:
            await bookings.book(
                tx, booking_request(shop.ids["online"], AT, person=tokyo), tokens=tokens, now=NOW
            )
        await worker.run_until_idle()

    with_worker(scenario)
    assert "19:00" in body_of(to(settings, "tokyo@people.example")[-1])
    assert "10:00" in body_of(to(settings, MO)[-1])
