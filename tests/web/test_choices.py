"""What each chooses to be told, the digest of the day, what reminds, and what everyone is told on pages."""

from datetime import timedelta
from uuid import uuid4

import pytest

from infra24 import announcements, bookings, notices
from infra24.auth.tokens import Tokens
from infra24.db import Database
from infra24.errors import ValidationFailed
from infra24.notices import NoticeDraft
from infra24.people import Role
from infra24.resources import Draft
from infra24.settings import Settings
from infra24.worker import Worker
from tests.factories import Shop, booking_request, found_shop, opening, rules
from tests.installation import Installation, Known, csrf_in
from tests.mail.reading import body_of, sent_emails
from tests.serving import NOW, Clock

AT = NOW + timedelta(days=10, hours=-2)


@pytest.fixture
def host(here: Installation) -> str:
    return f"host-{uuid4().hex[:8]}@people.example"


@pytest.fixture
def hosted(database_url: str, settings: Settings, clock: Clock, host: str) -> Shop:
    """A shop of one host whose bookings are confirmed at once, and an offer that waits for approval."""
    window = opening(host, start="00:00", end="24:00")
    return found_shop(
        database_url, settings, clock,
        {
            "mo": Draft("person", "Mo", email=host, is_bookable=False),
            "visit": Draft("other", "Visit", availability_rules=rules(window, pooling="fixed")),
            "asked": Draft(
                "other", "Asked", availability_rules=rules(window, pooling="fixed", approval=True)
            ),
        },
    )  # fmt: skip


def book(here: Installation, shop: Shop, name: str = "visit", days: int = 0, hours: int = 0) -> None:
    tokens, at = Tokens(here.settings.keyring()), AT + timedelta(days=days, hours=hours)

    async def scenario(database: Database, worker: Worker) -> None:
        async with database.transaction(shop.org_id) as tx:
            await bookings.book(tx, booking_request(shop.ids[name], at), tokens=tokens, now=here.clock())
        await worker.run_until_idle()

    here.tell(scenario)


def chooses(here: Installation, shop: Shop, who: Known, *wanted: str) -> None:
    with here.signed_in(who) as browser:
        path = f"/{shop.slug}/dashboard/notifications"
        proof = csrf_in(browser.get(path).text)
        answer = browser.post(path, data={"csrf": proof, **dict.fromkeys(wanted, "yes")})
        assert answer.status_code == 303, answer.text
        page = browser.get(answer.headers["location"]).text
        ticked = [name for name in ("reminder", "hosting", "digest", "approvals", "problems")
                  if f'name="{name}"' in page and "checked" in page.split(f'name="{name}"')[1].split(">")[0]]  # fmt: skip
        assert sorted(ticked) == sorted(wanted)


def subjects(here: Installation, to: str) -> list[str]:
    return [str(one["subject"]) for one in sent_emails(here.settings) if one["to"] == to]


def booked(here: Installation, to: str) -> list[str]:
    return [one for one in subjects(here, to) if one.startswith("New booking")]


def test_a_host_is_told_what_they_choose(here: Installation, hosted: Shop, host: str) -> None:
    who = here.someone(host, shop=hosted, role=Role.HOST)
    book(here, hosted)
    assert len(booked(here, host)) == 1
    chooses(here, hosted, who, "reminder")
    book(here, hosted, hours=1)
    assert len(booked(here, host)) == 1
    chooses(here, hosted, who, "hosting", "reminder")
    book(here, hosted, hours=2)
    assert len(booked(here, host)) == 2


def test_the_digest_comes_at_seven_to_those_who_want_it_and_have_bookings(
    here: Installation, hosted: Shop, host: str
) -> None:
    who = here.someone(host, shop=hosted, role=Role.HOST)
    book(here, hosted)
    book(here, hosted, hours=1)
    chooses(here, hosted, who, "digest")

    async def at(database: Database, worker: Worker) -> None:
        await worker.queue_digests(0)
        await worker.queue_digests(0)
        await worker.run_until_idle()

    for days, hour in ((9, 5), (9, 7), (10, 3), (10, 5), (10, 6)):
        here.clock.at = (NOW + timedelta(days=days)).replace(hour=hour, minute=3)
        here.tell(at)
    assert "2 bookings today" not in subjects(here, host), "it is not seven"
    here.clock.at = (NOW + timedelta(days=10)).replace(hour=7, minute=3)
    here.tell(at)
    (digest,) = [
        one
        for one in sent_emails(here.settings)
        if one["to"] == host and one["subject"] == "2 bookings today"
    ]
    assert "Ada" in body_of(digest)
    assert digest["list-unsubscribe"]


