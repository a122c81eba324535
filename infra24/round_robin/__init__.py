"""The ledger of turns: who was given bookings of a round robin, and who is owed the next."""

from infra24.round_robin.ledger import (
    Audit,
    TakesTurns,
    audit,
    charge,
    give_back,
    offers,
    read_weights,
    simulated,
    standings,
    turn_of,
)

__all__ = [
    "Audit",
    "TakesTurns",
    "audit",
    "charge",
    "give_back",
    "offers",
    "read_weights",
    "simulated",
    "standings",
    "turn_of",
]
