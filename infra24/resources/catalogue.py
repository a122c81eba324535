"""Create, read, update and archive resources."""

import copy
import re
import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import psycopg

from infra24 import organizations
from infra24.availability import Rules, contradictions, parse
from infra24.availability.json_reader import Problems, Reader, whole
from infra24.db import Tx
from infra24.errors import ValidationFailed
from infra24.events import record
from infra24.organizations import UnknownResource
from infra24.resources import events, queries
from infra24.resources.linking import link
from infra24.resources.meeting import wrong_template
from infra24.resources.model import (
    AS_THE_TYPE_SUGGESTS,
    Draft,
    Resource,
    ResourceChanged,
    ResourceExists,
    ResourceInUse,
)
from infra24.resources.needs import ResourceIndex, parse_needs, shown_needs
from infra24.resources.offers import hosts_named_in
from infra24.resources.questions import parse_questions

TYPES = ("space", "equipment", "person", "other")
MEETS = ("", "place", "phone", "link")
ROLES = ("owner", "admin", "staff", "host", "instructor", "resident_artist", "member", "public")
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
    directory = await queries.directory(tx)
    draft = normalize(draft)
    read = await _read(tx, draft, {}, directory)
    values = await _values(tx, draft)
    created = await queries.insert(tx, values)
    if created is None and draft.slug is None:
        for number in range(2, 100):
            created = await queries.insert(tx, {**values, "slug": f"{str(values['slug'])[:58]}-{number}"})
            if created is not None:
                break
    if created is None:
        raise ResourceExists()
    await queries.lock_with_dependents(tx, read.hosts)
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
    directory = await queries.directory(tx)
    draft = normalize(replace(draft_of(before, directory), **changes))
    read = await _read(tx, draft, before.availability_rules, directory, kept=before.needs)
    await queries.lock_with_dependents(tx, [resource_id, *read.hosts])
    if before.capacity is None and draft.capacity and await queries.has_coming_bookings(tx, resource_id, now):
        raise ResourceInUse()
    values = await _values(tx, replace(draft, slug=draft.slug or before.slug))
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
    await queries.bump_catalogue_version(tx)


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
    await queries.lock_catalogue(tx)


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


def draft_of(resource: Resource, directory: ResourceIndex) -> Draft:
    """What is said of a resource now, to change a part of it or to write it down."""
    return Draft(
        type=resource.type,
        title=resource.title,
        slug=resource.slug,
        description=resource.description,
        category=resource.category,
        email=resource.email,
        capacity=resource.capacity,
        price=resource.price,
        currency=resource.currency,
        location=resource.location,
        meeting_url=resource.meeting_url,
        requirements=resource.requirements,
        metadata=resource.metadata,
        availability_rules=resource.availability_rules,
        is_active=resource.is_active,
        is_bookable=resource.is_bookable,
        tags=resource.tags,
        layouts=resource.layouts,
        parts=resource.parts,
        excludes=resource.excludes,
        needs=None if resource.needs is None else shown_needs(resource.needs, directory),
        questions=resource.questions,
        prices=resource.prices,
        meets=resource.meets,
        layout=resource.layout,
    )


def canonical(draft: Draft, directory: ResourceIndex) -> Draft:
    """A draft as it would read once it was kept: to be compared with one that is."""
    problems: Problems = {}
    draft = normalize(draft)
    needs = None if draft.needs is None else parse_needs(problems, draft.needs, directory)
    questions = parse_questions(problems, draft.questions)
    if problems:
        return draft
    return replace(
        draft,
        needs=None if needs is None else shown_needs(needs, directory),
        questions=questions,
        parts=sorted(draft.parts),
        excludes=sorted(draft.excludes),
    )


async def index(tx: Tx) -> ResourceIndex:
    """Every resource as rules and needs may name it."""
    return await queries.directory(tx)


