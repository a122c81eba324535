"""Deliveries: signed, in order for each subject, tried for three days, and what each answer means."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks

import infra24
from infra24 import bookings, webhooks
from infra24.bookings import BY_STAFF
from infra24.errors import ValidationFailed
from infra24.event_catalogue import EVENT_TYPES
from infra24.webhooks import DeliveryState, EndpointDraft
from tests.factories import found_shop
from tests.serving import NOW, Clock
from tests.webhooks.conftest import Site
from tests.webhooks.receiving import Receiver

DELIVERED, FAILED, QUEUED, WAITING = (
    DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.QUEUED, DeliveryState.WAITING,
)  # fmt: skip


def verify(secret: str, one: Any) -> Any:
    """Judged by the specification's own library; it compares with the present, so the time is replaced."""
    judge = standardwebhooks.Webhook(secret)
    judge._Webhook__verify_timestamp = lambda written: datetime.fromtimestamp(float(written), UTC)
    return judge.verify(one.body.decode(), one.headers)


def test_an_event_is_delivered_signed_with_the_booking_and_its_links(site: Any, got: Receiver) -> None:
    async def scenario(site: Site) -> None:
        endpoint, secret = await site.endpoint(f"{got.url}/hook")
        booking = await site.book()
        await site.work()
        (one,) = got.at("/hook")
        said = one.json
        assert (said["type"], said["version"], said["org_id"]) == (
            "booking.created", 1, str(site.shop.org_id),
        )  # fmt: skip
        assert said["data"]["id"] == said["data"]["booking"]["id"] == str(booking.id)
        assert said["data"]["booking"]["artist_email"] == "ada@example.org"
        token = site.tokens.of(site.shop.org_id, booking.id)
        assert said["data"]["links"]["reschedule"].endswith(f"/bookings/reschedule/{token}")
        assert one.headers["content-type"] == "application/json"
        assert json.loads(one.body) == verify(secret, one)
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            verify(secret[:-6] + "AAAAA=", one)
        assert await site.states(endpoint) == [("booking.created", DELIVERED, 1)]
        async with site.database.transaction(site.shop.org_id) as tx:
            rows = await tx.rows("SELECT body FROM webhook_deliveries WHERE org_id = %s", (tx.org_id,))
        assert token not in rows[0][0], "what is kept lets nobody in"

    site(scenario)


def test_the_guides_own_code_checks_the_signature(site: Any, got: Receiver) -> None:
    guide = (Path(infra24.__file__).parent.parent / "docs/guides/api.md").read_text()
    code = guide.partition("```python\n")[2].partition("```")[0]
    given: dict[str, Any] = {}
    exec(code, given)

    async def scenario(site: Site) -> None:
        _, secret = await site.endpoint(f"{got.url}/hook")
        await site.book()
        await site.work()
        (one,) = got.at("/hook")
        assert given["is_signed"](secret, one.headers, one.body)
        assert not given["is_signed"](secret, one.headers, one.body + b" ")

    site(scenario)


def test_a_thin_message_names_the_subject_and_no_person(site: Any, got: Receiver) -> None:
    async def scenario(site: Site) -> None:
        await site.endpoint(f"{got.url}/hook", payload="thin")
        booking = await site.book()
        await site.work()
        (one,) = got.at("/hook")
        assert one.json["data"] == {"id": str(booking.id)}

    site(scenario)


def test_an_endpoint_gets_the_types_that_it_chose(site: Any, got: Receiver) -> None:
    async def scenario(site: Site) -> None:
        await site.endpoint(f"{got.url}/cancelled", "booking.cancelled")
        await site.endpoint(f"{got.url}/all")
        booking = await site.book()
        async with site.database.transaction(site.shop.org_id) as tx:
            await bookings.cancel(tx, booking.id, BY_STAFF, now=NOW)
        await site.work()
        assert [one.json["type"] for one in got.at("/cancelled")] == ["booking.cancelled"]
        assert [one.json["type"] for one in got.at("/all")] == ["booking.created", "booking.cancelled"]

    site(scenario)


