"""An event: a type, what it is about, and the facts as they were."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4


@dataclass(frozen=True, slots=True)
class Event:
    """A domain fact, `noun.verb` in the past tense. `data` is JSON."""

    type: str
    subject_id: UUID
    data: dict[str, Any]
    recorded_at: datetime
    id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event with its place in its organization's sequence, which begins at 1 and has no gaps."""

    org_id: UUID
    seq: int
    event: Event
