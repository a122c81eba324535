"""Notifications that wait to be sent, and what came of them."""

from datetime import timedelta

from pydantic import SecretStr

from infra24 import bookings
from infra24.auth.tokens import Tokens
from infra24.db import Database
from infra24.mail import MailTransport
from infra24.notifications import NewNotification, NotificationDelivery, queries
from infra24.senders import InstallationSenders, MailSender
from infra24.settings import Settings
from tests.factories import Shop, booking_request
from tests.serving import NOW

AT = NOW + timedelta(days=10)


def with_server(settings: Settings, port: int, user: str = "") -> Settings:
    """The settings with a mail server on loopback."""
    url = f"smtp://{user}127.0.0.1:{port}?from=Infra24%20<post@example.org>"
    return settings.model_copy(update={"smtp_url": SecretStr(url)})


async def queue(database: Database, shop: Shop, tokens: Tokens, count: int, first: int = 0) -> None:
    """A booking, and so many notifications about it to as many people."""
    async with database.transaction(shop.org_id) as tx:
        made = await bookings.book(tx, booking_request(shop.ids["room"], AT), tokens=tokens, now=NOW)
        told = [
            NewNotification("host_booked", f"p{n}@example.org", f"{made.id}:{n}", made.id)
            for n in range(first, first + count)
        ]
        await queries.insert(tx, told, NOW)
        await queries.insert(tx, told, NOW)  # again: they are the same


async def rows(database: Database, shop: Shop) -> list[tuple[str, int, str]]:
    """The state, the attempts and the reason of each, by recipient."""
    async with database.transaction(shop.org_id) as tx:
        found = await tx.rows(
            "SELECT state, attempts, reason FROM notifications WHERE org_id = %s ORDER BY recipient",
            (tx.org_id,),
        )
    return [(state, attempts, reason) for state, attempts, reason in found]


async def message_ids(database: Database, shop: Shop) -> dict[str, str]:
    """By recipient, the Message-ID that the notification has each time it is sent."""
    async with database.transaction(shop.org_id) as tx:
        found = await tx.rows("SELECT recipient, kind, id FROM notifications WHERE org_id = %s", (tx.org_id,))
    return {recipient: f"<{kind}.{shop.org_id.hex}.{id_}@example.org>" for recipient, kind, id_ in found}


async def process(one: NotificationDelivery) -> tuple[int, int, int]:
    """Send what is due: how many were looked at, sent, and failed for good."""
    tally = await one.process(most=1_000, seconds=30)
    return tally.processed, tally.sent, tally.failed


def send_through(one: NotificationDelivery, transport: MailTransport) -> None:
    """Have a delivery send by another transport from now on."""
    one._senders.home = InstallationSenders(MailSender(transport))
