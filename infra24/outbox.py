"""What failed for good on its way out of an organization, events, messages and webhooks; trying it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from infra24 import events, notifications, webhooks
from infra24.db import Tx
from infra24.events import Subscriber

_RECENT = timedelta(days=7)
MOST = 200
"""How many of each kind are listed."""
LISTED = timedelta(days=30)
"""For how long what failed is listed. Events stay until they are handed over."""


class FailedKind(StrEnum):
    """What failed."""

    EVENT = "event"
    MESSAGE = "message"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Failed:
    """Something that was given up: what it was, to whom, why and when, and the page that shows it.

    An event goes to a subscriber, a message to an address, a webhook to an endpoint's URL.
    """

    kind: FailedKind
    what: str
    to: str
    reason: str
    failed_at: datetime
    page: str = ""


async def failed(tx: Tx, now: datetime) -> list[Failed]:
    """What failed for good in the last 30 days, the newest first, at most 200 of each kind."""
    found = []
    for event in (await events.parked(tx))[:MOST]:
        found.append(Failed(FailedKind.EVENT, event.type, event.subscriber, event.error, event.parked_at))
    for one in await notifications.failed(tx, now - LISTED, MOST):
        page = f"bookings/{one.booking_id}" if one.booking_id else ""
        found.append(Failed(FailedKind.MESSAGE, one.kind, one.recipient, one.reason, one.failed_at, page))
    for url, sent in await webhooks.failed(tx, now - LISTED, MOST):
        page = f"admin/webhooks/{sent.endpoint_id}/deliveries/{sent.id}"
        at = sent.done_at or sent.created_at
        found.append(Failed(FailedKind.WEBHOOK, sent.event_type, url, sent.reason, at, page))
    return sorted(found, key=lambda one: one.failed_at, reverse=True)


async def count(tx: Tx, now: datetime) -> int:
    """How many failed for good in the last week, events that are parked included."""
    since = now - _RECENT
    parked = len(await events.parked(tx))
    return parked + await notifications.count_failed(tx, since) + await webhooks.count_failed(tx, since)


async def retry(tx: Tx, subscribers: Sequence[Subscriber], kinds: Sequence[FailedKind], now: datetime) -> int:
    """Try again all that failed of some kinds in the last 30 days; how many are on their way.

    Events are handed to their subscribers at once; what fails again stays. Webhooks of an endpoint that is
    disabled stay until it is enabled.
    """
    count = 0
    if FailedKind.EVENT in kinds:
        count += await events.replay(tx, subscribers)
    if FailedKind.MESSAGE in kinds:
        count += await notifications.retry_failed(tx, now - LISTED, now)
    if FailedKind.WEBHOOK in kinds:
        count += await webhooks.retry_failed(tx, now - LISTED, now)
    return count
