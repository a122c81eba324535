"""Resend, Twilio and access tokens: against emulators and servers that answer as the real ones can."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from infra24.channels import PermanentFailure, RecipientOptedOut, ServerUnavailable, TemporaryFailure
from infra24.mail import CalendarPart, Email, MessageHeaders
from infra24.mail.mime import sender
from infra24.mail.oauth import AccessTokens, OAuthClient
from infra24.mail.resend import ResendTransport
from infra24.mail.smtp import Server, SmtpTransport
from infra24.outbound import OutboundClient
from infra24.sms import InvalidNumber, Sms, region_of, to_e164
from infra24.sms.twilio import TwilioAccount, TwilioTransport
from tests import loopback
from tests.mail.servers import Mailbox, mail_server
from tests.senders.servers import NUMBER, SID, TOKEN, Emulated, TakesTokens, emulator
from tests.serving import NOW
from tests.webhooks.receiving import receiver

BY = sender("Our House <booking@example.org>")
EMAIL = Email(
    "ada@example.org", "Booked: Wheel", "Hello\n", html="<p>Hello</p>",
    calendar=CalendarPart(b"BEGIN:VCALENDAR\r\n", "REQUEST"), sender_name="Clay, Inc",
    unsubscribe_url="https://example.org/unsubscribe/x",
)  # fmt: skip
STAMP = MessageHeaders("booking_confirmed.1@example.org", NOW)


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    with emulator(tmp_path_factory.mktemp("emulator")) as found:
        yield found


def outside(scenario: Callable[[OutboundClient], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        client = OutboundClient([ip_network("127.0.0.0/8")])
        try:
            return await scenario(client)
        finally:
            await client.aclose()

    return asyncio.run(main())


def resend(url: str, email: Email = EMAIL, stamp: MessageHeaders = STAMP) -> str:
    return str(outside(lambda client: ResendTransport(client, "re_test", BY, url).send(email, stamp)))


def twilio(url: str, sms: Sms, token: str = TOKEN) -> str:
    account = TwilioAccount(SID, token, NUMBER)
    return str(outside(lambda client: TwilioTransport(client, account, url).send(sms, "1")))


def test_resend_takes_an_email_once_however_often_it_is_sent(emulated: Emulated) -> None:
    first = resend(emulated.resend)
    assert resend(emulated.resend) == first
    composed_anew = replace(EMAIL, text="Hello again\n")
    assert resend(emulated.resend, composed_anew) == STAMP.id, "it was taken before: it is sent"
    kept = loopback.get(
        f"{emulated.resend}/emails/{first}", headers={"authorization": "Bearer re_test"}
    ).json()
    assert (kept["from"], kept["to"], kept["subject"]) == ('"Clay, Inc" <booking@example.org>', [EMAIL.to], EMAIL.subject)  # fmt: skip
    assert kept["html"] == EMAIL.html
    listed = loopback.get(f"{emulated.resend}/emails", headers={"authorization": "Bearer re_test"}).json()[
        "data"
    ]
    assert [one["subject"] for one in listed] == [EMAIL.subject]
    said = outside(lambda client: ResendTransport(client, "re_test", BY, emulated.resend).check())
    assert said == "Resend takes the key"


def test_resend_is_given_the_invitation_and_one_click_to_unsubscribe() -> None:
    with receiver() as got:
        resend(got.url)
    (sent,) = got.at("/emails")
    assert sent.headers["idempotency-key"] == STAMP.id
    assert sent.headers["authorization"] == "Bearer re_test"
    (file,) = sent.json["attachments"]
    assert file["content_type"] == 'text/calendar; method=REQUEST; charset="utf-8"'
    assert sent.json["headers"]["List-Unsubscribe"] == "<https://example.org/unsubscribe/x>"
    assert sent.json["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, ServerUnavailable), (403, ServerUnavailable), (429, ServerUnavailable), (422, PermanentFailure),
        (500, TemporaryFailure), (409, TemporaryFailure),
    ],
)  # fmt: skip
def test_what_a_refusal_of_resend_means(status: int, expected: type[Exception]) -> None:
    with receiver() as got:
        got.answers["/emails"] = [(status, {"retry-after": "7"})]
        with pytest.raises(expected) as refused:
            resend(got.url)
    assert "ada@example.org" not in str(refused.value)
    if status == 429:
        assert isinstance(refused.value, TemporaryFailure)
        assert refused.value.retry_after == 7
    assert isinstance(refused.value, TemporaryFailure) == (expected is not PermanentFailure)


def test_twilio_takes_a_text_and_says_what_is_wrong(emulated: Emulated) -> None:
    id_ = twilio(emulated.twilio, Sms("+14155550177", "Clay House: tomorrow 10:00"))
    url = f"{emulated.twilio}/2010-04-01/Accounts/{SID}/Messages/{id_}.json"
    kept = loopback.get(url, auth=(SID, TOKEN)).json()
    assert (kept["to"], kept["from"], kept["body"]) == ("+14155550177", NUMBER, "Clay House: tomorrow 10:00")
    with pytest.raises(PermanentFailure):
        twilio(emulated.twilio, Sms("nonsense", "x"))
    with pytest.raises(ServerUnavailable):
        twilio(emulated.twilio, Sms("+14155550177", "x"), token="wrong")
    account = TwilioAccount(SID, TOKEN, NUMBER)
    assert NUMBER in outside(lambda client: TwilioTransport(client, account, emulated.twilio).check())


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, 21610, RecipientOptedOut), (400, 21211, PermanentFailure), (400, 21606, ServerUnavailable),
        (429, 20429, ServerUnavailable), (503, 0, TemporaryFailure), (401, 20003, ServerUnavailable),
    ],
)  # fmt: skip
def test_what_a_refusal_of_twilio_means(status: int, code: int, expected: type[Exception]) -> None:
    path = f"/2010-04-01/Accounts/{SID}/Messages.json"
    with receiver() as got:
        got.answers[path], got.bodies[path] = [status], b'{"code": %d}' % code
        with pytest.raises(expected) as refused:
            twilio(got.url, Sms("+14155550177", "x"))
    assert type(refused.value) is expected


def test_a_provider_that_does_not_answer_is_asked_again_later() -> None:
    for send in (resend, lambda url: twilio(url, Sms("+14155550177", "x"))):
        with pytest.raises(ServerUnavailable):
            send("http://127.0.0.1:9")


def smtp_by_token(port: int, token_url: str, allowed: bool = True) -> Callable[[], Awaitable[list[str]]]:
    async def scenario(client: OutboundClient) -> list[str]:
        tokens = AccessTokens(client, OAuthClient(token_url, "id", "secret", "refresh"), trusted=not allowed)
        server = Server("127.0.0.1", port, "booking@example.org", starttls=False)
        post = SmtpTransport(server, BY, tokens, client.address_of)
        return [await post.send(EMAIL, STAMP), await post.send(EMAIL, STAMP)]

    return lambda: outside(scenario)


def test_a_mail_server_is_signed_in_to_by_an_access_token_that_is_fetched_once() -> None:
    box, takes = Mailbox(), TakesTokens("t0ken")
    with mail_server(box, more=takes, auth_require_tls=False) as port, receiver() as got:
        got.bodies["/token"] = b'{"access_token": "t0ken", "expires_in": 3600}'
        assert smtp_by_token(port, f"{got.url}/token")() == [STAMP.id, STAMP.id]
    (asked,) = got.at("/token")
    assert b"grant_type=refresh_token" in asked.body
    assert b"refresh_token=refresh" in asked.body
    assert len(box.raw) == 2


def test_a_token_that_is_refused_loses_no_email_and_another_is_fetched() -> None:
    box, takes = Mailbox(), TakesTokens("new")
    with mail_server(box, more=takes, auth_require_tls=False) as port, receiver() as got:
        got.bodies["/token"] = b'{"access_token": "old", "expires_in": 3600}'

        async def scenario(client: OutboundClient) -> None:
            tokens = AccessTokens(client, OAuthClient(f"{got.url}/token", "id", "secret"), trusted=False)
            post = SmtpTransport(Server("127.0.0.1", port, "booking@example.org", starttls=False), BY, tokens)
            with pytest.raises(ServerUnavailable) as refused:
                await post.send(EMAIL, STAMP)
            assert "old" not in str(refused.value)
            got.bodies["/token"] = b'{"access_token": "new"}'
            await post.send(EMAIL, STAMP)
            got.answers["/token"] = [400]
            tokens.forget()
            with pytest.raises(ServerUnavailable):
                await post.send(EMAIL, STAMP)

        outside(scenario)
    assert b"grant_type=client_credentials" in got.at("/token")[0].body
    assert len(box.raw) == 1


def test_an_organizations_mail_server_is_not_in_an_inner_network(tmp_path: Path) -> None:
    async def scenario() -> None:
        client = OutboundClient()
        post = SmtpTransport(Server("localhost", 25, starttls=False), BY, None, client.address_of)
        with pytest.raises(ServerUnavailable, match="private network"):
            await post.send(EMAIL, STAMP)
        await client.aclose()

    asyncio.run(scenario())


def test_numbers_are_written_one_way() -> None:
    assert to_e164("(305) 555-0100", "US") == "+13055550100"
    assert to_e164("612 34 56 78", region_of("Europe/Madrid")) == "+34612345678"
    assert to_e164("+34 612 345 678", None) == "+34612345678"
    assert region_of("UTC") is None
    for wrong in ("", "hello", "123", "555-0100", "+34 912 345 678"):
        with pytest.raises(InvalidNumber):
            to_e164(wrong, "ES")
