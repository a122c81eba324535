"""A notice, and what is wrong with one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from infra24.errors import Conflict, NotFound

MOST_CHARACTERS, MOST_NOTICES = 500, 100


class UnknownNotice(NotFound):
    """There is no such notice, or it was deleted."""


class TooManyNotices(Conflict):
    """There are 100 notices already. Delete one first."""


@dataclass(frozen=True, slots=True)
class NoticeDraft:
    """A text, shown from an instant until another; None: until it is deleted."""

    text: str
    shown_from: datetime
    shown_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as it is kept."""

    id: UUID
    text: str
    shown_from: datetime
    shown_until: datetime | None

    def is_shown(self, at: datetime) -> bool:
        """Whether visitors see it at an instant."""
        return self.shown_from <= at and (self.shown_until is None or at < self.shown_until)

    def is_over(self, at: datetime) -> bool:
        """Whether they saw it, and see it no more."""
        return self.shown_until is not None and self.shown_until <= at
