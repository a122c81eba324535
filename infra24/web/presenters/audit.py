"""The audit as people read it: what changed in words and in the times of the place."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from infra24 import events, resources
from infra24.audit import Entry
from infra24.db import Tx
from infra24.i18n import LocaleFormat, catalogue
from infra24.web.admin import parsing
from infra24.web.presenters.booking_events import happened

_RESOURCES = ("resource_id", "offer_id", "host_id", "whole_id", "part_id")
"""The columns that name a resource, also as those of a part of a booking."""
_TOLD_OTHERWISE = frozenset({"claim_count", "claim_unit", "participant_resource_id"})
"""What the name of a host or of a resource beside it says already."""


class Change(NamedTuple):
    """An entry with its fields as they are shown, and what it meant where an event says so."""

    entry: Entry
    fields: list[tuple[str, Any, Any]]
    meaning: str | None


async def told(
    tx: Tx,
    entries: Sequence[Entry],
    speech: LocaleFormat,
    zone: ZoneInfo,
    without: frozenset[str] = frozenset(),
) -> list[Change]:
    """Each entry with its fields: instants in the zone, resources by their titles, and nothing of what is
    blank before and after. A change is called by the event of its transaction: moved, declined."""
    entries = together(entries)
    meanings = await _meanings(tx, entries, speech)
    titles = await _titles(tx, entries)

    def worded(value: Any) -> Any:
        return (
            titles.get(value) if isinstance(value, str) and value in titles else _worded(value, speech, zone)
        )

    return [
        Change(entry, [
            (name.replace("_", " "), worded(before), worded(after))
            for name, before, after in entry.fields
            if name not in without | _TOLD_OTHERWISE and not (_blank(before) and _blank(after))
        ], meanings.get((entry.transaction_id, entry.subject_id)))
        for entry in entries
    ]  # fmt: skip


def together(entries: Sequence[Entry]) -> list[Entry]:
    """The same entries, with the changes of one thing by one transaction as one: its row and its parts."""
    found: list[Entry] = []
    for entry in entries:
        last = found[-1] if found else None
        if last is not None and _is_same_change(last, entry):
            before = {**(last.before or {}), **(entry.before or {})}
            after = {**(last.after or {}), **(entry.after or {})}
            found[-1] = replace(last, before=before, after=after, label=last.label or entry.label)
        else:
            found.append(entry)
    return found


def _is_same_change(one: Entry, other: Entry) -> bool:
    """Whether both are of one change, and none says something of a column that the other speaks of."""
    keys = [(e.transaction_id, e.subject, e.subject_id, e.action == "changed") for e in (one, other)]
    names = [{*(e.before or {}), *(e.after or {})} for e in (one, other)]
    return keys[0] == keys[1] and one.action == "changed" and not names[0] & names[1]


async def _meanings(
    tx: Tx, entries: Sequence[Entry], speech: LocaleFormat
) -> dict[tuple[UUID, str], str | None]:
    """By transaction and what was changed, the last event's word."""
    changed = {entry.transaction_id for entry in entries if entry.action == "changed"}
    gettext = catalogue(speech.language).gettext
    return {
        (id_, str(recorded.event.subject_id)): happened(recorded.event.type, gettext)
        for id_, found in (await events.of_transactions(tx, changed)).items()
        for recorded in found
    }


async def _titles(tx: Tx, entries: Sequence[Entry]) -> dict[str, str]:
    """The titles of the resources that entries name by their ids."""
    values = {
        value
        for entry in entries
        for name, *both in entry.fields
        if name.endswith(_RESOURCES)
        for value in both
        if isinstance(value, str)
    }
    return {str(one.id): one.title for one in await resources.several(tx, [UUID(id_) for id_ in values])}


def _blank(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _worded(value: Any, speech: LocaleFormat, zone: ZoneInfo) -> Any:
    at: datetime | None = parsing.stamp(value) if isinstance(value, str) and len(value) >= 20 else None
    if at is not None:
        return f"{speech.full_day(at.astimezone(zone))}, {speech.time(at, zone)}"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return value
