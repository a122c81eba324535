"""What a booking occupies: its claims, and why these."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from psycopg.types.json import Jsonb

from infra24.availability import Decision
from infra24.bookings.model import Participant


@dataclass(frozen=True, slots=True)
class Claim:
    """One unit of one resource from one instant to another, buffers included."""

    resource_id: UUID
    unit: int
    since: datetime
    until: datetime
    layout: str = ""


@dataclass(frozen=True, slots=True)
class HostDecision:
    """A decision about hosts and who was chosen. `is_turn`: it is a line of the ledger.

    `kept`: it follows an earlier one, to stay with the same host, or other needs left no other choice.
    """

    decision: Decision
    hosts: tuple[UUID, ...]
    is_turn: bool
    kept: bool = False

    def line(self) -> dict[str, Any]:
        """As it is written down."""
        return {
            "pooling": self.decision.pooling,
            "chosen": list(self.hosts),
            "candidates": Jsonb(self.decision.inputs(), dumps=orjson.dumps),
            "is_turn": self.is_turn,
            "kept": self.kept,
        }


NOBODY_CHOSEN: dict[str, Any] = {
    "pooling": None,
    "chosen": [],
    "candidates": Jsonb([]),
    "is_turn": False,
    "kept": False,
}


@dataclass(frozen=True, slots=True)
class AllocationRow:
    """What a booking occupies and who comes into it, and why these."""

    claims: Sequence[Claim]
    people: Sequence[Participant]
    chosen: HostDecision | None
    later: int = 0

    @property
    def count(self) -> int:
        """How many claims the booking has, with those that are made later in the same transaction."""
        return len(self.claims) + self.later

    def columns(self) -> dict[str, Any]:
        """As the parameters of a statement."""
        return {
            "members": [claim.resource_id for claim in self.claims],
            "units": [claim.unit for claim in self.claims],
            "froms": [claim.since for claim in self.claims],
            "untils": [claim.until for claim in self.claims],
            "layouts": [claim.layout for claim in self.claims],
            "roles": [p.role for p in self.people],
            "names": [p.name for p in self.people],
            "emails": [p.email for p in self.people],
            "hosts": [p.resource_id for p in self.people],
            **(self.chosen.line() if self.chosen else NOBODY_CHOSEN),
        }
