"""What every command needs: settings, a database for as long as it runs, and a way to say and to fail."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NoReturn

import psycopg
from rich.console import Console

from infra24 import migrations, server
from infra24.errors import DomainError, Invalid
from infra24.server import Urls
from infra24.settings import Settings

_CONNECT_SECONDS = 10
_PIPED_WIDTH = 200
"""Whatever reads our output, it gets whole tables."""

console = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPED_WIDTH)


def read_settings(port: int | None = None) -> Settings:
    """The settings of the environment, with the port that was typed. Raises SecretTooShort."""
    settings = Settings()
    if settings.secret is not None:
        settings.keyring()  # before anything starts
    return settings.model_copy(update={"port": port}) if port is not None else settings


@contextmanager
def opened(settings: Settings) -> Iterator[Urls]:
    """The database, with a word while it starts and none afterwards. Raises what psycopg says of it."""
    with ExitStack() as stack:
        with console.status("Starting the database…"):
            urls = stack.enter_context(server.database(settings))
            psycopg.connect(urls.owner, connect_timeout=_CONNECT_SECONDS).close()
            if settings.owner_database_url:
                psycopg.connect(urls.app, connect_timeout=_CONNECT_SECONDS).close()
        yield urls


def bring_up_to_date(urls: Urls) -> list[str]:
    """Apply what is missing of the schema, naming each file; the names applied."""
    return migrations.migrate(urls.owner, lambda name: console.print(f"  schema {name}"))


def say(line: str) -> None:
    """A line as it is: what looks like markup in it is text."""
    console.print(line, markup=False, soft_wrap=True)


def fail(wrong: DomainError) -> NoReturn:
    """Say on standard error what is wrong, and end: with code 2 for what is not well written, else with 1."""
    Console(stderr=True, highlight=False).print(wrong.message, style="red", markup=False, soft_wrap=True)
    sys.exit(2 if isinstance(wrong, Invalid) else 1)
