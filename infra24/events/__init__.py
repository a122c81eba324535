"""What happened: facts written in the transaction that made them true, and their way to subscribers."""

from infra24.events.delivery import Subscriber, Subscribers, deliver
from infra24.events.model import Event, Recorded
from infra24.events.outbox import after, head, record, write

__all__ = [
    "Event",
    "Recorded",
    "Subscriber",
    "Subscribers",
    "after",
    "deliver",
    "head",
    "record",
    "write",
]
