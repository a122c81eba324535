"""Commands about an organization as a file: apply one, write one."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import psycopg
import typer

from infra24 import clock, org_config, organizations, resources
from infra24.commands.database import in_organization, organization_named
from infra24.commands.terminal import bring_up_to_date, console, opened, read_settings, say
from infra24.db import Tx
from infra24.errors import Conflict, Invalid, ValidationFailed, operator_text
from infra24.org_config import Change, ConfigError, OrgConfig
from infra24.org_config.reading import Document
from infra24.server import Urls
from infra24.settings import Settings

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
            done, key = _Application(settings, urls, document, wanted, asked, prune).run()
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
        lines = (f"{file}:{line}: {path}: {problem}" for line, path, problem in wrong.wrong)
        raise WrongFile(operator_text("\n".join(lines))) from None
    except (Invalid, Conflict) as wrong:
        raise WrongFile(operator_text(f"{file}: {wrong.message}")) from None


@dataclass(frozen=True, slots=True)
class _Application:
    """A file about to be applied: where, what it wants, who is asked, whether what it omits is archived."""

    settings: Settings
    urls: Urls
    document: Document
    wanted: OrgConfig
    ask: Ask
    prune: bool

    def run(self) -> tuple[bool, str | None]:
        """Print the plan, ask, apply it. Whether anything was done, and the key of a new organization."""
        wanted = self.wanted
        try:
            organizations.check_facts(wanted.slug, wanted.zone, wanted.locale, wanted.currency)
        except ValidationFailed as problem:
            raise self.document.misread(problem) from None
        with psycopg.connect(self.urls.owner, autocommit=True) as owner:
            org_id = organizations.id_of(owner, wanted.slug)
            return self._create(owner) if org_id is None else (self._update(owner, org_id), None)

    def _create(self, owner: psycopg.Connection[Any]) -> tuple[bool, str | None]:
        """A new organization: founded to see whether the file holds, and taken back if it does not."""
        slug, name = self.wanted.slug, self.wanted.name
        more = {key: fact for key, fact in self._facts().items() if key not in ("name", "time_zone")}
        org_id = organizations.create(owner, slug=slug, name=name, time_zone=self.wanted.zone, **more)
        assert org_id is not None
        kept = False
        try:
            say(f"  + organization {name}")
            changes = self._plan(org_id)
            _print(changes)
            if not self.ask(changes):
                return False, None
            in_organization(self.settings, self.urls, org_id, self._apply)
            kept = True
            return True, organizations.issue_key(owner, slug, "apply")
        finally:
            if not kept:
                organizations.delete(owner, slug)

    def _update(self, owner: psycopg.Connection[Any], org_id: UUID) -> bool:
        """An organization that is there. Whether anything was done."""
        facts, now = self._facts(), organizations.facts_of(owner, self.wanted.slug)
        different = tuple(name for name, fact in facts.items() if now[name] != fact)
        changes = [Change("change", "organization", different)] if different else []
        changes += self._plan(org_id)
        _print(changes)
        if all(change.verb == "leave" for change in changes):
            say("Nothing to change.")
            return False
        if not self.ask(changes):
            return False
        in_organization(self.settings, self.urls, org_id, self._apply)  # what can be refused comes first
        organizations.update(owner, self.wanted.slug, **facts)
        in_organization(self.settings, self.urls, org_id, resources.bump_catalogue_version)
        return True

    def _plan(self, org_id: UUID) -> list[Change]:
        async def plan(tx: Tx) -> list[Change]:
            return await org_config.plan(tx, self.wanted, self.document, clock.now(), prune=self.prune)

        return in_organization(self.settings, self.urls, org_id, plan)

    async def _apply(self, tx: Tx) -> None:
        await org_config.apply(tx, self.wanted, self.document, clock.now(), prune=self.prune)

    def _facts(self) -> dict[str, Any]:
        wanted = self.wanted
        return {
            "name": wanted.name,
            "time_zone": wanted.zone,
            "locale": wanted.locale,
            "currency": wanted.currency,
            "theme": wanted.theme,
        }


def _print(changes: Sequence[Change]) -> None:
    for change in changes:
        say(f"  {change}")
