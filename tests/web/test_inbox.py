"""/inbox shows what an installation without a mail server keeps: to whoever sits at the machine, nobody else."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from infra24 import bookings
from infra24.auth.tokens import Tokens
from infra24.db import Database
from infra24.settings import Settings
from infra24.worker import Worker
from tests import loopback
from tests.factories import ADA, Shop, booking_request
from tests.serving import NOW, Clock, serving


@contextmanager
def opened(settings: Settings, url: str, clock: Clock, **headers: str) -> Iterator[httpx2.Client]:
    with serving(settings, url, clock) as base, loopback.Client(base_url=base, headers=headers) as client:
        yield client


def told(with_worker: Any, shop: Shop, tokens: Tokens) -> None:
    async def scenario(database: Database, worker: Worker) -> None:
        async with database.transaction(shop.org_id) as tx:
            await bookings.book(
                tx, booking_request(shop.ids["limited"], NOW.replace(day=27)), tokens=tokens, now=NOW
            )
        await worker.run_until_idle()

    with_worker(scenario)


def test_a_message_is_shown_as_it_would_arrive_and_its_links_work(
    with_worker: Any, shop: Shop, tokens: Tokens, settings: Settings, database_url: str, clock: Clock
) -> None:
    told(with_worker, shop, tokens)
    with opened(settings, database_url, clock) as http:
        listed = http.get("/inbox").text
        assert "Booked: Limited" in listed
        assert "New booking: Limited" in listed
        mine = http.get("/inbox", params={"to": "ADA@"}).text
        assert "New booking" not in mine
        address = mine.partition('href="/inbox/')[2].partition('"')[0]
        page = http.get(f"/inbox/{address}")
        assert "The Shop &lt;booking@localhost&gt;" in page.text
        assert ADA.email in page.text
        assert "invite.ics" in page.text
        assert "frame-src 'self'" in page.headers["content-security-policy"]
        shown = http.get(f"/inbox/{address}/html")
        assert "script-src" not in shown.headers["content-security-policy"]
        assert "You’re booked, Ada Lovelace" in shown.text
        text = http.get(f"/inbox/{address}", params={"as": "text"}).text
        link = text.partition("/bookings/confirmation/")[2].partition('"')[0]
        assert http.get(f"/bookings/confirmation/{link}").status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"public_url": "https://booking.example"},
        {"host": "0.0.0.0"},
        {"smtp_url": SecretStr("smtp://127.0.0.1:2500")},
    ],
)
def test_nobody_else_reads_it(settings: Settings, changed: dict[str, Any]) -> None:
    assert settings.shows_inbox
    assert not settings.model_copy(update=changed).shows_inbox


def test_a_name_that_was_made_to_lead_here_reads_nothing(
    settings: Settings, database_url: str, clock: Clock
) -> None:
    with opened(settings, database_url, clock, host="evil.example") as http:
        assert http.get("/inbox").status_code == 404


@pytest.mark.parametrize("header", ["x-forwarded-for", "x-real-ip", "via", "forwarded", "x-forwarded-proto"])
def test_through_a_proxy_nobody_reads_it(
    settings: Settings, database_url: str, clock: Clock, header: str
) -> None:
    with opened(settings, database_url, clock) as http:
        assert http.get("/inbox").status_code == 200
        assert http.get("/inbox", headers={header: "192.0.2.7"}).status_code == 404


@pytest.mark.parametrize("name", ["..%2Fsecret", "nothing.eml", "x", ".check", "%2e%2e"])
def test_only_kept_emails_can_be_named(
    settings: Settings, database_url: str, clock: Clock, name: str, tmp_path: Path
) -> None:
    with opened(settings, database_url, clock) as http:
        for below in ("", "/html"):
            assert http.get(f"/inbox/{name}{below}").status_code in (404, 307)
