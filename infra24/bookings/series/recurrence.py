"""Recurrence rules (RFC 5545) of wall time: their dates, their instants, and moving them."""

import re
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from infra24.errors import Problem

MOST_DATES = 366
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_PARTS = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST")
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def parts_of(rule: str) -> dict[str, str]:
    """A rule as its parts. Refuses with Problem what is not a rule of days that ends."""
    text = rule.strip().upper().removeprefix("RRULE:")
    pairs = [part.partition("=") for part in text.split(";") if part]
    parts = {name: value for name, _, value in pairs}
    wrong = ""
    unknown = [name for name in parts if name not in _PARTS]
    if unknown or len(parts) < len(pairs):
        wrong = f"has a part that is not known or there twice; known are {', '.join(_PARTS)}"
    elif parts.get("FREQ") not in _FREQUENCIES:
        wrong = f"needs FREQ, one of {', '.join(_FREQUENCIES)}"
    elif ("COUNT" in parts) == ("UNTIL" in parts):
        wrong = "needs an end: COUNT or UNTIL"
    elif "COUNT" in parts and not re.fullmatch(r"[1-9][0-9]{0,2}", parts["COUNT"]):
        wrong = f"has a COUNT that is not a number from 1 to {MOST_DATES}"
    elif not re.fullmatch(r"[1-9][0-9]{0,2}", parts.get("INTERVAL", "1")):
        wrong = "has an INTERVAL that is not a number from 1 to 999"
    if wrong:
        raise Problem({"rule": wrong})
    return parts


def written(parts: dict[str, str]) -> str:
    """Parts as a rule."""
    return ";".join(f"{name}={parts[name]}" for name in _PARTS if name in parts)


def occurrences(rule: str, first: datetime, zone: ZoneInfo) -> list[datetime]:
    """The dates of a rule in wall time (no zone), from the first on; at most 366, else Problem.

    The first date counts only if the rule has it. UNTIL is wall time, or an instant when it ends in Z.
    """
    parts = parts_of(rule)
    if parts.get("UNTIL", "").endswith("Z"):
        until = datetime.strptime(parts["UNTIL"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        parts["UNTIL"] = until.astimezone(zone).strftime("%Y%m%dT%H%M%S")
    elif re.fullmatch(r"[0-9]{8}", parts.get("UNTIL", "")):
        parts["UNTIL"] += "T235959"
    try:
        found = list(islice(rrulestr(written(parts), dtstart=first), MOST_DATES + 1))
    except (ValueError, KeyError, TypeError) as error:
        raise Problem({"rule": f"cannot be read: {error}"}) from None
    if len(found) > MOST_DATES:
        raise Problem({"rule": f"has more than {MOST_DATES} dates"})
    if not found:
        raise Problem({"rule": "has no date"})
    return found


def instant_of(zone: ZoneInfo, wall: datetime) -> datetime:
    """The instant of a wall time: of two the first, in a gap by the offset before it (RFC 5545, 3.3.5)."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def moved(rule: str, by: timedelta) -> str:
    """A rule whose dates are later by a span of wall time. Refuses with Problem where days cannot shift."""
    parts = parts_of(rule)
    days = by.days if by >= timedelta() or not by.seconds else by.days + 1
    return written(_shifted(parts, days)) if days else written(parts)


def _shifted(parts: dict[str, str], days: int) -> dict[str, str]:
    if {"BYMONTHDAY", "BYSETPOS", "BYMONTH"} & set(parts) or re.search(r"[0-9]", parts.get("BYDAY", "")):
        raise Problem({"start_time": "is another day: end this series and begin another"})
    if "BYDAY" in parts:
        named = [_DAYS[(_DAYS.index(day) + days) % 7] for day in parts["BYDAY"].split(",")]
        parts["BYDAY"] = ",".join(sorted(named, key=_DAYS.index))
    if "UNTIL" in parts:
        until = date.fromisoformat(parts["UNTIL"][:8]) + timedelta(days=days)
        parts["UNTIL"] = until.strftime("%Y%m%d") + parts["UNTIL"][8:]
    return parts


def wall_time(text: str) -> datetime:
    """A wall time as it is written, without a zone. Refuses with Problem."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise Problem({"instead": f"{text!r} is not a local time such as 2026-12-01T10:00:00"}) from None
