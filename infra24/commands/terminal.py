"""What every command needs: settings, a database for as long as it runs, and a way to say and to fail."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NoReturn

import typer
from rich.console import Console

from infra24 import migrations, serving
from infra24.serving import Urls
from infra24.settings import Settings

console = Console(highlight=False)


def read_settings(port: int | None = None) -> Settings:
    """The settings of the environment, with the port that was typed."""
    settings = Settings()
    return settings.model_copy(update={"port": port}) if port is not None else settings


@contextmanager
def opened(settings: Settings) -> Iterator[Urls]:
    """The database, with a word while it starts and none afterwards."""
    with ExitStack() as stack:
        with console.status("Starting the database…"):
            urls = stack.enter_context(serving.database(settings))
        yield urls


def bring_up_to_date(urls: Urls) -> list[str]:
    """Apply what is missing of the schema, naming each file; the names applied."""
    return migrations.migrate(urls.owner, lambda name: console.print(f"  schema {name}"))


def fail(sentence: str) -> NoReturn:
    """Say what went wrong and end with exit code 1."""
    console.print(f"[red]{sentence}[/]")
    raise typer.Exit(1)
