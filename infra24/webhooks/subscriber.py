"""Queueing what happened for the endpoints that want to hear of it."""

from collections.abc import Mapping

from infra24.db import Tx
from infra24.events import EventType, Recorded, Subscriber
from infra24.webhooks import queries
from infra24.webhooks.model import message_id


def subscriber(catalogue: Mapping[str, EventType]) -> Subscriber:
    """The subscriber `webhooks`, on every type of event."""
    return Subscriber.of("webhooks", dict.fromkeys(catalogue.values(), _queue))


async def _queue(tx: Tx, recorded: Recorded) -> None:
    event = recorded.event
    await queries.queue_event(
        tx,
        recorded.seq,
        message_id(recorded),
        event.type,
        event.version,
        event.subject_id,
        event.recorded_at,
    )
