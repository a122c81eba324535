"""An event: its declared type, what it is about, who caused it, and the facts as they were."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4


@dataclass(frozen=True, slots=True)
class Field:
    """One fact that events of a type carry. `personal`: about a person, told only to those who may know."""

    name: str
    meaning: str
    personal: bool = False
    optional: bool = False


class UndeclaredFacts(Exception):
    """An event was recorded with other facts than its type declares."""


@dataclass(frozen=True)
class EventType:
    """A kind of event, declared once: `subject.verb` in the past tense, when it happens, and its facts.

    A fact is never renamed and never means something else under the same version.
    """

    name: str
    when: str
    fields: tuple[Field, ...] = ()
    version: int = 1

    @property
    def subject(self) -> str:
        """What kind of thing it happens to: the first word of its name."""
        return self.name.partition(".")[0]

    @property
    def personal(self) -> frozenset[str]:
        """The names of the facts about a person."""
        return frozenset(one.name for one in self.fields if one.personal)

    def check(self, data: dict[str, Any]) -> None:
        """Raises UndeclaredFacts unless `data` has each fact that is not optional, and no other."""
        missing = [one.name for one in self.fields if not one.optional and one.name not in data]
        unknown = data.keys() - {one.name for one in self.fields}
        if missing or unknown:
            raise UndeclaredFacts(f"{self.name}: missing {missing}, undeclared {sorted(unknown)}")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `data` is JSON; `actor_kind` and `actor_id` are who caused it."""

    type: str
    version: int
    subject_id: UUID
    data: dict[str, Any]
    actor_kind: str
    actor_id: str
    recorded_at: datetime
    id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event with its place in its organization's sequence, which begins at 1 and has no gaps."""

    org_id: UUID
    seq: int
    event: Event
