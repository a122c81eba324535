"""Taking JSON documents apart: each value read by its kind, what is wrong collected by its path."""

import re
from collections.abc import Callable, Collection
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from infra24.errors import InvalidValue, Message

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LONGEST_MINUTES = 31 * 24 * 60
Problems = dict[str, Message]
"""What is wrong with a document, by path."""


class Reader:
    """Takes one JSON object apart key by key and collects what is wrong, by path."""

    def __init__(self, problems: Problems, document: Any, path: str = "", called: str = "rules") -> None:
        self.problems = problems
        self.path = path
        self.called = called
        self.left: dict[str, Any] = {}
        if isinstance(document, dict):
            self.left = dict(document)
        else:
            self.refuse("", Message("must be an object"))

    def refuse(self, key: str, sentence: Message) -> None:
        """Note what is wrong with a key; the first sentence stays."""
        self.problems.setdefault(".".join(p for p in (self.path, key) if p) or self.called, sentence)

    @property
    def refused(self) -> bool:
        """Whether this was no object at all: then what is in it is not missing, it is nowhere."""
        return (self.path or self.called) in self.problems and not self.left

    def take(self, key: str, read: Callable[[Any], Any], default: Any = None) -> Any:
        """The value of a key as `read` makes it; `read` raises InvalidValue."""
        if key not in self.left:
            return default
        value = self.left.pop(key)
        try:
            return read(value)
        except InvalidValue as error:
            self.refuse(key, error.message)
            return default

    def each(self, key: str, read: Callable[[Any, str], Any]) -> list[Any]:
        """A list of objects, each read with its own path; what could not be read is left out."""
        path = ".".join(p for p in (self.path, key) if p)
        items = self.take(key, list_of_objects, [])
        found = [read(item, f"{path}[{number}]") for number, item in enumerate(items)]
        return [item for item in found if item is not None]

    def finish(self, known: Collection[str]) -> None:
        """Refuse every key that nobody took."""
        for key in self.left:
            self.refuse(
                str(key), Message("is not a known key; known are %(known)s", known=", ".join(sorted(known)))
            )


def whole(least: int, most: int = LONGEST_MINUTES) -> Callable[[Any], int]:
    """Reads a whole number between two."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise InvalidValue("must be a whole number from %(least)s to %(most)s", least=least, most=most)
        return value

    return read


def optional(read: Callable[[Any], int]) -> Callable[[Any], int | None]:
    """Reads null as nothing."""
    return lambda value: None if value is None else read(value)


def boolean(value: Any) -> bool:
    """Reads true or false."""
    if not isinstance(value, bool):
        raise InvalidValue("must be true or false")
    return value


def text(value: Any) -> str:
    """Reads a short text."""
    if not isinstance(value, str) or len(value) > 200:
        raise InvalidValue("must be a text of at most %(most)s characters", most=200)
    return value


def email(value: Any) -> str:
    """Reads an e-mail as people are known by: in small letters."""
    return text(value).strip().lower()


def shown(value: Any) -> str:
    """What was sent, as a sentence repeats it: cut short."""
    written = repr(value)
    return written if len(written) <= 60 else written[:57] + "…"


def zone_named(value: Any) -> ZoneInfo:
    """The zone of an IANA name; raises InvalidValue for anything else."""
    try:
        if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_+\-/]{1,64}", value):
            raise ValueError
        if value.startswith(("right/", "posix/")) or value in ("localtime", "posixrules"):
            raise ValueError
        return ZoneInfo(value)
    except (ValueError, OSError, KeyError) as error:
        raise InvalidValue(
            "%(value)s is not a time zone; write an IANA name such as America/New_York", value=shown(value)
        ) from error


def time_of_day(value: Any) -> int:
    """Seconds of the day for "HH:MM"; "24:00" is the end of the day."""
    found = re.fullmatch(r"([01][0-9]|2[0-4]):([0-5][0-9])", value) if isinstance(value, str) else None
    if not found or value > "24:00":
        raise InvalidValue(
            "%(value)s is not a time of day; write it as HH:MM, from 00:00 to 24:00", value=shown(value)
        )
    return int(found[1]) * 3_600 + int(found[2]) * 60


def day(value: Any) -> date:
    """Reads a date."""
    try:
        if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise InvalidValue("%(value)s is not a date; write it as YYYY-MM-DD", value=shown(value)) from None


def days_from_to(value: Any) -> tuple[date, date]:
    """Reads two dates, both included."""
    if not isinstance(value, list) or len(value) != 2:
        raise InvalidValue("must be a list of two dates, the first and the last")
    first, last = day(value[0]), day(value[1])
    if last < first:
        raise InvalidValue("ends before it starts")
    return first, last


def weekday(value: Any) -> int:
    """Reads a day of the week: Monday is 0."""
    for number, name in enumerate(WEEKDAYS):
        if isinstance(value, str) and value.lower() in (name.lower(), name[:3].lower()):
            return number
    raise InvalidValue("%(value)s is not a day of the week; write Monday … Sunday", value=shown(value))


def list_of_objects(value: Any) -> list[Any]:
    """Reads a list that is not absurdly long."""
    if not isinstance(value, list) or len(value) > 500:
        raise InvalidValue("must be a list of at most 500 objects")
    return value


def has_large_number(value: Any) -> bool:
    """Whether a number in it comes back from the database as a whole number of more than 64 bits."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)
        elif isinstance(one, int | float) and abs(one) >= 2**63:
            return True
    return False
