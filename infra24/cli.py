"""The command line: serving, looking after an installation, its organizations and their owners."""

import logging
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from infra24 import __version__, logs, setup_errors
from infra24.commands import installation, org_files, organizations, outbox, reports, secrets
from infra24.commands.terminal import console, fail

app = typer.Typer(
    name="infra24",
    help="Infra24 Booking: people, things and classes, booked without collisions.\n\n"
    "Without DATABASE_URL it brings its own PostgreSQL, kept in INFRA24_DATA_DIR.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

COMMANDS: dict[str, Callable[..., None]] = {
    "serve": installation.serve,
    "worker": installation.worker,
    "migrate": installation.migrate,
    "roles": installation.roles,
    "demo": installation.load_demo,
    "doctor": installation.examine,
    "organization": organizations.organization,
    "owner": organizations.owner,
    "apply": org_files.apply_file,
    "show": org_files.show,
    "outbox": outbox.outbox,
    "fairness": reports.fairness,
    "zones": reports.zones,
}
for name, command in COMMANDS.items():
    app.command(name)(command)
app.add_typer(organizations.keys, name="keys")
app.add_typer(secrets.secrets, name="secrets")


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Configure logging; print the version when asked."""
    logs.configure(logging.INFO)
    if version:
        console.print(__version__)
        raise typer.Exit


def main(words: Sequence[str] | None = None) -> None:
    """The entry point of the command `infra24`: a known error ends it with a sentence, not a traceback."""
    try:
        app(args=words)
    except Exception as error:
        known = setup_errors.explained(error)
        if known is None:
            raise
        fail(known)
