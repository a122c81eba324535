"""Runs async scenarios beside the tests: one loop in one thread, whose pools stay open from test to test."""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from infra24.app import compose
from infra24.db import Database
from infra24.settings import Settings
from infra24.worker import Worker
from tests.serving import NOW, Clock

Scenario = Callable[[Database, Worker], Awaitable[Any]]

_PLAIN = Settings(secret="a secret of the tests, long enough")  # type: ignore[arg-type]
_NOON = Clock(NOW)
_KEPT = 3
_LONGEST = 120
_open: OrderedDict[tuple[str, str, int], tuple[Database, Worker, Clock]] = OrderedDict()


def tell(url: str, scenario: Scenario, settings: Settings = _PLAIN, clock: Clock = _NOON) -> Any:
    """What comes of a scenario on a database, told beside whatever runs in this thread.

    Scenarios that need no settings and no clock of their own share a pool.
    """

    async def told() -> Any:
        database, worker = await _composed(url, settings, clock)
        return await scenario(database, worker)

    return asyncio.run_coroutine_threadsafe(told(), _loop()).result(_LONGEST)


def close() -> None:
    """Close every pool: its database is about to go."""

    async def closed() -> None:
        while _open:
            database, _, _ = _open.popitem()[1]
            await database.close()

    asyncio.run_coroutine_threadsafe(closed(), _loop()).result(_LONGEST)


async def _composed(url: str, settings: Settings, clock: Clock) -> tuple[Database, Worker]:
    key = (url, settings.model_dump_json(), id(clock))
    if key not in _open:
        database, worker = compose(settings, url, clock)
        await database.open()
        _open[key] = (database, worker, clock)
        if len(_open) > _KEPT:
            oldest, _, _ = _open.popitem(last=False)[1]
            await oldest.close()
    _open.move_to_end(key)
    return _open[key][0], _open[key][1]


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="scenarios", daemon=True).start()
    return loop
