"""Create, change and use booking links."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from infra24 import resources
from infra24.availability import Pooling
from infra24.availability.json_reader import Problems, shown
from infra24.booking_links import events, queries
from infra24.booking_links.model import KINDS, BookingLink, LinkDraft, LinkExists, LinkOver, UnknownLink
from infra24.db import Database, Tx
from infra24.errors import Message, ValidationFailed
from infra24.events import record
from infra24.resources import HostPreference, ResourceRef

_ORIGIN = re.compile(r"https?://[a-z0-9.-]{1,253}(:[0-9]{1,5})?")
_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


async def get(tx: Tx, slug: str) -> BookingLink:
    """One link by slug or id, whatever its state. Raises UnknownLink."""
    found = await queries.get(tx, slug)
    if found is None:
        raise UnknownLink()
    return found


async def get_by_id(tx: Tx, link_id: UUID | None) -> BookingLink | None:
    """The link by which a booking came, if by one."""
    return await queries.get(tx, str(link_id)) if link_id else None


async def listed(tx: Tx) -> list[BookingLink]:
    """All links of the organization, by slug."""
    return await queries.listed(tx)


async def create(tx: Tx, draft: LinkDraft, now: datetime) -> BookingLink:
    """A new link. Raises ValidationFailed (a path and a sentence each) and LinkExists."""
    offers, hosts = await _read(tx, draft)
    created = await queries.insert(tx, draft)
    if created is None:
        raise LinkExists()
    await queries.set_offers(tx, created, offers, hosts)
    record(tx, events.CREATED, created, {"slug": draft.slug, "kind": draft.kind}, now)
    return await get(tx, str(created))


async def change(tx: Tx, slug: str, changes: Mapping[str, Any], now: datetime) -> BookingLink:
    """Change parts of a link (fields of LinkDraft). Refuses as `create` does, and with UnknownLink."""
    before = await get(tx, slug)
    draft = replace(draft_of(before), **changes)
    offers, hosts = await _read(tx, draft)
    if draft.max_uses is not None and draft.max_uses < before.uses:
        raise ValidationFailed({"max_uses": Message("was used %(uses)s times already", uses=before.uses)})
    try:
        async with tx.savepoint():
            await queries.rewrite(tx, before.id, draft)
    except psycopg.errors.UniqueViolation:
        raise LinkExists() from None
    await queries.set_offers(tx, before.id, offers, hosts)
    record(tx, events.UPDATED, before.id, {"slug": draft.slug, "kind": draft.kind}, now)
    return await get(tx, str(before.id))


async def archive(tx: Tx, slug: str, now: datetime) -> BookingLink:
    """Take a link out of use, whatever has become of its offers and hosts; its bookings stay."""
    before = await get(tx, slug)
    await queries.rewrite(tx, before.id, replace(draft_of(before), is_active=False))
    record(tx, events.UPDATED, before.id, {"slug": before.slug, "kind": before.kind}, now)
    return await get(tx, str(before.id))


def draft_of(link: BookingLink) -> LinkDraft:
    """What is said of a link now."""
    return LinkDraft(
        link.slug,
        link.kind,
        link.title,
        [slug for _, slug, _ in link.offers],
        [email for _, email, _ in link.hosts],
        link.description,
        link.theme,
        link.expires_at,
        link.max_uses,
        link.is_private,
        link.is_active,
        link.sites,
    )


def check_open(link: BookingLink, now: datetime) -> None:
    """Raises UnknownLink when it is out of use, LinkOver when it expired or is used up."""
    if not link.is_active:
        raise UnknownLink()
    if (link.expires_at and link.expires_at <= now) or (link.max_uses and link.uses >= link.max_uses):
        raise LinkOver()


def choice_of(link: BookingLink, staff_id: UUID | None = None) -> HostPreference:
    """Whom a booking by this link is with: its hosts in its way, or the one of a team who was asked for.

    Raises ValidationFailed for a host whom the link does not let one ask for.
    """
    hosts = tuple(id_ for id_, _, _ in link.hosts)
    if staff_id is not None and link.kind not in ("individual", "team"):
        raise ValidationFailed({"staff_id": Message("hosts are given by the link; leave it out")})
    if staff_id is not None and hosts and staff_id not in hosts:
        raise ValidationFailed({"staff_id": Message("is not a host of this link")})
    if link.kind in ("individual", "team"):
        if staff_id is not None:
            return HostPreference((staff_id,))
        return HostPreference(hosts, Pooling.ANY if len(hosts) != 1 else None)
    return HostPreference(hosts, Pooling(link.kind))


async def org_of_link(database: Database, slug: str) -> UUID:
    """The organization that a link's slug names, when only one has it. Raises UnknownLink."""
    async with database.connection() as connection:
        found = await queries.org_of_link(connection, slug)
    if found is None:
        raise UnknownLink()
    return found


