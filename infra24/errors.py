"""The kinds of errors that are answers, not crashes. The docstring of each is the message a person reads."""

import re
from typing import Any


class DomainError(Exception):
    """The request was refused."""

    details: dict[str, Any]
    message: str

    def __init__(self, message: str | None = None, **facts: Any) -> None:
        self.details = facts
        self.message = message or " ".join((type(self).__doc__ or "").split())
        super().__init__(self.message)

    @property
    def code(self) -> str:
        """The stable name of this error: its class name in snake case."""
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
    """Some fields are not valid; `errors` says by the path of each what is wrong."""

    errors: dict[str, str]

    def __init__(self, errors: dict[str, str]) -> None:
        listed = "; ".join(f"{path}: {message}" for path, message in errors.items())
        super().__init__(listed, errors=errors)
        self.errors = errors

    @property
    def code(self) -> str:
        return "invalid"
