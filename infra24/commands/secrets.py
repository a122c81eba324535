"""Commands about the secrets that links, tokens and seals are made under."""

import typer

from infra24 import rotation
from infra24.commands.terminal import console, opened, read_settings
from infra24.settings import Settings

secrets = typer.Typer(help="The secrets that links, tokens and seals are made under.", no_args_is_help=True)


@secrets.command()
def rotate() -> None:
    """Make a new secret the current one, and seal anew what the former sealed. What was sent still opens."""
    settings = read_settings()
    rotation.new_current(settings)
    earlier = len(settings.keyring().keys) - 1
    console.print(f"A new secret stands first in {settings.secret_file}; earlier ones: {earlier}.")
    _reseal(settings)


@secrets.command()
def reseal() -> None:
    """Seal anew what an earlier secret sealed: after one was set by hand, or `rotate` was interrupted."""
    _reseal(read_settings())


def _reseal(settings: Settings) -> None:
    with opened(settings) as urls:
        done = rotation.reseal(settings, urls)
    for column, batch in done.items():
        console.print(f"{column}: {batch.sealed} sealed anew, {batch.broken} that no secret opens.")
