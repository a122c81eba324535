"""The ledger of turns: who was given bookings of a round robin, and who is owed the next."""

from infra24.round_robin.ledger import (
    LedgerCheck,
    RoundRobinOffer,
    check_ledger,
    offers,
    offers_of,
    read_weights,
    record_decision,
    reverse,
    simulate_weights,
    standings,
    turn_of,
)
from infra24.round_robin.model import HostDecision

__all__ = [
    "HostDecision",
    "LedgerCheck",
    "RoundRobinOffer",
    "check_ledger",
    "offers",
    "offers_of",
    "read_weights",
    "record_decision",
    "reverse",
    "simulate_weights",
    "standings",
    "turn_of",
]
