"""An entry of the audit, and what one can look for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Entry:
    """One change. `before` and `after` hold what changed, all of it where something is new or gone.

    `actor` says who: its kind (user, key, booker, visitor, system), and id, name and address where known.
    What the change meant is the event of the same `transaction_id`.
    """

    seq: int
    at: datetime
    actor: dict[str, str]
    action: str
    subject: str
    subject_id: str
    label: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    transaction_id: UUID

    @property
    def fields(self) -> list[tuple[str, Any, Any]]:
        """What changed: the name of each field, as it was, as it is."""
        before, after = self.before or {}, self.after or {}
        return [(name, before.get(name), after.get(name)) for name in sorted({*before, *after})]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which entries: of a kind of subject or one of them, by someone, in a span, with a word in the label."""

    subject: str | None = None
    subject_id: str | None = None
    actor: str | None = None
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None
