"""Commands that run an installation and look after it: serve, worker, migrate, roles, demo, doctor."""

import asyncio
import os
import shlex
import shutil
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from infra24 import clock, demo, doctor, migrations, server
from infra24.app import open_database
from infra24.auth.tokens import Tokens
from infra24.commands import owners
from infra24.commands.owners import Beginning
from infra24.commands.terminal import bring_up_to_date, console, opened, read_settings
from infra24.outbound import OutboundClient
from infra24.senders import home_mail
from infra24.server import Urls, WorkerBeside
from infra24.settings import Settings

Port = Annotated[
    int | None, typer.Option(min=1, max=65535, help="Where to serve; PORT in the environment, else 8000.")
]
Beside = Annotated[
    bool, typer.Option("--beside", hidden=True, help="Begun by `serve`: quiet, and ends when it ends.")
]


def serve(
    port: Port = None,
    worker: Annotated[bool, typer.Option(help="Run the worker beside the server.")] = True,
    with_demo: Annotated[
        bool,
        typer.Option("--demo/--no-demo", help="Load the demo organizations into an empty database."),
    ] = False,
) -> None:
    """Start everything: the database, the schema, the pages and the API, and the worker."""
    settings = read_settings(port)
    home_mail(settings, OutboundClient())  # a mail server that is badly written is said before all else
    server.check_port(settings.host, settings.port)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with opened(settings) as urls:
        bring_up_to_date(urls)
        if with_demo and demo.is_empty(urls.owner):
            _load_demo(settings, urls)
        _say_where(settings)
        beginning = owners.begin(
            settings, urls, settings.owner_email or (demo.OWNER_EMAIL if with_demo else None)
        )
        if beginning:
            _say_first_step(beginning)
        beside = WorkerBeside(settings) if worker else None
        if beside:
            beside.__enter__()
        try:
            server.serve(settings, urls)
        finally:
            if beside:
                beside.__exit__()


def worker(beside: Beside = False) -> None:
    """Run background jobs: e-mail, announcements, expired holds."""
    settings = read_settings()
    home_mail(settings, OutboundClient())  # as in `serve`
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if beside:
        server.end_with_parent()
    with opened(settings) as urls:
        if not beside:
            console.print("The worker is running. Stop it with Ctrl-C.")
        server.work(settings, urls)


def migrate() -> None:
    """Bring the database to the present schema."""
    with opened(read_settings()) as urls:
        if not bring_up_to_date(urls):
            console.print("The schema is up to date.")


def roles() -> None:
    """Create only the database roles. Run this before you restore a backup on another server."""
    with opened(read_settings()) as urls:
        migrations.make_roles(urls.owner)
    console.print("The roles are there.")


def load_demo() -> None:
    """Load the demo organizations: oolite, bakehouse, locust-projects, atlas-fitness. Safe to repeat."""
    settings = read_settings()
    with opened(settings) as urls:
        bring_up_to_date(urls)
        if not _load_demo(settings, urls):
            console.print("The demo organizations are already there.")


def examine() -> None:
    """Check every part and say what to do."""
    settings = read_settings()
    table = Table(box=None, pad_edge=False)
    for heading in ("", "part", "seen", "what to do"):
        table.add_column(heading)
    well = True
    with server.database(settings) as urls:
        for finding in doctor.examine(settings, urls):
            mark = "[green]✓[/]" if finding.well else "[red]✗[/]"
            table.add_row(mark, finding.part, finding.seen, "" if finding.well else finding.advice)
            well &= finding.well
    console.print(table)
    raise typer.Exit(0 if well else 1)


def _load_demo(settings: Settings, urls: Urls) -> dict[str, str]:
    async def load() -> dict[str, str]:
        database = open_database(settings, urls.app)
        await database.open()
        try:
            now: datetime = clock.now()
            tokens = Tokens(settings.keyring())
            return await demo.load(
                urls.owner, database, tokens, now, lambda name: console.print(f"  demo   {name}")
            )
        finally:
            await database.close()

    keys = asyncio.run(load())
    if keys:
        console.print("Keys of the demo organizations, shown this once (Authorization: Bearer …):")
        for slug, key in keys.items():
            console.print(f"  {slug:<16} {key}", soft_wrap=True)
    return keys


def _say_where(settings: Settings) -> None:
    console.print(f"\nInfra24 Booking is at [bold]{settings.base_url}/[/]  (stop with Ctrl-C)")
    if settings.shows_inbox:
        console.print(f"E-mails arrive at {settings.base_url}/inbox: no mail server is set up.")
    console.print()


def _say_first_step(beginning: Beginning) -> None:
    """What whoever starts an installation does next, while nobody can sign in."""
    owner = beginning.owner or "you@example.org"
    if beginning.link:
        console.print(f"{owner} owns every organization here. One-time sign-in link, valid for 24 hours:")
        console.print(f"  {beginning.link}\n", soft_wrap=True)
    elif beginning.organizations:
        console.print("Nobody has an account yet. Make yourself an owner, in another terminal:")
        _say_command(f"owner {beginning.organizations[0]} {owner}")
    else:
        console.print("There is no organization yet. Create the first with its owner, in another terminal:")
        _say_command(f'organization my-place --name "My Place" --owner {owner}')


def _say_command(words: str) -> None:
    """A command as it is typed elsewhere: with this program and this installation's settings."""
    program = sys.argv[0] if Path(sys.argv[0]).name == "infra24" else f"{sys.executable} -m infra24"
    if shutil.which("infra24") == program:
        program = "infra24"
    set_ = {name: os.environ[name] for name in ("INFRA24_DATA_DIR", "PORT") if os.environ.get(name)}
    if "INFRA24_DATA_DIR" in set_:
        set_["INFRA24_DATA_DIR"] = str(Path(set_["INFRA24_DATA_DIR"]).resolve())
    line = " ".join((*(f"{name}={shlex.quote(value)}" for name, value in set_.items()), program, words))
    console.print(f"  {line}", soft_wrap=True, highlight=False)
    ours = {name for name in os.environ if name.startswith(("INFRA24_", "DATABASE_URL"))}
    others = sorted(ours - set(set_))
    if others:
        console.print(f"  Set the same {', '.join(others)}", soft_wrap=True, highlight=False)
    console.print()
