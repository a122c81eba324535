"""Who takes the booking: the order in which free hosts are tried, decided from recorded inputs."""

from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from infra24.availability.rules import Pooling


@dataclass(frozen=True, slots=True)
class Candidate:
    """A free host as the decision sees them. `last` is when they were last chosen, in seconds."""

    key: Hashable
    position: int
    priority: int = 0
    weight: int = 100
    assigned: int = 0
    last: int = 0

    def share(self) -> float:
        """Bookings received so far, in parts of the weight: the smallest is owed the next."""
        return self.assigned / self.weight


@dataclass(frozen=True, slots=True)
class Decision:
    """The assignments to try, best first, with the inputs that led to them."""

    pooling: Pooling
    assignments: tuple[tuple[Hashable, ...], ...]
    candidates: tuple[Candidate, ...]

    def inputs(self) -> list[dict[str, Any]]:
        """The candidates as JSON, in the order tried."""
        return [{**asdict(c), "key": str(c.key)} for c in self.candidates]


def rank(pooling: Pooling, candidates: Sequence[Candidate]) -> Decision:
    """Order the free hosts.

    Round robin: the highest priority, then the smallest share of bookings for the weight, then the one
    who has waited longest, then the order of the rules. Any: priority, then the order of the rules.
    Collective takes all at once. The same inputs always give the same decision.
    """
    if pooling is Pooling.ROUND_ROBIN:
        ordered = sorted(candidates, key=lambda c: (-c.priority, c.share(), c.last, c.position))
    else:
        ordered = sorted(candidates, key=lambda c: (-c.priority, c.position))
    if pooling is Pooling.COLLECTIVE:
        assignments: tuple[tuple[Hashable, ...], ...] = (tuple(c.key for c in ordered),)
    else:
        assignments = tuple((c.key,) for c in ordered)
    return Decision(pooling, assignments, tuple(ordered))
