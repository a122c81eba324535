"""The command about what failed for good on its way out, and trying it again."""

import asyncio
from typing import Annotated

import typer
from rich.table import Table

from infra24 import clock
from infra24 import outbox as failures
from infra24.app import open_database
from infra24.commands.terminal import console, opened, read_settings
from infra24.db import Database
from infra24.organizations import Directory
from infra24.outbox import Failed, FailedKind
from infra24.server import Urls
from infra24.settings import Settings
from infra24.subscribers import SUBSCRIBERS


def outbox(
    slug: Annotated[str, typer.Argument(help="The organization.")],
    retry: Annotated[bool, typer.Option("--retry", help="Try each again.")] = False,
    kind: Annotated[FailedKind | None, typer.Option(help="Only these.")] = None,
) -> None:
    """List events, messages and webhooks that failed for good. --retry tries them again."""
    settings, kinds = read_settings(), [kind] if kind else list(FailedKind)
    with opened(settings) as urls:
        done, left = asyncio.run(_outbox(settings, urls, slug, retry, kinds))
    if done or (retry and left):
        console.print(f"{done} tried again, {len(left)} still failed.")
    elif not left:
        console.print("Nothing has failed.")
    if left:
        table = Table(box=None, pad_edge=False)
        for heading in ("kind", "what", "to", "since", "why"):
            table.add_column(heading)
        for one in left:
            table.add_row(one.kind.value, one.what, one.to, f"{one.failed_at:%Y-%m-%d %H:%MZ}", one.reason)
        console.print(table)


async def _outbox(
    settings: Settings, urls: Urls, slug: str, retry: bool, kinds: list[FailedKind]
) -> tuple[int, list[Failed]]:
    database: Database = open_database(settings, urls.app)
    await database.open()
    now = clock.now()
    try:
        here = await Directory(database).find(slug)
        async with database.transaction(here.id) as tx:
            done = await failures.retry(tx, SUBSCRIBERS, kinds, now) if retry else 0
            return done, [one for one in await failures.failed(tx, now) if one.kind in kinds]
    finally:
        await database.close()