def test_what_fails_is_tried_again_with_the_same_id_and_body(site: Any, got: Receiver, clock: Clock) -> None:
    got.answers["/hook"] = [500, (302, {"location": "/elsewhere"})]

    async def scenario(site: Site) -> None:
        endpoint, secret = await site.endpoint(f"{got.url}/hook")
        booking = await site.book()
        await site.work()
        assert await site.states(endpoint) == [("booking.created", QUEUED, 1)]
        await site.work()
        assert len(got.at("/hook")) == 1, "it waits"
        async with site.database.transaction(site.shop.org_id) as tx:
            await bookings.set_notes(tx, booking.id, "moved to another desk", now=NOW)
        clock.forward(seconds=7)
        await site.work()
        assert await site.states(endpoint) == [("booking.created", QUEUED, 2)]
        assert not got.at("/elsewhere"), "a redirect is not followed"
        clock.forward(minutes=7)
        await site.work()
        assert await site.states(endpoint) == [("booking.created", DELIVERED, 3)]
        sent = got.at("/hook")
        assert len({(one.id, one.body) for one in sent}) == 1
        assert len({one.headers["webhook-timestamp"] for one in sent}) == 3
        for one in sent:
            verify(secret, one)
        async with site.database.transaction(site.shop.org_id) as tx:
            (listed,) = await webhooks.deliveries(tx, endpoint)
            _, attempts = await webhooks.delivery(tx, endpoint, listed.id)
        assert [(one.status, one.answer) for one in attempts] == [(200, "ok"), (302, "ok"), (500, "ok")]

    site(scenario)


def test_a_subjects_messages_keep_their_order_and_others_pass(site: Any, got: Receiver, clock: Clock) -> None:
    got.answers["/hook"] = [500]

    async def scenario(site: Site) -> None:
        await site.endpoint(f"{got.url}/hook")
        first = await site.book()
        async with site.database.transaction(site.shop.org_id) as tx:
            await bookings.cancel(tx, first.id, BY_STAFF, now=NOW)
        await site.work()
        second = await site.book(NOW + timedelta(days=10))
        await site.work()
        told = [(one.json["type"], one.json["data"]["id"]) for one in got.at("/hook")]
        assert told == [
            ("booking.created", str(first.id)), ("booking.created", str(second.id)),
            ("booking.created", str(first.id)), ("booking.cancelled", str(first.id)),
        ]  # fmt: skip

    site(scenario)


def test_a_delivery_is_given_up_after_three_days_and_its_endpoint_disabled(
    site: Any, got: Receiver, clock: Clock
) -> None:
    got.answers["/always500"] = [500]

    async def scenario(site: Site) -> None:
        endpoint, _ = await site.endpoint(f"{got.url}/always500")
        await site.book()
        tries = 0
        while (await site.states(endpoint))[:1] != [("booking.created", FAILED, 10)]:
            tries += 1
            assert tries < 400
            await site.work()
            clock.forward(minutes=20)
        assert len(got.at("/always500")) == 10
        assert timedelta(days=2) < clock() - NOW < timedelta(days=4)
        clock.forward(days=1)
        await site.book(NOW + timedelta(days=12))
        await site.work()
        async with site.database.transaction(site.shop.org_id) as tx:
            found = await webhooks.get(tx, endpoint)
        assert (found.is_enabled, found.disabled_reason) == (False, "failing")

    site(scenario)


def test_410_disables_at_once_and_what_waits_can_be_replayed(site: Any, got: Receiver) -> None:
    got.answers["/hook"] = [410]
    types = ("booking.created", "booking.cancelled", "webhook_endpoint.disabled")

    async def scenario(site: Site) -> None:
        endpoint, _ = await site.endpoint(f"{got.url}/hook", *types)
        booking = await site.book()
        async with site.database.transaction(site.shop.org_id) as tx:
            await bookings.cancel(tx, booking.id, BY_STAFF, now=NOW)
        await site.work()
        assert [state for _, state, _ in await site.states(endpoint)] == [FAILED, FAILED]
        await site.book(NOW + timedelta(days=10))
        await site.work()
        assert len(got.at("/hook")) == 1, "it gets nothing any more"
        async with site.database.transaction(site.shop.org_id) as tx:
            with pytest.raises(webhooks.EndpointDisabled):
                await webhooks.test(tx, endpoint, NOW)
            await webhooks.enable(tx, endpoint, NOW)
            since = NOW - timedelta(days=1)
            count = await webhooks.replay_range(tx, endpoint, since, NOW + timedelta(days=1), NOW)
        await site.work()
        assert count == 4, "two that failed, one that it missed, and that it was disabled"
        told = [one.json["type"] for one in got.at("/hook") if one.json["data"]["id"] == str(booking.id)]
        assert told == ["booking.created", "booking.created", "booking.cancelled"]
        assert {state for _, state, _ in await site.states(endpoint)} == {DELIVERED}

    site(scenario)


