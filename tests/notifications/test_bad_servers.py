"""Mail servers that misbehave: what was to be told is told in the end, and a repeat is the same e-mail."""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from email.message import EmailMessage
from typing import Any

import pytest

from infra24.auth.tokens import Tokens
from infra24.db import Database
from infra24.mail.mime import sender
from infra24.mail.smtp import Server, SmtpTransport
from infra24.notifications import COMPOSERS, NotificationDelivery
from infra24.settings import Settings
from tests.factories import Shop, found_shop
from tests.mail.servers import Fault, Mailbox, mail_server
from tests.notifications.sending import message_ids, process, queue, rows, send_through, with_server
from tests.serving import Clock

OnData = Callable[[EmailMessage], Fault | None]


def for_the_first(fault: Fault, *, always: bool = False) -> OnData:
    """What is wrong with the first e-mail that comes, or with each to the same person."""
    met: list[str] = []

    def on_data(mailed: EmailMessage) -> Fault | None:
        first = not met
        if first:
            met.append(mailed["To"])
        return fault if first or (always and mailed["To"] == met[0]) else None

    return on_data


def impatient(settings: Settings) -> SmtpTransport:
    """Waits for each answer but a moment."""
    assert settings.mail_server is not None
    return SmtpTransport(Server.of(settings.mail_server), sender("post@example.org"), seconds=0.3)


async def states(database: Database, shop: Shop) -> Counter[str]:
    return Counter(state for state, _, _ in await rows(database, shop))


async def all_arrived(database: Database, box: Mailbox, *shops: Shop) -> None:
    """Each notification was sent, and whatever came to its recipient has its Message-ID."""
    expected: set[tuple[str, str]] = set()
    for shop in shops:
        assert set(await states(database, shop)) == {"sent"}
        expected |= set((await message_ids(database, shop)).items())
    assert {(mailed["To"], mailed["Message-ID"]) for mailed in box.sent_emails} == expected


def test_a_server_that_greylists_gets_each_email_again_and_one_refused_recipient_is_final(
    sending: Any, by_mail: Settings, box: Mailbox, shop: Shop, tokens: Tokens, clock: Clock
) -> None:
    box.greylists, box.to_rcpt = True, ["550 no such person"]

    async def scenario(database: Database, one: NotificationDelivery, _: NotificationDelivery) -> None:
        await queue(database, shop, tokens, 5)
        assert await process(one) == (5, 0, 1)
        found = await rows(database, shop)
        assert sorted((state, reason) for state, _, reason in found) == [
            ("failed", "550 no such person"),
            *[("queued", "451 greylisted, come back later")] * 4,
        ]
        assert await process(one) == (0, 0, 0), "they wait"
        clock.forward(seconds=16)
        assert await process(one) == (4, 4, 0)
        assert await states(database, shop) == {"sent": 4, "failed": 1}
        arrived = {mailed["To"]: mailed["Message-ID"] for mailed in box.sent_emails}
        assert len(arrived) == len(box.raw) == 4
        assert arrived.items() <= (await message_ids(database, shop)).items()

    sending(by_mail, scenario)


@pytest.mark.parametrize("hangs", [False, True])
@pytest.mark.parametrize("keeps", [False, True])
def test_when_an_email_gets_no_answer_all_wait_and_it_comes_again_as_the_same(
    sending: Any,
    by_mail: Settings,
    box: Mailbox,
    shop: Shop,
    tokens: Tokens,
    clock: Clock,
    hangs: bool,
    keeps: bool,
) -> None:
    """The connection breaks or nothing is said, and nobody can know whether the server has the e-mail."""
    box.on_data = for_the_first(Fault(hangs, keeps))

    async def scenario(database: Database, one: NotificationDelivery, _: NotificationDelivery) -> None:
        send_through(one, impatient(by_mail))
        await queue(database, shop, tokens, 4)
        assert await process(one) == (1, 0, 0)
        assert await states(database, shop) == {"queued": 4}
        clock.forward(seconds=31)
        assert await process(one) == (4, 4, 0)
        await all_arrived(database, box, shop)

    sending(by_mail, scenario)
    assert len(box.raw) == 4 + keeps


@pytest.mark.parametrize("hangs", [False, True])
def test_an_email_that_breaks_each_connection_holds_up_no_other(
    sending: Any, by_mail: Settings, box: Mailbox, shop: Shop, tokens: Tokens, clock: Clock, hangs: bool
) -> None:
    """It may be the server's fault, so all wait; but then the others come first."""
    box.on_data = for_the_first(Fault(hangs), always=True)

    async def scenario(database: Database, one: NotificationDelivery, _: NotificationDelivery) -> None:
        send_through(one, impatient(by_mail))
        await queue(database, shop, tokens, 5)
        for _ in range(16):
            await process(one)
            clock.forward(seconds=1)
        assert await states(database, shop) == {"sent": 4, "queued": 1}
        box.on_data = lambda _: None
        clock.forward(minutes=5)
        await process(one)
        await all_arrived(database, box, shop)

    sending(by_mail, scenario)
    assert len(box.raw) == 5


