"""Create, read, update and archive resources."""

import copy
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from infra24 import events, organizations
from infra24.availability import Rules, parse
from infra24.db import Tx
from infra24.errors import Problem
from infra24.organizations import UnknownResource
from infra24.resources import queries
from infra24.resources.meeting import wrong_template
from infra24.resources.model import AS_THE_TYPE_SUGGESTS, Draft, Resource, ResourceExists, ResourceInUse
from infra24.resources.offers import named_hosts

TYPES = ("space", "equipment", "person", "other")


async def get(tx: Tx, resource_id: UUID) -> Resource:
    """One resource, archived or not. Refuses with UnknownResource."""
    resource = await queries.get(tx, resource_id)
    if resource is None:
        raise UnknownResource()
    return resource


async def get_by_slug(tx: Tx, slug: str) -> Resource:
    """One resource by slug or id. Refuses with UnknownResource."""
    found = await queries.id_of_slug(tx, slug)
    if found is None:
        try:
            found = UUID(slug)
        except ValueError:
            raise UnknownResource() from None
    return await get(tx, found)


async def listed(tx: Tx, *, after: str = "", limit: int = 100) -> list[Resource]:
    """All resources by slug, a page at a time."""
    return await queries.listed(tx, bookable=False, after=after, limit=limit)


async def bookable(tx: Tx, *, after: str = "", limit: int = 100) -> list[Resource]:
    """What a visitor can book, by slug."""
    return await queries.listed(tx, bookable=True, after=after, limit=limit)


async def create(tx: Tx, draft: Draft, now: datetime) -> Resource:
    """A new resource. Refuses with Problem (a path and a sentence each) or ResourceExists."""
    tx.remembers = False
    await queries.one_edit_at_a_time(tx)
    draft = _tidy(draft)
    rules, hosts = await _read_rules(tx, draft, {})
    values = await _values(tx, draft)
    created = await queries.insert(tx, values)
    if created is None and draft.slug is None:
        for number in range(2, 100):
            created = await queries.insert(tx, {**values, "slug": f"{str(values['slug'])[:58]}-{number}"})
            if created is not None:
                break
    if created is None:
        raise ResourceExists()
    await queries.lock_family(tx, hosts)
    await _settle(tx, created, rules, hosts)
    events.record(tx, "resource.created", created, {"title": draft.title, "type": draft.type}, now)
    return await get(tx, created)


async def update(tx: Tx, resource_id: UUID, changes: Mapping[str, Any], now: datetime) -> Resource:
    """Change parts of what is said of a resource (fields of Draft). Refuses as `create` does.

    Rules may still name people who have left and were in them before. A person's new e-mail is written
    into the rules that name them. Refuses with ResourceInUse where bookings to come would not count.
    """
    tx.remembers = False
    await queries.one_edit_at_a_time(tx)
    before = await get(tx, resource_id)
    draft = _tidy(replace(draft_of(before), **changes))
    rules, hosts = await _read_rules(tx, draft, before.availability_rules)
    await queries.lock_family(tx, [resource_id, *hosts])
    if before.capacity is None and draft.capacity and await queries.has_coming_bookings(tx, resource_id, now):
        raise ResourceInUse()
    values = await _values(tx, replace(draft, slug=draft.slug or before.slug))
    try:
        async with tx.attempt():
            await queries.rewrite(tx, resource_id, values)
    except psycopg.errors.UniqueViolation:
        raise ResourceExists() from None
    if before.email and draft.email and before.email != draft.email:
        await _rename_host(tx, resource_id, before.email, draft.email)
    await _settle(tx, resource_id, rules, hosts)
    await queries.touch_offers_of_host(tx, resource_id)
    events.record(tx, "resource.updated", resource_id, {"title": draft.title, "type": draft.type}, now)
    return await get(tx, resource_id)


async def _rename_host(tx: Tx, host_id: UUID, former: str, email: str) -> None:
    """Write a person's new e-mail into every rule that names them."""

    def renamed(named: str) -> str:
        return email if named.strip().lower() == former else named

    for offer_id, document in await queries.offers_naming(tx, host_id):
        rules = copy.deepcopy(document)
        for item in (*rules.get("windows", ()), *rules.get("hosts", ())):
            if "host" in item:
                item["host"] = renamed(item["host"])
        if "fixed_host" in rules:
            rules["fixed_host"] = renamed(rules["fixed_host"])
        await queries.set_rules(tx, offer_id, rules)


async def archive(tx: Tx, resource_id: UUID, now: datetime) -> Resource:
    """Take a resource out of use. Its bookings stay; nothing new can be booked."""
    return await update(tx, resource_id, {"is_active": False}, now)


def draft_of(resource: Resource) -> Draft:
    """What is said of a resource now, to change a part of it."""
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
    )


def slug_of(title: str) -> str:
    """A title as the last part of an address."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "resource"


def _tidy(draft: Draft) -> Draft:
    email = draft.email.strip().lower() if draft.email else None
    capacity = draft.capacity
    if capacity == AS_THE_TYPE_SUGGESTS:
        capacity = None if draft.type == "other" else 1
    return replace(draft, title=draft.title.strip(), email=email, capacity=capacity)


async def _read_rules(tx: Tx, draft: Draft, former: dict[str, Any]) -> tuple[Rules, list[UUID]]:
    """Read a draft's rules. Who the former rules named may stay in them, even if they have left."""
    organization = await organizations.get(tx)
    people = await queries.people(tx)
    problems: dict[str, str] = {}
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
    known = [email for email, (_, active) in people.items() if active] + named_hosts(former)
    try:
        rules = parse(draft.availability_rules, zone=organization.time_zone, people=known)
    except Problem as refused:
        problems |= {f"availability_rules.{path}": said for path, said in refused.problems.items()}
    if problems:
        raise Problem(problems)
    return rules, [people[email][0] for email in rules.hosts if email in people]


async def _values(tx: Tx, draft: Draft) -> dict[str, object]:
    organization = await organizations.get(tx)
    location = None
    if draft.location is not None:
        location = await queries.location_id(tx, draft.location)
        if location is None:
            raise Problem({"location": f"{draft.location!r} is not a location of this organization"})
    return queries.values_of(
        tx,
        draft,
        slug=draft.slug or slug_of(draft.title),
        currency=draft.currency or organization.currency,
        location=location,
    )


async def _settle(tx: Tx, resource_id: UUID, rules: Rules, hosts: list[UUID]) -> None:
    """What follows from the rules: who the hosts are, and how long a claim on each may be."""
    await queries.set_hosts(tx, resource_id, hosts)
    longest = timedelta(minutes=rules.longest_minutes)
    await queries.lengthen(tx, sorted([resource_id, *hosts]), longest)