def test_an_endpoint_is_left_alone_as_long_as_it_asks(site: Any, got: Receiver, clock: Clock) -> None:
    got.answers["/hook"] = [(429, {"retry-after": "600"})]

    async def scenario(site: Site) -> None:
        await site.endpoint(f"{got.url}/hook")
        await site.book()
        await site.work()
        await site.book(NOW + timedelta(days=10))
        clock.forward(seconds=590)
        await site.work()
        assert len(got.at("/hook")) == 1
        clock.forward(seconds=11)
        await site.work()
        assert len(got.at("/hook")) == 3

    site(scenario)


def test_a_dead_endpoint_is_tried_with_one_message_and_delivers_all_when_it_is_back(
    site: Any, got: Receiver, clock: Clock
) -> None:
    got.answers["/hook"] = [503] * 9

    async def scenario(site: Site) -> None:
        endpoint, _ = await site.endpoint(f"{got.url}/hook")
        for n in range(30):
            await site.book(NOW + timedelta(days=9, minutes=30 * n))
        for _ in range(80):
            await site.work()
            clock.forward(minutes=1)
        assert {state for _, state, _ in await site.states(endpoint)} == {DELIVERED}
        failed = len(got.at("/hook")) - 30
        assert failed == 9

    site(scenario)


def test_a_secret_is_replaced_while_both_are_valid(site: Any, got: Receiver, clock: Clock) -> None:
    async def scenario(site: Site) -> None:
        endpoint, former = await site.endpoint(f"{got.url}/hook")
        async with site.database.transaction(site.shop.org_id) as tx:
            current = await webhooks.rotate_secret(tx, site.seals, endpoint, clock())
        await site.book()
        await site.work()
        clock.forward(hours=25)
        await site.book(NOW + timedelta(days=10))
        await site.work()
        both, after = got.at("/hook")
        for secret in (former, current):
            verify(secret, both)
        verify(current, after)
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            verify(former, after)

    site(scenario)


def test_secrets_replaced_twice_in_a_day_are_all_valid(site: Any, got: Receiver, clock: Clock) -> None:
    async def scenario(site: Site) -> None:
        endpoint, first = await site.endpoint(f"{got.url}/hook")
        async with site.database.transaction(site.shop.org_id) as tx:
            await webhooks.rotate_secret(tx, site.seals, endpoint, clock())
            third = await webhooks.rotate_secret(tx, site.seals, endpoint, clock())
        await site.book()
        await site.work()
        (one,) = got.at("/hook")
        verify(first, one)
        verify(third, one)

    site(scenario)


def test_when_one_gets_through_all_that_wait_are_tried_at_once(
    site: Any, got: Receiver, clock: Clock
) -> None:
    got.answers["/hook"] = [500, 500, 500]

    async def scenario(site: Site) -> None:
        endpoint, _ = await site.endpoint(f"{got.url}/hook")
        for n in range(3):
            await site.book(NOW + timedelta(days=9 + n))
        await site.work()
        assert {state for _, state, _ in await site.states(endpoint)} == {QUEUED}
        async with site.database.transaction(site.shop.org_id) as tx:
            await webhooks.test(tx, endpoint, clock())
        await site.work()
        assert {state for _, state, _ in await site.states(endpoint)} == {DELIVERED}

    site(scenario)


