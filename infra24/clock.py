"""The only reader of the wall clock. Below the entry points, `now` is a parameter."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)


def fixed(at: datetime) -> Clock:
    """A clock that stands still, for demonstrations and tests."""
    return lambda: at
