"""The command that deletes an organization: asks for its name, exports it, deletes it, and says what went."""

from pathlib import Path

import psycopg
import typer
from rich.table import Table

from infra24 import clock
from infra24.commands.terminal import console, opened, read_settings
from infra24.errors import Invalid
from infra24.organizations import UnknownOrganization, deletion, id_of
from infra24.organizations.export import export


class NotItsName(Invalid):
    """That is not the organization's slug. Nothing was deleted."""


def delete_organization(slug: str, yes: str = "", to: Path | None = None) -> None:
    """Delete an organization and all that is kept of it, after an export into a file.

    Its name is typed again, or given as `yes`. Raises UnknownOrganization, NotItsName, and
    Conflict where something changes meanwhile that keeps it from going.
    """
    settings, at = read_settings(), clock.now()
    file = to or settings.data_dir / "exports" / f"{slug}-{at:%Y%m%dT%H%M%SZ}.jsonl"
    with opened(settings) as urls, psycopg.connect(urls.owner, autocommit=True) as owner:
        org_id = id_of(owner, slug)
        if org_id is None:
            raise UnknownOrganization()
        if (yes or typer.prompt(f"This permanently deletes {slug}. Type {slug} to confirm")) != slug:
            raise NotItsName()
        exported = export(owner, org_id, file)
        console.print(f"Everything of {slug} is in {file}.", soft_wrap=True)
        gone = deletion.delete(owner, org_id)
    _say(exported, gone)
    console.print(f"{slug} is deleted; no table and no job has a row of it.")
    console.print(
        "Accounts belong to their people and stay; so does e-mail written to files in the data folder."
    )


def _say(exported: dict[str, int], gone: dict[str, int]) -> None:
    """Both counts by table: the audit of the deletion itself is more than was exported."""
    table = Table(box=None, pad_edge=False)
    for heading in ("table", "exported", "deleted"):
        table.add_column(heading, justify="left" if heading == "table" else "right")
    for name, number in gone.items():
        if number or exported.get(name):
            table.add_row(name, str(exported.get(name, 0)), str(number))
    console.print(table)
