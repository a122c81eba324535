"""The availability rules of one resource: the rules JSON, read and refused with paths.

The JSON is the mission's, taken as it stands; the keys below beyond it are optional. Times are wall
time in the rules' zone, numbers are minutes unless their name says days.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from infra24.availability.hours import DAY
from infra24.errors import Problem

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LONGEST_MINUTES = 31 * 24 * 60


class Pooling(StrEnum):
    """How hosts are chosen from those who are free."""

    ROUND_ROBIN = "round_robin"
    ANY = "any"
    FIXED = "fixed"
    COLLECTIVE = "collective"


@dataclass(frozen=True, slots=True)
class Window:
    """A weekly opening: of a host by e-mail, or of the resource itself when `host` is None."""

    host: str | None
    days: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Blackout:
    """Closed from one date to another, both included; `start` and `end` narrow it to a time of day."""

    first: date
    last: date
    start: int = 0
    end: int = DAY
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HostTerms:
    """A host's part in the pool: higher priority goes first, double weight gets double the bookings."""

    priority: int = 0
    weight: int = 100


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Rules:
    """When a resource is open and how it is booked. Compared by identity, so that caches are quick."""

    zone: ZoneInfo
    slot_minutes: int
    step_minutes: int
    durations: tuple[int, ...]
    buffer_before: int
    buffer_after: int
    min_notice_minutes: int
    horizon_days: int
    max_per_day_per_host: int | None
    max_per_week_per_host: int | None
    max_per_day_per_booker: int | None
    max_per_week_per_booker: int | None
    cancel_notice_minutes: int
    reschedule_notice_minutes: int
    hold_minutes: int
    approval: bool
    windows: tuple[Window, ...]
    blackouts: tuple[Blackout, ...]
    pooling: Pooling
    fixed_host: str | None
    terms: Mapping[str, HostTerms]

    @property
    def hosts(self) -> tuple[str, ...]:
        """The e-mails of the hosts that the windows open, in the order of their first window."""
        return tuple(dict.fromkeys(w.host for w in self.windows if w.host is not None))

    @property
    def opens_itself(self) -> bool:
        """Whether a window opens the resource itself, not a host."""
        return any(window.host is None for window in self.windows)

    @property
    def counts(self) -> bool:
        """Whether an offer depends on how many other bookings there are, not only on when they are."""
        return bool(
            self.max_per_day_per_host or self.max_per_week_per_host or self.pooling is Pooling.ROUND_ROBIN
        )

    def offers(self, length: timedelta) -> bool:
        """Whether a length is one of those on offer."""
        return length in {timedelta(minutes=minutes) for minutes in self.durations}

    @property
    def longest_minutes(self) -> int:
        """The longest claim that these rules can make, buffers included."""
        return max(self.durations) + self.buffer_before + self.buffer_after


class _Reader:
    """Takes one JSON object apart key by key and collects what is wrong, by path."""

    def __init__(self, problems: dict[str, str], document: Any, path: str = "") -> None:
        self.problems = problems
        self.path = path
        self.left: dict[str, Any] = {}
        if isinstance(document, dict):
            self.left = dict(document)
        else:
            self.refuse("", "must be an object")

    def refuse(self, key: str, sentence: str) -> None:
        self.problems.setdefault(".".join(p for p in (self.path, key) if p) or "rules", sentence)

    @property
    def refused(self) -> bool:
        """Whether this was no object at all: then what is in it is not missing, it is nowhere."""
        return self.path in self.problems and not self.left

    def take(self, key: str, read: Callable[[Any], Any], default: Any = None) -> Any:
        """The value of a key as `read` makes it; `read` raises ValueError with the sentence."""
        if key not in self.left:
            return default
        value = self.left.pop(key)
        try:
            return read(value)
        except ValueError as error:
            self.refuse(key, str(error))
            return default

    def finish(self, known: Collection[str]) -> None:
        for key in self.left:
            self.refuse(str(key), f"is not a known key; known are {', '.join(sorted(known))}")


def _minutes(least: int, most: int = LONGEST_MINUTES) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return value

    return read


def _optional(read: Callable[[Any], int]) -> Callable[[Any], int | None]:
    return lambda value: None if value is None else read(value)


