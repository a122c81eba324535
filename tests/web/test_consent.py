"""Who wants which messages: unsubscribing, bounces and complaints, STOP, texts, quiet hours, rates."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx2
import pytest
from standardwebhooks import Webhook

from infra24 import bookings, consent, notifications, senders
from infra24.app import compose
from infra24.auth import SecretBox
from infra24.auth.tokens import Tokens
from infra24.bookings import Booking
from infra24.channels import Channel
from infra24.consent import SuppressionCause
from infra24.db import Database
from infra24.errors import ValidationFailed
from infra24.notifications import NewNotification, queries
from infra24.notifications.texting import quiet_until, reminder_time
from infra24.senders import Provider, SenderDraft
from infra24.settings import Settings
from infra24.sms import file as texts
from infra24.worker import Worker
from tests.factories import ADA, STAFF, Shop, booking_request, found_shop
from tests.installation import Installation
from tests.mail.reading import sent_emails
from tests.senders.servers import NUMBER, SID, TOKEN, emulator
from tests.serving import NOW, Clock

AT = NOW + timedelta(days=10, hours=-2)
MOBILE = "+13055550123"
TEXTED = replace(ADA, phone="+1 (305) 555-0123", wants_texts=True)


@pytest.fixture
def other_shop(database_url: str, settings: Settings, clock: Clock) -> Shop:
    return found_shop(database_url, settings, clock)


async def book(
    database: Database, shop: Shop, tokens: Tokens, person: Any = ADA, at: datetime = AT
) -> Booking:
    async with database.transaction(shop.org_id) as tx:
        return await bookings.book(
            tx, booking_request(shop.ids["room"], at, person=person), tokens=tokens, now=NOW
        )


async def outcomes(database: Database, shop: Shop) -> set[tuple[str, str, str, str]]:
    async with database.transaction(shop.org_id) as tx:
        rows = await tx.rows(
            "SELECT kind, channel, state, reason FROM notifications WHERE org_id = %s", (tx.org_id,)
        )
    return {(kind, channel, state, reason) for kind, channel, state, reason in rows}


def of(settings: Settings, recipient: str) -> list[Any]:
    return [mailed for mailed in sent_emails(settings) if mailed["to"] == recipient]


def test_one_click_in_a_mail_program_ends_reminders_and_nothing_else(here: Installation, shop: Shop) -> None:
    tokens = Tokens(here.settings.keyring())
    person = replace(ADA, email=f"{uuid4().hex[:8]}@people.example")

    async def remind(database: Database, worker: Worker) -> None:
        here.clock.at = AT - timedelta(hours=23)
        await worker.run_until_idle()

    async def scenario(database: Database, worker: Worker) -> None:
        await book(database, shop, tokens, person)
        await worker.run_until_idle()
        await remind(database, worker)

    here.tell(scenario)
    confirmed, reminded = of(here.settings, person.email)
    assert confirmed["list-unsubscribe"] is None, "what concerns one's own booking cannot be declined"
    assert reminded["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    address = reminded["list-unsubscribe"].strip("<>").removeprefix(here.settings.base_url)
    with httpx2.Client(base_url=here.base) as program:  # RFC 8058: no cookies, no referrer, no proof
        assert program.get(address).status_code == 200, "looking changes nothing"
        assert program.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 200
        for wrong in ("x" * 64, address.rpartition("/")[2].swapcase()):
            assert program.post(f"/unsubscribe/{wrong}").status_code == 404
    here.clock.at = NOW

    async def once_more(database: Database, worker: Worker) -> None:
        made = await book(database, shop, tokens, person, AT + timedelta(hours=1))
        here.clock.at = AT - timedelta(hours=22)
        await worker.run_until_idle()
        async with database.transaction(shop.org_id) as tx:
            told = {
                one.kind: (str(one.state), one.reason) for one in await notifications.of_booking(tx, made.id)
            }
        assert told["booking_confirmed"] == ("sent", "")
        assert told["booking_reminder"] == ("suppressed", "declined")

    here.tell(once_more)
    with httpx2.Client(base_url=here.base) as program:
        assert "Undo" in program.get(address).text
        program.post(address, data={"again": "1"})
        assert "Undo" not in program.get(address).text


def test_an_address_on_the_list_is_sent_nothing_and_says_why(
    with_worker: Any, shop: Shop, tokens: Tokens, settings: Settings
) -> None:
    async def scenario(database: Database, worker: Worker) -> None:
        async with database.transaction(shop.org_id) as tx:
            await consent.suppress(tx, Channel.EMAIL, ADA.email.upper(), SuppressionCause.BOUNCED, "550", NOW)
        await book(database, shop, tokens)
        await worker.run_until_idle()
        assert ("booking_confirmed", "email", "suppressed", "blocked") in await outcomes(database, shop)
        async with database.transaction(shop.org_id) as tx:
            await consent.lift(tx, Channel.EMAIL, ADA.email)
        await book(database, shop, tokens, at=AT + timedelta(hours=1))
        await worker.run_until_idle()
        assert ("booking_confirmed", "email", "sent", "") in await outcomes(database, shop)

    with_worker(scenario)


def test_an_organizations_list_is_its_own(run: Any, shop: Shop, other_shop: Shop) -> None:
    async def scenario(database: Database) -> None:
        async with database.transaction(shop.org_id) as tx:
            await consent.record(tx, ADA.email, None, "by telephone", "Olive", NOW)
        async with database.transaction(other_shop.org_id) as tx:
            assert await consent.listed(tx) == []
            with pytest.raises(consent.UnknownSuppression):
                await consent.lift(tx, Channel.EMAIL, ADA.email)
        async with database.transaction(shop.org_id) as tx:
            (one,) = await consent.listed(tx, "ADA")
            assert (one.reason, one.recorded_by) == (SuppressionCause.RECORDED, "Olive")
            for wrong in ("", "nobody", "a@", "12"):
                with pytest.raises(ValidationFailed):
                    await consent.record(tx, wrong, "US", "", "Olive", NOW)
            assert (await consent.record(tx, "305 555 0123", "US", "", "Olive", NOW)).address == MOBILE

    run(scenario)


def test_whoever_asked_is_texted_and_nobody_else(
    with_worker: Any, shop: Shop, tokens: Tokens, settings: Settings, clock: Clock
) -> None:
    async def scenario(database: Database, worker: Worker) -> None:
        await book(database, shop, tokens, replace(ADA, phone="+1 (305) 555-0123"))
        await worker.run_until_idle()
        assert texts.kept(settings.mail_folder) == []
        with pytest.raises(ValidationFailed):
            await book(database, shop, tokens, replace(TEXTED, phone="12"), AT + timedelta(hours=1))
        made = await book(database, shop, tokens, TEXTED, AT + timedelta(hours=1))
        await worker.run_until_idle()
        async with database.transaction(shop.org_id) as tx:
            to = made.starts_at + timedelta(hours=1)
            await bookings.reschedule(tx, made.id, to, to + made.length, STAFF, now=NOW)
        await worker.run_until_idle()
        clock.at = to - timedelta(hours=23)
        await worker.run_until_idle()
        reminder, moved, booked = texts.kept(settings.mail_folder)
        assert {one.recipient for one in (reminder, moved, booked)} == {MOBILE}
        assert "Confirmed" in booked.text or "Booked" in booked.text
        assert "New time" in moved.text
        assert "Reminder" in reminder.text
        assert all("/bookings/confirmation/" in one.text and "STOP" in one.text for one in (moved, booked))

    with_worker(scenario)


def test_nobody_is_texted_at_night() -> None:
    zone = ZoneInfo("America/New_York")
    for hour, quiet in ((7, True), (8, False), (20, False), (21, True), (0, True)):
        assert (quiet_until(datetime(2026, 12, 1, hour, 30, tzinfo=zone), zone) is not None) is quiet
    morning = datetime(2026, 12, 2, 8, tzinfo=zone)
    assert quiet_until(datetime(2026, 12, 1, 23, tzinfo=zone), zone) == morning
    spring = datetime(2027, 3, 13, 23, tzinfo=zone)
    assert quiet_until(spring, zone) == datetime(2027, 3, 14, 12, tzinfo=UTC), "an hour is missing that night"

    def reminded(start: datetime, hours: int) -> datetime:
        class Booked:
            starts_at, time_zone = start.astimezone(UTC), zone.key

        return reminder_time(Booked(), hours).astimezone(zone)  # type: ignore[arg-type]

    def at(day: int, hour: int, minute: int = 0) -> datetime:
        return datetime(2026, 12, day, hour, minute, tzinfo=zone)

    assert reminded(at(2, 10), 24) == at(1, 10)
    assert reminded(at(2, 9), 2) == at(2, 8), "in the morning instead of at seven"
    assert reminded(at(2, 6), 2) == at(1, 20, 59), "the evening before: at four they sleep"


def test_a_bounce_and_a_complaint_end_messages_and_only_the_provider_can_say_so(
    here: Installation, shop: Shop
) -> None:
    secret = "whsec_" + base64.b64encode(b"k" * 24).decode()
    address, sent = connect(here, shop, Provider.RESEND, {"from": "Us <us@example.org>"},
                            {"key": "re_1", "webhook_secret": secret}), {}  # fmt: skip

    async def put(database: Database, _: Worker) -> None:
        async with database.transaction(shop.org_id) as tx:
            for name in ("delivered", "bounced", "soft", "complained"):
                sent[name] = uuid4().hex
                await tx.run(
                    "INSERT INTO notifications (org_id, id, kind, channel, recipient, dedupe_key, state, "
                    "planned_at, created_at, done_at, provider_id) VALUES (%s, %s, 'my_bookings', 'email', %s, "
                    "%s, 'sent', %s, %s, %s, %s)",
                    (tx.org_id, uuid4(), f"{name}@x.example", name, NOW, NOW, NOW, sent[name]),
                )

    here.tell(put)

    def report(event: Mapping[str, Any], at: datetime = NOW, **headers: str) -> int:
        body = json.dumps(event)
        signed = Webhook(secret).sign("msg_1", at, body)
        said = {"svix-id": "msg_1", "svix-timestamp": str(int(at.timestamp())), "svix-signature": signed}
        with httpx2.Client(base_url=here.base) as provider:
            return provider.post(address, content=body, headers={**said, **headers}).status_code

    def event(type_: str, name: str, **more: Any) -> dict[str, Any]:
        return {"type": f"email.{type_}", "data": {"email_id": sent[name], **more}}

    assert report(event("delivered", "delivered")) == 204
    assert (
        report(event("bounced", "bounced", bounce={"type": "Permanent", "message": "no such person"})) == 204
    )
    assert report(event("bounced", "soft", bounce={"type": "Transient", "message": "full"})) == 204
    assert report(event("complained", "complained")) == 204
    assert report(event("complained", "complained")) == 204, "told twice, it is the same"
    assert report({"type": "email.opened"}) == 204
    complained = event("complained", "delivered")
    assert report(complained, **{"svix-signature": "v1,AAAA"}) == 403
    assert report(complained, NOW - timedelta(minutes=6)) == 403, "too old: it could be a recording"
    with httpx2.Client(base_url=here.base) as stranger:
        assert stranger.post(address, content="{}").status_code == 403
        assert stranger.post(address[:-4] + "AAA=", content="{}").status_code == 404
        assert stranger.post(address.replace("resend", "twilio"), data={"Body": "STOP"}).status_code == 404

    async def look(database: Database, _: Worker) -> None:
        async with database.transaction(shop.org_id) as tx:
            rows = await tx.rows(
                "SELECT recipient, state, reason FROM notifications WHERE org_id = %s", (tx.org_id,)
            )
            listed = {one.address: one.reason for one in await consent.listed(tx)}
        assert {(to.partition("@")[0], state, reason) for to, state, reason in rows} == {
            ("delivered", "delivered", ""), ("bounced", "failed", "no such person"), ("soft", "failed", "full"),
            ("complained", "failed", "complained"),
        }  # fmt: skip
        assert listed == {
            "bounced@x.example": SuppressionCause.BOUNCED,
            "complained@x.example": SuppressionCause.COMPLAINED,
        }

    here.tell(look)


def connect(
    here: Installation, shop: Shop, provider: Provider, fields: dict[str, str], secret: dict[str, str]
) -> str:
    """Have an organization send by a service of its own; the path that the service reports to."""

    async def scenario(database: Database, _: Worker) -> UUID:
        async with database.transaction(shop.org_id) as tx:
            seals = SecretBox(here.settings.keyring())
            return (await senders.set_sender(tx, seals, SenderDraft(provider, fields, secret), NOW)).id

    id_ = here.tell(scenario)
    sign = Tokens(here.settings.keyring()).sign
    return senders.report_url("", sign, provider, shop.org_id, id_)


def test_whoever_texts_stop_is_texted_no_more_until_start(
    here: Installation, shop: Shop, tmp_path: Path
) -> None:
    fields = {"account_sid": SID, "number": NUMBER}
    path = connect(here, shop, Provider.TWILIO, fields, {"token": TOKEN})
    url = here.settings.base_url + path

    async def listed(database: Database, _: Worker) -> list[str]:
        async with database.transaction(shop.org_id) as tx:
            return [one.address for one in await consent.listed(tx)]

    with emulator(tmp_path, here.base + path) as emulated:

        def text(words: str) -> None:
            said = {"To": NUMBER, "From": MOBILE, "Body": words}
            answer = httpx2.post(
                f"{emulated.twilio}/_twilio/simulate/inbound-message", auth=(SID, TOKEN), data=said
            )
            assert answer.status_code < 300, answer.text

        if here.base == here.settings.base_url:
            text("Stop please")  # a sentence is no word of command
            text(" STOP. ")
            assert here.tell(listed) == [MOBILE]
            text("Start")
            assert here.tell(listed) == []
    said = {"From": MOBILE, "Body": "STOP", "To": NUMBER}
    signed = url + "".join(f"{name}{said[name]}" for name in sorted(said))
    good = base64.b64encode(hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()).decode()
    with httpx2.Client(base_url=here.base) as twilio:
        for signature, status in (("", 403), (good.swapcase(), 403), (good, 200)):
            answer = twilio.post(path, data=said, headers={"x-twilio-signature": signature})
            assert answer.status_code == status
    assert here.tell(listed) == [MOBILE]


def test_an_organization_sends_no_more_a_minute_than_its_service_takes(
    here: Installation, shop: Shop, other_shop: Shop, empty_queue: None
) -> None:
    """Two workers together; another organization does not wait for it."""
    limited = here.settings.model_copy(update={"mail_per_minute": 60})

    async def scenario(database: Database, worker: Worker) -> None:
        both = [compose(limited, here.url, here.clock) for _ in range(2)]
        for own, _ in both:
            await own.open()
        workers = [one.notifications for _, one in both]
        for where, count in ((shop, 50), (other_shop, 1)):
            async with database.transaction(where.org_id) as tx:
                told = [
                    NewNotification("my_bookings", f"p{n}@x.example", f"rate:{n}", facts={"locale": "en"})
                    for n in range(count)
                ]
                await queries.insert(tx, told, here.clock())

        async def process() -> int:
            return sum([(await one.process(1_000, 20)).processed for one in workers])

        assert await process() == 21, "a burst of twenty, and the other organization's"
        assert await process() == 0
        here.clock.forward(seconds=5)
        assert await process() == 5
        here.clock.forward(seconds=60)
        assert await process() == 20
        here.clock.forward(seconds=60)
        assert await process() == 5
        for own, _ in both:
            await own.close()

    here.tell(scenario)