def test_an_invitation_that_nobody_answers_is_sent_once_more(here: Installation, hosted: Shop) -> None:
    quiet, quick = (f"{name}-{uuid4().hex[:6]}@people.example" for name in ("quiet", "quick"))

    async def drain(_: Database, worker: Worker) -> None:
        await worker.run_until_idle()

    here.invite(hosted, quiet)
    here.invite(hosted, quick)
    assert len(here.emails_to(quiet)) == len(here.emails_to(quick)) == 1
    here.someone(quick)

    async def accept(database: Database, _: Worker) -> None:
        async with database.transaction(hosted.org_id) as tx:
            await tx.run(
                "UPDATE invitations SET ended_at = %s WHERE org_id = %s AND email = %s",
                (here.clock(), tx.org_id, quick),
            )

    here.tell(accept)
    here.clock.forward(days=2)
    here.tell(drain)
    assert len(subjects(here, quiet)) == 1
    here.clock.forward(days=2)
    here.tell(drain)
    assert [one.startswith("Reminder: ") for one in subjects(here, quiet)] == [False, True]
    assert len(subjects(here, quick)) == 1


def test_whoever_decides_is_reminded_before_a_request_lapses(here: Installation, hosted: Shop) -> None:
    owner = here.someone(shop=hosted, role=Role.OWNER)
    book(here, hosted, "asked")
    assert len(subjects(here, owner.email)) == 1

    async def due(database: Database, _: Worker) -> list[str]:
        async with database.transaction(hosted.org_id) as tx:
            rows = await tx.rows(
                "SELECT n.planned_at, min(q.due_at) FROM notifications n JOIN booking_requirements q "
                "ON (q.org_id, q.booking_id) = (n.org_id, n.booking_id) "
                "WHERE n.org_id = %s AND n.kind = 'approval_lapses' GROUP BY n.id, n.planned_at",
                (tx.org_id,),
            )
        assert [until - at for at, until in rows] == [timedelta(hours=4)]
        here.clock.at = rows[0][0] + timedelta(minutes=1)
        return []

    here.tell(due)

    async def drain(_: Database, worker: Worker) -> None:
        await worker.run_until_idle()

    here.tell(drain)
    assert subjects(here, owner.email)[-1].startswith("Decide soon: Asked")


def test_staff_see_who_has_read_what(here: Installation, hosted: Shop) -> None:
    ann, ben = (here.someone(shop=hosted, role=Role.STAFF) for _ in range(2))
    book(here, hosted)
    here.clock.forward(minutes=1)
    with here.signed_in(ann) as browser:
        path = f"/{hosted.slug}/admin/announcements"
        page = browser.get(path).text
        assert "Not read yet" in page
        assert browser.head(path).status_code == 200
        assert "Not read yet" in browser.get(path).text, "looking is not reading"
        browser.post(f"{path}/read", data={"csrf": csrf_in(page)})
        assert "Read by Pat Person" in browser.get(path).text
    here.clock.forward(minutes=1)
    book(here, hosted, hours=1)

    async def look(database: Database, _: Worker) -> None:
        async with database.transaction(hosted.org_id) as tx:
            assert await announcements.count_unread(tx, ann.user_id) == 1
            assert await announcements.count_unread(tx, ben.user_id) == 2
            assert [one.user_id for one in await announcements.readers(tx)] == [ann.user_id]

    here.tell(look)


def test_everyone_sees_a_notice_while_it_is_shown(here: Installation, hosted: Shop) -> None:
    owner = here.someone(shop=hosted, role=Role.OWNER)
    with here.signed_in(owner) as browser:
        path = f"/{hosted.slug}/admin/notices"
        proof = csrf_in(browser.get(path).text)
        wrong = browser.post(path, data={"csrf": proof, "text": "", "until": "nonsense"})
        assert wrong.status_code == 422
        assert "Choose a date and a time." in wrong.text
        said = {"csrf": proof, "text": "Closed for the <b>fair</b>.", "until": "2026-11-22"}
        assert browser.post(path, data=said).status_code == 303

    def seen() -> bool:
        with here.browser() as visitor:
            pages = [visitor.get(f"/{hosted.slug}/{page}").text for page in ("book", "book/visit")]
        assert len({"Closed for the &lt;b&gt;fair&lt;/b&gt;." in page for page in pages}) == 1
        return "Closed for the" in pages[0]

    assert seen()
    here.clock.forward(days=3)
    assert not seen()

    async def rules_hold(database: Database, _: Worker) -> None:
        async with database.transaction(hosted.org_id) as tx:
            for draft in (
                NoticeDraft(" ", NOW), NoticeDraft("x" * 501, NOW), NoticeDraft("x", NOW, NOW),
            ):  # fmt: skip
                with pytest.raises(ValidationFailed):
                    await notices.create(tx, draft, NOW)
            (one,) = await notices.listed(tx)
            await notices.delete(tx, one.id)
            with pytest.raises(notices.UnknownNotice):
                await notices.delete(tx, one.id)

    here.tell(rules_hold)