def _durations(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError("must be a list of lengths in minutes")
    return tuple(sorted({_minutes(1)(item) for item in value}))


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 200:
        raise ValueError("must be a text of at most 200 characters")
    return value


def _host(value: Any) -> str:
    return _text(value).strip().lower()


def _shown(value: Any) -> str:
    """What was sent, as a sentence repeats it: cut short."""
    written = repr(value)
    return written if len(written) <= 60 else written[:57] + "…"


def zone_named(value: Any) -> ZoneInfo:
    """The zone of an IANA name; refuses anything else with ValueError."""
    try:
        if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_+\-/]{1,64}", value):
            raise ValueError
        if value.startswith(("right/", "posix/")) or value in ("localtime", "posixrules"):
            raise ValueError
        return ZoneInfo(value)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(
            f"{_shown(value)} is not a time zone; write an IANA name such as America/New_York"
        ) from error


def _pooling(value: Any) -> Pooling:
    try:
        return Pooling(value)
    except ValueError:
        names = ", ".join(Pooling)
        raise ValueError(f"{_shown(value)} is not a way of pooling; known are {names}") from None


def _time(value: Any) -> int:
    """Seconds of the day for "HH:MM"; "24:00" is the end of the day."""
    found = re.fullmatch(r"([01][0-9]|2[0-4]):([0-5][0-9])", value) if isinstance(value, str) else None
    if not found or value > "24:00":
        raise ValueError(f"{_shown(value)} is not a time of day; write it as HH:MM, from 00:00 to 24:00")
    return int(found[1]) * 3_600 + int(found[2]) * 60


def _date(value: Any) -> date:
    try:
        if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{_shown(value)} is not a date; write it as YYYY-MM-DD") from None


def _day(value: Any) -> int:
    for number, name in enumerate(WEEKDAYS):
        if isinstance(value, str) and value.lower() in (name.lower(), name[:3].lower()):
            return number
    raise ValueError(f"{_shown(value)} is not a day of the week; write Monday … Sunday")


def _window(problems: dict[str, str], document: Any, path: str, hosts: Collection[str]) -> Window:
    reader = _Reader(problems, document, path)
    by = reader.take("by", _by)
    if reader.refused:
        return Window(None, (), 0, DAY)
    host = reader.take("host", _host)
    if host is not None:
        if by == "resource":
            reader.refuse("host", "a window by resource opens the resource itself; leave the host out")
        elif host not in hosts:
            reader.refuse("host", f"{_shown(host)} is not a person of this organization")
    elif by == "host":
        reader.refuse("host", "a window by host names the host by e-mail")
    listed = reader.take("days", _list_of_days, ())
    if not listed and f"{path}.days" not in problems:
        reader.refuse("days", "list at least one day")
    start = reader.take("start", _time)
    end = reader.take("end", _time)
    for key, value in (("start", start), ("end", end)):
        if value is None:
            reader.refuse(key, "is missing; write it as HH:MM")
    if start is not None and end is not None and end <= start:
        reader.refuse("end", "is not after the start; write a window over midnight as two windows")
    days = [problem_day(problems, f"{path}.days[{n}]", day) for n, day in enumerate(listed)]
    reader.finish(("by", "host", "days", "start", "end"))
    return Window(host, tuple(sorted({d for d in days if d is not None})), start or 0, end or DAY)


def _by(value: Any) -> str:
    if value not in ("host", "resource"):
        raise ValueError(f"{_shown(value)} is neither host nor resource")
    return str(value)


