"""Commands about an organization as a file: apply one, write one."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from infra24 import describing, descriptions
from infra24.commands.terminal import bring_up_to_date, console, fail, opened, read_settings
from infra24.descriptions import Misread
from infra24.errors import Refusal


def apply_file(
    file: Annotated[Path, typer.Argument(help="The organization, as YAML.", exists=True, dir_okay=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    prune: Annotated[bool, typer.Option(help="Archive what the file does not name.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Only say what would change.")] = False,
) -> None:
    """Make an organization what a file says. Prints the plan before anything changes."""
    settings = read_settings()
    try:
        document = descriptions.read(file.read_text())
        wanted = descriptions.describe(document)
    except (Misread, UnicodeDecodeError) as wrong:
        fail(_in_file(file, wrong))
    with opened(settings) as urls:
        bring_up_to_date(urls)
        asked = _ask if not (yes or plan) else (lambda _: yes and not plan)
        try:
            done, key = describing.make(settings, urls, document, wanted, console.print, asked, prune=prune)
        except Refusal as wrong:
            fail(_in_file(file, wrong))
    if key:
        console.print(f"Founded [bold]{wanted.slug}[/]. Its key, shown this once:")
        console.print(key, soft_wrap=True)
    if done:
        console.print("Done.")


def show(slug: Annotated[str, typer.Argument(help="The organization.")]) -> None:
    """Write an organization down as the file that would make it."""
    settings = read_settings()
    with opened(settings) as urls:
        try:
            text = describing.show(settings, urls, slug)
        except Refusal as wrong:
            fail(wrong.sentence)
    sys.stdout.write(text)


def _ask(changes: object) -> bool:
    return typer.confirm("Change this?")


def _in_file(file: Path, wrong: Exception) -> str:
    """What is wrong with a file, each line of it with the file's name."""
    if isinstance(wrong, Misread):
        return "\n".join(f"{file}:{line}: {path}: {said}" for line, path, said in wrong.wrong)
    return f"{file}: {wrong}"
