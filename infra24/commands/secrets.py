"""Commands about the secrets that sign links and tokens and encrypt stored values."""

import typer

from infra24 import rotation
from infra24.commands.terminal import console, opened, read_settings
from infra24.settings import Settings

secrets = typer.Typer(
    help="The secrets that sign links and tokens and encrypt stored values.", no_args_is_help=True
)


@secrets.command()
def rotate() -> None:
    """Create a new secret and re-encrypt stored values with it. Links already sent keep working."""
    settings = read_settings()
    rotation.new_current(settings)
    earlier = len(settings.keyring().keys) - 1
    console.print(f"Added a new secret to {settings.secret_file}. Earlier secrets kept: {earlier}.")
    _reseal(settings)


@secrets.command()
def reseal() -> None:
    """Re-encrypt stored values with the current secret, after you set one by hand or `rotate` was
    interrupted."""
    _reseal(read_settings())


def _reseal(settings: Settings) -> None:
    with opened(settings) as urls:
        done = rotation.reseal(settings, urls)
    for column, batch in done.items():
        lost = f", {batch.broken} that no secret can decrypt" if batch.broken else ""
        console.print(f"{column}: {batch.sealed} re-encrypted{lost}.")
