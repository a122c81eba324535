"""Reads the rules JSON of a resource, and refuses what is wrong by its path.

The JSON is the mission's, taken as it stands; the keys below beyond it are optional. Times are wall
time in the rules' zone, numbers are minutes unless their name says days.
"""

from collections.abc import Collection
from typing import Any

from infra24.availability.booking_rules import Limit, LimitScope, Period
from infra24.availability.hours import DAY
from infra24.availability.intervals import Span
from infra24.availability.json_reader import (
    Problems,
    Reader,
    boolean,
    day,
    days_from_to,
    email,
    list_of_objects,
    optional,
    shown,
    text,
    time_of_day,
    weekday,
    whole,
    zone_named,
)
from infra24.availability.rules import HostTerms, Pooling, Rules, Window
from infra24.availability.schedules import Kind, Override, TravelPeriod
from infra24.errors import ValidationFailed

LIMITS = {
    Limit(whose, period, 0, minutes).key: (whose, period, minutes)
    for whose in LimitScope
    for period in Period
    for minutes in (False, True)
}
"""The keys of the limits: max_per_day_per_host, max_minutes_per_week_per_booker, max_per_month …"""

KEYS = (
    "timezone",
    "slot_minutes",
    "step_minutes",
    "durations",
    "buffer_before",
    "buffer_after",
    "min_notice_minutes",
    "horizon_days",
    *LIMITS,
    "cancel_notice_minutes",
    "reschedule_notice_minutes",
    "hold_minutes",
    "approval",
    "series_most",
    "windows",
    "blackouts",
    "overrides",
    "travel",
    "holidays",
    "pooling",
    "fixed_host",
    "hosts",
)
"""The keys of the rules JSON; `docs/guides/rules.md` explains each."""


def parse(document: Any, *, zone: str, people: Collection[str]) -> Rules:
    """Read the rules JSON of one resource.

    `zone` is the organization's, used when the rules name none; `people` are the e-mails that a
    window may name. Raises ValidationFailed with a sentence for each path that is wrong.
    """
    problems: Problems = {}
    known = {address.lower() for address in people}
    reader = Reader(problems, {} if document is None else document)
    windows = reader.each("windows", lambda item, path: _window(problems, item, path, known))
    blackouts = reader.each("blackouts", lambda item, path: _blackout(problems, item, path))
    overrides = reader.each("overrides", lambda item, path: _override(problems, item, path, known))
    travels = reader.each("travel", lambda item, path: _travel(problems, item, path))
    named = {window.host for window in windows if window.host}
    pooling = reader.take("pooling", pooling_named, Pooling.ANY)
    fixed = reader.take("fixed_host", email) or (next(iter(named)) if len(named) == 1 else None)
    if fixed is not None and fixed not in named:
        reader.refuse("fixed_host", f"{shown(fixed)} is not a host of any window")
    if pooling is Pooling.FIXED and fixed is None:
        reader.refuse("fixed_host", "say which host is fixed")
    terms = _host_terms(problems, reader.left.pop("hosts"), named) if "hosts" in reader.left else {}
    rules = Rules(
        zone=reader.take("timezone", zone_named) or zone_named(zone),
        windows=tuple(windows),
        blackouts=tuple(blackouts),
        overrides=tuple(overrides),
        travels=tuple(travels),
        keeps_holidays=reader.take("holidays", boolean, True),
        pooling=pooling,
        fixed_host=fixed,
        terms=terms,
        **_booking_rules(reader),
    )
    reader.finish(KEYS)
    if problems:
        raise ValidationFailed(problems)
    return rules


def _booking_rules(reader: Reader) -> dict[str, Any]:
    """The rules of booking, by the names of the fields of BookingRules."""
    slot = reader.take("slot_minutes", whole(1), 30)
    return {
        "slot_minutes": slot,
        "step_minutes": reader.take("step_minutes", whole(1, 1_440), min(slot, 1_440)),
        "durations": reader.take("durations", _durations, (slot,)),
        "buffer_before": reader.take("buffer_before", whole(0, 1_440), 0),
        "buffer_after": reader.take("buffer_after", whole(0, 1_440), 0),
        "min_notice_minutes": reader.take("min_notice_minutes", whole(0, 525_600), 0),
        "horizon_days": reader.take("horizon_days", whole(1, 730), 180),
        "limits": _limits(reader),
        "cancel_notice_minutes": reader.take("cancel_notice_minutes", whole(0, 525_600), 0),
        "reschedule_notice_minutes": reader.take("reschedule_notice_minutes", whole(0, 525_600), 0),
        "hold_minutes": reader.take("hold_minutes", whole(1, 120), 10),
        "approval": reader.take("approval", boolean, False),
        "series_most": reader.take("series_most", whole(0, 366), 0),
    }


