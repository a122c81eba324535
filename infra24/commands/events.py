"""The command about events: what subscribers failed on, and trying it again."""

import asyncio
from typing import Annotated

import typer
from rich.table import Table

from infra24 import events
from infra24.app import open_database
from infra24.commands.terminal import console, opened, read_settings
from infra24.db import Database
from infra24.events import Parked
from infra24.organizations import Directory
from infra24.server import Urls
from infra24.settings import Settings
from infra24.subscribers import SUBSCRIBERS


def parked(
    slug: Annotated[str, typer.Argument(help="The organization.")],
    retry: Annotated[bool, typer.Option("--retry", help="Deliver each once more.")] = False,
) -> None:
    """List parked events: those that failed eight times and were set aside. --retry delivers them again."""
    settings = read_settings()
    with opened(settings) as urls:
        done, left = asyncio.run(_parked(settings, urls, slug, retry))
    if done or (retry and left):
        console.print(f"{done} delivered, {len(left)} still parked.")
    elif not left:
        console.print("No event is parked.")
    if left:
        table = Table(box=None, pad_edge=False)
        for heading in ("event", "type", "subscriber", "since", "error"):
            table.add_column(heading)
        for one in left:
            table.add_row(
                str(one.seq), one.type, one.subscriber, f"{one.parked_at:%Y-%m-%d %H:%MZ}", one.error
            )
        console.print(table)


async def _parked(settings: Settings, urls: Urls, slug: str, retry: bool) -> tuple[int, list[Parked]]:
    database: Database = open_database(settings, urls.app)
    await database.open()
    try:
        here = await Directory(database).find(slug)
        async with database.transaction(here.id) as tx:
            done = await events.replay(tx, SUBSCRIBERS) if retry else 0
            return done, await events.parked(tx)
    finally:
        await database.close()
