"""Recurrence rules (RFC 5545) of wall time: their dates, their instants, and moving them."""

import re
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from infra24.errors import Message, ValidationFailed

MOST_DATES = 366
MOST_YEARS = 10
_WRITTEN = "%Y%m%dT%H%M%S"
_DAY = "(MO|TU|WE|TH|FR|SA|SU)"
_ORDINALS = {"MONTHLY": "[+-]?[1-5]", "YEARLY": "[+-]?([1-9]|[1-4][0-9]|5[0-3])"}
"""Of which weekday in the period: in weeks and days there is only one."""


def _numbers(one: str) -> str:
    return f"({one})(,({one}))*"


_PARTS = {
    "FREQ": "DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": "[1-9][0-9]?",
    "COUNT": "[1-9][0-9]{0,2}",
    "UNTIL": "[0-9]{8}(T[0-9]{6}Z?)?",
    "BYDAY": rf"([+-]?[0-9]{{1,2}})?{_DAY}(,([+-]?[0-9]{{1,2}})?{_DAY}){{0,20}}",
    "BYMONTHDAY": _numbers("[+-]?([1-9]|[12][0-9]|3[01])"),
    "BYMONTH": _numbers("[1-9]|1[0-2]"),
    "BYSETPOS": _numbers("[+-]?[1-9][0-9]?"),
    "WKST": _DAY,
}
_TOO_MANY = Message("has more than %(most)s dates; end it earlier, or book it in parts", most=MOST_DATES)
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def parts_of(rule: str) -> dict[str, str]:
    """A rule as its parts. Raises ValidationFailed for what is not a rule of days that ends."""
    text = rule.strip().upper().removeprefix("RRULE:")
    pairs = [part.partition("=") for part in text.split(";") if part]
    parts = {name: value for name, _, value in pairs}
    wrong = None
    if len(parts) < len(pairs) or set(parts) - set(_PARTS):
        known = ", ".join(_PARTS)
        wrong = Message(
            "has an unknown or repeated part; use each of these at most once: %(known)s", known=known
        )
    elif "FREQ" not in parts:
        wrong = Message("needs FREQ: DAILY, WEEKLY, MONTHLY or YEARLY")
    elif ("COUNT" in parts) == ("UNTIL" in parts):
        wrong = Message("needs one end: COUNT, such as COUNT=10, or UNTIL, such as UNTIL=20270131")
    ordinal = _ORDINALS.get(parts.get("FREQ", ""), "(?!)")
    shapes = {**_PARTS, "BYDAY": rf"(({ordinal})?{_DAY},?)*"}
    for name, value in parts.items():
        if not wrong and not (re.fullmatch(_PARTS[name], value) and re.fullmatch(shapes[name], value)):
            wrong = Message(
                "has an invalid %(part)s: %(value)s; write it as in FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10",
                part=name,
                value=value[:40],
            )
    if wrong:
        raise ValidationFailed({"rule": wrong})
    return parts


def written(parts: dict[str, str]) -> str:
    """Parts as a rule."""
    return ";".join(f"{name}={parts[name]}" for name in _PARTS if name in parts)


def in_wall_time(rule: str, zone: ZoneInfo) -> str:
    """The same rule with its end in wall time: a date as its last second, an instant as its zone has it."""
    parts = parts_of(rule)
    until = parts.get("UNTIL", "")
    try:
        if until.endswith("Z"):
            at = datetime.strptime(until[:-1], _WRITTEN).replace(tzinfo=UTC)
            parts["UNTIL"] = at.astimezone(zone).strftime(_WRITTEN)
        elif until:
            whole = until if "T" in until else f"{until}T235959"
            parts["UNTIL"] = datetime.strptime(whole, _WRITTEN).replace(tzinfo=UTC).strftime(_WRITTEN)
    except (ValueError, OverflowError):
        raise ValidationFailed(
            {"rule": Message("ends on a date that does not exist: %(until)s; correct UNTIL", until=until)}
        ) from None
    return written(parts)


def occurrences(rule: str, first: datetime, zone: ZoneInfo) -> list[datetime]:
    """The dates of a rule in wall time (no zone), from the first on: at most 366, within ten years.

    The first date counts only if the rule has it. UNTIL is wall time, or an instant when it ends in Z.
    Raises ValidationFailed.
    """
    parts = parts_of(in_wall_time(rule, zone))
    wanted = int(parts.pop("COUNT", MOST_DATES + 1))
    last = first + timedelta(days=366 * MOST_YEARS)
    # The library looks for a next date up to the year 9999, however long that takes. The calendar repeats
    # every 400 years, weekdays too: near its end the search is short.
    cycles = 400 * ((9_999 - last.year) // 400)
    until = min(parts.get("UNTIL", "9"), last.strftime(_WRITTEN))
    parts["UNTIL"] = f"{int(until[:4]) + cycles:04}{until[4:]}"
    if wanted > MOST_DATES + 1:
        raise ValidationFailed({"rule": _TOO_MANY})
    try:
        there = rrulestr(written(parts), dtstart=first.replace(year=first.year + cycles))
        found = [at.replace(year=at.year - cycles) for at in islice(there, min(wanted, MOST_DATES + 1))]
    except (ValueError, KeyError, IndexError, TypeError, OverflowError) as error:
        wrong = Message("cannot be read (%(error)s); write it such as FREQ=WEEKLY;COUNT=10", error=error)
        raise ValidationFailed({"rule": wrong}) from None
    if len(found) > MOST_DATES:
        raise ValidationFailed({"rule": _TOO_MANY})
    if "COUNT" in rule.upper() and len(found) < wanted:
        few = Message("has no %(wanted)s dates within %(years)s years", wanted=wanted, years=MOST_YEARS)
        raise ValidationFailed({"rule": few})
    if not found:
        raise ValidationFailed({"rule": Message("has no date; check BYDAY, BYMONTHDAY and its end")})
    return found


def instant_of(zone: ZoneInfo, wall: datetime) -> datetime:
    """The instant of a wall time: of two the first, in a gap by the offset before it (RFC 5545, 3.3.5)."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def moved(rule: str, first: datetime, by: timedelta, zone: ZoneInfo) -> str:
    """A rule whose dates are later by a span of wall time; its days follow from `first`, its first date."""
    parts = parts_of(in_wall_time(rule, zone))
    days = ((first + by).date() - first.date()).days
    if "BYDAY" in parts and days % 7 and not re.search(r"[0-9]", parts["BYDAY"]):
        named = [_DAYS[(_DAYS.index(day) + days) % 7] for day in parts["BYDAY"].split(",")]
        parts["BYDAY"] = ",".join(sorted(named, key=_DAYS.index))
    if "UNTIL" in parts:
        until = datetime.strptime(parts["UNTIL"], _WRITTEN).replace(tzinfo=UTC) + by
        parts["UNTIL"] = until.strftime(_WRITTEN)
    return written(parts)


def wall_time(text: str) -> datetime:
    """A wall time as it is written, without a zone. Raises ValidationFailed."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise ValidationFailed(
            {"instead": Message("%(text)s is not a local time such as 2026-12-01T10:00:00", text=repr(text))}
        ) from None
