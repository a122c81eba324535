"""The kinds of errors that are answers, not crashes. The docstring of each is the message a person reads."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Self


class Message(str):
    """A sentence in English that pages say in their reader's language.

    `template` is the sentence as the catalogues have it, with %(name)s where one of the `parameters` goes: a
    text, a number, a length of time, or another message.
    """

    template: str
    parameters: Mapping[str, Any]

    def __new__(cls, template: str, **parameters: Any) -> Self:
        english = {name: in_english(value) for name, value in parameters.items()}
        made = super().__new__(cls, template % english if parameters else template)
        made.template, made.parameters = template, parameters
        return made


def in_english(value: Any) -> Any:
    """A parameter of a message in English: a length in its largest unit, anything else as it is."""
    if not isinstance(value, timedelta):
        return value
    count, unit = in_largest_unit(int(value.total_seconds()) // 60)
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def in_largest_unit(minutes: int) -> tuple[int, str]:
    """A length in the largest unit that says it without a fraction: 2 "day", 3 "hour", 90 "minute"."""
    units = ((1_440, "day"), (60, "hour"), (1, "minute"))
    size, unit = next(one for one in units if minutes % one[0] == 0 and (minutes or one[0] == 1))
    return minutes // size, unit


def operator_text(text: str) -> Message:
    """A text for whoever runs the installation, on the command line and in logs: English, not translated."""
    return Message(text)


class InvalidValue(ValueError):
    """A value that cannot be taken: `message` says what is wrong; whoever reads the document adds where."""

    def __init__(self, template: str, **parameters: Any) -> None:
        self.message = Message(template, **parameters)
        super().__init__(self.message)


class DomainError(Exception):
    """The request was refused."""

    details: dict[str, Any]
    message: Message

    def __init__(self, message: Message | None = None, **facts: Any) -> None:
        self.details = facts
        words = " ".join((type(self).__doc__ or "").split())
        self.message = Message(words) if message is None else message
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
    """Sign in, or send a key of the organization (Authorization: Bearer) or the booking's own token
    (?token=)."""


class ValidationFailed(Invalid):
    """Some fields are not valid; `errors` says by the path of each what is wrong."""

    errors: Mapping[str, Message]

    def __init__(self, errors: Mapping[str, Message]) -> None:
        listed = "; ".join(f"{path}: {message}" for path, message in errors.items())
        super().__init__(operator_text(listed), errors=errors)
        self.errors = errors

    @property
    def code(self) -> str:
        return "invalid"
