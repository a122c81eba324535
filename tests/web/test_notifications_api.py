"""Messages without a worker: a scheduler has them sent; and nobody is left to believe that they are."""

from datetime import timedelta
from typing import Any

import httpx2
import psycopg
from pydantic import SecretStr

from infra24 import bookings, doctor
from infra24.auth.tokens import Tokens
from infra24.people import Role
from infra24.server import Urls
from infra24.settings import Settings
from infra24.worker import Worker
from tests import loopback
from tests.factories import ADA, Shop, booking_request
from tests.mail.reading import sent_emails
from tests.people import sign_in
from tests.serving import NOW, Clock, serving

KEY = "a key of the tests, long enough"
AT = NOW + timedelta(days=9)


def book(run: Any, shop: Shop, tokens: Tokens) -> str:
    async def scenario(database: Any) -> str:
        async with database.transaction(shop.org_id) as tx:
            made = await bookings.book(tx, booking_request(shop.ids["limited"], AT), tokens=tokens, now=NOW)
        return str(made.id)

    return str(run(scenario))


def test_a_scheduler_has_messages_sent(
    run: Any,
    shop: Shop,
    tokens: Tokens,
    settings: Settings,
    database_url: str,
    clock: Clock,
    empty_queue: None,
) -> None:
    book(run, shop, tokens)
    ours = settings.model_copy(update={"admin_api_key": SecretStr(KEY)})
    with serving(ours, database_url, clock) as base, loopback.Client(base_url=base, timeout=60) as http:
        asked = http.post("/api/notifications/process", headers={"authorization": f"Bearer {KEY}"})
        assert asked.status_code == 200, asked.text
        assert asked.json() == {"processed": 2, "sent": 2, "failed": 0, "remaining": 0}
        again = http.post("/api/notifications/process", headers={"x-api-key": KEY})
        wrong = http.post("/api/notifications/process?batch=9", headers={"x-api-key": KEY})
        assert wrong.status_code == 422
        assert again.json() == {"processed": 0, "sent": 0, "failed": 0, "remaining": 0}
    assert {mailed["to"] for mailed in sent_emails(settings)} == {ADA.email, "mo@shop.example"}


def test_only_with_the_key(
    http: httpx2.Client, shop: Shop, settings: Settings, database_url: str, clock: Clock
) -> None:
    for headers in ({}, {"authorization": f"Bearer {KEY}"}, shop.auth):
        refused = http.post("/api/notifications/process", headers=headers)
        assert refused.status_code == 401, refused.text
        assert refused.json()["code"] == "admin_key_needed"
    ours = settings.model_copy(update={"admin_api_key": SecretStr(KEY)})
    with serving(ours, database_url, clock) as base, loopback.Client(base_url=base) as http:
        assert http.post("/api/notifications/process", headers=shop.auth).status_code == 401
        assert http.post("/api/notifications/process", headers={"x-api-key": KEY + "x"}).status_code == 401


def test_without_a_worker_staff_the_doctor_and_monitoring_are_told(
    run: Any,
    with_worker: Any,
    shop: Shop,
    tokens: Tokens,
    settings: Settings,
    database_url: str,
    clock: Clock,
) -> None:
    async def queue_only(_: Any, worker: Worker) -> None:
        while await worker.delivery.deliver_due():
            pass

    who = sign_in(database_url, settings, clock, shop, Role.ADMIN)
    book(run, shop, tokens)
    with (
        serving(settings, database_url, clock) as base,
        loopback.Client(base_url=base, headers=who.headers) as http,
    ):
        warning = "E-mails are not being sent."
        assert warning not in http.get(f"/{shop.slug}/admin").text
        assert http.get("/api/notifications/process").json()["status"] == "ok"
        clock.forward(minutes=11)
        assert warning in http.get(f"/{shop.slug}/admin").text, "its event has not been looked at"
        with_worker(queue_only)
        assert warning in http.get(f"/{shop.slug}/admin").text
        assert http.get("/api/notifications/process").json()["status"] == "late"
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("UPDATE notifications SET due_at = now() - interval '1 hour' WHERE due_at IS NOT NULL")
    (found,) = [
        one for one in doctor.examine(settings, Urls(database_url, database_url)) if one.part == "Messages"
    ]
    assert not found.well
    assert "late" in found.seen