def test_one_that_waits_is_tried_now_when_it_is_asked_for(site: Any, got: Receiver, clock: Clock) -> None:
    got.answers["/hook"] = [500]

    async def scenario(site: Site) -> None:
        endpoint, _ = await site.endpoint(f"{got.url}/hook")
        await site.book()
        await site.work()
        async with site.database.transaction(site.shop.org_id) as tx:
            (one,) = await webhooks.deliveries(tx, endpoint)
            await webhooks.replay(tx, endpoint, one.id, clock())
        await site.work()
        assert await site.states(endpoint) == [("booking.created", DELIVERED, 2)]

    site(scenario)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://nobody.invalid/hook", "no_such_host"),
        ("https://127.0.0.1:{port}/hook", "tls"),
        ("http://127.0.0.1:9/hook", "refused"),
    ],
)
def test_why_there_is_no_answer_is_said(site: Any, got: Receiver, url: str, reason: str) -> None:
    async def scenario(site: Site) -> None:
        endpoint, _ = await site.endpoint(url.format(port=got.url.rpartition(":")[2]))
        await site.book()
        await site.work()
        async with site.database.transaction(site.shop.org_id) as tx:
            (one,) = await webhooks.deliveries(tx, endpoint)
        assert one.reason == reason

    site(scenario)


def test_a_test_is_delivered_and_one_delivery_is_replayed_with_its_id(site: Any, got: Receiver) -> None:
    async def scenario(site: Site) -> None:
        endpoint, secret = await site.endpoint(f"{got.url}/hook", "booking.created")
        async with site.database.transaction(site.shop.org_id) as tx:
            made = await webhooks.test(tx, endpoint, NOW)
        await site.work()
        async with site.database.transaction(site.shop.org_id) as tx:
            await webhooks.replay(tx, endpoint, made, NOW)
        await site.work()
        first, second = got.at("/hook")
        assert (first.id, first.body, first.json["type"]) == (second.id, second.body, "test")
        verify(secret, second)

    site(scenario)


def test_inner_addresses_are_not_asked(site: Any, near: Any, got: Receiver, owner: Any) -> None:
    async def scenario(site: Site) -> None:
        for inner in ("https://10.0.0.7/hook", "https://[::1]/hook", "https://169.254.169.254/"):
            with pytest.raises(ValidationFailed):
                await site.endpoint(inner)
        endpoint, _ = await site.endpoint("https://example.org/hook")
        owner.execute("UPDATE webhook_endpoints SET url = 'https://10.0.0.7/hook' WHERE id = %s", (endpoint,))
        await site.book()
        await site.work()
        async with site.database.transaction(site.shop.org_id) as tx:
            (listed,) = await webhooks.deliveries(tx, endpoint)
        assert (listed.state, listed.reason) == (QUEUED, "address_forbidden")

    site(scenario)


