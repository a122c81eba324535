"""The six refusals. A refusal is an answer, not a crash: its docstring is the sentence a person reads."""

import re
from typing import Any


class DomainError(Exception):
    """The request was refused."""

    details: dict[str, Any]

    def __init__(self, sentence: str | None = None, **facts: Any) -> None:
        self.details = facts
        self.sentence = sentence or " ".join((type(self).__doc__ or "").split())
        super().__init__(self.sentence)

    @property
    def code(self) -> str:
        """The stable name of this refusal: its class name in snake case."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()


class NotFound(DomainError):
    """There is nothing here by that name."""


class Forbidden(DomainError):
    """You are not allowed to do this."""


class Invalid(DomainError):
    """Something in the request is not valid."""


class Conflict(DomainError):
    """This clashes with something that is already there."""


class Unavailable(DomainError):
    """This cannot be answered right now. Try again in a moment."""


class TooMany(DomainError):
    """That was asked too often. Wait a little and try again."""


class Unauthenticated(Forbidden):
    """Sign in, or send a key of the organization or the booking's own token."""


class ValidationFailed(Invalid):
    """Some fields are not valid; `problems` names each by its path with a sentence."""

    def __init__(self, problems: dict[str, str]) -> None:
        listed = "; ".join(f"{path}: {sentence}" for path, sentence in problems.items())
        super().__init__(listed, problems=problems)
        self.problems = problems

    @property
    def code(self) -> str:
        return "invalid"
