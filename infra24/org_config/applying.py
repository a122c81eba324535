"""Compare a description with what stands, say what would change, and change it: all or nothing."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from infra24 import booking_links, organizations, resources
from infra24.booking_links import LinkDraft
from infra24.db import Tx
from infra24.errors import DomainError, ValidationFailed
from infra24.org_config.model import OrgConfig, ResourceConfig
from infra24.org_config.reading import ConfigError, Document
from infra24.resources import Draft, Resource


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the plan: what happens to what, and which of its fields change."""

    verb: str
    what: str
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        mark = {"add": "+", "change": "~", "leave": "·", "archive": "-"}[self.verb]
        return f"{mark} {self.what}" + (f": {', '.join(self.fields)}" if self.fields else "")


async def plan(
    tx: Tx, wanted: OrgConfig, document: Document, now: datetime, *, prune: bool = False
) -> list[Change]:
    """What applying would change, found by doing it and undoing it. Raises ConfigError, by line."""

    async def look() -> None:
        return None

    found: list[Change] = []

    async def change() -> None:
        found.extend(await apply(tx, wanted, document, now, prune=prune))

    await resources.preview(tx, change, look)
    return found


async def apply(
    tx: Tx, wanted: OrgConfig, document: Document, now: datetime, *, prune: bool = False
) -> list[Change]:
    """Make an organization what its description says; what it does not name is left, or archived.

    Raises ConfigError, by line, and then nothing was changed.
    """
    changes = await _places(tx, wanted)
    changes += await _holidays(tx, wanted)
    changes += await _resources(tx, wanted, document, now, prune=prune)
    changes += await _links(tx, wanted, document, now, prune=prune)
    return changes


async def _places(tx: Tx, wanted: OrgConfig) -> list[Change]:
    there = {place.name for place in await organizations.locations(tx)}
    missing = [name for name in wanted.locations if name not in there]
    for name in missing:
        await organizations.add_location(tx, name, wanted.locations[name])
    return [Change("add", f"location {name}") for name in missing]


async def _holidays(tx: Tx, wanted: OrgConfig) -> list[Change]:
    now = await organizations.holiday_plan(tx)
    if set(now.countries) == set(wanted.holidays.countries) and set(now.days) == set(wanted.holidays.days):
        return []
    await resources.holidays_changed(tx)
    await organizations.set_holidays(tx, wanted.holidays)
    return [Change("change", "holidays")]


async def _resources(
    tx: Tx, wanted: OrgConfig, document: Document, now: datetime, *, prune: bool
) -> list[Change]:
    there = {resource.slug: resource for resource in await _all(tx)}
    by_email = {resource.email: resource for resource in there.values() if resource.email}
    changes: list[Change] = []
    known: dict[str, Resource] = {}
    for one in wanted.resources:
        found = by_email.get(one.draft.email.strip().lower()) if one.draft.email else there.get(one.slug)
        if found is None:
            # Rules and links may name what comes later in the file: they are said in a second pass.
            bare = replace(one.draft, slug=one.slug, availability_rules={}, parts=[], excludes=[])
            known[one.path] = await _said(document, one, resources.create(tx, bare, now))
            changes.append(Change("add", f"{_kind(one.draft)} {one.draft.title}"))
        else:
            known[one.path] = found
    added = {change.what for change in changes}
    for one in wanted.resources:
        directory = await resources.index(tx)
        before = resources.draft_of(await resources.get(tx, known[one.path].id), directory)
        after = resources.canonical(replace(one.draft, slug=one.draft.slug or before.slug), directory)
        different = _different(before, after)
        if different:
            await _said(document, one, resources.update(tx, known[one.path].id, different, now))
            named = f"{_kind(one.draft)} {one.draft.title}"
            if named not in added:
                changes.append(Change("change", named, tuple(sorted(different))))
    ours = {resource.id for resource in known.values()}
    for resource in there.values():
        if resource.id not in ours and resource.is_active:
            changes.append(Change("archive" if prune else "leave", f"{resource.title} (not in the file)"))
            if prune:
                await resources.archive(tx, resource.id, now)
    return changes


async def _links(
    tx: Tx, wanted: OrgConfig, document: Document, now: datetime, *, prune: bool
) -> list[Change]:
    there = {link.slug: link for link in await booking_links.listed(tx)}
    changes: list[Change] = []
    for path, draft in wanted.links:
        try:
            if draft.slug not in there:
                await booking_links.create(tx, draft, now)
                changes.append(Change("add", f"booking link {draft.title}"))
                continue
            different = _different(booking_links.draft_of(there[draft.slug]), draft)
            if different:
                await booking_links.change(tx, draft.slug, different, now)
                changes.append(Change("change", f"booking link {draft.title}", tuple(sorted(different))))
        except ValidationFailed as problem:
            raise document.misread(problem, path) from None
        except DomainError as refusal:
            raise ConfigError([(document.line_of(path), path, refusal.message)]) from None
    named = {draft.slug for _, draft in wanted.links}
    for slug, link in there.items():
        if slug not in named and link.is_active:
            changes.append(
                Change("archive" if prune else "leave", f"booking link {link.title} (not in the file)")
            )
            if prune:
                await booking_links.archive(tx, slug, now)
    return changes


async def _said(document: Document, one: ResourceConfig, doing: Any) -> Resource:
    """Do it; what is refused is said by its line."""
    try:
        done: Resource = await doing
    except ValidationFailed as problem:
        raise document.misread(problem, one.path) from None
    except DomainError as refusal:
        raise ConfigError([(document.line_of(one.path), one.path, refusal.message)]) from None
    return done


def _different(before: Draft | LinkDraft, after: Draft | LinkDraft) -> dict[str, Any]:
    """The fields that differ, with what they are to be. What the file does not say of money stays."""
    return {
        f.name: getattr(after, f.name)
        for f in fields(before)
        if getattr(before, f.name) != getattr(after, f.name)
        and not (f.name == "currency" and getattr(after, f.name) is None)
    }


def _kind(draft: Draft) -> str:
    return "appointment type" if draft.needs is not None else draft.type


async def _all(tx: Tx) -> list[Resource]:
    found: list[Resource] = []
    while True:
        page = await resources.listed(tx, after=found[-1].slug if found else "", limit=500)
        found += page
        if len(page) < 500:
            return found
