"""The ledger of turns: who was given bookings of a round robin, and who is owed the next."""

from infra24.round_robin.ledger import (
    LedgerCheck,
    RoundRobinOffer,
    audit,
    charge,
    offers,
    read_weights,
    reverse,
    simulate_weights,
    standings,
    turn_of,
)

__all__ = [
    "LedgerCheck",
    "RoundRobinOffer",
    "audit",
    "charge",
    "offers",
    "read_weights",
    "reverse",
    "simulate_weights",
    "standings",
    "turn_of",
]
