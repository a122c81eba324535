"""Messages in an organization's own words, on and off, seen before they are sent."""

from datetime import timedelta
from uuid import uuid4

import pytest

from infra24 import bookings, message_settings
from infra24.auth.tokens import Tokens
from infra24.db import Database
from infra24.errors import ValidationFailed
from infra24.message_settings import MessageText, filled
from infra24.people import Role
from infra24.worker import Worker
from tests.factories import ADA, STAFF, Shop, booking_request
from tests.installation import Installation, csrf_in
from tests.mail.reading import body_of, sent_emails
from tests.serving import NOW

AT = NOW + timedelta(days=10, hours=-2)


def subjects(here: Installation, shop: Shop) -> dict[str, str]:
    """What became of the messages about the shop's bookings: subjects or reasons, by kind, of
    the last booking that has one."""

    async def scenario(database: Database, worker: Worker) -> dict[str, str]:
        await worker.run_until_idle()
        async with database.transaction(shop.org_id) as tx:
            rows = await tx.rows(
                "SELECT n.kind, n.subject, n.reason FROM notifications n JOIN bookings b "
                "ON (b.org_id, b.id) = (n.org_id, n.booking_id) WHERE n.org_id = %s ORDER BY b.starts_at",
                (tx.org_id,),
            )
        return {kind: subject or reason for kind, subject, reason in rows}

    found: dict[str, str] = here.tell(scenario)
    return found


def book(here: Installation, shop: Shop, hours: int = 0) -> None:
    tokens = Tokens(here.settings.keyring())

    async def scenario(database: Database, _: Worker) -> None:
        async with database.transaction(shop.org_id) as tx:
            start = AT + timedelta(hours=hours)
            await bookings.book(tx, booking_request(shop.ids["room"], start), tokens=tokens, now=NOW)

    here.tell(scenario)


def test_a_message_is_worded_previewed_tried_switched_off_and_reset(here: Installation, shop: Shop) -> None:
    owner = here.someone(shop=shop, role=Role.OWNER)
    path = f"/{shop.slug}/admin/messages/booking_confirmed"
    with here.signed_in(owner) as browser:
        assert "There is no booking yet" in browser.get(path).text
        assert browser.get(f"{path}/preview").status_code == 404
        book(here, shop)
        proof = {"csrf": csrf_in(browser.get(path).text)}
        words = {"is_sent": "yes", "subject": "See you, {name}!", "note": "Bring clay.\n\nRef {reference}"}
        wrong = browser.post(path, data={**proof, **words, "headline": "Hello {nome}"})
        assert wrong.status_code == 422
        assert "There is no {nome}." in wrong.text
        assert "Bring clay." in wrong.text, "nothing typed is lost"
        assert browser.post(f"{path}?in=en", data={**proof, **words}).status_code == 303
        shown = browser.get(f"{path}/preview?in=en")
        assert f"See you, {ADA.name}!" in shown.text
        assert "Bring clay." in shown.text
        assert "default-src 'none'" in shown.headers["content-security-policy"]
        assert "See you" not in browser.get(f"{path}/preview?in=es").text, "another language has its own"
        assert browser.post(f"{path}/test?in=en", data=proof).status_code == 303
        (tried,) = [
            one
            for one in sent_emails(here.settings)
            if one["to"] == owner.email and "See you" in one["subject"]
        ]
        assert "Bring clay." in body_of(tried)
        assert subjects(here, shop)["booking_confirmed"] == f"See you, {ADA.name}!"
        browser.post(f"{path}?in=en", data=proof)  # unticked
        book(here, shop, 1)
        assert subjects(here, shop)["booking_confirmed"] == "switched_off"
        assert browser.post(f"{path}/reset", data=proof).status_code == 303
        book(here, shop, 2)
        assert subjects(here, shop)["booking_confirmed"].startswith("Booked")


def test_who_did_not_come_is_told_only_where_the_organization_wants_it(
    here: Installation, shop: Shop
) -> None:
    tokens = Tokens(here.settings.keyring())

    async def missed(database: Database, start_hours: int) -> None:
        start = AT + timedelta(hours=start_hours)
        async with database.transaction(shop.org_id) as tx:
            made = await bookings.book(tx, booking_request(shop.ids["room"], start), tokens=tokens, now=NOW)
        async with database.transaction(shop.org_id) as tx:
            await bookings.mark_no_show(tx, made.id, STAFF, now=start + timedelta(hours=1))

    async def off(database: Database, _: Worker) -> None:
        here.clock.at = AT + timedelta(hours=2)
        await missed(database, 0)

    async def on(database: Database, _: Worker) -> None:
        async with database.transaction(shop.org_id) as tx:
            await message_settings.save(tx, "booking_missed", True, "en", MessageText(), NOW)
        await missed(database, 1)

    here.tell(off)
    assert subjects(here, shop)["booking_missed"] == "switched_off"
    here.tell(on)
    assert subjects(here, shop)["booking_missed"].startswith("We missed you")


def test_what_people_typed_makes_no_link_and_no_variable(here: Installation) -> None:
    typed = {"name": "evil.example {title} https://evil.example", "title": "Wheel"}
    assert (
        filled("Hi {name} {title} {unknown}", typed)
        == "Hi evil. example {title} https evil. example Wheel {unknown}"
    )


def test_the_words_of_one_organization_are_not_anothers(here: Installation, shop: Shop) -> None:
    async def scenario(database: Database, _: Worker) -> None:
        async with database.transaction(shop.org_id) as tx:
            await message_settings.save(tx, "booking_confirmed", None, "en", MessageText("Ours"), NOW)
            for text in (
                MessageText("x" * 151),
                MessageText(note="{a}"),
                MessageText(headline="{name.__class__}"),
            ):
                with pytest.raises(ValidationFailed):
                    await message_settings.save(tx, "booking_confirmed", None, "en", text, NOW)
        async with database.transaction(uuid4()) as tx:
            assert (await message_settings.get(tx, "booking_confirmed")).texts == {}
            await message_settings.reset(tx, "booking_confirmed")
        async with database.transaction(shop.org_id) as tx:
            assert (await message_settings.get(tx, "booking_confirmed")).text("en").subject == "Ours"

    here.tell(scenario)
