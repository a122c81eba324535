"""The command that deletes an organization: asks for its name, exports it, deletes it, and says what went."""

from pathlib import Path
from typing import Annotated

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from infra24 import clock, serving
from infra24.errors import Conflict
from infra24.organizations import UnknownOrganization, deletion, id_of
from infra24.organizations.export import export
from infra24.settings import Settings

console = Console(highlight=False)


def delete_organization(
    slug: Annotated[str, typer.Argument(help="The organization.")],
    yes: Annotated[str, typer.Option("--yes", help="Its name again, for scripts: nothing is asked.")] = "",
    to: Annotated[
        Path | None, typer.Option(help="The file of the export; else one in `exports` of the data folder.")
    ] = None,
) -> None:
    """Delete an organization and all that is kept of it, after an export into a file."""
    settings, at = Settings(), clock.now()
    file = to or settings.data_dir / "exports" / f"{slug}-{at:%Y%m%dT%H%M%SZ}.jsonl"
    with serving.database(settings) as urls, psycopg.connect(urls.owner, autocommit=True) as owner:
        org_id = id_of(owner, slug)
        if org_id is None:
            _fail(UnknownOrganization().sentence)
            return
        typed = yes or typer.prompt(f"This deletes {slug} for good. Type its name to go on")
        if typed != slug:
            _fail(f"{typed!r} is not {slug!r}: nothing was deleted.")
        try:
            exported = export(owner, org_id, file)
            console.print(f"Everything of {slug} is in {file}.", soft_wrap=True)
            gone = deletion.delete(owner, org_id)
        except (Conflict, OSError) as wrong:
            _fail(wrong.sentence if isinstance(wrong, Conflict) else f"{file}: {wrong.strerror or wrong}")
            return
    _say(exported, gone)
    console.print(f"{slug} is deleted; no table and no job has a row of it.")
    console.print(
        "Accounts belong to their people and stay; so do letters written to files in the data folder."
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


def _fail(sentence: str) -> None:
    console.print(f"[red]{sentence}[/]", soft_wrap=True)
    raise typer.Exit(1)
