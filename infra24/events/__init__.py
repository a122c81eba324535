"""What happened: written by the transaction that made it true, delivered to subscribers in order."""

from infra24.events.delivery import ATTEMPTS, EventDelivery, Handler, Subscriber, parked, replay
from infra24.events.model import Event, EventType, Field, Recorded, UndeclaredFacts
from infra24.events.outbox import (
    after,
    between,
    get,
    has_sibling,
    head,
    of_transactions,
    record,
    skip_to_head,
    statements,
)
from infra24.events.queries import Parked

__all__ = [
    "ATTEMPTS",
    "Event",
    "EventDelivery",
    "EventType",
    "Field",
    "Handler",
    "Parked",
    "Recorded",
    "Subscriber",
    "UndeclaredFacts",
    "after",
    "between",
    "get",
    "has_sibling",
    "head",
    "of_transactions",
    "parked",
    "record",
    "replay",
    "skip_to_head",
    "statements",
]
