"""Queueing what happened for the endpoints that want to hear of it."""

from collections.abc import Mapping

from infra24.events import EventType, Subscriber
from infra24.webhooks import queries


def subscriber(catalogue: Mapping[str, EventType]) -> Subscriber:
    """The subscriber `webhooks`, on every type of event."""
    return Subscriber.of("webhooks", dict.fromkeys(catalogue.values(), queries.queue_event))
