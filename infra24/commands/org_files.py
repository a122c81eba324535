"""Commands about an organization as a file: apply one, write one."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import psycopg
import typer

from infra24 import clock, org_config, organizations, resources
from infra24.commands.database import in_organization, organization_named
from infra24.commands.terminal import bring_up_to_date, console, opened, read_settings, say
from infra24.db import Tx
from infra24.errors import Conflict, Invalid, ValidationFailed
from infra24.org_config import Change, ConfigError, OrgConfig
from infra24.org_config.reading import Document
from infra24.server import Urls
from infra24.settings import Settings

Tell = Callable[[str], None]
Ask = Callable[[Sequence[Change]], bool]


class WrongFile(Invalid):
    """The file does not describe an organization that can be made."""


def apply_file(
    file: Annotated[Path, typer.Argument(help="The organization, as YAML.", exists=True, dir_okay=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    prune: Annotated[bool, typer.Option(help="Archive what the file does not name.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Only say what would change.")] = False,
) -> None:
    """Create or update an organization from a YAML file. Prints the plan before anything changes."""
    settings = read_settings()
    with _named(file):
        document = org_config.read_file(file)
        wanted = org_config.describe(document)
    with opened(settings) as urls:
        bring_up_to_date(urls)
        asked = _ask if not (yes or plan) else (lambda _: yes and not plan)
        with _named(file):
            done, key = _apply(settings, urls, document, wanted, say, asked, prune=prune)
    if key:
        console.print(f"Created [bold]{wanted.slug}[/]. Its key, shown this once:")
        console.print(key, soft_wrap=True)
    if done:
        console.print("Done.")


def show(slug: Annotated[str, typer.Argument(help="The organization.")]) -> None:
    """Print an organization as a YAML file that `apply` can read."""
    settings = read_settings()

    async def described(tx: Tx) -> str:
        return org_config.to_yaml(await org_config.show(tx))

    with opened(settings) as urls:
        text = in_organization(settings, urls, organization_named(urls, slug), described)
    sys.stdout.write(text)


def _ask(changes: object) -> bool:
    return typer.confirm("Change this?")


@contextmanager
def _named(file: Path) -> Iterator[None]:
    """What is wrong with a file is said with the file's name, and each line of it with its number."""
    try:
        yield
    except ConfigError as wrong:
        lines = (f"{file}:{line}: {path}: {said}" for line, path, said in wrong.wrong)
        raise WrongFile("\n".join(lines)) from None
    except (Invalid, Conflict) as wrong:
        raise WrongFile(f"{file}: {wrong.message}") from None


def _apply(
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
    changes += in_organization(settings, urls, org_id, plan)
    for change in changes:
        tell(f"  {change}")
    if not [change for change in changes if change.verb != "leave"]:
        tell("Nothing to change.")
        return False, None
    if not ask(changes):
        return False, None

    async def act(tx: Tx) -> None:
        await org_config.apply(tx, wanted, document, clock.now(), prune=prune)

    in_organization(settings, urls, org_id, act)  # what can be refused comes first
    organizations.update(owner, wanted.slug, **facts)
    in_organization(settings, urls, org_id, resources.bump_catalogue_version)
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
        changes = in_organization(settings, urls, org_id, plan)
        for change in changes:
            tell(f"  {change}")
        if not ask(changes):
            return False, None

        async def act(tx: Tx) -> None:
            await org_config.apply(tx, wanted, document, clock.now())

        in_organization(settings, urls, org_id, act)
        kept = True
        return True, organizations.issue_key(owner, wanted.slug, "apply")
    finally:
        if not kept:
            organizations.delete(owner, wanted.slug)


def _facts_that_differ(
    owner: psycopg.Connection[Any], slug: str, facts: dict[str, object]
) -> tuple[str, ...]:
    now = organizations.facts_of(owner, slug)
    return tuple(name for name, wanted in facts.items() if now[name] != wanted)