def slug_of(title: str) -> str:
    """A title as the last part of an address."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "resource"


def normalize(draft: Draft) -> Draft:
    """A draft as it is kept: e-mail in small letters, the capacity that its type suggests, no tag twice."""
    email = draft.email.strip().lower() if draft.email else None
    capacity = draft.capacity
    if capacity == AS_THE_TYPE_SUGGESTS:
        capacity = None if draft.type == "other" else 1
    return replace(
        draft,
        title=draft.title.strip(),
        email=email,
        capacity=capacity,
        tags=list(dict.fromkeys(tag.strip() for tag in draft.tags if tag.strip())),
        is_bookable=draft.type != "person" if draft.is_bookable is None else draft.is_bookable,
    )


@dataclass(frozen=True, slots=True)
class _ParsedDraft:
    """What a draft means: its rules, its hosts by id, its needs with ids."""

    rules: Rules
    hosts: list[UUID]
    needs: list[dict[str, Any]] | None


async def _read(
    tx: Tx,
    draft: Draft,
    former: dict[str, Any],
    directory: ResourceIndex,
    kept: list[dict[str, Any]] | None = None,
) -> _ParsedDraft:
    """Read a draft. Who the former rules named may stay in them, even if they have left.

    So may whatever those rules said, where nobody changes it.
    """
    organization = await organizations.get(tx)
    people = {k.email: k for k in directory if k.type == "person" and k.email}
    problems = _validate(draft)
    known = [email for email, person in people.items() if person.is_active] + hosts_named_in(former)
    try:
        rules = parse(draft.availability_rules, zone=organization.time_zone, people=known)
    except ValidationFailed as refused:
        problems |= {f"availability_rules.{path}": said for path, said in refused.errors.items()}
    else:
        told = contradictions(rules) if draft.availability_rules != former else {}
        problems |= {f"availability_rules.{path}": said for path, said in told.items()}
    needs = None if draft.needs is None else parse_needs(problems, draft.needs, directory)
    if needs is not None and not problems and rules.hosts:
        problems["availability_rules.windows"] = "an appointment type names its hosts in its needs"
    if needs is not None and "pooling" in draft.availability_rules and "pooling" not in former:
        said = "an appointment type says how its hosts are chosen in its needs: write pooling there"
        problems.setdefault("availability_rules.pooling", said)
    if kept is not None and needs is None:
        problems["needs"] = "an appointment type stays one: archive it and make another"
    if problems:
        raise ValidationFailed(problems)
    return _ParsedDraft(rules, [people[email].id for email in rules.hosts if email in people], needs)


def _validate(draft: Draft) -> Problems:
    """What is wrong with a draft whatever else there is in the organization."""
    problems: Problems = {}
    if draft.type not in TYPES:
        problems["type"] = f"{draft.type!r} is not a type of resource; known are {', '.join(TYPES)}"
    if not draft.title:
        problems["title"] = "give it a title"
    if (draft.type == "person") != (draft.email is not None):
        problems["email"] = "a person has an e-mail, and only a person"
    if draft.type == "person" and draft.capacity != 1:
        problems["capacity"] = "a person holds one booking at a time"
    wrong = wrong_template(draft.meeting_url)
    if wrong:
        problems["meeting_url"] = wrong
    _read_layouts(problems, draft)
    if draft.needs is None:
        for field in ("questions", "prices", "meets", "layout"):
            if getattr(draft, field):
                problems[field] = "belongs to an appointment type: say what it needs"
    else:
        _read_type(problems, draft)
    return problems


def _read_layouts(problems: Problems, draft: Draft) -> None:
    for name, minutes in draft.layouts.items():
        reader = Reader(problems, minutes, f"layouts.{name}")
        for key in ("setup", "teardown"):
            reader.take(key, whole(0, 1_440), 0)
        reader.finish(("setup", "teardown"))


def _read_type(problems: Problems, draft: Draft) -> None:
    """What is wrong with what only an appointment type has."""
    if draft.type != "other" or draft.capacity is not None:
        problems["type"] = "an appointment type is of type other and has no capacity of its own"
    if draft.meets not in MEETS:
        problems["meets"] = f"is one of {', '.join(name for name in MEETS if name)}"
    elif draft.meets == "link" and not draft.meeting_url:
        problems["meeting_url"] = "give the template of the meeting's link"
    for role, price in draft.prices.items():
        if role not in ROLES:
            problems[f"prices.{role}"] = f"is not a role; known are {', '.join(ROLES)}"
        elif isinstance(price, bool) or not isinstance(price, int) or not 0 <= price <= 10**12:
            problems[f"prices.{role}"] = "is an amount in minor units"
    parse_questions(problems, draft.questions)


async def _values(tx: Tx, draft: Draft) -> dict[str, object]:
    organization = await organizations.get(tx)
    location = None
    if draft.location is not None:
        location = await queries.location_id(tx, draft.location)
        if location is None:
            raise ValidationFailed({"location": f"{draft.location!r} is not a location of this organization"})
    return queries.values_of(
        tx,
        draft,
        slug=draft.slug or slug_of(draft.title),
        currency=draft.currency or organization.currency,
        location=location,
    )


async def _save_relations(tx: Tx, resource_id: UUID, draft: Draft, read: _ParsedDraft, now: datetime) -> None:
    """What follows from a draft: who its hosts are, what it needs, what it is linked to."""
    await queries.set_hosts(tx, resource_id, read.hosts)
    if read.needs is not None:
        problems: Problems = {}
        asked = replace(draft, questions=parse_questions(problems, draft.questions))
        await queries.set_type(tx, resource_id, asked, read.needs)
    await link(tx, resource_id, draft.parts, draft.excludes, await queries.directory(tx), now)
    await queries.bump_catalogue_version(tx)