async def _read(tx: Tx, draft: LinkDraft) -> tuple[list[UUID], list[UUID]]:
    """The ids of a draft's offers and hosts. Raises ValidationFailed."""
    problems = _plainly_wrong(draft)
    directory = await resources.index(tx)
    people = {known.email: known for known in directory if known.email}
    hosts = _named(problems, "hosts", [email.strip().lower() for email in draft.hosts], people)
    offers = _named(problems, "offers", draft.offers, {known.slug: known for known in directory})
    for number, known in offers.items():
        await _check_offer(tx, problems, f"offers[{number}]", known, draft, hosts)
    if problems:
        raise ValidationFailed(problems)
    return [known.id for known in offers.values()], [known.id for known in hosts.values()]


def _named(
    problems: Problems, key: str, names: Sequence[str], there: Mapping[str, ResourceRef]
) -> dict[int, ResourceRef]:
    """What is named, each once, by its place in the list."""
    found: dict[int, ResourceRef] = {}
    for number, name in enumerate(names):
        known = there.get(name)
        if known is None:
            no_person = Message("%(value)s is not a person of this organization", value=shown(name))
            no_offer = Message("%(value)s is not an offer of this organization", value=shown(name))
            problems[f"{key}[{number}]"] = no_person if key == "hosts" else no_offer
        elif known in found.values():
            problems[f"{key}[{number}]"] = Message("%(value)s is named twice", value=shown(name))
        else:
            found[number] = known
    return found


async def _check_offer(
    tx: Tx,
    problems: Problems,
    path: str,
    known: ResourceRef,
    draft: LinkDraft,
    hosts: Mapping[int, ResourceRef],
) -> None:
    """Whether an offer can be had by such a link."""
    if not known.is_bookable:
        problems[path] = Message("%(title)s cannot be booked by visitors", title=known.title)
        return
    offer = await resources.offer(tx, known.id)
    there = {host.id for host in offer.hosts}
    if not there:
        if draft.kind != "team":
            problems[path] = Message(
                "%(title)s has no hosts: let the visitor choose (kind team)", title=known.title
            )
        return
    _check_count(problems, path, draft, offer)
    for number, host in hosts.items():
        if host.id not in there:
            problems[f"hosts[{number}]"] = Message("does not host %(title)s", title=known.title)


def _check_count(problems: Problems, path: str, draft: LinkDraft, offer: resources.Offer) -> None:
    """Whether a link of this kind, with these hosts, can give as many as an offer needs."""
    assert offer.staff is not None
    pool, title = offer.pools[offer.staff], offer.resource.title
    everyone = pool.pooling is Pooling.COLLECTIVE
    if draft.kind in ("individual", "team") and (everyone or pool.count > 1):
        problems[path] = Message(
            "%(title)s needs several hosts: let them take turns (round_robin) or host together (collective)",
            title=title,
        )
    elif everyone and (draft.kind != "collective" or draft.hosts):
        problems[path] = Message(
            "%(title)s needs all of its hosts: choose all hosts together (collective), and no host here",
            title=title,
        )
    elif draft.hosts and len(draft.hosts) < pool.count:
        problems[path] = Message(
            "%(title)s needs %(count)s hosts: choose as many", title=title, count=pool.count
        )


def _plainly_wrong(draft: LinkDraft) -> Problems:
    problems: Problems = {}
    if not _SLUG.fullmatch(draft.slug):
        problems["slug"] = Message("must contain only lowercase letters, digits and hyphens")
    if draft.kind not in KINDS:
        problems["kind"] = Message("must be one of %(known)s", known=", ".join(KINDS))
    if not draft.title.strip():
        problems["title"] = Message("give it a title")
    if not draft.offers:
        problems["offers"] = Message("name at least one offer")
    if draft.kind == "individual" and len(draft.hosts) != 1:
        problems["hosts"] = Message("an individual link is for one host")
    if draft.max_uses is not None and draft.max_uses < 1:
        problems["max_uses"] = Message("must be at least 1")
    for number, site in enumerate(draft.sites):
        if not _ORIGIN.fullmatch(site):
            problems[f"sites[{number}]"] = Message("must be an origin, such as https://www.example.org")
    _read_theme(problems, draft)
    return problems


def _read_theme(problems: Problems, draft: LinkDraft) -> None:
    seed = draft.theme.get("seed")
    if seed is not None and not re.fullmatch(r"#[0-9a-fA-F]{6}", str(seed)):
        problems["theme.seed"] = Message("must be a colour, such as #1f6f54")
    name = draft.theme.get("name", "")
    if not isinstance(name, str) or len(name) > 100:
        problems["theme.name"] = Message("must be a text of at most %(most)s characters", most=100)
    if set(draft.theme) - {"seed", "radius", "name"}:
        problems["theme"] = Message("has an unknown key; use only seed, radius and name")
    radius = draft.theme.get("radius", 0)
    if isinstance(radius, bool) or not isinstance(radius, int) or not 0 <= radius <= 40:
        problems["theme.radius"] = Message("must be a number of pixels from 0 to 40")
