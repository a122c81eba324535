"""Two people edit one thing: what each form was shown, what changed meanwhile, and what was typed on top."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra24.web.admin.form_data import FormData


@dataclass(frozen=True, slots=True)
class ConcurrentChange:
    """A field that somebody else changed while a form was open: what it said, and what it says now."""

    name: str
    was: str
    now: str


def seen_of(entries: FormData) -> str:
    """What a form was shown, to be sent along with it."""
    return json.dumps(entries.values, ensure_ascii=False, separators=(",", ":"))


def read_seen(typed: FormData) -> dict[str, Any]:
    """What a form was shown, as it came back with it; empty when that cannot be read."""
    try:
        seen = json.loads(typed.get("seen") or "{}")
    except (ValueError, RecursionError):
        return {}
    return seen if isinstance(seen, dict) else {}


def merged(typed: FormData, now: FormData) -> tuple[FormData, list[ConcurrentChange]]:
    """What was typed, on top of what somebody else has saved meanwhile; and what that was."""
    seen = {str(k): v for k, v in read_seen(typed).items() if isinstance(v, list)}
    changed = [
        ConcurrentChange(name, _as_text(seen.get(name)), _as_text(now.values.get(name)))
        for name in dict.fromkeys((*seen, *now.values))
        if _as_text(seen.get(name)) != _as_text(now.values.get(name))
    ]
    values = dict(typed.values)
    for one in changed:
        if _as_text(values.get(one.name)) == one.was:  # not touched here: theirs stands
            values.pop(one.name, None)
            if one.name in now.values:
                values[one.name] = now.values[one.name]
    return FormData(values), changed


def merged_keys(
    mine: Mapping[str, Any], seen: Mapping[str, Any], now: Mapping[str, Any]
) -> tuple[dict[str, Any], list[ConcurrentChange]]:
    """The same for the keys of a JSON object."""
    changed = [
        ConcurrentChange(key, _written(seen.get(key)), _written(now.get(key)))
        for key in dict.fromkeys((*seen, *now))
        if seen.get(key) != now.get(key)
    ]
    together = dict(mine)
    for one in changed:
        if mine.get(one.name) == seen.get(one.name):
            together.pop(one.name, None)
            if one.name in now:
                together[one.name] = now[one.name]
    return together, changed


def _as_text(values: Any) -> str:
    return ", ".join(str(value).replace("\r\n", "\n").strip() for value in values or ())


def _written(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)
