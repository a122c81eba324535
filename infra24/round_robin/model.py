"""A decision about hosts, as it was made and as it is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from infra24.availability import Decision


@dataclass(frozen=True, slots=True)
class HostDecision:
    """A decision about hosts and who was chosen. `is_turn`: it is a line of the ledger.

    `kept`: it follows an earlier one, to stay with the same host, or other needs left no other choice.
    """

    decision: Decision
    hosts: tuple[UUID, ...]
    is_turn: bool
    kept: bool = False


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision as it is kept. `returned`: it takes a turn out of the ledger."""

    booking_id: UUID
    offer_id: UUID
    made_at: datetime
    pooling: str
    chosen: Sequence[UUID]
    candidates: Sequence[Mapping[str, Any]]
    is_turn: bool
    kept: bool = False
    returned: bool = False
