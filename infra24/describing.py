"""What the command line does with one organization: apply a file, write one, read ledger, zones and keys."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

import psycopg

from infra24 import bookings, clock, org_config, organizations, people, resources, round_robin
from infra24.app import open_database
from infra24.availability import Replay
from infra24.bookings import Shifted
from infra24.db import Tx
from infra24.errors import ValidationFailed
from infra24.org_config import Change, OrgConfig
from infra24.org_config.reading import Document
from infra24.organizations import UnknownOrganization
from infra24.owning import BY
from infra24.people import ApiKey
from infra24.round_robin import LedgerCheck
from infra24.server import Urls
from infra24.settings import Settings

_Done = TypeVar("_Done")
Tell = Callable[[str], None]
Ask = Callable[[Sequence[Change]], bool]


def make(
    settings: Settings,
    urls: Urls,
    document: Document,
    wanted: OrgConfig,
    tell: Tell,
    ask: Ask,
    *,
    prune: bool,
) -> tuple[bool, str | None]:
    """Print the plan, ask, and make it so. Whether anything was done, and the key of a new organization."""
    facts: dict[str, Any] = {
        "name": wanted.name,
        "time_zone": wanted.zone,
        "locale": wanted.locale,
        "currency": wanted.currency,
        "theme": wanted.theme,
    }
    try:
        organizations.check_facts(wanted.slug, wanted.zone, wanted.locale, wanted.currency)
    except ValidationFailed as problem:
        raise document.misread(problem) from None
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        org_id = organizations.id_of(owner, wanted.slug)
        if org_id is None:
            return _make_new(settings, urls, owner, document, wanted, tell, ask)
        return _change_one(settings, urls, owner, org_id, document, wanted, facts, tell, ask, prune=prune)


def _change_one(
    settings: Settings,
    urls: Urls,
    owner: psycopg.Connection[Any],
    org_id: UUID,
    document: Document,
    wanted: OrgConfig,
    facts: dict[str, Any],
    tell: Tell,
    ask: Ask,
    *,
    prune: bool,
) -> tuple[bool, str | None]:
    async def plan(tx: Tx) -> list[Change]:
        return await org_config.plan(tx, wanted, document, clock.now(), prune=prune)

    different = _facts_that_differ(owner, wanted.slug, facts)
    changes = [Change("change", "organization", different)] if different else []
    changes += _within(settings, urls, org_id, plan)
    for change in changes:
        tell(f"  {change}")
    if not [change for change in changes if change.verb != "leave"]:
        tell("Nothing to change.")
        return False, None
    if not ask(changes):
        return False, None

    async def act(tx: Tx) -> None:
        await org_config.apply(tx, wanted, document, clock.now(), prune=prune)

    _within(settings, urls, org_id, act)  # what can be refused comes first
    organizations.update(owner, wanted.slug, **facts)
    _within(settings, urls, org_id, resources.bump_catalogue_version)
    return True, None


def _make_new(
    settings: Settings,
    urls: Urls,
    owner: psycopg.Connection[Any],
    document: Document,
    wanted: OrgConfig,
    tell: Tell,
    ask: Ask,
) -> tuple[bool, str | None]:
    """A new organization: founded to see whether the file holds, and taken back if it does not."""
    facts: dict[str, Any] = {"locale": wanted.locale, "currency": wanted.currency, "theme": wanted.theme}
    org_id = organizations.create(owner, slug=wanted.slug, name=wanted.name, time_zone=wanted.zone, **facts)
    assert org_id is not None
    kept = False
    try:

        async def plan(tx: Tx) -> list[Change]:
            return await org_config.plan(tx, wanted, document, clock.now())

        tell(f"  + organization {wanted.name}")
        changes = _within(settings, urls, org_id, plan)
        for change in changes:
            tell(f"  {change}")
        if not ask(changes):
            return False, None

        async def act(tx: Tx) -> None:
            await org_config.apply(tx, wanted, document, clock.now())

        _within(settings, urls, org_id, act)
        kept = True
        return True, organizations.issue_key(owner, wanted.slug, "apply")
    finally:
        if not kept:
            organizations.delete(owner, wanted.slug)


def show(settings: Settings, urls: Urls, slug: str) -> str:
    """An organization as YAML. Raises UnknownOrganization."""

    async def act(tx: Tx) -> str:
        return org_config.to_yaml(await org_config.show(tx))

    return _within(settings, urls, _needed(urls, slug), act)


def fairness(
    settings: Settings, urls: Urls, slug: str, offer: str, weights: str
) -> tuple[LedgerCheck, Replay | None]:
    """The ledger of an offer added up, and with other weights (by e-mail) if some are given."""

    async def act(tx: Tx) -> tuple[LedgerCheck, Replay | None]:
        resource = await resources.get_by_slug(tx, offer)
        audit = await round_robin.audit(tx, resource.id)
        if not weights:
            return audit, None
        hosts = {known.email: known.id for known in await resources.index(tx) if known.email}
        return audit, round_robin.simulate_weights(audit, round_robin.read_weights(weights, hosts))

    return _within(settings, urls, _needed(urls, slug), act)


def shifted(settings: Settings, urls: Urls, slug: str) -> list[Shifted]:
    """The bookings to come that a change of a zone's law has moved."""

    async def act(tx: Tx) -> list[Shifted]:
        return await bookings.shifted_by_law(tx, clock.now())

    return _within(settings, urls, _needed(urls, slug), act)


def keys(settings: Settings, urls: Urls, slug: str) -> list[ApiKey]:
    """The API keys of an organization, newest first, the revoked last."""
    return _within(settings, urls, _needed(urls, slug), people.keys.listed)


def revoke_key(settings: Settings, urls: Urls, slug: str, key: str) -> None:
    """From now on a key opens nothing. Raises UnknownOrganization and UnknownKey."""

    async def act(tx: Tx) -> None:
        await people.keys.revoke(tx, key_id, clock.now())

    try:
        key_id = UUID(key)
    except ValueError:
        raise people.keys.UnknownKey() from None
    _within(settings, urls, _needed(urls, slug), act)


def _within(settings: Settings, urls: Urls, org_id: UUID, act: Callable[[Tx], Awaitable[_Done]]) -> _Done:
    """Do something in one transaction of one organization."""

    async def main() -> _Done:
        database = open_database(settings, urls.app)
        await database.open()
        try:
            async with database.transaction(org_id, BY) as tx:
                return await act(tx)
        finally:
            await database.close()

    return asyncio.run(main())


def _needed(urls: Urls, slug: str) -> UUID:
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        found = organizations.id_of(owner, slug)
    if found is None:
        raise UnknownOrganization()
    return found


def _facts_that_differ(
    owner: psycopg.Connection[Any], slug: str, facts: dict[str, object]
) -> tuple[str, ...]:
    now = organizations.facts_of(owner, slug)
    return tuple(name for name, wanted in facts.items() if now[name] != wanted)
