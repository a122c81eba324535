"""The rules JSON as a form and back: every key has a field, and what was not touched stays as it stood."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra24.availability.rules_reader import LIMITS
from infra24.web.admin.form_data import FormData
from infra24.web.admin.rules_rows import GROUPS

NUMBERS = (
    "slot_minutes",
    "step_minutes",
    "buffer_before",
    "buffer_after",
    "min_notice_minutes",
    "horizon_days",
    *LIMITS,
    "cancel_notice_minutes",
    "reschedule_notice_minutes",
    "hold_minutes",
    "series_most",
)
"""Keys whose value is a whole number; an empty field leaves the key out."""

TEXTS = ("timezone", "pooling", "fixed_host")
SWITCHES = {"approval": False, "holidays": True}
"""Keys that are true or false, with what they are when they are left out."""


@dataclass(frozen=True, slots=True)
class ReadRules:
    """The rules that a form says, and the rows of the form that each listed item came from."""

    document: dict[str, Any]
    rows: dict[str, list[list[int]]] = field(default_factory=dict)

    def field_of(self, path: str) -> str:
        """The name of the field that shows what is wrong at a path of the rules."""
        found = re.match(r"(\w+)\[(\d+)\]", path)
        if not found or found[1] not in GROUPS:
            return re.split(r"[.\[]", path)[0]
        group, number = GROUPS[found[1]], int(found[2])
        rows = self.rows.get(found[1], [])
        if number >= len(rows) or not rows[number]:
            return found[1]
        rest = path[found.end() :]
        piece = re.match(r"\.\w+\[(\d+)\]", rest)
        at = rows[number][min(int(piece[1]), len(rows[number]) - 1) if piece else 0]
        last = re.split(r"[.\[\]]+", rest.strip("."))
        part = next((group.fields[name] for name in reversed(last) if name in group.fields), group.parts[0])
        return f"{found[1]}-{at}-{part}"


def shown(document: Mapping[str, Any]) -> FormData:
    """The form of some rules."""
    values: dict[str, str | list[str]] = {}
    for key in (*NUMBERS, *TEXTS):
        if document.get(key) is not None:
            values[key] = str(document[key])
    if document.get("durations"):
        values["durations"] = ", ".join(map(str, document["durations"]))
    if "reminder_hours" in document:
        values["reminder_hours"] = ", ".join(map(str, document["reminder_hours"])) or "0"
    for key, default in SWITCHES.items():
        if document.get(key, default):
            values[key] = "yes"
    for key, group in GROUPS.items():
        number = 0
        for item in _items(document, key):
            for row in group.spread(item):
                values |= {f"{key}-{number}-{part}": row.get(part, "") for part in group.parts}
                number += 1
    return FormData.of(values)


def read(typed: FormData, former: Mapping[str, Any]) -> ReadRules:
    """The rules that a form says. A key whose field says what the former rules said keeps their writing.

    So do keys that the form does not know.
    """
    before = shown(former)
    document = dict(former)
    for key in (*NUMBERS, *TEXTS):
        _put(document, key, before, typed, _number if key in NUMBERS else str)
    _put(document, "durations", before, typed, _numbers)
    _put(document, "reminder_hours", before, typed, _hours)
    for key, default in SWITCHES.items():
        if typed.ticked(key) != before.ticked(key):
            document[key] = typed.ticked(key)
            if document[key] == default:
                del document[key]
    rows: dict[str, list[list[int]]] = {}
    for key, group in GROUPS.items():
        written = [(n, row) for n in typed.rows(key) if group.says(row := typed.row(key, n, group.parts))]
        kept = [before.row(key, n, group.parts) for n in before.rows(key)]
        if [row for _, row in written] == kept:
            rows[key] = _rows_of(document, key, [n for n, _ in written])
            continue
        items, rows[key] = group.gather(written)
        document[key] = items
        if not items:
            del document[key]
    return ReadRules(document, rows)


def _put(document: dict[str, Any], key: str, before: FormData, typed: FormData, read_as: Any) -> None:
    said = typed.get(key)
    if said == before.get(key):
        return
    document.pop(key, None)
    if said:
        document[key] = read_as(said)


def _number(said: str) -> Any:
    """A whole number, or the text as it is: the rules say what is wrong with it."""
    return int(said) if re.fullmatch(r"-?\d{1,9}", said) else said


def _numbers(said: str) -> list[Any]:
    return [_number(part) for part in re.split(r"[,;\s]+", said) if part]


def _hours(said: str) -> list[Any]:
    """Hours before the start; 0 alone is no reminder."""
    hours = _numbers(said)
    return [] if hours == [0] else hours


def _items(document: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    listed = document.get(key)
    return [item for item in listed if isinstance(item, Mapping)] if isinstance(listed, list) else []


def _rows_of(document: Mapping[str, Any], key: str, numbers: list[int]) -> list[list[int]]:
    """The rows of each item of rules that were not touched."""
    found, at = [], 0
    for item in _items(document, key):
        many = len(GROUPS[key].spread(item))
        found.append(numbers[at : at + many])
        at += many
    return found