def _list_of_days(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("must be a list of days of the week")
    return value


def problem_day(problems: dict[str, str], path: str, value: Any) -> int | None:
    """The number of a weekday, or a problem at its path."""
    try:
        return _day(value)
    except ValueError as error:
        problems.setdefault(path, str(error))
        return None


def _range(value: Any) -> tuple[date, date]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("must be a list of two dates, the first and the last")
    first, last = _date(value[0]), _date(value[1])
    if last < first:
        raise ValueError("ends before it starts")
    return first, last


def _blackout(problems: dict[str, str], document: Any, path: str) -> Blackout | None:
    reader = _Reader(problems, document, path)
    named = set(reader.left)
    on = reader.take("date", _date)
    span = reader.take("range", _range)
    start = reader.take("start", _time, 0)
    end = reader.take("end", _time, DAY)
    reason = reader.take("reason", _text, "")
    reader.finish(("date", "range", "start", "end", "reason"))
    if isinstance(document, dict) and len({"date", "range"} & named) != 1:
        reader.refuse("", "needs either a date or a range")
    if end <= start:
        reader.refuse("end", "is not after the start")
    first, last = span or (on, on)
    return Blackout(first, last, start, end, reason) if first and last else None


def _host_terms(problems: dict[str, str], value: Any, hosts: Collection[str]) -> dict[str, HostTerms]:
    if not isinstance(value, list):
        problems["hosts"] = "must be a list of hosts"
        return {}
    terms: dict[str, HostTerms] = {}
    for number, item in enumerate(value):
        reader = _Reader(problems, item, f"hosts[{number}]")
        if reader.refused:
            continue
        if "host" not in reader.left:
            reader.refuse("host", "is missing")
        host = reader.take("host", _host, "")
        if host in terms:
            reader.refuse("host", f"{_shown(host)} is named twice")
        elif host not in hosts:
            reader.refuse("host", f"{_shown(host)} is not a host of any window")
        terms[host] = HostTerms(
            reader.take("priority", _minutes(0, 100), 0), reader.take("weight", _minutes(1, 1000), 100)
        )
        reader.finish(("host", "priority", "weight"))
    return terms


def parse(document: Any, *, zone: str, people: Collection[str]) -> Rules:
    """Read the rules JSON of one resource.

    `zone` is the organization's, used when the rules name none; `people` are the e-mails that a
    window may name. Raises Problem with a sentence for each path that is wrong.
    """
    problems: dict[str, str] = {}
    known = {email.lower() for email in people}
    reader = _Reader(problems, {} if document is None else document)
    windows = [
        _window(problems, item, f"windows[{number}]", known)
        for number, item in enumerate(reader.take("windows", _list_of_objects, []))
    ]
    blackouts = [
        _blackout(problems, item, f"blackouts[{number}]")
        for number, item in enumerate(reader.take("blackouts", _list_of_objects, []))
    ]
    named = {window.host for window in windows if window.host}
    slot = reader.take("slot_minutes", _minutes(1), 30)
    pooling = reader.take("pooling", _pooling, Pooling.ANY)
    fixed = reader.take("fixed_host", _host) or (next(iter(named)) if len(named) == 1 else None)
    if fixed is not None and fixed not in named:
        reader.refuse("fixed_host", f"{_shown(fixed)} is not a host of any window")
    if pooling is Pooling.FIXED and fixed is None:
        reader.refuse("fixed_host", "say which host is fixed")
    terms = _host_terms(problems, reader.left.pop("hosts"), named) if "hosts" in reader.left else {}
    rules = Rules(
        zone=reader.take("timezone", zone_named) or zone_named(zone),
        slot_minutes=slot,
        step_minutes=reader.take("step_minutes", _minutes(1, 1_440), min(slot, 1_440)),
        durations=reader.take("durations", _durations, (slot,)),
        buffer_before=reader.take("buffer_before", _minutes(0, 1_440), 0),
        buffer_after=reader.take("buffer_after", _minutes(0, 1_440), 0),
        min_notice_minutes=reader.take("min_notice_minutes", _minutes(0, 525_600), 0),
        horizon_days=reader.take("horizon_days", _minutes(1, 730), 180),
        max_per_day_per_host=reader.take("max_per_day_per_host", _optional(_minutes(1, 1_000))),
        max_per_week_per_host=reader.take("max_per_week_per_host", _optional(_minutes(1, 1_000))),
        max_per_day_per_booker=reader.take("max_per_day_per_booker", _optional(_minutes(1, 1_000))),
        max_per_week_per_booker=reader.take("max_per_week_per_booker", _optional(_minutes(1, 1_000))),
        cancel_notice_minutes=reader.take("cancel_notice_minutes", _minutes(0, 525_600), 0),
        reschedule_notice_minutes=reader.take("reschedule_notice_minutes", _minutes(0, 525_600), 0),
        hold_minutes=reader.take("hold_minutes", _minutes(1, 120), 10),
        approval=reader.take("approval", _boolean, False),
        windows=tuple(windows),
        blackouts=tuple(b for b in blackouts if b is not None),
        pooling=pooling,
        fixed_host=fixed,
        terms=terms,
    )
    reader.finish(KEYS)
    if problems:
        raise Problem(problems)
    return rules


def _list_of_objects(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > 500:
        raise ValueError("must be a list of at most 500 objects")
    return value


KEYS = (
    "timezone",
    "slot_minutes",
    "step_minutes",
    "durations",
    "buffer_before",
    "buffer_after",
    "min_notice_minutes",
    "horizon_days",
    "max_per_day_per_host",
    "max_per_week_per_host",
    "max_per_day_per_booker",
    "max_per_week_per_booker",
    "cancel_notice_minutes",
    "reschedule_notice_minutes",
    "hold_minutes",
    "approval",
    "windows",
    "blackouts",
    "pooling",
    "fixed_host",
    "hosts",
)
"""The keys of the rules JSON; `docs/guides/rules.md` explains each."""
