"""Reading when something is open: weekly windows, closed dates, other hours of some dates, travel."""

from collections.abc import Collection
from typing import Any

from infra24.availability.hours import DAY
from infra24.availability.intervals import Span
from infra24.availability.json_reader import (
    Problems,
    Reader,
    day,
    days_from_to,
    email,
    shown,
    text,
    time_of_day,
    weekday,
    zone_named,
)
from infra24.availability.rules import Window
from infra24.availability.schedules import Kind, Override, TravelPeriod
from infra24.errors import InvalidValue, Message


def window(problems: Problems, document: Any, path: str, hosts: Collection[str]) -> Window:
    """One window of the week; its host must be one of `hosts`."""
    reader = Reader(problems, document, path)
    by = reader.take("by", _by)
    if reader.refused:
        return Window(None, (), 0, DAY)
    host = reader.take("host", email)
    if host is not None:
        if by == "resource":
            reader.refuse(
                "host", Message("a window by resource opens the resource itself; leave the host out")
            )
        elif host not in hosts:
            reader.refuse(
                "host", Message("%(value)s is not a person of this organization", value=shown(host))
            )
    elif by == "host":
        reader.refuse("host", Message("a window by host names the host by e-mail"))
    listed = reader.take("days", _list_of_days, ())
    if not listed and f"{path}.days" not in problems:
        reader.refuse("days", Message("list at least one day"))
    start, end = _from_to(reader)
    days = [_weekday(problems, f"{path}.days[{n}]", item) for n, item in enumerate(listed)]
    reader.finish(("by", "host", "days", "start", "end"))
    return Window(host, tuple(sorted({d for d in days if d is not None})), start, end)


def _from_to(reader: Reader) -> Span:
    """A start and an end of day, both needed, in their order."""
    start = reader.take("start", time_of_day)
    end = reader.take("end", time_of_day)
    for key, value in (("start", start), ("end", end)):
        if value is None:
            reader.refuse(key, Message("is missing; write it as HH:MM"))
    if start is not None and end is not None and end <= start:
        reader.refuse("end", Message("is not after the start; write a window over midnight as two windows"))
    return start or 0, end or DAY


def _by(value: Any) -> str:
    if value not in ("host", "resource"):
        raise InvalidValue("%(value)s is neither host nor resource", value=shown(value))
    return str(value)


def _list_of_days(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidValue("must be a list of days of the week")
    return value


def _weekday(problems: Problems, path: str, value: Any) -> int | None:
    try:
        return weekday(value)
    except InvalidValue as error:
        problems.setdefault(path, error.message)
        return None


def _dates(reader: Reader, document: Any) -> tuple[Any, Any]:
    """One date or a range of them: exactly one of the two."""
    named = set(reader.left)
    on = reader.take("date", day)
    span = reader.take("range", days_from_to)
    if isinstance(document, dict) and len({"date", "range"} & named) != 1:
        reader.refuse("", Message("needs either a date or a range"))
    return span or (on, on)


def blackout(problems: Problems, document: Any, path: str) -> Override | None:
    """Dates on which it is closed; None where they cannot be read."""
    reader = Reader(problems, document, path)
    first, last = _dates(reader, document)
    start = reader.take("start", time_of_day, 0)
    end = reader.take("end", time_of_day, DAY)
    reason = reader.take("reason", text, "")
    reader.finish(("date", "range", "start", "end", "reason"))
    if end <= start:
        reader.refuse("end", Message("is not after the start"))
    return Override(first, last, Kind.OFF, ((start, end),), reason) if first and last else None


def override(problems: Problems, document: Any, path: str, hosts: Collection[str]) -> Override | None:
    """Other hours of some dates; None where they cannot be read."""
    reader = Reader(problems, document, path)
    if reader.refused:
        return None
    first, last = _dates(reader, document)
    kinds = [kind for kind in Kind if kind in reader.left]
    if len(kinds) != 1:
        reader.refuse("", Message("needs one of hours (instead of the weekly ones), extra, or off"))
    kind = kinds[0] if kinds else Kind.OFF
    spans: list[Span] = [(0, DAY)]
    if kinds and (kind is not Kind.OFF or reader.left.get("off") is not True):
        spans = reader.each(kind, lambda item, at: _piece(problems, item, at))
        if not spans and kind is not Kind.INSTEAD:
            or_true = Message("list at least one start and end, or true")
            reader.refuse(kind, or_true if kind is Kind.OFF else Message("list at least one start and end"))
    for other in Kind:
        reader.left.pop(other, None)
    reason = reader.take("reason", text, "")
    colleague, host = reader.take("colleague", email), reader.take("host", email)
    if colleague is not None and kind is not Kind.OFF:
        reader.refuse("colleague", Message("can be set only together with off"))
    for key, who in (("colleague", colleague), ("host", host)):
        if who is not None and who not in hosts:
            reader.refuse(key, Message("%(value)s is not a person of this organization", value=shown(who)))
    reader.finish(("date", "range", *Kind, "reason", "colleague", "host"))
    return Override(first, last, kind, tuple(spans), reason, colleague, host) if first and last else None


def _piece(problems: Problems, document: Any, path: str) -> Span:
    reader = Reader(problems, document, path)
    if reader.refused:
        return 0, DAY
    span = _from_to(reader)
    reader.finish(("start", "end"))
    return span


def travel(problems: Problems, document: Any, path: str) -> TravelPeriod | None:
    """Dates that a host spends in another zone; None where they cannot be read."""
    reader = Reader(problems, document, path)
    if reader.refused:
        return None
    first, last = _dates(reader, document)
    zone = reader.take("timezone", zone_named)
    if zone is None:
        reader.refuse("timezone", Message("is missing; write an IANA name such as Europe/Paris"))
    reader.finish(("date", "range", "timezone"))
    return TravelPeriod(first, last, zone) if first and last and zone else None
