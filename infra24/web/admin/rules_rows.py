"""The lists of the rules JSON as rows of a form: windows, blackouts, overrides, travel, hosts."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from infra24.availability.json_reader import WEEKDAYS, weekday

Row = dict[str, str]
Numbered = Sequence[tuple[int, Row]]
Gathered = tuple[list[dict[str, Any]], list[list[int]]]
"""Items, and for each the numbers of the rows that it was made of."""


@dataclass(frozen=True, slots=True)
class Group:
    """One list of the rules: the parts of a row, how an item is spread over rows, and rows are gathered.

    `fields` says which part shows what is wrong with a key of the item. A row in which only parts of
    `mute` are filled in says nothing.
    """

    parts: tuple[str, ...]
    spread: Callable[[Mapping[str, Any]], list[Row]]
    gather: Callable[[Numbered], Gathered]
    fields: Mapping[str, str]
    mute: tuple[str, ...] = ()

    def says(self, row: Row) -> bool:
        """Whether a row is more than a blank one."""
        return any(value for part, value in row.items() if part not in self.mute)


def _spread_window(item: Mapping[str, Any]) -> list[Row]:
    days = item.get("days") or [""]
    base = {"host": _text(item, "host"), "start": _text(item, "start"), "end": _text(item, "end")}
    return [{**base, "day": _day_name(day)} for day in days]


def _gather_windows(rows: Numbered) -> Gathered:
    """Rows with the same hours are one window of several days; one over midnight is two."""
    items: dict[tuple[str, str, str], dict[str, Any]] = {}
    numbers: dict[tuple[str, str, str], list[int]] = {}
    for number, row in rows:
        for day, start, end in _over_midnight(row["day"], time_typed(row["start"]), time_typed(row["end"])):
            key = (row["host"], start, end)
            if key not in items:
                by = {"by": "host", "host": row["host"]} if row["host"] else {"by": "resource"}
                times = {name: value for name, value in (("start", start), ("end", end)) if value}
                items[key] = {**by, "days": [], **times}
            if day and day not in items[key]["days"]:
                items[key]["days"].append(day)
            numbers.setdefault(key, []).append(number)
    for item in items.values():
        item["days"].sort(key=_place)
    return list(items.values()), list(numbers.values())


def _over_midnight(day: str, start: str, end: str) -> list[tuple[str, str, str]]:
    if end == "00:00" and start:
        end = "24:00"
    if not (start and end and day in WEEKDAYS) or end > start:
        return [(day, start, end)]
    following = WEEKDAYS[(WEEKDAYS.index(day) + 1) % 7]
    return [(day, start, "24:00"), (following, "00:00", end)]


def _spread_blackout(item: Mapping[str, Any]) -> list[Row]:
    return [{**_dates(item), **{key: _text(item, key) for key in ("start", "end", "reason")}}]


def _gather_blackouts(rows: Numbered) -> Gathered:
    items = [{**dated(row), **_times(row), **_said(row, "reason")} for _, row in rows]
    return items, [[number] for number, _ in rows]


def _spread_override(item: Mapping[str, Any]) -> list[Row]:
    base = {**_dates(item), **{key: _text(item, key) for key in ("reason", "colleague", "host")}}
    kind = next((key for key in ("hours", "extra", "off") if key in item), "hours")
    pieces = item.get(kind)
    base["kind"] = kind
    if not isinstance(pieces, list) or not pieces:
        return [{**base, "start": "", "end": ""}]
    return [{**base, "start": _text(piece, "start"), "end": _text(piece, "end")} for piece in pieces]


_SAME = ("first", "last", "kind", "reason", "colleague", "host")


def _gather_overrides(rows: Numbered) -> Gathered:
    """Rows of the same dates and kind are one override of several pieces."""
    items: dict[tuple[str, ...], dict[str, Any]] = {}
    numbers: dict[tuple[str, ...], list[int]] = {}
    for number, typed in rows:
        for row in _dates_over_midnight(typed):
            key = tuple(row[name] for name in _SAME)
            kind = row["kind"] or "hours"
            item = items.setdefault(
                key, {**dated(row), kind: [], **_said(row, "reason", "colleague", "host")}
            )
            piece = _times(row)
            if piece and item[kind] is not True:
                item[kind].append(piece)
            elif kind == "off":
                item[kind] = True
            numbers.setdefault(key, []).append(number)
    return list(items.values()), list(numbers.values())


def _dates_over_midnight(row: Row) -> list[Row]:
    """A piece of one date that ends on the next is two; other hours of a date are extra on the next."""
    start, end = time_typed(row["start"]), time_typed(row["end"])
    if end == "00:00" and start:
        return [{**row, "end": "24:00"}]
    if not start or not end or end > start or row["last"] not in ("", row["first"]):
        return [row]
    try:
        following = str(date.fromisoformat(row["first"]) + timedelta(days=1))
    except (ValueError, OverflowError):
        return [row]
    kind = "off" if row["kind"] == "off" else "extra"
    after = {**row, "first": following, "last": "", "kind": kind, "start": "00:00"}
    return [{**row, "end": "24:00"}, after]


def _spread_travel(item: Mapping[str, Any]) -> list[Row]:
    return [{**_dates(item), "timezone": _text(item, "timezone")}]


def _gather_travels(rows: Numbered) -> Gathered:
    return [{**dated(row), **_said(row, "timezone")} for _, row in rows], [[number] for number, _ in rows]


def _spread_host(item: Mapping[str, Any]) -> list[Row]:
    return [{key: _text(item, key) for key in ("host", "priority", "weight")}]


def _gather_hosts(rows: Numbered) -> Gathered:
    items = []
    for _, row in rows:
        numbers = {key: _number(row[key]) for key in ("priority", "weight") if row[key]}
        items.append({**_said(row, "host"), **numbers})
    return items, [[number] for number, _ in rows]


GROUPS: dict[str, Group] = {
    "windows": Group(
        ("day", "start", "end", "host"), _spread_window, _gather_windows,
        {"days": "day", "start": "start", "end": "end", "host": "host"}, ("host",)),
    "overrides": Group(
        ("first", "last", "kind", "start", "end", "reason", "colleague", "host"),
        _spread_override, _gather_overrides,
        {"date": "first", "range": "last", "hours": "start", "extra": "start", "off": "start",
         "start": "start", "end": "end", "reason": "reason", "colleague": "colleague", "host": "host"},
        ("kind", "colleague", "host")),
    "blackouts": Group(
        ("first", "last", "start", "end", "reason"), _spread_blackout, _gather_blackouts,
        {"date": "first", "range": "last", "start": "start", "end": "end", "reason": "reason"}),
    "travel": Group(
        ("first", "last", "timezone"), _spread_travel, _gather_travels,
        {"date": "first", "range": "last", "timezone": "timezone"}),
    "hosts": Group(
        ("host", "priority", "weight"), _spread_host, _gather_hosts,
        {"host": "host", "priority": "priority", "weight": "weight"}),
}  # fmt: skip
"""The lists of the rules by their key."""


def time_typed(text: str) -> str:
    """A time of day as the rules write it: 9, 9:30, 0930, 9.30, 9 pm. Anything else stays as it is."""
    found = re.fullmatch(r"(\d{1,2})(?:[:.h]?([0-5]\d))?\s*([ap])?\.?m?\.?", text.strip().lower())
    if not found:
        return text.strip()
    hour = int(found[1])
    if found[3] and 1 <= hour <= 12:
        hour = hour % 12 + (12 if found[3] == "p" else 0)
    return f"{hour:02d}:{found[2] or '00'}"


def dated(row: Row) -> dict[str, Any]:
    """One date, or a range of them with both ends."""
    if row["last"] and row["last"] != row["first"]:
        return {"range": [row["first"], row["last"]]}
    return {"date": row["first"]}


def _dates(item: Mapping[str, Any]) -> Row:
    span = item.get("range")
    if isinstance(span, list) and len(span) == 2:
        return {"first": str(span[0]), "last": str(span[1])}
    return {"first": _text(item, "date"), "last": ""}


def _times(row: Row) -> dict[str, str]:
    return {key: time_typed(row[key]) for key in ("start", "end") if row[key]}


def _said(row: Row, *keys: str) -> dict[str, str]:
    return {key: row[key] for key in keys if row[key]}


def _text(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key) if isinstance(item, Mapping) else None
    return "" if value is None else str(value)


def _day_name(day: Any) -> str:
    try:
        return WEEKDAYS[weekday(day)]
    except ValueError:
        return str(day)


def _place(day: str) -> int:
    return WEEKDAYS.index(day) if day in WEEKDAYS else 7


def _number(said: str) -> Any:
    return int(said) if re.fullmatch(r"-?\d{1,9}", said) else said
