"""Create, read, update and archive resources."""

import copy
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import psycopg

from infra24.availability.json_reader import Problems
from infra24.db import Tx
from infra24.events import record
from infra24.organizations import UnknownResource
from infra24.resources import catalogue_queries, events, queries
from infra24.resources.drafts import ParsedDraft, draft_of, normalize, parse_draft, row_values
from infra24.resources.linking import link
from infra24.resources.model import (
    Draft,
    Resource,
    ResourceChanged,
    ResourceExists,
    ResourceInUse,
)
from infra24.resources.needs import ResourceIndex
from infra24.resources.questions import parse_questions

_Seen = TypeVar("_Seen")


async def get(tx: Tx, resource_id: UUID) -> Resource:
    """One resource, archived or not. Raises UnknownResource."""
    resource = await queries.get(tx, resource_id)
    if resource is None:
        raise UnknownResource()
    return resource


async def several(tx: Tx, resource_ids: Sequence[UUID]) -> list[Resource]:
    """These resources, in this order and in one statement."""
    return await queries.several(tx, resource_ids)


async def get_by_slug(tx: Tx, slug: str) -> Resource:
    """One resource by slug or id. Raises UnknownResource."""
    return await get(tx, await id_of(tx, slug))


async def id_of(tx: Tx, named: str) -> UUID:
    """The id of a resource that is named by slug or id; an id is taken at its word.

    Raises UnknownResource where there is no such slug.
    """
    try:
        return UUID(named)
    except ValueError:
        found = await queries.id_of_slug(tx, named)
    if found is None:
        raise UnknownResource()
    return found


async def page(
    tx: Tx, *, bookable: bool, types: bool = False, after: str = "", limit: int = 100
) -> list[Resource]:
    """Resources by slug, a page at a time: what a visitor can book, or all; only appointment types."""
    return await queries.listed(tx, bookable=bookable, after=after, limit=limit, types=types)


async def listed(tx: Tx, *, after: str = "", limit: int = 100) -> list[Resource]:
    """All resources by slug, a page at a time."""
    return await page(tx, bookable=False, after=after, limit=limit)


async def bookable(tx: Tx, *, after: str = "", limit: int = 100) -> list[Resource]:
    """What a visitor can book, by slug."""
    return await page(tx, bookable=True, after=after, limit=limit)


async def create(tx: Tx, draft: Draft, now: datetime) -> Resource:
    """A new resource. Raises ValidationFailed (a path and a sentence each), ResourceExists or PartsInUse."""
    await _begin_edit(tx)
    directory = await queries.references(tx)
    draft = normalize(draft)
    read = await parse_draft(tx, draft, {}, directory)
    values = await row_values(tx, draft)
    created = await queries.insert(tx, values)
    if created is None and draft.slug is None:
        for number in range(2, 100):
            created = await queries.insert(tx, {**values, "slug": f"{str(values['slug'])[:58]}-{number}"})
            if created is not None:
                break
    if created is None:
        raise ResourceExists()
    await catalogue_queries.lock_with_dependents(tx, read.hosts)
    await _save_relations(tx, created, draft, read, now)
    record(tx, events.CREATED, created, {"title": draft.title, "type": draft.type}, now)
    return await get(tx, created)


async def update(tx: Tx, resource_id: UUID, changes: Mapping[str, Any], now: datetime) -> Resource:
    """Change parts of what is said of a resource (fields of Draft). Refuses as `create` does.

    Rules may still name people who have left and were in them before. A person's new e-mail is written
    into the rules that name them. Raises ResourceInUse where bookings to come would not count.
    """
    await _begin_edit(tx)
    before = await get(tx, resource_id)
    directory = await queries.references(tx)
    draft = normalize(replace(draft_of(before, directory), **changes))
    read = await parse_draft(tx, draft, before.availability_rules, directory, kept=before.needs)
    await catalogue_queries.lock_with_dependents(tx, [resource_id, *read.hosts])
    if before.capacity is None and draft.capacity and await queries.has_coming_bookings(tx, resource_id, now):
        raise ResourceInUse()
    values = await row_values(tx, replace(draft, slug=draft.slug or before.slug))
    try:
        async with tx.savepoint():
            await queries.update_row(tx, resource_id, values)
    except psycopg.errors.UniqueViolation:
        raise ResourceExists() from None
    if before.email and draft.email and before.email != draft.email:
        await _rename_host(tx, before.email, draft.email)
    await _save_relations(tx, resource_id, draft, read, now)
    record(tx, events.UPDATED, resource_id, {"title": draft.title, "type": draft.type}, now)
    return await get(tx, resource_id)


async def holidays_changed(tx: Tx) -> None:
    """The organization's holidays are others now: every offer is read again."""
    await _begin_edit(tx)
    await catalogue_queries.bump_catalogue_version(tx)


async def preview(
    tx: Tx, change: Callable[[], Awaitable[Any]], look: Callable[[], Awaitable[_Seen]]
) -> _Seen:
    """What one would see if a change were made: it is made, looked at, and undone."""
    seen: list[_Seen] = []
    try:
        async with tx.savepoint():
            await change()
            seen.append(await look())
            raise _Undone
    except _Undone:
        pass
    return seen[0]


class _Undone(Exception):
    """The change was only to be looked at."""


async def _begin_edit(tx: Tx) -> None:
    tx.remembers = False
    await catalogue_queries.lock_catalogue(tx)


async def _rename_host(tx: Tx, former: str, email: str) -> None:
    """Write a person's new e-mail into every rule that names them."""

    def renamed(named: str) -> str:
        return email if named.strip().lower() == former else named

    for id_, document in await queries.rules_naming(tx, former):
        rules = copy.deepcopy(document)
        for item in (*rules.get("windows", ()), *rules.get("hosts", ()), *rules.get("overrides", ())):
            for key in ("host", "colleague"):
                if item.get(key):
                    item[key] = renamed(item[key])
        if rules.get("fixed_host"):
            rules["fixed_host"] = renamed(rules["fixed_host"])
        await queries.set_rules(tx, id_, rules)


async def archive(tx: Tx, resource_id: UUID, now: datetime) -> Resource:
    """Take a resource out of use. Its bookings stay; nothing new can be booked."""
    return await update(tx, resource_id, {"is_active": False}, now)


async def restore(tx: Tx, resource_id: UUID, now: datetime) -> Resource:
    """Take an archived resource into use again. Refuses as `update` does: what its rules name may be gone."""
    return await update(tx, resource_id, {"is_active": True}, now)


async def update_if_version(
    tx: Tx, resource_id: UUID, version: int, changes: Mapping[str, Any], now: datetime
) -> Resource:
    """As `update`, by whoever saw this version. Raises ResourceChanged when another edit came first."""
    await _begin_edit(tx)
    if (await get(tx, resource_id)).version != version:
        raise ResourceChanged()
    return await update(tx, resource_id, changes, now)


async def index(tx: Tx) -> ResourceIndex:
    """Every resource as rules and needs may name it."""
    return await queries.references(tx)


async def _save_relations(tx: Tx, resource_id: UUID, draft: Draft, read: ParsedDraft, now: datetime) -> None:
    """What follows from a draft: who its hosts are, what it needs, what it is linked to."""
    await queries.set_hosts(tx, resource_id, read.hosts)
    if read.needs is not None:
        problems: Problems = {}
        asked = replace(draft, questions=parse_questions(problems, draft.questions))
        await queries.set_type(tx, resource_id, asked, read.needs)
    await link(tx, resource_id, draft.parts, draft.excludes, await queries.references(tx), now)
    await catalogue_queries.bump_catalogue_version(tx)
