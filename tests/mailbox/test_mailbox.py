"""The mailbox: what calendars reply, what came back, and everybody else's e-mail, on a real IMAP server."""

import asyncio
import imaplib
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from infra24 import announcements, bookings, consent, doctor
from infra24.app import compose
from infra24.auth.tokens import Tokens
from infra24.bookings import Booking, Response
from infra24.channels import ServerUnavailable
from infra24.consent import SuppressionCause
from infra24.db import Database
from infra24.doctor.model import Finding
from infra24.mailbox import Bounce, CalendarReply, ImapMailbox, InvalidMailbox, MailboxReader, read
from infra24.settings import Settings
from tests.factories import ADA, STAFF, Shop, booking_request
from tests.serving import NOW, Clock, free_ports

AT = NOW + timedelta(days=10, hours=-2)
USER, PASSWORD = "booking@example.org", "p@ss/word"


@pytest.fixture(scope="module")
def served() -> Iterator[int]:
    """The port of a server with one mailbox."""
    first = free_ports(3)
    smtp, smtps, port = first, first + 1, first + 2
    arguments = ["-m", "mail_devel", "--host", "127.0.0.1", "--user", USER, "--password", PASSWORD, "--no-http",
                 "--imap-port", str(port), "--smtp-port", str(smtp), "--smtps-port", str(smtps)]  # fmt: skip
    process = subprocess.Popen([sys.executable, *arguments], stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                imaplib.IMAP4("127.0.0.1", port, 5).logout()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def mailbox(served: int) -> ImapMailbox:
    """Empty."""
    with imaplib.IMAP4("127.0.0.1", served, 5) as server:
        server.login(USER, PASSWORD)
        server.select()
        server.store("1:*", "+FLAGS", r"(\Deleted)")
        server.expunge()
    return ImapMailbox.of(f"imap://booking%40example.org:p%40ss%2Fword@127.0.0.1:{served}/INBOX")


def put(mailbox: ImapMailbox, *messages: EmailMessage | bytes) -> None:
    with imaplib.IMAP4(mailbox.host, mailbox.port, 5) as server:
        server.login(USER, PASSWORD)
        for one in messages:
            server.append("INBOX", "", "", bytes(one))


def unseen(mailbox: ImapMailbox) -> int:
    with imaplib.IMAP4(mailbox.host, mailbox.port, 5) as server:
        server.login(USER, PASSWORD)
        server.select(readonly=True)
        return len(server.search(None, "UNSEEN")[1][0].split())


def reply(booking: Booking, said: str, email: str = ADA.email, sequence: int = 0) -> EmailMessage:
    """As Google Calendar sends it."""
    text = (
        "BEGIN:VCALENDAR\r\nPRODID:-//Google Inc//Google Calendar 70.9054//EN\r\nVERSION:2.0\r\n"
        "CALSCALE:GREGORIAN\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nDTSTART:20261130T100000Z\r\n"
        f"DTEND:20261130T103000Z\r\nDTSTAMP:20261120T120000Z\r\nORGANIZER:mailto:{USER}\r\n"
        f"UID:{bookings.uid_of(booking)}\r\nATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={said};CN=Ada\r\n"
        f" :mailto:{email}\r\nSEQUENCE:{sequence}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Declined: Room", email, USER
    message.set_content("Ada has declined this invitation.")
    message.add_alternative(text.encode(), "text", "calendar", params={"method": "REPLY"})
    return message


def bounce(message_id: str, status: str, words: str) -> bytes:
    """As Postfix sends it."""
    return (
        "From: MAILER-DAEMON@mx.example.org\r\nTo: booking@example.org\r\nSubject: Undelivered Mail\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n\r\n'
        "--B\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
        f"Final-Recipient: rfc822; ada@example.org\r\nAction: failed\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {words}\r\n\r\n"
        f"--B\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: Confirmed\r\nMessage-ID: {message_id}\r\n\r\n--B--\r\n"
    ).encode()


async def book(database: Database, shop: Shop, tokens: Tokens, hours: int = 0) -> Booking:
    async with database.transaction(shop.org_id) as tx:
        wanted = booking_request(shop.ids["room"], AT + timedelta(hours=hours))
        return await bookings.book(tx, wanted, tokens=tokens, now=NOW)


async def responses(database: Database, shop: Shop, booking: Booking) -> set[tuple[str, int | None]]:
    async with database.transaction(shop.org_id) as tx:
        found = await bookings.get(tx, booking.id)
    return {(p.response, p.response_revision) for p in found.bookers}


def test_a_calendars_no_is_written_down_announced_once_and_cancels_nothing(
    with_worker: Any, shop: Shop, tokens: Tokens, mailbox: ImapMailbox, clock: Clock
) -> None:
    async def scenario(database: Database, worker: Any) -> None:
        made, other = await book(database, shop, tokens), await book(database, shop, tokens, 1)
        reader = MailboxReader(database, mailbox, clock)
        private = EmailMessage()
        private["Subject"] = "Lunch?"
        private.set_content("At one?")
        stranger = reply(other, "DECLINED", "eve@example.org")
        put(mailbox, private, reply(made, "DECLINED"), reply(made, "DECLINED"), stranger, b"garbage")
        assert await reader.read_once() == 5
        assert await responses(database, shop, made) == {("declined", 0)}
        assert await responses(database, shop, other) == {("", None)}, "she does not take part"
        assert unseen(mailbox) == 2, "what is not for us is left as it is"
        assert await reader.read_once() == 0
        await worker.run_until_idle()
        async with database.transaction(shop.org_id) as tx:
            said = [one.kind for one in await announcements.of_booking(tx, made.id)]
            assert said.count("booking.invitation_declined") == 1
            assert str((await bookings.get(tx, made.id)).status) == "confirmed"
        async with database.transaction(shop.org_id) as tx:
            to = made.starts_at + timedelta(hours=3)
            await bookings.reschedule(tx, made.id, to, to + made.length, STAFF, now=NOW)
        put(mailbox, reply(made, "ACCEPTED"))
        await reader.read_once()
        assert await responses(database, shop, made) == {("declined", 0)}, "the former time is no matter"
        put(mailbox, reply(made, "ACCEPTED", ADA.email.upper(), 1))
        await reader.read_once()
        assert await responses(database, shop, made) == {("accepted", 1)}

    with_worker(scenario)


def test_an_address_that_does_not_exist_is_sent_nothing_more(
    with_worker: Any, shop: Shop, tokens: Tokens, mailbox: ImapMailbox, clock: Clock
) -> None:
    async def scenario(database: Database, worker: Any) -> None:
        reader, ids = MailboxReader(database, mailbox, clock), []
        for number, address in enumerate(("gone@x.example", "full@x.example")):
            id_ = uuid4()
            ids.append(f"<booking_confirmed.{shop.org_id.hex}.{id_}@example.org>")
            async with database.transaction(shop.org_id) as tx:
                await tx.run(
                    "INSERT INTO notifications (org_id, id, kind, channel, recipient, dedupe_key, state, planned_at, "
                    "created_at, done_at, provider_id) VALUES (%s, %s, 'booking_confirmed', 'email', %s, %s, 'sent', "
                    "%s, %s, %s, %s)",
                    (tx.org_id, id_, address, str(number), NOW, NOW, NOW, ids[-1].strip("<>")),
                )
        foreign = f"<booking_confirmed.{uuid4().hex}.{uuid4()}@example.org>"
        put(
            mailbox,
            bounce(ids[0], "5.1.1", "550 <gone@x.example>: no such user"),
            bounce(ids[1], "5.2.2", "552 mailbox full"),
            bounce(foreign, "5.1.1", "550 x"),
            bounce("<somebody@else.example>", "5.1.1", "550 x"),
        )
        assert await reader.read_once() == 4
        async with database.transaction(shop.org_id) as tx:
            rows = await tx.rows(
                "SELECT recipient, state, reason FROM notifications WHERE org_id = %s AND provider_id IS NOT NULL",
                (tx.org_id,),
            )
            listed = {one.address: one.reason for one in await consent.listed(tx)}
        assert {tuple(row) for row in rows} == {
            ("gone@x.example", "failed", "5.1.1 550 … no such user"),
            ("full@x.example", "failed", "5.2.2 552 mailbox full"),
        }
        assert listed == {"gone@x.example": SuppressionCause.BOUNCED}

    with_worker(scenario)


def test_a_worker_reads_it(
    settings: Settings, database_url: str, clock: Clock, shop: Shop, tokens: Tokens, mailbox: ImapMailbox
) -> None:
    url = f"imap://booking%40example.org:p%40ss%2Fword@127.0.0.1:{mailbox.port}"
    ours = settings.model_copy(update={"imap_url": SecretStr(url)})

    async def scenario() -> None:
        database, worker = compose(ours, database_url, clock)
        await database.open()
        made = await book(database, shop, tokens)
        put(mailbox, reply(made, "TENTATIVE"))
        await worker.run_until_idle()
        assert await responses(database, shop, made) == {("tentative", 0)}
        await database.close()

    asyncio.run(scenario())


def test_doctor_reads_the_mailbox_and_says_what_is_wrong(settings: Settings, mailbox: ImapMailbox) -> None:
    def said(url: str | None) -> Finding:
        ours = settings.model_copy(update={"imap_url": url and SecretStr(url)})
        (found,) = [check() for name, check in doctor.installation.checks(ours) if name == "Mailbox"]
        return found

    assert said(None).well
    good = said(f"imap://booking%40example.org:p%40ss%2Fword@127.0.0.1:{mailbox.port}")
    assert (good.well, good.seen) == (True, "INBOX of booking@example.org at 127.0.0.1")
    for url in (f"imap://booking%40example.org:wr0ng@127.0.0.1:{mailbox.port}", "imap://x"):
        assert not said(url).well
        assert "wr0ng" not in said(url).seen


def test_a_mailbox_that_cannot_be_read_says_so_without_its_password() -> None:
    wrong = ImapMailbox("127.0.0.1", 9, "u", "s3cret", tls=False)
    with pytest.raises(ServerUnavailable) as refused:
        asyncio.run(wrong.arrived(0, 9))
    assert "s3cret" not in str(refused.value) + repr(wrong)
    for url in (
        "imap://u:p@mail.example.org/",
        "imaps://mail.example.org/",
        "http://u@x/",
        "imaps://u:p@x/a%22b",
    ):
        with pytest.raises(InvalidMailbox):
            ImapMailbox.of(url)
    assert ImapMailbox.of("imaps://u:p@mail.example.org").port == 993


def test_what_anybody_may_send_is_read_or_is_nothing(shop: Shop) -> None:
    ids = (uuid4(), uuid4())
    uid = f"UID:{ids[1]}.{ids[0]}@infra24"
    event = f"BEGIN:VEVENT\r\n{uid}\r\nATTENDEE;PARTSTAT=DECLINED:mailto:Ada@X.example\r\nEND:VEVENT\r\n"

    def calendar(method: str, events: str) -> bytes:
        text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:{method}\r\n{events}END:VCALENDAR\r\n"
        return b"Content-Type: text/calendar\r\n\r\n" + text.encode()

    assert read(calendar("REPLY", event)) == CalendarReply(*ids, "ada@x.example", Response.DECLINED, 0)
    for method, events in (("REQUEST", event), ("REPLY", event.replace("DECLINED", "DELEGATED")),
                           ("REPLY", event.replace(uid, "UID:x@infra24")),):  # fmt: skip
        assert read(calendar(method, events)) is None
    for junk in (
        b"",
        b"\x00\xff",
        b"Content-Type: multipart/report\r\n\r\n",
        b"Content-Type: text/calendar\r\n\r\nx",
    ):
        assert read(junk) is None
    back = read(
        bounce(f"<host_booked.{ids[0].hex}.{ids[1]}@example.org>", "5.1.1", "550 see https://x.example/y")
    )
    assert isinstance(back, Bounce)
    assert (back.org_id, back.is_lasting, back.words) == (ids[0], True, "5.1.1 550 see …")
