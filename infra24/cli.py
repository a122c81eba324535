"""The command line: serving, looking after an installation, its organizations and their owners."""

import asyncio
import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from infra24 import (
    __version__,
    clock,
    demo,
    describing,
    descriptions,
    doctor,
    logs,
    migrations,
    organizations,
    owning,
    serving,
)
from infra24.app import compose
from infra24.availability import TURN
from infra24.bookings import Tokens
from infra24.commands.organization_deletion import delete_organization
from infra24.descriptions import Misread
from infra24.embedded import UnsafeFolder
from infra24.errors import Problem, Refusal
from infra24.letters import NoSender, NoServer
from infra24.migrations import NamedOtherwise, RolesNeeded
from infra24.serving import Urls, WorkerBeside
from infra24.settings import Settings

console = Console(highlight=False)
app = typer.Typer(
    name="infra24",
    help="Infra24 Booking: people, things and classes, booked without collisions.\n\n"
    "Without DATABASE_URL it brings its own PostgreSQL, kept in INFRA24_DATA_DIR.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Port = Annotated[int | None, typer.Option(help="Where to serve; PORT in the environment, else 8000.")]
Beside = Annotated[
    bool, typer.Option("--beside", hidden=True, help="Begun by `serve`: quiet, and ends when it ends.")
]


@app.command()
def serve(
    port: Port = None,
    worker: Annotated[bool, typer.Option(help="Run the worker beside the server.")] = True,
    with_demo: Annotated[
        bool,
        typer.Option("--demo/--no-demo", help="Load the demo organizations into an empty database."),
    ] = False,
) -> None:
    """Start everything: the database, the schema, the pages and the API, and the worker."""
    settings = _settings(port)
    if not serving.port_is_free(settings.host, settings.port):
        _fail(f"Port {settings.port} is in use. Stop what listens there, or choose another: PORT=8001")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with _database(settings) as urls:
        _migrate(urls)
        if with_demo and demo.is_empty(urls.owner):
            _load_demo(settings, urls)
        _say_where(settings)
        link = owning.first_owner(settings, urls)
        if link:
            console.print(f"{settings.owner_email} owns everything here. To sign in, once and within a day:")
            console.print(f"  {link}\n", soft_wrap=True)
        beside = WorkerBeside(settings) if worker else None
        if beside:
            beside.__enter__()
        try:
            serving.serve(settings, urls)
        finally:
            if beside:
                beside.__exit__()


@app.command()
def worker(beside: Beside = False) -> None:
    """Run the jobs: announcements, lapsed holds, and what later features add."""
    settings = _settings()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if beside:
        serving.end_with_parent()
    with _database(settings) as urls:
        if not beside:
            console.print("The worker is running. Stop it with Ctrl-C.")
        serving.work(settings, urls)


@app.command()
def migrate() -> None:
    """Bring the database to the present schema."""
    with _database(_settings()) as urls:
        if not _migrate(urls):
            console.print("The schema is up to date.")


@app.command("demo")
def load_demo() -> None:
    """Load the demo organizations: oolite, bakehouse, locust-projects, atlas-fitness. Twice is once."""
    settings = _settings()
    with _database(settings) as urls:
        _migrate(urls)
        if not _load_demo(settings, urls):
            console.print("The demo organizations are already there.")


@app.command("doctor")
def examine() -> None:
    """Check every part and say what to do."""
    settings = _settings()
    table = Table(box=None, pad_edge=False)
    for heading in ("", "part", "seen", "what to do"):
        table.add_column(heading)
    well = True
    with _database(settings) as urls:
        for finding in doctor.examine(settings, urls):
            mark = "[green]✓[/]" if finding.well else "[red]✗[/]"
            table.add_row(mark, finding.part, finding.seen, "" if finding.well else finding.advice)
            well &= finding.well
    console.print(table)
    raise typer.Exit(0 if well else 1)


@app.command()
def organization(
    slug: Annotated[str, typer.Argument(help="Its name in addresses: small letters, digits, hyphens.")],
    name: Annotated[str, typer.Option(help="Its name.")] = "",
    zone: Annotated[str, typer.Option(help="Its time zone, as IANA names it.")] = "America/New_York",
    locale: Annotated[str, typer.Option(help="Language and territory.")] = "en_US",
    currency: Annotated[str, typer.Option(help="Three letters.")] = "USD",
) -> None:
    """Found an organization, or give an existing one another key. The key is shown this once."""
    with _database(_settings()) as urls:
        _migrate(urls)
        with psycopg.connect(urls.owner, autocommit=True) as owner:
            try:
                made = organizations.found(
                    owner,
                    slug=slug,
                    name=name or slug,
                    time_zone=zone,
                    locale=locale,
                    currency=currency,
                )
            except Problem as wrong:
                _fail(wrong.sentence)
            key = organizations.give_key(owner, slug, "command line")
    console.print(f"{'Founded' if made else 'Another key for'} [bold]{slug}[/]. Its key, shown this once:")
    console.print(key, soft_wrap=True)


@app.command()
def owner(
    slug: Annotated[str, typer.Argument(help="The organization.")],
    email: Annotated[str, typer.Argument(help="Whose account is to own it; made if there is none.")],
) -> None:
    """Make someone an owner, and print the address that signs them in, once, within a day."""
    settings = _settings()
    with _database(settings) as urls:
        _migrate(urls)
        try:
            link = owning.make_owner(settings, urls, slug, email)
        except Refusal as wrong:
            _fail(wrong.sentence)
    console.print(f"{email} owns [bold]{slug}[/]. This address signs in once, within a day:")
    console.print(link, soft_wrap=True)


@app.command("apply")
def apply_file(
    file: Annotated[Path, typer.Argument(help="The organization, as YAML.", exists=True, dir_okay=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    prune: Annotated[bool, typer.Option(help="Archive what the file does not name.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Only say what would change.")] = False,
) -> None:
    """Make an organization what a file says. Prints the plan before anything changes."""
    settings = _settings()
    try:
        document = descriptions.read_file(file)
        wanted = descriptions.describe(document)
    except Misread as wrong:
        _fail(_in_file(file, wrong))
    with _database(settings) as urls:
        _migrate(urls)
        asked = _ask if not (yes or plan) else (lambda _: yes and not plan)
        try:
            done, key = describing.make(settings, urls, document, wanted, console.print, asked, prune=prune)
        except Refusal as wrong:
            _fail(_in_file(file, wrong))
    if key:
        console.print(f"Founded [bold]{wanted.slug}[/]. Its key, shown this once:")
        console.print(key, soft_wrap=True)
    if done:
        console.print("Done.")


@app.command()
def show(slug: Annotated[str, typer.Argument(help="The organization.")]) -> None:
    """Write an organization down as the file that would make it."""
    settings = _settings()
    with _database(settings) as urls:
        try:
            text = describing.show(settings, urls, slug)
        except Refusal as wrong:
            _fail(wrong.sentence)
    sys.stdout.write(text)


@app.command()
def fairness(
    slug: Annotated[str, typer.Argument(help="The organization.")],
    offer: Annotated[str, typer.Argument(help="The offer whose hosts take turns.")],
    weights: Annotated[
        str, typer.Option(help="Try other weights: mo@oolite.org=150,carla@oolite.org=50")
    ] = "",
) -> None:
    """Add the ledger of turns up again, and say what other weights would have given."""
    settings = _settings()
    with _database(settings) as urls:
        try:
            audit, tried = describing.fairness(settings, urls, slug, offer, weights)
        except Refusal as wrong:
            _fail(wrong.sentence)
    table = Table(box=None, pad_edge=False)
    for heading in ("host", "given", "owed", "balance", *(["would have had"] if tried else [])):
        table.add_column(heading, justify="left" if heading == "host" else "right")
    for key, standing in audit.replayed.standings.items():
        other = [str(tried.standings[key].given)] if tried and key in tried.standings else []
        owed, balance = standing.owed / TURN, standing.balance / TURN
        name = audit.names.get(key, str(key))
        table.add_row(name, str(standing.given), f"{owed:.2f}", f"{balance:+.2f}", *other)
    console.print(table)
    if not audit.holds:
        _fail(f"The ledger does not add up: lines {audit.replayed.wrong or 'and balances differ'}.")
    console.print(f"{len(audit.ledger)} lines, and they hold.")


@app.command()
def zones(slug: Annotated[str, typer.Argument(help="The organization.")]) -> None:
    """List the bookings to come whose zone's clocks were changed by law since they were made."""
    settings = _settings()
    with _database(settings) as urls:
        try:
            moved = describing.shifted(settings, urls, slug)
        except Refusal as wrong:
            _fail(wrong.sentence)
    for one in moved:
        console.print(
            f"{one.booking.reference}  {one.booking.time_zone}  agreed {one.agreed:%Y-%m-%d %H:%M}, "
            f"the clock will show {one.shows:%H:%M}; to keep it: {one.instant_of_agreed:%Y-%m-%dT%H:%MZ}"
        )
    if not moved:
        console.print("No booking to come is affected.")


app.command()(delete_organization)


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Configure logging; print the version when asked."""
    logs.configure(logging.INFO)
    if version:
        console.print(__version__)
        raise typer.Exit


def main() -> None:
    """The entry point of the command `infra24`."""
    try:
        app()
    except (NoServer, NoSender, RolesNeeded, NamedOtherwise, UnsafeFolder) as wrong:
        sys.exit(wrong.sentence)


@contextmanager
def _database(settings: Settings) -> Iterator[Urls]:
    """The database, with a word while it starts and none afterwards."""
    with ExitStack() as stack:
        with console.status("Starting the database…"):
            urls = stack.enter_context(serving.database(settings))
        yield urls


def _ask(changes: object) -> bool:
    return typer.confirm("Change this?")


def _in_file(file: Path, wrong: Exception) -> str:
    """What is wrong with a file, each line of it with the file's name."""
    if isinstance(wrong, Misread):
        return "\n".join(f"{file}:{line}: {path}: {said}" for line, path, said in wrong.wrong)
    return f"{file}: {wrong}"


def _settings(port: int | None = None) -> Settings:
    settings = Settings()
    return settings.model_copy(update={"port": port}) if port is not None else settings


def _migrate(urls: Urls) -> list[str]:
    return migrations.migrate(urls.owner, lambda name: console.print(f"  schema {name}"))


def _load_demo(settings: Settings, urls: Urls) -> dict[str, str]:
    async def load() -> dict[str, str]:
        database, _ = compose(settings, urls.app)
        await database.open()
        try:
            now: datetime = clock.now()
            tokens = Tokens(settings.secret_key())
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
    console.print(f"\nInfra24 Booking is at [bold]{settings.base_url}/[/]  (stop with Ctrl-C)\n")


def _fail(sentence: str) -> None:
    console.print(f"[red]{sentence}[/]")
    raise typer.Exit(1)