def test_a_server_that_says_nothing_has_all_wait_until_it_greets(
    sending: Any, settings: Settings, box: Mailbox, shop: Shop, tokens: Tokens, clock: Clock
) -> None:
    async def scenario(database: Database, one: NotificationDelivery, _: NotificationDelivery) -> None:
        await queue(database, shop, tokens, 3)
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen(8)
            send_through(one, impatient(with_server(settings, silent.getsockname()[1])))
            assert await process(one) == (1, 0, 0)
        assert await states(database, shop) == {"queued": 3}
        with mail_server(box) as port:
            send_through(one, impatient(with_server(settings, port)))
            clock.forward(seconds=31)
            assert await process(one) == (3, 3, 0)
        await all_arrived(database, box, shop)

    sending(settings, scenario)
    assert len(box.raw) == 3


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("to_mail", "553 the sender is not yours"),
        ("to_mail", "452 the disk is full"),
        ("to_rcpt", "530 sign in first"),
        ("to_data", "421 closing"),
    ],
)
def test_what_a_server_refuses_whoever_it_is_for_has_all_wait(
    sending: Any,
    by_mail: Settings,
    box: Mailbox,
    shop: Shop,
    tokens: Tokens,
    clock: Clock,
    step: str,
    answer: str,
) -> None:
    getattr(box, step).append(answer)

    async def scenario(database: Database, one: NotificationDelivery, _: NotificationDelivery) -> None:
        await queue(database, shop, tokens, 4)
        assert await process(one) == (1, 0, 0)
        found = await rows(database, shop)
        assert {state for state, _, _ in found} == {"queued"}
        assert all(answer in reason for _, _, reason in found)
        clock.forward(seconds=31)
        assert await process(one) == (4, 4, 0)
        await all_arrived(database, box, shop)

    sending(by_mail, scenario)
    assert len(box.raw) == 4


def test_a_password_that_is_refused_has_every_organization_wait_until_it_is_corrected(
    sending: Any,
    settings: Settings,
    box: Mailbox,
    shop: Shop,
    tokens: Tokens,
    clock: Clock,
    database_url: str,
) -> None:
    other_shop = found_shop(database_url, settings, clock)

    async def scenario(database: Database, one: NotificationDelivery, _: NotificationDelivery) -> None:
        await queue(database, shop, tokens, 3)
        await queue(database, other_shop, tokens, 3, first=3)
        send_through(one, impatient(with_server(settings, port, "infra24:wrong@")))
        assert await process(one) == (2, 0, 0), "one of each finds out"
        for each in (shop, other_shop):
            found = await rows(database, each)
            assert {state for state, _, _ in found} == {"queued"}
            assert all("does not let infra24 in (535)" in reason for _, _, reason in found)
        send_through(one, impatient(with_server(settings, port, "infra24:p%40ss%2Fword@")))
        clock.forward(seconds=31)
        assert await process(one) == (6, 6, 0)
        await all_arrived(database, box, shop, other_shop)

    with mail_server(box, auth_require_tls=False) as port:
        sending(settings, scenario)
    assert len(box.raw) == 6


def test_a_server_that_goes_down_in_the_middle_of_a_batch_is_told_the_rest_when_it_is_back(
    sending: Any, settings: Settings, box: Mailbox, shop: Shop, tokens: Tokens, clock: Clock
) -> None:
    third_came = threading.Event()

    def on_data(_: EmailMessage) -> Fault | None:
        if len(box.raw) < 2 or third_came.is_set():
            return None
        third_came.set()
        return Fault(hangs=True)

    async def scenario(database: Database, one: NotificationDelivery, _: NotificationDelivery) -> None:
        await queue(database, shop, tokens, 6)
        with ExitStack() as up:
            port = up.enter_context(mail_server(box))
            send_through(one, impatient(with_server(settings, port)))
            sending_all = asyncio.create_task(process(one))
            assert await asyncio.to_thread(third_came.wait, 30)
            up.close()
            assert await sending_all == (3, 2, 0)
        clock.forward(seconds=31)
        assert await process(one) == (1, 0, 0), "it is down"
        assert await states(database, shop) == {"sent": 2, "queued": 4}
        with mail_server(box, port=port):
            clock.forward(seconds=61)
            assert await process(one) == (4, 4, 0)
        await all_arrived(database, box, shop)

    box.on_data = on_data
    sending(settings, scenario)
    assert len(box.raw) == 6


def test_what_a_slow_server_leaves_no_time_for_has_not_been_tried(
    sending: Any, by_mail: Settings, box: Mailbox, shop: Shop, tokens: Tokens, clock: Clock
) -> None:
    """Otherwise its tries are used up by waiting, and the first refusal is the last."""

    async def scenario(database: Database, one: NotificationDelivery, _: NotificationDelivery) -> None:
        hurried = NotificationDelivery(
            database, COMPOSERS, one._senders, one._context, clock, batch_seconds=0.0
        )
        await queue(database, shop, tokens, 40)
        assert await process(hurried) == (40, 40, 0)
        assert Counter(attempts for _, attempts, _ in await rows(database, shop)) == {1: 40}
        await all_arrived(database, box, shop)

    sending(by_mail, scenario)
    assert len(box.raw) == 40
