"""Commands about an organization as a file: apply one, write one."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from infra24 import describing, org_config
from infra24.commands.terminal import bring_up_to_date, console, opened, read_settings, say
from infra24.errors import Conflict, Invalid
from infra24.org_config import ConfigError


class WrongFile(Invalid):
    """The file does not describe an organization that can be made."""


def apply_file(
    file: Annotated[Path, typer.Argument(help="The organization, as YAML.", exists=True, dir_okay=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    prune: Annotated[bool, typer.Option(help="Archive what the file does not name.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Only say what would change.")] = False,
) -> None:
    """Make an organization what a file says. Prints the plan before anything changes."""
    settings = read_settings()
    with _named(file):
        document = org_config.read_file(file)
        wanted = org_config.describe(document)
    with opened(settings) as urls:
        bring_up_to_date(urls)
        asked = _ask if not (yes or plan) else (lambda _: yes and not plan)
        with _named(file):
            done, key = describing.make(settings, urls, document, wanted, say, asked, prune=prune)
    if key:
        console.print(f"Created [bold]{wanted.slug}[/]. Its key, shown this once:")
        console.print(key, soft_wrap=True)
    if done:
        console.print("Done.")


def show(slug: Annotated[str, typer.Argument(help="The organization.")]) -> None:
    """Write an organization down as the file that would make it."""
    settings = read_settings()
    with opened(settings) as urls:
        text = describing.show(settings, urls, slug)
    sys.stdout.write(text)


def _ask(changes: object) -> bool:
    return typer.confirm("Change this?")


@contextmanager
def _named(file: Path) -> Iterator[None]:
    """What is wrong with a file is said with the file's name, and each line of it with its number."""
    try:
        yield
    except ConfigError as wrong:
        lines = (f"{file}:{line}: {path}: {said}" for line, path, said in wrong.wrong)
        raise WrongFile("\n".join(lines)) from None
    except (Invalid, Conflict) as wrong:
        raise WrongFile(f"{file}: {wrong.message}") from None