def _durations(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError("must be a list of lengths in minutes")
    return tuple(sorted({whole(1)(item) for item in value}))


def pooling_named(value: Any) -> Pooling:
    """Reads a way of pooling."""
    try:
        return Pooling(value)
    except ValueError:
        names = ", ".join(Pooling)
        raise ValueError(f"{shown(value)} is not a way of pooling; known are {names}") from None


def _limits(reader: Reader) -> tuple[Limit, ...]:
    found = []
    for key, (whose, period, minutes) in LIMITS.items():
        most = reader.take(key, optional(whole(1, 44_640 if minutes else 1_000)))
        if most is not None:
            found.append(Limit(whose, period, most, minutes))
    return tuple(found)


def _window(problems: Problems, document: Any, path: str, hosts: Collection[str]) -> Window:
    reader = Reader(problems, document, path)
    by = reader.take("by", _by)
    if reader.refused:
        return Window(None, (), 0, DAY)
    host = reader.take("host", email)
    if host is not None:
        if by == "resource":
            reader.refuse("host", "a window by resource opens the resource itself; leave the host out")
        elif host not in hosts:
            reader.refuse("host", f"{shown(host)} is not a person of this organization")
    elif by == "host":
        reader.refuse("host", "a window by host names the host by e-mail")
    listed = reader.take("days", _list_of_days, ())
    if not listed and f"{path}.days" not in problems:
        reader.refuse("days", "list at least one day")
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
            reader.refuse(key, "is missing; write it as HH:MM")
    if start is not None and end is not None and end <= start:
        reader.refuse("end", "is not after the start; write a window over midnight as two windows")
    return start or 0, end or DAY


def _by(value: Any) -> str:
    if value not in ("host", "resource"):
        raise ValueError(f"{shown(value)} is neither host nor resource")
    return str(value)


def _list_of_days(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("must be a list of days of the week")
    return value


def _weekday(problems: Problems, path: str, value: Any) -> int | None:
    try:
        return weekday(value)
    except ValueError as error:
        problems.setdefault(path, str(error))
        return None


def _dates(reader: Reader, document: Any) -> tuple[Any, Any]:
    """One date or a range of them: exactly one of the two."""
    named = set(reader.left)
    on = reader.take("date", day)
    span = reader.take("range", days_from_to)
    if isinstance(document, dict) and len({"date", "range"} & named) != 1:
        reader.refuse("", "needs either a date or a range")
    return span or (on, on)


def _blackout(problems: Problems, document: Any, path: str) -> Override | None:
    reader = Reader(problems, document, path)
    first, last = _dates(reader, document)
    start = reader.take("start", time_of_day, 0)
    end = reader.take("end", time_of_day, DAY)
    reason = reader.take("reason", text, "")
    reader.finish(("date", "range", "start", "end", "reason"))
    if end <= start:
        reader.refuse("end", "is not after the start")
    return Override(first, last, Kind.OFF, ((start, end),), reason) if first and last else None


def _override(problems: Problems, document: Any, path: str, hosts: Collection[str]) -> Override | None:
    reader = Reader(problems, document, path)
    if reader.refused:
        return None
    first, last = _dates(reader, document)
    kinds = [kind for kind in Kind if kind in reader.left]
    if len(kinds) != 1:
        reader.refuse("", "needs one of hours (instead of the weekly ones), extra, or off")
    kind = kinds[0] if kinds else Kind.OFF
    spans: list[Span] = [(0, DAY)]
    if kinds and (kind is not Kind.OFF or reader.left.get("off") is not True):
        spans = reader.each(kind, lambda item, at: _piece(problems, item, at))
        if not spans and kind is not Kind.INSTEAD:
            reader.refuse(kind, "list at least one start and end" + (", or true" * (kind is Kind.OFF)))
    for other in Kind:
        reader.left.pop(other, None)
    reason = reader.take("reason", text, "")
    colleague, host = reader.take("colleague", email), reader.take("host", email)
    if colleague is not None and kind is not Kind.OFF:
        reader.refuse("colleague", "takes over what is off, and this is not")
    for key, who in (("colleague", colleague), ("host", host)):
        if who is not None and who not in hosts:
            reader.refuse(key, f"{shown(who)} is not a person of this organization")
    reader.finish(("date", "range", *Kind, "reason", "colleague", "host"))
    return Override(first, last, kind, tuple(spans), reason, colleague, host) if first and last else None


def _piece(problems: Problems, document: Any, path: str) -> Span:
    reader = Reader(problems, document, path)
    if reader.refused:
        return 0, DAY
    span = _from_to(reader)
    reader.finish(("start", "end"))
    return span


def _travel(problems: Problems, document: Any, path: str) -> TravelPeriod | None:
    reader = Reader(problems, document, path)
    if reader.refused:
        return None
    first, last = _dates(reader, document)
    zone = reader.take("timezone", zone_named)
    if zone is None:
        reader.refuse("timezone", "is missing; write an IANA name such as Europe/Paris")
    reader.finish(("date", "range", "timezone"))
    return TravelPeriod(first, last, zone) if first and last and zone else None


def _host_terms(problems: Problems, value: Any, hosts: Collection[str]) -> dict[str, HostTerms]:
    try:
        items = list_of_objects(value)
    except ValueError:
        problems["hosts"] = "must be a list of hosts"
        return {}
    terms: dict[str, HostTerms] = {}
    for number, item in enumerate(items):
        reader = Reader(problems, item, f"hosts[{number}]")
        if reader.refused:
            continue
        if "host" not in reader.left:
            reader.refuse("host", "is missing")
        host = reader.take("host", email, "")
        if host in terms:
            reader.refuse("host", f"{shown(host)} is named twice")
        elif host not in hosts:
            reader.refuse("host", f"{shown(host)} is not a host of any window")
        terms[host] = host_terms(reader)
        reader.finish(("host", "priority", "weight"))
    return terms


def host_terms(reader: Reader) -> HostTerms:
    """The priority and weight that an object gives a host."""
    return HostTerms(reader.take("priority", whole(0, 100), 0), reader.take("weight", whole(1, 1000), 100))
