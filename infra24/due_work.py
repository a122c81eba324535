"""Working off what is due, some of it at once, until stopped: what each kind of queue does all the time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextlib import suppress
from typing import TypeVar

from infra24.errors import Unavailable

log = logging.getLogger("infra24.due_work")

Key = TypeVar("Key", bound=Hashable)

_POLL_SECONDS, _LONGEST_PAUSE = 0.5, 5.0
_SLOW_SECONDS = 3.0


async def work_until(
    stop: asyncio.Event,
    due: Callable[[int], Awaitable[Sequence[Key]]],
    act: Callable[[Key], Awaitable[object]],
    *,
    at_once: int,
    most: int,
) -> None:
    """Act on what is due, `at_once` keys at a time, each by one task; look twice a second.

    A key whose task takes more than three seconds no longer counts, up to `most` in all: those that wait for
    a slow server hold nobody up. `act` raises nothing. When `due` fails, look less often.
    """
    running: dict[Key, tuple[float, asyncio.Task[object]]] = {}
    pause = _POLL_SECONDS
    try:
        while not stop.is_set():
            running = {key: one for key, one in running.items() if not one[1].done()}
            try:
                await _begin(running, due, act, at_once, most)
                pause = _POLL_SECONDS
            except Exception as error:  # whatever it is, what is due waits and nobody else does it
                if not isinstance(error, Unavailable):
                    log.exception("what is due cannot be read", exc_info=error)
                pause = min(2 * pause, _LONGEST_PAUSE)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
        await asyncio.gather(*(task for _, task in running.values()))
    except asyncio.CancelledError:
        for _, task in running.values():
            task.cancel()
        await asyncio.gather(*(task for _, task in running.values()), return_exceptions=True)
        raise


async def _begin(
    running: dict[Key, tuple[float, asyncio.Task[object]]],
    due: Callable[[int], Awaitable[Sequence[Key]]],
    act: Callable[[Key], Awaitable[object]],
    at_once: int,
    most: int,
) -> None:
    """Begin what is due as far as there is room."""
    now = asyncio.get_running_loop().time()
    quick = sum(began > now - _SLOW_SECONDS for began, _ in running.values())
    free = min(at_once - quick, most - len(running))
    found = await due(at_once + len(running)) if free > 0 else ()
    for key in [one for one in found if one not in running][: max(free, 0)]:
        running[key] = (now, asyncio.create_task(_acted(act, key)))


async def _acted(act: Callable[[Key], Awaitable[object]], key: Key) -> object:
    return await act(key)
