"""The audit as people read it: what changed in words and in the times of the place."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from infra24.audit import Entry
from infra24.i18n import LocaleFormat
from infra24.web.admin import parsing

Changed = tuple[Entry, list[tuple[str, Any, Any]]]


def told(
    entries: Sequence[Entry], speech: LocaleFormat, zone: ZoneInfo, without: frozenset[str] = frozenset()
) -> list[Changed]:
    """Each entry with its fields: instants in the zone, and nothing of what is blank before and after."""
    return [
        (entry, [
            (name.replace("_", " "), _said(before, speech, zone), _said(after, speech, zone))
            for name, before, after in entry.fields
            if name not in without and not (_blank(before) and _blank(after))
        ])
        for entry in entries
    ]  # fmt: skip


def _blank(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _said(value: Any, speech: LocaleFormat, zone: ZoneInfo) -> Any:
    at: datetime | None = parsing.stamp(value) if isinstance(value, str) and len(value) >= 20 else None
    if at is not None:
        return f"{speech.full_day(at.astimezone(zone))}, {speech.time(at, zone)}"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return value