def test_a_secret_that_does_not_open_is_no_loop(
    site: Any, got: Receiver, owner: Any, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The installation lost its secret: it is said once a minute, and other endpoints go on."""

    async def scenario(site: Site) -> None:
        lost, _ = await site.endpoint(f"{got.url}/lost")
        await site.endpoint(f"{got.url}/fine")
        owner.execute("UPDATE org_connections SET secret = %s WHERE id = %s", (b"\x02" + b"0" * 80, lost))
        await site.book()
        for _ in range(3):
            await site.work()
        assert (len(got.at("/fine")), len(got.at("/lost"))) == (1, 0)
        assert sum("cannot be sent" in one.message for one in caplog.records) == 1
        clock.forward(seconds=61)
        await site.work()
        assert sum("cannot be sent" in one.message for one in caplog.records) == 2

    site(scenario)


def test_hanging_endpoints_do_not_slow_a_good_one(site: Any, got: Receiver, clock: Clock) -> None:
    async def scenario(site: Site) -> None:
        for n in range(20):
            await site.endpoint(f"{got.url}/hang?{n}")
        good, _ = await site.endpoint(f"{got.url}/good")
        got.answers = {}
        stop = asyncio.Event()
        running = asyncio.gather(site.worker.delivery.run(stop), site.worker.webhooks.run(stop))
        await site.book()
        async with asyncio.timeout(14):  # before the first that hangs is given up
            while (await site.states(good))[-1:] != [("booking.created", DELIVERED, 1)]:
                await asyncio.sleep(0.1)
        got.release.set()
        stop.set()
        await running

    site(scenario)


def test_an_endpoint_that_repeats_the_message_gets_no_links_into_the_log(site: Any, got: Receiver) -> None:
    got.answers["/echo"] = []

    async def scenario(site: Site) -> None:
        endpoint, _ = await site.endpoint(f"{got.url}/echo")
        booking = await site.book()
        await site.work()
        token = site.tokens.of(site.shop.org_id, booking.id)
        async with site.database.transaction(site.shop.org_id) as tx:
            (one,) = await webhooks.deliveries(tx, endpoint)
            found, (attempt,) = await webhooks.delivery(tx, endpoint, one.id)
        assert token in got.at("/echo")[0].body.decode()
        assert token not in attempt.answer + (found.body or "")
        assert "left out" in attempt.answer

    site(scenario)


def test_one_failure_after_a_long_quiet_time_disables_nothing(
    site: Any, got: Receiver, clock: Clock, owner: Any
) -> None:
    got.answers["/hook"] = [500]

    async def scenario(site: Site) -> None:
        endpoint, _ = await site.endpoint(f"{got.url}/hook", "booking.created")
        owner.execute(
            "UPDATE webhook_queues SET failures = 4, failing_since = %s WHERE endpoint_id = %s",
            (NOW - timedelta(days=40), endpoint),
        )
        await site.book()
        await site.work()
        async with site.database.transaction(site.shop.org_id) as tx:
            assert (await webhooks.get(tx, endpoint)).is_enabled
            await webhooks.replay_range(
                tx, endpoint, NOW - timedelta(days=1), clock() + timedelta(1), clock()
            )
        await site.work()
        async with site.database.transaction(site.shop.org_id) as tx:
            found = await webhooks.get(tx, endpoint)
        assert (found.failures, found.failing_since) == (0, None), "it got through"

    site(scenario)


def test_a_new_address_begins_without_the_failures_of_the_former(
    site: Any, got: Receiver, clock: Clock
) -> None:
    got.answers["/old"] = [(503, {"retry-after": "86400"})]

    async def scenario(site: Site) -> None:
        endpoint, _ = await site.endpoint(f"{got.url}/old")
        await site.book()
        await site.work()
        async with site.database.transaction(site.shop.org_id) as tx:
            await webhooks.change(
                tx, endpoint, EndpointDraft(f"{got.url}/new"), EVENT_TYPES,
                allowed=site.settings.outbound_networks, now=clock(),
            )  # fmt: skip
        await site.work()
        assert len(got.at("/new")) == 1

    site(scenario)


def test_a_disabled_endpoint_is_sent_nothing_whatever_is_queued(site: Any, got: Receiver, owner: Any) -> None:
    async def scenario(site: Site) -> None:
        endpoint, _ = await site.endpoint(f"{got.url}/hook")
        async with site.database.transaction(site.shop.org_id) as tx:
            await webhooks.test(tx, endpoint, NOW)
        owner.execute(
            "UPDATE webhook_endpoints SET disabled_at = now(), disabled_reason = 'paused' WHERE id = %s",
            (endpoint,),
        )
        await site.work()
        assert got.at("/hook") == []

    site(scenario)


def test_many_slow_endpoints_of_one_organization_leave_room_for_others(
    site: Any, got: Receiver, near: Any, database_url: str, clock: Clock
) -> None:
    other = found_shop(database_url, near, clock)

    async def scenario(site: Site) -> None:
        for n in range(40):
            await site.endpoint(f"{got.url}/hang?{n}", "booking.created")
        for n in range(12):
            await site.book(NOW + timedelta(days=9, hours=n))
        stop = asyncio.Event()
        running = asyncio.gather(site.worker.delivery.run(stop), site.worker.webhooks.run(stop))
        await asyncio.sleep(2)
        theirs = replace(site, shop=other)
        good, _ = await theirs.endpoint(f"{got.url}/good")
        await theirs.book()
        async with asyncio.timeout(10):
            while (await theirs.states(good))[-1:] != [("booking.created", DELIVERED, 1)]:
                await asyncio.sleep(0.1)
        got.release.set()
        stop.set()
        await running

    site(scenario)
