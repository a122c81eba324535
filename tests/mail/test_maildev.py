"""MailDev, the mail server that developers look at their e-mails in, shows what we send as it was meant."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from icalendar import Calendar
from pydantic import SecretStr

from infra24 import bookings
from infra24.app import compose
from infra24.auth.tokens import Tokens
from infra24.settings import Settings
from tests import loopback
from tests.factories import ADA, Shop, booking_request
from tests.serving import NOW, Clock, free_port

CHECKOUT = Path(__file__).parents[2]
MAILDEV = CHECKOUT / "tests/servers/node_modules/maildev/bin/maildev"


@pytest.fixture
def maildev(tmp_path: Path) -> Iterator[tuple[int, str]]:
    """The port that takes e-mails, and the address that shows them."""
    node = shutil.which("node") or str(CHECKOUT / ".venv/node/node")
    smtp, web = free_port(), free_port()
    address = f"http://127.0.0.1:{web}"
    process = subprocess.Popen(
        [
            *(node, str(MAILDEV), "--silent", "--ip", "127.0.0.1", "--web-ip", "127.0.0.1"),
            *("--smtp", str(smtp), "--web", str(web), "--mail-directory", str(tmp_path / "maildev")),
        ],
        cwd=tmp_path,
    )
    try:
        _wait_for(address, process)
        yield smtp, address
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, "make tests/servers/node_modules/.done"
        try:
            loopback.get(f"{address}/healthz").raise_for_status()
            return
        except httpx2.TransportError:
            time.sleep(0.05)
    pytest.fail("MailDev does not answer")


def test_a_message_shows_with_its_text_its_html_and_its_invitation(
    maildev: tuple[int, str],
    settings: Settings,
    database_url: str,
    clock: Clock,
    shop: Shop,
    tokens: Tokens,
    empty_queue: None,
    run: Any,
) -> None:
    smtp, address = maildev
    url = SecretStr(f"smtp://127.0.0.1:{smtp}?from=Infra24%20<post@example.org>")
    with_server = settings.model_copy(update={"smtp_url": url})

    async def scenario(_: Any) -> str:
        database, worker = compose(with_server, database_url, clock)
        await database.open()
        async with database.transaction(shop.org_id) as tx:
            wanted = booking_request(shop.ids["room"], NOW + timedelta(days=10))
            made = await bookings.book(tx, wanted, tokens=tokens, now=NOW)
        while await worker.delivery.deliver_due():
            pass
        await worker.notifications.process(10, 30)
        await worker.aclose()
        await database.close()
        return bookings.uid_of(made)

    uid = run(scenario)
    (shown,) = loopback.get(f"{address}/email").json()
    assert shown["subject"] == "Booked: Room, Mon 30 Nov, 12:00"
    assert [one["address"] for one in shown["to"]] == [ADA.email]
    assert [(one["name"], one["address"]) for one in shown["from"]] == [("The Shop", "post@example.org")]
    assert shown["text"].startswith("Room: Monday 30 November, 12:00")
    assert "/bookings/confirmation/" in shown["html"]
    (alternative,), (attached,) = shown["alternatives"], shown["attachments"]
    assert (alternative["contentType"], alternative["method"]) == ("text/calendar", "REQUEST")
    assert Calendar.from_ical(alternative["content"]).events[0]["UID"] == uid
    assert (attached["fileName"], attached["contentType"]) == ("invite.ics", "application/ics")
    file = loopback.get(f"{address}/email/{shown['id']}/attachment/{attached['generatedFileName']}")
    assert file.text == alternative["content"]
